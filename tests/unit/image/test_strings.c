/* image/strings: against a slow reference that reads whole files, in pieces of every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "image/strings.h"

/* Texts as lines "offset a|w text\n". */
static void add_line(struct ph_text *lines, uint64_t offset, bool wide, struct ph_slice text)
{
    ph_text_printf(lines, "%llu %c ", (unsigned long long)offset, wide ? 'w' : 'a');
    ph_text_add(lines, text.data, text.size);
    ph_text_putc(lines, '\n');
}

static struct ph_error *collect(void *context, const struct ph_string *string)
{
    add_line(context, string->offset, string->wide, string->text);
    return NULL;
}

/* Feeds `data` in pieces of at most `piece` bytes (0 = as much as fits; negative = random). */
static void feed(const struct ph_strings_options *options, struct ph_slice data, int piece,
                 struct ph_text *lines)
{
    struct ph_strings_options with = *options;
    PH_GUARD(ph_strings_freep) struct ph_strings *strings = NULL;

    with.visit = collect;
    with.context = lines;
    assert_null(ph_strings_new(&with, &strings));
    for (size_t at = 0; at < data.size;) {
        size_t room = 0, size = data.size - at;
        void *space = ph_strings_room(strings, &room);
        assert_true(room > 0);
        size_t most = piece > 0 ? (size_t)piece : piece < 0 ? 1 + (size_t)(rand() % 9) : room;
        if (size > most)
            size = most;
        if (size > room)
            size = room;
        memcpy(space, data.data + at, size);
        assert_null(ph_strings_take(strings, size));
        at += size;
    }
    assert_null(ph_strings_end(strings));
    assert_null(ph_text_check(lines));
}

static bool is_text(const char *data, size_t at)
{
    return data[at] == '\t' || (data[at] >= 0x20 && data[at] <= 0x7e);
}

static bool holds(const struct ph_strings_options *options, struct ph_slice text)
{
    for (size_t i = 0; i + options->find.size <= text.size; i++) {
        bool same = true;
        for (size_t k = 0; same && k < options->find.size; k++) {
            char a = text.data[i + k], b = options->find.data[k];
            if (options->ignore_case && a >= 'A' && a <= 'Z')
                a = (char)(a + 32);
            if (options->ignore_case && b >= 'A' && b <= 'Z')
                b = (char)(b + 32);
            same = a == b;
        }
        if (same)
            return true;
    }
    return false;
}

/* One place at a time, as the definition says it. */
static void reference(const struct ph_strings_options *options, struct ph_slice data,
                      struct ph_text *lines)
{
    const char *bytes = data.data;

    for (size_t at = 0; at < data.size; at++) {
        size_t end = at, wide = at;
        while (end < data.size && is_text(bytes, end))
            end++;
        while (wide + 1 < data.size && is_text(bytes, wide) && !bytes[wide + 1])
            wide += 2;
        bool wide_here = options->wide && (wide - at) / 2 >= options->least &&
                         !(at >= 2 && !bytes[at - 1] && is_text(bytes, at - 2));
        struct ph_slice text = {bytes + at, end - at};
        /* a character of a UTF-16 text is no text */
        bool swallowed = options->wide && end - at == 1 && wide > at;
        if (options->ascii && end - at >= options->least && !(at && is_text(bytes, at - 1)) &&
            !swallowed && holds(options, text))
            add_line(lines, at, false, text);
        if (!wide_here)
            continue;
        char narrow[8192];
        assert_true((wide - at) / 2 < sizeof(narrow));
        for (size_t i = 0; i < (wide - at) / 2; i++)
            narrow[i] = bytes[at + 2 * i];
        text = (struct ph_slice){narrow, (wide - at) / 2};
        if (holds(options, text))
            add_line(lines, at, true, text);
    }
}

static void same(const struct ph_strings_options *options, struct ph_slice data, int piece)
{
    PH_GUARD(ph_text_fini) struct ph_text want = {0}, got = {0};

    reference(options, data, &want);
    feed(options, data, piece, &got);
    assert_int_equal(want.size, got.size);
    if (want.size)
        assert_string_equal(want.data, got.data);
}

static void random_bytes(void **state)
{
    static const char alphabet[] = "\0\0\0\0aAbB\tq\x01\xff";
    static const char *const finds[] = {"", "a", "ab", "bA", "aaa"};
    char data[300];

    (void)state;
    srand(7);
    for (int round = 0; round < 6000; round++) {
        size_t size = (size_t)rand() % sizeof(data), letters = 5 + (size_t)rand() % 8;
        for (size_t i = 0; i < size; i++)
            data[i] = alphabet[(size_t)rand() % letters];
        struct ph_strings_options options = {
            .least = 1 + (size_t)rand() % 5,
            .ascii = round % 3 != 0,
            .wide = round % 3 != 1,
            .find = ph_slice_of(finds[rand() % 5]),
            .ignore_case = rand() % 2,
        };
        same(&options, (struct ph_slice){data, size}, rand() % 3 - 1);
    }
}

/* A piece of fewer bytes than a text, so that texts straddle what is read at once. */
static void across_reads(void **state)
{
    size_t size = 700 * 1024;
    ph_autofree char *data = ph_alloc(size);
    const struct ph_strings_options options = {
        .least = 4, .ascii = true, .wide = true, .find = ph_slice_of("LkaL")};

    (void)state;
    assert_non_null(data);
    for (size_t i = 0; i < size; i++)
        data[i] = (char)(i % 13 ? 0x80 : 0);
    for (size_t place = 256 * 1024 - 12; place < 256 * 1024 + 12; place++) {
        memcpy(data + place, (const char[]){'x', 'L', 'k', 'a', 'L', 'x'}, 6);
        memcpy(data + place + 256 * 1024, "L\0k\0a\0L", 8);
        same(&options, (struct ph_slice){data, size}, 0);
        memset(data + place, 0x80, 6);
        memset(data + place + 256 * 1024, 0x80, 8);
    }
}

