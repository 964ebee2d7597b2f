/* bench_sample - what one reading costs, beside slabtop (procps), interleaved in one run.
 *
 *   command   `poolhound snap` as a whole process against `slabtop -o -s c`, round by round
 *   reading   one more reading of a source that is open, in this process, a second apart, against
 *             one refresh of a `slabtop -d 1` that runs beside it
 *   kernel    a bare read() of the same files: the kernel's own text generation, which no reader
 *             of /proc can avoid
 *   hunt      `poolhound hunt -t 1s` for as long: share of one processor, and peak memory
 * Medians; CPU is user + system time.
 *
 *     bench_sample [ROUNDS [PATH OF POOLHOUND [SECONDS]]]
 */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/os.h"
#include "source/source.h"

enum { ROUNDS = 60, SECONDS = 60, MOST = 1000 };

struct cost {
    double cpu_us[MOST], wall_us[MOST];
    size_t rounds;
};

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static double median(const double *values, size_t count)
{
    double sorted[MOST];

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
    if (cost->rounds == MOST)
        return;
    cost->cpu_us[cost->rounds] = cpu_us;
    cost->wall_us[cost->rounds++] = wall_us;
}

/* ------------------------------------------------------------------ whole commands */

static pid_t start(char *const argv[])
{
    pid_t child = fork();

    if (child == 0) {
        int null = open("/dev/null", O_RDWR);
        if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
            _exit(127);
        execvp(argv[0], argv);
        _exit(127);
    }
    return child;
}

/* Runs a command with its output thrown away; false when it cannot run. */
static bool run(char *const argv[], struct cost *cost)
{
    int64_t began = ph_boottime_ns();
    pid_t child = start(argv);
    struct rusage usage = {0};
    int status = 0;

    if (child < 0 || wait4(child, &status, 0, &usage) < 0)
        return false;
    add(cost, (seconds(usage.ru_utime) + seconds(usage.ru_stime)) * 1e6,
        (double)(ph_boottime_ns() - began) / 1e3);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* ------------------------------------------------------------------ readings in this process */

struct opened {
    struct ph_source *source;
    struct ph_catalog catalog;
    struct ph_sample sample;
};

static struct ph_error *reading(struct opened *opened, struct cost *cost)
{
    int64_t cpu = ph_cpu_ns(), began = ph_boottime_ns();
    bool end;

    PH_TRY(opened->source->ops->read(opened->source, &opened->catalog, &opened->sample, &end));
    add(cost, (double)(ph_cpu_ns() - cpu) / 1e3, (double)(ph_boottime_ns() - began) / 1e3);
    return NULL;
}

static const char *const paths[] = {"/proc/slabinfo", "/proc/meminfo",     "/proc/vmstat",
                                    "/proc/zoneinfo", "/proc/vmallocinfo", "/proc/allocinfo"};
enum { FILES = sizeof(paths) / sizeof(paths[0]) };

static struct ph_error *bare(struct ph_handle *handle, struct ph_text *text, struct cost *cost)
{
    int64_t cpu = ph_cpu_ns(), began = ph_boottime_ns();

    PH_TRY(ph_handle_read(handle, text));
    add(cost, (double)(ph_cpu_ns() - cpu) / 1e3, (double)(ph_boottime_ns() - began) / 1e3);
    return NULL;
}

/* ------------------------------------------------------------------ programs that run beside us */

struct beside {
    pid_t pid;
    int terminal;  /* -1 = none */
    double cpu_us; /* so far */
    double peak_kb;
};

/* slabtop wants a terminal to draw on. */
static bool start_slabtop(struct beside *beside)
{
    char *const argv[] = {"slabtop", "-d", "1", "-s", "c", NULL};
    struct winsize size = {.ws_row = 24, .ws_col = 80};

    beside->pid = forkpty(&beside->terminal, NULL, NULL, &size);
    if (beside->pid == 0) {
        (void)setenv("TERM", "xterm", 1);
        execvp(argv[0], argv);
        _exit(127);
    }
    return beside->pid > 0;
}

static double number_after(const char *text, const char *name)
{
    const char *at = text ? strstr(text, name) : NULL;

    return at ? strtod(at + strlen(name), NULL) : 0;
}

/* CPU time by the scheduler's own count, which is exact where the clock ticks are not. */
static void look(struct beside *beside)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    ph_autofree char *schedstat = ph_format("/proc/%ld/schedstat", (long)beside->pid);
    ph_autofree char *status = ph_format("/proc/%ld/status", (long)beside->pid);

    if (schedstat)
        ph_error_free(ph_read_file(schedstat, 4096, &text));
    if (text.size)
        beside->cpu_us = strtod(text.data, NULL) / 1e3;
    ph_text_clear(&text);
    if (status)
        ph_error_free(ph_read_file(status, 65536, &text));
    double peak_kb = number_after(text.data, "VmHWM:");
    beside->peak_kb = peak_kb > beside->peak_kb ? peak_kb : beside->peak_kb;
}

