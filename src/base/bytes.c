#include "base/bytes.h"

#include <string.h>

const void *ph_find_bytes(const void *bytes, size_t size, const void *needle, size_t needle_size)
{
#ifndef _WIN32
    return size >= needle_size ? memmem(bytes, size, needle, needle_size) : NULL;
#else
    const char *at = bytes, *wanted = needle;

    if (needle_size > size)
        return NULL;
    if (!needle_size)
        return bytes;
    const char *last = at + (size - needle_size); /* where it may begin */
    while (at <= last && (at = memchr(at, wanted[0], (size_t)(last - at) + 1))) {
        if (!memcmp(at, wanted, needle_size))
            return at;
        at++;
    }
    return NULL;
#endif
}

struct ph_reader ph_reader_of(const char *name, const void *data, size_t size)
{
    /* no bytes at all may come as NULL, on which no arithmetic is allowed */
    return (struct ph_reader){.name = name, .data = data ? data : "", .size = data ? size : 0};
}

bool ph_reader_line(struct ph_reader *reader, struct ph_slice *line)
{
    if (reader->position >= reader->size)
        return false;
    const uint8_t *start = reader->data + reader->position;
    size_t left = reader->size - reader->position;
    if (left == 1 && *start == 0x1a)
        return false;
    const uint8_t *end = memchr(start, '\n', left);
    size_t length = end ? (size_t)(end - start) : left;
    reader->position += end ? length + 1 : length;
    reader->line++;
    if (length && start[length - 1] == '\r')
        length--;
    *line = (struct ph_slice){(const char *)start, length};
    return true;
}

struct ph_error *ph_reader_take(struct ph_reader *reader, size_t size, struct ph_slice *bytes)
{
    if (size > reader->size - reader->position)
        return ph_errorf(PH_ERR_FORMAT, "%s: byte %zu: needs %zu more bytes, has %zu", reader->name,
                         reader->position, size, reader->size - reader->position);
    *bytes = (struct ph_slice){(const char *)reader->data + reader->position, size};
    reader->position += size;
    return NULL;
}

static struct ph_error *little_endian(struct ph_reader *reader, size_t size, uint64_t *value)
{
    struct ph_slice bytes = {0};
    uint64_t sum = 0;

    PH_TRY(ph_reader_take(reader, size, &bytes));
    for (size_t i = size; i > 0; i--)
        sum = sum << 8 | (uint8_t)bytes.data[i - 1];
    *value = sum;
    return NULL;
}

struct ph_error *ph_reader_u8(struct ph_reader *reader, uint8_t *value)
{
    uint64_t wide;

    PH_TRY(little_endian(reader, 1, &wide));
    *value = (uint8_t)wide;
    return NULL;
}

struct ph_error *ph_reader_u16(struct ph_reader *reader, uint16_t *value)
{
    uint64_t wide;

    PH_TRY(little_endian(reader, 2, &wide));
    *value = (uint16_t)wide;
    return NULL;
}

struct ph_error *ph_reader_u32(struct ph_reader *reader, uint32_t *value)
{
    uint64_t wide;

    PH_TRY(little_endian(reader, 4, &wide));
    *value = (uint32_t)wide;
    return NULL;
}

struct ph_error *ph_reader_u64(struct ph_reader *reader, uint64_t *value)
{
    return little_endian(reader, 8, value);
}

struct ph_error *ph_reader_varint(struct ph_reader *reader, uint64_t *value)
{
    size_t start = reader->position;
    uint64_t sum = 0;

    for (unsigned shift = 0; reader->position < reader->size; shift += 7) {
        uint8_t byte = reader->data[reader->position++];
        if (shift > 63 || (shift == 63 && (byte & 0x7e)))
            return ph_errorf(PH_ERR_FORMAT, "%s: byte %zu: a number wider than 64 bits",
                             reader->name, start);
        sum |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *value = sum;
            return NULL;
        }
    }
    return ph_errorf(PH_ERR_FORMAT, "%s: byte %zu: the data ends inside a number", reader->name,
                     start);
}
