#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ growing text */

static bool reserve(struct ph_text *text, size_t extra)
{
    if (text->failed || extra > SIZE_MAX / 4 - text->size) {
        text->failed = true;
        return false;
    }
    if (text->size + extra + 1 > text->capacity) {
        struct ph_error *error = ph_grow(&text->data, &text->capacity, text->size + extra + 1, 1);
        if (error) {
            ph_error_free(error);
            text->failed = true;
            return false;
        }
    }
    return true;
}

void ph_text_add(struct ph_text *text, const void *bytes, size_t size)
{
    if (!reserve(text, size))
        return;
    if (size)
        memcpy(text->data + text->size, bytes, size);
    text->size += size;
    text->data[text->size] = 0;
}

void ph_text_puts(struct ph_text *text, const char *string)
{
    ph_text_add(text, string, strlen(string));
}

void ph_text_putc(struct ph_text *text, char c)
{
    ph_text_add(text, &c, 1);
}

void ph_text_printf(struct ph_text *text, const char *format, ...)
{
    va_list args;
    char small[256];

    va_start(args, format);
    int length = vsnprintf(small, sizeof(small), format, args);
    va_end(args);
    if (length < 0) {
        text->failed = true;
        return;
    }
    if ((size_t)length < sizeof(small)) {
        ph_text_add(text, small, (size_t)length);
        return;
    }
    if (!reserve(text, (size_t)length))
        return;
    va_start(args, format);
    (void)vsnprintf(text->data + text->size, (size_t)length + 1, format, args);
    va_end(args);
    text->size += (size_t)length;
}

void ph_text_varint(struct ph_text *text, uint64_t value)
{
    uint8_t bytes[10];
    size_t count = 0;

    do {
        uint8_t low = (uint8_t)(value & 0x7f);
        value >>= 7;
        bytes[count++] = value ? (uint8_t)(low | 0x80) : low;
    } while (value);
    ph_text_add(text, bytes, count);
}

struct ph_error *ph_text_check(const struct ph_text *text)
{
    return text->failed ? ph_error_nomem() : NULL;
}

void ph_text_clear(struct ph_text *text)
{
    text->size = 0;
    text->failed = false;
    if (text->data)
        text->data[0] = 0;
}

void ph_text_fini(struct ph_text *text)
{
    ph_free(text->data);
    *text = (struct ph_text){0};
}

struct ph_slice ph_text_slice(const struct ph_text *text)
{
    return (struct ph_slice){text->data ? text->data : "", text->size};
}

/* ------------------------------------------------------------------ slices */

struct ph_slice ph_slice_of(const char *string)
{
    return (struct ph_slice){string, strlen(string)};
}

bool ph_slice_is(struct ph_slice slice, const char *string)
{
    size_t length = strlen(string);

    return slice.size == length && (!length || !memcmp(slice.data, string, length));
}

