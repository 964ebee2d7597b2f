#include "base/guard.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/run.h"
#include "base/wide_windows.h"

static void close_handle(HANDLE *handle)
{
    if (*handle)
        (void)CloseHandle(*handle);
}

/* Words as CommandLineToArgvW() takes them apart: in quotes, with backslashes doubled before one.
 */
static void add_word(struct ph_text *line, const char *word)
{
    size_t slashes = 0;

    ph_text_puts(line, line->size ? " \"" : "\"");
    for (; *word; word++) {
        for (size_t i = 0; *word == '"' && i < slashes + 1; i++)
            ph_text_putc(line, '\\');
        slashes = *word == '\\' ? slashes + 1 : 0;
        ph_text_putc(line, *word);
    }
    for (size_t i = 0; i < slashes; i++)
        ph_text_putc(line, '\\');
    ph_text_putc(line, '"');
}

static struct ph_error *start(const char *const *command, HANDLE output, HANDLE *process)
{
    PH_GUARD(ph_text_fini) struct ph_text line = {0};
    STARTUPINFOW startup = {
        .cb = sizeof(startup), .dwFlags = STARTF_USESTDHANDLES, .hStdOutput = output};
    PROCESS_INFORMATION made = {0};
    ph_autofree wchar_t *program = NULL;

    for (const char *const *word = command; *word; word++)
        add_word(&line, *word);
    PH_TRY(ph_text_check(&line));
    PH_TRY(ph_wide_path(command[0], &program));
    ph_autofree wchar_t *wide = ph_wide(line.data);
    if (!wide)
        return ph_error_nomem();
    if (!CreateProcessW(program, wide, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, NULL, &startup,
                        &made))
        return ph_error_windows(GetLastError(), "%s: cannot start", command[0]);
    (void)CloseHandle(made.hThread);
    *process = made.hProcess;
    return NULL;
}

/* Reads until the other end is closed; false when time is over or there is too much. */
static bool collect(HANDLE input, int64_t deadline_ns, size_t limit, struct ph_text *output)
{
    enum { PAUSE_MS = 5 };
    DWORD waiting = 0, got = 0;
    char piece[4096];

    while (PeekNamedPipe(input, NULL, 0, NULL, &waiting, NULL)) {
        if (!waiting) {
            if (ph_boottime_ns() >= deadline_ns)
                return false;
            Sleep(PAUSE_MS);
        } else if (ReadFile(input, piece, sizeof(piece), &got, NULL)) {
            if (got > limit)
                return false;
            limit -= got;
            ph_text_add(output, piece, got);
        }
    }
    return true;
}

struct ph_error *ph_run(const char *const *command, int64_t timeout_ns, size_t limit,
                        struct ph_text *output, int *status)
{
    SECURITY_ATTRIBUTES inherited = {.nLength = sizeof(inherited), .bInheritHandle = TRUE};
    PH_GUARD(close_handle) HANDLE read_end = NULL, process = NULL;
    HANDLE write_end = NULL;
    DWORD result = 0;

    if (!CreatePipe(&read_end, &write_end, &inherited, 0))
        return ph_error_windows(GetLastError(), "%s: cannot start", command[0]);
    (void)SetHandleInformation(read_end, HANDLE_FLAG_INHERIT, 0);
    struct ph_error *error = start(command, write_end, &process);
    (void)CloseHandle(write_end);
    PH_TRY(error);
    int64_t deadline_ns = ph_boottime_ns() + timeout_ns;
    bool done = collect(read_end, deadline_ns, limit, output);
    int64_t left = deadline_ns - ph_boottime_ns();
    done = done &&
           WaitForSingleObject(process, left > 0 ? (DWORD)(left / 1000000) : 0) == WAIT_OBJECT_0;
    if (!done)
        (void)TerminateProcess(process, 1);
    *status = done && GetExitCodeProcess(process, &result) ? (int)result : -1;
    return ph_text_check(output);
}
