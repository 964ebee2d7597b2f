#include "age_load.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void nap(double seconds)
{
    struct timespec span = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};

    while (nanosleep(&span, &span) && errno == EINTR)
        ;
}

const char *load_folder(void)
{
    static char folder[64];

    if (!*folder) {
        strcpy(folder, "/tmp/bench-age-XXXXXX");
        if (!mkdtemp(folder)) {
            perror(folder);
            exit(2);
        }
    }
    return folder;
}

static void shell(const char *command)
{
    if (system(command) == -1)
        _exit(2);
}

void load_clean(void)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf '%s'", load_folder());
    shell(command);
}

/* ------------------------------------------------------------------ ordinary work */

static _Noreturn void again(const char *command, double pause_s)
{
    for (;;) {
        shell(command);
        nap(pause_s);
    }
}

static void files_of_usr(void)
{
    again("find /usr -xdev -size +1 >/dev/null 2>&1", .5);
}

static void archive(void)
{
    again("tar cf - /usr/include /usr/share/doc 2>/dev/null | cat >/dev/null", .5);
}

static void compile(void)
{
    char command[400];

    snprintf(command, sizeof(command),
             "cd '%s' && printf '#include <stdio.h>\\n#include <stdlib.h>\\n#include <math.h>\\n"
             "int main(void){return (int)sin(rand());}\\n' >cc.c && cc -O2 -c cc.c -o cc.o",
             load_folder());
    again(command, .2);
}

static void run_programs(void)
{
    again("for i in 1 2 3 4 5 6 7 8 9 10; do /bin/true; done", .05);
}

static void socket_pairs(void)
{
    for (;;) {
        int pairs[100][2];
        for (size_t i = 0; i < 100; i++)
            if (socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]) ||
                write(pairs[i][0], "hello", 5) != 5)
                _exit(2);
        nap(.1);
        for (size_t i = 0; i < 100; i++) {
            close(pairs[i][0]);
            close(pairs[i][1]);
        }
        nap(.05);
    }
}

static void make_and_unlink(void)
{
    char path[128];

    for (unsigned n = 0;; n++) {
        snprintf(path, sizeof(path), "%s/file-%u", load_folder(), n);
        int fd = open(path, O_CREAT | O_WRONLY, 0600);
        if (fd < 0 || write(fd, path, sizeof(path)) < 0)
            _exit(2);
        close(fd);
        if (n >= 500) { /* some live for a while */
            snprintf(path, sizeof(path), "%s/file-%u", load_folder(), n - 500);
            unlink(path);
        }
        if (n % 50 == 0)
            nap(.05);
    }
}

static void fork_and_wait(void)
{
    for (;;) {
        pid_t children[10];
        for (size_t i = 0; i < 10; i++)
            if (!(children[i] = fork()))
                _exit(0);
        for (size_t i = 0; i < 10; i++)
            waitpid(children[i], NULL, 0);
        nap(.02);
    }
}

static void fill_page_cache(void)
{
    char command[200];

    snprintf(command, sizeof(command),
             "dd if=/dev/zero of='%s/big' bs=1M count=150 2>/dev/null; cat '%s/big' >/dev/null; "
             "rm '%s/big'",
             load_folder(), load_folder(), load_folder());
    again(command, 1);
}

/* Sessions of 10 to 120 s, each a process with 20 sockets; some forty at a time, from a start with
 * all of them on. */
static void long_sessions(void)
{
    enum { SESSIONS = 40, SOCKETS = 20 };
    unsigned state = 1;

    for (unsigned living = 0;; living++) {
        if (living >= SESSIONS)
            wait(NULL);
        state = state * 1103515245u + 12345u;
        double seconds = 10 + (state >> 8) % 1100 / 10.;
        if (!fork()) {
            for (int i = 0; i < SOCKETS; i++)
                (void)socket(AF_INET, i % 2 ? SOCK_STREAM : SOCK_DGRAM, 0);
            nap(seconds);
            _exit(0);
        }
        nap(.1);
    }
}

static void open_many(unsigned count, double pause_s)
{
    for (unsigned i = 0; i < count; i++) {
        if (eventfd(0, 0) < 0)
            return;
        if (pause_s > 0)
            nap(pause_s);
    }
}

/* Nothing for 15 s, then 5,000 descriptors in 10 s, then nothing more. */
static void one_step(void)
{
    nap(15);
    open_many(5000, .002);
    pause();
}

/* 10,000 descriptors in 10 s, held for 30, closed, again. */
static void batches(void)
{
    for (;;) {
        pid_t child = fork();
        if (!child) {
            open_many(10000, .001);
            nap(30);
            _exit(0);
        }
        waitpid(child, NULL, 0);
        nap(5);
    }
}