static void stop(struct beside *beside)
{
    if (beside->pid > 0) {
        (void)kill(beside->pid, SIGTERM);
        (void)waitpid(beside->pid, NULL, 0);
    }
    if (beside->terminal >= 0)
        (void)close(beside->terminal);
    *beside = (struct beside){.pid = -1, .terminal = -1};
}

/* Waits, and throws away what is drawn meanwhile. */
static void wait_until(int64_t deadline_ns, int terminal)
{
    char drawn[4096];

    for (int64_t left; (left = deadline_ns - ph_boottime_ns()) > 0;) {
        struct pollfd output = {.fd = terminal, .events = POLLIN};
        if (poll(&output, 1, (int)(left / 1000000) + 1) > 0 &&
            read(terminal, drawn, sizeof(drawn)) <= 0)
            terminal = -1;
    }
}

/* ------------------------------------------------------------------ the comparison */

struct bench {
    struct opened source;
    struct cost snap, slabtop, reading, refresh, files[FILES];
    struct ph_handle *handles[FILES];
    struct ph_text text;
    struct beside slabtop_beside, hunt_beside;
    double hunt_percent, hunt_peak_mb;
};

static struct ph_error *open_files(struct bench *bench)
{
    for (size_t i = 0; i < FILES; i++)
        ph_error_free(ph_handle_open(paths[i], &bench->handles[i])); /* not every kernel has each */
    if (!bench->handles[0])
        return ph_errorf(PH_ERR_ACCESS, "/proc/slabinfo: not readable; run this as root");
    return ph_source_open(&(struct ph_source_options){0}, &bench->source.source);
}

static struct ph_error *compare_commands(struct bench *bench, char *program, size_t rounds)
{
    char *snap[] = {program, "snap", NULL};
    char *slabtop[] = {"slabtop", "-o", "-s", "c", NULL};

    for (size_t i = 0; i < rounds; i++) {
        if (!run(snap, &bench->snap))
            return ph_errorf(PH_ERR_NOT_FOUND, "%s snap: does not run", program);
        if (!run(slabtop, &bench->slabtop))
            return ph_errorf(PH_ERR_NOT_FOUND, "slabtop: does not run; install procps");
    }
    return NULL;
}

static struct ph_error *compare_readings(struct bench *bench, size_t rounds)
{
    struct cost warm = {.rounds = 0};
    struct beside *slabtop = &bench->slabtop_beside;
    double before = 0;
    int64_t began;

    PH_TRY(reading(&bench->source, &warm)); /* the first one learns what the caches are */
    if (!start_slabtop(slabtop))
        return ph_errorf(PH_ERR_IO, "slabtop: cannot be given a terminal");
    began = ph_boottime_ns();
    for (size_t i = 0; i < rounds; i++) {
        int64_t second = began + ((int64_t)i + 1) * PH_SECOND;
        wait_until(second + PH_SECOND * 2 / 5, slabtop->terminal); /* between two refreshes */
        look(slabtop);
        if (i && slabtop->cpu_us > before)
            add(&bench->refresh, slabtop->cpu_us - before, 0);
        before = slabtop->cpu_us;
        PH_TRY(reading(&bench->source, &bench->reading));
        /* not right behind it: what a reading just used would be in the processor's caches */
        wait_until(second + PH_SECOND * 7 / 10, slabtop->terminal);
        for (size_t k = 0; k < FILES; k++)
            if (bench->handles[k])
                PH_TRY(bare(bench->handles[k], &bench->text, &bench->files[k]));
    }
    return NULL;
}

static struct ph_error *measure_hunt(struct bench *bench, char *program, size_t length)
{
    ph_autofree char *duration = ph_format("%zus", length);
    char *hunt[] = {program, "hunt", "-q", "-t", "1s", "-d", duration, "--no-keep", NULL};
    struct beside *beside = &bench->hunt_beside;
    int64_t began = ph_boottime_ns();
    struct rusage usage = {0};
    pid_t ended = 0;
    int status = 0;

