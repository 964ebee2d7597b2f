/* Time stamps that people put between snapshots:
 *
 *     2026-11-02 14:05:00.123   2026-11-02T14:05:00Z   2026/11/2 14:05   === 2026-11-02 14:05 ===
 *     2026-11-02T14:05:00+01:00   2026.11.02-14:05:00 Pacific Standard Time (CLUE)
 *     2026-11-02_14-05-00   20261102140500.000000+060 (wmic)   20261102-140500   20261102
 *     Mon 11/02/2026 14:05:00.12   02/11/2026  9:05:00,12   02.11.2026 14:05:00   11/2/26 2:05 PM
 *     Mon Nov  2 14:05:00 CET 2026   Mon, 02 Nov 2026 14:05:00 +0100   02-Nov-2026 14:05
 *     Monday, November 2, 2026 2:05:00 PM (TSS, Get-Date)   Montag, 2. November 2026 14:05:00
 *     1793628300   1793628300.25   1793628300000 (seconds or milliseconds since 1970)
 *     a date and a time on two lines; a time alone (then the days are counted at midnight)
 *
 * The words around them do not matter.
 */
#include "source/file/stamp.h"

#include <string.h>

#include "base/os.h"
#include "base/text.h"

/* ------------------------------------------------------------------ calendar */

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

bool ph_is_date(int year, int month, int day)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return year >= 1970 && year <= 2200 && month >= 1 && month <= 12 && day >= 1 &&
           day <= lengths[month - 1] + (month == 2 && is_leap(year));
}

/* Days since 1970-01-01; the year is taken to begin in March, so that the leap day is its last. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;

    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* 1970-01-01 was a Thursday. */
int ph_weekday_of(int year, int month, int day)
{
    return (int)((days_of(year, month, day) + 4) % 7);
}

/* ------------------------------------------------------------------ scanning */

