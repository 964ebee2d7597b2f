/* Rows and headers of poolmon, in all layouts seen in public captures:
 *
 *      Memory:33473120K Avail:20055132K  PageFlts:     5   InRam Krnl:10444K P:1843072K
 *      Commit:15035764K Limit:67027552K Peak:16677444K            Pool N:1023400K P:1955448K
 *      System pool information
 *      Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc
 *
 *      Wait Nonp    3971107 (   0)   3971077 (   0)       30    8456 (     0)    281
 *      NtFA Nonp       9112 (   0)      9112 (   0)        0       0 (     0)      0 [ntfs.sys ...]
 *      EtwB Nonp       6394      4056      2338 163418368      69896
 *
 * Every line begins with one blank, which pasted copies often lose. The tag is four characters,
 * blanks included, so it is taken by position before anything is split at blanks. Column widths
 * differ between versions, and wide values eat the blanks before them. memsnap's rows are the same
 * seven fields without headers.
 */
#include "source/file/poolrow.h"

#include <string.h>

#include "base/text.h"
#include "source/file/filetext.h"

/* ------------------------------------------------------------------ rows */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The type at `at`, followed by a blank or the end. Returns its length, 0 when it is none. */
static size_t type_at(const char *at, const char *end, bool *paged)
{
    static const struct {
        const char *name;
        size_t size;
        bool paged;
    } types[] = {
        {"Nonp", 4, false}, {"Paged", 5, true}, {"NonPaged", 8, false}, {"Nonpaged", 8, false}};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        size_t size = types[i].size;
        if ((size_t)(end - at) >= size && !memcmp(at, types[i].name, size) &&
            (at + size == end || is_blank(at[size]))) {
            *paged = types[i].paged;
            return size;
        }
    }
    return 0;
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    return at;
}

/* Four bytes of tag at `at`, then at least one blank and the type. */
static const char *tag_at(const char *at, const char *end, struct ph_pool_row *row)
{
    if (end - at < 9 || !is_blank(at[4]))
        return NULL;
    const char *type = skip_blanks(at + 4, end);
    size_t size = type_at(type, end, &row->paged);
    if (!size)
        return NULL;
    memcpy(row->tag, at, 4);
    row->tag_size = 4;
    return type + size;
}

/* A tag whose blanks were lost or added on the way (indented, or blanks collapsed), or whose bytes
 * became several in UTF-8: one to four characters before the type. */
static const char *loose_tag(const char *at, const char *end, struct ph_pool_row *row)
{
    const char *stop = end - at > 40 ? at + 40 : end;

    at = skip_blanks(at, stop);
    for (const char *type = at + 1; type < stop; type++) {
        size_t size;
        if (!is_blank(type[-1]) || !(size = type_at(type, end, &row->paged)))
            continue;
        const char *tag_end = type;
        while (tag_end > at && is_blank(tag_end[-1]))
            tag_end--;
        size_t characters = 0;
        for (const char *c = at; c < tag_end; c++)
            characters += ((unsigned char)*c & 0xc0) != 0x80;
        if (!characters || characters > 4 || tag_end - at > 12)
            return NULL;
        row->tag_size =
            ph_windows_tag((struct ph_slice){at, (size_t)(tag_end - at)}, row->tag).size;
        return type + size;
    }
    return NULL;
}

/* The next number; "( n)" groups before it are skipped. */
static enum ph_number number_at(const char **at, const char *end, struct ph_pool_row *row,
                                bool *negative, uint64_t *value)
{
    const char *p = skip_blanks(*at, end);

    while (p < end && *p == '(') {
        p = memchr(p, ')', (size_t)(end - p));
        if (!p)
            return PH_NUMBER_NONE;
        p = skip_blanks(p + 1, end);
        row->has_deltas = true;
    }
    *negative = p < end && *p == '-';
    p += *negative;
    uint64_t sum = 0;
    const char *start = p;
    bool wide = false;
    while (p < end && (unsigned char)(*p - '0') < 10) {
        unsigned digit = (unsigned char)(*p++ - '0');
        if (p - start < 19)
            sum = sum * 10 + digit;
        else
            wide = wide || __builtin_mul_overflow(sum, 10, &sum) ||
                   __builtin_add_overflow(sum, digit, &sum);
    }
    if (p == start || (p < end && !is_blank(*p) && *p != '('))
        return PH_NUMBER_NONE;
    *at = p;
    *value = sum;
    return wide ? PH_NUMBER_WIDE : PH_NUMBER_OK;
}

enum ph_pool_row_kind ph_pool_row_parse(struct ph_slice line, struct ph_pool_row *row)
{
    const char *start = line.data, *end = start + line.size, *at = NULL;
    uint64_t numbers[5] = {0};
    bool minus[5] = {false}, wide = false;

