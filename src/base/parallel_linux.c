#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/parallel.h"

struct job {
    size_t count;
    atomic_size_t next;
    atomic_bool stop;
    struct ph_error *(*work)(void *context, size_t item);
    void *context;
    const atomic_bool *cancel; /* of the thread that asked */
    pthread_mutex_t lock;
    struct ph_error *error; /* the first one */
};

static void *run(void *data)
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
        pthread_mutex_lock(&job->lock);
        if (!job->error) {
            job->error = error;
            error = NULL;
        }
        pthread_mutex_unlock(&job->lock);
        ph_error_free(error);
    }
    return NULL;
}

struct ph_error *ph_parallel(size_t count, unsigned threads,
                             struct ph_error *(*work)(void *context, size_t item), void *context)
{
    enum { MOST = 64 };
    pthread_t others[MOST];
    size_t started = 0;
    struct job job = {.count = count, .work = work, .context = context};

    job.cancel = ph_cancel_when(NULL);
    (void)ph_cancel_when(job.cancel);
    atomic_init(&job.next, 0);
    atomic_init(&job.stop, false);
    if (pthread_mutex_init(&job.lock, NULL))
        return ph_error_nomem();
    if (!threads) {
        long online = sysconf(_SC_NPROCESSORS_ONLN);
        threads = online > 0 ? (unsigned)online : 1;
    }
    for (; started + 1 < threads && started + 1 < count && started < MOST; started++)
        if (pthread_create(&others[started], NULL, run, &job))
            break; /* fewer threads are slower, not wrong */
    run(&job);
    for (size_t i = 0; i < started; i++)
        pthread_join(others[i], NULL);
    pthread_mutex_destroy(&job.lock);
    return job.error;
}

struct ph_mutex {
    pthread_mutex_t lock;
};

struct ph_error *ph_mutex_new(struct ph_mutex **mutex)
{
    struct ph_mutex *made = ph_alloc(sizeof(*made));

    if (!made || pthread_mutex_init(&made->lock, NULL)) {
        ph_free(made);
        return ph_error_nomem();
    }
    *mutex = made;
    return NULL;
}

void ph_mutex_lock(struct ph_mutex *mutex)
{
    pthread_mutex_lock(&mutex->lock);
}

void ph_mutex_unlock(struct ph_mutex *mutex)
{
    pthread_mutex_unlock(&mutex->lock);
}

void ph_mutex_free(struct ph_mutex *mutex)
{
    if (mutex)
        pthread_mutex_destroy(&mutex->lock);
    ph_free(mutex);
}

void ph_mutex_freep(struct ph_mutex **mutex)
{
    ph_mutex_free(*mutex);
}
