#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/os.h"

struct ph_child {
    pid_t pid;
    int fd;
    struct ph_text pending;
};

struct ph_error *ph_child_start(int (*work)(void *context, FILE *write_end), void *context,
                                struct ph_child **child)
{
    struct ph_child *fresh = ph_zalloc(1, sizeof(*fresh));
    pid_t parent = getpid();
    int ends[2];

    if (!fresh)
        return ph_error_nomem();
    if (pipe2(ends, O_CLOEXEC)) {
        ph_free(fresh);
        return ph_error_errno(errno, "cannot make a pipe");
    }
    (void)fflush(NULL); /* or the child would write the parent's pending output again */
    fresh->pid = fork();
    if (fresh->pid < 0) {
        int failed = errno;
        (void)close(ends[0]);
        (void)close(ends[1]);
        ph_free(fresh);
        return ph_error_errno(failed, "cannot start a child process");
    }
    if (fresh->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)signal(SIGINT, SIG_IGN); /* the terminal's Ctrl-C is the parent's business */
        (void)signal(SIGTERM, SIG_DFL);
        (void)close(ends[0]);
        FILE *stream = getppid() == parent ? fdopen(ends[1], "w") : NULL;
        _exit(stream ? work(context, stream) : 1);
    }
    (void)close(ends[1]);
    fresh->fd = ends[0];
    *child = fresh;
    return NULL;
}

bool ph_child_line(struct ph_child *child, int64_t timeout_ns, struct ph_text *line)
{
    int64_t deadline = ph_boottime_ns() + timeout_ns;

    for (;;) {
        char *end =
            child->pending.size ? memchr(child->pending.data, '\n', child->pending.size) : NULL;
        if (end) {
            size_t length = (size_t)(end - child->pending.data);
            ph_text_clear(line);
            ph_text_add(line, child->pending.data, length);
            memmove(child->pending.data, end + 1, child->pending.size - length - 1);
            child->pending.size -= length + 1;
            return !line->failed;
        }
        int64_t left = deadline - ph_boottime_ns();
        struct pollfd input = {.fd = child->fd, .events = POLLIN};
        char chunk[512];
        if (poll(&input, 1, left > 0 ? (int)(left / 1000000) : 0) <= 0)
            return false;
        ssize_t got = read(child->fd, chunk, sizeof(chunk));
        if (got <= 0)
            return false;
        ph_text_add(&child->pending, chunk, (size_t)got);
    }
}

void ph_child_stop(struct ph_child *child)
{
    if (!child)
        return;
    (void)kill(child->pid, SIGTERM);
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    (void)close(child->fd);
    ph_text_fini(&child->pending);
    ph_free(child);
}

void ph_child_stopp(struct ph_child **child)
{
    ph_child_stop(*child);
}
