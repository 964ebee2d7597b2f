/* What a scan of drivers gives and costs, beside searching for text: recall and precision of
 * (driver, tag) pairs against the checked manifests of tests/drivers, call sites whose tag was
 * found, speed of the analysis; then a folder of all the real drivers, repeated to many megabytes:
 * indexing it, asking again, and GNU strings and grep on the same folder. Alternating, medians.
 *
 *     bench_scan [megabytes [folder for 2 x megabytes]]
 *
 * Drivers are fetched and fixtures built by the tools of the tests; what cannot be had is said.
 * Copies differ in 16 bytes behind their end, so that none is known by its content.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/walk.h"
#include "base/guard.h"
#include "base/mem.h"
#include "base/os.h"
#include "owner/tagscan/tagscan.h"
#include "scan_truth.h"

enum { ROUNDS = 5, MEGABYTES = 500, FILE_MOST = 64 << 20, OVERLAY = 16 };

#define TAG "wgnt" /* what the searches look for: two drivers own it */

static void check(struct ph_error *error)
{
    if (!error)
        return;
    fprintf(stderr, "bench_scan: %s\n", error->text);
    exit(2);
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return left < right ? -1 : left > right;
}

static double median(const double values[ROUNDS])
{
    double sorted[ROUNDS];

    memcpy(sorted, values, sizeof(sorted));
    qsort(sorted, ROUNDS, sizeof(*sorted), by_value);
    return sorted[ROUNDS / 2];
}

/* The folder of copies; an exit() on the way removes it too. */
static char folder[256];

static void remove_folder(void)
{
    (void)setenv("BENCH_FOLDER", folder, 1);
    if (folder[0] && system("rm -rf \"$BENCH_FOLDER\"")) /* NOLINT(cert-env33-c): our own words */
        fprintf(stderr, "bench_scan: %s could not be removed\n", folder);
}

/* ------------------------------------------------------------------ quality, in this process */

static bool is_driver(const char *name)
{
    size_t length = strlen(name);

    return length > 4 && !strcmp(name + length - 4, ".sys");
}

struct quality {
    const struct ph_walk *walk;
    struct scan_pairs strongest, strong, text;
    uint64_t sites[SCAN_MACHINES], resolved[SCAN_MACHINES], bytes[SCAN_MACHINES];
    double cpu_s[ROUNDS][SCAN_MACHINES];
};

static void scan_one(struct quality *quality, size_t file, unsigned round)
{
    const char *path = quality->walk->files[file].path;
    enum scan_machine machine = scan_machine_of(path);
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    PH_GUARD(ph_scan_fini) struct ph_scan scan = {0};
    char service[64];
    const char *name = strrchr(path, '/') + 1;

    (void)snprintf(service, sizeof(service), "%.*s", (int)(strlen(name) - 4), name);
    check(ph_read_file(path, FILE_MOST, &bytes));
    int64_t start = ph_cpu_ns();
    check(ph_pe_parse(path, (struct ph_slice){bytes.data, bytes.size}, &pe));
    check(ph_tagscan(&pe, &(struct ph_tagscan_options){.service = service}, &scan));
    quality->cpu_s[round][machine] += (double)(ph_cpu_ns() - start) / 1e9;
    if (round)
        return;
    quality->bytes[machine] += bytes.size;
    quality->sites[machine] += scan.sites;
    quality->resolved[machine] += scan.resolved;
    for (size_t i = 0; i < scan.claim_count; i++) {
        const struct ph_claim *claim = &scan.claims[i];
        if (claim->evidence == PH_EVIDENCE_SITE)
            check(scan_pairs_add(&quality->strongest, file, claim->tag));
        if (claim->evidence == PH_EVIDENCE_SITE || claim->evidence == PH_EVIDENCE_TABLE)
            check(scan_pairs_add(&quality->strong, file, claim->tag));
    }
}

/* One line of strings' output, "path: text": which tags are in it. */
static void text_line(struct quality *quality, const struct scan_pairs *tags, char *line,
                      size_t *file)
{
    const struct ph_walk *walk = quality->walk;
    char *text = strstr(line, ": ");

    if (!text)
        return;
    *text = 0;
    while (*file < walk->count && strcmp(walk->files[*file].path, line) != 0)
        ++*file;
    if (*file == walk->count)
        check(ph_errorf(PH_ERR_FORMAT, "strings answered about %s, which it was not asked", line));
    for (size_t i = 0; i < tags->count; i++)
        if (memmem(text + 2, strlen(text + 2), tags->items[i].tag, 4))
            check(scan_pairs_add(&quality->text, *file, tags->items[i].tag));
}

