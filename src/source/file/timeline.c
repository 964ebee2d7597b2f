#include "source/file/stamp.h"

#include "base/os.h"

/* Votes of all stamps of which the order is open. */
struct votes {
    size_t open, by_month, by_day; /* by_...: must be, by a number above 12 or by the weekday */
    bool month_rises, day_rises;
    size_t line; /* of the first open one */
};

static void count_votes(const struct ph_moment *moments, size_t count, struct votes *votes)
{
    int64_t month_last = INT64_MIN, day_last = INT64_MIN;

    *votes = (struct votes){.month_rises = true, .day_rises = true};
    for (size_t i = 0; i < count; i++) {
        const struct ph_stamp *stamp = &moments[i].stamp;
        if (!moments[i].stamped || !stamp->either_order)
            continue;
        if (!votes->open++)
            votes->line = moments[i].line;
        int year = stamp->year, first = stamp->month, second = stamp->day;
        bool month_fits = ph_is_date(year, first, second),
             day_fits = ph_is_date(year, second, first);
        if (month_fits && day_fits && stamp->weekday >= 0) {
            month_fits = ph_weekday_of(year, first, second) == stamp->weekday;
            day_fits = ph_weekday_of(year, second, first) == stamp->weekday;
        }
        votes->by_month += month_fits && !day_fits;
        votes->by_day += day_fits && !month_fits;
        int64_t as_month = ph_stamp_ns(stamp, false), as_day = ph_stamp_ns(stamp, true);
        votes->month_rises = votes->month_rises && as_month > month_last;
        votes->day_rises = votes->day_rises && as_day > day_last;
        month_last = as_month;
        day_last = as_day;
    }
}

/* Is the first number the day? Evidence first, then which reading makes the times rise. */
static struct ph_error *decide_order(const char *path, const struct ph_moment *moments,
                                     size_t count, bool *day_first, struct ph_loss_list *losses)
{
    struct votes votes;

    *day_first = false;
    count_votes(moments, count, &votes);
    if (!votes.open)
        return NULL;
    if (votes.by_day != votes.by_month) {
        *day_first = votes.by_day > votes.by_month;
        if (!votes.by_day || !votes.by_month)
            return NULL;
        return ph_loss_add(losses, votes.by_day < votes.by_month ? votes.by_day : votes.by_month,
                           "%s: some dates begin with the day and others with the month; read as "
                           "%s, where that is a date",
                           path, *day_first ? "day/month" : "month/day");
    }
    *day_first = !votes.month_rises;
    return ph_loss_add(losses, 0,
                       "%s: dates like that of line %zu can be day/month or month/day; taken as %s"
                       "%s: write the dates as 2026-11-02 to be sure",
                       path, votes.line, *day_first ? "day/month" : "month/day",
                       votes.month_rises != votes.day_rises ? ", which makes the times rise" : "");
}

/* Steps away from odd stamps may leave the range of times; they stop at its ends. */
static int64_t plus(int64_t time_ns, int64_t step)
{
    int64_t sum;

    if (__builtin_add_overflow(time_ns, step, &sum))
        return step < 0 ? INT64_MIN : INT64_MAX;
    return sum;
}

/* Times of day without dates: each step back is a midnight. */
static void count_days(struct ph_moment *moments, size_t count)
{
    int64_t days = 0, last = 0;

    for (size_t i = 0; i < count; i++) {
        if (!moments[i].stamped)
            continue;
        days += moments[i].time_ns < last;
        last = moments[i].time_ns;
        moments[i].time_ns =
            days < INT64_MAX / PH_DAY ? plus(moments[i].time_ns, days * PH_DAY) : INT64_MAX;
    }
}

/* Snapshots without a stamp: between their neighbours, or one step away from the nearest. */
static void fill_gaps(struct ph_moment *moments, size_t count, int64_t spacing_ns)
{
    size_t first = 0, last = count - 1, before = 0;

    while (!moments[first].stamped)
        first++;
    while (!moments[last].stamped)
        last--;
    int64_t step = spacing_ns;
    if (!step && last > first)
        step = (moments[last].time_ns - moments[first].time_ns) / (int64_t)(last - first);
    for (size_t i = first; i-- > 0;)
        moments[i].time_ns = plus(moments[i + 1].time_ns, -step);
    before = first;
    for (size_t i = first + 1; i <= last; i++) {
        if (!moments[i].stamped)
            continue;
        int64_t share = (moments[i].time_ns - moments[before].time_ns) / (int64_t)(i - before);
        for (size_t k = before + 1; k < i; k++)
            moments[k].time_ns = plus(moments[k - 1].time_ns, share);
        before = i;
    }
    for (size_t i = last + 1; i < count; i++)
        moments[i].time_ns = plus(moments[i - 1].time_ns, step);
}

