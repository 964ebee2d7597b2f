/* bench_trace - what tracing costs the work that is traced, beside other tools that follow every
 * allocation, interleaved in one run.
 *
 * A round starts each subject once, does all of the work beside it, and stops it; another one comes
 * first in each round. Taken is user + system time of the work's own processes: what the programs
 * in the kernel take is in it, the tracer's reading of its maps is not (it stands in a column of
 * its own). "nothing, again" shows the noise: it differs from "nothing" by chance only. "by itself"
 * is what `poolhound trace` does unasked: its limit of CPU makes it follow fewer addresses, which
 * needs some seconds of load; the first pass over the work is shown apart.
 *
 *     bench_trace [--quick | SECONDS]      540 s, --quick 120 s; needs root
 */
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/os.h"
#include "trace_load.h"
#include "trace_programs.h"
#include "trace_subject.h"

enum { SECONDS = 540, SECONDS_QUICK = 120, ROUNDS_MOST = 64 };

enum { NOTHING, AGAIN, ITSELF, EXACT, SAMPLED, STACKS, PAGES, MEMLEAK, BPFTRACE, PERF, SUBJECTS };

/* What living memory by call site takes at least. Its last probe fires once all are attached. */
static const char LEAK_SCRIPT[] =
    "tracepoint:kmem:kmalloc,tracepoint:kmem:kmem_cache_alloc { @site[args->ptr] = "
    "args->call_site; @size[args->ptr] = args->bytes_alloc; "
    "@living[args->call_site] += args->bytes_alloc; }\n"
    "tracepoint:kmem:kfree,tracepoint:kmem:kmem_cache_free /@site[args->ptr]/ { "
    "@living[@site[args->ptr]] -= @size[args->ptr]; delete(@site[args->ptr]); "
    "delete(@size[args->ptr]); }\n"
    "interval:ms:500 { printf(\"ready\\n\"); }\n";

static struct trace_subject subjects[SUBJECTS] = {
    [NOTHING] = {.name = "nothing"},
    [AGAIN] = {.name = "nothing, again"},
    [ITSELF] = {.name = "poolhound by itself", .ours = true, .settles = true},
    [EXACT] = {.name = "poolhound, every address",
               .ours = true,
               .options = {.cpu_most = (double)INFINITY}},
    [SAMPLED] = {.name = "poolhound, 1 of 16",
                 .ours = true,
                 .options = {.cpu_most = (double)INFINITY, .shift = 4}},
    [STACKS] = {.name = "poolhound, stacks",
                .ours = true,
                .options = {.cpu_most = (double)INFINITY, .stacks = true}},
    [PAGES] = {.name = "poolhound, pages too",
               .ours = true,
               .options = {.cpu_most = (double)INFINITY, .kinds = (1u << PH_TRACE_KINDS) - 1}},
    [MEMLEAK] = {.name = "memleak", .words = {"memleak", "3600"}},
    [BPFTRACE] = {.name = "bpftrace leak script",
                  .words = {"bpftrace", "-q", "-e", LEAK_SCRIPT},
                  .ready = "ready"},
    [PERF] = {.name = "perf record, 4 events",
              .words = {"perf", "record", "-a", "-o", "/dev/null", "-e",
                        "kmem:kmalloc,kmem:kmem_cache_alloc,kmem:kfree,kmem:kmem_cache_free"}},
};

/* Seconds of CPU, of each load, by round. */
struct results {
    double cpu_s[TRACE_LOADS][ROUNDS_MOST];
    size_t rounds;
    double run_ns[ROUNDS_MOST]; /* of the programs, for an event */
    size_t run_count;
};
static struct results results[SUBJECTS], first_pass;
static double events_of[TRACE_LOADS]; /* 0 = not known */

/* ------------------------------------------------------------------ rounds */

static bool work(struct results *into)
{
    for (size_t i = 0; i < TRACE_LOADS; i++) {
        double cpu_s;
        if (!trace_load_run(&trace_loads[i], &cpu_s)) {
            if (!ph_interrupted())
                (void)fprintf(stderr, "bench_trace: %s failed (%s)\n", trace_loads[i].name,
                              trace_loads[i].what);
            return false;
        }
        if (into)
            into->cpu_s[i][into->rounds] = cpu_s;
    }
    if (into)
        into->rounds++;
    return true;
}

static bool find_again(void)
{
    double cpu_s;

    return trace_load_run(&trace_loads[TRACE_LOOPS], &cpu_s);
}