/* strings in one encoding over all files of the walk, in its order. */
static void search_text(struct quality *quality, const struct scan_pairs *tags,
                        const char *encoding)
{
    char command[64], list[] = "/tmp/poolhound-bench-list-XXXXXX";
    int descriptor = mkstemp(list);
    FILE *names = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    char *line = NULL;
    size_t capacity = 0, file = 0;
    ssize_t length;

    if (!names)
        check(ph_errorf(PH_ERR_IO, "no temporary file"));
    for (size_t i = 0; i < quality->walk->count; i++)
        (void)fprintf(names, "%s%c", quality->walk->files[i].path, 0);
    (void)fclose(names);
    (void)snprintf(command, sizeof(command), "xargs -0 strings -n 4 -f -e %s <%s", encoding, list);
    FILE *answers = popen(command, "r"); /* NOLINT(cert-env33-c): our own words */
    if (!answers)
        check(ph_errorf(PH_ERR_IO, "strings cannot be started"));
    while ((length = getline(&line, &capacity, answers)) >= 0) {
        if (length && line[length - 1] == '\n')
            line[length - 1] = 0;
        text_line(quality, tags, line, &file);
    }
    if (pclose(answers))
        check(ph_errorf(PH_ERR_IO, "strings (binutils) is missing, or failed"));
    free(line);
    (void)remove(list);
}

static void print_score(const char *label, const struct ph_walk *walk,
                        const struct scan_pairs *truth, struct scan_pairs *answers)
{
    struct scan_score scores[SCAN_MACHINES], all = {0};

    scan_pairs_sort(answers);
    scan_score(walk, truth, answers, scores);
    printf("  %-34s", label);
    for (unsigned machine = 0; machine < SCAN_MACHINES; machine++) {
        const struct scan_score *score = &scores[machine];
        printf("  %4zu/%-4zu", score->found, score->truths);
        all.truths += score->truths;
        all.found += score->found;
        all.wrong += score->wrong;
    }
    size_t answered = all.found + all.wrong;
    printf("  recall %.4f  precision %.4f (%zu wrong)\n",
           all.truths ? (double)all.found / (double)all.truths : NAN,
           answered ? (double)all.found / (double)answered : NAN, all.wrong);
}

static void print_sites(const struct quality *quality)
{
    printf("  call sites whose tag was found   ");
    for (unsigned machine = 0; machine < SCAN_MACHINES; machine++)
        if (quality->sites[machine])
            printf("  %s %" PRIu64 "/%" PRIu64 " = %.4f", SCAN_MACHINE_NAMES[machine],
                   quality->resolved[machine], quality->sites[machine],
                   (double)quality->resolved[machine] / (double)quality->sites[machine]);
    printf("\n  one thread, file in memory       ");
    for (unsigned machine = 0; machine < SCAN_MACHINES; machine++) {
        double cpu_s[ROUNDS];
        for (unsigned round = 0; round < ROUNDS; round++)
            cpu_s[round] = quality->cpu_s[round][machine];
        if (quality->bytes[machine])
            printf("  %s %.0f MB/s", SCAN_MACHINE_NAMES[machine],
                   (double)quality->bytes[machine] / 1e6 / median(cpu_s));
    }
    printf("\n");
}

static void measure_quality(const char *label, const char *manifest, const struct ph_walk *walk)
{
    struct quality quality = {.walk = walk};
    PH_GUARD(scan_pairs_fini) struct scan_pairs truth = {0}, tags = {0};

    check(scan_truth_load(manifest, walk, &truth, &tags));
    for (unsigned round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < walk->count; i++)
            scan_one(&quality, i, round);
    search_text(&quality, &tags, "s");
    search_text(&quality, &tags, "l");
    printf("%s: %zu files, %zu pairs of driver and tag, %zu tags\n  %-34s", label, walk->count,
           truth.count, tags.count, "pairs found of those true");
    for (unsigned machine = 0; machine < SCAN_MACHINES; machine++)
        printf("  %9s", SCAN_MACHINE_NAMES[machine]);
    printf("\n");
    print_score("allocates at a call site", walk, &truth, &quality.strongest);
    print_score("... or tag flows from a table", walk, &truth, &quality.strong);
    print_score("strings -n 4, both encodings", walk, &truth, &quality.text);
    print_sites(&quality);
    scan_pairs_fini(&quality.strongest);
    scan_pairs_fini(&quality.strong);
    scan_pairs_fini(&quality.text);
}

