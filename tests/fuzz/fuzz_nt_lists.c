/* Any bytes as the kernel's lists of drivers, handles, types of objects and processes. The first
 * byte says which list and how wide pointers are; the kernel wrote the others to address 4096. */
#include <stdlib.h>

#include "base/mem.h"

#include "source/windows/handles_nt.h"
#include "source/windows/modules_nt.h"
#include "source/windows/objects_nt.h"
#include "source/windows/processes_nt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void modules(const struct ph_nt_answer *answer)
{
    struct ph_nt_module module;
    uint64_t missing;
    size_t count;
    struct ph_error *error = ph_nt_modules_count(answer, &count, &missing);

    for (size_t i = 0; !error && i < count; i++) {
        char *path = NULL;
        ph_nt_modules_at(answer, i, &module);
        if (ph_nt_path(module.path, "C:\\Windows", &path) || !path)
            abort();
        ph_free(path);
    }
    ph_error_free(error);
}

static void handles(const struct ph_nt_answer *answer)
{
    struct ph_nt_handle handle;
    uint64_t missing;
    size_t count;
    struct ph_error *error = ph_nt_handles_count(answer, &count, &missing);

    for (size_t i = 0; !error && i < count; i++)
        ph_nt_handles_at(answer, i, &handle);
    ph_error_free(error);
}

static void types(const struct ph_nt_answer *answer)
{
    struct ph_nt_types types = {0};

    ph_error_free(ph_nt_types_parse(answer, &types));
    for (size_t i = 0; i < types.count; i++)
        if (!types.items[i].name)
            abort();
    ph_nt_types_fini(&types);
}

static void processes(const struct ph_nt_answer *answer)
{
    struct ph_nt_process process;
    size_t at = 0, count = 0;
    bool more = true;

    while (more) {
        struct ph_error *error = ph_nt_processes_next(answer, &at, &more, &process);
        if (error) {
            ph_error_free(error);
            return;
        }
        if (++count > answer->bytes.size + 1)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const PARSERS[])(const struct ph_nt_answer *) = {modules, handles, types,
                                                                   processes};

    if (!size)
        return 0;
    /* the answer alone in memory of its own: reading past its end is seen */
    char *copy = ph_memdup(data + 1, size - 1);
    if (!copy)
        return 0;
    struct ph_nt_answer answer = {{copy, size - 1}, 4096, data[0] & 4 ? 8 : 4};
    PARSERS[data[0] & 3](&answer);
    ph_free(copy);
    return 0;
}
