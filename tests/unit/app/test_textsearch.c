/* app/textsearch: what memory, unreadable files and a callback that stops it do to a search. What
 * it finds is tested through the command line (strings.sh). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/textsearch.h"
#include "base/mem.h"
#include "base/os.h"

static char folder[] = "/tmp/poolhound-textsearch-XXXXXX";

static int make_files(void **state)
{
    static const char *const names[] = {"a", "b"};

    (void)state;
    if (!mkdtemp(folder))
        return 1;
    for (size_t i = 0; i < 2; i++) {
        ph_autofree char *path = ph_format("%s/%s", folder, names[i]);
        ph_autoerror struct ph_error *error =
            path ? ph_write_file(path, (struct ph_slice){"one\0two\0L\0e\0a\0k\0", 16}) : NULL;
        if (!path || error)
            return 1;
    }
    return 0;
}

static int remove_files(void **state)
{
    static const char *const names[] = {"a", "b"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        ph_autofree char *path = ph_format("%s/%s", folder, names[i]);
        if (path)
            (void)unlink(path);
    }
    return rmdir(folder);
}

static struct ph_error *count(void *context, const struct ph_textsearch_text *text)
{
    size_t *left = context;

    assert_true(text->text.size >= 3);
    assert_null(text->section);
    if (!*left)
        return ph_errorf(PH_ERR_IO, "enough");
    --*left;
    return NULL;
}

static struct ph_textsearch_options options_of(const char *const *paths, size_t path_count,
                                               size_t *left)
{
    return (struct ph_textsearch_options){
        .paths = paths,
        .path_count = path_count,
        .most = UINT64_MAX,
        .sections = true,
        .least = 3,
        .ascii = true,
        .wide = true,
        .visit = count,
        .context = left,
    };
}

static void counts_and_losses(void **state)
{
    PH_GUARD(ph_textsearch_fini) struct ph_textsearch search = {0};
    const char *paths[] = {folder, "/nowhere/at/all"};
    size_t left = 100;
    struct ph_textsearch_options options = options_of(paths, 2, &left);

    (void)state;
    assert_true(ph_textsearch_is_several(&options));
    assert_null(ph_textsearch_run(&options, &search));
    assert_int_equal(search.files, 2);
    assert_int_equal(search.texts, 6);
    assert_int_equal(search.losses.count, 1);
    assert_string_equal(search.losses.items[0].what, "/nowhere/at/all: no such file or folder");
}

static void a_visitor_ends_it(void **state)
{
    PH_GUARD(ph_textsearch_fini) struct ph_textsearch search = {0};
    const char *paths[] = {folder};
    size_t left = 4;
    struct ph_textsearch_options options = options_of(paths, 1, &left);

    (void)state;
    ph_autoerror struct ph_error *error = ph_textsearch_run(&options, &search);
    assert_non_null(error);
    assert_string_equal(error->text, "enough");
}

/* Bytes from `start` on, `most` of them; far behind the end there is nothing. */
static void a_part_of_a_file(void **state)
{
    static const struct {
        uint64_t start, most, texts;
    } parts[] = {{0, 3, 1},
                 {1, 2, 0},
                 {4, 4, 1},
                 {8, 8, 1},
                 {8, 0, 0},
                 {99, 9, 0},
                 {UINT64_MAX, UINT64_MAX, 0}};
    ph_autofree char *path = ph_format("%s/a", folder);
    const char *paths[] = {path};

    (void)state;
    assert_non_null(path);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        PH_GUARD(ph_textsearch_fini) struct ph_textsearch search = {0};
        size_t left = 100;
        struct ph_textsearch_options options = options_of(paths, 1, &left);
        options.start = parts[i].start;
        options.most = parts[i].most;
        assert_false(ph_textsearch_is_several(&options));
        assert_null(ph_textsearch_run(&options, &search));
        assert_int_equal(search.texts, parts[i].texts);
    }
}

static void memory_runs_out(void **state)
{
    const char *paths[] = {folder, "/nowhere/at/all"};
    long n = 0;

    (void)state;
    for (;; n++) {
        PH_GUARD(ph_textsearch_fini) struct ph_textsearch search = {0};
        size_t left = 100;
        struct ph_textsearch_options options = options_of(paths, 2, &left);
        options.find = "o";
        ph_mem_fail_after(n);
        struct ph_error *error = ph_textsearch_run(&options, &search);
        ph_mem_fail_after(-1);
        if (!error) {
            assert_int_equal(search.texts, 6); /* "one", "two" and, in UTF-16, "oLeak" of each */
            break;
        }
        assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
    }
    assert_true(n > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_losses),
        cmocka_unit_test(a_visitor_ends_it),
        cmocka_unit_test(a_part_of_a_file),
        cmocka_unit_test(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, make_files, remove_files);
}
