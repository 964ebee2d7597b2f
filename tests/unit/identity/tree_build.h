/* tree_build.h - a small tree of files in a temporary folder, for tests. */
#ifndef TREE_BUILD_H
#define TREE_BUILD_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/os.h"

struct tree {
    char root[128];
};

static inline struct tree *tree_make(void)
{
    struct tree *tree = ph_zalloc(1, sizeof(*tree));
    const char *place = getenv("TMPDIR");

    assert_non_null(tree);
    (void)snprintf(tree->root, sizeof(tree->root), "%.90s/poolhound-tree-XXXXXX",
                   place ? place : "/tmp");
    assert_non_null(mkdtemp(tree->root));
    return tree;
}

static inline void tree_bytes(const struct tree *tree, const char *path, struct ph_slice bytes)
{
    ph_autofree char *whole = ph_format("%s%s", tree->root, path);
    ph_autofree char *folder = ph_strdup(whole);

    assert_true(whole && folder);
    *strrchr(folder, '/') = 0;
    assert_null(ph_make_directories(folder));
    assert_null(ph_write_file(whole, bytes));
}

static inline void tree_file(const struct tree *tree, const char *path, const char *text)
{
    tree_bytes(tree, path, (struct ph_slice){text, strlen(text)});
}

static inline int tree_remove(const char *path, const struct stat *facts, int kind,
                              struct FTW *where)
{
    (void)facts;
    (void)kind;
    (void)where;
    return remove(path);
}

static inline void tree_drop(struct tree *tree)
{
    assert_int_equal(nftw(tree->root, tree_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
    ph_free(tree);
}

#endif
