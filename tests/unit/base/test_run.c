#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/os.h"
#include "base/run.h"

static int ask(const char *script, int64_t timeout_ns, size_t limit, struct ph_text *output)
{
    const char *const command[] = {"/bin/sh", "-c", script, NULL};
    int status = 77;

    assert_null(ph_run(command, timeout_ns, limit, output, &status));
    return status;
}

static void gives_output_and_status(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text output = {0};

    (void)state;
    assert_int_equal(ask("echo $LC_ALL; exit 3", 10 * PH_SECOND, 100, &output), 3);
    assert_string_equal(output.data, "C\n");
}

static void ends_what_takes_too_long(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text output = {0};
    int64_t start = ph_boottime_ns();

    (void)state;
    assert_int_equal(ask("exec sleep 60", PH_SECOND / 5, 100, &output), -1);
    /* its output ends long before it does */
    assert_int_equal(ask("exec >&-; exec sleep 60", PH_SECOND / 5, 100, &output), -1);
    assert_true(ph_boottime_ns() - start < 20 * PH_SECOND);
}

static void ends_what_says_too_much(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text output = {0};

    (void)state;
    assert_int_equal(ask("exec cat /dev/zero", 10 * PH_SECOND, 100, &output), -1);
    assert_true(output.size <= 100);
}

static void what_is_not_there_is_an_error(void **state)
{
    const char *const command[] = {"/nowhere/at/all", NULL};
    PH_GUARD(ph_text_fini) struct ph_text output = {0};
    int status;

    (void)state;
    struct ph_error *error = ph_run(command, PH_SECOND, 100, &output, &status);
    assert_non_null(error);
    assert_non_null(strstr(error->text, "/nowhere/at/all"));
    ph_error_free(error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_output_and_status),
        cmocka_unit_test(ends_what_takes_too_long),
        cmocka_unit_test(ends_what_says_too_much),
        cmocka_unit_test(what_is_not_there_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
