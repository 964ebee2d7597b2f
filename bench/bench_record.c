/* What a recording costs: bytes a day, CPU time of an append, and of reading a week of it, beside
 * plain rows in SQLite and compressed CSV of the same samples.
 *
 * The load is made up, seeded: 2,000 Windows-like tags every 10 s, 30 % of them changing. Half of
 * the tags change now and then (5 % of the readings), a quarter often (30 %), a quarter nearly
 * always (80 %). A changing tag allocates 1 to 5,000 objects (log-uniform by tag, with noise) and
 * frees nearly as many; six of ten tags have objects of one size, the others of mixed sizes.
 *
 *     bench_record [days [directory]]
 */
#include <inttypes.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/judge.h"
#include "base/os.h"
#include "store/recording.h"

enum { TAGS = 2000, STEP_S = 10, A_DAY = 86400 / STEP_S, PEER_SAMPLES = 360, ROUNDS = 3 };

struct tag {
    double active, rate, size;
    bool one_size;
    struct ph_value value;
};

static uint64_t seed = 20261122;

static double uniform(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (double)(seed >> 11) / 9007199254740992.0;
}

static double normal(void)
{
    return sqrt(-2 * log(1 - uniform())) * cos(6.283185307179586 * uniform());
}

static void check(struct ph_error *error)
{
    if (!error)
        return;
    fprintf(stderr, "bench_record: %s\n", error->text);
    exit(2);
}

static void make_tags(struct tag *tags, struct ph_catalog *catalog)
{
    for (unsigned i = 0; i < TAGS; i++) {
        char name[8];
        uint32_t number;
        double kind = uniform();
        (void)snprintf(name, sizeof(name), "%c%03x", 'A' + (int)(uniform() * 26), i);
        struct ph_series series = {.origin = PH_ORIGIN_POOLTAG,
                                   .pool = uniform() < 0.6 ? PH_POOL_NONPAGED : PH_POOL_PAGED,
                                   .counter_bits = 32,
                                   .tag = ph_slice_of(name)};
        check(ph_catalog_intern(catalog, &series, &number));
        tags[i] = (struct tag){
            .active = kind < 0.5    ? 0.05
                      : kind < 0.75 ? 0.3
                                    : 0.8,
            .rate = exp(uniform() * log(5000)),
            .size = 16 * floor(exp(uniform() * log(256))),
            .one_size = uniform() < 0.6,
        };
        int64_t objects = (int64_t)(exp(uniform() * log(50000)));
        tags[i].value = (struct ph_value){
            .series = number,
            .have = PH_HAVE_ALLOCS | PH_HAVE_FREES | PH_HAVE_OBJECTS | PH_HAVE_BYTES,
            .allocs = (uint64_t)(uniform() * 3e9),
            .objects = objects,
            .bytes = objects * (int64_t)tags[i].size,
        };
        tags[i].value.frees = (tags[i].value.allocs - (uint64_t)objects) & 0xffffffff;
    }
}

static void step(struct tag *tag)
{
    struct ph_value *value = &tag->value;

    if (uniform() >= tag->active)
        return;
    int64_t came = (int64_t)(tag->rate + sqrt(tag->rate) * normal() * 2) + 1;
    int64_t net = (int64_t)(sqrt(tag->rate) * normal() / 2);
    came = came < 1 ? 1 : came;
    net = net > came ? came : net;
    net = value->objects + net < 0 ? -value->objects : net;
    value->allocs = (value->allocs + (uint64_t)came) & 0xffffffff;
    value->frees = (value->frees + (uint64_t)(came - net)) & 0xffffffff;
    value->objects += net;
    double bytes = (double)net * tag->size;
    if (!tag->one_size) /* mixed sizes: what came and went does not weigh the same */
        bytes += 16 * floor(tag->size / 48 * sqrt((double)came) * normal() / 4);
    value->bytes += (int64_t)bytes;
    if (value->bytes < 16 * value->objects || !value->objects)
        value->bytes = value->objects * (int64_t)tag->size;
}

static void next_sample(struct tag *tags, struct ph_sample *sample, int64_t index)
{
    ph_sample_reset(sample);
    sample->time_ns = INT64_C(1800000000) * PH_SECOND + index * STEP_S * PH_SECOND;
    sample->boottime_ns = index * STEP_S * PH_SECOND + 12345678;
    sample->memory.total = INT64_C(16) << 30;
    sample->memory.available = (INT64_C(8) << 30) + (int64_t)(uniform() * 65536) * 4096;
    for (unsigned i = 0; i < TAGS; i++) {
        if (index)
            step(&tags[i]);
        check(ph_sample_add(sample, &tags[i].value));
        struct ph_pool_total *total = &sample->pools[i % 2 ? PH_POOL_PAGED : PH_POOL_NONPAGED];
        total->have = PH_TOTAL_BYTES;
        total->bytes += tags[i].value.bytes;
    }
}