struct scan {
    const char *start, *at, *end;
    struct ph_stamp stamp;
    int year, month, day; /* parts of a date with a named month */
    bool after_time;      /* the last thing read was the time: a zone may follow */
    bool after_date;
    int64_t counted_ns;
    unsigned numbers;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static size_t digits_at(const char *at, const char *end)
{
    size_t count = 0;

    while (at + count < end && is_digit(at[count]))
        count++;
    return count;
}

static int number_of(const char *at, size_t digits)
{
    int value = 0;

    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (at[i] - '0');
    return value;
}

static bool set_date(struct scan *scan, int year, int month, int day)
{
    struct ph_stamp *stamp = &scan->stamp;

    if (stamp->has_date || !ph_is_date(year, month, day))
        return false;
    stamp->has_date = true;
    stamp->year = (int16_t)year;
    stamp->month = (uint8_t)month;
    stamp->day = (uint8_t)day;
    scan->after_date = true;
    return true;
}

static bool set_time(struct scan *scan, int hour, int minute, int second, int64_t fraction_ns)
{
    if (scan->stamp.has_time || hour > 23 || minute > 59 || second > 60)
        return false;
    scan->stamp.has_time = true;
    scan->stamp.day_ns = hour * PH_HOUR + minute * PH_MINUTE + second * PH_SECOND + fraction_ns;
    scan->after_time = true;
    return true;
}

/* ".123" or ",12" at `at`: nanoseconds; `*at` moves behind it. */
static int64_t fraction_at(const char **at, const char *end)
{
    if (end - *at < 2 || (**at != '.' && **at != ',') || !is_digit((*at)[1]))
        return 0;
    int64_t value = 0, unit = PH_SECOND;
    const char *p = *at + 1;
    for (; p < end && is_digit(*p); p++) {
        unit /= 10;
        value += unit * (*p - '0');
    }
    *at = p;
    return value;
}

/* 14:05, 14:05:00.12; behind a date also 14-05-00 and 14.05.00,12. */
static bool scan_time(struct scan *scan)
{
    const char *p = scan->at;
    size_t digits = digits_at(p, scan->end);

    if (digits < 1 || digits > 2 || p + digits >= scan->end)
        return false;
    char separator = p[digits];
    bool strict = separator != ':';
    if (strict && (!scan->after_date || (separator != '-' && separator != '.')))
        return false;
    int hour = number_of(p, digits);
    p += digits + 1;
    if (digits_at(p, scan->end) != 2)
        return false;
    int minute = number_of(p, 2), second = 0;
    int64_t fraction = 0;
    p += 2;
    if (p < scan->end && *p == separator && digits_at(p + 1, scan->end) == 2) {
        second = number_of(p + 1, 2);
        p += 3;
        fraction = fraction_at(&p, scan->end);
    } else if (strict) {
        return false;
    }
    if (!set_time(scan, hour, minute, second, fraction))
        return false;
    scan->at = p;
    return true;
}

/* 20261102140500.000000+060, 20261102-140500, 20261102_1405, 20261102T140500, 20261102. */
static bool scan_compact(struct scan *scan, size_t digits)
{
    const char *p = scan->at, *time = p + 8;
    size_t time_digits = digits - 8;

    if (digits == 8 && time < scan->end && strchr("-_T", *time)) {
        time++;
        time_digits = digits_at(time, scan->end);
    }
    if (digits != 8 && digits != 12 && digits != 14)
        return false;
    if (!set_date(scan, number_of(p, 4), number_of(p + 4, 2), number_of(p + 6, 2)))
        return false;
    scan->at = p + 8;
    if (time_digits != 4 && time_digits != 6)
        return true;
    int second = time_digits == 6 ? number_of(time + 4, 2) : 0;
    const char *after = time + time_digits;
    int64_t fraction = fraction_at(&after, scan->end);
    if (set_time(scan, number_of(time, 2), number_of(time + 2, 2), second, fraction))
        scan->at = after;
    return true;
}

/* 2026-11-02 and 11/02/2026 with `-`, `/` or `.`; 02-Nov-2026 is left to the words. */
static bool scan_date(struct scan *scan, size_t digits)
{
    const char *p = scan->at, *end = scan->end;
    size_t sizes[3] = {digits, 0, 0};
    int values[3] = {0};

    if ((digits > 2 && digits != 4) || p + digits >= end)
        return false;
    char separator = p[digits];
    if (separator != '-' && separator != '/' && separator != '.')
        return false;
    if (p > scan->start && p[-1] == separator && separator == '.')
        return false;
    for (size_t i = 0; i < 3; i++) {
        sizes[i] = digits_at(p, end);
        if (!sizes[i] || sizes[i] > 4)
            return false;
        values[i] = number_of(p, sizes[i]);
        p += sizes[i];
        if (i == 2)
            break;
        if (p >= end || *p != separator)
            return false;
        p++;
        while (separator == '.' && p < end && *p == ' ') /* "2. 11. 2026" */
            p++;
    }
    if (p + 1 < end && *p == separator && is_digit(p[1])) /* an address or a version */
        return false;
    bool ok = false;
    if (sizes[0] == 4 && sizes[1] <= 2 && sizes[2] <= 2) {
        ok = set_date(scan, values[0], values[1], values[2]);
    } else if (sizes[0] <= 2 && sizes[1] <= 2 &&
               (sizes[2] == 4 || (sizes[2] == 2 && separator != '-'))) {
        int year = sizes[2] == 2 ? 2000 + values[2] : values[2];
        if (separator == '.') { /* always the day first */
            ok = set_date(scan, year, values[1], values[0]);
        } else if (set_date(scan, year, values[0], values[1])) {
            ok = true;
            scan->stamp.either_order = ph_is_date(year, values[1], values[0]);
        } else if (set_date(scan, year, values[1], values[0])) {
            ok = true;
            scan->stamp.month = (uint8_t)values[0]; /* kept as written */
            scan->stamp.day = (uint8_t)values[1];
            scan->stamp.either_order = true;
        }
        if (ok && separator != '.') /* 11/25/2026 also tells how 11/02/2026 is meant */
            scan->stamp.either_order = true;
    }
    if (ok)
        scan->at = p;
    return ok;
}

static void scan_number(struct scan *scan)
{
    size_t digits = digits_at(scan->at, scan->end);
    const char *start = scan->at;

    scan->numbers++;
    if (scan_time(scan))
        return;
    if (!scan->stamp.has_date) {
        if (digits >= 8 && scan_compact(scan, digits))
            return;
        if (scan_date(scan, digits))
            return;
    }
    scan->after_time = false;
    scan->after_date = false;
    scan->at = start + digits;
    if (digits == 10 || digits == 13) {
        uint64_t value = 0;
        (void)ph_parse_u64((struct ph_slice){start, digits}, &value);
        int64_t unit = digits == 10 ? PH_SECOND : PH_SECOND / 1000;
        if (value <= (uint64_t)(INT64_C(4102444800) * (PH_SECOND / unit)) && start[0] != '0')
            scan->counted_ns =
                (int64_t)value * unit + (digits == 10 ? fraction_at(&scan->at, scan->end) : 0);
    } else if (digits == 4 && !scan->year) {
        scan->year = number_of(start, 4);
    } else if (digits <= 2 && !scan->day) {
        scan->day = number_of(start, digits);
    }
}

static bool begins_with(const char *word, size_t size, const char *prefix)
{
    size_t length = strlen(prefix);

    if (size < length)
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = word[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (c != prefix[i])
            return false;
    }
    return true;
}

/* English, German, French, Spanish and Italian months by their first letters. */
static int month_of(const char *word, size_t size)
{
    static const char *const names[12][5] = {
        {"jan", "ene", "gen"},
        {"feb", "f\xc3\xa9v", "fev"},
        {"mar", "m\xc3\xa4r", "mrz"},
        {"apr", "avr", "abr"},
        {"may", "mai", "mag"},
        {"jun", "juin", "giu"},
        {"jul", "juil", "lug"},
        {"aug", "ao\xc3\xbb", "aou", "ago"},
        {"sep", "set"},
        {"oct", "okt", "ott"},
        {"nov"},
        {"dec", "dez",
         "d\xc3\xa9"
         "c",
         "dic"},
    };

    for (int month = 12; month >= 1; month--)
        for (size_t i = 0; i < 5 && names[month - 1][i]; i++)
            if (begins_with(word, size, names[month - 1][i]))
                return month;
    return 0;
}

static int weekday_named(const char *word, size_t size)
{
    static const char *const names[] = {"sunday",   "monday", "tuesday", "wednesday",
                                        "thursday", "friday", "saturday"};

    for (int day = 0; day < 7; day++) {
        char prefix[12];
        size_t length = strlen(names[day]);
        if (size < 3 || size > length)
            continue;
        memcpy(prefix, names[day], size);
        prefix[size] = 0;
        if (begins_with(word, size, prefix))
            return day;
    }
    return -1;
}

/* Zone abbreviations of `date` that stand for one zone only (CST and IST do not). */
static bool zone_named(const char *word, size_t size, int *minutes)
{
    static const struct {
        const char *name;
        int minutes;
    } zones[] = {{"utc", 0},    {"gmt", 0},    {"z", 0},      {"cet", 60},   {"cest", 120},
                 {"eet", 120},  {"eest", 180}, {"wet", 0},    {"west", 60},  {"msk", 180},
                 {"est", -300}, {"edt", -240}, {"cdt", -300}, {"mst", -420}, {"mdt", -360},
                 {"pst", -480}, {"pdt", -420}, {"jst", 540}};

    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        if (size == strlen(zones[i].name) && begins_with(word, size, zones[i].name)) {
            *minutes = zones[i].minutes;
            return true;
        }
    }
    return false;
}

