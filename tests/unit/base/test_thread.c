/* A thread beside this one, flags that wake it, and work that is called off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/parallel.h"
#include "base/thread.h"

#define MILLISECOND (PH_SECOND / 1000)

static void a_raised_flag_is_seen_once(void **state)
{
    struct ph_signal *signal = NULL;

    (void)state;
    assert_null(ph_signal_new(&signal));
    assert_false(ph_signal_wait(signal, 0));
    ph_signal_raise(signal);
    ph_signal_raise(signal);
    assert_true(ph_signal_wait(signal, INT64_MAX));
    assert_false(ph_signal_wait(signal, ph_boottime_ns() + MILLISECOND));
    ph_signal_free(signal);
    ph_signal_free(NULL);
}

static void a_wait_ends_at_its_deadline(void **state)
{
    struct ph_signal *signal = NULL;

    (void)state;
    assert_null(ph_signal_new(&signal));
    int64_t deadline = ph_boottime_ns() + 30 * MILLISECOND;
    assert_false(ph_signal_wait(signal, deadline));
    assert_true(ph_boottime_ns() >= deadline);
    ph_signal_free(signal);
}

struct pair {
    struct ph_signal *ping, *pong;
    int rounds;
    bool signals_blocked;
};

static void answer(void *context)
{
    struct pair *pair = context;
    sigset_t blocked;

    (void)pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    pair->signals_blocked = sigismember(&blocked, SIGWINCH) && sigismember(&blocked, SIGTERM) &&
                            !sigismember(&blocked, SIGSEGV);
    while (pair->rounds > 0 && ph_signal_wait(pair->ping, INT64_MAX)) {
        pair->rounds--;
        ph_signal_raise(pair->pong);
    }
}

static void two_threads_wake_each_other(void **state)
{
    struct pair pair = {.rounds = 1000};
    struct ph_thread *thread = NULL;
    sigset_t blocked;

    (void)state;
    assert_null(ph_signal_new(&pair.ping));
    assert_null(ph_signal_new(&pair.pong));
    assert_null(ph_thread_start(answer, &pair, &thread));
    for (int i = 0; i < 1000; i++) {
        ph_signal_raise(pair.ping);
        assert_true(ph_signal_wait(pair.pong, INT64_MAX));
    }
    ph_thread_join(thread);
    ph_thread_join(NULL);
    assert_int_equal(pair.rounds, 0);
    assert_true(pair.signals_blocked);
    /* and here they are as they were */
    (void)pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    assert_false(sigismember(&blocked, SIGTERM));
    ph_signal_free(pair.ping);
    ph_signal_free(pair.pong);
}

static void wait_for_ever(void *context)
{
    while (!ph_interrupted())
        (void)ph_signal_wait(context, INT64_MAX);
}

static void an_interrupt_ends_every_wait(void **state)
{
    struct ph_signal *signal = NULL;
    struct ph_thread *threads[3];

    (void)state;
    assert_null(ph_catch_interrupts());
    assert_null(ph_signal_new(&signal));
    for (size_t i = 0; i < 3; i++)
        assert_null(ph_thread_start(wait_for_ever, signal, &threads[i]));
    ph_sleep_until(ph_boottime_ns() + 20 * MILLISECOND);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    for (size_t i = 0; i < 3; i++)
        ph_thread_join(threads[i]);
    assert_true(ph_interrupted());
    assert_false(ph_signal_wait(signal, INT64_MAX));
    ph_clear_interrupt();
    assert_false(ph_interrupted());
    ph_signal_free(signal);
}

struct called_off {
    atomic_bool cancel;
    atomic_size_t done;
};

static struct ph_error *item(void *context, size_t number)
{
    struct called_off *work = context;

    (void)number;
    if (atomic_fetch_add(&work->done, 1) == 4)
        atomic_store(&work->cancel, true);
    return NULL;
}

static void work_on_many_items_can_be_called_off(void **state)
{
    struct called_off work = {.cancel = false};

    (void)state;
    assert_null(ph_cancel_when(&work.cancel));
    assert_null(ph_parallel(100000, 3, item, &work));
    assert_true(ph_interrupted());
    assert_ptr_equal(ph_cancel_when(NULL), &work.cancel);
    assert_false(ph_interrupted());
    assert_in_range(atomic_load(&work.done), 5, 50000);
    /* who does not ask is not called off */
    assert_null(ph_parallel(1000, 3, item, &work));
    assert_true(atomic_load(&work.done) >= 1005);
}

static void nothing_comes_of_no_memory(void **state)
{
    struct ph_signal *signal = NULL;
    struct ph_thread *thread = NULL;

    (void)state;
    ph_mem_fail_after(0);
    struct ph_error *first = ph_signal_new(&signal);
    struct ph_error *second = ph_thread_start(wait_for_ever, NULL, &thread);
    ph_mem_fail_after(-1);
    assert_int_equal(first->code, PH_ERR_NOMEM);
    assert_int_equal(second->code, PH_ERR_NOMEM);
    assert_null(signal);
    assert_null(thread);
    ph_error_free(first);
    ph_error_free(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_raised_flag_is_seen_once),
        cmocka_unit_test(a_wait_ends_at_its_deadline),
        cmocka_unit_test(two_threads_wake_each_other),
        cmocka_unit_test(an_interrupt_ends_every_wait),
        cmocka_unit_test(work_on_many_items_can_be_called_off),
        cmocka_unit_test(nothing_comes_of_no_memory),
    };

    return cmocka_run_group_tests_name("thread", tests, NULL, NULL);
}