bool ph_slice_starts(struct ph_slice slice, const char *prefix)
{
    size_t length = strlen(prefix);

    return slice.size >= length && (!length || !memcmp(slice.data, prefix, length));
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct ph_slice ph_slice_trim(struct ph_slice slice)
{
    while (slice.size && is_blank(slice.data[0])) {
        slice.data++;
        slice.size--;
    }
    while (slice.size && is_blank(slice.data[slice.size - 1]))
        slice.size--;
    return slice;
}

bool ph_slice_word(struct ph_slice *rest, struct ph_slice *word)
{
    if (!rest->size) /* then data may be NULL, to which nothing may be added */
        return false;
    /* pointers in registers: the hottest loop of the parsers */
    const char *at = rest->data, *end = rest->data + rest->size;

    while (at < end && is_blank(*at))
        at++;
    const char *start = at;
    while (at < end && !is_blank(*at))
        at++;
    *rest = (struct ph_slice){at, (size_t)(end - at)};
    if (start == at)
        return false;
    *word = (struct ph_slice){start, (size_t)(at - start)};
    return true;
}

bool ph_slice_csv(struct ph_slice *rest, char separator, struct ph_text *scratch,
                  struct ph_slice *field, bool *more)
{
    if (!rest->data)
        return false;
    const char *at = rest->data, *end = rest->data + rest->size;
    if (at < end && *at == '"') {
        ph_text_clear(scratch);
        for (at++; at < end; at++) {
            if (*at == '"' && at + 1 < end && at[1] == '"')
                at++;
            else if (*at == '"')
                break;
            ph_text_putc(scratch, *at);
        }
        if (at < end)
            at++; /* the closing quote */
        while (at < end && *at != separator)
            ph_text_putc(scratch, *at++); /* stray text after it is kept */
        if (scratch->failed)
            return false;
        *field = (struct ph_slice){scratch->data ? scratch->data : "", scratch->size};
    } else {
        const char *start = at;
        while (at < end && *at != separator)
            at++;
        *field = (struct ph_slice){start, (size_t)(at - start)};
    }
    *more = at < end;
    *rest = at < end ? (struct ph_slice){at + 1, (size_t)(end - at) - 1} : (struct ph_slice){0};
    return true;
}

/* ------------------------------------------------------------------ numbers */

enum ph_number ph_parse_u64(struct ph_slice digits, uint64_t *value)
{
    uint64_t sum = 0;
    bool wide = false;

    if (!digits.size)
        return PH_NUMBER_NONE;
    for (size_t i = 0; i < digits.size; i++) {
        unsigned digit = (unsigned)(unsigned char)digits.data[i] - '0';
        if (digit > 9)
            return PH_NUMBER_NONE;
        if (__builtin_mul_overflow(sum, 10, &sum) || __builtin_add_overflow(sum, digit, &sum))
            wide = true;
    }
    *value = wide ? UINT64_MAX : sum;
    return wide ? PH_NUMBER_WIDE : PH_NUMBER_OK;
}

bool ph_parse_hex(struct ph_slice digits, uint64_t *value)
{
    uint64_t number = 0;

    if (ph_slice_starts(digits, "0x"))
        digits = (struct ph_slice){digits.data + 2, digits.size - 2};
    if (!digits.size || digits.size > 16)
        return false;
    for (size_t i = 0; i < digits.size; i++) {
        char c = digits.data[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 16;
        if (digit > 15)
            return false;
        number = number << 4 | digit;
    }
    *value = number;
    return true;
}

enum ph_number ph_parse_i64(struct ph_slice digits, int64_t *value)
{
    bool negative = digits.size && digits.data[0] == '-';
    uint64_t magnitude = 0;

    if (negative) {
        digits.data++;
        digits.size--;
    }
    enum ph_number kind = ph_parse_u64(digits, &magnitude);
    if (kind == PH_NUMBER_NONE)
        return kind;
    if (magnitude > (uint64_t)INT64_MAX) {
        *value = negative ? INT64_MIN : INT64_MAX;
        return negative && magnitude == (uint64_t)INT64_MAX + 1 ? kind : PH_NUMBER_WIDE;
    }
    *value = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return PH_NUMBER_OK;
}

struct ph_error *ph_parse_duration(const char *text, int64_t *duration_ns)
{
    static const struct {
        const char *unit;
        int64_t ns;
    } units[] = {
        {"ms", 1000000},
        {"s", 1000000000},
        {"", 1000000000},
        {"min", INT64_C(60000000000)},
        {"m", INT64_C(60000000000)},
        {"h", INT64_C(3600000000000)},
        {"d", INT64_C(86400000000000)},
        {"w", INT64_C(604800000000000)},
    };
    const char *end = text;
    double number = 0, place = 0;
    bool digits = false;

    for (; (*end >= '0' && *end <= '9') || (*end == '.' && place == 0); end++) {
        if (*end == '.') {
            place = 1;
            continue;
        }
        digits = true;
        place /= 10;
        number = place > 0 ? number + place * (*end - '0') : number * 10 + (*end - '0');
    }
    if (digits) {
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
            if (strcmp(end, units[i].unit))
                continue;
            double ns = number * (double)units[i].ns;
            if (ns >= 9e18)
                break;
            *duration_ns = (int64_t)ns;
            return NULL;
        }
    }
    return ph_errorf(PH_ERR_USAGE, "'%s' is not a duration: write 500ms, 30s, 10m, 2h, 7d or 2w",
                     text);
}

/* ------------------------------------------------------------------ patterns */

static bool match(const char *pattern, const char *tag, const char *end)
{
    const char *star = NULL, *star_tag = NULL;

    for (;;) {
        if (*pattern == '*') {
            star = ++pattern;
            star_tag = tag;
        } else if (tag == end) {
            return !*pattern;
        } else if (*pattern && (*pattern == '?' || *pattern == *tag)) { /* a tag may hold zeros */
            pattern++;
            tag++;
        } else if (star) {
            pattern = star;
            tag = ++star_tag;
        } else {
            return false;
        }
    }
}

bool ph_pattern_match(const char *pattern, struct ph_slice tag)
{
    size_t length = strlen(pattern);
    char padded[8];

    if (match(pattern, tag.data, tag.data + tag.size))
        return true;
    if (length == 0 || length >= 4 || tag.size != 4)
        return false;
    memset(padded, ' ', 4);
    memcpy(padded, pattern, length);
    padded[4] = 0;
    return match(padded, tag.data, tag.data + tag.size);
}

/* ------------------------------------------------------------------ printable forms */

/* Length of the valid UTF-8 sequence at `at` and its code point; 0 when it is not one. */
static size_t utf8_sequence(const unsigned char *at, size_t left, uint32_t *code)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = at[0] < 0x80       ? 1
                    : at[0] >> 5 == 6  ? 2
                    : at[0] >> 4 == 14 ? 3
                    : at[0] >> 3 == 30 ? 4
                                       : 0;

    if (!length || length > left)
        return 0;
    uint32_t sum = length == 1 ? at[0] : at[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if (at[i] >> 6 != 2)
            return 0;
        sum = sum << 6 | (at[i] & 0x3f);
    }
    if (length > 1 && sum < smallest[length])
        return 0;
    if (sum > 0x10ffff || (sum >= 0xd800 && sum < 0xe000))
        return 0;
    *code = sum;
    return length;
}

