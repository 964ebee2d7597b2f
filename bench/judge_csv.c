#include "judge_csv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analysis/judge.h"
#include "judge_baselines.h"
#include "judge_score.h"

struct reading {
    double time_s;
    uint32_t series;
    int64_t bytes;
};

static void must(struct ph_error *error)
{
    if (!error)
        return;
    fprintf(stderr, "bench_judge: %s\n", error->text);
    exit(2);
}

static bool parse_time(const char *text, double *time_s)
{
    struct tm tm = {0};
    if (sscanf(text, "%d-%d-%d%*[T ]%d:%d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
               &tm.tm_min, &tm.tm_sec) == 6) {
        tm.tm_year -= 1900;
        tm.tm_mon -= 1;
        *time_s = (double)timegm(&tm);
        return true;
    }
    char *end;
    *time_s = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*time_s);
}

/* The place of a finding when all are sorted by bytes, or by growth. */
static size_t place_of(const struct ph_finding_list *findings, const struct ph_finding *finding,
                       bool growth)
{
    size_t place = 1;
    int64_t own = finding->last_bytes - (growth ? finding->first_bytes : 0);
    for (size_t i = 0; i < findings->count; i++) {
        const struct ph_finding *other = &findings->items[i];
        place += other->last_bytes - (growth ? other->first_bytes : 0) > own;
    }
    return place;
}

static void print_tag(const struct ph_catalog *catalog, const struct ph_finding_list *findings,
                      const struct ph_finding *finding, const struct reading *readings,
                      size_t count)
{
    double y[BLOCKS_MAX] = {0}, first = NAN, last = NAN, raw, corrected;
    size_t n[BLOCKS_MAX] = {0}, used = 0;
    double begin = readings[0].time_s, length = readings[count - 1].time_s - begin;
    for (size_t i = 0; i < count; i++) {
        if (readings[i].series != finding->series)
            continue;
        double place = length > 0 ? (readings[i].time_s - begin) / length : 0;
        size_t block = (size_t)(place * (BLOCKS_MAX - 1));
        last = (double)readings[i].bytes;
        first = isnan(first) ? last : first;
        y[block] += last;
        n[block]++;
    }
    for (size_t b = 0; b < BLOCKS_MAX; b++) {
        if (n[b])
            y[used++] = y[b] / (double)n[b];
    }
    baseline_mann_kendalls(y, used, &raw, &corrected);
    struct ph_slice tag = catalog->series[finding->series].tag;
    printf("%-24.*s %-15s %12.4g [%.4g, %.4g]  rose %u of %u | %8zu %8zu %8s %8s %8s %8s\n",
           (int)tag.size, tag.data, ph_verdict_id(finding->verdict), finding->rate,
           finding->rate_low, finding->rate_high, finding->rose,
           finding->windows ? finding->windows - 1 : 0, place_of(findings, finding, false),
           place_of(findings, finding, true),
           last > 1.1 * first && last - first > 65536 ? "alarm" : "-",
           baseline_ols(y, used) > 3.1 ? "alarm" : "-", raw > 3.1 ? "alarm" : "-",
           corrected > 3.1 ? "alarm" : "-");
}

bool csv_tables(const char *path)
{
    PH_GUARD(ph_judge_destroyp) struct ph_judge *judge = NULL;
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    PH_GUARD(ph_finding_list_fini) struct ph_finding_list findings = {0};
    char line[4096], time_text[64], tag[256];
    FILE *file = fopen(path, "r");
    if (!file) {
        fprintf(stderr, "bench_judge: %s: cannot be opened\n", path);
        return false;
    }
    PH_GUARD(ph_freep) struct reading *readings = NULL;
    size_t count = 0, capacity = 0;
    for (size_t number = 1; fgets(line, sizeof(line), file); number++) {
        long long bytes;
        struct reading reading = {0};
        bool good = sscanf(line, "%63[^,],%255[^,],%lld", time_text, tag, &bytes) == 3 &&
                    parse_time(time_text, &reading.time_s) &&
                    (!count || reading.time_s >= readings[count - 1].time_s);
        if (!good && number == 1)
            continue;
        if (!good) {
            fprintf(stderr,
                    "bench_judge: %s: line %zu: expected time,tag,bytes with times in order\n",
                    path, number);
            fclose(file);
            return false;
        }
        const struct ph_series series = {.origin = PH_ORIGIN_SERIES_CSV, .tag = ph_slice_of(tag)};
        must(ph_catalog_intern(&catalog, &series, &reading.series));
        reading.bytes = bytes;
        must(ph_grow(&readings, &capacity, count + 1, sizeof(*readings)));
        readings[count++] = reading;
    }
    fclose(file);
    if (!count) {
        fprintf(stderr, "bench_judge: %s: no readings\n", path);
        return false;
    }
    must(ph_judge_create(NULL, &judge));
    for (size_t i = 0; i < count;) {
        double now = readings[i].time_s;
        size_t merged;
        ph_sample_reset(&sample);
        sample.time_ns = (int64_t)((now - readings[0].time_s) * 1e9);
        for (; i < count && readings[i].time_s <= now; i++) {
            const struct ph_value value = {
                .series = readings[i].series, .have = PH_HAVE_BYTES, .bytes = readings[i].bytes};
            must(ph_sample_add(&sample, &value));
        }
        must(ph_sample_finish(&sample, &merged));
        must(ph_judge_add(judge, &catalog, &sample));
    }
    must(ph_judge_findings(judge, &catalog, &findings));
    printf("%-24s %-15s %12s %s | %8s %8s %8s %8s %8s %8s\n", "tag", "verdict", "bytes/s", "[95 %]",
           "by bytes", "by delta", "snapshot", "OLS", "MK", "MK H-R");
    for (size_t i = 0; i < findings.count; i++)
        print_tag(&catalog, &findings, &findings.items[i], readings, count);
    return true;
}
