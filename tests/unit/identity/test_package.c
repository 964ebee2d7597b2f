#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/os.h"
#include "identity/package.h"
#include "unit/identity/tree_build.h"

static const char MODULE[] = "/lib/modules/6.1.0-9/updates/dkms/night-owl.ko.xz";

static void assert_package(const char *root, const char *path, const char *module, const char *name,
                           const char *version)
{
    PH_GUARD(ph_package_fini) struct ph_package package = {0};

    assert_null(ph_package_of(root, false, path, module, &package));
    if (!name) {
        assert_null(package.name);
        return;
    }
    assert_non_null(package.name);
    assert_string_equal(package.name, name);
    assert_string_equal(package.version, version);
}

static int make_tree(void **state)
{
    struct tree *tree = tree_make();

    tree_file(tree, "/var/lib/dpkg/info/base-files.list", "/.\n/etc\n/usr/lib/os-release\n");
    tree_file(tree, "/var/lib/dpkg/info/linux-image-6.1.0-9.list",
              "/.\n/lib/modules/6.1.0-9/kernel/fs/xfs.ko\n");
    tree_file(tree, "/var/lib/dpkg/info/odd-modules:amd64.list",
              "/usr/lib/modules/6.1.0-9/extra/odd.ko\n");
    tree_file(tree, "/var/lib/dpkg/status",
              "Package: base-files\nVersion: 12\n\n"
              "Package: linux-image-6.1.0-9\nStatus: install ok installed\n"
              "Maintainer: Kernel Team <kernel@example.org>\nVersion: 6.1.9-1\n"
              "Description: a kernel\n Version: not this one\n\n"
              "Package: odd-modules\nVersion: 3\n");
    tree_file(tree, "/var/lib/dkms/owl/1.0/5.10.0-1/x86_64/module/night-owl.ko.xz", "");
    tree_file(tree, "/var/lib/dkms/owl/2.0/6.1.0-9/x86_64/module/night-owl.ko.xz", "");
    tree_file(tree, "/var/lib/dkms/owl/1.0/source/dkms.conf",
              "PACKAGE_NAME=owl\nBUILT_MODULE_NAME[0]=\"night-owl\"\n");
    tree_file(tree, "/var/lib/dkms/night/9/source/dkms.conf",
              "# night_owl is another's\nBUILT_MODULE_NAME[0]='day'\n");
    *state = tree;
    return 0;
}

static int drop_tree(void **state)
{
    tree_drop(*state);
    return 0;
}

static void dpkg_owns_modules_of_kernels(void **state)
{
    struct tree *tree = *state;
    PH_GUARD(ph_package_fini) struct ph_package package = {0};

    assert_null(
        ph_package_of(tree->root, false, "/lib/modules/6.1.0-9/kernel/fs/xfs.ko", "xfs", &package));
    assert_string_equal(package.name, "linux-image-6.1.0-9");
    assert_string_equal(package.version, "6.1.9-1");
    assert_string_equal(package.maintainer, "Kernel Team <kernel@example.org>");
}

static void lib_and_usr_lib_are_one(void **state)
{
    struct tree *tree = *state;

    assert_package(tree->root, "/usr/lib/modules/6.1.0-9/kernel/fs/xfs.ko", "xfs",
                   "linux-image-6.1.0-9", "6.1.9-1");
    assert_package(tree->root, "/lib/modules/6.1.0-9/extra/odd.ko", "odd", "odd-modules", "3");
    assert_package(tree->root, "/usr/lib/os-release", NULL, "base-files", "12");
    assert_package(tree->root, "/lib/modules/6.1.0-9/kernel/fs/xfs.ko.gz", "xfs", NULL, NULL);
}

static void dkms_owns_what_it_built(void **state)
{
    struct tree *tree = *state;

    assert_package(tree->root, MODULE, "night_owl", "owl (DKMS)", "2.0");
    assert_package(tree->root, "/lib/modules/5.10.0-1/updates/night-owl.ko", "night_owl",
                   "owl (DKMS)", "1.0");
    /* of a kernel that it built nothing for */
    assert_package(tree->root, "/lib/modules/4.19.0-1/updates/night-owl.ko", "night_owl", NULL,
                   NULL);
    /* elsewhere: by its configuration */
    assert_package(tree->root, "/root/night-owl.ko", "night_owl", "owl (DKMS)", "1.0");
    assert_package(tree->root, "/root/owl.ko", "wl", NULL, NULL);
}

static void nothing_is_known_of_an_empty_tree(void **state)
{
    struct tree *tree = tree_make();

    (void)state;
    assert_package(tree->root, MODULE, "night_owl", NULL, NULL);
    tree_file(tree, "/var/lib/dpkg/info/owl.list",
              "/lib/modules/6.1.0-9/updates/dkms/night-owl.ko.xz");
    PH_GUARD(ph_package_fini) struct ph_package package = {0};
    assert_null(ph_package_of(tree->root, false, MODULE, "night_owl", &package));
    assert_string_equal(package.name, "owl");
    assert_null(package.version); /* no status file */
    tree_drop(tree);
}

static void short_memory_is_an_error(void **state)
{
    struct tree *tree = *state;
    static const char *const PATHS[] = {"/lib/modules/6.1.0-9/kernel/fs/xfs.ko",
                                        "/lib/modules/6.1.0-9/extra/odd.ko", MODULE,
                                        "/root/night-owl.ko"};

    for (size_t i = 0; i < sizeof(PATHS) / sizeof(PATHS[0]); i++) {
        bool done = false;
        for (long n = 0; !done; n++) {
            PH_GUARD(ph_package_fini) struct ph_package package = {0};
            ph_mem_fail_after(n);
            struct ph_error *error =
                ph_package_of(tree->root, false, PATHS[i], i == 1 ? "odd" : "night_owl", &package);
            ph_mem_fail_after(-1);
            done = !error;
            assert_true(error ? error->code == PH_ERR_NOMEM && !package.name : !!package.name);
            ph_error_free(error);
            assert_true(n < 10000);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dpkg_owns_modules_of_kernels),
        cmocka_unit_test(lib_and_usr_lib_are_one),
        cmocka_unit_test(dkms_owns_what_it_built),
        cmocka_unit_test(nothing_is_known_of_an_empty_tree),
        cmocka_unit_test(short_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_tree, drop_tree);
}