size_t ph_utf8_rune(struct ph_slice bytes, uint32_t *rune)
{
    return bytes.size ? utf8_sequence((const unsigned char *)bytes.data, bytes.size, rune) : 0;
}

/* Characters that move, hide or reorder what stands beside them. */
static bool is_treacherous(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad || code == 0x61c ||
           (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2060 && code <= 0x206f) || code == 0xfeff ||
           (code >= 0xe0000 && code <= 0xe0fff);
}

void ph_text_escaped(struct ph_text *out, struct ph_slice bytes)
{
    const unsigned char *data = (const unsigned char *)bytes.data;

    for (size_t i = 0; i < bytes.size;) {
        uint32_t code = 0;
        size_t length = utf8_sequence(data + i, bytes.size - i, &code);
        if (length && code == '\\') {
            ph_text_puts(out, "\\\\");
        } else if (length && !is_treacherous(code)) {
            ph_text_add(out, data + i, length);
        } else {
            length = length ? length : 1;
            for (size_t k = 0; k < length; k++)
                ph_text_printf(out, "\\x%02x", data[i + k]);
        }
        i += length;
    }
}

size_t ph_text_width(struct ph_slice text)
{
    const unsigned char *data = (const unsigned char *)text.data;
    size_t width = 0;

    for (size_t i = 0; i < text.size;) {
        if (data[i] < 0x80) { /* most of what there is */
            width++;
            i++;
            continue;
        }
        uint32_t code = 0;
        size_t length = utf8_sequence(data + i, text.size - i, &code);
        i += length ? length : 1;
        bool combining =
            length && ((code >= 0x300 && code < 0x370) || (code >= 0xfe00 && code < 0xfe10));
        bool wide =
            length && ((code >= 0x1100 && code < 0x1160) || (code >= 0x2e80 && code < 0xa4d0) ||
                       (code >= 0xac00 && code < 0xd7a4) || (code >= 0xf900 && code < 0xfb00) ||
                       (code >= 0xff00 && code < 0xff61) || (code >= 0x1f300 && code < 0x1fb00) ||
                       (code >= 0x20000 && code < 0x40000));
        width += combining ? 0 : wide ? 2 : 1;
    }
    return width;
}

void ph_text_bytes(struct ph_text *out, double bytes)
{
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB", "PB", "EB"};
    double value = bytes < 0 ? -bytes : bytes;
    size_t unit = 0;

    while (value >= 999.95 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        value /= 1024;
        unit++;
    }
    int decimals = unit == 0 ? 0 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    if (value >= 1e6) { /* an extrapolation gone wild must not fill the screen with digits */
        ph_text_printf(out, "%s%.1e %s", bytes < 0 ? "-" : "", value, units[unit]);
        return;
    }
    ph_text_printf(out, "%s%.*f %s", bytes < 0 ? "-" : "", decimals, value, units[unit]);
}

void ph_text_grouped(struct ph_text *out, int64_t value)
{
    char digits[32];
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, magnitude);

    if (value < 0)
        ph_text_putc(out, '-');
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            ph_text_putc(out, ',');
        ph_text_putc(out, digits[i]);
    }
}

void ph_text_duration(struct ph_text *out, double seconds)
{
    static const struct {
        double limit, unit;
        const char *name;
    } scales[] = {
        {119.5, 1, "s"},
        {119.5 * 60, 60, "min"},
        {71.95 * 3600, 3600, "h"},
        {999.5 * 86400, 86400, "d"},
        {1e300, 365.25 * 86400, "years"},
    };
    size_t scale = 0;

    while (scale + 1 < sizeof(scales) / sizeof(scales[0]) && seconds >= scales[scale].limit)
        scale++;
    double value = seconds / scales[scale].unit;
    bool whole = value >= 99.95 || value == floor(value) || (scale < 2 && value >= 9.95);
    ph_text_printf(out,
                   value >= 1e6 ? "%.1e %s"
                   : whole      ? "%.0f %s"
                                : "%.1f %s",
                   value, scales[scale].name);
}

