#include "model/report.h"

#include <string.h>

static const char *const columns[PH_COLUMN_COUNT] = {
    [PH_COLUMN_TAG] = "tag",
    [PH_COLUMN_POOL] = "pool",
    [PH_COLUMN_ALLOCS] = "allocs",
    [PH_COLUMN_FREES] = "frees",
    [PH_COLUMN_OBJECTS] = "diff",
    [PH_COLUMN_BYTES] = "bytes",
    [PH_COLUMN_PER_ALLOC] = "per-alloc",
};

const char *ph_column_id(enum ph_column column)
{
    return (unsigned)column < PH_COLUMN_COUNT ? columns[column] : "?";
}

bool ph_column_from_id(const char *id, enum ph_column *column)
{
    for (unsigned i = 0; i < PH_COLUMN_COUNT; i++) {
        if (!strcmp(id, columns[i])) {
            *column = (enum ph_column)i;
            return true;
        }
    }
    return false;
}