static uint64_t size_of(const char *path)
{
    uint64_t size = 0;
    int64_t modified;

    (void)ph_file_facts(path, &size, &modified);
    return size;
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return left < right ? -1 : left > right;
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), by_value);
    return values[count / 2];
}

/* ------------------------------------------------------------------ ours */

/* Writes `samples` samples; prints what one append costs. Gives the file's bytes. */
static uint64_t record(const char *path, int64_t samples, const struct ph_recording_options *keep,
                       const char *label)
{
    struct tag *tags = calloc(TAGS, sizeof(*tags));
    double *cost = calloc((size_t)samples, sizeof(*cost));
    struct ph_catalog catalog = {0};
    struct ph_sample sample = {0};
    struct ph_machine machine = {.boot_id = "bench", .memory_bytes = -1};
    struct ph_recording *recording = NULL;
    double worst = 0, sum = 0;

    if (!tags || !cost)
        exit(2);
    seed = 20261122;
    (void)remove(path);
    make_tags(tags, &catalog);
    check(ph_recording_open(path, keep, &machine, &catalog, &recording));
    for (int64_t i = 0; i < samples; i++) {
        next_sample(tags, &sample, i);
        int64_t start = ph_cpu_ns();
        check(ph_recording_append(recording, &catalog, &sample));
        cost[i] = (double)(ph_cpu_ns() - start) / 1e3;
        worst = cost[i] > worst ? cost[i] : worst;
        sum += cost[i];
    }
    check(ph_recording_close(recording));
    uint64_t size = size_of(path);
    printf("%-34s %8.1f MB  %6.2f MB a day   append: median %.0f us, mean %.0f us, worst %.1f ms "
           "CPU\n",
           label, (double)size / 1e6, (double)size / 1e6 / (double)samples * A_DAY,
           median(cost, (size_t)samples), sum / (double)samples, worst / 1e3);
    ph_sample_fini(&sample);
    ph_catalog_fini(&catalog);
    free(cost);
    free(tags);
    return size;
}

static void play(const char *path, bool judged, const char *label)
{
    double cpu[ROUNDS];
    uint64_t samples = 0, values = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct ph_playback *playback = NULL;
        struct ph_catalog catalog = {0};
        struct ph_sample sample = {0};
        PH_GUARD(ph_judge_destroyp) struct ph_judge *judge = NULL;
        bool end = false;
        int64_t start = ph_cpu_ns();
        samples = values = 0;
        check(ph_playback_open(path, &playback));
        if (judged)
            check(ph_judge_create(&(struct ph_judge_options){0}, &judge));
        for (;;) {
            check(ph_playback_read(playback, &catalog, &sample, &end));
            if (end)
                break;
            samples++;
            values += sample.changed_known ? sample.changed_count : sample.count;
            if (judge)
                check(ph_judge_add(judge, &catalog, &sample));
        }
        ph_playback_close(playback);
        cpu[round] = (double)(ph_cpu_ns() - start) / 1e9;
        ph_sample_fini(&sample);
        ph_catalog_fini(&catalog);
    }
    double middle = median(cpu, ROUNDS);
    printf("%-34s %6" PRIu64 " samples, %.1f M changed values: median %.3f s CPU of %u rounds, "
           "%.1f ns a value\n",
           label, samples, (double)values / 1e6, middle, ROUNDS, middle * 1e9 / (double)values);
}

/* ------------------------------------------------------------------ peers */