static struct ph_error *without_stamps(const char *path, int64_t spacing_ns,
                                       struct ph_moment *moments, size_t count,
                                       enum ph_time_kind *kind, struct ph_loss_list *losses)
{
    int64_t step = spacing_ns ? spacing_ns : PH_SECOND;
    int64_t first = spacing_ns ? 0 : 1; /* the first reading is number 1 */

    for (size_t i = 0; i < count; i++)
        if (__builtin_mul_overflow((int64_t)i + first, step, &moments[i].time_ns))
            return ph_errorf(PH_ERR_USAGE, "%s: %zu snapshots at this spacing last too long", path,
                             count);
    *kind = spacing_ns ? PH_TIME_SPACED : PH_TIME_ORDINAL;
    if (spacing_ns || count < 2)
        return NULL;
    return ph_loss_add(losses, 0,
                       "%s: the snapshots carry no time stamps, so there are no rates in time: "
                       "give their spacing with --spacing",
                       path);
}

struct ph_error *ph_timeline_resolve(const char *path, int64_t spacing_ns,
                                     struct ph_moment *moments, size_t count,
                                     enum ph_time_kind *kind, struct ph_loss_list *losses)
{
    size_t stamped = 0, zoned = 0, relative = 0, dated = 0, missing_line = 0;
    bool day_first = false;

    for (size_t i = 0; i < count; i++) {
        const struct ph_stamp *stamp = &moments[i].stamp;
        if (!moments[i].stamped) {
            missing_line = missing_line ? missing_line : moments[i].line;
            continue;
        }
        stamped++;
        zoned += stamp->has_zone;
        relative += stamp->relative;
        dated += stamp->has_date;
    }
    if (stamped == 1 && count > 1)
        PH_TRY(ph_loss_add(losses, 0,
                           "%s: only one of %zu snapshots carries a time stamp; it was not used",
                           path, count));
    if (!stamped || (stamped == 1 && count > 1))
        return without_stamps(path, spacing_ns, moments, count, kind, losses);

    PH_TRY(decide_order(path, moments, count, &day_first, losses));
    for (size_t i = 0; i < count; i++)
        if (moments[i].stamped)
            moments[i].time_ns = ph_stamp_ns(&moments[i].stamp, day_first);
    if (!dated) {
        count_days(moments, count);
        PH_TRY(ph_loss_add(losses, 0,
                           "%s: the time stamps have no dates; a step back is taken as midnight",
                           path));
    } else if (dated < stamped) {
        PH_TRY(ph_loss_add(losses, stamped - dated,
                           "%s: %zu time stamps have no date; their times are wrong", path,
                           stamped - dated));
    }
    *kind = relative == stamped ? PH_TIME_SPACED : zoned == stamped ? PH_TIME_REAL : PH_TIME_LOCAL;
    if (zoned && zoned < stamped && !relative)
        PH_TRY(ph_loss_add(losses, stamped - zoned,
                           "%s: %zu of %zu time stamps name no zone and were read as UTC", path,
                           stamped - zoned, stamped));
    if (stamped < count) {
        fill_gaps(moments, count, spacing_ns);
        PH_TRY(ph_loss_add(losses, count - stamped,
                           "%s: %zu of %zu snapshots carry no time stamp, first at line %zu; their "
                           "times were taken from those around them",
                           path, count - stamped, count, missing_line));
    }
    return NULL;
}

struct ph_error *ph_timeline_check(const char *path, const struct ph_moment *moments, size_t count,
                                   struct ph_loss_list *losses)
{
    size_t back = 0, back_line = 0;
    for (size_t i = 1; i < count; i++) {
        if (moments[i].time_ns > moments[i - 1].time_ns)
            continue;
        back_line = back++ ? back_line : moments[i].line;
    }
    if (back)
        PH_TRY(ph_loss_add(losses, back,
                           "%s: the time does not go forward %zu times, first at line %zu: a clock "
                           "was set, or snapshots are out of order",
                           path, back, back_line));
    return NULL;
}
