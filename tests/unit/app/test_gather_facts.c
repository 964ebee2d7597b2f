/* app/gather_facts: what a saved tree and a folder of drivers tell of the system. */
#include "app/gather_facts.h"
#include "unit/identity/tree_build.h"
#include "unit/image/elf_build.h"
#include "unit/image/pe_build.h"

static struct ph_error *read_tree(const struct tree *tree, struct ph_facts *facts)
{
    struct ph_facts_options options = {.root = tree->root, .boottime_ns = -1};

    return ph_facts_read(&options, facts);
}

/* A line for each driver: name, version, vendor, note, bytes, loaded or a file, from where. */
static void expect_drivers(const struct ph_facts *facts, const char *wanted)
{
    PH_GUARD(ph_text_fini) struct ph_text seen = {0};

    for (size_t i = 0; i < facts->driver_count; i++) {
        const struct ph_fact_driver *driver = &facts->drivers[i];
        ph_text_printf(&seen, "%s|%s|%s|%s|%lld|%s|%s\n", driver->name,
                       driver->version ? driver->version : "-",
                       driver->vendor ? driver->vendor : "-", driver->note ? driver->note : "-",
                       (long long)driver->bytes, driver->loaded ? "loaded" : "file",
                       driver->from_tree ? "tree" : "foreign");
    }
    assert_string_equal(ph_text_slice(&seen).data, wanted);
}

/* The losses without the tree's own path, a line each. */
static void expect_losses(const struct tree *tree, const struct ph_facts *facts, const char *wanted)
{
    PH_GUARD(ph_text_fini) struct ph_text seen = {0};
    size_t root = strlen(tree->root);

    for (size_t i = 0; i < facts->losses.count; i++) {
        const char *what = facts->losses.items[i].what;
        ph_text_printf(&seen, "%s (%llu)\n", what + (strncmp(what, tree->root, root) ? 0 : root),
                       (unsigned long long)facts->losses.items[i].count);
    }
    assert_string_equal(ph_text_slice(&seen).data, wanted);
}

static void put_module(const struct tree *tree, const char *path, const char *author)
{
    struct elf_build build;

    elf_start(&build, ELF_X64);
    elf_info(&build, "license=GPL");
    if (author)
        elf_info(&build, author);
    tree_bytes(tree, path, elf_file(&build));
    elf_end(&build);
}

static void make_linux(const struct tree *tree)
{
    tree_file(tree, "/etc/os-release",
              "# a comment\nNAME=Test\nPRETTY_NAME=\"Test Linux 12 (\xc3\xbc)\" \nID=test\n");
    tree_file(tree, "/proc/sys/kernel/tainted", "12353\n"); /* 0, 6, 12, 13 */
    tree_file(tree, "/proc/sys/kernel/osrelease", "6.1.0-test\n");
    tree_file(tree, "/proc/cmdline",
              "BOOT_IMAGE=/vmlinuz root=UUID=1 ro password=secret slub_debug=U,kmalloc-64 "
              "cgroup.memory=nokmem sysctl.vm.mem_profiling=1 quiet\n");
    tree_file(tree, "/proc/uptime", "93784.25 180000.00\n");
    tree_file(tree, "/proc/modules",
              "xfs 2453504 1 - Live 0x0000000000000000\n"
              "acme_flt 65536 0 - Live 0x0000000000000000 (POE)\n"
              "nobody 4096 0 - Live 0x0000000000000000 (O)\n"
              "Beta 8192 0 - Live 0x0000000000000000 (E)\n"
              "what is this\n"
              "abc 12288 2 xfs, Live 0x0000000000000000 (C)\n");
    tree_file(tree, "/sys/module/acme_flt/version", "3.2.1\n");
    put_module(tree, "/lib/modules/6.1.0-test/extra/acme-flt.ko",
               "author= Acme Corp. <x@y.example>");
    put_module(tree, "/lib/modules/6.1.0-test/extra/Beta.ko", NULL);
    put_module(tree, "/lib/modules/5.0.0/extra/nobody.ko", "author=of another kernel");
}

