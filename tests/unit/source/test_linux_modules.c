/* source/linux/modules: what came and went between two texts of /proc/modules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/text.h"
#include "source/linux/modules.h"

static void take(struct ph_linux_modules *modules, const char *text, const char *wanted)
{
    PH_GUARD(ph_event_fini) struct ph_event_list events = {0};
    PH_GUARD(ph_text_fini) struct ph_text seen = {0};

    assert_null(ph_linux_modules_take(modules, ph_slice_of(text), 42, &events));
    for (size_t i = 0; i < events.count; i++) {
        assert_int_equal(events.items[i].time_ns, 42);
        ph_text_printf(&seen, "%s%s %s", i ? ", " : "", ph_event_id(events.items[i].kind),
                       events.items[i].text);
    }
    assert_string_equal(seen.data ? seen.data : "", wanted);
}

static void tells_what_came_and_went(void **state)
{
    PH_GUARD(ph_linux_modules_fini) struct ph_linux_modules modules = {0};

    (void)state;
    take(&modules,
         "xfs 2453504 1 - Live 0xffffffffc0a00000\nnf_nat 65536 2 nft_nat,x, Live 0x0 (OE)\n", "");
    take(&modules, "xfs 2453504 7 - Live 0xffffffffc0a00000\nnf_nat 65536 0 - Live 0x0 (OE)\n", "");
    take(&modules, "leaky 16384 0 - Loading 0x0\nxfs 2453504 7 - Live 0x0\n",
         "load leaky, unload nf_nat");
    take(&modules, "", "unload xfs, unload leaky");
    take(&modules, "nf_nat 65536 0 - Live 0x0", "load nf_nat"); /* and a cut line */
    take(&modules, "\n\nnf_nat\n  \nnf_nat 1 2\n", "");
}

/* Between two readings it was unloaded and loaded again: only its address tells. */
static void another_address_is_another_loading(void **state)
{
    PH_GUARD(ph_linux_modules_fini) struct ph_linux_modules modules = {0};

    (void)state;
    take(&modules, "leaky 16384 0 - Live 0xffffffffc0a00000 (OE)\nxfs 1 0 - Live 0x0\n", "");
    take(&modules, "leaky 16384 0 - Live 0xffffffffc0a00000 (OE)\nxfs 1 0 - Live 0x0\n", "");
    take(&modules, "leaky 16384 0 - Live 0xffffffffc0b00000 (OE)\nxfs 1 0 - Live 0x0\n",
         "unload leaky, load leaky");
    /* what is hidden, cut or told twice tells nothing */
    take(&modules, "leaky 16384 0 - Live 0x0000000000000000\nxfs 1 0 - Live 0x0\n", "");
    take(&modules, "leaky 16384 0 - Live\nleaky 16384 0 - Live 0xffffffffc0c00000\nxfs 1\n", "");
    take(&modules, "leaky 16384 0 - Live 0xffffffffc0b00000123456789\nxfs 1\n", "");
    take(&modules, "leaky 16384 0 - Live 0xffffffffc0b00000", "unload xfs");
    /* gone and back is told by both; the address says nothing more */
    take(&modules, "", "unload leaky");
    take(&modules, "leaky 16384 0 - Live 0xffffffffc0d00000", "load leaky");
}

static void out_of_memory_is_an_error(void **state)
{
    bool failed = true;

    (void)state;
    for (long n = 0; failed; n++) {
        PH_GUARD(ph_linux_modules_fini) struct ph_linux_modules modules = {0};
        PH_GUARD(ph_event_fini) struct ph_event_list events = {0};
        ph_mem_fail_after(n);
        struct ph_error *error =
            ph_linux_modules_take(&modules, ph_slice_of("a 1\nb 2\n"), 1, &events);
        if (!error)
            error = ph_linux_modules_take(&modules, ph_slice_of("c 1\n"), 1, &events);
        ph_mem_fail_after(-1);
        failed = error;
        ph_error_free(error);
        assert_true(n < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_came_and_went),
        cmocka_unit_test(another_address_is_another_loading),
        cmocka_unit_test(out_of_memory_is_an_error),
    };

    return cmocka_run_group_tests_name("modules that come and go", tests, NULL, NULL);
}
