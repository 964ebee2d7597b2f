/* Header lines that are known (case, blanks and punctuation do not count, order is free):
 *
 *     poolmon-powershell  DateTime,DateTimeUTC,Tag,PagedAllocs,PagedFrees,PagedDiff,PagedUsedBytes,
 *                         NonPagedAllocs,...,TotalUsedBytes,Binary,Description
 *     PoolMonX            Tag,Paged Allocs,Paged Frees,Paged Diff,Paged Usage,Non Paged Allocs,...
 *     System Informer     Tag name,Driver,Description,Paged allocations,Paged frees,...
 *     SDP, xray           Tag,Type,allocs,frees,diff,bytes,per  (behind Summary1 lines)
 *     poolhound           time,origin,pool,tag,module,allocs,frees,diff,bytes,per_alloc
 *     anybody's trace     time,tag,bytes
 */
#include "source/file/csvlayout.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* ------------------------------------------------------------------ header */

static const struct {
    const char *name;
    enum ph_csv_role role;
} plain[] = {
    {"datetimeutc", PH_CSV_TIME_UTC},
    {"timeutc", PH_CSV_TIME_UTC},
    {"timestamputc", PH_CSV_TIME_UTC},
    {"utc", PH_CSV_TIME_UTC},
    {"datetime", PH_CSV_TIME},
    {"time", PH_CSV_TIME},
    {"timestamp", PH_CSV_TIME},
    {"date", PH_CSV_TIME},
    {"tag", PH_CSV_TAG},
    {"tagname", PH_CSV_TAG},
    {"pooltag", PH_CSV_TAG},
    {"type", PH_CSV_POOL},
    {"pool", PH_CSV_POOL},
    {"pooltype", PH_CSV_POOL},
    {"origin", PH_CSV_ORIGIN},
    {"module", PH_CSV_MODULE},
};

/* Behind "paged" or "nonpaged", or alone. */
static const struct {
    const char *name;
    enum ph_csv_role role;
} counts[] = {
    {"allocs", PH_CSV_ALLOCS},      {"alloc", PH_CSV_ALLOCS},     {"allocations", PH_CSV_ALLOCS},
    {"frees", PH_CSV_FREES},        {"free", PH_CSV_FREES},       {"diff", PH_CSV_DIFF},
    {"current", PH_CSV_DIFF},       {"objects", PH_CSV_DIFF},     {"outstanding", PH_CSV_DIFF},
    {"bytes", PH_CSV_BYTES},        {"used", PH_CSV_BYTES},       {"usedbytes", PH_CSV_BYTES},
    {"usage", PH_CSV_BYTES},        {"bytesused", PH_CSV_BYTES},  {"bytestotal", PH_CSV_BYTES},
    {"allocstotal", PH_CSV_ALLOCS}, {"freestotal", PH_CSV_FREES},
};

static enum ph_csv_role count_role(const char *name)
{
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        if (!strcmp(name, counts[i].name))
            return counts[i].role;
    return PH_CSV_IGNORED;
}

static enum ph_csv_role role_of(struct ph_slice field)
{
    char name[32];
    size_t size = 0;

    for (size_t i = 0; i < field.size && size + 1 < sizeof(name); i++) {
        char c = field.data[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            name[size++] = c;
    }
    name[size] = 0;
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        if (!strcmp(name, plain[i].name))
            return plain[i].role;
    static const struct {
        const char *prefix;
        int shift;
    } prefixes[] = {
        {"nonpaged", PH_CSV_NONPAGED_ALLOCS - PH_CSV_ALLOCS},
        {"paged", PH_CSV_PAGED_ALLOCS - PH_CSV_ALLOCS},
        {"np", PH_CSV_NONPAGED_ALLOCS - PH_CSV_ALLOCS},
    };
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        size_t length = strlen(prefixes[i].prefix);
        if (strncmp(name, prefixes[i].prefix, length) != 0)
            continue;
        enum ph_csv_role role = count_role(name + length);
        return role ? (enum ph_csv_role)((int)role + prefixes[i].shift) : PH_CSV_IGNORED;
    }
    return count_role(name);
}

bool ph_csv_layout_of(struct ph_slice line, struct ph_csv_layout *layout)
{
    static const char separators[] = {',', ';', '\t'};
    struct ph_csv_layout found = {.separator = ','};
    size_t most = 0;

    for (size_t s = 0; s < sizeof(separators); s++) {
        size_t count = 0;
        for (size_t i = 0; i < line.size; i++)
            count += line.data[i] == separators[s];
        if (count > most) {
            most = count;
            found.separator = separators[s];
        }
    }
    struct ph_slice fields[PH_CSV_COLUMNS];
    char buffer[1024];
    uint64_t quoted;
    size_t count = ph_csv_split(line, found.separator, buffer, sizeof(buffer), fields, &quoted);

    memset(found.column, -1, sizeof(found.column));
    for (size_t i = 0; i < count; i++) {
        enum ph_csv_role role = role_of(fields[i]);
        if (role != PH_CSV_IGNORED && found.column[role] < 0)
            found.column[role] = (int8_t)i;
    }
    bool narrow = false;
    for (int role = PH_CSV_ALLOCS; role <= PH_CSV_BYTES; role++)
        narrow |= found.column[role] >= 0;
    for (int role = PH_CSV_PAGED_ALLOCS; role <= PH_CSV_NONPAGED_BYTES; role++)
        found.wide |= found.column[role] >= 0;
    if (found.column[PH_CSV_TAG] < 0 || (!narrow && !found.wide))
        return false;
    found.series = !found.wide && found.column[PH_CSV_POOL] < 0 &&
                   found.column[PH_CSV_ORIGIN] < 0 && found.column[PH_CSV_ALLOCS] < 0 &&
                   found.column[PH_CSV_FREES] < 0;
    if (found.column[PH_CSV_TIME_UTC] >= 0)
        found.column[PH_CSV_TIME] = found.column[PH_CSV_TIME_UTC];
    *layout = found;
    return true;
}

