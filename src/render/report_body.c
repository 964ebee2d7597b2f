/* The order of a report, and its head: the first screen, for whoever reads no further. */
#include "render/report_body.h"

#include <math.h>
#include <string.h>

#include "base/os.h"
#include "model/history.h"
#include "render/owner_sentences.h"
#include "render/owner_views.h"

struct ph_text *ph_body_line(struct ph_body *body)
{
    if (body->line.failed)
        body->doc.out->failed = true;
    ph_text_clear(&body->line);
    return &body->line;
}

void ph_body_field(struct ph_body *body, const char *label)
{
    if (body->line.size || body->line.failed)
        ph_document_field(&body->doc, label, &body->line);
}

void ph_body_say(struct ph_body *body, enum ph_saying saying)
{
    if (body->line.size || body->line.failed)
        ph_document_say(&body->doc, saying, &body->line);
}

/* ------------------------------------------------------------------ the head */

/* Words of ours that stand at the head of a field. */
static void capital(struct ph_text *line)
{
    if (line->size && line->data[0] >= 'a' && line->data[0] <= 'z')
        line->data[0] = (char)(line->data[0] - 'a' + 'A');
}

static void how_fast(struct ph_body *body)
{
    const struct ph_finding *about = body->about;
    struct ph_text *line = ph_body_line(body);

    ph_screen_rate(about, body->report->time_kind, line);
    if (about->have_rate)
        ph_text_puts(line, ", 95 % interval in brackets");
    ph_text_puts(line, "; it holds ");
    ph_bytes_words(body->report, about, line);
    if (about->last_objects >= 0) {
        ph_text_puts(line, " in ");
        ph_screen_count(line, (uint64_t)about->last_objects, "allocation", "allocations");
    }
    ph_text_puts(line, " of ");
    ph_text_puts(line, ph_pool_name(ph_series_of(body->report, about)->pool));
    ph_text_puts(line, " memory");
    ph_body_field(body, "How fast");
}

/* What happened when the rise began, as near as the history tells time. */
static void add_event_near(struct ph_body *body, const struct ph_since *since, struct ph_text *line)
{
    const struct ph_hunt_report *report = body->report;
    double near_s = 2 * ph_observed_s(report) / (double)report->history->count;
    const struct ph_event *nearest = NULL;
    double best = near_s;

    for (size_t i = 0; report->events && i < report->events->count; i++) {
        const struct ph_event *event = &report->events->items[i];
        double away = fabs((double)event->time_ns - (double)since->time_ns) / 1e9;
        if (event->kind != PH_EVENT_LOAD && event->kind != PH_EVENT_UNLOAD)
            continue;
        if (away <= best) {
            best = away;
            nearest = event;
        }
    }
    if (nearest)
        ph_text_printf(line, ". About then: %s %s", ph_event_id(nearest->kind),
                       nearest->text ? nearest->text : "");
}

static void since_when(struct ph_body *body)
{
    struct ph_since since = ph_since_of(body->report, body->about);
    enum ph_time_kind kind = body->report->time_kind;
    struct ph_text *line = ph_body_line(body);

    if (since.kind == PH_SINCE_UNKNOWN) {
        ph_text_puts(line, "Not known: too few readings");
    } else if (since.kind == PH_SINCE_FROM) {
        ph_text_puts(line, "It last stood at or below ");
        ph_text_bytes(line, since.level_bytes);
        ph_text_puts(line, kind == PH_TIME_SPACED ? ", " : " at ");
        ph_screen_time(since.time_ns, kind, line);
        ph_text_puts(line, "; until then its floor was level");
        add_event_near(body, &since, line);
    } else {
        ph_since_words(&since, kind, line);
        ph_text_puts(line, ": it grew from there on");
        if (since.kind == PH_SINCE_BEFORE)
            ph_text_puts(line, ", so the growth began then or before");
        capital(line);
    }
    ph_body_field(body, "Since when");
}

/* The day it comes to, or the minute when that is near. */
static void add_date(struct ph_body *body, struct ph_text *line)
{
    enum { NEAR_S = 2 * 86400, DATE = 10, MINUTE = 16 };
    static const double furthest_s = 10 * 365.25 * 86400;
    double seconds = body->about->limit_s;
    PH_GUARD(ph_text_fini) struct ph_text time = {0};

    if (body->report->time_kind != PH_TIME_REAL || !(seconds >= 0) || seconds > furthest_s ||
        body->report->last_ns < 0 || body->report->last_ns > INT64_MAX / 2)
        return;
    ph_text_time(&time, body->report->last_ns + (int64_t)(seconds * 1e9));
    size_t size = seconds < NEAR_S ? MINUTE : DATE;
    if (time.failed || time.size < size)
        return;
    ph_text_puts(line, ": about ");
    ph_text_add(line, time.data, size);
    ph_text_puts(line, seconds < NEAR_S ? "Z" : "");
}

/* Nonpaged pool is never paged out, so it cannot outgrow the machine's memory: an end that holds
 * where no counter tells the limit. */