static void tells_what_a_saved_tree_holds(void **state)
{
    struct tree *tree = tree_make();
    PH_GUARD(ph_facts_fini) struct ph_facts facts = {0};

    (void)state;
    make_linux(tree);
    assert_null(read_tree(tree, &facts));
    assert_string_equal(facts.os, "Test Linux 12 (\xc3\xbc)");
    assert_string_equal(facts.taint, "proprietary module, by the user's request, out-of-tree "
                                     "module, unsigned module");
    assert_string_equal(facts.command,
                        "slub_debug=U,kmalloc-64 cgroup.memory=nokmem sysctl.vm.mem_profiling=1");
    assert_true(facts.uptime_ns == 93784 * PH_SECOND);
    expect_drivers(&facts,
                   "acme_flt|3.2.1|Acme Corp. <x@y.example>|proprietary, out of tree, unsigned|"
                   "65536|loaded|foreign\n"
                   "Beta|-|-|unsigned|8192|loaded|foreign\n"
                   "nobody|-|-|out of tree|4096|loaded|foreign\n"
                   "abc|-|-|staging|12288|loaded|tree\n"
                   "xfs|-|-|-|2453504|loaded|tree\n");
    expect_losses(tree, &facts,
                  "/proc/modules: lines that are no module (1)\n"
                  "/lib/modules: does not hold all foreign modules that are loaded, so their "
                  "authors are not known (1)\n");
    tree_drop(tree);
}

static void says_what_is_missing(void **state)
{
    struct tree *tree = tree_make();
    PH_GUARD(ph_facts_fini) struct ph_facts facts = {0};

    (void)state;
    assert_null(read_tree(tree, &facts));
    assert_true(!facts.os && !facts.taint && !facts.command && facts.uptime_ns == -1);
    assert_int_equal(facts.driver_count, 0);
    expect_losses(tree, &facts,
                  "/usr/lib/os-release: not there; the name of the system is not known (0)\n"
                  "/proc/sys/kernel/tainted: not there; taints of the kernel are not known (0)\n"
                  "/proc/cmdline: not there; parameters of the boot are not known (0)\n"
                  "/proc/uptime: not there; the time since boot is not known (0)\n"
                  "/proc/modules: not there; the loaded modules are not known (0)\n");
    tree_drop(tree);
}

/* A copy of /proc alone; no taint and no parameter that matters is not the same as unknown. */
static void takes_a_copy_of_proc(void **state)
{
    struct tree *tree = tree_make();
    PH_GUARD(ph_facts_fini) struct ph_facts facts = {0};

    (void)state;
    tree_file(tree, "/sys/kernel/tainted", "0\n");
    tree_file(tree, "/cmdline", "ro quiet\n");
    tree_file(tree, "/uptime", "garbage\n");
    tree_file(tree, "/modules", "");
    assert_null(read_tree(tree, &facts));
    assert_string_equal(facts.taint, "");
    assert_string_equal(facts.command, "");
    assert_true(facts.uptime_ns == -1);
    expect_losses(tree, &facts,
                  "/usr/lib/os-release: not there; the name of the system is not known (0)\n");
    tree_drop(tree);
}

static void damaged_files_cost_only_themselves(void **state)
{
    struct tree *tree = tree_make();
    PH_GUARD(ph_facts_fini) struct ph_facts facts = {0};

    (void)state;
    tree_file(tree, "/etc/os-release", "PRETTY_NAME=\"\nPRETTY_NAME=second\n");
    tree_file(tree, "/proc/sys/kernel/tainted", "18446744073709551615\n");
    tree_file(tree, "/proc/sys/kernel/osrelease", "../../../..\n");
    tree_file(tree, "/proc/cmdline", "");
    tree_file(tree, "/proc/uptime", "99999999999999999999.0\n");
    tree_file(tree, "/proc/modules", "../../x 1 0 - Live 0x0 (O)\ncut 1 0 - Live 0x0 (O)\n");
    tree_file(tree, "/lib/modules/cut.ko", "\177ELF");
    assert_null(read_tree(tree, &facts));
    assert_string_equal(facts.os, "\"");
    assert_non_null(strstr(facts.taint, "bit 63"));
    assert_true(facts.uptime_ns == -1);
    expect_drivers(&facts, "../../x|-|-|out of tree|1|loaded|foreign\n"
                           "cut|-|-|out of tree|1|loaded|foreign\n");
    assert_true(facts.losses.count >= 2);
    tree_drop(tree);
}

