#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/os.h"
#include "model/ksymbols.h"

#define KERNEL                                                                                     \
    "0000000000001000 A absolute\n"                                                                \
    "ffffffff81000000 T _text\n"                                                                   \
    "ffffffff81000000 T _stext\n"                                                                  \
    "ffffffff81000010 t longer_name_local\n"                                                       \
    "ffffffff81000010 t __local\n"                                                                 \
    "ffffffff81000010 T a_global_and_long_name\n"                                                  \
    "ffffffff81000010 W weak\n"                                                                    \
    "ffffffff81000ff0 t __pfx_twice\n"                                                             \
    "ffffffff81001000 t twice\n"                                                                   \
    "ffffffff81001020 t $x\n"                                                                      \
    "ffffffff81001040 t part.isra.0\n"                                                             \
    "ffffffff81001080 d data\n"                                                                    \
    "nonsense\n"                                                                                   \
    "ffffffff81002000 t last\n"

#define LEAKY                                                                                      \
    "ffffffffc04ad100 t leaky_late\t[leaky]\n"                                                     \
    "ffffffffc04ad010 t leaky_site\t[leaky]\n"                                                     \
    "ffffffffc04ad080 t twice\t[leaky]\n"                                                          \
    "ffffffffc04ae020 d data_of_leaky\t[leaky]\n"

#define CONNTRACK "ffffffffc0500010 T nf_conntrack_alloc\t[nf_conntrack]\n"

#define MODULE_LEAKY "leaky 12288 0 - Live 0xffffffffc04ad000 (OE)\n"
#define MODULE_CONNTRACK "nf_conntrack 204800 3 xt_ct,nf_nat, Live 0xffffffffc0500000\n"

static void kallsyms(struct ph_ksymbols *symbols, const char *text)
{
    assert_null(ph_ksymbols_take_kallsyms(symbols, ph_slice_of(text)));
}

static bool modules(struct ph_ksymbols *symbols, const char *text)
{
    bool changed = false;

    assert_null(ph_ksymbols_take_modules(symbols, ph_slice_of(text), &changed));
    return changed;
}

static struct ph_ksymbols *all(void)
{
    struct ph_ksymbols *symbols = NULL;

    assert_null(ph_ksymbols_create(&symbols));
    assert_true(modules(symbols, MODULE_LEAKY MODULE_CONNTRACK));
    kallsyms(symbols, KERNEL LEAKY CONNTRACK);
    return symbols;
}

static void assert_place(const struct ph_ksymbols *symbols, uint64_t address, const char *expected)
{
    PH_GUARD(ph_place_fini) struct ph_place place = {0};
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    assert_null(ph_ksymbols_place(symbols, address, &place));
    ph_place_text(&place, &text);
    assert_string_equal(text.data, expected);
    assert_int_equal(place.address, address);
}

static void places_of_functions(void **state)
{
    PH_GUARD(ph_ksymbols_destroyp) struct ph_ksymbols *symbols = all();

    (void)state;
    assert_place(symbols, 0xffffffff81000005, "_text+0x5/0x10"); /* the shorter one */
    assert_place(symbols, 0xffffffff81000fef, "a_global_and_long_name+0xfdf/0xfe0");
    assert_place(symbols, 0xffffffff81000ff0, "0xffffffff81000ff0"); /* padding */
    assert_place(symbols, 0xffffffff81001030, "twice+0x30/0x40");    /* $x ends nothing */
    assert_place(symbols, 0xffffffff81001040, "part.isra.0+0x0/0x40");
    assert_place(symbols, 0xffffffff81001080, "0xffffffff81001080"); /* data */
    assert_place(symbols, 0xffffffff81002010, "last+0x10");          /* ends nobody knows where */
    assert_place(symbols, 0xffffffff91002010, "0xffffffff91002010");
    assert_place(symbols, 0x1000, "0x1000");
    assert_place(symbols, 0, "0x0");
    assert_place(symbols, UINT64_MAX, "0xffffffffffffffff");
}