    row->has_deltas = false;
    if (line.size && start[0] == ' ')
        at = tag_at(start + 1, end, row);
    if (!at)
        at = tag_at(start, end, row);
    if (!at)
        at = loose_tag(start, end, row);
    if (!at)
        return PH_POOL_ROW_NONE;
    for (size_t i = 0; i < 5; i++) {
        enum ph_number kind = number_at(&at, end, row, &minus[i], &numbers[i]);
        if (kind == PH_NUMBER_NONE)
            return PH_POOL_ROW_DAMAGED;
        wide |= kind == PH_NUMBER_WIDE || ((i == 2 || i == 3) && numbers[i] > INT64_MAX);
    }
    if (wide)
        return PH_POOL_ROW_WIDE;
    /* 32-bit versions print counters beyond 2^31 with a minus */
    row->allocs = minus[0] ? (uint32_t)(0 - numbers[0]) : numbers[0];
    row->frees = minus[1] ? (uint32_t)(0 - numbers[1]) : numbers[1];
    row->diff = minus[2] ? -(int64_t)numbers[2] : (int64_t)numbers[2];
    row->bytes = minus[3] ? -(int64_t)numbers[3] : (int64_t)numbers[3];
    return PH_POOL_ROW_OK;
}

int64_t ph_pool_objects(uint64_t allocs, uint64_t frees, int64_t printed, unsigned bits,
                        bool *agrees)
{
    uint64_t difference = allocs - frees;

    if (bits == 64) {
        *agrees = (uint64_t)printed == difference;
        return printed;
    }
    *agrees = (uint32_t)printed == (uint32_t)difference;
    /* -4294967285 for counters 11 apart, one of them wrapped; but -3 is -3: counters are read while
     * they run */
    if (*agrees && printed < 0 && (uint32_t)difference < UINT32_C(1) << 31)
        return (int64_t)(uint32_t)difference;
    return printed;
}

/* ------------------------------------------------------------------ lines around the rows */

static const char *find(struct ph_slice line, const char *key)
{
    size_t size = strlen(key);

    for (size_t at = 0; at + size <= line.size; at++)
        if (line.data[at] == key[0] && !memcmp(line.data + at, key, size))
            return line.data + at;
    return NULL;
}

static bool only_rules(struct ph_slice line)
{
    for (size_t i = 0; i < line.size; i++)
        if (!strchr("-=_*#~+.`|> \t\r\f\x1a", line.data[i]) || !line.data[i])
            return false;
    return true;
}

enum ph_pool_line ph_pool_line_kind(struct ph_slice line)
{
    line = ph_slice_trim(line);
    if (only_rules(line))
        return PH_POOL_LINE_BLANK;
    if (find(line, "Memory:") && find(line, "Avail:"))
        return PH_POOL_LINE_MEMORY;
    if (find(line, "Commit:") && find(line, "Limit:"))
        return PH_POOL_LINE_COMMIT;
    if (find(line, "pool information")) {
        if (ph_slice_starts(line, "System"))
            return PH_POOL_LINE_SYSTEM;
        if (ph_slice_starts(line, "Session") || ph_slice_starts(line, "All session"))
            return PH_POOL_LINE_SESSION;
    }
    if (ph_slice_starts(line, "Tag") && find(line, "Type") && find(line, "Alloc"))
        return PH_POOL_LINE_COLUMNS;
    if (ph_slice_starts(line, "Total"))
        return PH_POOL_LINE_TOTAL;
    return PH_POOL_LINE_OTHER;
}

/* The number after `key`, in units of `unit` bytes; -1 when it is not there. Leaves the line after
 * it in `rest`, so that the second `P:` can be told from the first. */
static int64_t value_after(struct ph_slice *rest, const char *key, int64_t unit)
{
    const char *at = find(*rest, key);
    uint64_t value = 0;
    int64_t scaled;

    if (!at)
        return -1;
    const char *end = rest->data + rest->size;
    at = skip_blanks(at + strlen(key), end);
    const char *start = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    enum ph_number kind = ph_parse_u64((struct ph_slice){start, (size_t)(at - start)}, &value);
    *rest = (struct ph_slice){at, (size_t)(end - at)};
    if (kind != PH_NUMBER_OK || value > INT64_MAX ||
        __builtin_mul_overflow((int64_t)value, unit, &scaled))
        return -1;
    return scaled;
}

void ph_pool_line_memory(struct ph_slice line, bool faults_known, struct ph_sample *sample)
{
    struct ph_memory *memory = &sample->memory;

    memory->total = value_after(&line, "Memory:", 1024);
    memory->available = value_after(&line, "Avail:", 1024);
    int64_t faults = value_after(&line, "PageFlts:", 1);
    memory->page_faults = faults_known ? faults : -1;
    memory->resident_kernel = value_after(&line, "Krnl:", 1024);
    memory->resident_paged = value_after(&line, "P:", 1024);
}

static void set_total(struct ph_sample *sample, enum ph_pool pool, int64_t bytes)
{
    if (bytes < 0)
        return;
    sample->pools[pool].bytes = bytes;
    sample->pools[pool].have |= PH_TOTAL_BYTES;
}

void ph_pool_line_commit(struct ph_slice line, struct ph_sample *sample)
{
    struct ph_memory *memory = &sample->memory;

    memory->commit = value_after(&line, "Commit:", 1024);
    memory->commit_limit = value_after(&line, "Limit:", 1024);
    memory->commit_peak = value_after(&line, "Peak:", 1024);
    set_total(sample, PH_POOL_NONPAGED, value_after(&line, "N:", 1024)); /* "Pool N:" */
    set_total(sample, PH_POOL_PAGED, value_after(&line, "P:", 1024));
}