/* ------------------------------------------------------------------ the large folder */

static void copy_file(const char *from, const char *to, const void *tail, size_t tail_size)
{
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};
    FILE *file;

    check(ph_read_file(from, FILE_MOST, &bytes));
    ph_text_add(&bytes, tail, tail_size);
    check(ph_text_check(&bytes));
    file = fopen(to, "wb");
    if (!file || fwrite(bytes.data, 1, bytes.size, file) != bytes.size || fclose(file))
        check(ph_errorf(PH_ERR_IO, "%s: cannot be written", to));
}

/* Repeats the files until they are `megabytes`; `name` is a folder below the working folder. */
static size_t repeat(const struct ph_walk *walk, const char *name, double megabytes, bool distinct)
{
    double written = 0;
    size_t files = 0;

    for (unsigned copy = 0; written < megabytes * 1e6; copy++)
        for (size_t i = 0; i < walk->count && written < megabytes * 1e6; i++) {
            const char *path = walk->files[i].path;
            char directory[512], to[1024], tail[OVERLAY + 1];
            (void)snprintf(directory, sizeof(directory), "%s/%s/%04u/%s", folder, name, copy,
                           SCAN_MACHINE_NAMES[scan_machine_of(path)]);
            if (ph_file_kind(directory) == PH_FILE_NONE)
                check(ph_make_directories(directory));
            (void)snprintf(to, sizeof(to), "%s%s", directory, strrchr(path, '/'));
            (void)snprintf(tail, sizeof(tail), "%08x%08x", copy + 1, (unsigned)i);
            copy_file(path, to, tail, distinct ? OVERLAY : 0);
            written += (double)walk->files[i].size;
            files++;
        }
    return files;
}

struct command {
    const char *label, *words; /* words for sh; $PROGRAM, $DISTINCT, $ALIKE, $ONCE, $INDEX */
    double wall_s[ROUNDS], cpu_s[ROUNDS];
};

static double children_s(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_CHILDREN, &usage))
        return NAN;
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void time_command(struct command *command, unsigned round)
{
    double cpu_s = children_s();
    int64_t start = ph_boottime_ns();
    int status = system(command->words); /* NOLINT(cert-env33-c): our own words */

    command->wall_s[round] = (double)(ph_boottime_ns() - start) / 1e9;
    command->cpu_s[round] = children_s() - cpu_s;
    if (status == -1 || !WIFEXITED(status) || WEXITSTATUS(status) > 1)
        check(ph_errorf(PH_ERR_IO, "'%s' failed", command->words));
}

#define STRINGS "find \"$DISTINCT\" -type f -print0 | xargs -0 strings -n 4 -f -e "
#define ALLOW_LOSSES " || test $? -le 2"