static void add_last_end(struct ph_body *body, struct ph_text *line)
{
    const struct ph_finding *about = body->about;
    const struct ph_sample *last = body->report->last;
    const struct ph_pool_total *pool = last ? &last->pools[PH_POOL_NONPAGED] : NULL;
    const double soon_s = 365.25 * 86400;

    if (!last || ph_series_of(body->report, about)->pool != PH_POOL_NONPAGED ||
        !(pool->have & PH_TOTAL_BYTES) || last->memory.total <= pool->bytes || !about->have_rate ||
        !(about->rate > 0) || body->report->time_kind == PH_TIME_ORDINAL)
        return;
    double seconds = (double)(last->memory.total - pool->bytes) / about->rate;
    if (seconds > soon_s)
        return;
    ph_text_puts(line, ". It cannot outgrow the machine's ");
    ph_text_bytes(line, (double)last->memory.total);
    ph_text_puts(line, ": at this rate that is reached in ");
    ph_text_duration(line, seconds);
    ph_text_puts(line, " at the latest");
}

static void when_it_hurts(struct ph_body *body)
{
    const struct ph_finding *about = body->about;
    const struct ph_series *series = ph_series_of(body->report, about);
    struct ph_text *line = ph_body_line(body);

    if (about->have_limit_time && isfinite(about->limit_s)) {
        ph_text_printf(line, "At this rate the %s pool is full in ", ph_pool_name(series->pool));
        (void)ph_limit_words(about, body->report->time_kind, line);
        add_date(body, line);
    } else if (about->have_limit_time) {
        ph_text_puts(line, "The limit of its pool is not reached at this rate");
    } else {
        ph_text_puts(line, "Not known: the input tells no limit for this memory");
        add_last_end(body, line);
    }
    ph_body_field(body, "When it will hurt");
}

static void whose(struct ph_body *body)
{
    const struct ph_owner_report *report = body->owner;
    struct ph_text *line = ph_body_line(body);

    if (!report) {
        ph_text_puts(line, "Not looked for");
    } else {
        ph_owner_short_words(report, line);
        if (!report->owner_count && report->meaning_count) {
            ph_text_puts(line, "; meaning of the tag: ");
            ph_meaning_words(&report->meanings[0], line);
        }
        if (report->owner_count) {
            const struct ph_owner *owner = &report->owners[0];
            ph_text_puts(line, "; evidence: ");
            if (owner->claim_count)
                ph_claim_words(&owner->claims[0], line);
            else
                ph_text_puts(line,
                             owner->reason ? owner->reason : ph_evidence_name(owner->evidence));
        }
    }
    ph_body_field(body, "Owner");
}

/* A leak whose owner nobody knows yet is for whoever can find the owner. */
static void what_to_do(struct ph_body *body)
{
    struct ph_text *line = ph_body_line(body);
    bool leak = body->about->verdict >= PH_VERDICT_LEAK_LIKELY;

    if (leak && !(body->owner && body->owner->paragraph)) {
        ph_text_puts(line, "Find the owner");
        if (body->owner && body->owner->next)
            ph_text_printf(line, ": %s", body->owner->next);
    } else {
        ph_text_puts(line, ph_verdict_advice(body->about->verdict));
    }
    ph_body_field(body, "What to do");
}

static void how_sure(struct ph_body *body)
{
    const struct ph_finding *about = body->about;
    struct ph_text *line = ph_body_line(body);

    ph_text_printf(line, "%s: %s", ph_verdict_name(about->verdict, about->urgent),
                   ph_verdict_meaning(about->verdict));
    ph_body_field(body, "How sure");
    line = ph_body_line(body);
    ph_missing_words(about, body->report->time_kind, line);
    if (about->missing == PH_MISSING_NOTHING)
        ph_text_puts(line, about->verdict == PH_VERDICT_LEAK_CONFIRMED
                               ? "nothing"
                               : "a longer record, for the stricter test");
    capital(line);
    ph_body_field(body, "Missing for more");
    what_to_do(body);
}

static void pools_at_a_glance(struct ph_body *body)
{
    const struct ph_hunt_report *report = body->report;
    struct ph_text *line = ph_body_line(body);

    for (size_t i = 0; i < report->pool_count; i++) {
        const struct ph_pool_row *row = &report->pools[i];
        if (!(row->last.have & PH_TOTAL_BYTES))
            continue;
        ph_text_printf(line, "%s%s ", line->size ? ", " : "", ph_pool_name(row->pool));
        ph_text_bytes(line, (double)row->last.bytes);
    }
    ph_body_field(body, "Kernel memory now");
}

static void badge(const struct ph_body *body, const char **name, enum ph_tint *tint)
{
    if (body->about) {
        *name = ph_verdict_name(body->about->verdict, body->about->urgent);
        *tint = ph_verdict_tint(body->about->verdict, body->about->urgent);
        return;
    }
    bool judged = body->report->finding_count > body->answer.verdicts[PH_VERDICT_NO_DATA];
    *name = judged ? "NO LEAK" : "NO DATA";
    *tint = judged ? PH_TINT_CALM : PH_TINT_PLAIN;
}

