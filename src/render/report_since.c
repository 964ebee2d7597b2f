/* Since when a series grows.
 *
 * Its past in the newest boot is fitted by a level and a rise that begins at one of its points, by
 * least squares. When that fits clearly better than a rise from the first point on, it stood level
 * before; what is told then is a fact of the readings, not of the fit: when it last stood at or
 * below the lower quarter of the floors before. Otherwise it grew from the first reading on.
 */
#include <math.h>
#include <string.h>

#include "base/sort.h"
#include "model/history.h"
#include "render/report_words.h"

/* The floors of a series in the newest boot in which it was seen. */
struct past {
    double at_s[PH_HISTORY_POINTS], low[PH_HISTORY_POINTS];
    int64_t time_ns[PH_HISTORY_POINTS];
    size_t count;
    bool after_boot; /* the boot before was seen, too */
    bool late;       /* readings of this boot came before it was seen */
};

static struct past past_of(const struct ph_history *history, uint32_t series)
{
    const struct ph_history_line *line = ph_history_series(history, series);
    struct past past = {.count = 0};
    size_t end = history->count;

    while (line && end && !isfinite(line->low[end - 1]))
        end--;
    if (!line || !end)
        return past;
    size_t first = end - 1;
    while (first && history->segment[first - 1] == history->segment[end - 1])
        first--;
    past.after_boot = first > 0;
    for (size_t i = first; i < end; i++) {
        if (!isfinite(line->low[i])) {
            past.late |= !past.count;
            continue;
        }
        past.at_s[past.count] = history->at_s[i];
        past.low[past.count] = (double)line->low[i];
        past.time_ns[past.count++] = history->time_ns[i];
    }
    return past;
}

/* Least squares of a + b max(0, t - t[hinge]): what is left over; infinite when it does not rise.
 */
static double hinge_rest(const struct past *past, size_t hinge)
{
    double n = (double)past->count, sx = 0, sy = 0, sxx = 0, sxy = 0, syy = 0;
    double origin = past->low[0]; /* large and nearly equal numbers: differences keep the digits */

    for (size_t i = 0; i < past->count; i++) {
        double x = fmax(0, past->at_s[i] - past->at_s[hinge]), y = past->low[i] - origin;
        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
        syy += y * y;
    }
    double spread = sxx - sx * sx / n, both = sxy - sx * sy / n;
    if (!(spread > 0) || !(both > 0))
        return INFINITY;
    return fmax(0, syy - sy * sy / n - both * both / spread);
}

/* Where the rise begins: the hinge that fits best, when it fits clearly better than a rise from the
 * first point on; 0 otherwise. */
static size_t rise_begins(const struct past *past)
{
    enum { POINTS_LEAST = 8, LEVEL_LEAST = 3 };
    static const double clearly = 1.5;
    double whole, best = INFINITY;
    size_t at = 0;

    if (past->count < POINTS_LEAST)
        return 0;
    whole = hinge_rest(past, 0);
    for (size_t i = LEVEL_LEAST; i + LEVEL_LEAST <= past->count; i++) {
        double rest = hinge_rest(past, i);
        if (rest < best) {
            best = rest;
            at = i;
        }
    }
    return at && whole > best * clearly ? at : 0;
}

static int by_size(const void *a, const void *b)
{
    double first = *(const double *)a, second = *(const double *)b;

    return (first > second) - (first < second);
}

/* The lower quarter of the floors up to the hinge: the least of all may be long ago by chance, and
 * a cycle would come down to their mean long after the rise began. */
static double level_before(const struct past *past, size_t hinge)
{
    double floors[PH_HISTORY_POINTS];

    memcpy(floors, past->low, (hinge + 1) * sizeof(floors[0]));
    ph_sort(floors, hinge + 1, sizeof(floors[0]), by_size);
    return floors[hinge / 4];
}

/* The time of the first reading, by that of the first point. */
static int64_t before(const struct past *past)
{
    int64_t back = llround(fmin(past->at_s[0] * 1e9, 9e18));

    return past->time_ns[0] >= INT64_MIN + back ? past->time_ns[0] - back : INT64_MIN;
}

/* A point bears the time of its newest reading, which may be hours after the boot. */
static int64_t boot_of(const struct ph_event_list *events, int64_t point_ns)
{
    int64_t boot = INT64_MIN;

    for (size_t i = 0; events && i < events->count; i++)
        if (events->items[i].kind == PH_EVENT_BOOT && events->items[i].time_ns <= point_ns &&
            events->items[i].time_ns > boot)
            boot = events->items[i].time_ns;
    return boot > INT64_MIN ? boot : point_ns;
}

struct ph_since ph_since_of(const struct ph_hunt_report *report, const struct ph_finding *finding)
{
    struct ph_since since = {.kind = PH_SINCE_UNKNOWN};

    if (!report->history)
        return since;
    struct past past = past_of(report->history, finding->series);
    if (past.count < 2)
        return since;
    size_t hinge = rise_begins(&past), last = 0;
    since.kind = past.late ? PH_SINCE_SEEN : past.after_boot ? PH_SINCE_BOOT : PH_SINCE_BEFORE;
    if (hinge) {
        since.kind = PH_SINCE_FROM;
        since.level_bytes = level_before(&past, hinge);
        for (size_t i = 0; i < past.count; i++)
            if (past.low[i] <= since.level_bytes)
                last = i;
    }
    since.time_ns = past.time_ns[last];
    if (since.kind == PH_SINCE_BEFORE) /* a point bears the time of its newest reading */
        since.time_ns = report->samples ? report->first_ns : before(&past);
    since.ago_s = past.at_s[past.count - 1] - past.at_s[last];
    if (since.kind == PH_SINCE_BOOT) {
        int64_t boot = boot_of(report->events, since.time_ns);
        since.ago_s += ((double)since.time_ns - (double)boot) / 1e9;
        since.time_ns = boot;
    }
    return since;
}

void ph_since_words(const struct ph_since *since, enum ph_time_kind kind, struct ph_text *out)
{
    static const char *const words[] = {
        [PH_SINCE_BEFORE] = "at least since the first reading, ",
        [PH_SINCE_BOOT] = "since the first readings after the boot, about ",
        [PH_SINCE_SEEN] = "since it was first seen, about ",
        [PH_SINCE_FROM] = "since about ",
    };

    if (since->kind == PH_SINCE_UNKNOWN)
        return;
    ph_text_puts(out, words[since->kind]);
    ph_screen_time(since->time_ns, kind, out);
}
