/* Owners are looked for one at a time, by a thread of their own: a question may read thousands of
 * drivers. */
#include "app/monitor_parts.h"

#include "base/mem.h"
#include "base/os.h"

/* What grows for a moment while it is watched is not worth reading the disk for. */
#define GROWING_LEAST PH_MINUTE

static struct ph_owner_note *note_of(struct ph_monitor *monitor, uint32_t series)
{
    return series < monitor->note_count ? &monitor->notes[series] : NULL;
}

/* ------------------------------------------------------------------ questions */

static void wait_first(struct ph_monitor *monitor, struct ph_question *question)
{
    question->next = monitor->waiting;
    monitor->waiting = question;
}

static void wait_last(struct ph_monitor *monitor, struct ph_question *question)
{
    struct ph_question **at = &monitor->waiting;

    while (*at)
        at = &(*at)->next;
    *at = question;
}

/* False when it is not waiting: it is being answered. */
static bool wait_no_more(struct ph_monitor *monitor, struct ph_question *question)
{
    struct ph_question **at = &monitor->waiting;

    while (*at && *at != question)
        at = &(*at)->next;
    if (!*at)
        return false;
    *at = question->next;
    question->next = NULL;
    return true;
}

static struct ph_question *new_question(struct ph_owner_note *note, uint32_t series)
{
    note->question = ph_zalloc(1, sizeof(*note->question));
    if (note->question) {
        note->question->series = series;
        note->question->state = PH_OWNER_PENDING;
    }
    return note->question;
}

enum ph_owner_state ph_monitor_owner(struct ph_monitor *monitor, uint32_t series, bool ask,
                                     const struct ph_owner_report **report, const char **error)
{
    struct ph_owner_note *note = note_of(monitor, series);

    *report = NULL;
    *error = NULL;
    if (!note || !monitor->options.who)
        return PH_OWNER_NONE;
    struct ph_question *question = note->question;
    if (!question && ask) {
        question = new_question(note, series);
        if (!question) { /* asked for again with the next screen */
            *error = "out of memory";
            return PH_OWNER_FAILED;
        }
        wait_first(monitor, question);
        question->asked = true;
        ph_signal_raise(monitor->question);
    }
    if (!question)
        return PH_OWNER_NONE;
    /* somebody looks at it: before those that nobody asked for */
    if (ask && !question->asked && wait_no_more(monitor, question))
        wait_first(monitor, question);
    question->asked = question->asked || ask;
    if (question->state == PH_OWNER_KNOWN)
        *report = &question->report;
    if (question->state == PH_OWNER_FAILED)
        *error = question->error->text;
    return question->state;
}

const char *ph_monitor_owner_name(struct ph_monitor *monitor, uint32_t series, bool *named)
{
    struct ph_owner_note *note = note_of(monitor, series);
    const struct ph_series *of = note ? &monitor->shown.series[series] : NULL;

    *named = false;
    if (!note)
        return NULL;
    if (note->question && note->question->state == PH_OWNER_KNOWN &&
        ph_owner_is_named(&note->question->report)) {
        *named = true;
        return note->question->report.owners[0].name;
    }
    if (of->module) {
        *named = true;
        return of->module;
    }
    if (note->question && note->question->state == PH_OWNER_KNOWN &&
        note->question->report.owner_count)
        return note->question->report.owners[0].name;
    if (!note->looked_up) {
        note->component = ph_who_component(monitor->who, of);
        note->looked_up = true;
    }
    return note->component;
}

/* ------------------------------------------------------------------ of itself */

bool ph_monitor_ask_for_growing(struct ph_monitor *monitor, bool standing)
{
    const struct ph_finding_list *findings = &monitor->track->findings;
    int64_t now = ph_boottime_ns();
    size_t best = 0;
    bool asked = false;

    for (size_t i = 0; monitor->options.who && i < findings->count; i++) {
        const struct ph_finding *finding = &findings->items[i];
        struct ph_owner_note *note = note_of(monitor, finding->series);
        if (!note)
            continue;
        if (finding->verdict < PH_VERDICT_GROWING)
            note->growing_ns = 0;
        else if (!note->growing_ns)
            note->growing_ns = now;
        if (note->growing_ns && !monitor->suspected) {
            monitor->suspected = true;
            ph_signal_raise(monitor->question);
        }
        if (best >= PH_OWNERS_MOST || !ph_owners_worth(&monitor->shown, findings->items, i))
            continue;
        best++;
        if (note->question || (!standing && now - note->growing_ns < GROWING_LEAST))
            continue;
        struct ph_question *question = new_question(note, finding->series);
        if (question)
            wait_last(monitor, question); /* else with the next findings */
        asked = asked || question;
    }
    return asked;
}

