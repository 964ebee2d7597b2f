#include <windows.h>

#include <fcntl.h>
#include <io.h>
#include <string.h>

#include "base/child.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/thread.h"
#include "base/wide_windows.h"

/* A process cannot be split here, so the work is a thread's: it ends when its line finds no reader.
 */
struct ph_child {
    struct ph_thread *thread;
    int (*work)(void *context, FILE *write_end);
    void *context;
    FILE *write_end;
    HANDLE read_end;
    struct ph_text pending;
};

static void run(void *context)
{
    struct ph_child *child = context;

    (void)child->work(child->context, child->write_end);
    (void)fclose(child->write_end);
}

/* The stream owns the handle then. */
static FILE *stream_of(HANDLE write_end)
{
    int number = _open_osfhandle((intptr_t)write_end, _O_BINARY);
    FILE *stream = number < 0 ? NULL : _fdopen(number, "wb");

    if (number >= 0 && !stream)
        (void)_close(number);
    else if (number < 0)
        (void)CloseHandle(write_end);
    return stream;
}

struct ph_error *ph_child_start(int (*work)(void *context, FILE *write_end), void *context,
                                struct ph_child **child)
{
    struct ph_child *fresh = ph_zalloc(1, sizeof(*fresh));
    HANDLE write_end = NULL;

    if (!fresh)
        return ph_error_nomem();
    fresh->work = work;
    fresh->context = context;
    if (!CreatePipe(&fresh->read_end, &write_end, NULL, 0)) {
        DWORD cause = GetLastError();
        ph_free(fresh);
        return ph_error_windows(cause, "cannot make a pipe");
    }
    fresh->write_end = stream_of(write_end);
    struct ph_error *error =
        fresh->write_end ? ph_thread_start(run, fresh, &fresh->thread) : ph_error_nomem();
    if (error) {
        if (fresh->write_end)
            (void)fclose(fresh->write_end);
        (void)CloseHandle(fresh->read_end);
        ph_free(fresh);
        return error;
    }
    *child = fresh;
    return NULL;
}

static bool take_line(struct ph_child *child, struct ph_text *line)
{
    char *end = child->pending.size ? memchr(child->pending.data, '\n', child->pending.size) : NULL;

    if (!end)
        return false;
    size_t length = (size_t)(end - child->pending.data);
    ph_text_clear(line);
    ph_text_add(line, child->pending.data, length);
    memmove(child->pending.data, end + 1, child->pending.size - length - 1);
    child->pending.size -= length + 1;
    return !line->failed;
}

/* Pipes cannot be waited for together with a deadline: asked every few milliseconds. */
bool ph_child_line(struct ph_child *child, int64_t timeout_ns, struct ph_text *line)
{
    enum { PAUSE_MS = 5 };
    int64_t deadline = ph_boottime_ns() + timeout_ns;

    while (!take_line(child, line)) {
        DWORD waiting = 0, got = 0;
        char chunk[512];
        if (!PeekNamedPipe(child->read_end, NULL, 0, NULL, &waiting, NULL))
            return false;
        if (waiting && ReadFile(child->read_end, chunk, sizeof(chunk), &got, NULL) && got)
            ph_text_add(&child->pending, chunk, got);
        else if (ph_boottime_ns() >= deadline)
            return false;
        else
            Sleep(PAUSE_MS);
    }
    return true;
}

void ph_child_stop(struct ph_child *child)
{
    if (!child)
        return;
    (void)CloseHandle(child->read_end); /* its next line fails */
    ph_thread_join(child->thread);
    ph_text_fini(&child->pending);
    ph_free(child);
}

void ph_child_stopp(struct ph_child **child)
{
    ph_child_stop(*child);
}
