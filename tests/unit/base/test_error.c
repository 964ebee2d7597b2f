/* base/error and base/mem: texts, codes, and that running out of memory is an error like another.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

static void text_and_code(void **state)
{
    (void)state;
    ph_autoerror struct ph_error *error = ph_errorf(PH_ERR_FORMAT, "%s:%d: what", "file", 7);
    assert_int_equal(error->code, PH_ERR_FORMAT);
    assert_string_equal(error->text, "file:7: what");
}

static void errno_decides_the_code(void **state)
{
    static const struct {
        int number;
        enum ph_error_code code;
    } cases[] = {
        {ENOMEM, PH_ERR_NOMEM},      {EACCES, PH_ERR_ACCESS},
        {EPERM, PH_ERR_ACCESS},      {ENOENT, PH_ERR_NOT_FOUND},
        {ENOTDIR, PH_ERR_NOT_FOUND}, {ENOSPC, PH_ERR_FULL},
        {EBUSY, PH_ERR_BUSY},        {EIO, PH_ERR_IO},
        {EISDIR, PH_ERR_IO},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ph_autoerror struct ph_error *error = ph_error_errno(cases[i].number, "/proc/x");
        ph_autofree char *expected = ph_format("/proc/x: %s", strerror(cases[i].number));
        assert_int_equal(error->code, cases[i].code);
        assert_string_equal(error->text, expected);
    }
}

static void wrapping_hides_nothing(void **state)
{
    (void)state;
    ph_autoerror struct ph_error *error =
        ph_error_wrap(ph_errorf(PH_ERR_ACCESS, "cannot open"), "recording %d", 3);
    assert_int_equal(error->code, PH_ERR_ACCESS);
    assert_string_equal(error->text, "recording 3: cannot open");
}

static void an_error_without_memory(void **state)
{
    (void)state;
    /* making, wrapping and errno errors: each allocation in turn fails */
    for (long n = 0; n < 4; n++) {
        ph_mem_fail_after(n);
        struct ph_error *made = ph_errorf(PH_ERR_IO, "text");
        ph_mem_fail_after(-1);
        assert_int_equal(made->code, n < 2 ? PH_ERR_NOMEM : PH_ERR_IO);
        ph_error_free(made);

        struct ph_error *lower = ph_errorf(PH_ERR_IO, "lower");
        ph_mem_fail_after(n);
        struct ph_error *wrapped = ph_error_wrap(lower, "upper");
        ph_mem_fail_after(-1);
        assert_int_equal(wrapped->code, n < 3 ? PH_ERR_NOMEM : PH_ERR_IO);
        ph_error_free(wrapped);

        ph_mem_fail_after(n);
        struct ph_error *system = ph_error_errno(EIO, "text");
        ph_mem_fail_after(-1);
        assert_int_equal(system->code, n < 3 ? PH_ERR_NOMEM : PH_ERR_IO);
        ph_error_free(system);
    }
    /* the static error survives being freed */
    ph_error_free(ph_error_nomem());
    ph_autoerror struct ph_error *again = ph_error_nomem();
    assert_string_equal(again->text, "out of memory");
    ph_error_free(NULL);
}

static struct ph_error *tries(struct ph_error *inner, int *reached)
{
    PH_TRY(inner);
    *reached = 1;
    return NULL;
}

static void try_returns_the_error(void **state)
{
    int reached = 0;
    struct ph_error *inner = ph_errorf(PH_ERR_BUSY, "busy");

    (void)state;
    ph_autoerror struct ph_error *outer = tries(inner, &reached);
    assert_ptr_equal(outer, inner);
    assert_int_equal(reached, 0);
    assert_null(tries(NULL, &reached));
    assert_int_equal(reached, 1);
}

static void allocations(void **state)
{
    (void)state;
    ph_autofree char *none = ph_alloc(0);
    assert_non_null(none);
    ph_autofree char *zeroed = ph_zalloc(3, 5);
    for (int i = 0; i < 15; i++)
        assert_int_equal(zeroed[i], 0);
    assert_null(ph_zalloc(SIZE_MAX / 2, 3)); /* the product does not fit */
    ph_autofree char *copy = ph_memdup("a\0b", 3);
    assert_memory_equal(copy, "a\0b", 4);
    ph_autofree char *empty = ph_memdup(NULL, 0);
    assert_string_equal(empty, "");
    ph_autofree char *text = ph_format("%s %05d", "x", 42);
    assert_string_equal(text, "x 00042");
}

static void failing_on_demand(void **state)
{
    (void)state;
    ph_mem_fail_after(2);
    ph_autofree char *first = ph_alloc(1);
    ph_autofree char *second = ph_strdup("x");
    ph_autofree char *third = ph_format("y");
    void *fourth = ph_realloc(first, 100);
    long asked = ph_mem_asked();
    ph_mem_fail_after(-1);
    assert_non_null(first);
    assert_non_null(second);
    assert_null(third);
    assert_null(fourth); /* and `first` is still ours */
    assert_int_equal(asked, 4);
}

static void growing(void **state)
{
    uint64_t *items = NULL;
    size_t capacity = 0;

    (void)state;
    assert_null(ph_grow(&items, &capacity, 0, sizeof(*items)));
    assert_null(items);
    assert_null(ph_grow(&items, &capacity, 1, sizeof(*items)));
    assert_true(capacity >= 1);
    items[0] = 77;
    assert_null(ph_grow(&items, &capacity, 1000, sizeof(*items)));
    assert_true(capacity >= 1000);
    assert_int_equal(items[0], 77);

    size_t before = capacity;
    const uint64_t *same = items;
    ph_autoerror struct ph_error *absurd = ph_grow(&items, &capacity, SIZE_MAX / 4, sizeof(*items));
    assert_int_equal(absurd->code, PH_ERR_NOMEM);
    ph_mem_fail_after(0);
    ph_autoerror struct ph_error *refused = ph_grow(&items, &capacity, before + 1, sizeof(*items));
    ph_mem_fail_after(-1);
    assert_int_equal(refused->code, PH_ERR_NOMEM);
    assert_int_equal(capacity, before);
    assert_ptr_equal(items, same);
    ph_free(items);
}

static void stealing(void **state)
{
    char *out;

    (void)state;
    {
        ph_autofree char *guarded = ph_strdup("kept");
        out = ph_steal(guarded);
        assert_null(guarded);
    }
    assert_string_equal(out, "kept");
    ph_free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_code),
        cmocka_unit_test(errno_decides_the_code),
        cmocka_unit_test(wrapping_hides_nothing),
        cmocka_unit_test(an_error_without_memory),
        cmocka_unit_test(try_returns_the_error),
        cmocka_unit_test(allocations),
        cmocka_unit_test(failing_on_demand),
        cmocka_unit_test(growing),
        cmocka_unit_test(stealing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
