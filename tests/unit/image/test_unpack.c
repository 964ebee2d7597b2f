/* image/unpack: packed modules, whole, cut, damaged, and larger than allowed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "base/mem.h"
#include "image/elf.h"

enum { SIZE = 300000, ROOM = 400000, KINDS = 3 };

static uint8_t plain[SIZE];
static struct {
    const char *word;
    char bytes[ROOM];
    size_t size;
} packed[KINDS] = {{"xz", {0}, 0}, {"zstd", {0}, 0}, {"gzip", {0}, 0}};

static int pack(void **state)
{
    uint32_t number = 1;
    z_stream gzip = {.next_in = plain, .avail_in = SIZE};

    (void)state;
    for (size_t i = 0; i < SIZE; i++) { /* half of it random */
        number = number * 1664525 + 1013904223;
        plain[i] = i % 2 ? (uint8_t)(number >> 24) : 'x';
    }
    if (lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, plain, SIZE, (uint8_t *)packed[0].bytes,
                                &packed[0].size, ROOM) != LZMA_OK)
        return 1;
    packed[1].size = ZSTD_compress(packed[1].bytes, ROOM, plain, SIZE, 1);
    if (ZSTD_isError(packed[1].size) || deflateInit2(&gzip, 1, Z_DEFLATED, 15 + 16, 8, 0) != Z_OK)
        return 1;
    gzip.next_out = (Bytef *)packed[2].bytes;
    gzip.avail_out = ROOM;
    int status = deflate(&gzip, Z_FINISH);
    packed[2].size = gzip.total_out;
    (void)deflateEnd(&gzip);
    return status != Z_STREAM_END;
}

static void assert_error(struct ph_slice bytes, size_t limit, const char *message)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    ph_autoerror struct ph_error *error = ph_unpack("owl.ko", bytes, limit, &out);

    assert_non_null(error);
    assert_int_equal(error->code, PH_ERR_FORMAT);
    assert_int_equal(out.size, 0);
    if (!ph_slice_starts(ph_slice_of(error->text), "owl.ko: ") || !strstr(error->text, message))
        fail_msg("'%s' without '%s'", error->text, message);
}

static void all_kinds_are_undone(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct ph_slice bytes = {packed[i].bytes, packed[i].size};
        assert_null(ph_unpack("owl.ko", bytes, SIZE, &out)); /* replaces what was there */
        assert_int_equal(out.size, SIZE);
        assert_memory_equal(out.data, plain, SIZE);
        assert_error(bytes, SIZE - 1, "more than 299999 bytes");
        assert_error(bytes, 0, "more than 0 bytes");
    }
}

static void what_is_not_packed_stays(void **state)
{
    static const char *const OTHERS[] = {"", "\177ELF", "\3757zX", "\x1f", "\x28\xb5\x2f"};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(OTHERS) / sizeof(OTHERS[0]); i++) {
        assert_null(ph_unpack("owl.ko", ph_slice_of(OTHERS[i]), SIZE, &out));
        assert_int_equal(out.size, 0);
    }
}

static void cut_and_damaged(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        size_t size = packed[i].size;
        for (size_t cut = 6; cut < size; cut += cut < 40 || cut + 40 > size ? 1 : 9973) {
            ph_autofree char *copy = ph_memdup(packed[i].bytes, cut);
            assert_error((struct ph_slice){copy, cut}, SIZE, packed[i].word);
        }
        packed[i].bytes[size / 2] ^= 0x55;
        if (i != 1) /* zstd's command writes a checksum, its library does not unless it is asked */
            assert_error((struct ph_slice){packed[i].bytes, size}, SIZE, "damaged");
        packed[i].bytes[size / 2] ^= 0x55;
    }
}

/* 64 MB of zeros in a small file: the limit ends it. */
static void bombs_end_at_the_limit(void **state)
{
    enum { ZEROS = 64 << 20 };
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    ph_autofree char *zeros = ph_zalloc(1, ZEROS);
    ph_autofree char *bomb = ph_alloc(ROOM);

    (void)state;
    assert_true(zeros && bomb);
    size_t size = ZSTD_compress(bomb, ROOM, zeros, ZEROS, 3);
    assert_false(ZSTD_isError(size));
    assert_true(size < 20000);
    assert_error((struct ph_slice){bomb, size}, 1 << 20, "more than 1048576 bytes");
    assert_null(ph_unpack("owl.ko", (struct ph_slice){bomb, size}, ZEROS, &out));
    assert_int_equal(out.size, ZEROS);
}

static void short_memory_is_an_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        bool done = false;
        for (long n = 0; !done; n++) {
            PH_GUARD(ph_text_fini) struct ph_text out = {0};
            ph_mem_fail_after(n);
            struct ph_error *error =
                ph_unpack("owl.ko", (struct ph_slice){packed[i].bytes, packed[i].size}, SIZE, &out);
            ph_mem_fail_after(-1);
            done = !error;
            assert_true(done ? out.size == SIZE : error->code == PH_ERR_NOMEM);
            ph_error_free(error);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_kinds_are_undone),     cmocka_unit_test(what_is_not_packed_stays),
        cmocka_unit_test(cut_and_damaged),          cmocka_unit_test(bombs_end_at_the_limit),
        cmocka_unit_test(short_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, pack, NULL);
}
