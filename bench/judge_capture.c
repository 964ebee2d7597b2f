#include "judge_capture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/judge.h"
#include "judge_baselines.h"
#include "judge_score.h"

bool capture_load(struct capture *capture, const char *path, const char *labels)
{
    char line[1 << 16];
    *capture = (struct capture){0};
    FILE *file = fopen(path, "r");
    if (!file) {
        fprintf(stderr, "bench_judge: %s: cannot be opened\n", path);
        return false;
    }
    size_t capacity = 0;
    while (fgets(line, sizeof(line), file)) {
        struct capture_cache cache = {0};
        size_t number;
        int reclaimable;
        if (sscanf(line, "c %zu %63s %ld %d", &number, cache.name, &cache.object_bytes,
                   &reclaimable) == 4 &&
            number < CAPTURE_CACHES) {
            cache.reclaimable = reclaimable != 0;
            capture->caches[number] = cache;
            if (number >= capture->cache_count)
                capture->cache_count = number + 1;
        }
        if (line[0] != 't')
            continue;
        if (capture->seconds == capacity) {
            capacity = capacity ? 2 * capacity : 1024;
            int64_t *more = realloc(capture->objects, capacity * CAPTURE_CACHES * sizeof(*more));
            if (!more)
                break;
            capture->objects = more;
        }
        int64_t *now = capture->objects + capture->seconds * CAPTURE_CACHES;
        if (capture->seconds)
            memcpy(now, now - CAPTURE_CACHES, CAPTURE_CACHES * sizeof(*now));
        else
            memset(now, 0, CAPTURE_CACHES * sizeof(*now));
        capture->seconds++;
        char *rest = line + 1;
        strtol(rest, &rest, 10);
        for (char *end;; rest = end) {
            size_t cache_number = strtoul(rest, &end, 10);
            if (end == rest || *end != ':' || cache_number >= CAPTURE_CACHES)
                break;
            now[cache_number] += strtol(end + 1, &end, 10);
        }
    }
    fclose(file);
    file = labels ? fopen(labels, "r") : NULL;
    if (labels && !file)
        fprintf(stderr, "bench_judge: %s: cannot be opened\n", labels);
    while (file && fgets(line, sizeof(line), file)) {
        if (line[0] == '#')
            continue;
        strtok(line, " \n");
        for (char *name; (name = strtok(NULL, " \n"));) {
            for (size_t c = 0; c < capture->cache_count; c++)
                if (!strcmp(capture->caches[c].name, name))
                    capture->caches[c].leaks = true;
        }
    }
    if (file)
        fclose(file);
    return capture->seconds > 0 && (!labels || file);
}

void capture_fini(struct capture *capture)
{
    free(capture->objects);
    *capture = (struct capture){0};
}

static void must(struct ph_error *error)
{
    if (!error)
        return;
    fprintf(stderr, "bench_judge: %s\n", error->text);
    exit(2);
}

/* Judges the seconds from..to-1 with a clock of `scale` seconds a second. */
static void judge_slice(const struct capture *capture, size_t from, size_t to, double scale,
                        struct ph_finding_list *findings)
{
    PH_GUARD(ph_judge_destroyp) struct ph_judge *judge = NULL;
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    must(ph_judge_create(NULL, &judge));
    for (size_t c = 0; c < capture->cache_count; c++) {
        /* Judged without the reclaimable mark: what the figures are about is the detector. */
        const struct ph_series series = {.origin = PH_ORIGIN_SLABINFO,
                                         .pool = PH_POOL_UNRECLAIMABLE,
                                         .tag = ph_slice_of(capture->caches[c].name)};
        uint32_t number;
        must(ph_catalog_intern(&catalog, &series, &number));
    }
    for (size_t s = from; s < to; s++) {
        ph_sample_reset(&sample);
        sample.time_ns = (int64_t)((double)s * scale * 1e9);
        for (size_t c = 0; c < capture->cache_count; c++) {
            int64_t objects = capture->objects[s * CAPTURE_CACHES + c];
            const struct ph_value value = {.series = (uint32_t)c,
                                           .have = PH_HAVE_OBJECTS | PH_HAVE_BYTES,
                                           .objects = objects,
                                           .bytes = objects * capture->caches[c].object_bytes};
            must(ph_sample_add(&sample, &value));
        }
        must(ph_judge_add(judge, &catalog, &sample));
    }
    must(ph_judge_findings(judge, &catalog, findings));
}

enum { SLICE_DETECTORS = DETECT_COUNT };

