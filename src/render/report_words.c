#include "render/report_words.h"

#include <math.h>
#include <string.h>

#include "base/os.h"
#include "render/owner_sentences.h"

/* ------------------------------------------------------------------ the answer */

struct ph_answer ph_answer_of(const struct ph_hunt_report *report, bool utf8)
{
    struct ph_answer answer = {.report = report, .utf8 = utf8};

    for (size_t i = 0; i < report->finding_count; i++) {
        const struct ph_finding *finding = &report->findings[i];
        enum ph_verdict verdict = finding->verdict;
        answer.verdicts[verdict < PH_VERDICT_COUNT ? verdict : PH_VERDICT_NO_DATA]++;
        if (verdict >= PH_VERDICT_LEAK_LIKELY && !answer.worst)
            answer.worst = finding;
        if (verdict == PH_VERDICT_GROWING && !answer.growing)
            answer.growing = finding;
        if (verdict >= PH_VERDICT_GROWING && finding->urgent && !answer.urgent)
            answer.urgent = finding;
    }
    answer.leaks =
        answer.verdicts[PH_VERDICT_LEAK_LIKELY] + answer.verdicts[PH_VERDICT_LEAK_CONFIRMED];
    return answer;
}

const struct ph_finding *ph_answer_about(const struct ph_answer *answer)
{
    return answer->worst ? answer->worst : answer->urgent ? answer->urgent : answer->growing;
}

enum ph_tint ph_answer_tint(const struct ph_answer *answer)
{
    if (answer->worst || answer->urgent)
        return PH_TINT_ALARM;
    return answer->growing ? PH_TINT_WARN : PH_TINT_BOLD;
}

const struct ph_series *ph_series_of(const struct ph_hunt_report *report,
                                     const struct ph_finding *finding)
{
    return &report->catalog->series[finding->series];
}

double ph_observed_s(const struct ph_hunt_report *report)
{
    return report->last_ns > report->first_ns
               ? ((double)report->last_ns - (double)report->first_ns) / 1e9
               : 0;
}

/* "Thre, 20.1 KB/s (19.6 to 20.7)." */
static void say_which(const struct ph_answer *answer, const struct ph_finding *finding,
                      struct ph_text *out)
{
    ph_screen_short_name(answer->utf8, ph_series_of(answer->report, finding), out);
    if (finding->have_rate) {
        ph_text_puts(out, ", ");
        ph_screen_rate(finding, answer->report->time_kind, out);
    }
    ph_text_putc(out, '.');
}

static void say_leaks(const struct ph_answer *answer, struct ph_text *out)
{
    bool likely = !answer->verdicts[PH_VERDICT_LEAK_CONFIRMED];

    ph_screen_count(out, answer->leaks, "tag", "tags");
    ph_text_puts(out, likely ? " likely" : "");
    ph_text_puts(out, answer->leaks == 1 ? " leaks: " : " leak, worst: ");
    say_which(answer, answer->worst, out);
}

void ph_answer_urgent_words(const struct ph_answer *answer, struct ph_text *out)
{
    const struct ph_finding *finding = answer->urgent;
    const struct ph_series *series = ph_series_of(answer->report, finding);

    ph_text_puts(out, "URGENT: ");
    ph_screen_short_name(answer->utf8, series, out);
    ph_text_puts(out, " grows ");
    ph_screen_rate(finding, answer->report->time_kind, out);
    if (!finding->have_limit_time || answer->report->time_kind == PH_TIME_ORDINAL ||
        !isfinite(finding->limit_s)) {
        ph_text_puts(out, ", its pool's limit is near.");
        return;
    }
    ph_text_printf(out, ", the %s pool is full in ", ph_pool_name(series->pool));
    ph_text_duration(out, finding->limit_s);
    ph_text_putc(out, '.');
}

static void say_growing(const struct ph_answer *answer, struct ph_text *out)
{
    static const char *const why[] = {
        [PH_MISSING_NOTHING] = "not called a leak",
        [PH_MISSING_SPAN] = "too early to say",
        [PH_MISSING_TERRITORY] = "but within the range seen before",
        [PH_MISSING_CONFIRMATION] = "to be confirmed",
        [PH_MISSING_RECLAIMABLE] = "but the kernel may take it back",
        [PH_MISSING_TIME] = "but the input has no times to tell a leak by",
    };

    ph_text_printf(out, "GROWING, %s: ", why[answer->growing->missing]);
    ph_screen_count(out, answer->verdicts[PH_VERDICT_GROWING], "tag grows, ",
                    "tags grow, most evidence: ");
    say_which(answer, answer->growing, out);
}

