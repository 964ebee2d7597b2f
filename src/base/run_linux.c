#include "base/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/os.h"

static int start(const char *const *command, int output, pid_t *child)
{
    static char *const environment[] = {"LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
    posix_spawn_file_actions_t actions;

    if (posix_spawn_file_actions_init(&actions))
        return ENOMEM;
    int failed = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (!failed)
        failed = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    if (!failed) /* posix_spawn does not change what it is given */
        failed = posix_spawn(child, command[0], &actions, NULL, (char *const *)(uintptr_t)command,
                             environment);
    (void)posix_spawn_file_actions_destroy(&actions);
    return failed;
}

/* Reads until the other end is closed; false when time is over or there is too much. */
static bool collect(int input, int64_t deadline_ns, size_t limit, struct ph_text *output)
{
    char piece[4096];

    for (;;) {
        int64_t left = deadline_ns - ph_boottime_ns();
        struct pollfd wait = {.fd = input, .events = POLLIN};
        int ready = left > 0 ? poll(&wait, 1, (int)(left / 1000000) + 1) : 0;
        if (!ready)
            return false;
        if (ready < 0)
            continue; /* a signal */
        ssize_t got = read(input, piece, sizeof(piece));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        if ((size_t)got > limit)
            return false;
        limit -= (size_t)got;
        ph_text_add(output, piece, (size_t)got);
    }
}

/* Waits for the end, which may come after that of the output; kills what does not end in time. */
static int end(pid_t child, int64_t deadline_ns, bool *done)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    int result = -1;
    pid_t ended = 0;

    while (*done && !(ended = waitpid(child, &result, WNOHANG))) {
        if (ph_boottime_ns() >= deadline_ns)
            *done = false;
        else
            (void)nanosleep(&pause, NULL);
    }
    if (ended) /* or somebody else has waited for it */
        return ended == child ? result : -1;
    (void)kill(child, SIGKILL);
    while (waitpid(child, &result, 0) < 0 && errno == EINTR)
        ;
    return result;
}

struct ph_error *ph_run(const char *const *command, int64_t timeout_ns, size_t limit,
                        struct ph_text *output, int *status)
{
    int ends[2];
    pid_t child = 0;

    if (pipe2(ends, O_CLOEXEC))
        return ph_error_errno(errno, "%s: cannot start", command[0]);
    int failed = start(command, ends[1], &child);
    (void)close(ends[1]);
    if (failed) {
        (void)close(ends[0]);
        return ph_error_errno(failed, "%s: cannot start", command[0]);
    }
    int64_t deadline_ns = ph_boottime_ns() + timeout_ns;
    bool done = collect(ends[0], deadline_ns, limit, output);
    (void)close(ends[0]);
    int result = end(child, deadline_ns, &done);
    *status = done && WIFEXITED(result) ? WEXITSTATUS(result) : -1;
    return ph_text_check(output);
}
