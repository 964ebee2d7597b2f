/* Fuzzes what base/ does with foreign bytes, and checks what must hold for any of them. */
#include <stdlib.h>

#include "base/bytes.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void escaping(struct ph_slice bytes)
{
    PH_GUARD(ph_text_fini) struct ph_text once = {0};

    ph_text_escaped(&once, bytes);
    for (size_t i = 0; i < once.size; i++)
        must((unsigned char)once.data[i] >= 0x20 && once.data[i] != 0x7f);
    must(ph_text_width(bytes) <= bytes.size * 2);
    must(once.size >= bytes.size);
}

static void utf16(struct ph_slice bytes)
{
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        ph_autofree char *utf8 = NULL;
        size_t size = 0;
        uint64_t replaced = 0;
        ph_autoerror struct ph_error *error =
            ph_utf16_to_utf8(bytes, big_endian, &utf8, &size, &replaced);
        if (error)
            return;
        must(utf8[size] == 0);
        must(replaced <= bytes.size / 2 + 1);
        must(size <= bytes.size / 2 * 3 + 3);
    }
    bool big, mark;
    (void)ph_is_utf16(bytes, &big, &mark);
}

static void lines(struct ph_slice bytes)
{
    struct ph_reader reader = ph_reader_of("fuzz", bytes.data, bytes.size);
    PH_GUARD(ph_text_fini) struct ph_text scratch = {0};
    struct ph_slice line;

    while (ph_reader_line(&reader, &line)) {
        struct ph_slice rest = line, field;
        size_t fields = 0;
        bool more = true;
        for (; ph_slice_csv(&rest, ',', &scratch, &field, &more); fields++)
            must(field.size <= line.size);
        must(fields <= line.size + 1);
        rest = line;
        while (ph_slice_word(&rest, &field)) {
            uint64_t number;
            int64_t negative;
            must(field.size > 0);
            (void)ph_parse_u64(field, &number);
            (void)ph_parse_i64(field, &negative);
        }
    }
    must(reader.position <= reader.size);
}

static void fields(struct ph_slice bytes)
{
    struct ph_reader reader = ph_reader_of("fuzz", bytes.data, bytes.size);
    uint64_t value = 0;

    for (;;) {
        size_t before = reader.position;
        ph_autoerror struct ph_error *error = ph_reader_varint(&reader, &value);
        if (error)
            break;
        must(reader.position > before);
        must(ph_zigzag(ph_unzigzag(value)) == value);
    }
}

static void strings(struct ph_slice bytes)
{
    ph_autofree char *string = ph_memdup(bytes.data, bytes.size);
    int64_t duration = 0;

    if (!string)
        return;
    ph_autoerror struct ph_error *error = ph_parse_duration(string, &duration);
    must(error || duration >= 0);
    (void)ph_pattern_match(string, bytes);
    must(ph_pattern_match("*", bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_slice bytes = {size ? (const char *)data : "", size};

    escaping(bytes);
    utf16(bytes);
    lines(bytes);
    fields(bytes);
    strings(bytes);
    return 0;
}
