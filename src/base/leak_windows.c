#include "base/leak.h"
#include "base/mem.h"
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
static HANDLE *leaked; /* of the one thread that leaks */
static size_t leaked_count, leaked_capacity;

uint64_t ph_leak_prepare(uint64_t count)
{
    return count < MOST ? count : MOST; /* a process may have 16 million handles */
}

struct ph_error *ph_leak_one(size_t kind)
{
    if (leaked_count >= MOST)
        return ph_errorf(PH_ERR_FULL, "a demo makes %d objects at most", MOST);
    PH_TRY(ph_grow(&leaked, &leaked_capacity, leaked_count + 1, sizeof(*leaked)));
    HANDLE object = kind == EVENT   ? CreateEventW(NULL, TRUE, FALSE, NULL)
                    : kind == TIMER ? CreateWaitableTimerW(NULL, TRUE, NULL)
                                    : CreateSemaphoreW(NULL, 0, 1, NULL);
    if (!object)
        return ph_error_windows(GetLastError(), "cannot make another kernel object");
    leaked[leaked_count++] = object;
    return NULL;
}

void ph_leak_end(void)
{
    for (size_t i = 0; i < leaked_count; i++)
        (void)CloseHandle(leaked[i]);
    ph_free(leaked);
    leaked = NULL;
    leaked_count = leaked_capacity = 0;
}