static void measure_folder(const struct ph_walk *walk, double megabytes)
{
    struct command commands[] = {
        {.label = "GNU strings -n 4 -f | grep -F, one encoding",
         .words = STRINGS "s | grep -F " TAG " >/dev/null"},
        {.label = "poolhound scan, cold index, all contents differ",
         .words = "rm -f \"$INDEX\"*; \"$PROGRAM\" scan --csv --index \"$INDEX\" \"$DISTINCT\" "
                  ">/dev/null 2>&1" ALLOW_LOSSES},
        {.label = "the same, folder of alike copies",
         .words = "rm -f \"$INDEX.b\"*; \"$PROGRAM\" scan --csv --index \"$INDEX.b\" \"$ALIKE\" "
                  ">/dev/null 2>&1" ALLOW_LOSSES},
        {.label = "poolhound who, second question, this folder",
         .words = "\"$PROGRAM\" who " TAG
                  " --index \"$INDEX\" -D \"$DISTINCT\" >/dev/null 2>&1" ALLOW_LOSSES},
        {.label = "poolhound who, second question, each driver once",
         .words = "\"$PROGRAM\" who " TAG
                  " --index \"$INDEX.c\" -D \"$ONCE\" >/dev/null 2>&1" ALLOW_LOSSES},
        {.label = "strings | grep, both encodings",
         .words = STRINGS "s | grep -F " TAG " >/dev/null; " STRINGS "l | grep -F " TAG
                          " >/dev/null; true"},
        {.label = "grep -r -laF (bytes, one encoding)",
         .words = "grep -r -laF " TAG " \"$DISTINCT\" >/dev/null"},
    };
    char path[512];

    size_t files = repeat(walk, "distinct", megabytes, true);
    (void)repeat(walk, "alike", megabytes, false);
    printf("\nfolder of %zu real drivers repeated: %zu files, %.0f MB; medians of %d\n",
           walk->count, files, megabytes, ROUNDS);
    static const char *const NAMES[][2] = {{"DISTINCT", "distinct"},
                                           {"ALIKE", "alike"},
                                           {"ONCE", "distinct/0000"},
                                           {"INDEX", "index"}};
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, NAMES[i][1]);
        (void)setenv(NAMES[i][0], path, 1);
    }
    (void)setenv("PROGRAM", BENCH_PROGRAM, 1);
    (void)setenv("LC_ALL", "C", 1);
    size_t count = sizeof(commands) / sizeof(commands[0]);
    for (size_t i = 0; i < count; i++) /* pages of files and programs come into memory */
        time_command(&commands[i], 0);
    for (unsigned round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < count; i++)
            time_command(&commands[i], round);
    for (size_t i = 0; i < count; i++)
        printf("  %-50s %8.3f s wall  %8.3f s CPU  %8.3f of strings\n", commands[i].label,
               median(commands[i].wall_s), median(commands[i].cpu_s),
               median(commands[i].wall_s) / median(commands[0].wall_s));
}

/* ------------------------------------------------------------------ */

static void prepare(const char *command)
{
    int status = system(command); /* NOLINT(cert-env33-c): our own words */

    if (status == -1 || !WIFEXITED(status) ||
        (WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 77))
        check(ph_errorf(PH_ERR_IO, "'%s' failed", command));
}

static void find_drivers(const char *const *paths, size_t count, struct ph_walk *walk)
{
    const struct ph_walk_options options = {.recurse = true, .wanted = is_driver};

    for (size_t i = 0; i < count; i++)
        if (ph_file_kind(paths[i]) == PH_FILE_DIRECTORY)
            check(ph_walk_add(walk, paths[i], &options));
}

int main(int count, char **arguments)
{
    static const char *const REAL[] = {BENCH_BUILD "/drivers/x86", BENCH_BUILD "/drivers/x64",
                                       BENCH_BUILD "/drivers/arm64", BENCH_BUILD "/drivers/wine"};
    static const char *const FIXTURES[] = {BENCH_BUILD "/fixtures"};
    PH_GUARD(ph_walk_fini) struct ph_walk real = {0}, fixtures = {0};
    double megabytes = count > 1 ? strtod(arguments[1], NULL) : MEGABYTES;

    if (megabytes <= 0 || count > 3) {
        fprintf(stderr, "usage: bench_scan [megabytes [folder]]\n");
        return 2;
    }
    prepare(BENCH_ROOT "/tools/build-fixtures " BENCH_BUILD "/fixtures");
    prepare(BENCH_ROOT "/tools/fetch-drivers --wine " BENCH_BUILD "/drivers " BENCH_EXTRACTOR);
    find_drivers(REAL, sizeof(REAL) / sizeof(REAL[0]), &real);
    find_drivers(FIXTURES, 1, &fixtures);
    if (fixtures.count)
        measure_quality("fixtures", BENCH_ROOT "/tests/drivers/fixtures.manifest", &fixtures);
    if (!real.count) {
        printf("no real driver is here: nothing more to measure\n");
        return 0;
    }
    measure_quality("real drivers", BENCH_ROOT "/tests/drivers/real.manifest", &real);
    (void)snprintf(folder, sizeof(folder), "%s/poolhound-bench-XXXXXX",
                   count > 2 ? arguments[2] : "/tmp");
    if (!mkdtemp(folder)) {
        folder[0] = 0;
        check(ph_errorf(PH_ERR_IO, "no folder for copies can be made"));
    }
    (void)atexit(remove_folder);
    measure_folder(&real, megabytes);
    return 0;
}
