#include "app/privacy_words.h"

#include <string.h>

#include "app/privacy_paths.h"

enum {
    NAMES_MOST = 256, /* a hostile log may name any number of homes; their paths go all the same */
    PATHS_MOST = 256,
    SHORT_NAME = 3 /* below it a name is one between separators only */
};

/* ------------------------------------------------------------------ taking out */

static void clean_paths(struct ph_slice text, struct ph_text *out)
{
    struct ph_slice path;
    size_t start = 0;

    for (size_t end = 0; ph_private_next(text, &end, &path); start = end) {
        if (path.size)
            ph_private_path(path, out);
        else
            ph_text_add(out, text.data + start, end - start);
    }
}

static bool is_name_at(struct ph_slice text, size_t i, const char *name)
{
    static const char separators[] = "/\\@:='\"";
    size_t size = strlen(name);
    char before = i ? text.data[i - 1] : '/',
         behind = i + size < text.size ? text.data[i + size] : '/';

    if (text.size - i < size ||
        !ph_private_same((struct ph_slice){text.data + i, size}, (struct ph_slice){name, size}))
        return false;
    if (size < SHORT_NAME)
        return strchr(separators, before) && strchr(separators, behind) && text.size > size;
    return !ph_private_is_word(before) && !ph_private_is_word(behind);
}

/* The longest of the names at `i`; 0 when there is none. */
static size_t name_at(const struct ph_privacy *privacy, struct ph_slice text, size_t i)
{
    size_t longest = 0;

    if (i && ph_private_is_word(text.data[i - 1]))
        return 0;
    for (size_t k = 0; k < privacy->count; k++) {
        size_t size = strlen(privacy->names[k]);
        if (size > longest && is_name_at(text, i, privacy->names[k]))
            longest = size;
    }
    return longest;
}

static void clean_names(const struct ph_privacy *privacy, struct ph_slice text, struct ph_text *out)
{
    size_t start = 0;

    for (size_t i = 0; i < text.size;) {
        size_t size = name_at(privacy, text, i);
        if (size) {
            ph_text_add(out, text.data + start, i - start);
            ph_text_puts(out, PH_PRIVATE_REMOVED);
            start = i + size;
        }
        i += size ? size : 1;
    }
    ph_text_add(out, text.data + start, text.size - start);
}

/* Puts what is left of the known paths in their places. */
static void clean_known(const struct ph_privacy *privacy, struct ph_slice text, struct ph_text *out)
{
    size_t start = 0;

    for (size_t i = 0; i < text.size;) {
        struct ph_slice longest = {"", 0};
        for (size_t k = 0; k < privacy->path_count; k++) {
            struct ph_slice path = ph_slice_of(privacy->paths[k]);
            if (path.size > longest.size && path.size <= text.size - i &&
                !memcmp(text.data + i, path.data, path.size))
                longest = path;
        }
        if (longest.size) {
            ph_text_add(out, text.data + start, i - start);
            ph_private_path(longest, out);
            start = i + longest.size;
        }
        i += longest.size ? longest.size : 1;
    }
    ph_text_add(out, text.data + start, text.size - start);
}

void ph_privacy_clean(const struct ph_privacy *privacy, enum ph_private_kind kind,
                      struct ph_slice text, struct ph_text *out)
{
    PH_GUARD(ph_text_fini) struct ph_text known = {0};
    PH_GUARD(ph_text_fini) struct ph_text paths = {0};

    if (kind == PH_PRIVATE_TEXT) {
        clean_known(privacy, text, &known);
        text = ph_text_slice(&known);
    }
    if (kind == PH_PRIVATE_PATH)
        ph_private_path(text, &paths);
    else if (kind != PH_PRIVATE_NAMES)
        clean_paths(text, &paths);
    if (kind != PH_PRIVATE_NAMES)
        text = ph_text_slice(&paths);
    if (kind == PH_PRIVATE_PATHS)
        ph_text_add(out, text.data, text.size);
    else
        clean_names(privacy, text, out);
    out->failed |= known.failed | paths.failed;
}

/* ------------------------------------------------------------------ learning them */

static struct ph_error *add_owned(char ***list, size_t *count, size_t *capacity, size_t most,
                                  struct ph_slice text)
{
    for (size_t i = 0; i < *count; i++)
        if (ph_private_same(text, ph_slice_of((*list)[i])))
            return NULL;
    if (*count == most)
        return NULL;
    PH_TRY(ph_grow(list, capacity, *count + 1, sizeof(**list)));
    (*list)[*count] = ph_memdup(text.data, text.size);
    if (!(*list)[*count])
        return ph_error_nomem();
    ++*count;
    return NULL;
}

struct ph_error *ph_privacy_name(struct ph_privacy *privacy, struct ph_slice name)
{
    /* they tell nobody anything, and some are words that reports need */
    static const char *const common[] = {
        "root",   "nobody",    "user",   "users",     "home",         "administrator", "public",
        "system", "default",   "shared", "localhost", "localdomain",  "local",         "linux",
        "debian", "ubuntu",    "fedora", "windows",   "kernel",       "driver",        "memory",
        "pool",   "poolhound", "(none)", "all users", "default user", "desktop",       "server",
        "lan",    "removed",   NULL};

    if (!name.size || memchr(name.data, 0, name.size) || ph_private_one_of(name, common))
        return NULL;
    return add_owned(&privacy->names, &privacy->count, &privacy->capacity, NAMES_MOST, name);
}

static struct ph_error *learn_path(struct ph_privacy *privacy, struct ph_slice path)
{
    struct ph_slice home = ph_private_home(path);

    return home.size ? ph_privacy_name(privacy, home) : NULL;
}

struct ph_error *ph_privacy_learn(struct ph_privacy *privacy, enum ph_private_kind kind,
                                  struct ph_slice text)
{
    struct ph_slice path;

    if (kind != PH_PRIVATE_PATH) {
        for (size_t end = 0; ph_private_next(text, &end, &path);)
            if (path.size)
                PH_TRY(learn_path(privacy, path));
        return NULL;
    }
    PH_TRY(learn_path(privacy, text));
    PH_GUARD(ph_text_fini) struct ph_text as_path = {0};
    PH_GUARD(ph_text_fini) struct ph_text as_text = {0};
    ph_private_path(text, &as_path);
    clean_paths(text, &as_text);
    PH_TRY(ph_text_check(&as_path));
    PH_TRY(ph_text_check(&as_text));
    path = ph_text_slice(&as_path);
    struct ph_slice found = ph_text_slice(&as_text);
    if ((path.size == found.size && !memcmp(path.data, found.data, path.size)) ||
        (path.size == text.size && !memcmp(path.data, text.data, path.size)) ||
        memchr(text.data, 0, text.size))
        return NULL;
    return add_owned(&privacy->paths, &privacy->path_count, &privacy->path_capacity, PATHS_MOST,
                     text);
}
