#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/mem.h"
#include "base/parallel.h"

enum { ITEMS = 1000 };

struct sums {
    struct ph_mutex *mutex;
    unsigned seen[ITEMS];
    size_t total;
    size_t fail_at;
};

static struct ph_error *count(void *context, size_t item)
{
    struct sums *sums = context;

    if (item == sums->fail_at)
        return ph_errorf(PH_ERR_IO, "item %zu", item);
    ph_mutex_lock(sums->mutex);
    sums->seen[item]++;
    sums->total++;
    ph_mutex_unlock(sums->mutex);
    return NULL;
}

static void every_item_once(void **state)
{
    static const unsigned THREADS[] = {0, 1, 2, 7, 500};

    (void)state;
    for (size_t i = 0; i < sizeof(THREADS) / sizeof(THREADS[0]); i++) {
        PH_GUARD(ph_mutex_freep) struct ph_mutex *mutex = NULL;
        assert_null(ph_mutex_new(&mutex));
        struct sums sums = {.mutex = mutex, .fail_at = SIZE_MAX};
        assert_null(ph_parallel(ITEMS, THREADS[i], count, &sums));
        assert_int_equal(sums.total, ITEMS);
        for (size_t k = 0; k < ITEMS; k++)
            assert_int_equal(sums.seen[k], 1);
    }
}

static void an_error_stops_the_rest(void **state)
{
    PH_GUARD(ph_mutex_freep) struct ph_mutex *mutex = NULL;

    (void)state;
    assert_null(ph_mutex_new(&mutex));
    struct sums sums = {.mutex = mutex, .fail_at = 3};
    struct ph_error *error = ph_parallel(ITEMS, 1, count, &sums);
    assert_non_null(error);
    assert_string_equal(error->text, "item 3");
    ph_error_free(error);
    assert_int_equal(sums.total, 3);
    assert_null(ph_parallel(0, 4, count, &sums));
}

/* Test vectors: RFC 1321, FIPS 180-2 appendix. */
static void digests_of_pieces(void **state)
{
    static const struct {
        enum ph_digest_kind kind;
        const char *hex;
    } VECTORS[] = {
        {PH_DIGEST_MD5, "900150983cd24fb0d6963f7d28e17f72"},
        {PH_DIGEST_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {PH_DIGEST_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    };
    const struct ph_slice pieces[] = {{"a", 1}, {"", 0}, {"bc", 2}};

    (void)state;
    for (size_t i = 0; i < sizeof(VECTORS) / sizeof(VECTORS[0]); i++) {
        struct ph_digest_sum sum = {0};
        char hex[2 * PH_DIGEST_MOST + 1] = "";
        assert_null(ph_digest(VECTORS[i].kind, pieces, 3, &sum));
        assert_int_equal(sum.size, ph_digest_size(VECTORS[i].kind));
        for (size_t k = 0; k < sum.size; k++)
            (void)snprintf(hex + 2 * k, 3, "%02x", sum.bytes[k]);
        assert_string_equal(hex, VECTORS[i].hex);
        assert_true(ph_digest_equal(&sum, &sum));
        struct ph_digest_sum other = sum;
        other.bytes[0] ^= 1;
        assert_false(ph_digest_equal(&sum, &other));
    }
    struct ph_digest_sum none = {0};
    assert_false(ph_digest_equal(&none, &none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_item_once),
        cmocka_unit_test(an_error_stops_the_rest),
        cmocka_unit_test(digests_of_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
