#include "render/values.h"

#include <inttypes.h>

bool ph_per_alloc(const struct ph_value *value, int64_t *bytes)
{
    uint32_t need = PH_HAVE_BYTES | PH_HAVE_OBJECTS;

    if ((value->have & need) != need || value->objects < 0)
        return false;
    *bytes = value->objects ? value->bytes / value->objects : 0;
    return true;
}

const char *ph_time_kind_id(enum ph_time_kind kind)
{
    switch (kind) {
    case PH_TIME_REAL:
        return "utc";
    case PH_TIME_SPACED:
        return "spaced";
    case PH_TIME_ORDINAL:
        return "ordinal";
    case PH_TIME_LOCAL:
        return "local";
    }
    return "unknown";
}

void ph_time_field(int64_t time_ns, enum ph_time_kind kind, struct ph_text *out)
{
    if (kind == PH_TIME_ORDINAL) {
        ph_text_printf(out, "%" PRId64, time_ns / 1000000000);
    } else if (kind == PH_TIME_SPACED) {
        ph_text_printf(out, "%.3f", (double)time_ns / 1e9);
    } else {
        ph_text_time(out, time_ns);
        if (kind == PH_TIME_LOCAL && !out->failed && out->size && out->data[out->size - 1] == 'Z')
            out->data[--out->size] = 0;
    }
}

const char *ph_missing_id(enum ph_missing missing)
{
    switch (missing) {
    case PH_MISSING_NOTHING:
        return "NOTHING";
    case PH_MISSING_SPAN:
        return "SPAN";
    case PH_MISSING_TERRITORY:
        return "TERRITORY";
    case PH_MISSING_CONFIRMATION:
        return "CONFIRMATION";
    case PH_MISSING_RECLAIMABLE:
        return "RECLAIMABLE";
    case PH_MISSING_TIME:
        return "TIME";
    }
    return "UNKNOWN";
}