/* By the kernel's clock in its programs; the clock itself costs, so this is a pass of its own. */
static void time_programs(const struct trace_programs *programs, struct results *into)
{
    double ns = trace_programs_ns(programs, find_again);

    if (isfinite(ns) && into->run_count < ROUNDS_MOST)
        into->run_ns[into->run_count++] = ns;
}

/* False: the work cannot be done, or the user wants an end. */
static bool measure(struct trace_subject *subject, struct results *into)
{
    static struct trace_programs others, own;

    if (subject->skipped)
        return true;
    trace_programs_list(NULL, &others);
    if (!subject_start(subject)) {
        subject->skipped = true;
        return true;
    }
    trace_programs_list(&others, &own);
    bool good = (!subject->settles || work(&first_pass)) && work(into);
    if (good && subject != &subjects[PERF]) /* which has no programs */
        time_programs(&own, into);
    if (!subject_stop(subject)) {
        subject->skipped = true;
        into->rounds = 0;
    }
    return good;
}

static void rounds(double seconds)
{
    int64_t begun_ns = ph_boottime_ns(), end_ns = begun_ns + (int64_t)(seconds * 1e9);
    size_t done = 0;

    while (done < ROUNDS_MOST) {
        for (size_t i = 0; i < SUBJECTS; i++) {
            size_t which = (i + done) % SUBJECTS;
            (void)fprintf(stderr, "\rround %zu, %.0f of %.0f s: %-26s", done + 1,
                          (double)(ph_boottime_ns() - begun_ns) / 1e9, seconds,
                          subjects[which].name);
            if (!measure(&subjects[which], &results[which]) || ph_interrupted() ||
                ph_boottime_ns() > end_ns)
                return;
        }
        done++;
    }
}

/* ------------------------------------------------------------------ numbers */

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

enum figure { LEAST, MEDIAN };

static double figure_of(const double *values, size_t count, enum figure which)
{
    double sorted[ROUNDS_MOST];

    if (!count)
        return (double)NAN;
    memcpy(sorted, values, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), by_size);
    if (which == LEAST)
        return sorted[0];
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

static double figure(const struct results *of, size_t load, enum figure which)
{
    return figure_of(of->cpu_s[load], of->rounds, which);
}

static double sum(const struct results *of, size_t from, size_t to, enum figure which)
{
    double seconds = 0;

    for (size_t i = from; i < to; i++)
        seconds += figure(of, i, which);
    return seconds;
}

/* What is added to the time without tracing, in seconds. */
static double added(const struct results *of, size_t from, size_t to, enum figure which)
{
    return sum(of, from, to, which) - sum(&results[NOTHING], from, to, which);
}

static double percent(const struct results *of, size_t from, size_t to, enum figure which)
{
    return added(of, from, to, which) / sum(&results[NOTHING], from, to, which) * 100;
}

/* ------------------------------------------------------------------ tables */

static void print_row(const char *name, const struct results *of, size_t from, size_t to)
{
    (void)printf("  %-27s", name);
    for (size_t i = from; i < to; i++) {
        double scale = 1e6 / trace_loads[i].operations;
        bool whole = trace_loads[i].operations == 1;
        char text[64];
        (void)snprintf(text, sizeof(text), "%.*f/%.*f", whole ? 0 : 2,
                       figure(of, i, LEAST) * (whole ? 1e3 : scale), whole ? 0 : 2,
                       figure(of, i, MEDIAN) * (whole ? 1e3 : scale));
        (void)printf(" %15s", text);
        (void)snprintf(text, sizeof(text), "%+.0f/%+.0f%%", percent(of, i, i + 1, LEAST),
                       percent(of, i, i + 1, MEDIAN));
        (void)printf(" %11s", of == &results[NOTHING] ? "" : text);
    }
    (void)printf("\n");
}

static void print_table(const char *title, size_t from, size_t to)
{
    (void)printf("\n%s\n  %-27s", title, "least/median, added");
    for (size_t i = from; i < to; i++) {
        char head[64];
        (void)snprintf(head, sizeof(head), "%s, %s", trace_loads[i].name,
                       trace_loads[i].operations == 1 ? "ms" : "us each");
        (void)printf(" %15s %11s", head, "");
    }
    (void)printf("\n");
    for (size_t s = 0; s < SUBJECTS; s++) {
        if (s == ITSELF && first_pass.rounds)
            print_row("poolhound, first seconds", &first_pass, from, to);
        if (results[s].rounds)
            print_row(subjects[s].name, &results[s], from, to);
    }
}

