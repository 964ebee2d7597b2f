/* textsearch.h - the texts in files and folders, streamed: memory does not grow with the files. */
#ifndef PH_APP_TEXTSEARCH_H
#define PH_APP_TEXTSEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "image/strings.h"
#include "model/sample.h"

struct ph_textsearch_text {
    const char *path;
    const char *section; /* of a PE file: its name, "headers" or "overlay"; NULL = no PE file */
    struct ph_slice text;
    uint64_t offset; /* in the file */
    bool wide;
};

struct ph_textsearch_options {
    const char *const *paths;
    size_t path_count;
    bool recurse;
    uint64_t start, most; /* look at `most` bytes of each file from `start` on */
    bool sections;        /* say in which section of a PE file a text lies */
    size_t least;
    bool ascii, wide, ignore_case;
    const char *find; /* NULL = every text */
    /* Called for each text. An error ends the search. */
    struct ph_error *(*visit)(void *context, const struct ph_textsearch_text *text);
    void *context;
};

struct ph_textsearch {
    uint64_t files, texts;      /* that were read, that were visited */
    struct ph_loss_list losses; /* files and folders that cannot be read, or only in part */
};

/* True when the paths are more than one file: texts need their path beside them. */
bool ph_textsearch_is_several(const struct ph_textsearch_options *options);
/* What cannot be read, even a path that does not exist, is a loss: the search goes on. */
struct ph_error *ph_textsearch_run(const struct ph_textsearch_options *options,
                                   struct ph_textsearch *search) PH_MUST_CHECK;
void ph_textsearch_fini(struct ph_textsearch *search);

#endif
