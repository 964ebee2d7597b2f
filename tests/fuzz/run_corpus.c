/* Runs a fuzz target over its corpus without a fuzzer: every file whole, and cut at every 1/16. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/os.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
    const char *directory;
    size_t files;
};

static struct ph_error *one(void *context, const char *name, enum ph_file_kind kind)
{
    struct run *run = context;
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};
    ph_autofree char *path = ph_format("%s/%s", run->directory, name);

    (void)kind;
    if (!path)
        return ph_error_nomem();
    PH_TRY(ph_read_file(path, 64u << 20, &bytes));
    for (size_t part = 0; part <= 16; part++) {
        size_t size = bytes.size * part / 16;
        /* an exact copy, so that a sanitizer sees a read past the end */
        ph_autofree char *copy = ph_alloc(size);
        if (!copy)
            return ph_error_nomem();
        if (size)
            memcpy(copy, bytes.data, size);
        (void)LLVMFuzzerTestOneInput((const uint8_t *)copy, size);
    }
    run->files++;
    return NULL;
}

int main(int argc, char **argv)
{
    struct run run = {argc > 1 ? argv[1] : ".", 0};
    struct ph_error *error = ph_list_directory(run.directory, one, &run);

    if (error) {
        fprintf(stderr, "%s\n", error->text);
        ph_error_free(error);
        return 1;
    }
    printf("%zu corpus files, each whole and cut at 16 places\n", run.files);
    return run.files ? 0 : 1;
}
