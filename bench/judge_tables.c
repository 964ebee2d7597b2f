#include "judge_tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/stats.h"

static double percent(size_t hits, size_t count)
{
    return count ? 100. * (double)hits / (double)count : 0;
}

struct rates rates_of(const struct score *scores, size_t count, enum detector detector)
{
    struct rates rates = {.median_h = NAN};
    double *times = calloc(count + 1, sizeof(*times));
    if (!times)
        return rates;
    for (size_t i = 0; i < count; i++) {
        const struct score *score = &scores[i];
        bool hit = !isnan(score->first_h[detector]);
        if (score->leaks) {
            rates.leaks++;
            rates.found_at_end += score->at_end[detector];
            if (hit)
                times[rates.found++] = score->first_h[detector];
        } else {
            rates.benign++;
            rates.wrong += hit;
            rates.wrong_at_end += score->at_end[detector];
        }
    }
    rates.median_h = ph_median(times, rates.found);
    free(times);
    return rates;
}

void table_summary(const struct score *scores, size_t count)
{
    printf("%-24s %24s %26s %9s %9s %6s\n", "detector", "recall % [95 %]", "false alarms % [95 %]",
           "false at", "recall at", "TTD");
    printf("%-24s %24s %26s %9s %9s %6s\n", "", "", "ever in 14 days", "end %", "end %", "h");
    for (size_t d = 0; d < DETECT_COUNT; d++) {
        struct rates r = rates_of(scores, count, (enum detector)d);
        double low, high, wrong_low, wrong_high;
        wilson(r.found, r.leaks, &low, &high);
        wilson(r.wrong, r.benign, &wrong_low, &wrong_high);
        printf("%-24s %7.1f [%5.1f - %5.1f] %9.1f [%5.1f - %5.1f] %9.1f %9.1f %6.0f\n",
               detector_names[d], percent(r.found, r.leaks), 100 * low, 100 * high,
               percent(r.wrong, r.benign), 100 * wrong_low, 100 * wrong_high,
               percent(r.wrong_at_end, r.benign), percent(r.found_at_end, r.leaks), r.median_h);
    }
}

void json_summary(const char *name, const struct job *job, const struct score *scores)
{
    size_t count = job_count(job);
    printf("  \"%s\": {\"first_seed\": %llu, \"seeds\": %zu, \"detectors\": [\n", name,
           (unsigned long long)job->first_seed, job->seeds);
    for (size_t d = 0; d < DETECT_COUNT; d++) {
        struct rates r = rates_of(scores, count, (enum detector)d);
        printf("    {\"name\": \"%s\", \"leaks\": %zu, \"found\": %zu, \"benign\": %zu, "
               "\"false_ever\": %zu, \"false_at_end\": %zu, \"median_hours\": ",
               detector_names[d], r.leaks, r.found, r.benign, r.wrong, r.wrong_at_end);
        if (isnan(r.median_h))
            printf("null");
        else
            printf("%.1f", r.median_h);
        printf("}%s\n", d + 1 < DETECT_COUNT ? "," : "");
    }
    printf("  ]}");
}

void table_scenarios(const struct job *job, const struct score *scores)
{
    static struct trace trace;
    printf("\nBy scenario: how many of %zu runs raised an alarm / median hours since the onset\n",
           job->seeds);
    printf("%-33s %9s %9s %9s %9s %9s %9s %9s\n", "", "snapshot", "OLS", "MK", "MK H-R", "GROWING+",
           "likely+", "confirmed");
    for (size_t s = 0; s < NAMED_COUNT; s++) {
        trace_named(&trace, s, job->first_seed);
        printf("%s %-31s", trace.leaks ? "L" : " ", trace.name);
        for (size_t d = 0; d < DETECT_COUNT; d++) {
            double times[64];
            size_t n = 0;
            for (size_t i = 0; i < job->seeds && i < 64; i++) {
                double first = scores[s * job->seeds + i].first_h[d];
                if (!isnan(first))
                    times[n++] = first;
            }
            if (n)
                printf(" %4zu/%-4.0f", n, ph_median(times, n));
            else
                printf(" %4d%5s", 0, "");
        }
        printf("\n");
    }
}