static void places_in_modules(void **state)
{
    PH_GUARD(ph_ksymbols_destroyp) struct ph_ksymbols *symbols = all();

    (void)state;
    assert_place(symbols, 0xffffffffc04ad020, "leaky_site+0x10/0x70 [leaky]");
    assert_place(symbols, 0xffffffffc04ad0ff, "twice+0x7f/0x80 [leaky]");
    /* its data is on another page: that says nothing of the function's end */
    assert_place(symbols, 0xffffffffc04ad110, "leaky_late+0x10 [leaky]");
    assert_place(symbols, 0xffffffffc04ad008, "0xffffffffc04ad008 [leaky]");
    assert_place(symbols, 0xffffffffc0500020, "nf_conntrack_alloc+0x10 [nf_conntrack]");
    assert_place(symbols, 0xffffffffc04afff0, "0xffffffffc04afff0 [leaky]"); /* behind its data */
    assert_place(symbols, 0xffffffffc04b0000, "0xffffffffc04b0000");
    assert_place(symbols, 0xffffffffc0532000, "0xffffffffc0532000");
}

static void code_made_at_run_time(void **state)
{
    PH_GUARD(ph_ksymbols_destroyp) struct ph_ksymbols *symbols = all();
    uint64_t from, to;

    (void)state;
    kallsyms(symbols,
             KERNEL LEAKY CONNTRACK "ffffffffc0201000 t ftrace_trampoline\t[__builtin__ftrace]\n"
                                    "ffffffffc0202000 t bpf_prog_0011223344556677_x\t[bpf]\n"
                                    "ffffffffc0202100 t bpf_prog_0011223344556677_y\t[bpf]\n");
    assert_place(symbols, 0xffffffffc0201010, "ftrace_trampoline+0x10 [__builtin__ftrace]");
    assert_place(symbols, 0xffffffffc0202010, "bpf_prog_0011223344556677_x+0x10 [bpf]");
    assert_place(symbols, 0xffffffffc0202110, "bpf_prog_0011223344556677_y+0x10 [bpf]");
    assert_false(ph_ksymbols_module_range(symbols, ph_slice_of("bpf"), &from, &to));
    kallsyms(symbols, KERNEL LEAKY CONNTRACK);
    assert_place(symbols, 0xffffffffc0202010,
                 "0xffffffffc0202010"); /* no module that was unloaded */
}

static void parts_of_modules_lie_apart(void **state)
{
    PH_GUARD(ph_ksymbols_destroyp) struct ph_ksymbols *symbols = NULL;
    uint64_t from, to;

    (void)state;
    assert_null(ph_ksymbols_create(&symbols));
    modules(symbols, "b 16384 0 - Live 0xffffffffc0001000\n"
                     "a 16384 0 - Live 0xffffffffc0000000\n");
    kallsyms(symbols, "ffffffffc0000010 t in_a\t[a]\nffffffffc0001010 t in_b\t[b]\n");
    assert_place(symbols, 0xffffffffc0000fff, "in_a+0xfef [a]");
    assert_place(symbols, 0xffffffffc0001000, "0xffffffffc0001000 [b]");
    assert_place(symbols, 0xffffffffc0001020, "in_b+0x10 [b]");
    assert_true(ph_ksymbols_module_range(symbols, ph_slice_of("a"), &from, &to));
    assert_true(from == 0xffffffffc0000000 && to == 0xffffffffc0001000);
}

static void ranges_of_modules(void **state)
{
    PH_GUARD(ph_ksymbols_destroyp) struct ph_ksymbols *symbols = all();
    PH_GUARD(ph_ksymbols_destroyp) struct ph_ksymbols *without = NULL;
    uint64_t from, to;

    (void)state;
    assert_true(ph_ksymbols_module_range(symbols, ph_slice_of("nf-conntrack"), &from, &to));
    assert_true(from == 0xffffffffc0500000 && to == 0xffffffffc0532000);
    assert_false(ph_ksymbols_module_range(symbols, ph_slice_of("nothing"), &from, &to));
    assert_null(ph_ksymbols_create(&without)); /* no /proc/modules */
    kallsyms(without, KERNEL LEAKY);
    assert_true(ph_ksymbols_module_range(without, ph_slice_of("leaky"), &from, &to));
    assert_true(from == 0xffffffffc04ad010 && to > 0xffffffffc04ad100);
}

