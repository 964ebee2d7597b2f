/* Keys that move in time: interval, pause, mark, and the place in a replay. */
#include <math.h>
#include <stdlib.h>

#include "base/os.h"
#include "front/tui/top.h"

static const int64_t INTERVALS_S[] = {1, 2, 5, 10, 30, 60, 300, 600, 1800, 3600};
/* of a replay; 0 = as fast as it goes, above all others */
static const double SPEEDS[] = {1,   2,    5,    10,   20,    50,     100,     200,
                                500, 1000, 2000, 5000, 10000, 100000, INFINITY};

static struct ph_error *only_in_replay(void)
{
    return ph_errorf(PH_ERR_USAGE, "only in a replay: 'poolhound top FILE' shows a recording");
}

struct ph_error *ph_top_pause(struct ph_top *top, uint32_t key)
{
    bool pause = !top->facts.paused;

    (void)key;
    if (top->facts.ended)
        return ph_errorf(PH_ERR_USAGE, "this is the end of the replay; [ and { go back");
    ph_monitor_pause(top->monitor, pause);
    ph_top_say(top, pause ? "paused; Space goes on" : "going on");
    return NULL;
}

struct ph_error *ph_top_interval(struct ph_top *top, uint32_t key)
{
    size_t count = sizeof(INTERVALS_S) / sizeof(INTERVALS_S[0]);
    int64_t now = top->facts.interval_ns, next = now;

    if (!top->facts.live)
        return ph_errorf(PH_ERR_USAGE, "a replay has no interval; , and . change its speed");
    for (size_t i = 0; i < count; i++) {
        int64_t slower = INTERVALS_S[i] * PH_SECOND;
        int64_t faster = INTERVALS_S[count - 1 - i] * PH_SECOND;
        if (key == '+' ? slower > now : faster < now) {
            next = key == '+' ? slower : faster;
            break;
        }
    }
    ph_monitor_set_interval(top->monitor, next);
    top->facts.interval_ns = next; /* the next key may come before the next drawing */
    ph_top_say(top, "a reading every %g s", (double)next / PH_SECOND);
    return NULL;
}

struct ph_error *ph_top_refresh(struct ph_top *top, uint32_t key)
{
    (void)key;
    ph_monitor_refresh(top->monitor);
    return NULL;
}

struct ph_error *ph_top_mark(struct ph_top *top, uint32_t key)
{
    bool on = key == 'z';

    if (on && !top->facts.any)
        return ph_errorf(PH_ERR_USAGE, "nothing was read yet that could be marked");
    PH_TRY(ph_monitor_mark(top->monitor, on));
    top->choice.since_mark = on;
    ph_top_say(top, on ? "changes are counted from here on; Z takes the mark away"
                       : "changes are those since the reading before");
    return NULL;
}

struct ph_error *ph_top_step(struct ph_top *top, uint32_t key)
{
    if (top->facts.live)
        return only_in_replay();
    if (key == '[' && top->facts.readings <= 1 && !top->facts.seeking)
        return ph_errorf(PH_ERR_USAGE, "this is the first reading");
    if (key == ']' && top->facts.ended)
        return ph_errorf(PH_ERR_USAGE, "this is the last reading");
    ph_monitor_pause(top->monitor, true);
    ph_monitor_step(top->monitor, key == '[' ? -1 : 1);
    return NULL;
}

static void seek(struct ph_top *top, double share)
{
    ph_monitor_seek(top->monitor, share < 0 ? 0 : share > 1 ? 1 : share);
}

struct ph_error *ph_top_jump(struct ph_top *top, uint32_t key)
{
    if (top->facts.live)
        return only_in_replay();
    if (!top->facts.of)
        return ph_errorf(PH_ERR_USAGE, "how long this replay is, is not known yet");
    double share = (double)top->facts.readings / (double)top->facts.of;
    seek(top, share + (key == '{' ? -0.1 : 0.1));
    return NULL;
}

struct ph_error *ph_top_speed(struct ph_top *top, uint32_t key)
{
    size_t count = sizeof(SPEEDS) / sizeof(SPEEDS[0]);
    double now = top->facts.speed > 0 ? top->facts.speed : INFINITY, next = now;

    if (top->facts.live)
        return ph_errorf(PH_ERR_USAGE, "live readings have no speed; + and - change the interval");
    for (size_t i = 0; i < count; i++)
        if (key == '.' ? SPEEDS[i] > now : SPEEDS[count - 1 - i] < now) {
            next = key == '.' ? SPEEDS[i] : SPEEDS[count - 1 - i];
            break;
        }
    top->facts.speed = isinf(next) ? 0 : next;
    ph_monitor_set_speed(top->monitor, top->facts.speed);
    if (isinf(next))
        ph_top_say(top, "as fast as it goes");
    else
        ph_top_say(top, "%g times as fast as it was recorded", next);
    return NULL;
}

static struct ph_error *go(struct ph_top *top, const char *text)
{
    struct ph_slice typed = ph_slice_trim(ph_slice_of(text));
    bool share = typed.size && typed.data[typed.size - 1] == '%';
    uint64_t number;

    if (!typed.size)
        return NULL;
    typed.size -= share;
    if (ph_parse_u64(typed, &number) != PH_NUMBER_OK || (share ? number > 100 : !number))
        return ph_errorf(PH_ERR_USAGE,
                         "go to %s: neither a share (50%%) nor the number of a reading", text);
    if (share) {
        seek(top, (double)number / 100);
        return NULL;
    }
    if (top->facts.of && number > top->facts.of)
        return ph_errorf(PH_ERR_USAGE, "go to %s: there are %llu readings", text,
                         (unsigned long long)top->facts.of);
    if (number == UINT64_MAX)
        return ph_errorf(PH_ERR_USAGE, "go to %s: there are fewer readings", text);
    ph_monitor_pause(top->monitor, true);
    ph_monitor_go(top->monitor, number);
    return NULL;
}

struct ph_error *ph_top_go(struct ph_top *top, uint32_t key)
{
    (void)key;
    if (top->facts.live)
        return only_in_replay();
    ph_top_ask(top, "Go to (50%, or a reading's number): ", ph_slice_of(""), go);
    return NULL;
}
