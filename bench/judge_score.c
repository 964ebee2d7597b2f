#include "judge_score.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analysis/judge.h"
#include "base/guard.h"
#include "judge_baselines.h"

const char *const detector_names[DETECT_COUNT] = {
    "snapshot > 10 %", "OLS p < .001",        "Mann-Kendall p < .001", "MK Hamed-Rao p < .001",
    "judge: GROWING+", "judge: LEAK likely+", "judge: LEAK confirmed"};

size_t score_grid(double *hours)
{
    static const double first[] = {1, 2, 3, 4, 6, 8, 10, 12, 16, 20};
    size_t n = 0;
    for (; n < sizeof(first) / sizeof(first[0]); n++)
        hours[n] = first[n];
    for (double h = 24; h <= 96; h += 4)
        hours[n++] = h;
    for (double h = 104; h <= TRACE_HOURS; h += 8)
        hours[n++] = h;
    return n;
}

static void must(struct ph_error *error)
{
    if (!error)
        return;
    fprintf(stderr, "bench_judge: %s\n", error->text);
    exit(2);
}

/* The baselines look at the present boot's readings up to `end`. */
static void ask_baselines(const struct trace *trace, size_t end, bool alarms[DETECT_COUNT])
{
    double blocks[BLOCKS_MAX], sums[BLOCKS_MAX] = {0};
    size_t counts[BLOCKS_MAX] = {0}, used = 0, begin = end - 1;
    while (begin > 0 && trace->segment[begin - 1] == trace->segment[end - 1])
        begin--;
    size_t length = end - begin;
    size_t reference = begin + 7200 / TRACE_SPACING_S;
    double last = trace->bytes[end - 1], then = NAN;
    for (size_t i = begin; i < end; i++) {
        if (trace->lost[i])
            continue;
        size_t block = (i - begin) * BLOCKS_MAX / length;
        sums[block] += trace->bytes[i];
        counts[block]++;
        last = trace->bytes[i];
        if (isnan(then) && i >= reference)
            then = trace->bytes[i];
    }
    for (size_t b = 0; b < BLOCKS_MAX; b++) {
        if (counts[b])
            blocks[used++] = sums[b] / (double)counts[b];
    }
    double raw, corrected;
    baseline_mann_kendalls(blocks, used, &raw, &corrected);
    alarms[DETECT_SNAPSHOT] = last > 1.1 * then && last - then > 65536;
    alarms[DETECT_OLS] = baseline_ols(blocks, used) > 3.1;
    alarms[DETECT_MK] = raw > 3.1;
    alarms[DETECT_MK_HAMED_RAO] = corrected > 3.1;
}

void score_trace(const struct trace *trace, const struct ph_rules *rules, bool baselines,
                 struct score *score)
{
    double hours[GRID_MAX];
    size_t grid = score_grid(hours), next = 0;
    bool before[DETECT_COUNT] = {false}, alarms[DETECT_COUNT] = {false};
    PH_GUARD(ph_judge_destroyp) struct ph_judge *judge = NULL;
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    PH_GUARD(ph_finding_list_fini) struct ph_finding_list findings = {0};
    const struct ph_series series = {.pool = PH_POOL_NONPAGED, .tag = {"Leak", 4}};
    uint32_t number;
    must(ph_catalog_intern(&catalog, &series, &number));
    must(ph_judge_create_with(NULL, rules, &judge));
    *score = (struct score){.family = trace->family,
                            .leaks = trace->leaks,
                            .leaked_range = trace->leaked_range,
                            .true_rate = trace->rate,
                            .end_rate = NAN,
                            .end_low = NAN,
                            .end_high = NAN};
    for (size_t d = 0; d < DETECT_COUNT; d++)
        score->first_h[d] = NAN;
    for (size_t i = 0; i < TRACE_SAMPLES && next < grid; i++) {
        if (!trace->lost[i]) {
            ph_sample_reset(&sample);
            sample.time_ns = (int64_t)i * TRACE_SPACING_S * 1000000000;
            sample.segment = trace->segment[i];
            const struct ph_value value = {
                .series = number, .have = PH_HAVE_BYTES, .bytes = (int64_t)trace->bytes[i]};
            must(ph_sample_add(&sample, &value));
            must(ph_judge_add(judge, &catalog, &sample));
        }
        if ((double)(i + 1) * TRACE_SPACING_S < hours[next] * 3600)
            continue;
        must(ph_judge_findings(judge, &catalog, &findings));
        const struct ph_finding *finding = &findings.items[0];
        bool again[DETECT_COUNT] = {false};
        if (baselines)
            ask_baselines(trace, i + 1, again);
        for (size_t d = 0; d < DETECT_GROWING; d++) {
            alarms[d] = again[d] && before[d];
            before[d] = again[d];
        }
        alarms[DETECT_GROWING] = finding->verdict >= PH_VERDICT_GROWING;
        alarms[DETECT_LIKELY] = finding->verdict >= PH_VERDICT_LEAK_LIKELY;
        alarms[DETECT_CONFIRMED] = finding->verdict >= PH_VERDICT_LEAK_CONFIRMED;
        double since = hours[next] - trace->onset_h;
        for (size_t d = 0; d < DETECT_COUNT; d++) {
            if (alarms[d] && since <= 0)
                score->early[d] = true;
            else if (alarms[d] && isnan(score->first_h[d]))
                score->first_h[d] = since;
        }
        next++;
    }
    const struct ph_finding *finding = &findings.items[0];
    memcpy(score->at_end, alarms, sizeof(alarms));
    score->end_verdict = finding->verdict;
    if (finding->have_rate) {
        score->end_rate = finding->rate;
        score->end_low = finding->rate_low;
        score->end_high = finding->rate_high;
    }
}

size_t job_count(const struct job *job)
{
    return job->named ? NAMED_COUNT * job->seeds : 2 * job->seeds;
}

static void work(const struct job *job, struct score *scores, size_t part, size_t parts)
{
    static struct trace trace;
    if (!job->seeds)
        return;
    for (size_t i = part; i < job_count(job); i += parts) {
        if (job->named)
            trace_named(&trace, i / job->seeds, job->first_seed + i % job->seeds);
        else
            trace_random(&trace, i < job->seeds, job->first_seed + i % job->seeds);
        score_trace(&trace, job->rules, job->baselines, &scores[i]);
    }
}

bool job_run(const struct job *job, struct score *scores)
{
    size_t bytes = job_count(job) * sizeof(*scores);
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    size_t parts = cpus > 1 ? (size_t)cpus : 1;
    pid_t children[64];
    struct score *shared =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return false;
    parts = parts > 64 ? 64 : parts;
    bool good = true;
    fflush(NULL);
    for (size_t p = 0; p < parts; p++) {
        children[p] = fork();
        if (children[p] == 0) {
            work(job, shared, p, parts);
            _exit(0);
        }
        good = good && children[p] > 0;
    }
    for (size_t p = 0; p < parts; p++) {
        int status = 1;
        if (children[p] > 0)
            good = waitpid(children[p], &status, 0) == children[p] && status == 0 && good;
    }
    memcpy(scores, shared, bytes);
    munmap(shared, bytes);
    return good;
}

void wilson(size_t hits, size_t count, double *low, double *high)
{
    const double z = 1.959964;
    double n = (double)count, p = n > 0 ? (double)hits / n : 0;
    double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
    double half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n);
    *low = n > 0 ? fmax(0, middle - half) : 0;
    *high = n > 0 ? fmin(1, middle + half) : 1;
}