static void unloaded_modules_keep_their_names(void **state)
{
    PH_GUARD(ph_ksymbols_destroyp) struct ph_ksymbols *symbols = all();
    uint64_t from, to;

    (void)state;
    assert_false(modules(symbols, MODULE_LEAKY MODULE_CONNTRACK));
    assert_true(modules(symbols, MODULE_CONNTRACK));
    /* at once, before kallsyms is taken again, and after */
    assert_place(symbols, 0xffffffffc04ad020, "leaky_site+0x10/0x70 [leaky, unloaded]");
    assert_false(ph_ksymbols_module_range(symbols, ph_slice_of("leaky"), &from, &to));
    kallsyms(symbols, KERNEL CONNTRACK);
    assert_false(modules(symbols, MODULE_CONNTRACK));
    assert_place(symbols, 0xffffffffc04ad020, "leaky_site+0x10/0x70 [leaky, unloaded]");
    assert_place(symbols, 0xffffffffc04ad008, "0xffffffffc04ad008 [leaky, unloaded]");
    assert_place(symbols, 0xffffffff81001030, "twice+0x30/0x40");
    /* another one in its place: the loaded one counts, where it is */
    assert_true(modules(symbols, MODULE_CONNTRACK "new 4096 0 - Live 0xffffffffc04ad000\n"));
    assert_place(symbols, 0xffffffffc04ad020, "0xffffffffc04ad020 [new]");
    assert_place(symbols, 0xffffffffc04af008, "0xffffffffc04af008 [leaky, unloaded]");
    kallsyms(symbols, KERNEL CONNTRACK "ffffffffc04ad000 t of_new\t[new]\n");
    assert_place(symbols, 0xffffffffc04ad020, "of_new+0x20 [new]");
}

static void moved_modules_are_known_at_both_places(void **state)
{
    PH_GUARD(ph_ksymbols_destroyp) struct ph_ksymbols *symbols = all();

    (void)state;
    assert_true(
        modules(symbols, MODULE_CONNTRACK "leaky 12288 0 - Live 0xffffffffc06ad000 (OE)\n"));
    kallsyms(symbols, KERNEL CONNTRACK "ffffffffc06ad010 t leaky_site\t[leaky]\n");
    assert_place(symbols, 0xffffffffc06ad020, "leaky_site+0x10 [leaky]");
    assert_place(symbols, 0xffffffffc04ad020, "leaky_site+0x10/0x70 [leaky, unloaded]");
}

static void kallsyms_alone_shows_what_went(void **state)
{
    PH_GUARD(ph_ksymbols_destroyp) struct ph_ksymbols *symbols = NULL;

    (void)state;
    assert_null(ph_ksymbols_create(&symbols));
    kallsyms(symbols, KERNEL LEAKY CONNTRACK);
    assert_place(symbols, 0xffffffffc04ad020, "leaky_site+0x10/0x70 [leaky]");
    /* functions of its beginning go, the module stays */
    kallsyms(symbols, KERNEL "ffffffffc04ad080 t twice\t[leaky]\n" CONNTRACK);
    assert_place(symbols, 0xffffffffc04ad090, "twice+0x10 [leaky]");
    kallsyms(symbols, KERNEL "ffffffffc06ad010 t leaky_site\t[leaky]\n" CONNTRACK);
    assert_place(symbols, 0xffffffffc04ad090, "twice+0x10 [leaky, unloaded]");
    kallsyms(symbols, KERNEL CONNTRACK);
    assert_place(symbols, 0xffffffffc06ad020, "leaky_site+0x10 [leaky, unloaded]");
}

static void history_is_bounded(void **state)
{
    PH_GUARD(ph_ksymbols_destroyp) struct ph_ksymbols *symbols = NULL;

    (void)state;
    assert_null(ph_ksymbols_create(&symbols));
    for (unsigned i = 0; i < 300; i++) {
        char line[128];
        snprintf(line, sizeof(line), "m%u 4096 0 - Live 0xffffffffc0%03x000\n", i, i);
        modules(symbols, line);
        modules(symbols, "");
    }
    assert_place(symbols, 0xffffffffc0000000 + (43u << 12), "0xffffffffc002b000");
    assert_place(symbols, 0xffffffffc0000000 + (44u << 12), "0xffffffffc002c000 [m44, unloaded]");
    for (unsigned i = 0; i < 300; i++) { /* one that comes and goes takes one place */
        modules(symbols, "again 4096 0 - Live 0xffffffffc1000000\n");
        modules(symbols, "");
    }
    assert_place(symbols, 0xffffffffc0000000 + (299u << 12), "0xffffffffc012b000 [m299, unloaded]");
    assert_place(symbols, 0xffffffffc0000000 + (46u << 12), "0xffffffffc002e000 [m46, unloaded]");
    assert_place(symbols, 0xffffffffc1000000, "0xffffffffc1000000 [again, unloaded]");
}

