/* walk.h - the files below some paths, in a steady order. */
#ifndef PH_APP_WALK_H
#define PH_APP_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/sample.h"

struct ph_walk_file {
    char *path; /* owned by the list */
    uint64_t size;
    int64_t modified_ns;
};

struct ph_walk {
    struct ph_walk_file *files; /* in order of their paths within each folder */
    size_t count, capacity;
    bool cut;                   /* more than PH_WALK_FILES: the rest was left out */
    struct ph_loss_list losses; /* folders and files that cannot be read */
    struct ph_table seen;       /* folders that were visited and entries that were added */
};

enum { PH_WALK_FILES = 1000000, PH_WALK_DEPTH = 64 };

struct ph_walk_options {
    bool recurse; /* below folders too; their own files always */
    /* True for the names that are wanted; NULL = all. A path given by the user is always wanted. */
    bool (*wanted)(const char *name);
    const char *named; /* only files of this name, in any case; NULL = all */
    bool stay;         /* links to folders are not followed */
};

/* Adds what lies under `path`: the file itself, or a folder's files. Links are followed; a folder
 * is visited once and an entry of a folder is added once, so that links in circles end and what is
 * asked for twice is there once. What cannot be read below `path` is a loss; `path` itself missing
 * or closed is an error. */
struct ph_error *ph_walk_add(struct ph_walk *walk, const char *path,
                             const struct ph_walk_options *options) PH_MUST_CHECK;
void ph_walk_fini(struct ph_walk *walk);

#endif
