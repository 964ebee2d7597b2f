/* bench_judge.c - how often the judge is right, beside what people use instead. See docs/method.md.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/stats.h"
#include "judge_score.h"

static double share(size_t hits, size_t count)
{
    return count ? 100. * (double)hits / (double)count : 0;
}

static void summary(const struct score *scores, size_t count)
{
    printf("%-24s %22s %26s %8s %7s\n", "detector", "recall % [95 %]", "false alarms % [95 %]",
           "at end %", "TTD h");
    for (size_t d = 0; d < DETECT_COUNT; d++) {
        size_t leaks = 0, found = 0, benign = 0, wrong = 0, at_end = 0;
        double *times = malloc(count * sizeof(*times));
        for (size_t i = 0; i < count; i++) {
            const struct score *s = &scores[i];
            bool hit = !isnan(s->first_h[d]);
            if (s->leaks) {
                leaks++;
                if (hit)
                    times[found++] = s->first_h[d];
            } else {
                benign++;
                wrong += hit;
                at_end += s->at_end[d];
            }
        }
        double rl, rh, fl, fh;
        wilson(found, leaks, &rl, &rh);
        wilson(wrong, benign, &fl, &fh);
        printf("%-24s %7.1f [%5.1f - %5.1f] %9.1f [%5.1f - %5.1f] %8.1f %7.0f\n", detector_names[d],
               share(found, leaks), 100 * rl, 100 * rh, share(wrong, benign), 100 * fl, 100 * fh,
               share(at_end, benign), ph_median(times, found));
        free(times);
    }
}

int main(int argc, char **argv)
{
    struct job named = {.named = true, .first_seed = 1000, .seeds = 4, .rules = &ph_rules_default};
    struct job families = {.first_seed = 500000, .seeds = 1000, .rules = &ph_rules_default};
    named.baselines = families.baselines = argc > 1 && !strcmp(argv[1], "--baselines");
    for (int j = 0; j < 2; j++) {
        struct job *job = j ? &families : &named;
        size_t count = job_count(job);
        struct score *scores = calloc(count, sizeof(*scores));
        if (!scores || !job_run(job, scores))
            return 2;
        summary(scores, count);
        if (j == 0) {
            static struct trace trace;
            for (size_t s = 0; s < NAMED_COUNT; s++) {
                trace_named(&trace, s, 1000);
                printf("%-32s", trace.name);
                for (size_t d = 0; d < DETECT_COUNT; d++) {
                    size_t n = 0;
                    double times[64];
                    for (size_t i = 0; i < job->seeds; i++)
                        if (!isnan(scores[s * job->seeds + i].first_h[d]))
                            times[n++] = scores[s * job->seeds + i].first_h[d];
                    printf(" %2zu/%4.0f", n, ph_median(times, n));
                }
                for (size_t i = 0; i < job->seeds; i++)
                    printf(" %s", ph_verdict_id(scores[s * job->seeds + i].end_verdict));
                printf("\n");
            }
        } else {
            const double edges[] = {0, 1, 5, 20, INFINITY};
            for (int e = 0; e < 4; e++) {
                size_t n = 0, hit[3] = {0};
                for (size_t i = 0; i < count; i++) {
                    const struct score *s = &scores[i];
                    if (!s->leaks || s->leaked_range < edges[e] || s->leaked_range >= edges[e + 1])
                        continue;
                    n++;
                    for (int d = 0; d < 3; d++)
                        hit[d] += isnan(s->first_h[DETECT_GROWING + d]) ? 0 : 1;
                }
                printf("leaked/range %g..: n %zu recall G %.0f L %.0f C %.0f\n", edges[e], n,
                       share(hit[0], n), share(hit[1], n), share(hit[2], n));
            }
            for (int f = 1; f < FAMILY_COUNT; f++) {
                size_t n = 0, hit[DETECT_COUNT] = {0}, verdicts[PH_VERDICT_COUNT] = {0};
                for (size_t i = 0; i < count; i++) {
                    const struct score *s = &scores[i];
                    if ((int)s->family != f)
                        continue;
                    n++;
                    verdicts[s->end_verdict]++;
                    for (int d = 0; d < DETECT_COUNT; d++)
                        hit[d] += isnan(s->first_h[d]) ? 0 : 1;
                }
                printf("%-18s n %3zu", family_names[f], n);
                for (int d = 0; d < DETECT_COUNT; d++)
                    printf(" %5.1f", share(hit[d], n));
                printf("  end:");
                for (int v = 0; v < PH_VERDICT_COUNT; v++)
                    printf(" %s %zu", ph_verdict_id((enum ph_verdict)v), verdicts[v]);
                printf("\n");
            }
        }
        free(scores);
    }
    return 0;
}