static void say_nothing(const struct ph_answer *answer, struct ph_text *out)
{
    const struct ph_hunt_report *report = answer->report;
    size_t judged = report->finding_count - answer->verdicts[PH_VERDICT_NO_DATA];
    double observed = ph_observed_s(report);

    if (!judged) {
        ph_text_puts(out, "Too little to judge: ");
        ph_screen_count(out, report->samples, "reading", "readings");
        ph_text_puts(out, " of ");
        ph_screen_count(out, report->finding_count, "tag.", "tags.");
        return;
    }
    ph_text_puts(out, "Nothing leaks: none of ");
    ph_screen_count(out, judged, "tag", "tags");
    ph_text_puts(out, " grows steadily over ");
    if (report->time_kind == PH_TIME_ORDINAL)
        ph_screen_count(out, report->samples, "reading", "readings");
    else
        ph_text_duration(out, observed);
    ph_text_puts(out, report->time_kind != PH_TIME_ORDINAL && observed < 3600
                          ? "; a slow leak needs hours to show."
                          : ".");
}

void ph_answer_words(const struct ph_answer *answer, struct ph_text *out)
{
    if (answer->worst)
        say_leaks(answer, out);
    else if (answer->urgent)
        ph_answer_urgent_words(answer, out);
    else if (answer->growing)
        say_growing(answer, out);
    else
        say_nothing(answer, out);
}

void ph_answer_source_words(const struct ph_answer *answer, struct ph_text *out)
{
    const struct ph_hunt_report *report = answer->report;

    ph_screen_prose(answer->utf8, ph_slice_of(report->source ? report->source : "?"), out);
    if (report->machine && (report->machine->host[0] || report->machine->system[0])) {
        ph_text_puts(out, " on ");
        ph_screen_machine(answer->utf8, report->machine, out);
    }
    ph_text_puts(out, ": ");
    ph_screen_count(out, report->samples, "reading", "readings");
    if (report->time_kind == PH_TIME_ORDINAL) {
        ph_text_puts(out, ", no times known (rates are by reading)");
    } else {
        ph_text_puts(out, " over ");
        ph_text_duration(out, ph_observed_s(report));
        if (report->time_kind != PH_TIME_SPACED) {
            ph_text_puts(out, ", to ");
            ph_screen_time(report->last_ns, report->time_kind, out);
        }
    }
    if (report->segments > 1) {
        ph_text_puts(out, ", ");
        ph_screen_count(out, report->segments, "boot", "boots");
    }
    if (report->clock_jumps) {
        ph_text_puts(out, ", ");
        ph_screen_count(out, report->clock_jumps, "clock jump", "clock jumps");
    }
}

/* ------------------------------------------------------------------ one finding */

void ph_bytes_words(const struct ph_hunt_report *report, const struct ph_finding *finding,
                    struct ph_text *out)
{
    const struct ph_value *value =
        report->last ? ph_sample_find(report->last, finding->series) : NULL;

    if (!value) {
        ph_text_puts(out, report->last ? "gone" : "?");
        return;
    }
    if (!(value->have & PH_HAVE_BYTES)) {
        ph_text_putc(out, '?');
        return;
    }
    ph_text_puts(out, value->have & PH_IS_PARTIAL ? ">" : "");
    ph_text_puts(out, value->have & PH_IS_ESTIMATED ? "~" : "");
    ph_text_bytes(out, (double)value->bytes);
}

static void add_time_to_go(struct ph_text *out, double seconds, enum ph_time_kind kind)
{
    if (kind != PH_TIME_ORDINAL) {
        ph_text_duration(out, seconds);
        return;
    }
    ph_text_grouped(out, (int64_t)llround(fmin(fmax(seconds, 0), 9e15)));
    ph_text_puts(out, llround(fmin(seconds, 9e15)) == 1 ? " reading" : " readings");
}

bool ph_limit_words(const struct ph_finding *finding, enum ph_time_kind kind, struct ph_text *out)
{
    if (!finding->have_limit_time || !isfinite(finding->limit_s))
        return false;
    add_time_to_go(out, finding->limit_s, kind);
    if (!isfinite(finding->limit_s_low))
        return true;
    ph_text_puts(out, isfinite(finding->limit_s_high) ? " (" : " (at least ");
    add_time_to_go(out, finding->limit_s_low, kind);
    if (isfinite(finding->limit_s_high)) {
        ph_text_puts(out, " to ");
        add_time_to_go(out, finding->limit_s_high, kind);
    }
    ph_text_putc(out, ')');
    return true;
}

static void missing_span(const struct ph_finding *finding, struct ph_text *out)
{
    double hours = finding->missing_s / 3600;

    if (hours > 0)
        ph_text_printf(out, hours < 9.95 ? "%.1f h" : hours < 1e6 ? "%.0f h" : "%.1e h", hours);
    else
        ph_text_puts(out, "a longer or denser record");
    ph_text_puts(out, hours > 0 ? " more needed to rule out a daily cycle"
                                : " is needed to rule out a daily cycle");
}