/* The baselines on one cache over a slice. */
static void ask(const struct capture *capture, size_t cache, size_t from, size_t to,
                bool alarms[SLICE_DETECTORS])
{
    double y[BLOCKS_MAX] = {0}, raw, corrected;
    size_t count = to - from < BLOCKS_MAX ? to - from : BLOCKS_MAX, n[BLOCKS_MAX] = {0};
    double bytes = (double)capture->caches[cache].object_bytes;
    for (size_t s = from; s < to; s++) {
        size_t block = (s - from) * count / (to - from);
        y[block] += (double)capture->objects[s * CAPTURE_CACHES + cache] * bytes;
        n[block]++;
    }
    for (size_t b = 0; b < count; b++)
        y[b] /= (double)n[b];
    baseline_mann_kendalls(y, count, &raw, &corrected);
    double first = (double)capture->objects[from * CAPTURE_CACHES + cache] * bytes;
    double last = (double)capture->objects[(to - 1) * CAPTURE_CACHES + cache] * bytes;
    alarms[DETECT_SNAPSHOT] = last > 1.1 * first && last - first > 65536;
    alarms[DETECT_OLS] = baseline_ols(y, count) > 3.1;
    alarms[DETECT_MK] = raw > 3.1;
    alarms[DETECT_MK_HAMED_RAO] = corrected > 3.1;
}

static void count_slice(const struct capture *capture, size_t from, size_t to, double scale,
                        size_t right[SLICE_DETECTORS], size_t wrong[SLICE_DETECTORS], bool print)
{
    PH_GUARD(ph_finding_list_fini) struct ph_finding_list findings = {0};
    judge_slice(capture, from, to, scale, &findings);
    for (size_t i = 0; i < findings.count; i++) {
        const struct ph_finding *finding = &findings.items[i];
        const struct capture_cache *cache = &capture->caches[finding->series];
        bool alarms[SLICE_DETECTORS] = {false};
        ask(capture, finding->series, from, to, alarms);
        alarms[DETECT_GROWING] = finding->verdict >= PH_VERDICT_GROWING;
        alarms[DETECT_LIKELY] = finding->verdict >= PH_VERDICT_LEAK_LIKELY;
        alarms[DETECT_CONFIRMED] = finding->verdict >= PH_VERDICT_LEAK_CONFIRMED;
        for (size_t d = 0; d < SLICE_DETECTORS; d++) {
            right[d] += alarms[d] && cache->leaks;
            wrong[d] += alarms[d] && !cache->leaks;
        }
        if (print && (cache->leaks || finding->verdict >= PH_VERDICT_GROWING))
            printf("    %-20s %-15s %s%s, %.1f objects a second, rose in %u of %u, group %u\n",
                   cache->name, ph_verdict_id(finding->verdict),
                   cache->leaks ? "leaks" : "does not leak",
                   cache->reclaimable ? ", reclaimable" : "", finding->object_rate * scale,
                   finding->rose, finding->windows ? finding->windows - 1 : 0, finding->group);
    }
}

bool capture_tables(const char *folder)
{
    enum { RUNS = 2 };
    static const char *const names[RUNS] = {"control", "leak"};
    const double scale = 480;
    char path[4096], labels[4096];
    snprintf(labels, sizeof(labels), "%s/leak.labels", folder);
    for (size_t r = 0; r < RUNS; r++) {
        struct capture capture;
        snprintf(path, sizeof(path), "%s/%s.slab", folder, names[r]);
        if (!capture_load(&capture, path, r ? labels : NULL)) {
            capture_fini(&capture);
            return false;
        }
        size_t leaking = 0, constant = 0;
        for (size_t c = 0; c < capture.cache_count; c++) {
            bool same = true;
            for (size_t s = 1; s < capture.seconds && same; s++)
                same = capture.objects[s * CAPTURE_CACHES + c] == capture.objects[c];
            leaking += capture.caches[c].leaks;
            constant += same;
        }
        printf("\n%s: %zu s, %zu caches, %zu never change, %zu leak\n", names[r], capture.seconds,
               capture.cache_count, constant, leaking);
        size_t right[SLICE_DETECTORS] = {0}, wrong[SLICE_DETECTORS] = {0};
        printf("  clock scaled, 1 s = %.0f min: %.0f h\n", scale / 60,
               (double)capture.seconds * scale / 3600);
        count_slice(&capture, 0, capture.seconds, scale, right, wrong, true);
        static const size_t lengths[] = {30, 120, 600};
        size_t slices[3] = {0}, rights[3][SLICE_DETECTORS] = {{0}},
               wrongs[3][SLICE_DETECTORS] = {{0}};
        for (size_t l = 0; l < 3; l++) {
            size_t length = lengths[l] < capture.seconds ? lengths[l] : capture.seconds;
            for (size_t s = 0; s + length <= capture.seconds; s += length) {
                slices[l]++;
                count_slice(&capture, s, s + length, 1, rights[l], wrongs[l], false);
            }
        }
        printf("  %-24s %15s %15s %15s %15s\n", "flagged: true + false", "scaled, 1 look",
               "a 30 s hunt", "a 2 min hunt", "the whole hunt");
        for (size_t d = 0; d < SLICE_DETECTORS; d++) {
            printf("  %-24s %6zu + %-6zu", detector_names[d], right[d], wrong[d]);
            for (size_t l = 0; l < 3; l++)
                printf(" %6.1f + %-6.1f", (double)rights[l][d] / (double)slices[l],
                       (double)wrongs[l][d] / (double)slices[l]);
            printf("\n");
        }
        capture_fini(&capture);
    }
    return true;
}