/* A pool of descriptors that fills up, ever slower: 3,000 (1 - exp(-t / 20 s)). */
static void pool_that_fills(void)
{
    unsigned open_now = 0;

    for (double left = 3000; left > 10; left *= .951229) { /* exp(-1 / 20) */
        open_many((unsigned)(3000 - left) - open_now, 0);
        open_now = (unsigned)(3000 - left);
        nap(1);
    }
    pause();
}

const struct load ordinary_loads[] = {
    {"find /usr", files_of_usr},
    {"tar", archive},
    {"cc", compile},
    {"exec", run_programs},
    {"socket pairs", socket_pairs},
    {"create, unlink", make_and_unlink},
    {"fork", fork_and_wait},
    {"page cache", fill_page_cache},
    {"long sessions", long_sessions},
    {"one step", one_step},
    {"batches", batches},
    {"pool that fills", pool_that_fills},
};
const size_t ordinary_load_count = sizeof(ordinary_loads) / sizeof(ordinary_loads[0]);

/* ------------------------------------------------------------------ leaks */

enum { PER_PROCESS = 15000, WATCHED_FILES = 32000, ITEM_FILES = 400 };

const char *leak_name(enum leak_kind kind)
{
    static const char *const NAMES[] = {"eventfd", "UDP socket", "epoll item", "inotify watch"};

    return NAMES[kind];
}

static bool leak_one(enum leak_kind kind, unsigned number)
{
    static int holder = -1, event = -1, copies[ITEM_FILES];
    char path[128];

    if (kind == LEAK_EVENTFD)
        return eventfd(0, 0) >= 0;
    if (kind == LEAK_SOCKET)
        return socket(AF_INET, SOCK_DGRAM, 0) >= 0;
    if (kind == LEAK_EPOLL_ITEM) {
        struct epoll_event in = {.events = EPOLLIN};
        if (event < 0) {
            event = eventfd(0, 0);
            for (size_t i = 0; i < ITEM_FILES; i++)
                copies[i] = dup(event);
        }
        if (number % ITEM_FILES == 0)
            holder = epoll_create1(0);
        return !epoll_ctl(holder, EPOLL_CTL_ADD, copies[number % ITEM_FILES], &in);
    }
    if (holder < 0)
        holder = inotify_init();
    snprintf(path, sizeof(path), "%s/watched-%u", load_folder(), number % WATCHED_FILES);
    return inotify_add_watch(holder, path, IN_ATTRIB) >= 0;
}

void load_prepare(void)
{
    static bool made;
    char path[128];

    for (unsigned i = 0; i < WATCHED_FILES && !made; i++) {
        snprintf(path, sizeof(path), "%s/watched-%u", load_folder(), i);
        int fd = open(path, O_CREAT | O_WRONLY, 0600);
        if (fd >= 0)
            close(fd);
    }
    made = true;
}

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* At even distances, which a slow moment does not shift. A process takes so many, the next
 * generation goes on. */
static _Noreturn void leak_on(enum leak_kind kind, double rate)
{
    double begun = now_s();
    bool uses_descriptors = kind == LEAK_EVENTFD || kind == LEAK_SOCKET;

    for (unsigned n = 0;; n++) {
        double wait_s = begun + (double)n / rate - now_s();
        if (uses_descriptors && n && n % PER_PROCESS == 0) {
            if (fork())
                for (;;)
                    pause();
            close_range(3, ~0u, 0); /* the parent still holds them */
        }
        if (wait_s > 0)
            nap(wait_s);
        if (!leak_one(kind, n)) {
            fprintf(stderr, "bench_age: %s number %u: %s\n", leak_name(kind), n, strerror(errno));
            for (;;)
                pause();
        }
    }
}

static pid_t start(void)
{
    pid_t pid = fork();

    if (!pid) {
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setpriority(PRIO_PROCESS, 0, 10);
    } else if (pid > 0) {
        setpgid(pid, pid);
    }
    return pid;
}

pid_t leak_start(enum leak_kind kind, double rate)
{
    load_prepare();
    pid_t pid = start();
    if (!pid)
        leak_on(kind, rate);
    return pid;
}

pid_t leak_burst(enum leak_kind kind, unsigned count)
{
    int done[2];
    char byte;

    load_prepare();
    if (pipe(done))
        return -1;
    pid_t pid = start();
    if (!pid) {
        for (unsigned i = 0; i < count && leak_one(kind, i); i++)
            ;
        if (write(done[1], "", 1) == 1)
            for (;;)
                pause();
        _exit(2);
    }
    close(done[1]);
    if (pid > 0 && read(done[0], &byte, 1) != 1)
        fprintf(stderr, "bench_age: %s: the process ended\n", leak_name(kind));
    close(done[0]);
    return pid;
}

pid_t load_start(const struct load *load)
{
    load_folder();
    pid_t pid = start();
    if (!pid) {
        load->work();
        _exit(0);
    }
    return pid;
}

void load_stop(pid_t pid)
{
    if (pid <= 0)
        return;
    kill(-pid, SIGKILL);
    waitpid(pid, NULL, 0);
}