void ph_missing_words(const struct ph_finding *finding, enum ph_time_kind kind, struct ph_text *out)
{
    switch (finding->missing) {
    case PH_MISSING_NOTHING:
        break;
    case PH_MISSING_SPAN:
        missing_span(finding, out);
        break;
    case PH_MISSING_TERRITORY:
        ph_text_puts(out, "its floor has not left the range it had before");
        break;
    case PH_MISSING_CONFIRMATION:
        ph_text_puts(out, "must hold at the next evaluation too");
        if (finding->window_ns > 0 && kind != PH_TIME_ORDINAL)
            ph_text_printf(out, ", in at most %.1f h", (double)finding->window_ns / 3.6e12);
        break;
    case PH_MISSING_RECLAIMABLE:
        ph_text_puts(out, "the kernel may take it back when memory is short");
        break;
    case PH_MISSING_TIME:
        ph_text_puts(out, "the input has no times, so this is growth by reading only");
        break;
    }
}

void ph_cleared_words(const struct ph_hunt_report *report, struct ph_text *out)
{
    static const enum ph_verdict order[] = {PH_VERDICT_FLAT, PH_VERDICT_CYCLIC, PH_VERDICT_STEP,
                                            PH_VERDICT_LEVELLING};
    struct ph_answer answer = ph_answer_of(report, true);
    size_t sum = 0;
    bool some = false;

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        sum += answer.verdicts[order[i]];
    ph_text_puts(out, "Examined ");
    ph_screen_count(out, report->finding_count, "tag", "tags");
    ph_text_puts(out, ", cleared ");
    ph_text_grouped(out, (int64_t)sum);
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (!answer.verdicts[order[i]])
            continue;
        ph_text_puts(out, some ? ", " : ": ");
        ph_text_grouped(out, (int64_t)answer.verdicts[order[i]]);
        ph_text_printf(out, " %s", ph_verdict_name(order[i], false));
        some = true;
    }
    if (answer.verdicts[PH_VERDICT_NO_DATA]) {
        ph_text_puts(out, "; too few readings for ");
        ph_text_grouped(out, (int64_t)answer.verdicts[PH_VERDICT_NO_DATA]);
    }
    ph_text_putc(out, '.');
}

static const struct {
    const char *meaning, *advice;
} verdict_words[PH_VERDICT_COUNT] = {
    [PH_VERDICT_NO_DATA] = {"too few readings to judge", "Read more often or for longer."},
    [PH_VERDICT_FLAT] = {"its floor (the least value of each window of time) does not rise "
                         "steadily",
                         "Nothing to do."},
    [PH_VERDICT_STEP] = {"one to three steps explain it, level before and after",
                         "Nothing to do, unless the steps keep coming."},
    [PH_VERDICT_CYCLIC] = {"it comes and goes with a period", "Nothing to do."},
    [PH_VERDICT_LEVELLING] = {"it grew, and flattens: a cache or a table that fills",
                              "Nothing to do now; look again when it goes on growing."},
    [PH_VERDICT_GROWING] = {"its floor rises and does not slow down, but something is still "
                            "missing for calling it a leak",
                            "Keep recording; look at it again when what is missing is there."},
    [PH_VERDICT_LEAK_LIKELY] = {"its floor keeps rising without slowing down or levelling off; "
                                "the stricter test is not passed yet",
                                "Send the paragraph below to the owner; keep recording."},
    [PH_VERDICT_LEAK_CONFIRMED] = {"its floor keeps rising without slowing down or levelling off, "
                                   "by the stricter test, and did so at the evaluation before: "
                                   "memory that is not given back",
                                   "Send the paragraph below to the owner."},
};

const char *ph_verdict_meaning(enum ph_verdict verdict)
{
    return verdict_words[verdict < PH_VERDICT_COUNT ? verdict : PH_VERDICT_NO_DATA].meaning;
}

const char *ph_verdict_advice(enum ph_verdict verdict)
{
    return verdict_words[verdict < PH_VERDICT_COUNT ? verdict : PH_VERDICT_NO_DATA].advice;
}

void ph_argument_words(const char *argument, struct ph_text *out)
{
    /* cmd.exe and PowerShell take double quotes, and no name of a file has one in it */
    if (ph_on_windows()) {
        bool plain = argument[0] && !argument[strcspn(argument, " \t'&;,()<>|^%$`@{}~#!=")];
        ph_text_printf(out, plain ? "%s" : "\"%s\"", argument);
        return;
    }
    bool plain = argument[0] && !argument[strcspn(argument, " \t\n'\"$`\\&;()<>|*?[]{}~#!")];

    ph_text_puts(out, plain ? "" : "'");
    for (const char *at = argument; *at; at++) {
        if (*at == '\'')
            ph_text_puts(out, "'\\''");
        else
            ph_text_putc(out, *at);
    }
    ph_text_puts(out, plain ? "" : "'");
}

