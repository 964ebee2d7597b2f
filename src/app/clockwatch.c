#include "app/clockwatch.h"

#include "base/mem.h"
#include "base/os.h"

/* Larger differences between wall clock and boot clock are jumps, smaller ones NTP's slewing. */
enum { CLOCK_JUMP_S = 2 };

/* By how much the wall clock went another way than the time since boot; 0 where that is not known.
 */
static int64_t drift(const struct ph_clock_watch *watch, const struct ph_sample *sample)
{
    if (sample->segment != watch->segment || sample->boottime_ns < 0 || watch->boot_ns < 0 ||
        sample->time_kind != PH_TIME_REAL)
        return 0;
    /* unsigned: a recording may hold any number */
    return (int64_t)(((uint64_t)sample->time_ns - (uint64_t)watch->wall_ns) -
                     ((uint64_t)sample->boottime_ns - (uint64_t)watch->boot_ns));
}

static struct ph_error *add_jump(struct ph_event_list *events, int64_t time_ns, int64_t by_ns)
{
    ph_autofree char *text = ph_format("the wall clock jumped by %+.3f s", (double)by_ns / 1e9);

    return text ? ph_event_add(events, PH_EVENT_CLOCK, time_ns, text) : ph_error_nomem();
}

struct ph_error *ph_clock_watch(struct ph_clock_watch *watch, const struct ph_sample *sample,
                                struct ph_event_list *events)
{
    bool boot = watch->began && sample->segment != watch->segment;
    int64_t by_ns = watch->began ? drift(watch, sample) : 0;
    bool jump = by_ns > CLOCK_JUMP_S * PH_SECOND || by_ns < -CLOCK_JUMP_S * PH_SECOND;

    if (boot && events)
        PH_TRY(ph_event_add(events, PH_EVENT_BOOT, sample->time_ns, "started anew"));
    if (jump && events)
        PH_TRY(add_jump(events, sample->time_ns, by_ns));
    watch->segments += boot || !watch->began;
    watch->jumps += jump;
    watch->began = true;
    watch->segment = sample->segment;
    watch->wall_ns = sample->time_ns;
    watch->boot_ns = sample->boottime_ns;
    return NULL;
}
