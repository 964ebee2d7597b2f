/* bench_top - what a refresh of `poolhound top` costs beside slabtop (procps), at the same time.
 *
 * All of them run in terminals of their own of one size (pseudo-terminals that are read as they are
 * written), refresh once a second, and read the same kernel. A round starts them together, lets
 * them settle, and then takes for some seconds:
 *
 *   CPU      user + system time of the whole process, all its threads, by its CPU clock; the
 *            start is not in it, what the kernel does to make the text of /proc is
 *   bytes    written to the terminal
 *   memory   peak of the resident memory (VmHWM), and what is resident at the end
 *
 * Numbers are for a refresh (a second); medians of the rounds. `--no-sites` reads what slabtop
 * reads and the totals; without it top also reads /proc/allocinfo and /proc/vmallocinfo.
 *
 *     bench_top [SECONDS [ROUNDS [PATH OF POOLHOUND]]]
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/os.h"

enum { SECONDS = 20, ROUNDS = 5, ROUNDS_MOST = 100, SETTLE_S = 4, SUBJECTS = 3, ARGUMENTS = 6 };

struct subject {
    const char *name;
    const char *words[ARGUMENTS];
    /* while it runs */
    pid_t pid;
    int terminal;
    uint64_t bytes;
    /* of each round, for a refresh */
    double cpu_us[ROUNDS_MOST], written[ROUNDS_MOST], peak_kb[ROUNDS_MOST], now_kb[ROUNDS_MOST];
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
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

static double least(const double *values, size_t count)
{
    double found = values[0];

    for (size_t i = 1; i < count; i++)
        found = values[i] < found ? values[i] : found;
    return found;
}

static double most(const double *values, size_t count)
{
    double found = values[0];

    for (size_t i = 1; i < count; i++)
        found = values[i] > found ? values[i] : found;
    return found;
}

/* ------------------------------------------------------------------ one program in its terminal */

static bool start(struct subject *subject, unsigned short columns, unsigned short rows)
{
    struct winsize size = {.ws_row = rows, .ws_col = columns};

    subject->bytes = 0;
    subject->pid = forkpty(&subject->terminal, NULL, NULL, &size);
    if (subject->pid == 0) {
        (void)setenv("TERM", "xterm-256color", 1);
        (void)unsetenv("NO_COLOR");
        (void)unsetenv("COLUMNS");
        (void)unsetenv("LINES");
        execvp(subject->words[0], (char *const *)subject->words);
        _exit(127);
    }
    if (subject->pid < 0)
        return false;
    return fcntl(subject->terminal, F_SETFL, O_NONBLOCK) == 0;
}

static bool runs(struct subject *subject)
{
    if (subject->pid > 0 && waitpid(subject->pid, NULL, WNOHANG) == 0)
        return true;
    subject->pid = 0;
    return false;
}

static void stop(struct subject *subject)
{
    if (subject->pid > 0) {
        (void)kill(subject->pid, SIGTERM);
        for (int i = 0; i < 20 && runs(subject); i++) {
            char rest[4096]; /* it may wait for its terminal */
            while (read(subject->terminal, rest, sizeof(rest)) > 0)
                continue;
            (void)poll(NULL, 0, 100);
        }
        if (subject->pid > 0) {
            (void)kill(subject->pid, SIGKILL);
            (void)waitpid(subject->pid, NULL, 0);
        }
    }
    if (subject->terminal > 0)
        (void)close(subject->terminal);
    subject->pid = 0;
    subject->terminal = 0;
}

/* CPU time of another process, in microseconds; 0 when it is gone. */
static double cpu_us(pid_t pid)
{
    struct timespec time;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &time))
        return 0;
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* A number of /proc/PID/status, in KB. */
static double status_kb(pid_t pid, const char *key)
{
    char path[64], line[256];
    double value = 0;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    while (fgets(line, sizeof(line), file))
        if (!strncmp(line, key, strlen(key)))
            value = strtod(line + strlen(key), NULL);
    (void)fclose(file);
    return value;
}

/* Reads all terminals until `deadline_ns` (boottime). */
static void drain(struct subject *subjects, int64_t deadline_ns)
{
    static char bytes[65536];

    for (;;) {
        struct pollfd waits[SUBJECTS];
        int64_t left = deadline_ns - ph_boottime_ns();
        if (left <= 0)
            return;
        for (size_t i = 0; i < SUBJECTS; i++)
            waits[i] = (struct pollfd){.fd = subjects[i].pid > 0 ? subjects[i].terminal : -1,
                                       .events = POLLIN};
        (void)poll(waits, SUBJECTS, (int)(left / 1000000) + 1);
        for (size_t i = 0; i < SUBJECTS; i++) {
            if (!(waits[i].revents & (POLLIN | POLLHUP)))
                continue;
            ssize_t got = read(subjects[i].terminal, bytes, sizeof(bytes));
            if (got > 0)
                subjects[i].bytes += (uint64_t)got;
            else if (got == 0 || (errno != EAGAIN && errno != EINTR))
                (void)runs(&subjects[i]);
        }
    }
}

/* ------------------------------------------------------------------ rounds */

