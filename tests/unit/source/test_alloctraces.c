/* slub_debug's alloc_traces, by a capture of a 6.12 kernel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "source/linux/alloctraces.h"

static const char CAPTURE[] =
    "   1120 tick+0x10b/0x190 [leaky] waste=1227520/1096 age=10/431/836 pid=9-45 cpus=0-1\n"
    "        tick+0x10b/0x190 [leaky]\n"
    "        process_one_work+0x190/0x3a0\n"
    "        worker_thread+0x191/0x2f0\n"
    "        kthread+0xd2/0x100\n"
    "        ret_from_fork+0x34/0x50\n"
    "        ret_from_fork_asm+0x1a/0x30\n"
    "\n"
    "      1 hugetlb_cgroup_file_init+0x3c/0x180 waste=856/856 age=3430 pid=1 cpus=0\n"
    "\n"
    "      1 __vmalloc_node_range_noprof+0x1bc/0x850 age=3581 pid=1 cpus=1\n";

static void reads_the_capture(void **state)
{
    struct ph_reader reader = ph_reader_of("alloc_traces", CAPTURE, sizeof(CAPTURE) - 1);
    struct ph_alloc_trace trace;
    uint64_t bad = 0;

    (void)state;
    assert_true(ph_alloc_traces_next(&reader, &trace, &bad));
    assert_int_equal(trace.objects, 1120);
    assert_true(ph_slice_is(trace.caller, "tick+0x10b/0x190"));
    assert_true(ph_slice_is(trace.module, "leaky"));
    assert_true(trace.have_age);
    assert_int_equal(trace.age_most_jiffies, 836);
    assert_int_equal(trace.frame_count, 6);
    assert_true(ph_slice_is(trace.frames[0], "tick+0x10b/0x190 [leaky]"));
    assert_true(ph_alloc_traces_next(&reader, &trace, &bad));
    assert_int_equal(trace.age_most_jiffies, 3430);
    assert_int_equal(trace.frame_count, 0);
    assert_int_equal(trace.module.size, 0);
    assert_true(ph_alloc_traces_next(&reader, &trace, &bad));
    assert_true(ph_slice_is(trace.caller, "__vmalloc_node_range_noprof+0x1bc/0x850"));
    assert_false(ph_alloc_traces_next(&reader, &trace, &bad));
    assert_int_equal(bad, 0);
}

static void counts_what_is_no_record(void **state)
{
    static const char text[] = "rubbish\n99999999999999999999 f+0x1/0x2 age=1\n12\n"
                               "3 f+0x1/0x2 age=x/y\n";
    struct ph_reader reader = ph_reader_of("alloc_traces", text, sizeof(text) - 1);
    struct ph_alloc_trace trace;
    uint64_t bad = 0;

    (void)state;
    assert_true(ph_alloc_traces_next(&reader, &trace, &bad));
    assert_int_equal(trace.objects, 3);
    assert_false(trace.have_age);
    assert_int_equal(bad, 3);
    assert_false(ph_alloc_traces_next(&reader, &trace, &bad));
}

static void keeps_the_innermost_frames(void **state)
{
    char text[4096] = "1 f+0x1/0x2 age=1\n";
    size_t size = 18;

    (void)state;
    for (unsigned i = 0; i < 100; i++, size += 4)
        for (unsigned k = 0; k < 4; k++)
            text[size + k] = " g0\n"[k];
    struct ph_reader reader = ph_reader_of("alloc_traces", text, size);
    struct ph_alloc_trace trace;
    uint64_t bad = 0;
    assert_true(ph_alloc_traces_next(&reader, &trace, &bad));
    assert_int_equal(trace.frame_count, PH_ALLOC_TRACE_FRAMES);
    assert_false(ph_alloc_traces_next(&reader, &trace, &bad));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_capture),
        cmocka_unit_test(counts_what_is_no_record),
        cmocka_unit_test(keeps_the_innermost_frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
