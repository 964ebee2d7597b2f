/* page_owner's lists, by captures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "source/linux/pageowner.h"

static const char RECORDS[] =
    "Page allocated via order 0, mask 0xcc0(GFP_KERNEL), pid 34, tgid 34 (kworker/1:1), ts "
    "3886322253 ns\n"
    "PFN 0x200 type Unmovable Block 0 type Unmovable Flags 0x0(zone=0)\n"
    " post_alloc_hook+0x6f/0xc2\n"
    " get_page_from_freelist+0x5c5/0x721\n"
    " __alloc_pages_noprof+0x10b/0x1bd\n"
    " leaky_pages_site+0x40/0x47 [leaky]\n"
    " tick+0xc4/0x155 [leaky]\n"
    "\n"
    "Page allocated via order 3, mask 0xcc0(GFP_KERNEL), pid 34, tgid 34 (x), ts 3886322253 ns\n"
    "PFN 0x208 type Unmovable Block 0 type Unmovable Flags 0x0(zone=0)\n"
    " post_alloc_hook+0x6f/0xc2\n"
    "Slab cache page\n"
    "Charged to memcg x\n"
    "\n"
    "PFN 0x208 type Unmovable Block 0 type Unmovable Flags 0x0(zone=0)\n"
    " lost_its_head+0x6f/0xc2\n"
    "\n"
    "Page allocated via order 99, mask 0xcc0\n"
    "\n"
    "Page allocated via order 1, mask 0xcc0(GFP_KERNEL), pid 34, tgid 34 (x), ts 3886322253 ns\n"
    "PFN 0x208 type Movable Block 0 type Unmovable Flags 0x0(zone=0)\n"
    " post_alloc_hook+0x6f/0xc2\n";

static void reads_records(void **state)
{
    struct ph_reader reader = ph_reader_of("page_owner", RECORDS, sizeof(RECORDS) - 1);
    struct ph_page_owner owner;
    uint64_t bad = 0;

    (void)state;
    assert_true(ph_page_owner_next(&reader, &owner, &bad));
    assert_int_equal(owner.pages, 1);
    assert_false(owner.elsewhere);
    assert_int_equal(owner.frame_count, 5);
    assert_true(ph_slice_is(owner.frames[3], "leaky_pages_site+0x40/0x47 [leaky]"));
    assert_true(ph_page_owner_next(&reader, &owner, &bad));
    assert_int_equal(owner.pages, 8);
    assert_true(owner.elsewhere);
    assert_true(ph_page_owner_next(&reader, &owner, &bad));
    assert_int_equal(owner.pages, 2);
    assert_true(owner.elsewhere);
    assert_int_equal(bad, 2);
    assert_false(ph_page_owner_next(&reader, &owner, &bad));
}

static const char STACKS[] = " post_alloc_hook+0x6f/0xc2\n"
                             " leaky_pages_site+0x40/0x47 [leaky]\n"
                             "nr_base_pages: 8\n"
                             "\n\n"
                             " post_alloc_hook+0x6f/0xc2\n"
                             " new_slab+0x40/0x47\n"
                             " x+0x40/0x47 [leaky]\n"
                             "nr_base_pages: 9\n"
                             "\n"
                             " post_alloc_hook+0x6f/0xc2\n"
                             " gpu_fault+0x40/0x47 [gpu]\n"
                             " do_fault+0x40/0x47\n"
                             "stack_count: 7\n"
                             "\n"
                             "nr_base_pages: x\n";

static void reads_stacks(void **state)
{
    struct ph_reader reader = ph_reader_of("show_stacks", STACKS, sizeof(STACKS) - 1);
    struct ph_page_owner owner;
    uint64_t bad = 0;

    (void)state;
    assert_true(ph_page_stacks_next(&reader, &owner, &bad));
    assert_int_equal(owner.pages, 8);
    assert_int_equal(owner.frame_count, 2);
    assert_false(owner.elsewhere);
    assert_true(ph_page_stacks_next(&reader, &owner, &bad));
    assert_int_equal(owner.pages, 9);
    assert_true(owner.elsewhere);
    assert_true(ph_page_stacks_next(&reader, &owner, &bad));
    assert_int_equal(owner.pages, 7);
    assert_false(owner.elsewhere);
    assert_int_equal(bad, 0);
    assert_false(ph_page_stacks_next(&reader, &owner, &bad));
    assert_int_equal(bad, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_records),
        cmocka_unit_test(reads_stacks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
