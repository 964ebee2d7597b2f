#include <windows.h>

#include <process.h>
#include <stdatomic.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/parallel.h"
#include "base/wide_windows.h"

struct job {
    size_t count;
    atomic_size_t next;
    atomic_bool stop;
    struct ph_error *(*work)(void *context, size_t item);
    void *context;
    const atomic_bool *cancel; /* of the thread that asked */
    SRWLOCK lock;
    struct ph_error *error; /* the first one */
};

static unsigned __stdcall run(void *data)
{
    struct job *job = data;

    (void)ph_cancel_when(job->cancel);
    while (!atomic_load(&job->stop) && !ph_interrupted()) {
        size_t item = atomic_fetch_add(&job->next, 1);
        if (item >= job->count)
            break;
        struct ph_error *error = job->work(job->context, item);
        if (!error)
            continue;
        atomic_store(&job->stop, true);
        AcquireSRWLockExclusive(&job->lock);
        if (!job->error) {
            job->error = error;
            error = NULL;
        }
        ReleaseSRWLockExclusive(&job->lock);
        ph_error_free(error);
    }
    return 0;
}

struct ph_error *ph_parallel(size_t count, unsigned threads,
                             struct ph_error *(*work)(void *context, size_t item), void *context)
{
    enum { MOST = MAXIMUM_WAIT_OBJECTS };
    HANDLE others[MOST];
    size_t started = 0;
    struct job job = {.count = count, .work = work, .context = context, .lock = SRWLOCK_INIT};

    job.cancel = ph_cancel_when(NULL);
    (void)ph_cancel_when(job.cancel);
    atomic_init(&job.next, 0);
    atomic_init(&job.stop, false);
    if (!threads)
        threads = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
    for (; started + 1 < threads && started + 1 < count && started < MOST; started++) {
        others[started] = (HANDLE)_beginthreadex(NULL, 0, run, &job, 0, NULL);
        if (!others[started])
            break; /* fewer threads are slower, not wrong */
    }
    (void)run(&job);
    for (size_t i = 0; i < started; i++) {
        (void)WaitForSingleObject(others[i], INFINITE);
        (void)CloseHandle(others[i]);
    }
    return job.error;
}

struct ph_mutex {
    SRWLOCK lock;
};

struct ph_error *ph_mutex_new(struct ph_mutex **mutex)
{
    struct ph_mutex *made = ph_alloc(sizeof(*made));

    if (!made)
        return ph_error_nomem();
    InitializeSRWLock(&made->lock);
    *mutex = made;
    return NULL;
}

void ph_mutex_lock(struct ph_mutex *mutex)
{
    AcquireSRWLockExclusive(&mutex->lock);
}

void ph_mutex_unlock(struct ph_mutex *mutex)
{
    ReleaseSRWLockExclusive(&mutex->lock);
}

void ph_mutex_free(struct ph_mutex *mutex)
{
    ph_free(mutex);
}

void ph_mutex_freep(struct ph_mutex **mutex)
{
    ph_mutex_free(*mutex);
}
