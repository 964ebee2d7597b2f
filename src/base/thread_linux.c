#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/thread.h"
#include "base/wake_linux.h"

/* ------------------------------------------------------------------ signals */

struct ph_signal {
    int fd; /* an event counter: poll() waits for it and for an interrupt at once */
};

struct ph_error *ph_signal_new(struct ph_signal **signal)
{
    struct ph_signal *made = ph_alloc(sizeof(*made));

    if (!made)
        return ph_error_nomem();
    made->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (made->fd < 0) {
        int cause = errno;
        ph_free(made);
        return ph_error_errno(cause, "cannot make a flag that threads can wait for");
    }
    *signal = made;
    return NULL;
}

void ph_signal_raise(struct ph_signal *signal)
{
    uint64_t one = 1;

    /* fails only when the counter is full: then the flag is up anyway */
    (void)!write(signal->fd, &one, sizeof(one));
}

static bool take_down(struct ph_signal *signal)
{
    uint64_t raised;

    return read(signal->fd, &raised, sizeof(raised)) == (ssize_t)sizeof(raised);
}

bool ph_signal_wait(struct ph_signal *signal, int64_t deadline_ns)
{
    for (;;) {
        struct timespec span = {0};
        int64_t left = deadline_ns == INT64_MAX ? 0 : deadline_ns - ph_boottime_ns();
        if (left > 0)
            span = (struct timespec){.tv_sec = (time_t)(left / PH_SECOND),
                                     .tv_nsec = (long)(left % PH_SECOND)};
        struct pollfd either[] = {
            {.fd = signal->fd, .events = POLLIN},
            {.fd = ph_wake_fd(), .events = POLLIN}, /* poll() passes over -1 */
        };
        (void)ppoll(either, 2, deadline_ns == INT64_MAX ? NULL : &span, NULL);
        if ((either[0].revents & POLLIN) && take_down(signal))
            return true;
        if (ph_interrupted() || (deadline_ns != INT64_MAX && ph_boottime_ns() >= deadline_ns))
            return false;
    }
}

void ph_signal_free(struct ph_signal *signal)
{
    if (signal)
        (void)close(signal->fd);
    ph_free(signal);
}

/* ------------------------------------------------------------------ threads */

struct ph_thread {
    pthread_t id;
    void (*work)(void *context);
    void *context;
};

static void *run(void *data)
{
    struct ph_thread *thread = data;

    thread->work(thread->context);
    return NULL;
}

/* What is sent to the whole process is for the thread that started us: it waits for keys, and a
 * signal must end that wait. */
static int create(struct ph_thread *thread)
{
    static const int NOT_OURS[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT};
    sigset_t blocked, before;

    (void)sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof(NOT_OURS) / sizeof(NOT_OURS[0]); i++)
        (void)sigaddset(&blocked, NOT_OURS[i]);
    (void)pthread_sigmask(SIG_BLOCK, &blocked, &before);
    int cause = pthread_create(&thread->id, NULL, run, thread);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return cause;
}

struct ph_error *ph_thread_start(void (*work)(void *context), void *context,
                                 struct ph_thread **thread)
{
    struct ph_thread *made = ph_alloc(sizeof(*made));

    if (!made)
        return ph_error_nomem();
    *made = (struct ph_thread){.work = work, .context = context};
    int cause = create(made);
    if (cause) {
        ph_free(made);
        return ph_error_errno(cause, "cannot start a thread");
    }
    *thread = made;
    return NULL;
}

void ph_thread_join(struct ph_thread *thread)
{
    if (thread)
        (void)pthread_join(thread->id, NULL);
    ph_free(thread);
}
