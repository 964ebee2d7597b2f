/* kmemleak's list, by a capture. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "source/linux/kmemleak.h"

#define OBJECT                                                                                     \
    "unreferenced object 0xff1100000369a000 (size 4096):\n"                                        \
    "  comm \"kworker/1:0\", pid 24, jiffies 4294894498\n"                                         \
    "  hex dump (first 32 bytes):\n"                                                               \
    "    00 00 00 00 00 00 00 00 1c a2 69 03 00 00 11 ff  ..........i.....\n"                      \
    "  backtrace (crc f56d0fce):\n"                                                                \
    "    __kmalloc_noprof+0x169/0x1ea\n"                                                           \
    "    0xffffffffa0000036\n"

static void reads_the_capture(void **state)
{
    static const char text[] = OBJECT "unreferenced object 0x1 (size x):\n" OBJECT;
    struct ph_reader reader = ph_reader_of("kmemleak", text, sizeof(text) - 1);
    struct ph_kmemleak object;
    uint64_t bad = 0;

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_true(ph_kmemleak_next(&reader, &object, &bad));
        assert_int_equal(object.bytes, 4096);
        assert_int_equal(object.frame_count, 2);
        assert_true(ph_slice_is(object.frames[0], "__kmalloc_noprof+0x169/0x1ea"));
        assert_true(ph_slice_is(object.frames[1], "0xffffffffa0000036"));
    }
    assert_false(ph_kmemleak_next(&reader, &object, &bad));
    assert_int_equal(bad, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_the_capture)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
