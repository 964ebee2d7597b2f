#include "trace_load.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char folder[128];
static char name_of_file[192], name_of_source[192];

/* ------------------------------------------------------------------ the work */

static void fail(void)
{
    _exit(1);
}

static void make_files(unsigned operations)
{
    for (unsigned i = 0; i < operations; i++) {
        int file = open(name_of_file, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
        if (file < 0 || close(file) || unlink(name_of_file))
            fail();
    }
}

static void make_sockets(unsigned operations)
{
    for (unsigned i = 0; i < operations; i++) {
        int pair[2];
        char letter = 'x';
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || write(pair[0], &letter, 1) != 1 ||
            read(pair[1], &letter, 1) != 1 || close(pair[0]) || close(pair[1]))
            fail();
    }
}

static void make_processes(unsigned operations)
{
    for (unsigned i = 0; i < operations; i++) {
        pid_t child = fork();
        if (!child)
            _exit(0);
        if (child < 0 || waitpid(child, NULL, 0) != child)
            fail();
    }
}

static void shell(const char *command)
{
    char *words[] = {(char *)"sh", (char *)"-c", (char *)command, NULL};
    pid_t child;
    int status;

    if (posix_spawnp(&child, "sh", NULL, NULL, words, environ) ||
        waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) > 2)
        fail();
}

static void find_files(unsigned operations)
{
    (void)operations;
    shell("find /usr >/dev/null 2>&1; true");
}

static void compile(unsigned operations)
{
    (void)operations;
    shell("for i in 1 2 3; do cc -O2 -c \"$BENCH_SOURCE\" -o \"$BENCH_SOURCE.o\" || exit 3; done");
}

/* A pipe: tar reads nothing when its archive is /dev/null. */
static void archive(unsigned operations)
{
    (void)operations;
    shell("tar -cf - /usr/include 2>/dev/null | cat >/dev/null");
}

static void start_programs(unsigned operations)
{
    char *words[] = {(char *)"true", NULL};

    for (unsigned i = 0; i < operations; i++) {
        pid_t child = fork();
        if (!child) {
            execv("/bin/true", words);
            _exit(1);
        }
        int status = 1;
        if (child < 0 || waitpid(child, &status, 0) != child || status)
            fail();
    }
}

const struct trace_load trace_loads[TRACE_LOADS] = {
    {"file", "create and unlink", 20000, make_files},
    {"sock", "a socket pair, one byte", 15000, make_sockets},
    {"fork", "fork and wait", 2000, make_processes},
    {"find", "find /usr", 1, find_files},
    {"cc", "three times cc -O2", 1, compile},
    {"tar", "tar of /usr/include", 1, archive},
    {"exec", "150 times /bin/true", 150, start_programs},
};

/* ------------------------------------------------------------------ their files */

static bool write_source(void)
{
    static const char *const headers[] = {"ctype", "errno",  "fcntl",  "math",
                                          "stdio", "stdlib", "string", "time"};
    FILE *file = fopen(name_of_source, "w");

    if (!file)
        return false;
    for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
        (void)fprintf(file, "#include <%s.h>\n", headers[i]);
    for (int i = 0; i < 60; i++)
        (void)fprintf(file,
                      "double f%d(const double *a, int n)\n{\n    double s = %d;\n"
                      "    for (int i = 0; i < n; i++)\n        s += a[i] * s > %d ? sqrt(a[i]) : "
                      "a[n - i];\n    printf(\"%%f\\n\", s);\n    return s;\n}\n",
                      i, i, i);
    return !fclose(file);
}

bool trace_load_prepare(void)
{
    const char *place = getenv("TMPDIR");

    (void)snprintf(folder, sizeof(folder), "%s/bench-trace-XXXXXX",
                   place && strlen(place) < 64 ? place : "/tmp");
    if (!mkdtemp(folder)) {
        perror(folder);
        return false;
    }
    (void)snprintf(name_of_file, sizeof(name_of_file), "%s/file", folder);
    (void)snprintf(name_of_source, sizeof(name_of_source), "%s/source.c", folder);
    (void)setenv("BENCH_SOURCE", name_of_source, 1);
    if (write_source())
        return true;
    perror(name_of_source);
    trace_load_clean();
    return false;
}

void trace_load_clean(void)
{
    char object[256];

    (void)snprintf(object, sizeof(object), "%s.o", name_of_source);
    (void)unlink(object);
    (void)unlink(name_of_source);
    (void)unlink(name_of_file);
    (void)rmdir(folder);
}

/* ------------------------------------------------------------------ a run */

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* The scheduler shares by session before it shares by process: what else this machine does is
 * noise.
 */
static void come_first(void)
{
    (void)setsid();
    int file = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return;
    (void)!write(file, "-15", 3);
    (void)close(file);
}

/* A process that waits for the pipe `go` to close, works, and ends. */
static pid_t begin(const struct trace_load *load, int go[2])
{
    if (pipe2(go, O_CLOEXEC))
        return -1;
    pid_t child = fork();
    if (!child) {
        char letter;
        (void)close(go[1]);
        come_first();
        (void)!read(go[0], &letter, 1);
        load->work(load->operations);
        _exit(0);
    }
    (void)close(go[0]);
    if (child < 0)
        (void)close(go[1]);
    return child;
}

static bool end(pid_t child, int go, double *cpu_s)
{
    struct rusage used;
    int status;

    (void)close(go);
    if (wait4(child, &status, 0, &used) != child || status)
        return false;
    *cpu_s = seconds(used.ru_utime) + seconds(used.ru_stime);
    return true;
}

bool trace_load_run(const struct trace_load *load, double *cpu_s)
{
    int go[2];
    pid_t child = begin(load, go);

    return child >= 0 && end(child, go[1], cpu_s);
}

/* ------------------------------------------------------------------ its events */

static const char *const EVENTS[] = {"kmalloc", "kmem_cache_alloc", "kfree", "kmem_cache_free"};
enum { EVENT_COUNT = sizeof(EVENTS) / sizeof(*EVENTS) };

static int count_event(const char *event, pid_t process)
{
    struct perf_event_attr wanted = {
        .type = PERF_TYPE_TRACEPOINT, .size = sizeof(wanted), .inherit = 1};
    char path[128], digits[32] = "";

    (void)snprintf(path, sizeof(path), "/sys/kernel/tracing/events/kmem/%s/id", event);
    FILE *file = fopen(path, "r");
    if (!file)
        return -1;
    if (!fgets(digits, sizeof(digits), file))
        digits[0] = 0;
    (void)fclose(file);
    wanted.config = strtoull(digits, NULL, 10);
    return (int)syscall(SYS_perf_event_open, &wanted, process, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

bool trace_load_events(const struct trace_load *load, double *events)
{
    int go[2], counters[EVENT_COUNT];
    bool good = true;
    double cpu_s;

    pid_t child = begin(load, go);
    if (child < 0)
        return false;
    for (size_t i = 0; i < EVENT_COUNT; i++) {
        counters[i] = count_event(EVENTS[i], child);
        good = good && counters[i] >= 0;
    }
    good = end(child, go[1], &cpu_s) && good;
    *events = 0;
    for (size_t i = 0; i < EVENT_COUNT; i++) {
        uint64_t value = 0;
        good = good && read(counters[i], &value, sizeof(value)) == sizeof(value);
        *events += (double)value;
        if (counters[i] >= 0)
            (void)close(counters[i]);
    }
    return good;
}
