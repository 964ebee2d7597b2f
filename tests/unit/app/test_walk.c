#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/walk.h"
#include "base/mem.h"

static char root[64];

static void at(char *out, size_t size, const char *name)
{
    (void)snprintf(out, size, "%s/%s", root, name);
}

static void make_file(const char *name)
{
    char path[128];

    at(path, sizeof(path), name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fputs("x", file), 1);
    (void)fclose(file);
}

static void make_folder(const char *name)
{
    char path[128];

    at(path, sizeof(path), name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void make_link(const char *target, const char *name)
{
    char path[128], to[128];

    at(path, sizeof(path), name);
    at(to, sizeof(to), target);
    assert_int_equal(symlink(to, path), 0);
}

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(root, sizeof(root), "/tmp/ph-walk-XXXXXX");
    if (!mkdtemp(root))
        return 1;
    make_file("b.sys");
    make_file("a.sys");
    make_file("readme");
    make_folder("sub");
    make_file("sub/c.sys");
    make_folder("sub/deep");
    make_file("sub/deep/d.sys");
    make_link("", "sub/deep/loop"); /* to the root: a circle */
    make_link("sub", "sub-again");  /* the same folder by another name */
    make_link("gone", "sub/dangling.sys");
    make_link("a.sys", "sub/link.sys"); /* to a file */
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
    return system(command) != 0;
}

static bool sys(const char *name)
{
    return strstr(name, ".sys");
}

static bool has(const struct ph_walk *walk, const char *name)
{
    char path[128];
    unsigned count = 0;

    at(path, sizeof(path), name);
    for (size_t i = 0; i < walk->count; i++)
        count += !strcmp(walk->files[i].path, path);
    assert_true(count <= 1);
    return count;
}

static void links_in_circles_end(void **state)
{
    PH_GUARD(ph_walk_fini) struct ph_walk walk = {0};
    struct ph_walk_options options = {.recurse = true, .wanted = sys};

    (void)state;
    assert_null(ph_walk_add(&walk, root, &options));
    assert_true(has(&walk, "a.sys") && has(&walk, "b.sys"));
    assert_int_equal(walk.count,
                     5); /* a, b, c, d, link.sys: each once, whatever way it was found */
    assert_int_equal(walk.losses.count, 1);
    assert_non_null(strstr(walk.losses.items[0].what, "dangling.sys"));
    assert_int_equal(walk.files[0].size, 1);
}

static void without_recursion_only_the_top(void **state)
{
    PH_GUARD(ph_walk_fini) struct ph_walk walk = {0};
    struct ph_walk_options options = {.recurse = false};
    char path[128];

    (void)state;
    assert_null(ph_walk_add(&walk, root, &options));
    assert_int_equal(walk.count, 3);
    assert_true(strcmp(walk.files[0].path, walk.files[1].path) < 0);
    at(path, sizeof(path), "nothing");
    struct ph_error *error = ph_walk_add(&walk, path, &options);
    assert_non_null(error);
    assert_int_equal(error->code, PH_ERR_NOT_FOUND);
    ph_error_free(error);
    at(path, sizeof(path), "readme");
    assert_null(ph_walk_add(&walk, path, &options));
    assert_int_equal(walk.count, 3); /* it is there already */
    ph_walk_fini(&walk);
    options.wanted = sys; /* named by the user: wanted, whatever its name */
    assert_null(ph_walk_add(&walk, path, &options));
    assert_int_equal(walk.count, 1);
    assert_null(ph_walk_add(&walk, root, &options));
    assert_int_equal(walk.count, 3); /* and the two of this folder */
    ph_walk_fini(&walk);
    options = (struct ph_walk_options){.recurse = true, .named = "README", .stay = true};
    assert_null(ph_walk_add(&walk, root, &options));
    assert_int_equal(walk.count, 1);
}

static void short_memory_is_an_error(void **state)
{
    struct ph_walk_options options = {.recurse = true, .wanted = sys};

    (void)state;
    for (long n = 0; n < 80; n++) {
        PH_GUARD(ph_walk_fini) struct ph_walk walk = {0};
        ph_mem_fail_after(n);
        struct ph_error *error = ph_walk_add(&walk, root, &options);
        ph_mem_fail_after(-1);
        assert_true(error ? error->code == PH_ERR_NOMEM : walk.count == 5);
        ph_error_free(error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_in_circles_end),
        cmocka_unit_test(without_recursion_only_the_top),
        cmocka_unit_test(short_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
