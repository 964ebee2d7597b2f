#include <stdatomic.h>

#include "base/leak.h"
#include "base/wide_windows.h"

/* The objects of a type bear the first four letters of its name as their tag (facts of
 * ObCreateObjectType; source/windows/objects_nt.h). */
enum { EVENT, TIMER, SEMAPHORE };

static const char *const event_tags[] = {"Even", NULL};
static const char *const timer_tags[] = {"Time", NULL};
static const char *const semaphore_tags[] = {"Sema", NULL};

const struct ph_leak_kind ph_leak_kinds[PH_LEAK_KINDS] = {
    [EVENT] = {"event", "events", event_tags},
    [TIMER] = {"timer", "timers", timer_tags},
    [SEMAPHORE] = {"semaphore", "semaphores", semaphore_tags},
};

enum { MOST = 1 << 20 };
static HANDLE leaked[MOST]; /* pages of it exist as they are used */
static atomic_size_t leaked_count;

uint64_t ph_leak_prepare(uint64_t count)
{
    return count < MOST ? count : MOST; /* a process may have 16 million handles */
}

struct ph_error *ph_leak_one(size_t kind)
{
    size_t at = atomic_load(&leaked_count);
    HANDLE object = NULL;

    if (at < MOST)
        object = kind == EVENT   ? CreateEventW(NULL, TRUE, FALSE, NULL)
                 : kind == TIMER ? CreateWaitableTimerW(NULL, TRUE, NULL)
                                 : CreateSemaphoreW(NULL, 0, 1, NULL);
    if (!object)
        return ph_error_windows(at < MOST ? GetLastError() : ERROR_NO_MORE_ITEMS,
                                "cannot make another kernel object");
    leaked[at] = object;
    atomic_store(&leaked_count, at + 1);
    return NULL;
}

void ph_leak_end(void)
{
    for (size_t i = 0; i < atomic_load(&leaked_count); i++)
        (void)CloseHandle(leaked[i]);
    atomic_store(&leaked_count, 0);
}
