#include <windows.h>

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdlib.h>
#include <string.h>

#include <shellapi.h>

#include "base/guard.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/sort.h"
#include "base/wide_windows.h"

static HANDLE handle_of(FILE *stream)
{
    int number = _fileno(stream);

    return number < 0 ? INVALID_HANDLE_VALUE : (HANDLE)_get_osfhandle(number);
}

/* isatty() of the C library takes NUL for a terminal. */
bool ph_is_terminal(FILE *stream)
{
    DWORD mode;

    return GetConsoleMode(handle_of(stream), &mode);
}

static unsigned from_environment(const char *name)
{
    const char *text = ph_environment(name);
    long value = text ? strtol(text, NULL, 10) : 0;

    return value > 0 && value < 10000 ? (unsigned)value : 0;
}

void ph_terminal_size(unsigned *columns, unsigned *rows)
{
    CONSOLE_SCREEN_BUFFER_INFO facts = {0};
    HANDLE console = CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE,
                                 FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    unsigned width = 0, height = 0;

    if (console != INVALID_HANDLE_VALUE) {
        if (GetConsoleScreenBufferInfo(console, &facts)) {
            width = (unsigned)(facts.srWindow.Right - facts.srWindow.Left + 1);
            height = (unsigned)(facts.srWindow.Bottom - facts.srWindow.Top + 1);
        }
        (void)CloseHandle(console);
    }
    *columns = from_environment("COLUMNS");
    *rows = from_environment("LINES");
    if (!*columns)
        *columns = width ? width : 80;
    if (!*rows)
        *rows = height ? height : 24;
}

bool ph_locale_is_utf8(void)
{
    return true; /* a console is written to as UTF-16, all else as UTF-8 */
}

bool ph_console_is_ours(void)
{
    DWORD processes[2];

    return GetConsoleProcessList(processes, 2) == 1;
}

/* ------------------------------------------------------------------ colours */

static HANDLE coloured = INVALID_HANDLE_VALUE;
static DWORD mode_before;

static void take_colours_back(void)
{
    if (coloured != INVALID_HANDLE_VALUE)
        (void)SetConsoleMode(coloured, mode_before);
}

bool ph_in_wine(void)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");

    return ntdll && GetProcAddress(ntdll, "wine_get_version");
}

bool ph_console_colours(FILE *to)
{
    HANDLE console = handle_of(to);
    DWORD mode = 0;

    if (!GetConsoleMode(console, &mode) || ph_in_wine())
        return false;
    if (mode & ENABLE_VIRTUAL_TERMINAL_PROCESSING)
        return true;
    if (!SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING))
        return false;
    if (coloured == INVALID_HANDLE_VALUE) {
        mode_before = mode;
        coloured = console;
        (void)atexit(take_colours_back);
    }
    return true;
}

/* ------------------------------------------------------------------ output */

/* In pieces that fit: older consoles take 64 KB at most; surrogates stay together. */
static bool print_wide(HANDLE console, const wchar_t *wide, size_t count)
{
    enum { PIECE = 8192 };

    for (size_t done = 0; done < count;) {
        size_t piece = count - done < PIECE ? count - done : PIECE;
        DWORD put = 0;
        if (piece > 1 && IS_HIGH_SURROGATE(wide[done + piece - 1]))
            piece--;
        if (!WriteConsoleW(console, wide + done, (DWORD)piece, &put, NULL) || !put)
            return false;
        done += put;
    }
    return true;
}

static bool print_to_console(FILE *to, const char *bytes, size_t size)
{
    int length = size > INT32_MAX ? INT32_MAX : (int)size;
    int count = MultiByteToWideChar(CP_UTF8, 0, bytes, length, NULL, 0);
    ph_autofree wchar_t *wide = ph_zalloc((size_t)count + 1, sizeof(*wide));

    errno = EIO;
    if (!wide || fflush(to))
        return false;
    (void)MultiByteToWideChar(CP_UTF8, 0, bytes, length, wide, count);
    return print_wide(handle_of(to), wide, (size_t)count);
}