static void print_cost(const char *name, const struct results *of)
{
    double loop_events = 0, work_events = 0;

    for (size_t i = 0; i < TRACE_LOADS; i++)
        *(i < TRACE_LOOPS ? &loop_events : &work_events) += events_of[i];
    (void)printf("  %-27s %+8.1f %+8.1f %+8.1f %+8.1f", name, percent(of, 0, TRACE_LOOPS, LEAST),
                 percent(of, 0, TRACE_LOOPS, MEDIAN), percent(of, TRACE_LOOPS, TRACE_LOADS, LEAST),
                 percent(of, TRACE_LOOPS, TRACE_LOADS, MEDIAN));
    if (work_events > 0)
        (void)printf(" %9.0f %9.0f", added(of, 0, TRACE_LOOPS, LEAST) * 1e9 / loop_events,
                     added(of, TRACE_LOOPS, TRACE_LOADS, LEAST) * 1e9 / work_events);
    else
        (void)printf(" %9s %9s", "-", "-");
    if (of->run_count)
        (void)printf(" %9.0f", figure_of(of->run_ns, of->run_count, MEDIAN));
    else
        (void)printf(" %9s", "-");
}

static void print_costs(void)
{
    (void)printf("\nIn all\n  %-27s %17s %17s %29s\n", "", "loops, added %", "work, added %",
                 "ns for an event");
    (void)printf("  %-27s %8s %8s %8s %8s %9s %9s %9s %8s %8s %7s %8s\n", "", "least", "median",
                 "least", "median", "loops", "work", "program", "maps MB", "reads %", "1 of",
                 "open ms");
    for (size_t s = 0; s < SUBJECTS; s++) {
        const struct subject_report *report = &subjects[s].report;
        if (s == ITSELF && first_pass.rounds) {
            print_cost("poolhound, first seconds", &first_pass);
            (void)printf("\n");
        }
        if (!results[s].rounds || s == NOTHING)
            continue;
        print_cost(subjects[s].name, &results[s]);
        if (subjects[s].ours)
            (void)printf(" %8.1f %8.2f %7u %8.0f", (double)report->map_bytes / 1e6,
                         report->own_cpu_s / report->seconds * 100, 1u << report->shift,
                         report->open_ms);
        (void)printf("\n");
    }
    (void)printf("  maps, reads, 1 of, open: of the last round. Reads: CPU of the tracer's own "
                 "process, in %% of one processor. Loops: file, "
                 "sock, fork.\n  program: the kernel's own clock in the BPF programs, median, "
                 "during find.\n");
}

static void print_events(void)
{
    (void)printf("\nkmem events of the work:");
    for (size_t i = 0; i < TRACE_LOADS; i++)
        if (events_of[i] > 0)
            (void)printf(" %s %.*f%s", trace_loads[i].name, trace_loads[i].operations == 1 ? 0 : 1,
                         events_of[i] / trace_loads[i].operations,
                         trace_loads[i].operations == 1 ? "" : " each");
        else
            (void)printf(" %s unknown", trace_loads[i].name);
    (void)printf("\n");
}

/* ------------------------------------------------------------------ targets */

/* What "nothing, again" differs by, in %, the worst of the figures. */
static double noise(void)
{
    double worst = 0;

    for (enum figure which = LEAST; which <= MEDIAN; which++) {
        worst = fmax(worst, fabs(percent(&results[AGAIN], 0, TRACE_LOOPS, which)));
        worst = fmax(worst, fabs(percent(&results[AGAIN], TRACE_LOOPS, TRACE_LOADS, which)));
    }
    return worst;
}

static const char *verdict(bool met, bool told)
{
    return !told ? "cannot be told, the noise is larger" : met ? "met" : "NOT met";
}

/* A ratio of two differences says nothing when the larger one is not well above the noise. */
static void judge_ratio(const char *words, size_t peer, size_t from, size_t to, double target)
{
    for (enum figure which = LEAST; which <= MEDIAN; which++) {
        double share = percent(&results[peer], from, to, which);
        double ratio = percent(&results[EXACT], from, to, which) / share;
        (void)printf("  %-46s %s, %-6s %6.2f  %s\n", words, from ? "work " : "loops",
                     which == LEAST ? "least" : "median", ratio,
                     verdict(ratio <= target, share > 3 * noise()));
    }
}

