#include "app/monitor_parts.h"

#include <string.h>

#include "base/mem.h"
#include "base/os.h"

struct ph_error *ph_track_new(struct ph_track **track)
{
    struct ph_track *made = ph_zalloc(1, sizeof(*made));

    if (!made)
        return ph_error_nomem();
    made->recent.recent = true;
    struct ph_error *error = ph_judge_create(&(struct ph_judge_options){0}, &made->judge);
    if (error)
        ph_free(made);
    else
        *track = made;
    return error;
}

void ph_track_free(struct ph_track *track)
{
    if (!track)
        return;
    ph_judge_destroy(track->judge);
    for (size_t i = 0; i < 3; i++)
        ph_sample_fini(&track->samples[i]);
    ph_history_fini(&track->whole);
    ph_history_fini(&track->recent);
    ph_event_fini(&track->events);
    ph_loss_fini(&track->losses);
    ph_finding_list_fini(&track->findings);
    ph_free(track->finding_of);
    ph_free(track);
}

const struct ph_sample *ph_track_now(const struct ph_track *track)
{
    return track->readings ? &track->samples[track->newest] : NULL;
}

const struct ph_sample *ph_track_before(const struct ph_track *track)
{
    return track->readings > 1 ? &track->samples[(track->newest + 2) % 3] : NULL;
}

static struct ph_sample *next_sample(struct ph_track *track)
{
    return &track->samples[(track->newest + 1) % 3];
}

/* ------------------------------------------------------------------ readings */

static int64_t difference(int64_t later, int64_t earlier)
{
    int64_t span;

    if (__builtin_sub_overflow(later, earlier, &span)) /* a recording may hold any number */
        return later < earlier ? INT64_MIN : INT64_MAX;
    return span;
}

int64_t ph_track_step(const struct ph_track *track, const struct ph_sample *sample,
                      bool *other_boot)
{
    const struct ph_sample *now = ph_track_now(track);

    *other_boot = now && now->segment != sample->segment;
    if (!now)
        return 0;
    bool by_boot = !*other_boot && now->boottime_ns >= 0 && sample->boottime_ns >= 0;
    int64_t step = by_boot ? difference(sample->boottime_ns, now->boottime_ns)
                           : difference(sample->time_ns, now->time_ns);
    return step > 0 ? step : 0;
}

struct ph_error *ph_track_judge(struct ph_track *track, const struct ph_catalog *catalog,
                                struct ph_sample *sample)
{
    if (track->judge_missed)
        sample->changed_known = false;
    track->judge_missed = true;
    PH_TRY(ph_sample_copy(next_sample(track), sample));
    PH_TRY(ph_judge_add(track->judge, catalog, sample));
    track->judge_missed = false;
    return NULL;
}

struct ph_error *ph_track_take(struct ph_track *track, bool losses_repeat, bool events_told)
{
    const struct ph_sample *sample = next_sample(track);

    PH_TRY(ph_loss_merge(&track->losses, &sample->losses, losses_repeat));
    PH_TRY(ph_clock_watch(&track->watch, sample, events_told ? NULL : &track->events));
    PH_TRY(ph_event_merge(&track->events, &sample->events));
    PH_TRY(ph_history_add(&track->whole, sample));
    PH_TRY(ph_history_add(&track->recent, sample));
    if (!track->readings) {
        track->first_ns = sample->time_ns;
        memcpy(track->first_pools, sample->pools, sizeof(sample->pools));
    }
    track->last_ns = sample->time_ns;
    track->newest = (track->newest + 1) % 3;
    track->readings++;
    return NULL;
}

struct ph_error *ph_track_room(struct ph_track *track, size_t series)
{
    if (series <= track->finding_of_count)
        return NULL;
    size_t capacity = track->finding_of_count;
    PH_TRY(ph_grow(&track->finding_of, &capacity, series, sizeof(*track->finding_of)));
    memset(track->finding_of + track->finding_of_count, 0,
           (capacity - track->finding_of_count) * sizeof(*track->finding_of));
    track->finding_of_count = capacity;
    return NULL;
}

void ph_track_set_findings(struct ph_track *track, struct ph_finding_list *findings)
{
    struct ph_finding_list old = track->findings;

    track->findings = *findings;
    *findings = old;
    if (track->finding_of_count)
        memset(track->finding_of, 0, track->finding_of_count * sizeof(*track->finding_of));
    for (size_t i = 0; i < track->findings.count; i++)
        track->finding_of[track->findings.items[i].series] = (uint32_t)i + 1;
}