static void hidden_addresses(void **state)
{
    static const char NOTHING[] = "0000000000000000 T _text\n0000000000000000 t twice\n"
                                  "0000000000000000 t leaky_site\t[leaky]\n";
    PH_GUARD(ph_ksymbols_destroyp) struct ph_ksymbols *symbols = NULL;
    PH_GUARD(ph_ksymbols_destroyp) struct ph_ksymbols *before = all();
    uint64_t from, to;

    (void)state;
    assert_null(ph_ksymbols_create(&symbols));
    assert_false(ph_ksymbols_hidden(symbols)); /* nothing is known yet */
    kallsyms(symbols, NOTHING);
    assert_true(ph_ksymbols_hidden(symbols));
    modules(symbols, "leaky 12288 0 - Live 0x0000000000000000 (OE)\n");
    assert_true(ph_ksymbols_hidden(symbols));
    assert_false(ph_ksymbols_module_range(symbols, ph_slice_of("leaky"), &from, &to));
    assert_place(symbols, 0xffffffff81000005, "0xffffffff81000005");
    assert_int_equal(ph_ksymbols_count(symbols), 3);
    /* the right was given up after the first texts: what was seen then is kept */
    assert_false(ph_ksymbols_hidden(before));
    kallsyms(before, NOTHING);
    assert_true(modules(before, "leaky 12288 0 - Live 0x0000000000000000 (OE)\n"));
    assert_false(ph_ksymbols_hidden(before));
    assert_place(before, 0xffffffffc04ad020, "leaky_site+0x10/0x70 [leaky]");
    assert_place(before, 0xffffffffc0500020, "nf_conntrack_alloc+0x10 [nf_conntrack, unloaded]");
}

struct seen {
    unsigned count, of_module;
};

static struct ph_error *see(void *context, uint64_t address, const char *module)
{
    struct seen *seen = context;

    (void)address;
    seen->count++;
    seen->of_module += module && !strcmp(module, "leaky");
    return NULL;
}