bool ph_print(FILE *to, const void *bytes, size_t size)
{
    if (!size)
        return true;
    if (ph_is_terminal(to))
        return print_to_console(to, bytes, size);
    if (fwrite(bytes, 1, size, to) == size && !fflush(to))
        return true;
    if (GetLastError() == ERROR_NO_DATA || GetLastError() == ERROR_BROKEN_PIPE)
        errno = EPIPE; /* the C library calls it EINVAL */
    return false;
}

/* ------------------------------------------------------------------ arguments */

struct words {
    char **items; /* NULL behind the last */
    size_t count, capacity;
};

static struct ph_error *add(struct words *words, char *word)
{
    if (!word)
        return ph_error_nomem();
    struct ph_error *error =
        ph_grow(&words->items, &words->capacity, words->count + 2, sizeof(*words->items));
    if (error) {
        ph_free(word);
        return error;
    }
    words->items[words->count++] = word;
    words->items[words->count] = NULL;
    return NULL;
}

static int compare_words(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* `*` or `?` in the last part, which also has a separator before it or a dot in it: a pattern of
 * tags ("Nt*") is none of files. */
static bool is_pattern(const char *word, size_t *name)
{
    size_t from = 0;

    for (size_t i = 0; word[i]; i++)
        if (ph_is_separator(word[i]))
            from = i + 1;
    *name = from;
    return strncmp(word, "\\\\?\\", 4) && strpbrk(word + from, "*?") &&
           (from || strchr(word + from, '.'));
}

/* The files of the pattern in order of names, or the word itself where there are none. */
static struct ph_error *expand(struct words *words, const char *word)
{
    size_t name = 0, first = words->count;
    WIN32_FIND_DATAW entry;

    if (!is_pattern(word, &name))
        return add(words, ph_strdup(word));
    ph_autofree wchar_t *pattern = ph_wide(word);
    if (!pattern)
        return ph_error_nomem();
    HANDLE find = FindFirstFileW(pattern, &entry);
    struct ph_error *error = NULL;
    while (find != INVALID_HANDLE_VALUE && !error) {
        ph_autofree char *found = ph_narrow(entry.cFileName);
        if (!found || (strcmp(found, ".") && strcmp(found, "..")))
            error = add(words, found ? ph_format("%.*s%s", (int)name, word, found) : NULL);
        if (!FindNextFileW(find, &entry))
            break;
    }
    if (find != INVALID_HANDLE_VALUE)
        (void)FindClose(find);
    if (!error && words->count == first)
        error = add(words, ph_strdup(word));
    else if (!error)
        ph_sort(words->items + first, words->count - first, sizeof(*words->items), compare_words);
    return error;
}

/* What is expanded lives as long as the program. */
struct ph_error *ph_expand_names(size_t *count, const char *const **names)
{
    struct words words = {0};
    struct ph_error *error = NULL;
    bool any = false;

    for (size_t i = 0, at; i < *count; i++)
        any = any || is_pattern((*names)[i], &at);
    if (!any)
        return NULL;
    for (size_t i = 0; i < *count && !error; i++)
        error = expand(&words, (*names)[i]);
    if (error) {
        for (size_t i = 0; i < words.count; i++)
            ph_free(words.items[i]);
        ph_free(words.items);
        return error;
    }
    *names = (const char *const *)words.items;
    *count = words.count;
    return NULL;
}

/* The words live as long as the program. */
struct ph_error *ph_os_arguments(int *argc, char ***argv)
{
    static struct words words;
    int count = 0;
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);
    struct ph_error *error = NULL;

    (void)_setmode(_fileno(stdout), _O_BINARY);
    (void)_setmode(_fileno(stderr), _O_BINARY);
    (void)_setmode(_fileno(stdin), _O_BINARY);
    if (!wide)
        return ph_error_windows(GetLastError(), "the command line");
    for (int i = 0; i < count && !error; i++)
        error = add(&words, ph_narrow(wide[i]));
    (void)LocalFree(wide);
    if (error)
        return error;
    *argc = (int)words.count;
    *argv = words.items;
    return NULL;
}
