#include "source/source.h"

#include <stdio.h>

#include "base/os.h"
#include "source/file/filetext.h"
#include "source/windows/nt.h"

const struct ph_source_ops *const ph_sources[] = {
    &ph_source_linux, &ph_source_windows, &ph_source_poolmon, &ph_source_memsnap, &ph_source_clone_csv, NULL,
};

enum { HEAD_BYTES = 65536 };

/* The first bytes of a file as UTF-8. */
static struct ph_error *read_head(const char *path, struct ph_text *head)
{
    PH_GUARD(ph_handle_closep) struct ph_handle *handle = NULL;
    size_t size = 0;

    PH_TRY(ph_handle_open(path, &handle));
    PH_TRY(ph_grow(&head->data, &head->capacity, HEAD_BYTES, 1));
    PH_TRY(ph_handle_head(handle, head->data, HEAD_BYTES, &size));
    head->size = size;
    uint64_t replaced, unzeroed;
    return ph_filetext_decode(head, &replaced, &unzeroed);
}

static struct ph_error *choose(const char *path, const struct ph_source_ops **chosen)
{
    PH_GUARD(ph_text_fini) struct ph_text head = {0};
    int best = 0;

    if (!path || ph_file_kind(path) == PH_FILE_DIRECTORY) {
        *chosen = !path && ph_nt_live() ? &ph_source_windows : &ph_source_linux;
        return NULL;
    }
    PH_TRY(read_head(path, &head));
    if (!head.size)
        return ph_errorf(PH_ERR_FORMAT, "%s: is empty", path);
    *chosen = NULL;
    for (size_t i = 0; ph_sources[i]; i++) {
        int sure = ph_sources[i]->probe
                       ? ph_sources[i]->probe((struct ph_slice){head.data, head.size})
                       : 0;
        if (sure > best) {
            best = sure;
            *chosen = ph_sources[i];
        }
    }
    if (!*chosen)
        return ph_errorf(PH_ERR_FORMAT,
                         "%s: not a recording, a poolmon or memsnap log, a CSV of pool tags, or a "
                         "directory with a saved /proc tree",
                         path);
    return NULL;
}

struct ph_error *ph_source_open(const struct ph_source_options *options, struct ph_source **source)
{
    const struct ph_source_ops *ops = NULL;

    PH_TRY(choose(options->path, &ops));
    return ops->open(options, source);
}

void ph_source_close(struct ph_source *source)
{
    if (source)
        source->ops->close(source);
}

void ph_source_closep(struct ph_source **source)
{
    ph_source_close(*source);
}
