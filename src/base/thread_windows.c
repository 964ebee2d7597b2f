#include <windows.h>

#include <process.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/thread.h"
#include "base/wide_windows.h"

/* ------------------------------------------------------------------ signals */

struct ph_signal {
    HANDLE event; /* resets itself: the one who was waiting takes the flag down */
};

struct ph_error *ph_signal_new(struct ph_signal **signal)
{
    struct ph_signal *made = ph_alloc(sizeof(*made));

    if (!made)
        return ph_error_nomem();
    made->event = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (!made->event) {
        DWORD cause = GetLastError();
        ph_free(made);
        return ph_error_windows(cause, "cannot make a flag that threads can wait for");
    }
    *signal = made;
    return NULL;
}

void ph_signal_raise(struct ph_signal *signal)
{
    (void)SetEvent(signal->event);
}

bool ph_signal_wait(struct ph_signal *signal, int64_t deadline_ns)
{
    enum { MOST_MS = 10000 }; /* a wait does not count the time the machine slept */

    for (;;) {
        HANDLE either[] = {signal->event, ph_wake_handle()};
        int64_t left = deadline_ns == INT64_MAX ? INT64_MAX : deadline_ns - ph_boottime_ns();
        int64_t milliseconds = left <= 0 ? 0 : left / 1000000 + 1;
        DWORD result =
            WaitForMultipleObjects(either[1] ? 2 : 1, either, FALSE,
                                   milliseconds > MOST_MS ? MOST_MS : (DWORD)milliseconds);
        if (result == WAIT_OBJECT_0)
            return true;
        if (ph_interrupted() || (deadline_ns != INT64_MAX && ph_boottime_ns() >= deadline_ns))
            return false;
    }
}

void ph_signal_free(struct ph_signal *signal)
{
    if (signal)
        (void)CloseHandle(signal->event);
    ph_free(signal);
}

/* ------------------------------------------------------------------ threads */

struct ph_thread {
    HANDLE id;
    void (*work)(void *context);
    void *context;
};

static unsigned __stdcall run(void *data)
{
    struct ph_thread *thread = data;

    thread->work(thread->context);
    return 0;
}

struct ph_error *ph_thread_start(void (*work)(void *context), void *context,
                                 struct ph_thread **thread)
{
    struct ph_thread *made = ph_alloc(sizeof(*made));

    if (!made)
        return ph_error_nomem();
    *made = (struct ph_thread){.work = work, .context = context};
    made->id = (HANDLE)_beginthreadex(NULL, 0, run, made, 0, NULL);
    if (!made->id) {
        DWORD cause = GetLastError();
        ph_free(made);
        return ph_error_windows(cause, "cannot start a thread");
    }
    *thread = made;
    return NULL;
}

void ph_thread_join(struct ph_thread *thread)
{
    if (!thread)
        return;
    (void)WaitForSingleObject(thread->id, INFINITE);
    (void)CloseHandle(thread->id);
    ph_free(thread);
}
