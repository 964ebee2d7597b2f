#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "image/elf.h"

enum { SECTIONS = 60000, HEAD = 64, HEADER = 64, BULK = 8 << 20 };

static void put(uint8_t *at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* A file of many sections that all name the same bytes, as notes or strings. */
static char *crowded(uint32_t type, char fill, size_t *size)
{
    *size = HEAD + (size_t)SECTIONS * HEADER + BULK;
    char *file = ph_zalloc(1, *size);
    assert_non_null(file);
    uint8_t *bytes = (uint8_t *)file;
    put(bytes, 0x464c457f, 4);
    put(bytes + 4, 0x010102, 3);
    put(bytes + 16, 1, 2);
    put(bytes + 18, 62, 2);
    put(bytes + 40, HEAD, 8);
    put(bytes + 58, HEADER, 2);
    put(bytes + 60, SECTIONS, 2);
    put(bytes + 62, 1, 2);
    for (size_t i = 0; i < SECTIONS; i++) {
        uint8_t *header = bytes + HEAD + i * HEADER;
        put(header, i, 4);
        put(header + 4, type, 4);
        put(header + 24, HEAD + (size_t)SECTIONS * HEADER, 8);
        put(header + 32, BULK, 8);
    }
    memset(file + HEAD + (size_t)SECTIONS * HEADER, fill, BULK);
    return file;
}

/* Each of these took minutes when every name or note was read to its end. */
static void names_without_end_take_no_time(void **state)
{
    size_t size;
    ph_autofree char *file = crowded(3, 'A', &size);
    PH_GUARD(ph_elf_fini) struct ph_elf elf = {0};
    struct ph_slice value;

    (void)state;
    assert_null(ph_elf_parse("crowded", (struct ph_slice){file, size}, &elf));
    assert_int_equal(elf.section_count, SECTIONS);
    assert_int_equal(elf.sections[5].name.size, 0);
    assert_false(ph_elf_modinfo(&elf, "name", 0, &value));
}

static void notes_upon_notes_take_no_time(void **state)
{
    size_t size;
    ph_autofree char *file = crowded(7, 0, &size);
    PH_GUARD(ph_elf_fini) struct ph_elf elf = {0};

    (void)state;
    assert_null(ph_elf_parse("crowded", (struct ph_slice){file, size}, &elf));
    assert_int_equal(ph_elf_build_id(&elf).size, 0);
}

static void every_cut_is_an_answer(void **state)
{
    size_t size;
    ph_autofree char *file = crowded(7, 0, &size);

    (void)state;
    for (size_t cut = 0; cut < 300; cut++) {
        PH_GUARD(ph_elf_fini) struct ph_elf elf = {0};
        struct ph_error *error = ph_elf_parse("cut", (struct ph_slice){file, cut}, &elf);
        assert_non_null(error);
        assert_non_null(strstr(error->text, "cut: "));
        ph_error_free(error);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_without_end_take_no_time),
        cmocka_unit_test(notes_upon_notes_take_no_time),
        cmocka_unit_test(every_cut_is_an_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
