#include "base/path.h"

#include <string.h>

#include "base/mem.h"
#include "base/os.h"

const char *ph_base_name(const char *path)
{
    const char *name = path;

    for (const char *at = path; *at; at++)
        if (ph_is_separator(*at))
            name = at + 1;
    return name;
}

char *ph_path_folder(const char *path)
{
    size_t length = (size_t)(ph_base_name(path) - path);

    if (!length)
        return ph_strdup(".");
    bool root = length == 1 || (length == 3 && path[1] == ':');
    return ph_memdup(path, root ? length : length - 1);
}

char *ph_path_join(const char *folder, const char *name)
{
    size_t length = strlen(folder);

    if (!length || ph_is_separator(folder[length - 1]))
        return ph_format("%s%s", folder, name);
    for (size_t at = length; at--;) /* as the folder has it */
        if (ph_is_separator(folder[at]))
            return ph_format("%s%c%s", folder, folder[at], name);
    return ph_format("%s%c%s", folder, ph_separator(), name);
}

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

bool ph_path_continues(const char *path, const char *part)
{
    for (; *part; path++, part++)
        if (*part == '/' ? !ph_is_separator(*path) : lower(*path) != lower(*part))
            return false;
    return true;
}