/* ------------------------------------------------------------------ whose */

const struct ph_owner_report *ph_owner_of(const struct ph_hunt_report *report,
                                          const struct ph_finding *finding)
{
    const struct ph_series *series = ph_series_of(report, finding);
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    uint8_t padded[4] = {' ', ' ', ' ', ' '};

    ph_text_escaped(&text, series->tag);
    if (series->tag.size && series->tag.size <= sizeof(padded))
        memcpy(padded, series->tag.data, series->tag.size);
    padded[3] &= 0x7f; /* the protected-pool bit, as the owners have it */
    for (size_t i = 0; i < report->owner_count; i++) {
        const struct ph_owner_report *owner = &report->owners[i];
        if (owner->is_pool_tag ? series->tag.size <= sizeof(padded) &&
                                     !memcmp(owner->bytes, padded, sizeof(padded))
                               : ph_slice_is(ph_text_slice(&text), owner->tag))
            return owner;
    }
    return NULL;
}

/* Without the full stop that ends it. */
static void open_again(struct ph_text *out)
{
    if (out->size && !out->failed && out->data[out->size - 1] == '.')
        out->data[--out->size] = 0;
}

void ph_headline_words(const struct ph_answer *answer, struct ph_text *out)
{
    const struct ph_finding *about = ph_answer_about(answer);
    enum ph_time_kind kind = answer->report->time_kind;

    ph_answer_words(answer, out);
    if (!about)
        return;
    struct ph_since since = ph_since_of(answer->report, about);
    bool urgent = about == answer->urgent && !answer->worst; /* says itself when the pool is full */
    if (since.kind != PH_SINCE_UNKNOWN && urgent) {
        ph_text_puts(out, " It grows ");
        ph_since_words(&since, kind, out);
        ph_text_putc(out, '.');
    } else if (since.kind != PH_SINCE_UNKNOWN) {
        open_again(out);
        ph_text_puts(out, ", ");
        ph_since_words(&since, kind, out);
        ph_text_putc(out, '.');
    }
    /* Of what may be no leak, its field tells the limit, not the first sentence. */
    if (!urgent && about->verdict >= PH_VERDICT_LEAK_LIKELY && about->have_limit_time &&
        isfinite(about->limit_s)) {
        open_again(out);
        ph_text_printf(out, "; at this rate the %s pool is full in ",
                       ph_pool_name(ph_series_of(answer->report, about)->pool));
        (void)ph_limit_words(about, kind, out);
        ph_text_putc(out, '.');
    }
    const struct ph_owner_report *owner = ph_owner_of(answer->report, about);
    if (!owner)
        return;
    ph_text_puts(out, " Owner: ");
    ph_owner_short_words(owner, out);
    ph_text_putc(out, '.');
}

void ph_finding_paragraph(const struct ph_hunt_report *report, const struct ph_finding *finding,
                          struct ph_text *out)
{
    const struct ph_series *series = ph_series_of(report, finding);
    struct ph_since since = ph_since_of(report, finding);

    ph_text_printf(out, "The %s memory of '", ph_pool_name(series->pool));
    ph_screen_name(true, series, out);
    ph_text_puts(out, "'");
    if (report->machine && (report->machine->host[0] || report->machine->system[0])) {
        ph_text_puts(out, " on ");
        ph_screen_machine(true, report->machine, out);
    }
    ph_text_puts(out, " grows");
    if (finding->have_rate) {
        ph_text_puts(out, " by ");
        ph_screen_rate(finding, report->time_kind, out);
    }
    if (since.kind != PH_SINCE_UNKNOWN) {
        ph_text_puts(out, ", ");
        ph_since_words(&since, report->time_kind, out);
    }
    if (finding->samples) {
        ph_text_puts(out, "; it holds ");
        ph_text_bytes(out, (double)finding->last_bytes);
        if (finding->last_objects >= 0) {
            ph_text_puts(out, " in ");
            ph_screen_count(out, (uint64_t)finding->last_objects, "allocation", "allocations");
        }
    }
    ph_text_printf(out,
                   ". Verdict: %s. Evidence: ", ph_verdict_name(finding->verdict, finding->urgent));
    ph_render_evidence(finding, series, report->time_kind, out);
    ph_text_puts(out, ". Which driver or program allocates this memory and does not give it "
                      "back?");
}
