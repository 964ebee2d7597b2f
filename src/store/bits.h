/* bits.h - single bits in a byte buffer, lowest first, and Rice codes that follow what they code.
 *
 * A Rice code of u with rank k: u >> k zeros, a one, the low k bits of u. From 20 zeros on it is
 * an escape instead: 20 zeros, seven bits with the length of u in bits, u. The rank comes from a
 * running mean of what was coded before, which writer and reader keep alike.
 */
#ifndef PH_STORE_BITS_H
#define PH_STORE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum {
    PH_RICE_ESCAPE = 20,
    PH_RICE_BITS = PH_RICE_ESCAPE + 7 + 64, /* the longest code */
    PH_RICE_MEAN_LIMIT = 1 << 28            /* larger values count as this in the mean */
};

struct ph_bit_writer {
    uint8_t *next; /* the owner made room for all that comes, and 8 bytes more */
    uint64_t buffer;
    unsigned count; /* bits in the buffer, below 8 between calls */
};

struct ph_bit_reader {
    const uint8_t *next, *end;
    uint64_t buffer;
    unsigned count;
    uint64_t padded; /* bits that were read past the end, as zeros */
};

/* Up to 56 bits. */
static inline void ph_bits_put(struct ph_bit_writer *writer, uint64_t value, unsigned bits)
{
    writer->buffer |= value << writer->count;
    writer->count += bits;
    for (; writer->count >= 8; writer->count -= 8) {
        *writer->next++ = (uint8_t)writer->buffer;
        writer->buffer >>= 8;
    }
}

/* Writes what is left; the last byte is filled up with zeros. */
static inline void ph_bits_flush(struct ph_bit_writer *writer)
{
    if (writer->count)
        *writer->next++ = (uint8_t)writer->buffer;
    writer->buffer = 0;
    writer->count = 0;
}

static inline uint64_t ph_bits_load(const uint8_t *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* Makes at least 56 bits ready. */
static inline void ph_bits_refill(struct ph_bit_reader *reader)
{
    if (reader->end - reader->next >= 8) {
        reader->buffer |= ph_bits_load(reader->next) << reader->count;
        reader->next += (63 - reader->count) >> 3;
        reader->count |= 56;
        return;
    }
    for (; reader->count <= 56; reader->count += 8) {
        if (reader->next < reader->end)
            reader->buffer |= (uint64_t)*reader->next++ << reader->count;
        else
            reader->padded += 8;
    }
}

/* Up to 56 bits that a refill made ready. */
static inline uint64_t ph_bits_take(struct ph_bit_reader *reader, unsigned bits)
{
    uint64_t value = reader->buffer & ((UINT64_C(1) << bits) - 1);

    reader->buffer >>= bits;
    reader->count -= bits;
    return value;
}

/* True when more was taken than there was. */
static inline bool ph_bits_overrun(const struct ph_bit_reader *reader)
{
    return reader->padded > reader->count;
}

static inline unsigned ph_bits_length(uint64_t value)
{
    return value ? 64 - (unsigned)__builtin_clzll(value) : 0;
}

/* Seven bits of length and the value. */
static inline void ph_bits_put_long(struct ph_bit_writer *writer, uint64_t value)
{
    unsigned length = ph_bits_length(value);

    ph_bits_put(writer, length, 7);
    ph_bits_put(writer, value & 0xffffffff, length < 32 ? length : 32);
    if (length > 32)
        ph_bits_put(writer, value >> 32, length - 32);
}

static inline uint64_t ph_bits_take_long(struct ph_bit_reader *reader)
{
    ph_bits_refill(reader);
    unsigned length = (unsigned)ph_bits_take(reader, 7);
    length = length > 64 ? 64 : length; /* only in damaged bytes */
    uint64_t value = ph_bits_take(reader, length < 32 ? length : 32);
    if (length > 32) {
        ph_bits_refill(reader);
        value |= ph_bits_take(reader, length - 32) << 32;
    }
    return value;
}

/* Four times the mean of what was coded is kept; the rank is the mean's binary logarithm. */
static inline unsigned ph_rice_rank(uint32_t mean)
{
    return 29 - (unsigned)__builtin_clz(mean | 4);
}

static inline uint32_t ph_rice_learn(uint32_t mean, uint64_t value)
{
    return mean - (mean >> 2) + (uint32_t)(value < PH_RICE_MEAN_LIMIT ? value : PH_RICE_MEAN_LIMIT);
}

static inline void ph_rice_put(struct ph_bit_writer *writer, uint64_t value, unsigned rank)
{
    uint64_t high = value >> rank;

    if (high >= PH_RICE_ESCAPE) {
        ph_bits_put(writer, 0, PH_RICE_ESCAPE);
        ph_bits_put_long(writer, value);
        return;
    }
    ph_bits_put(writer, UINT64_C(1) << high, (unsigned)high + 1);
    ph_bits_put(writer, value & ((UINT64_C(1) << rank) - 1), rank);
}

/* A code when a refill made at least 55 bits ready: no code but an escape is longer than 49. */
static inline uint64_t ph_rice_take_ready(struct ph_bit_reader *reader, unsigned rank)
{
    if (__builtin_expect(!(reader->buffer & ((1u << PH_RICE_ESCAPE) - 1)), 0)) {
        (void)ph_bits_take(reader, PH_RICE_ESCAPE);
        return ph_bits_take_long(reader);
    }
    unsigned high = (unsigned)__builtin_ctzll(reader->buffer);
    (void)ph_bits_take(reader, high + 1);
    return (uint64_t)high << rank | ph_bits_take(reader, rank);
}

static inline uint64_t ph_rice_take(struct ph_bit_reader *reader, unsigned rank)
{
    ph_bits_refill(reader);
    return ph_rice_take_ready(reader, rank);
}

#endif