    if (!duration)
        return ph_error_nomem();
    beside->pid = start(hunt);
    while (beside->pid > 0 && (ended = wait4(beside->pid, &status, WNOHANG, &usage)) == 0) {
        look(beside);
        wait_until(ph_boottime_ns() + PH_SECOND / 10, -1);
    }
    beside->pid = -1;
    if (ended < 0 || !WIFEXITED(status) || WEXITSTATUS(status) > 1)
        return ph_errorf(PH_ERR_NOT_FOUND, "%s hunt: does not run", program);
    bench->hunt_percent = (seconds(usage.ru_utime) + seconds(usage.ru_stime)) * 1e11 /
                          (double)(ph_boottime_ns() - began);
    bench->hunt_peak_mb = beside->peak_kb / 1024;
    return NULL;
}

/* ------------------------------------------------------------------ results */

static void row(const char *what, const struct cost *cost, const struct cost *peer)
{
    double wall_us = median(cost->wall_us, cost->rounds);

    printf("  %-36s %9.0f ", what, median(cost->cpu_us, cost->rounds));
    if (wall_us > 0)
        printf("%9.0f", wall_us);
    else
        printf("%9s", "-");
    if (peer && peer->rounds)
        printf(" %9.2f", median(cost->cpu_us, cost->rounds) / median(peer->cpu_us, peer->rounds));
    printf("\n");
}

static void print(const struct bench *bench)
{
    printf("%zu tags on this machine; medians in microseconds\n\n", bench->source.sample.count);
    printf("  %-36s %9s %9s %9s\n", "", "CPU", "wall", "CPU ratio");
    if (bench->slabtop.rounds) {
        row("slabtop -o -s c, the command", &bench->slabtop, NULL);
        row("poolhound snap, the command", &bench->snap, &bench->slabtop);
        printf("\n");
    }
    if (bench->reading.rounds) {
        row("slabtop -d 1, one refresh", &bench->refresh, NULL);
        row("poolhound, one more reading", &bench->reading, &bench->refresh);
        if (bench->slabtop.rounds)
            row("the same beside slabtop -o -s c", &bench->reading, &bench->slabtop);
        printf(
            "\n  of which the kernel's own text generation (a bare read of each file; vmallocinfo\n"
            "  is not read every time):\n");
        for (size_t i = 0; i < FILES; i++)
            if (bench->handles[i])
                row(paths[i], &bench->files[i], &bench->refresh);
    }
    if (bench->hunt_percent > 0)
        printf("\n  poolhound hunt -t 1s: %.3f %% of one processor (target 0.2), peak %.1f MB "
               "(target 16)\n",
               bench->hunt_percent, bench->hunt_peak_mb);
}

static size_t argument(int argc, char **argv, int at, size_t otherwise)
{
    size_t number = argc > at ? strtoul(argv[at], NULL, 10) : otherwise;

    return number > MOST ? MOST : number;
}

static struct ph_error *measure(struct bench *bench, char *program, size_t rounds, size_t length)
{
    PH_TRY(open_files(bench));
    PH_TRY(compare_commands(bench, program, rounds));
    PH_TRY(compare_readings(bench, length));
    stop(&bench->slabtop_beside);
    return length ? measure_hunt(bench, program, length) : NULL;
}

int main(int argc, char **argv)
{
    static struct bench bench = {.slabtop_beside = {.pid = -1, .terminal = -1},
                                 .hunt_beside = {.pid = -1, .terminal = -1}};
    static char built[] = "build/poolhound";
    struct ph_error *error =
        measure(&bench, argc > 2 ? argv[2] : built, argument(argc, argv, 1, ROUNDS),
                argument(argc, argv, 3, SECONDS));

    stop(&bench.slabtop_beside);
    stop(&bench.hunt_beside);
    if (error)
        fprintf(stderr, "bench_sample: %s\n", error->text);
    else
        print(&bench);
    for (size_t i = 0; i < FILES; i++)
        ph_handle_close(bench.handles[i]);
    ph_source_close(bench.source.source);
    ph_sample_fini(&bench.source.sample);
    ph_catalog_fini(&bench.source.catalog);
    ph_text_fini(&bench.text);
    ph_error_free(error);
    return error ? 2 : 0;
}