void ph_body_head(struct ph_body *body)
{
    const struct ph_hunt_report *report = body->report;
    PH_GUARD(ph_text_fini) struct ph_text over = {0};
    const char *name;
    enum ph_tint tint;

    badge(body, &name, &tint);
    ph_text_puts(&over, "Kernel memory report");
    if (report->machine && (report->machine->host[0] || report->machine->system[0])) {
        ph_text_puts(&over, ": ");
        ph_screen_machine(true, report->machine, &over);
    }
    ph_headline_words(&body->answer, ph_body_line(body));
    ph_document_head(&body->doc, &over, name, tint, &body->line);
    ph_answer_source_words(&body->answer, ph_body_line(body));
    ph_body_say(body, PH_SAY_NOTE);
    if (body->answer.urgent && body->about != body->answer.urgent) {
        ph_answer_urgent_words(&body->answer, ph_body_line(body));
        ph_body_say(body, PH_SAY_STRONG);
    }
    if (report->anonymous)
        ph_document_says(&body->doc, PH_SAY_NOTE,
                         "Host names, user names and paths were taken out of this report.");
    body->doc.language->fields(&body->doc, true, true);
    if (body->about) {
        how_fast(body);
        since_when(body);
        when_it_hurts(body);
        whose(body);
        how_sure(body);
    } else {
        ph_cleared_words(report, ph_body_line(body));
        ph_body_field(body, "What was examined");
        pools_at_a_glance(body);
    }
    body->doc.language->fields(&body->doc, false, true);
    body->doc.language->head_end(&body->doc);
}

/* ------------------------------------------------------------------ the order */

static bool always(const struct ph_body *body)
{
    (void)body;
    return true;
}

static bool has_pools(const struct ph_body *body)
{
    return body->report->pool_count;
}

static bool grows(const struct ph_body *body)
{
    return body->about;
}

static bool several_grow(const struct ph_body *body)
{
    return body->report->history && body->doc.language->figure &&
           body->answer.verdicts[PH_VERDICT_GROWING] + body->answer.leaks > 1;
}

static bool has_cleared(const struct ph_body *body)
{
    return body->report->finding_count >
           body->answer.verdicts[PH_VERDICT_GROWING] + body->answer.leaks;
}

static bool has_owners(const struct ph_body *body)
{
    return body->report->owner_count;
}

static const struct ph_body_section sections[] = {
    {{"pools", "Kernel memory and its limits"}, has_pools, ph_body_pools},
    {{"tag", "The tag that grows"}, grows, ph_body_tag},
    {{"others", "The next in evidence"}, several_grow, ph_body_others},
    {{"growing", "All growing tags"}, grows, ph_body_growing},
    {{"owners", "Who owns it"}, has_owners, ph_body_owners},
    {{"sites", "Call sites"}, ph_body_has_sites, ph_body_sites},
    {{"send", "To send"}, grows, ph_body_send},
    {{"cleared", "Examined and cleared"}, has_cleared, ph_body_cleared},
    {{"system", "The system"}, always, ph_body_system},
    {{"measured", "How it was measured"}, always, ph_body_measured},
    {{"verdicts", "What the verdicts mean"}, always, ph_body_verdicts},
};
enum { SECTIONS = sizeof(sections) / sizeof(sections[0]) };

struct ph_error *ph_report_body(const struct ph_hunt_report *report,
                                const struct ph_language *language, struct ph_text *out)
{
    struct ph_body body = {.doc = {.language = language, .out = out},
                           .report = report,
                           .answer = ph_answer_of(report, true)};
    struct ph_doc_section wanted[SECTIONS];
    struct ph_error *error = NULL;
    size_t count = 0;

    body.about = ph_answer_about(&body.answer);
    body.owner = body.about ? ph_owner_of(report, body.about) : NULL;
    for (size_t i = 0; i < SECTIONS; i++)
        if (sections[i].wanted(&body))
            wanted[count++] = sections[i].head;
    const char *host = report->machine ? report->machine->host : "";
    ph_text_printf(ph_body_line(&body), "Kernel memory report%s%s", host[0] ? ": " : "", host);
    PH_GUARD(ph_text_fini) struct ph_text title = {0};
    ph_screen_prose(true, ph_text_slice(&body.line), &title);
    out->failed |= title.failed;
    language->begin(&body.doc, ph_text_slice(&title));
    ph_body_head(&body);
    language->contents(&body.doc, wanted, count);
    for (size_t i = 0; i < SECTIONS && !error; i++) {
        if (!sections[i].wanted(&body))
            continue;
        language->section(&body.doc, &sections[i].head);
        error = sections[i].write(&body);
        language->section_end(&body.doc);
    }
    language->end(&body.doc);
    out->failed |= body.line.failed;
    ph_text_fini(&body.line);
    return error ? error : ph_text_check(out);
}
