/* portable.h - what unit tests take from POSIX and Windows' C library has otherwise; put before every
 * test there by tests/CMakeLists.txt. */
#ifndef PH_TESTS_PORTABLE_H
#define PH_TESTS_PORTABLE_H

#include <direct.h>
#include <fcntl.h>
#include <ftw.h>
#include <io.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* cmocka checks the formats of its messages as msvcrt has them. */
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-extra-args"

/* Files are bytes. */
int _CRT_fmode = _O_BINARY;

__declspec(dllimport) int __stdcall SetEnvironmentVariableA(const char *name, const char *value);

/* mingw's mktemp() uses up its 26 names per process: the folder is told apart by a number. */
static inline char *portable_mkdtemp(char *pattern)
{
    static unsigned made;
    size_t size = strlen(pattern);
    char digits[7];

    if (size < 6)
        return NULL;
    for (unsigned i = 0; i < 10000; i++) {
        (void)snprintf(digits, sizeof(digits), "%06x",
                       ((unsigned)_getpid() * 64u + made++) & 0xffffffu);
        memcpy(pattern + size - 6, digits, 6);
        if (!_mkdir(pattern))
            return pattern;
    }
    return NULL;
}

/* In the C library and in the system: programs ask either. */
static inline int portable_setenv(const char *name, const char *value)
{
    char text[4096];

    (void)snprintf(text, sizeof(text), "%s=%s", name, value ? value : "");
    (void)SetEnvironmentVariableA(name, value);
    return _putenv(text);
}

/* Links are not followed: there are none in what tests make here. */
static inline int portable_remove_tree(const char *path)
{
    struct _finddata_t entry;
    char inner[1024];

    (void)snprintf(inner, sizeof(inner), "%s/*", path);
    intptr_t find = _findfirst(inner, &entry);
    for (int more = find != -1; more; more = !_findnext(find, &entry)) {
        if (!strcmp(entry.name, ".") || !strcmp(entry.name, ".."))
            continue;
        (void)snprintf(inner, sizeof(inner), "%s/%s", path, entry.name);
        if (entry.attrib & _A_SUBDIR)
            (void)portable_remove_tree(inner);
        else if (!_chmod(inner, _S_IREAD | _S_IWRITE))
            (void)_unlink(inner);
    }
    if (find != -1)
        (void)_findclose(find);
    return _rmdir(path);
}

/* The one command that tests give: rm -rf 'FOLDER', or without the quotes. */
static inline int portable_system(const char *command)
{
    char path[1024];

    if (sscanf(command, "rm -rf '%1023[^']", path) != 1 && sscanf(command, "rm -rf %1023s", path) != 1)
        return system(command);
    return portable_remove_tree(path);
}

/* Only used to remove trees. */
#define nftw(path, visit, descriptors, flags) portable_remove_tree(path)
#define system(command) portable_system(command)
#define mkdtemp(pattern) portable_mkdtemp(pattern)
#define mkdir(path, mode) _mkdir(path)
#define setenv(name, value, overwrite) portable_setenv(name, value)
#define unsetenv(name) portable_setenv(name, NULL)

#endif