static void put_driver(const struct tree *tree, const char *path, bool with_version)
{
    struct pe_build build;

    build_pe(&build, PH_PE_X64);
    if (with_version)
        put_version(&build, 0x409);
    tree_bytes(tree, path, build_file(&build));
}

static void tells_versions_of_windows_drivers(void **state)
{
    struct tree *tree = tree_make();
    PH_GUARD(ph_facts_fini) struct ph_facts facts = {0};
    struct ph_machine machine = {.system = "Windows", .release = "10.0.26100"};
    const char *const paths[] = {tree->root, "/nowhere/at/all"};
    struct ph_facts_options options = {
        .drivers = paths, .driver_count = 2, .machine = &machine, .boottime_ns = 7};

    (void)state;
    put_driver(tree, "/a/zeta.SYS", true);
    put_driver(tree, "/alpha.sys", false);
    put_driver(tree, "/library.dll", true);
    tree_file(tree, "/readme.sys", "no driver at all");
    tree_file(tree, "/broken.sys", "MZ");
    assert_null(ph_facts_read(&options, &facts));
    assert_string_equal(facts.os, "Windows 10.0.26100");
    assert_true(!facts.taint && !facts.command && facts.uptime_ns == 7);
    expect_drivers(&facts, "alpha.sys|-|-|-|-1|file|foreign\n"
                           "zeta.SYS|1, 2, 3, 4|040904b0|-|-1|file|foreign\n");
    assert_int_equal(facts.losses.count, 1);
    assert_non_null(strstr(facts.losses.items[0].what, "/nowhere/at/all"));
    tree_drop(tree);
}

/* Thousands of files below a folder must not hold up a report. */
static void reads_so_many_and_no_more(void **state)
{
    struct tree *tree = tree_make();
    PH_GUARD(ph_facts_fini) struct ph_facts facts = {0};
    const char *const paths[] = {tree->root};
    struct ph_facts_options options = {.drivers = paths, .driver_count = 1, .boottime_ns = -1};

    (void)state;
    for (int i = 0; i < 507; i++) {
        char path[32];
        (void)snprintf(path, sizeof(path), "/d%03d.sys", i);
        put_driver(tree, path, false);
    }
    assert_null(ph_facts_read(&options, &facts));
    assert_int_equal(facts.driver_count, 500);
    assert_int_equal(facts.losses.count, 1);
    assert_int_equal(facts.losses.items[0].count, 7);
    tree_drop(tree);
}

static void out_of_memory_is_an_error(void **state)
{
    struct tree *tree = tree_make();
    const char *const paths[] = {tree->root};
    bool failed = true;
    long n = 0;

    (void)state;
    make_linux(tree);
    put_driver(tree, "/drivers/zeta.sys", true);
    for (; failed; n++) {
        PH_GUARD(ph_facts_fini) struct ph_facts facts = {0};
        struct ph_facts_options options = {
            .root = tree->root, .drivers = paths, .driver_count = 1, .boottime_ns = -1};
        ph_mem_fail_after(n);
        struct ph_error *error = ph_facts_read(&options, &facts);
        ph_mem_fail_after(-1);
        assert_true(!error || error->code == PH_ERR_NOMEM);
        failed = error;
        ph_error_free(error);
        assert_true(n < 10000);
        assert_true(failed || facts.driver_count == 6);
    }
    assert_true(n > 20);
    tree_drop(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_a_saved_tree_holds),
        cmocka_unit_test(says_what_is_missing),
        cmocka_unit_test(takes_a_copy_of_proc),
        cmocka_unit_test(damaged_files_cost_only_themselves),
        cmocka_unit_test(tells_versions_of_windows_drivers),
        cmocka_unit_test(reads_so_many_and_no_more),
        cmocka_unit_test(out_of_memory_is_an_error),
    };

    return cmocka_run_group_tests_name("facts of the system", tests, NULL, NULL);
}