void ph_monitor_show_owners(struct ph_monitor *monitor)
{
    const struct ph_finding_list *findings = &monitor->track->findings;
    size_t best = 0, count = 0;

    for (size_t i = 0; i < findings->count && best < PH_OWNERS_MOST; i++) {
        if (!ph_owners_worth(&monitor->shown, findings->items, i))
            continue;
        const struct ph_owner_note *note = note_of(monitor, findings->items[i].series);
        best++;
        if (note && note->question && note->question->state == PH_OWNER_KNOWN)
            monitor->owners[count++] = note->question->report; /* borrows */
    }
    monitor->state.owner_count = count;
}

/* ------------------------------------------------------------------ the search */

/* When something grows for the first time, what processes hold is noted: owners are asked for a
 * minute later at the soonest, and who holds more by then is told. Not earlier, because the look
 * itself makes the kernel allocate. */
static struct ph_error *look_first(struct ph_monitor *monitor)
{
    ph_monitor_enter(monitor);
    bool suspected = monitor->suspected;
    ph_monitor_leave(monitor);
    return suspected ? ph_who_first_look(monitor->who) : NULL;
}

/* All that a question needs, so that the lock is not needed while it is answered. */
struct search {
    struct ph_question *question;
    struct ph_catalog catalog; /* of this series only */
    bool grows;
    struct ph_finding finding;
    enum ph_time_kind time_kind;
};

static void search_fini(struct search *search)
{
    ph_catalog_fini(&search->catalog);
}

/* Under the lock. */
static struct ph_error *take_question(struct ph_monitor *monitor, struct search *search)
{
    const struct ph_track *track = monitor->track;
    struct ph_question *question = monitor->waiting;
    uint32_t number, at;

    if (!question)
        return NULL;
    search->question = question;
    monitor->waiting = question->next;
    question->next = NULL;
    at = question->series < track->finding_of_count ? track->finding_of[question->series] : 0;
    if (at) {
        search->finding = track->findings.items[at - 1];
        search->grows = search->finding.verdict >= PH_VERDICT_GROWING;
    }
    const struct ph_sample *now = ph_track_now(track);
    search->time_kind = now ? now->time_kind : PH_TIME_REAL;
    return ph_catalog_intern(&search->catalog, &monitor->shown.series[question->series], &number);
}

static struct ph_error *answer(struct ph_monitor *monitor, const struct search *search,
                               struct ph_owner_report *report)
{
    const struct ph_series *series = &search->catalog.series[0];

    return search->grows
               ? ph_who_finding(monitor->who, series, &search->finding, search->time_kind, report)
               : ph_who_series(monitor->who, series, report);
}

/* False when nothing was asked. */
static bool answer_next(struct ph_monitor *monitor)
{
    PH_GUARD(search_fini) struct search search = {0};
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};

    ph_monitor_enter(monitor);
    struct ph_error *error = take_question(monitor, &search);
    ph_monitor_leave(monitor);
    struct ph_question *question = search.question;
    if (!question)
        return false;
    if (!error)
        error = answer(monitor, &search, &report);
    ph_monitor_enter(monitor);
    question->error = error;
    question->state = error ? PH_OWNER_FAILED : PH_OWNER_KNOWN;
    if (!error) {
        question->report = report;
        report = (struct ph_owner_report){0};
    }
    ph_monitor_show_owners(monitor);
    ph_monitor_leave(monitor);
    if (monitor->options.changed)
        monitor->options.changed(monitor->options.context);
    return true;
}

void ph_monitor_search_on(void *context)
{
    struct ph_monitor *monitor = context;

    (void)ph_cancel_when(&monitor->stopping);
    ph_rights_lower(PH_RIGHT_TRACE, true);
    while (!ph_interrupted()) {
        ph_rights_raise(PH_RIGHT_LOOK);
        ph_error_free(look_first(monitor)); /* out of memory: the next time */
        bool answered = answer_next(monitor);
        ph_rights_lower(PH_RIGHT_LOOK, false);
        if (!answered)
            (void)ph_signal_wait(monitor->question, INT64_MAX);
    }
}

void ph_monitor_notes_fini(struct ph_monitor *monitor)
{
    for (size_t i = 0; i < monitor->note_count; i++) {
        struct ph_question *question = monitor->notes[i].question;
        if (!question)
            continue;
        ph_owner_report_fini(&question->report);
        ph_error_free(question->error);
        ph_free(question);
    }
    ph_free(monitor->notes);
}
