/* app/loaded_drivers: paths whatever their case, services that rename default tags, and facts. */
#include "app/drivers.h"
#include "app/gather_facts.h"
#include "app/loaded_drivers.h"
#include "unit/identity/tree_build.h"
#include "unit/image/pe_build.h"
#include "unit/source/nt_fake.h"

static const struct tree *here;

static void modules(struct nt_list *list)
{
    static const char *const FILES[] = {"/own/Foreign.sys", "/own/plain.sys", "/own/gone.sys"};

    for (size_t i = 0; i < sizeof(FILES) / sizeof(FILES[0]); i++) {
        char path[256];
        (void)snprintf(path, sizeof(path), "\\??\\%.128s%s", here->root, FILES[i]);
        nt_module(list, path, 0, 4096 * (uint32_t)(i + 1));
    }
}

static int set_up(void **state)
{
    static struct pe_build build;
    struct tree *tree = tree_make();

    build_pe(&build, PH_PE_X64);
    put_imports(&build);
    tree_bytes(tree, "/own/plain.sys", build_file(&build));
    put_version(&build, 0x409);
    tree_bytes(tree, "/own/Foreign.sys", build_file(&build));
    tree_file(tree, "/own/other.sys", "no driver");
    here = tree;
    *state = tree;
    return 0;
}

static int tear_down(void **state)
{
    tree_drop(*state);
    return 0;
}

static char *below(const char *path)
{
    char *whole = ph_format("%s%s", here->root, path);

    assert_non_null(whole);
    return whole;
}

/* ------------------------------------------------------------------ the list */

static void files_are_found_in_any_case(void **state)
{
    PH_GUARD(ph_loaded_drivers_fini) struct ph_loaded_drivers drivers = {0};
    struct ph_loaded_driver *driver;

    (void)state;
    assert_null(ph_loaded_drivers_add(&drivers, ph_strdup("C:\\Windows\\A.sys"), &driver));
    driver->loaded = true;
    assert_null(ph_loaded_drivers_add(&drivers, ph_strdup("c:/windows/a.SYS"), &driver));
    assert_true(driver->loaded);
    assert_int_equal(drivers.count, 1);
    assert_ptr_equal(ph_loaded_drivers_find(&drivers, "C:\\WINDOWS/a.sys"), &drivers.items[0]);
    assert_null(ph_loaded_drivers_find(&drivers, "C:\\Windows\\b.sys"));
}

static void the_kernel_tells(void **state)
{
    PH_GUARD(ph_loaded_drivers_fini) struct ph_loaded_drivers drivers = {0};
    struct nt_fake fake = {.pointer_bytes = 8, .modules = modules};
    struct ph_nt nt = nt_fake_kernel(&fake);

    (void)state;
    assert_null(ph_loaded_drivers_read(&nt, &drivers));
    assert_int_equal(drivers.loaded, 3);
    assert_true(drivers.items[0].there && drivers.items[1].there);
    assert_false(drivers.items[2].there);
    assert_int_equal(drivers.items[1].bytes, 8192);
    assert_int_equal(drivers.losses.count, 1);
    assert_non_null(strstr(drivers.losses.items[0].what, "not there any more"));
}

static void nothing_is_left_when_memory_runs_out(void **state)
{
    struct nt_fake fake = {.pointer_bytes = 8, .modules = modules};
    struct ph_nt nt = nt_fake_kernel(&fake);

    (void)state;
    for (long n = 0;; n++) {
        PH_GUARD(ph_loaded_drivers_fini) struct ph_loaded_drivers drivers = {0};
        ph_mem_fail_after(n);
        struct ph_error *error = ph_loaded_drivers_read(&nt, &drivers);
        ph_mem_fail_after(-1);
        if (!error)
            break;
        assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
        assert_null(drivers.items);
    }
}

/* ------------------------------------------------------------------ its services */

static size_t fresh_files(const char *index, const struct ph_loaded_drivers *loaded)
{
    PH_GUARD(ph_drivers_close) struct ph_drivers drivers = {0};
    ph_autofree char *folder = below("/own");
    const char *paths[] = {folder};
    struct ph_drivers_options options = {
        .paths = paths, .path_count = 1, .index = index, .loaded = loaded};

    assert_null(ph_drivers_open(&options, &drivers));
    assert_int_equal(drivers.walk.count, 3);
    return drivers.fresh;
}

/* What was scanned for a service of another name has another default tag. */
static void a_service_of_another_name_is_scanned_anew(void **state)
{
    PH_GUARD(ph_loaded_drivers_fini) struct ph_loaded_drivers loaded = {0};
    ph_autofree char *index = below("/index");
    struct ph_loaded_driver *driver;

    (void)state;
    assert_null(ph_loaded_drivers_add(&loaded, below("/own/plain.sys"), &driver));
    driver->service = ph_strdup("PlainService");
    assert_int_equal(fresh_files(index, NULL), 3);
    assert_int_equal(fresh_files(index, NULL), 0);
    assert_int_equal(fresh_files(index, &loaded), 1);
    assert_int_equal(fresh_files(index, &loaded), 0);
}

static void what_is_loaded_is_left_out(void **state)
{
    PH_GUARD(ph_loaded_drivers_fini) struct ph_loaded_drivers loaded = {0};
    PH_GUARD(ph_drivers_close) struct ph_drivers drivers = {0};
    ph_autofree char *folder = below("/own");
    const char *paths[] = {folder};
    struct ph_drivers_options options = {
        .paths = paths, .path_count = 1, .loaded = &loaded, .leave_loaded = true};
    struct ph_loaded_driver *driver;

    (void)state;
    assert_null(ph_loaded_drivers_add(&loaded, below("/own/plain.sys"), &driver));
    driver->loaded = true;
    assert_null(ph_loaded_drivers_add(&loaded, below("/own/other.sys"), &driver));
    assert_null(ph_drivers_open(&options, &drivers));
    assert_int_equal(drivers.walk.count, 2);
    for (size_t i = 0; i < drivers.walk.count; i++)
        assert_null(strstr(drivers.walk.files[i].path, "plain"));
}

/* ------------------------------------------------------------------ facts */

static void facts_of_what_is_loaded(void **state)
{
    struct nt_fake fake = {.pointer_bytes = 8, .modules = modules};
    struct ph_nt nt = nt_fake_kernel(&fake);
    struct ph_facts_options options = {.live = true, .nt = &nt, .boottime_ns = -1};
    PH_GUARD(ph_facts_fini) struct ph_facts facts = {.uptime_ns = -1};

    (void)state;
    assert_null(ph_facts_read(&options, &facts));
    assert_true(facts.uptime_ns > 0);
    assert_int_equal(facts.driver_count, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct ph_fact_driver *driver = &facts.drivers[i];
        bool foreign = !strcmp(driver->name, "Foreign.sys");
        assert_true(driver->loaded);
        assert_false(driver->from_tree);
        assert_int_equal(!!driver->version, foreign);
        assert_int_equal(!!driver->vendor, foreign);
        assert_true(driver->bytes > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_are_found_in_any_case, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_kernel_tells, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_left_when_memory_runs_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_service_of_another_name_is_scanned_anew, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_loaded_is_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(facts_of_what_is_loaded, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