static void functions_by_name(void **state)
{
    PH_GUARD(ph_ksymbols_destroyp) struct ph_ksymbols *symbols = all();
    static const struct {
        const char *name;
        unsigned count, of_module;
    } rows[] = {{"twice", 2, 1},    {"_stext", 1, 0},      {"weak", 1, 0}, {"data", 0, 0},
                {"absolute", 0, 0}, {"__pfx_twice", 0, 0}, {"", 0, 0},     {"$x", 0, 0},
                {"twic", 0, 0},     {"leaky_late", 1, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct seen seen = {0};
        assert_null(ph_ksymbols_named(symbols, ph_slice_of(rows[i].name), see, &seen));
        assert_int_equal(seen.count, rows[i].count);
        assert_int_equal(seen.of_module, rows[i].of_module);
    }
}

static struct ph_error *run_through(struct ph_ksymbols **symbols)
{
    PH_GUARD(ph_place_fini) struct ph_place place = {0};
    bool changed;

    PH_TRY(ph_ksymbols_create(symbols));
    PH_TRY(
        ph_ksymbols_take_modules(*symbols, ph_slice_of(MODULE_LEAKY MODULE_CONNTRACK), &changed));
    PH_TRY(ph_ksymbols_take_kallsyms(*symbols, ph_slice_of(KERNEL LEAKY CONNTRACK)));
    PH_TRY(ph_ksymbols_take_modules(*symbols, ph_slice_of(MODULE_CONNTRACK), &changed));
    PH_TRY(ph_ksymbols_take_kallsyms(*symbols, ph_slice_of(KERNEL)));
    PH_TRY(ph_ksymbols_place(*symbols, 0xffffffffc04ad020, &place));
    assert_string_equal(place.function, "leaky_site");
    assert_true(place.unloaded);
    return ph_ksymbols_place(*symbols, 0xffffffffc0500020, &place);
}

static void short_memory_is_an_error(void **state)
{
    bool through = false;

    (void)state;
    for (long n = 0; n < 1000 && !through; n++) {
        PH_GUARD(ph_ksymbols_destroyp) struct ph_ksymbols *symbols = NULL;
        ph_mem_fail_after(n);
        struct ph_error *error = run_through(&symbols);
        ph_mem_fail_after(-1);
        through = !error;
        assert_true(!error || error->code == PH_ERR_NOMEM);
        ph_error_free(error);
    }
    assert_true(through);
}

/* A failure leaves what was known before. */
static void short_memory_loses_nothing(void **state)
{
    bool through = false;

    (void)state;
    for (long n = 0; n < 1000 && !through; n++) {
        PH_GUARD(ph_ksymbols_destroyp) struct ph_ksymbols *symbols = all();
        ph_mem_fail_after(n);
        struct ph_error *error =
            ph_ksymbols_take_modules(symbols, ph_slice_of(MODULE_CONNTRACK), NULL);
        ph_mem_fail_after(-1);
        through = !error;
        assert_place(symbols, 0xffffffffc04ad020,
                     error ? "leaky_site+0x10/0x70 [leaky]"
                           : "leaky_site+0x10/0x70 [leaky, unloaded]");
        ph_error_free(error);
    }
    assert_true(through);
}

/* ------------------------------------------------------------------ this machine */

/* The slow way: the last function at or before an address, and the first symbol behind it. */
static void scan(struct ph_slice text, uint64_t address, uint64_t *start, uint64_t *next)
{
    struct ph_reader reader = ph_reader_of("kallsyms", text.data, text.size);
    struct ph_slice line, word;
    uint64_t at;

    *start = 0;
    *next = UINT64_MAX;
    while (ph_reader_line(&reader, &line)) {
        assert_true(ph_slice_word(&line, &word) && ph_parse_hex(word, &at));
        if (at <= address && at > *start)
            *start = at;
        if (at > address && at < *next)
            *next = at;
    }
}

static void assert_as_scanned(const struct ph_ksymbols *symbols, struct ph_slice text,
                              uint64_t address)
{
    PH_GUARD(ph_place_fini) struct ph_place place = {0};
    uint64_t start, next;

    scan(text, address, &start, &next);
    assert_null(ph_ksymbols_place(symbols, address, &place));
    if (place.function) { /* otherwise padding or data begins at `start` */
        assert_int_equal(place.address - place.offset, start);
        if (place.size)
            assert_int_equal(start + place.size, next);
    }
}

static void this_machine(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    PH_GUARD(ph_ksymbols_destroyp) struct ph_ksymbols *symbols = NULL;
    struct ph_error *error = ph_read_file("/proc/kallsyms", 256u << 20, &text);
    uint64_t least_ns = UINT64_MAX, resident, peak, resident_before;

    (void)state;
    ph_error_free(error);
    if (error || ph_slice_starts(ph_text_slice(&text), "0000000000000000")) {
        print_message("SKIP: needs addresses in /proc/kallsyms (root)\n");
        skip();
    }
    ph_own_memory(&resident_before, &peak);
    assert_null(ph_ksymbols_create(&symbols));
    for (unsigned round = 0; round < 3; round++) {
        int64_t begun = ph_cpu_ns();
        assert_null(ph_ksymbols_take_kallsyms(symbols, ph_text_slice(&text)));
        uint64_t took = (uint64_t)(ph_cpu_ns() - begun);
        least_ns = took < least_ns ? took : least_ns;
    }
    ph_own_memory(&resident, &peak);
    print_message("%zu functions of %zu bytes of text in %.1f ms of CPU, %.1f MB more resident\n",
                  ph_ksymbols_count(symbols), text.size, (double)least_ns / 1e6,
                  ((double)resident - (double)resident_before) / 1e6);
    assert_false(ph_ksymbols_hidden(symbols));
    for (unsigned i = 0; i < 40; i++) { /* spread over the text */
        const char *line = memchr(text.data + text.size / 41 * i, '\n', 4096);
        uint64_t address = line ? strtoull(line + 1, NULL, 16) : 0;
        assert_as_scanned(symbols, ph_text_slice(&text), address);
        assert_as_scanned(symbols, ph_text_slice(&text), address + 3);
    }
    struct seen seen = {0};
    assert_null(ph_ksymbols_named(symbols, ph_slice_of("kfree"), see, &seen));
    assert_int_equal(seen.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_of_functions),
        cmocka_unit_test(places_in_modules),
        cmocka_unit_test(code_made_at_run_time),
        cmocka_unit_test(parts_of_modules_lie_apart),
        cmocka_unit_test(ranges_of_modules),
        cmocka_unit_test(unloaded_modules_keep_their_names),
        cmocka_unit_test(moved_modules_are_known_at_both_places),
        cmocka_unit_test(kallsyms_alone_shows_what_went),
        cmocka_unit_test(history_is_bounded),
        cmocka_unit_test(hidden_addresses),
        cmocka_unit_test(functions_by_name),
        cmocka_unit_test(short_memory_is_an_error),
        cmocka_unit_test(short_memory_loses_nothing),
        cmocka_unit_test(this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