static void set_zone(struct scan *scan, int minutes)
{
    if (minutes < -16 * 60 || minutes > 16 * 60)
        return;
    scan->stamp.has_zone = true;
    scan->stamp.zone_minutes = (int16_t)minutes;
}

static void set_afternoon(struct scan *scan, bool afternoon)
{
    int64_t hour = scan->stamp.day_ns / PH_HOUR;

    if (hour == 12 && !afternoon)
        scan->stamp.day_ns -= 12 * PH_HOUR;
    else if (hour < 12 && afternoon)
        scan->stamp.day_ns += 12 * PH_HOUR;
}

static void scan_word(struct scan *scan)
{
    const char *word = scan->at;
    size_t size = 0;
    int minutes;

    while (word + size < scan->end && is_letter(word[size]))
        size++;
    scan->at += size;
    if (scan->after_time) {
        bool pm = begins_with(word, size, "p"), am = begins_with(word, size, "a");
        bool dotted = size == 1 && scan->at < scan->end && *scan->at == '.'; /* "p. m." */
        if ((pm || am) && ((size == 2 && begins_with(word + 1, 1, "m")) || dotted)) {
            set_afternoon(scan, pm);
            return;
        }
        if (zone_named(word, size, &minutes)) {
            set_zone(scan, minutes);
            return;
        }
        if (!dotted && !(size == 1 && begins_with(word, size, "m")))
            scan->after_time = false;
    }
    if (size == 1 && begins_with(word, size, "t"))
        return; /* between date and time */
    scan->after_date = false;
    int weekday = weekday_named(word, size), month = size >= 3 ? month_of(word, size) : 0;
    if (weekday >= 0 && scan->stamp.weekday < 0)
        scan->stamp.weekday = (int8_t)weekday;
    else if (month && !scan->month)
        scan->month = month;
}