/* ------------------------------------------------------------------ fields */

size_t ph_csv_split(struct ph_slice line, char separator, char *buffer, size_t buffer_size,
                    struct ph_slice fields[PH_CSV_COLUMNS], uint64_t *quoted)
{
    const char *at = line.data, *end = line.data + line.size;
    size_t count = 0, used = 0;

    *quoted = 0;
    while (count < PH_CSV_COLUMNS) {
        const char *start = at;
        if (at < end && *at == '"') {
            *quoted |= UINT64_C(1) << count;
            size_t first = used;
            start = ++at;
            while (at < end && *at != '"')
                at++;
            const char *close = at;
            bool plain_field = at < end && (at + 1 == end || at[1] == separator);
            if (plain_field) {
                fields[count++] = (struct ph_slice){start, (size_t)(close - start)};
                at++;
            } else { /* quotes inside, or text behind the closing one: undone in the buffer */
                bool inside = true;
                for (at = start; at < end && (inside || *at != separator); at++) {
                    if (*at == '"' && inside && at + 1 < end && at[1] == '"')
                        at++;
                    else if (*at == '"') {
                        inside = false;
                        continue;
                    }
                    if (used < buffer_size)
                        buffer[used++] = *at;
                }
                fields[count++] = (struct ph_slice){buffer + first, used - first};
            }
        } else {
            const char *stop = at < end ? memchr(at, separator, (size_t)(end - at)) : NULL;
            at = stop ? stop : end;
            fields[count++] = (struct ph_slice){start, (size_t)(at - start)};
        }
        if (at >= end)
            break;
        at++; /* the separator; a field follows, even an empty one at the line's end */
    }
    return count;
}

static bool is_unknown(struct ph_slice field)
{
    static const char *const words[] = {"", "nan", "NaN", "NA", "N/A", "null", "NULL", "?", "-"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (ph_slice_is(field, words[i]))
            return true;
    return false;
}

/* 1,234,567 and its like: the separator stands before groups of three digits, always the same. */
static bool without_groups(struct ph_slice field, char digits[40], size_t *size)
{
    size_t count = 0, group = 0, groups = 0;
    char separator = 0;

    for (size_t i = 0; i < field.size && count < 40; i++) {
        char c = field.data[i];
        if (c >= '0' && c <= '9') {
            digits[count++] = c;
            group++;
            continue;
        }
        if (c == '-' && !i) {
            digits[count++] = c;
            continue;
        }
        if ((unsigned char)c == 0xc2 && i + 1 < field.size &&
            (unsigned char)field.data[i + 1] == 0xa0)
            i++; /* a no-break blank in UTF-8 */
        else if (!strchr(",.' ", c) || !c)
            return false;
        if ((separator && c != separator) || !group || group > 3 || (groups && group != 3))
            return false;
        separator = c;
        groups++;
        group = 0;
    }
    *size = count;
    return groups && group == 3;
}

enum ph_csv_number ph_csv_number(struct ph_slice field, bool grouped, int64_t *value)
{
    char text[40];
    size_t size = 0;

    enum ph_number kind = ph_parse_i64(field, value);
    if (kind == PH_NUMBER_OK)
        return PH_CSV_NUMBER_OK;
    if (kind == PH_NUMBER_WIDE)
        return PH_CSV_NUMBER_WIDE;
    field = ph_slice_trim(field);
    if (is_unknown(field))
        return PH_CSV_NUMBER_EMPTY;
    if (grouped && without_groups(field, text, &size))
        field = (struct ph_slice){text, size};
    kind = ph_parse_i64(field, value);
    if (kind != PH_NUMBER_NONE)
        return kind == PH_NUMBER_OK ? PH_CSV_NUMBER_OK : PH_CSV_NUMBER_WIDE;
    /* 1048576.0 or 1.05e+06, as other programs write their floating-point numbers */
    char copy[40];
    if (field.size >= sizeof(copy))
        return PH_CSV_NUMBER_BAD;
    for (size_t i = 0; i < field.size; i++)
        if (!strchr("0123456789+-.eE", field.data[i]) || !field.data[i])
            return PH_CSV_NUMBER_BAD;
    memcpy(copy, field.data, field.size);
    copy[field.size] = 0;
    char *end = NULL;
    double number = strtod(copy, &end);
    if (end != copy + field.size)
        return PH_CSV_NUMBER_BAD;
    if (!(number > -9.2e18 && number < 9.2e18))
        return PH_CSV_NUMBER_WIDE;
    *value = (int64_t)(number < 0 ? number - 0.5 : number + 0.5);
    return PH_CSV_NUMBER_OK;
}
