/* bytes.h - the one bounds-checked reader for foreign bytes; it knows its name and position.
 *
 * A reader never reads past its end. Text is read by lines, binary data by little-endian fields and
 * variable-length integers (LEB128: 7 bits a byte, low group first, high bit = more follows).
 */
#ifndef PH_BASE_BYTES_H
#define PH_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* A piece of bytes that somebody else owns; not 0-terminated. */
struct ph_slice {
    const char *data;
    size_t size;
};

/* Where `needle` stands first in the bytes; NULL when it does not. An empty one stands in front. */
const void *ph_find_bytes(const void *bytes, size_t size, const void *needle,
                          size_t needle_size) PH_MUST_CHECK;

struct ph_reader {
    const char *name; /* of the file, for messages; borrowed */
    const uint8_t *data;
    size_t size;
    size_t position; /* bytes from the start */
    size_t line;     /* 1-based number of the line read last; 0 before the first */
};

struct ph_reader ph_reader_of(const char *name, const void *data, size_t size);

/* Reads one line without its end (LF, CRLF or end of data; a lone 0x1A ends the data, as DOS
 * editors write it). False at the end. The slice points into the reader's data. */
bool ph_reader_line(struct ph_reader *reader, struct ph_slice *line);

/* Binary fields; PH_ERR_FORMAT with name and position when the data ends too early. */
struct ph_error *ph_reader_u8(struct ph_reader *reader, uint8_t *value) PH_MUST_CHECK;
struct ph_error *ph_reader_u16(struct ph_reader *reader, uint16_t *value) PH_MUST_CHECK;
struct ph_error *ph_reader_u32(struct ph_reader *reader, uint32_t *value) PH_MUST_CHECK;
struct ph_error *ph_reader_u64(struct ph_reader *reader, uint64_t *value) PH_MUST_CHECK;
struct ph_error *ph_reader_varint(struct ph_reader *reader, uint64_t *value) PH_MUST_CHECK;
struct ph_error *ph_reader_take(struct ph_reader *reader, size_t size,
                                struct ph_slice *bytes) PH_MUST_CHECK;

/* Little-endian numbers at an address that the caller has checked; it may be odd. */
static inline uint16_t ph_le16(const void *at)
{
    const uint8_t *byte = (const uint8_t *)at;

    return (uint16_t)(byte[0] | byte[1] << 8);
}

static inline uint32_t ph_le32(const void *at)
{
    const uint8_t *byte = (const uint8_t *)at;

    return (uint32_t)ph_le16(byte) | (uint32_t)ph_le16(byte + 2) << 16;
}

static inline uint32_t ph_be32(const void *at)
{
    const uint8_t *byte = at;

    return (uint32_t)byte[0] << 24 | (uint32_t)byte[1] << 16 | (uint32_t)byte[2] << 8 | byte[3];
}

static inline uint64_t ph_le64(const void *at)
{
    const uint8_t *byte = (const uint8_t *)at;

    return (uint64_t)ph_le32(byte) | (uint64_t)ph_le32(byte + 4) << 32;
}

/* Signed integers as unsigned ones with the sign in the lowest bit, small ones stay small. */
static inline uint64_t ph_zigzag(int64_t value)
{
    return ((uint64_t)value << 1) ^ (uint64_t)(value < 0 ? -1 : 0);
}

static inline int64_t ph_unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

#endif