static void a_long_text_comes_in_parts(void **state)
{
    size_t size = 3 * PH_STRINGS_LONGEST + 12345;
    ph_autofree char *data = ph_alloc(size);
    PH_GUARD(ph_text_fini) struct ph_text lines = {0};

    (void)state;
    assert_non_null(data);
    for (int wide = 0; wide < 2; wide++) {
        const struct ph_strings_options all = {.least = 4, .ascii = true, .wide = true};
        for (size_t i = 0; i < size; i++)
            data[i] = wide && i % 2 ? 0 : 'm';
        ph_text_clear(&lines);
        feed(&all, (struct ph_slice){data, size}, 0, &lines);
        size_t texts = 0, characters = 0;
        for (size_t i = 0; i < lines.size; i++) {
            texts += lines.data[i] == '\n';
            characters += lines.data[i] == 'm';
        }
        assert_in_range(texts, 3, 4);
        assert_int_equal(characters, wide ? size / 2 : size);
    }
}

/* Wherever it lies, even on the seam between two parts. */
static void what_is_looked_for_is_not_cut(void **state)
{
    size_t size = 2 * PH_STRINGS_LONGEST;
    ph_autofree char *data = ph_alloc(size);
    PH_GUARD(ph_text_fini) struct ph_text lines = {0};

    (void)state;
    assert_non_null(data);
    for (size_t place = PH_STRINGS_LONGEST - 300; place < PH_STRINGS_LONGEST + 262144 + 300;
         place += place % 262144 < 300 || place % 262144 > 262144 - 300 ? 1 : 4999)
        for (size_t width = 1; width <= 2; width++) {
            struct ph_strings_options options = {
                .least = 4, .ascii = width == 1, .wide = width == 2, .find = ph_slice_of("needle")};
            if (place % 16 && width == 2)
                continue; /* it is slow */
            memset(data, 'm', size);
            for (size_t i = 0; width == 2 && i < size; i += 2)
                data[i + 1] = 0;
            for (size_t i = 0; i < 6; i++)
                data[place / 2 * 2 + width * i] = "needle"[i];
            ph_text_clear(&lines);
            feed(&options, (struct ph_slice){data, size}, 0, &lines);
            size_t found = 0;
            for (size_t i = 0; i < lines.size; i++)
                found += lines.data[i] == '\n';
            assert_int_equal(found, 1);
        }
}

static struct ph_error *refuse(void *context, const struct ph_string *string)
{
    (void)context;
    (void)string;
    return ph_errorf(PH_ERR_IO, "enough");
}

static void errors_and_limits(void **state)
{
    struct ph_strings_options options = {
        .least = 3, .ascii = true, .find = {"\xc3\xa9", 2}, .visit = refuse};
    struct ph_strings *strings = NULL;
    struct ph_error *error = ph_strings_new(&options, &strings);
    size_t room;

    (void)state;
    assert_int_equal(error->code, PH_ERR_USAGE);
    assert_string_equal(error->text,
                        "the text to find has a byte 0xc3: only printable ASCII is found");
    ph_error_free(error);
    ph_autofree char *large = ph_zalloc(PH_STRINGS_FIND_MOST + 2, 1);
    assert_non_null(large);
    memset(large, 'x', PH_STRINGS_FIND_MOST + 1);
    options.find = ph_slice_of(large);
    error = ph_strings_new(&options, &strings);
    assert_int_equal(error->code, PH_ERR_USAGE);
    ph_error_free(error);
    options.find = ph_slice_of("");
    assert_null(ph_strings_new(&options, &strings));
    memcpy(ph_strings_room(strings, &room), "abcd", 5);
    error = ph_strings_take(strings, 5);
    assert_string_equal(error->text, "enough");
    ph_error_free(error);
    ph_strings_free(strings);
    ph_strings_free(NULL);
}

/* -n with a length no text has finds nothing, and does not go astray. */
static void absurd_lengths(void **state)
{
    const struct ph_strings_options options = {.least = SIZE_MAX, .ascii = true, .wide = true};
    const struct ph_strings_options none = {.least = 0, .ascii = true};
    PH_GUARD(ph_text_fini) struct ph_text lines = {0};

    (void)state;
    feed(&options, ph_slice_of("abcdef"), 1, &lines);
    assert_int_equal(lines.size, 0);
    feed(&none, ph_slice_of("a"), 1, &lines);
    assert_string_equal(lines.data, "0 a a\n");
}

static void memory_runs_out(void **state)
{
    struct ph_strings_options options = {.least = 3,
                                         .ascii = true,
                                         .wide = true,
                                         .find = ph_slice_of("x"),
                                         .ignore_case = true,
                                         .visit = refuse};
    struct ph_strings *strings = NULL;
    long n = 0;

    (void)state;
    for (;; n++) {
        ph_mem_fail_after(n);
        struct ph_error *error = ph_strings_new(&options, &strings);
        ph_mem_fail_after(-1);
        if (!error)
            break;
        assert_int_equal(error->code, PH_ERR_NOMEM);
        assert_null(strings);
        ph_error_free(error);
    }
    assert_true(n >= 4);
    ph_strings_free(strings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_bytes),
        cmocka_unit_test(across_reads),
        cmocka_unit_test(a_long_text_comes_in_parts),
        cmocka_unit_test(what_is_looked_for_is_not_cut),
        cmocka_unit_test(errors_and_limits),
        cmocka_unit_test(absurd_lengths),
        cmocka_unit_test(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