static void judge_peer(const char *words, size_t peer, double target)
{
    const struct results *ours = &results[EXACT], *theirs = &results[peer];

    if (!theirs->rounds)
        return;
    judge_ratio(words, peer, 0, TRACE_LOOPS, target);
    judge_ratio(words, peer, TRACE_LOOPS, TRACE_LOADS, target);
    if (!ours->run_count || !theirs->run_count)
        return;
    double ratio = figure_of(ours->run_ns, ours->run_count, MEDIAN) /
                   figure_of(theirs->run_ns, theirs->run_count, MEDIAN);
    (void)printf("  %-46s %-13s %6.2f  %s\n", words, "program time", ratio,
                 verdict(ratio <= target, true));
}

static void judge_share(const char *words, const struct results *of, double target)
{
    for (enum figure which = LEAST; of->rounds && which <= MEDIAN; which++) {
        double share = percent(of, TRACE_LOOPS, TRACE_LOADS, which);
        (void)printf("  %-46s work , %-6s %+5.1f%%  %s\n", words,
                     which == LEAST ? "least" : "median", share,
                     verdict(share <= target, noise() <= target));
    }
}

static void judge(void)
{
    /* below 5 % nobody calls it noise, above 15 % not, either */
    double most = fmin(fmax(noise(), 5), 15);

    (void)printf("\nTargets (the noise: %.1f %%)\n", noise());
    judge_peer("every address, of memleak's cost, <= 0.2", MEMLEAK, 0.2);
    judge_peer("every address, of bpftrace's cost, <= 0.5", BPFTRACE, 0.5);
    judge_share("by itself, added, <= 5 %", &results[ITSELF], 5);
    judge_share("1 of 16, added, within the noise", &results[SAMPLED], most);
}

/* ------------------------------------------------------------------ */

/* Tracing files where there are none, for this process and its children only. */
static void mount_tracing(void)
{
    if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
        return;
    if (access("/sys/kernel/debug/tracing/events", F_OK))
        (void)mount("none", "/sys/kernel/debug", "debugfs", 0, NULL);
    if (access("/sys/kernel/tracing/events", F_OK))
        (void)mount("none", "/sys/kernel/tracing", "tracefs", 0, NULL);
}

/* Also warms up what the work reads. */
static bool count_events(void)
{
    (void)fprintf(stderr, "counting events ...");
    if (!work(NULL))
        return false;
    for (size_t i = 0; i < TRACE_LOADS; i++)
        if (!trace_load_events(&trace_loads[i], &events_of[i]))
            events_of[i] = 0;
    return true;
}

static int run(double seconds)
{
    if (!count_events())
        return 2;
    rounds(seconds);
    (void)fprintf(stderr, "\r%60s\r", "");
    for (size_t i = 0; i < SUBJECTS; i++)
        if (subjects[i].skipped)
            (void)printf("SKIP: %s does not run here: %s\n", subjects[i].name,
                         subjects[i].why[0] ? subjects[i].why : "not installed");
    if (!results[NOTHING].rounds)
        return 2;
    (void)printf("%zu rounds; CPU time of the work (user + system)\n", results[NOTHING].rounds);
    print_events();
    print_table("Loops", 0, TRACE_LOOPS);
    print_table("Work", TRACE_LOOPS, TRACE_LOADS);
    print_costs();
    judge();
    return 0;
}

int main(int argc, char **argv)
{
    double seconds = SECONDS;

    if (argc > 1)
        seconds = !strcmp(argv[1], "--quick") ? SECONDS_QUICK : strtod(argv[1], NULL);
    if (argc > 2 || !(seconds > 0)) {
        (void)fprintf(stderr, "usage: bench_trace [--quick | SECONDS]\n");
        return 2;
    }
    if (geteuid()) {
        (void)printf("SKIP: needs root\n");
        return 77;
    }
    (void)setenv("BPFTRACE_MAP_KEYS_MAX", "262144", 1); /* as many objects as ours */
    mount_tracing();
    (void)setpriority(PRIO_PROCESS, 0, -15); /* others' work is only noise */
    struct ph_error *error = ph_catch_interrupts();
    if (error) {
        (void)fprintf(stderr, "bench_trace: %s\n", error->text);
        ph_error_free(error);
        return 2;
    }
    if (!trace_load_prepare())
        return 2;
    int result = run(seconds);
    trace_load_clean();
    return result;
}