static uint64_t peer_rows(const char *path, bool changed_only)
{
    struct tag *tags = calloc(TAGS, sizeof(*tags));
    struct ph_value *before = calloc(TAGS, sizeof(*before));
    struct ph_catalog catalog = {0};
    struct ph_sample sample = {0};
    sqlite3 *db = NULL;
    sqlite3_stmt *insert = NULL;

    seed = 20261122;
    (void)remove(path);
    if (!tags || !before || sqlite3_open(path, &db) ||
        sqlite3_exec(db,
                     "PRAGMA journal_mode = WAL; CREATE TABLE v (sample INTEGER, tag INTEGER, "
                     "allocs INTEGER, frees INTEGER, bytes INTEGER, PRIMARY KEY (sample, tag)) "
                     "WITHOUT ROWID",
                     NULL, NULL, NULL) ||
        sqlite3_prepare_v2(db, "INSERT INTO v VALUES (?, ?, ?, ?, ?)", -1, &insert, NULL))
        exit(2);
    make_tags(tags, &catalog);
    for (int64_t i = 0; i < PEER_SAMPLES; i++) {
        next_sample(tags, &sample, i);
        (void)sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
        for (unsigned t = 0; t < TAGS; t++) {
            const struct ph_value *value = &sample.values[t];
            bool same = before[t].allocs == value->allocs && before[t].frees == value->frees &&
                        before[t].bytes == value->bytes;
            before[t] = *value;
            if (changed_only && same)
                continue;
            (void)sqlite3_bind_int64(insert, 1, i);
            (void)sqlite3_bind_int64(insert, 2, t);
            (void)sqlite3_bind_int64(insert, 3, (int64_t)value->allocs);
            (void)sqlite3_bind_int64(insert, 4, (int64_t)value->frees);
            (void)sqlite3_bind_int64(insert, 5, value->bytes);
            if (sqlite3_step(insert) != SQLITE_DONE)
                exit(2);
            (void)sqlite3_reset(insert);
        }
        (void)sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    }
    (void)sqlite3_finalize(insert);
    (void)sqlite3_close(db);
    uint64_t size = size_of(path);
    (void)remove(path);
    ph_sample_fini(&sample);
    ph_catalog_fini(&catalog);
    free(before);
    free(tags);
    return size;
}

static uint64_t peer_csv(const char *path)
{
    struct tag *tags = calloc(TAGS, sizeof(*tags));
    struct ph_catalog catalog = {0};
    struct ph_sample sample = {0};
    ph_autofree char *command = ph_format("gzip -c > '%s'", path);
    FILE *pipe = command ? popen(command, "w") : NULL;

    if (!tags || !pipe)
        exit(2);
    seed = 20261122;
    make_tags(tags, &catalog);
    for (int64_t i = 0; i < PEER_SAMPLES; i++) {
        next_sample(tags, &sample, i);
        for (unsigned t = 0; t < TAGS; t++) {
            const struct ph_value *value = &sample.values[t];
            const struct ph_series *series = &catalog.series[value->series];
            fprintf(pipe, "%" PRId64 ",%.*s,%s,%" PRIu64 ",%" PRIu64 ",%" PRId64 ",%" PRId64 "\n",
                    sample.time_ns / PH_SECOND, (int)series->tag.size, series->tag.data,
                    ph_pool_short(series->pool), value->allocs, value->frees, value->objects,
                    value->bytes);
        }
    }
    int status = pclose(pipe);
    uint64_t size = status ? 0 : size_of(path);
    (void)remove(path);
    ph_sample_fini(&sample);
    ph_catalog_fini(&catalog);
    free(tags);
    return size;
}

int main(int argc, char **argv)
{
    int days = argc > 1 ? atoi(argv[1]) : 7;
    const char *directory = argc > 2 ? argv[2] : "/tmp";
    ph_autofree char *path =
        ph_format("%s/poolhound-bench-%lld.db", directory, (long long)ph_realtime_ns());
    struct ph_recording_options all = {0};
    struct ph_recording_options usual = {.keep_raw_ns = 48 * PH_HOUR, .floor_ns = 5 * PH_MINUTE};

    if (!path || days < 1 || days > 60) {
        fprintf(stderr, "usage: bench_record [days 1-60 [directory]]\n");
        return 2;
    }
    printf("%d tags every %d s, 30 %% of them changing\n\n", TAGS, STEP_S);
    uint64_t ours = record(path, PEER_SAMPLES, &all, "an hour");
    uint64_t rows = peer_rows(path, true), all_rows = peer_rows(path, false), csv = peer_csv(path);
    double hour = (double)ours;
    printf("  beside plain rows, changed tags:   %8.1f MB, %5.1f times ours\n", (double)rows / 1e6,
           (double)rows / hour);
    printf("  beside plain rows, every tag:      %8.1f MB, %5.1f times ours\n",
           (double)all_rows / 1e6, (double)all_rows / hour);
    printf("  beside gzip'd CSV, every tag:      %8.1f MB, %5.1f times ours\n\n", (double)csv / 1e6,
           (double)csv / hour);
    for (int kept = 0; kept < 2; kept++) {
        (void)record(path, (int64_t)days * A_DAY, kept ? &usual : &all,
                     kept ? "48 h raw, then floors of 5 min" : "all raw");
        play(path, false, "  open and decode");
        play(path, true, "  open, decode and judge");
        (void)remove(path);
    }
    return 0;
}
