/* The head of a hunt: the answer in one line, before all the numbers it rests on. */
#include <math.h>

#include "render/screen.h"

struct answer {
    struct ph_screen *screen;
    const struct ph_hunt_report *report;
    size_t verdicts[PH_VERDICT_COUNT];
    const struct ph_finding *worst;   /* the leak with most evidence */
    const struct ph_finding *growing; /* the GROWING one with most evidence */
    const struct ph_finding *urgent;  /* the one that fills its pool, of any of them */
};

static void look(struct answer *answer)
{
    for (size_t i = 0; i < answer->report->finding_count; i++) {
        const struct ph_finding *finding = &answer->report->findings[i];
        enum ph_verdict verdict = finding->verdict;
        answer->verdicts[verdict < PH_VERDICT_COUNT ? verdict : PH_VERDICT_NO_DATA]++;
        if (verdict >= PH_VERDICT_LEAK_LIKELY && !answer->worst)
            answer->worst = finding;
        if (verdict == PH_VERDICT_GROWING && !answer->growing)
            answer->growing = finding;
        if (verdict >= PH_VERDICT_GROWING && finding->urgent && !answer->urgent)
            answer->urgent = finding;
    }
}

static const struct ph_series *series_of(const struct answer *answer,
                                         const struct ph_finding *finding)
{
    return &answer->report->catalog->series[finding->series];
}

static double observed_s(const struct ph_hunt_report *report)
{
    return report->last_ns > report->first_ns ? (double)(report->last_ns - report->first_ns) / 1e9
                                              : 0;
}

/* "Thre, 20.1 KB/s (19.6 to 20.7)." */
static void say_which(const struct answer *answer, const struct ph_finding *finding,
                      struct ph_text *out)
{
    ph_screen_short_name(answer->screen->style->utf8, series_of(answer, finding), out);
    if (finding->have_rate) {
        ph_text_puts(out, ", ");
        ph_screen_rate(finding, answer->report->time_kind, out);
    }
    ph_text_putc(out, '.');
}

static void say_leaks(const struct answer *answer, size_t leaks, struct ph_text *out)
{
    bool likely = !answer->verdicts[PH_VERDICT_LEAK_CONFIRMED];

    ph_screen_count(out, leaks, "tag", "tags");
    ph_text_puts(out, likely ? " likely" : "");
    ph_text_puts(out, leaks == 1 ? " leaks: " : " leak, worst: ");
    say_which(answer, answer->worst, out);
}

static void say_urgent(const struct answer *answer, struct ph_text *out)
{
    const struct ph_finding *finding = answer->urgent;

    ph_text_puts(out, "URGENT: ");
    ph_screen_short_name(answer->screen->style->utf8, series_of(answer, finding), out);
    ph_text_puts(out, " grows ");
    ph_screen_rate(finding, answer->report->time_kind, out);
    if (!finding->have_limit_time || answer->report->time_kind == PH_TIME_ORDINAL ||
        !isfinite(finding->limit_s)) {
        ph_text_puts(out, ", its pool's limit is near.");
        return;
    }
    ph_text_printf(out, ", the %s pool is full in ",
                   ph_pool_name(series_of(answer, finding)->pool));
    ph_text_duration(out, finding->limit_s);
    ph_text_putc(out, '.');
}

static void say_growing(const struct answer *answer, struct ph_text *out)
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

static void say_nothing(const struct answer *answer, struct ph_text *out)
{
    const struct ph_hunt_report *report = answer->report;
    size_t judged = report->finding_count - answer->verdicts[PH_VERDICT_NO_DATA];

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
        ph_text_duration(out, observed_s(report));
    ph_text_puts(out, report->time_kind != PH_TIME_ORDINAL && observed_s(report) < 3600
                          ? "; a slow leak needs hours to show."
                          : ".");
}

static void say_source(const struct answer *answer, struct ph_text *line)
{
    const struct ph_hunt_report *report = answer->report;
    bool utf8 = answer->screen->style->utf8;

    ph_screen_prose(utf8, ph_slice_of(report->source ? report->source : "?"), line);
    if (report->machine && (report->machine->host[0] || report->machine->system[0])) {
        ph_text_puts(line, " on ");
        ph_screen_machine(utf8, report->machine, line);
    }
    ph_text_puts(line, ": ");
    ph_screen_count(line, report->samples, "reading", "readings");
    if (report->time_kind == PH_TIME_ORDINAL) {
        ph_text_puts(line, ", no times known (rates are by reading)");
    } else {
        ph_text_puts(line, " over ");
        ph_text_duration(line, observed_s(report));
        if (report->time_kind != PH_TIME_SPACED) {
            ph_text_puts(line, ", to ");
            ph_screen_time(report->last_ns, report->time_kind, line);
        }
    }
    if (report->segments > 1) {
        ph_text_puts(line, ", ");
        ph_screen_count(line, report->segments, "boot", "boots");
    }
    if (report->clock_jumps) {
        ph_text_puts(line, ", ");
        ph_screen_count(line, report->clock_jumps, "clock jump", "clock jumps");
    }
}

void ph_screen_answer(struct ph_screen *screen, const struct ph_hunt_report *report)
{
    struct answer answer = {.screen = screen, .report = report};
    PH_GUARD(ph_text_fini) struct ph_text line = {0};
    enum ph_tint tint = PH_TINT_BOLD;

    look(&answer);
    size_t leaks =
        answer.verdicts[PH_VERDICT_LEAK_LIKELY] + answer.verdicts[PH_VERDICT_LEAK_CONFIRMED];
    if (answer.worst || answer.urgent)
        tint = PH_TINT_ALARM;
    else if (answer.growing)
        tint = PH_TINT_WARN;
    if (answer.worst)
        say_leaks(&answer, leaks, &line);
    else if (answer.urgent)
        say_urgent(&answer, &line);
    else if (answer.growing)
        say_growing(&answer, &line);
    else
        say_nothing(&answer, &line);
    ph_screen_wrap(screen, 0, 2, ph_text_slice(&line), tint);
    if (answer.worst && answer.urgent) {
        ph_text_clear(&line);
        say_urgent(&answer, &line);
        ph_screen_wrap(screen, 0, 2, ph_text_slice(&line), tint);
    }
    if (line.failed)
        screen->out->failed = true;
    ph_text_clear(&line);
    say_source(&answer, &line);
    ph_screen_wrap(screen, 0, 2, ph_text_slice(&line), PH_TINT_PLAIN);
    if (line.failed)
        screen->out->failed = true;
}