/* False when one of them ended by itself; its name is told. */
static bool all_run(struct subject *subjects)
{
    for (size_t i = 0; i < SUBJECTS; i++)
        if (!runs(&subjects[i])) {
            (void)printf("SKIP: %s does not run here (installed? leave to read "
                         "/proc/slabinfo?)\n",
                         subjects[i].name);
            return false;
        }
    return true;
}

static bool measure(struct subject *subjects, size_t round, unsigned seconds)
{
    double cpu[SUBJECTS];
    uint64_t bytes[SUBJECTS];
    int64_t start_ns = ph_boottime_ns();

    drain(subjects, start_ns + SETTLE_S * PH_SECOND);
    if (!all_run(subjects))
        return false;
    for (size_t i = 0; i < SUBJECTS; i++) {
        cpu[i] = cpu_us(subjects[i].pid);
        bytes[i] = subjects[i].bytes;
    }
    drain(subjects, start_ns + (SETTLE_S + (int64_t)seconds) * PH_SECOND);
    if (!all_run(subjects))
        return false;
    for (size_t i = 0; i < SUBJECTS; i++) {
        struct subject *subject = &subjects[i];
        subject->cpu_us[round] = (cpu_us(subject->pid) - cpu[i]) / seconds;
        subject->written[round] = (double)(subject->bytes - bytes[i]) / seconds;
        subject->peak_kb[round] = status_kb(subject->pid, "VmHWM:");
        subject->now_kb[round] = status_kb(subject->pid, "VmRSS:");
    }
    return true;
}

static void print(const struct subject *subjects, size_t rounds, unsigned columns, unsigned rows)
{
    double peer = median(subjects[0].cpu_us, rounds);

    (void)printf("\n%u x %u, for a refresh:%*s", columns, rows, columns < 100 ? 12 : 11, "");
    (void)printf("CPU us    least     most   ratio    bytes  peak MB   now MB\n");
    for (size_t i = 0; i < SUBJECTS; i++) {
        const struct subject *subject = &subjects[i];
        double cpu = median(subject->cpu_us, rounds);
        (void)printf("  %-30s %8.0f %8.0f %8.0f %7.2f %8.0f %8.1f %8.1f\n", subject->name, cpu,
                     least(subject->cpu_us, rounds), most(subject->cpu_us, rounds),
                     peer > 0 ? cpu / peer : 0, median(subject->written, rounds),
                     median(subject->peak_kb, rounds) / 1024,
                     median(subject->now_kb, rounds) / 1024);
    }
    (void)fflush(stdout);
}

static bool run(struct subject *subjects, unsigned seconds, size_t rounds, unsigned short columns,
                unsigned short rows)
{
    bool good = true;

    for (size_t round = 0; good && round < rounds; round++) {
        /* another one is first in each round */
        for (size_t i = 0; good && i < SUBJECTS; i++)
            good = start(&subjects[(i + round) % SUBJECTS], columns, rows);
        good = good && measure(subjects, round, seconds);
        for (size_t i = 0; i < SUBJECTS; i++)
            stop(&subjects[i]);
    }
    if (good)
        print(subjects, rounds, columns, rows);
    return good;
}

/* ------------------------------------------------------------------ what is read */

static size_t lines_of(FILE *file)
{
    size_t lines = 0;

    for (int c; (c = getc(file)) != EOF;)
        lines += c == '\n';
    return lines;
}

static void say_how_many(const char *program)
{
    char command[4200];
    size_t caches = 0, rows = 0;
    FILE *file = fopen("/proc/slabinfo", "r");

    if (file) {
        caches = lines_of(file);
        caches -= caches < 2 ? caches : 2;
        (void)fclose(file);
    }
    (void)snprintf(command, sizeof(command), "'%s' snap --csv", program);
    file = popen(command, "r");
    if (file) {
        rows = lines_of(file);
        rows -= rows > 0;
        (void)pclose(file);
    }
    (void)printf("%zu slab caches; %zu tags as poolhound counts them\n", caches, rows);
}

int main(int argc, char **argv)
{
    long seconds = argc > 1 ? strtol(argv[1], NULL, 10) : SECONDS;
    long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : ROUNDS;
    const char *program = argc > 3 ? argv[3] : "build/poolhound";
    struct subject subjects[SUBJECTS] = {
        {.name = "slabtop -d 1", .words = {"slabtop", "-d", "1"}},
        {.name = "poolhound top", .words = {program, "top", "--interval", "1s"}},
        {.name = "poolhound top --no-sites",
         .words = {program, "top", "--interval", "1s", "--no-sites"}},
    };

    if (seconds < 1 || rounds < 1 || rounds > ROUNDS_MOST) {
        (void)fprintf(stderr, "bench_top: usage: bench_top [SECONDS [ROUNDS [PROGRAM]]]\n");
        return 2;
    }
    (void)printf("%ld rounds of %ld refreshes a second apart, all at once, %d s to settle; medians "
                 "of the rounds\n",
                 rounds, seconds, SETTLE_S);
    say_how_many(program);
    if (run(subjects, (unsigned)seconds, (size_t)rounds, 80, 24))
        (void)run(subjects, (unsigned)seconds, (size_t)rounds, 120, 40);
    return 0;
}
