/* console_size COLUMNS ROWS FILE: once FILE exists, gives the console it runs in a window of that
 * size, as a user would. For tests of resizing: Wine's console does not follow the terminal around
 * it. */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    enum { EVERY_MS = 50, TRIES = 1200 };
    HANDLE console = CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE,
                                 FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
    SHORT columns = argc == 4 ? (SHORT)atoi(argv[1]) : 0,
          rows = argc == 4 ? (SHORT)atoi(argv[2]) : 0;

    if (columns < 1 || rows < 1 || console == INVALID_HANDLE_VALUE) {
        (void)fputs("usage: console_size COLUMNS ROWS FILE, in a console\n", stderr);
        return 2;
    }
    for (int i = 0; GetFileAttributesA(argv[3]) == INVALID_FILE_ATTRIBUTES; i++) {
        if (i == TRIES)
            return 1;
        Sleep(EVERY_MS);
    }
    /* The window must always fit into the buffer. */
    const SMALL_RECT one = {0, 0, 0, 0}, whole = {0, 0, (SHORT)(columns - 1), (SHORT)(rows - 1)};
    return SetConsoleWindowInfo(console, TRUE, &one) &&
                   SetConsoleScreenBufferSize(console, (COORD){columns, rows}) &&
                   SetConsoleWindowInfo(console, TRUE, &whole)
               ? 0
               : 1;
}
