#include "model/screens.h"

static const char *const columns[PH_TOP_COLUMNS] = {
    [PH_TOP_TAG] = "Tag",
    [PH_TOP_TYPE] = "Type",
    [PH_TOP_ALLOCS] = "Allocs",
    [PH_TOP_FREES] = "Frees",
    [PH_TOP_DIFF] = "Diff",
    [PH_TOP_BYTES] = "Bytes",
    [PH_TOP_PER_ALLOC] = "Per Alloc",
    [PH_TOP_PERCENT] = "%",
    [PH_TOP_TREND] = "Trend",
    [PH_TOP_RATE] = "Rate",
    [PH_TOP_VERDICT] = "Verdict",
    [PH_TOP_OWNER] = "Owner",
};

const char *ph_top_column_name(enum ph_top_column column)
{
    return (unsigned)column < PH_TOP_COLUMNS ? columns[column] : "?";
}
