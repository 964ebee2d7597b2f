#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "model/kmodules.h"
#include "owner/linux/kcaches.h"

static const char MODULES[] = "leaky 12288 0 - Live 0xffffffffc04ad000 (OE)\n"
                              "nf_conntrack 204800 3 xt_ct,nf_nat, Live 0xffffffffc0500000\n"
                              "no line of this kind\n"
                              "hidden 4096 0 - Live 0x0000000000000000\n";

static void modules_by_name(void **state)
{
    PH_GUARD(ph_kmodules_fini) struct ph_kmodules modules = {0};

    (void)state;
    assert_null(ph_kmodules_parse(ph_slice_of(MODULES), &modules));
    assert_int_equal(modules.count, 3);
    assert_int_equal(modules.bad_lines, 1);
    assert_false(modules.hidden);
    assert_non_null(ph_kmodules_named(&modules, ph_slice_of("nf-conntrack")));
    assert_null(ph_kmodules_named(&modules, ph_slice_of("nf_conntrac")));
}

static void caches_named_after_modules(void **state)
{
    (void)state;
    assert_true(ph_kmodule_names(ph_slice_of("ext4"), ph_slice_of("ext4_inode_cache")));
    assert_true(ph_kmodule_names(ph_slice_of("dm_bufio"), ph_slice_of("dm-bufio-128")));
    assert_true(ph_kmodule_names(ph_slice_of("zfs"), ph_slice_of("zfs")));
    assert_false(ph_kmodule_names(ph_slice_of("ext4"), ph_slice_of("ext4x_inode")));
    assert_false(ph_kmodule_names(ph_slice_of("ext4"), ph_slice_of("ext")));
    assert_false(ph_kmodule_names(ph_slice_of("ib"), ph_slice_of("ib_mad"))); /* too short */
    assert_false(ph_kmodule_names(ph_slice_of(""), ph_slice_of("")));
}

static void hidden_addresses_are_told(void **state)
{
    PH_GUARD(ph_kmodules_fini) struct ph_kmodules modules = {0};

    (void)state;
    assert_null(ph_kmodules_parse(ph_slice_of("a 1 0 - Live 0x0000000000000000\n"), &modules));
    assert_true(modules.hidden);
}

static void assert_fits(const char *format, const char *cache, bool fits)
{
    if (ph_kcache_fits(ph_slice_of(format), ph_slice_of(cache)) != fits)
        fail_msg("'%s' %s '%s'", format, fits ? "should fit" : "should not fit", cache);
}

static void names_made_by_printf(void **state)
{
    (void)state;
    assert_fits("nf_conntrack", "nf_conntrack", true);
    assert_fits("nf_conntrack", "nf_conntrack_expect", false);
    assert_fits("bio-%u", "bio-200", true);
    assert_fits("ext4_groupinfo_%dk", "ext4_groupinfo_4k", true);
    assert_fits("ext4_groupinfo_%dk", "ext4_groupinfo_4", false);
    assert_fits("%s-req%-5llx", "nvme-req7f", true);
    assert_fits("%s", "anything", false); /* fits all, says nothing */
    assert_fits("100%", "100%", true);
    assert_fits("a*", "abc", false);
    assert_fits("", "", false);
}

static void allocators_of_the_kernel(void **state)
{
    (void)state;
    assert_true(ph_is_kernel_allocator(ph_slice_of("kmalloc_trace")));
    assert_true(ph_is_kernel_allocator(ph_slice_of("kmem_cache_alloc_node")));
    assert_true(ph_is_kernel_allocator(ph_slice_of("vmalloc_noprof")));
    assert_false(ph_is_kernel_allocator(ph_slice_of("kfree")));
    assert_false(ph_is_kernel_allocator(ph_slice_of("kmalloc_caches"))); /* data */
    assert_false(ph_is_kernel_allocator(ph_slice_of("vmalloc_to_page")));
    assert_false(ph_is_kernel_allocator(ph_slice_of("mempool_free")));
    assert_false(ph_is_kernel_allocator(ph_slice_of("printk")));
}

static void short_memory_is_an_error(void **state)
{
    (void)state;
    for (long n = 0; n < 8; n++) {
        PH_GUARD(ph_kmodules_fini) struct ph_kmodules modules = {0};
        ph_mem_fail_after(n);
        struct ph_error *error = ph_kmodules_parse(ph_slice_of(MODULES), &modules);
        ph_mem_fail_after(-1);
        assert_true(error ? error->code == PH_ERR_NOMEM : modules.count == 3);
        ph_error_free(error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(caches_named_after_modules), cmocka_unit_test(modules_by_name),
        cmocka_unit_test(hidden_addresses_are_told),  cmocka_unit_test(names_made_by_printf),
        cmocka_unit_test(allocators_of_the_kernel),   cmocka_unit_test(short_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