void table_families(const struct score *scores, size_t count)
{
    static const double edges[] = {0, 1, 5, 20, INFINITY};
    printf("\nRecall %% by leaked bytes / range of everything else in the tag\n");
    printf("%-20s %6s %9s %9s %9s\n", "", "leaks", "GROWING+", "likely+", "confirmed");
    for (size_t e = 0; e + 1 < sizeof(edges) / sizeof(edges[0]); e++) {
        size_t n = 0, hits[3] = {0};
        for (size_t i = 0; i < count; i++) {
            const struct score *score = &scores[i];
            if (!score->leaks || score->leaked_range < edges[e] ||
                score->leaked_range >= edges[e + 1])
                continue;
            n++;
            for (size_t d = 0; d < 3; d++)
                hits[d] += isnan(score->first_h[DETECT_GROWING + d]) ? 0 : 1;
        }
        printf("%6g ... %-10g %6zu %9.0f %9.0f %9.0f\n", edges[e], edges[e + 1], n,
               percent(hits[0], n), percent(hits[1], n), percent(hits[2], n));
    }
    printf("\nAlarms %% by family\n%-20s %6s %9s %9s %9s %9s %9s %9s %9s\n", "", "traces",
           "snapshot", "OLS", "MK", "MK H-R", "GROWING+", "likely+", "confirmed");
    for (size_t f = 1; f < FAMILY_COUNT; f++) {
        size_t n = 0, hits[DETECT_COUNT] = {0};
        for (size_t i = 0; i < count; i++) {
            if (scores[i].family != (enum family)f)
                continue;
            n++;
            for (size_t d = 0; d < DETECT_COUNT; d++)
                hits[d] += isnan(scores[i].first_h[d]) ? 0 : 1;
        }
        printf("%-20s %6zu", family_names[f], n);
        for (size_t d = 0; d < DETECT_COUNT; d++)
            printf(" %9.1f", percent(hits[d], n));
        printf("\n");
    }
}

void table_classes(uint64_t first_seed, size_t traces)
{
    static struct trace trace;
    printf("\nVerdict at the end of 14 days by true class, %%; %zu traces each, seeds from "
           "%llu\n%-12s",
           traces, (unsigned long long)first_seed, "");
    for (size_t v = PH_VERDICT_FLAT; v < PH_VERDICT_COUNT; v++)
        printf(" %14s", ph_verdict_id((enum ph_verdict)v));
    printf("\n");
    for (size_t c = 0; c < CLASS_COUNT; c++) {
        size_t verdicts[PH_VERDICT_COUNT] = {0};
        for (size_t t = 0; t < traces; t++) {
            struct score score;
            trace_classed(&trace, (enum trace_class)c, first_seed + t);
            score_trace(&trace, &ph_rules_default, false, &score);
            verdicts[score.end_verdict]++;
        }
        printf("%-12s", class_names[c]);
        for (size_t v = PH_VERDICT_FLAT; v < PH_VERDICT_COUNT; v++)
            printf(" %14.1f", percent(verdicts[v], traces));
        printf("\n");
    }
}

bool table_ablations(const struct job *job)
{
    static const char *const names[] = {"all rules", "no hold", "no slowing test",
                                        "no levelling test", "no new territory"};
    size_t count = job_count(job);
    struct score *scores = calloc(count, sizeof(*scores));
    bool good = scores != NULL;
    printf("\nWithout one rule: randomised families, recall %% / false alarms %%\n");
    printf("%-20s %17s %17s %17s\n", "", "GROWING+", "likely+", "confirmed");
    for (size_t a = 0; good && a < sizeof(names) / sizeof(names[0]); a++) {
        struct ph_rules rules = ph_rules_default;
        rules.use_hold = a != 1;
        rules.use_slow = a != 2;
        rules.use_levelling = a != 3;
        rules.use_territory = a != 4;
        struct job changed = *job;
        changed.rules = &rules;
        changed.baselines = false;
        good = job_run(&changed, scores);
        printf("%-20s", names[a]);
        for (size_t d = DETECT_GROWING; d < DETECT_COUNT; d++) {
            struct rates r = rates_of(scores, count, (enum detector)d);
            printf("     %5.1f / %5.1f", percent(r.found, r.leaks), percent(r.wrong, r.benign));
        }
        printf("\n");
    }
    free(scores);
    return good;
}
