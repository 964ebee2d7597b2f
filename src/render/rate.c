#include "render/rate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Widest number that an end of an interval may take; then the next unit serves. */
static const double widest = 99999.5;

struct ph_rate_unit ph_rate_unit_for(double bytes_per_s, int64_t span_ns, enum ph_time_kind kind)
{
    static const struct {
        double seconds, until_s; /* of observation */
        const char *name;
    } times[] = {
        {1, 600, "s"}, {60, 3 * 3600., "min"}, {3600, 3 * 86400., "h"}, {86400, 1e300, "d"}};
    static const char *const sizes[] = {"B", "KB", "MB", "GB", "TB", "PB", "EB"};
    enum { TIMES = sizeof(times) / sizeof(times[0]), SIZES = sizeof(sizes) / sizeof(sizes[0]) };
    struct ph_rate_unit unit;
    double magnitude = fabs(bytes_per_s);
    size_t time = 0, size = 0;

    if (kind != PH_TIME_ORDINAL) {
        while (time + 1 < TIMES && (double)span_ns / 1e9 >= times[time].until_s)
            time++;
        while (time + 1 < TIMES && magnitude > 0 && magnitude * times[time].seconds < 1)
            time++;
    }
    unit.factor = times[time].seconds;
    while (size + 1 < SIZES && magnitude * unit.factor >= 999.5) {
        unit.factor /= 1024;
        size++;
    }
    (void)snprintf(unit.name, sizeof(unit.name), "%s/%s", sizes[size],
                   kind == PH_TIME_ORDINAL ? "reading" : times[time].name);
    return unit;
}

static void add_number(struct ph_text *out, double number, int decimals)
{
    if (!isfinite(number)) {
        ph_text_putc(out, '?');
        return;
    }
    char digits[48];
    if (fabs(number) < 1e6)
        (void)snprintf(digits, sizeof(digits), "%.*f", decimals, number);
    else
        (void)snprintf(digits, sizeof(digits), "%.1g", number);
    bool minus_zero = digits[0] == '-' && !strpbrk(digits, "123456789");
    ph_text_puts(out, minus_zero ? digits + 1 : digits);
}

void ph_rate_add_in(struct ph_text *out, const struct ph_rate_unit *unit, double rate, double low,
                    double high)
{
    double number = fabs(rate * unit->factor);
    double reach =
        unit->factor * fmax(isfinite(low) ? fabs(low) : 0, isfinite(high) ? fabs(high) : 0);
    int decimals = number >= 99.95 || reach >= 9999 ? 0 : number >= 9.995 || reach >= 999 ? 1 : 2;

    add_number(out, rate * unit->factor, decimals);
    ph_text_printf(out, " %s", unit->name);
    ph_text_puts(out, " (");
    add_number(out, low * unit->factor, decimals);
    ph_text_puts(out, " to ");
    add_number(out, high * unit->factor, decimals);
    ph_text_putc(out, ')');
}

void ph_rate_add(struct ph_text *out, double rate, double low, double high, int64_t span_ns,
                 enum ph_time_kind kind)
{
    double reach = fmax(isfinite(low) ? fabs(low) : 0, isfinite(high) ? fabs(high) : 0);
    struct ph_rate_unit unit = ph_rate_unit_for(rate, span_ns, kind);

    if (!isfinite(rate)) {
        ph_text_putc(out, '?');
        return;
    }
    if (reach * unit.factor >= widest) /* a wide interval decides over the unit */
        unit = ph_rate_unit_for(reach, span_ns, kind);
    ph_rate_add_in(out, &unit, rate, low, high);
}
