#include "source/file/csvrow.h"

#include <string.h>

#include "base/text.h"

static struct ph_slice field_of(const struct ph_csv_layout *layout, enum ph_csv_role role,
                                const struct ph_slice *fields, size_t count)
{
    int column = layout->column[role];

    return column >= 0 && (size_t)column < count ? fields[column] : (struct ph_slice){"", 0};
}

/* Four counters from `first` on. */
static enum ph_csv_row_kind parse_part(const struct ph_csv_layout *layout, enum ph_csv_role first,
                                       const struct ph_slice *fields, size_t count, uint64_t quoted,
                                       struct ph_csv_part *part)
{
    static const uint32_t have[] = {PH_HAVE_ALLOCS, PH_HAVE_FREES, PH_HAVE_OBJECTS, PH_HAVE_BYTES};
    int64_t *const values[] = {&part->allocs, &part->frees, &part->diff, &part->bytes};
    enum ph_csv_row_kind kind = PH_CSV_ROW_OK;

    *part = (struct ph_csv_part){0};
    for (unsigned i = 0; i < 4; i++) {
        int column = layout->column[first + i];
        if (column < 0)
            continue;
        if ((size_t)column >= count)
            return PH_CSV_ROW_OTHER; /* cut off */
        switch (ph_csv_number(fields[column], quoted >> column & 1, values[i])) {
        case PH_CSV_NUMBER_OK:
            part->have |= have[i];
            break;
        case PH_CSV_NUMBER_EMPTY:
            break;
        case PH_CSV_NUMBER_WIDE:
            kind = PH_CSV_ROW_WIDE;
            break;
        case PH_CSV_NUMBER_BAD:
            return PH_CSV_ROW_OTHER;
        }
    }
    if (part->have & PH_HAVE_ALLOCS && part->allocs < 0)
        part->allocs = (uint32_t)part->allocs; /* clones that keep them in signed 32 bits */
    if (part->have & PH_HAVE_FREES && part->frees < 0)
        part->frees = (uint32_t)part->frees;
    return kind;
}

enum ph_csv_row_kind ph_csv_row_parse(const struct ph_csv_layout *layout, struct ph_slice line,
                                      char buffer[PH_CSV_BUFFER], struct ph_csv_row *row)
{
    struct ph_slice fields[PH_CSV_COLUMNS];
    uint64_t quoted;
    size_t count = ph_csv_split(line, layout->separator, buffer, PH_CSV_BUFFER, fields, &quoted);

    row->tag = field_of(layout, PH_CSV_TAG, fields, count);
    if (!row->tag.size || ph_slice_starts(line, "Summary"))
        return PH_CSV_ROW_OTHER;
    row->time = field_of(layout, PH_CSV_TIME, fields, count);
    row->pool = field_of(layout, PH_CSV_POOL, fields, count);
    row->origin = field_of(layout, PH_CSV_ORIGIN, fields, count);
    row->module = field_of(layout, PH_CSV_MODULE, fields, count);
    if (!layout->wide)
        return parse_part(layout, PH_CSV_ALLOCS, fields, count, quoted, &row->parts[0]);
    enum ph_csv_row_kind paged =
        parse_part(layout, PH_CSV_PAGED_ALLOCS, fields, count, quoted, &row->parts[0]);
    enum ph_csv_row_kind nonpaged =
        parse_part(layout, PH_CSV_NONPAGED_ALLOCS, fields, count, quoted, &row->parts[1]);
    if (paged == PH_CSV_ROW_OTHER || nonpaged == PH_CSV_ROW_OTHER)
        return PH_CSV_ROW_OTHER;
    if (paged == PH_CSV_ROW_WIDE || nonpaged == PH_CSV_ROW_WIDE)
        return PH_CSV_ROW_WIDE;
    return PH_CSV_ROW_OK;
}

bool ph_csv_pool_named(struct ph_slice name, enum ph_pool *pool)
{
    char low[16];
    size_t size = 0;

    if (ph_pool_from_name(name, pool))
        return true;
    for (size_t i = 0; i < name.size && size < sizeof(low); i++) {
        char c = name.data[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c >= 'a' && c <= 'z')
            low[size++] = c;
    }
    if (size >= 4 && !memcmp(low, "nonp", 4))
        *pool = PH_POOL_NONPAGED;
    else if (size >= 5 && !memcmp(low, "paged", 5))
        *pool = PH_POOL_PAGED;
    else
        return false;
    return true;
}
