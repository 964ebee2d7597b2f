/* nt_fields.h - fields of the kernel's answers, by offset; for the parsers of source/windows.
 *
 * Structures are laid out as the C compiler does it for the caller: pointers, and what is as wide
 * as they are, take 4 or 8 bytes. Callers have checked that an offset lies within the bytes.
 */
#ifndef PH_SOURCE_WINDOWS_NT_FIELDS_H
#define PH_SOURCE_WINDOWS_NT_FIELDS_H

#include "base/bytes.h"

/* An answer, and where the kernel was told to write it: strings in it are pointers to there. */
struct ph_nt_answer {
    struct ph_slice bytes;
    uint64_t address;
    unsigned pointer_bytes; /* 4 or 8 */
};

static inline bool ph_nt_is_64(const struct ph_nt_answer *answer)
{
    return answer->pointer_bytes == 8;
}

/* True when `size` bytes lie at `offset`. */
static inline bool ph_nt_has(const struct ph_nt_answer *answer, size_t offset, size_t size)
{
    return offset <= answer->bytes.size && size <= answer->bytes.size - offset;
}

static inline uint16_t ph_nt_u16(const struct ph_nt_answer *answer, size_t offset)
{
    return ph_le16(answer->bytes.data + offset);
}

static inline uint32_t ph_nt_u32(const struct ph_nt_answer *answer, size_t offset)
{
    return ph_le32(answer->bytes.data + offset);
}

static inline uint64_t ph_nt_u64(const struct ph_nt_answer *answer, size_t offset)
{
    return ph_le64(answer->bytes.data + offset);
}

/* A pointer, ULONG_PTR or SIZE_T. */
static inline uint64_t ph_nt_pointer(const struct ph_nt_answer *answer, size_t offset)
{
    return ph_nt_is_64(answer) ? ph_nt_u64(answer, offset) : ph_nt_u32(answer, offset);
}

/* UNICODE_STRING: u16 length in bytes, u16 room, then, aligned, the pointer to UTF-16. False when
 * it points out of the answer; an empty one is true. `*end` = the offset behind its room. */
static inline bool ph_nt_string(const struct ph_nt_answer *answer, size_t offset,
                                struct ph_slice *utf16, size_t *end)
{
    uint16_t length = ph_nt_u16(answer, offset), room = ph_nt_u16(answer, offset + 2);
    uint64_t pointer = ph_nt_pointer(answer, offset + answer->pointer_bytes);

    *utf16 = (struct ph_slice){"", 0};
    *end = 0;
    if (!pointer)
        return !length;
    uint64_t at = pointer - answer->address; /* wraps where the pointer lies before */
    if (at > SIZE_MAX || length > room || !ph_nt_has(answer, (size_t)at, length))
        return false;
    *utf16 = (struct ph_slice){answer->bytes.data + at, length};
    *end = (size_t)at + room;
    return true;
}

#endif
