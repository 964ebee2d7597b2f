/* bench_sample - what one reading costs, beside slabtop (procps), interleaved in one run.
 *
 * Three comparisons, each a median over rounds with the ratio to slabtop's:
 *   command   `poolhound snap` as a whole process      against `slabtop -o -s c`
 *   reading   one more reading of a source that is open, in this process
 *   kernel    a bare read() of the same files: the kernel's own text generation, which no reader
 *             of /proc can avoid
 * CPU is user + system time; wall time is told beside it.
 *
 *     bench_sample [ROUNDS [PATH OF POOLHOUND]]
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/os.h"
#include "source/source.h"

enum { ROUNDS = 60, ROUNDS_MOST = 1000 };

struct cost {
    double cpu_us[ROUNDS_MOST], wall_us[ROUNDS_MOST];
    size_t rounds;
};

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static double median(const double *values, size_t count)
{
    double sorted[ROUNDS_MOST];

    memcpy(sorted, values, count * sizeof(*values));
    qsort(sorted, count, sizeof(*sorted), by_size);
    return count ? sorted[count / 2] : 0;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void add(struct cost *cost, double cpu_us, double wall_us)
{
    cost->cpu_us[cost->rounds] = cpu_us;
    cost->wall_us[cost->rounds++] = wall_us;
}

/* Runs a command with its output thrown away; false when it cannot run. */
static bool run(char *const argv[], struct cost *cost)
{
    int64_t start = ph_boottime_ns();
    pid_t child = fork();
    struct rusage usage;
    int status;

    if (child == 0) {
        int null = open("/dev/null", O_RDWR);
        if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
            _exit(127);
        execvp(argv[0], argv);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &usage) < 0)
        return false;
    add(cost, (seconds(usage.ru_utime) + seconds(usage.ru_stime)) * 1e6,
        (double)(ph_boottime_ns() - start) / 1e3);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

struct opened {
    struct ph_source *source;
    struct ph_catalog catalog;
    struct ph_sample sample;
};

static struct ph_error *reading(struct opened *opened, struct cost *cost)
{
    int64_t cpu = ph_cpu_ns(), start = ph_boottime_ns();
    bool end;

    PH_TRY(opened->source->ops->read(opened->source, &opened->catalog, &opened->sample, &end));
    add(cost, (double)(ph_cpu_ns() - cpu) / 1e3, (double)(ph_boottime_ns() - start) / 1e3);
    return NULL;
}

static struct ph_error *bare(struct ph_handle *const *handles, size_t count, struct ph_text *text,
                             struct cost *cost)
{
    int64_t cpu = ph_cpu_ns(), start = ph_boottime_ns();

    for (size_t i = 0; i < count; i++)
        if (handles[i])
            PH_TRY(ph_handle_read(handles[i], text));
    add(cost, (double)(ph_cpu_ns() - cpu) / 1e3, (double)(ph_boottime_ns() - start) / 1e3);
    return NULL;
}

static void row(const char *what, const struct cost *cost, const struct cost *peer)
{
    printf("  %-40s %9.0f %9.0f", what, median(cost->cpu_us, cost->rounds),
           median(cost->wall_us, cost->rounds));
    if (peer && peer->rounds)
        printf(" %9.2f", median(cost->cpu_us, cost->rounds) / median(peer->cpu_us, peer->rounds));
    printf("\n");
}

struct bench {
    struct opened all, slabs; /* everything; without the allocation sites and areas */
    struct cost snap, slabtop, all_cost, slabs_cost, slabinfo_cost, rest_cost;
    struct ph_handle *files[4];
    struct ph_text text;
};

static struct ph_error *open_files(struct bench *bench)
{
    static const char *const paths[] = {"/proc/slabinfo", "/proc/meminfo", "/proc/vmallocinfo",
                                        "/proc/allocinfo"};

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        ph_error_free(ph_handle_open(paths[i], &bench->files[i])); /* not every kernel has each */
    if (!bench->files[0])
        return ph_errorf(PH_ERR_ACCESS, "/proc/slabinfo: not readable; run this as root");
    PH_TRY(ph_source_open(&(struct ph_source_options){0}, &bench->all.source));
    return ph_source_open(&(struct ph_source_options){.no_sites = true}, &bench->slabs.source);
}

static struct ph_error *measure(struct bench *bench, const char *program, size_t rounds)
{
    ph_autofree char *path = ph_strdup(program);
    char *snap[] = {path, "snap", NULL};
    char *slabtop[] = {"slabtop", "-o", "-s", "c", NULL};
    struct cost warm = {.rounds = 0};

    if (!path)
        return ph_error_nomem();
    PH_TRY(open_files(bench));
    PH_TRY(reading(&bench->all, &warm)); /* the first one learns what the caches are */
    PH_TRY(reading(&bench->slabs, &warm));
    for (size_t i = 0; i < rounds; i++) {
        if (!run(snap, &bench->snap))
            return ph_errorf(PH_ERR_NOT_FOUND, "%s snap: does not run", program);
        if (!run(slabtop, &bench->slabtop))
            return ph_errorf(PH_ERR_NOT_FOUND, "slabtop: does not run; install procps");
        PH_TRY(reading(&bench->all, &bench->all_cost));
        PH_TRY(reading(&bench->slabs, &bench->slabs_cost));
        PH_TRY(bare(bench->files, 1, &bench->text, &bench->slabinfo_cost));
        PH_TRY(bare(bench->files + 1, 3, &bench->text, &bench->rest_cost));
    }
    return NULL;
}

static void print(const struct bench *bench, size_t rounds)
{
    printf("%zu interleaved rounds on this machine, %zu tags; medians in microseconds\n\n", rounds,
           bench->all.sample.count);
    printf("  %-40s %9s %9s %9s\n", "", "CPU", "wall", "CPU ratio");
    row("slabtop -o -s c, the command", &bench->slabtop, NULL);
    row("poolhound snap, the command", &bench->snap, &bench->slabtop);
    row("one more reading, everything", &bench->all_cost, &bench->slabtop);
    row("one more reading, without sites, areas", &bench->slabs_cost, &bench->slabtop);
    printf("\n  of which the kernel's text generation (a bare read of the files):\n");
    row("/proc/slabinfo", &bench->slabinfo_cost, &bench->slabtop);
    row("meminfo, vmallocinfo, allocinfo", &bench->rest_cost, &bench->slabtop);
    printf("\nAt one reading a second: %.2f %% of one core\n",
           median(bench->all_cost.cpu_us, bench->all_cost.rounds) / 1e4);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : ROUNDS;
    const char *program = argc > 2 ? argv[2] : "build/poolhound";

    rounds = rounds < 1 ? ROUNDS : rounds > ROUNDS_MOST ? ROUNDS_MOST : rounds;
    struct ph_error *error = measure(&bench, program, rounds);
    if (error)
        fprintf(stderr, "bench_sample: %s\n", error->text);
    else
        print(&bench, rounds);
    for (size_t i = 0; i < 4; i++)
        ph_handle_close(bench.files[i]);
    struct opened *both[] = {&bench.all, &bench.slabs};
    for (size_t i = 0; i < 2; i++) {
        ph_source_close(both[i]->source);
        ph_sample_fini(&both[i]->sample);
        ph_catalog_fini(&both[i]->catalog);
    }
    ph_text_fini(&bench.text);
    ph_error_free(error);
    return error ? 2 : 0;
}