/* +01:00, +0100, +01, and wmic's +060 in minutes, behind the time or behind UTC. */
static void scan_sign(struct scan *scan)
{
    const char *p = scan->at + 1;
    size_t digits = digits_at(p, scan->end);
    int minutes = -1;

    if (digits == 2)
        minutes = number_of(p, 2) * 60;
    else if (digits == 3)
        minutes = number_of(p, 3);
    else if (digits == 4)
        minutes = number_of(p, 2) * 60 + number_of(p + 2, 2);
    else if (digits == 1 && scan->stamp.has_zone)
        minutes = number_of(p, 1) * 60; /* UTC+1 */
    if (minutes < 0) {
        scan->at++;
        return;
    }
    bool east = *scan->at == '+';
    scan->at = p + digits;
    if (digits == 2 && scan->at + 2 < scan->end && *scan->at == ':' &&
        digits_at(scan->at + 1, scan->end) == 2) {
        minutes += number_of(scan->at + 1, 2);
        scan->at += 3;
    }
    set_zone(scan, east ? minutes : -minutes);
    scan->after_time = false;
}

/* No-break blanks, which newer .NET writes before PM. */
static bool wide_blank(const struct scan *scan)
{
    size_t left = (size_t)(scan->end - scan->at);

    return (left >= 3 && !memcmp(scan->at, "\xe2\x80\xaf", 3)) ||
           (left >= 2 && !memcmp(scan->at, "\xc2\xa0", 2));
}

bool ph_stamp_find(struct ph_slice line, struct ph_stamp *stamp)
{
    size_t size = line.size < 400 ? line.size : 400;
    struct scan scan = {.start = line.data, .at = line.data, .end = line.data + size};

    scan.stamp.weekday = -1;
    while (scan.at < scan.end) {
        char c = *scan.at;
        if (is_digit(c)) {
            scan_number(&scan);
        } else if (wide_blank(&scan)) {
            scan.at += (unsigned char)c == 0xc2 ? 2 : 3;
        } else if (is_letter(c)) {
            scan_word(&scan);
        } else if ((c == '+' || c == '-') && scan.after_time) {
            scan_sign(&scan);
        } else {
            if (scan.after_time && !strchr(" .(", c))
                scan.after_time = false;
            scan.at++;
        }
    }
    if (!scan.stamp.has_date && scan.month)
        (void)set_date(&scan, scan.year, scan.month, scan.day);
    if (!scan.stamp.has_date && !scan.stamp.has_time && scan.counted_ns && scan.numbers == 1) {
        scan.stamp.counted = scan.stamp.has_zone = true;
        scan.stamp.has_date = scan.stamp.has_time = true;
        scan.stamp.counted_ns = scan.counted_ns;
    }
    /* a time without a date, beside other numbers or in a long text, is about something else */
    if (!scan.stamp.has_date &&
        (!scan.stamp.has_time || scan.numbers > 1 || ph_slice_trim(line).size > 48))
        return false;
    *stamp = scan.stamp;
    return true;
}

bool ph_stamp_field(struct ph_slice field, struct ph_stamp *stamp)
{
    field = ph_slice_trim(field);
    const char *at = field.data, *end = field.data + field.size;
    size_t digits = digits_at(at, end);
    uint64_t value = 0;

    if (digits && digits <= 10 && ph_parse_u64((struct ph_slice){at, digits}, &value) == 0) {
        at += digits;
        int64_t fraction = fraction_at(&at, end);
        bool a_day = digits == 8 &&
                     ph_is_date((int)(value / 10000), (int)(value / 100 % 100), (int)(value % 100));
        if (at == end && !a_day && value < UINT64_C(4102444800)) {
            *stamp = (struct ph_stamp){.counted = true,
                                       .has_date = true,
                                       .has_time = true,
                                       .weekday = -1,
                                       .counted_ns = (int64_t)value * PH_SECOND + fraction};
            stamp->relative = value < 100000000;
            stamp->has_zone = !stamp->relative;
            return true;
        }
    }
    return ph_stamp_find(field, stamp);
}

bool ph_stamp_join(struct ph_stamp *earlier, const struct ph_stamp *later)
{
    const struct ph_stamp *date = earlier->has_date ? earlier : later;
    const struct ph_stamp *time = earlier->has_time ? earlier : later;

    if (earlier->counted || later->counted || earlier->has_date == later->has_date ||
        earlier->has_time == later->has_time || date == time)
        return false;
    struct ph_stamp joined = *date;
    joined.has_time = true;
    joined.day_ns = time->day_ns;
    joined.has_zone = time->has_zone;
    joined.zone_minutes = time->zone_minutes;
    *earlier = joined;
    return true;
}

int64_t ph_stamp_ns(const struct ph_stamp *stamp, bool day_first)
{
    if (stamp->counted)
        return stamp->counted_ns;
    if (!stamp->has_date)
        return stamp->day_ns;
    int month = stamp->month, day = stamp->day;
    if (stamp->either_order && (day_first ? day <= 12 : month > 12)) {
        int kept = month;
        month = day;
        day = kept;
    }
    return days_of(stamp->year, month, day) * PH_DAY + stamp->day_ns -
           stamp->zone_minutes * PH_MINUTE;
}