/* The calendar, without the C library's, which on Windows ends before 1970. Counted in eras of 400
 * years, which are all alike, from 1 March of the year 0: the leap day is the last of its year. */
void ph_text_time(struct ph_text *out, int64_t realtime_ns)
{
    enum { DAYS_TO_1970 = 719468, DAYS_OF_ERA = 146097 };
    int64_t seconds = realtime_ns / 1000000000 - (realtime_ns % 1000000000 < 0);
    int64_t days = seconds / 86400 - (seconds % 86400 < 0);
    unsigned clock = (unsigned)(seconds - days * 86400);
    /* 64 bits of nanoseconds reach from 1677 to 2262: nothing here is negative */
    unsigned day = (unsigned)(days + DAYS_TO_1970), era = day / DAYS_OF_ERA;

    day %= DAYS_OF_ERA;
    unsigned year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100;
    unsigned month = (5 * day + 2) / 153; /* 0 = March; 153 days in five months from it */
    day -= (153 * month + 2) / 5;
    year += 400 * era + (month >= 10);
    month = month < 10 ? month + 3 : month - 9;
    ph_text_printf(out, "%04u-%02u-%02uT%02u:%02u:%02uZ", year, month, day + 1, clock / 3600,
                   clock / 60 % 60, clock % 60);
}

/* ------------------------------------------------------------------ UTF-16 */

bool ph_is_utf16(struct ph_slice bytes, bool *big_endian, bool *has_mark)
{
    const unsigned char *data = (const unsigned char *)bytes.data;
    size_t pairs = (bytes.size < 4096 ? bytes.size : 4096) / 2, even = 0, odd = 0;

    *has_mark = false;
    if (bytes.size >= 2 &&
        ((data[0] == 0xff && data[1] == 0xfe) || (data[0] == 0xfe && data[1] == 0xff))) {
        *has_mark = true;
        *big_endian = data[0] == 0xfe;
        return true;
    }
    for (size_t i = 0; i < pairs; i++) {
        even += data[2 * i] == 0 && data[2 * i + 1] != 0;
        odd += data[2 * i + 1] == 0 && data[2 * i] != 0;
    }
    if (pairs < 4)
        return false;
    if (odd * 10 >= pairs * 9 || even * 10 >= pairs * 9) {
        *big_endian = even > odd;
        return true;
    }
    return false;
}

void ph_text_rune(struct ph_text *out, uint32_t code)
{
    char bytes[4];
    size_t count = 0;

    if (code < 0x80) {
        bytes[count++] = (char)code;
    } else if (code < 0x800) {
        bytes[count++] = (char)(0xc0 | code >> 6);
        bytes[count++] = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        bytes[count++] = (char)(0xe0 | code >> 12);
        bytes[count++] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[count++] = (char)(0x80 | (code & 0x3f));
    } else {
        bytes[count++] = (char)(0xf0 | code >> 18);
        bytes[count++] = (char)(0x80 | (code >> 12 & 0x3f));
        bytes[count++] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[count++] = (char)(0x80 | (code & 0x3f));
    }
    ph_text_add(out, bytes, count);
}

static uint32_t unit_at(const unsigned char *data, size_t i, bool big_endian)
{
    return big_endian ? (uint32_t)(data[i] << 8 | data[i + 1])
                      : (uint32_t)(data[i + 1] << 8 | data[i]);
}

struct ph_error *ph_utf16_to_utf8(struct ph_slice bytes, bool big_endian, char **utf8, size_t *size,
                                  uint64_t *replaced)
{
    const unsigned char *data = (const unsigned char *)bytes.data;
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    uint64_t bad = 0;
    size_t i = 0;

    if (bytes.size >= 2 && unit_at(data, 0, big_endian) == 0xfeff)
        i = 2;
    ph_text_add(&out, "", 0);
    for (; i + 1 < bytes.size; i += 2) {
        uint32_t code = unit_at(data, i, big_endian);
        if (code >= 0xd800 && code < 0xdc00 && i + 3 < bytes.size) {
            uint32_t low = unit_at(data, i + 2, big_endian);
            if (low >= 0xdc00 && low < 0xe000) {
                code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                i += 2;
            }
        }
        if (code >= 0xd800 && code < 0xe000) {
            code = 0xfffd;
            bad++;
        }
        ph_text_rune(&out, code);
    }
    if (i < bytes.size) {
        ph_text_rune(&out, 0xfffd);
        bad++;
    }
    PH_TRY(ph_text_check(&out));
    *size = out.size;
    *replaced = bad;
    *utf8 = ph_steal(out.data);
    return NULL;
}
