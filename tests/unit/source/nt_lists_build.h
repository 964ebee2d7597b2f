/* nt_lists_build.h - builds the kernel's lists of drivers, handles, types and processes, as Windows
 * lays them out for 32 and 64 bits; offsets as they stand at the heads of the parsers. */
#ifndef PH_TESTS_NT_LISTS_BUILD_H
#define PH_TESTS_NT_LISTS_BUILD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "source/windows/nt_fields.h"

struct nt_list {
    struct {
        char *data;
        size_t size, capacity;
    } text;           /* not by ph_alloc(), which tests make fail */
    uint64_t address; /* where the kernel was told to write */
    unsigned pointer_bytes;
    size_t last; /* start of the last process */
};

static inline struct ph_nt_answer nt_answer(const struct nt_list *list)
{
    return (struct ph_nt_answer){
        {list->text.data, list->text.size}, list->address, list->pointer_bytes};
}

static inline void nt_list_fini(struct nt_list *list)
{
    free(list->text.data);
}

static inline size_t nt_by(const struct nt_list *list, size_t x86, size_t x64)
{
    return list->pointer_bytes == 8 ? x64 : x86;
}

static inline void nt_put(struct nt_list *list, size_t at, const void *bytes, size_t size)
{
    if (list->text.capacity < at + size) {
        list->text.capacity = 2 * (at + size);
        list->text.data = realloc(list->text.data, list->text.capacity);
        assert_non_null(list->text.data);
    }
    if (list->text.size < at + size) {
        memset(list->text.data + list->text.size, 0, at + size - list->text.size);
        list->text.size = at + size;
    }
    memcpy(list->text.data + at, bytes, size);
}

static inline void nt_put_number(struct nt_list *list, size_t at, uint64_t value, size_t size)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    nt_put(list, at, bytes, size);
}

static inline void nt_put_pointer(struct nt_list *list, size_t at, uint64_t value)
{
    nt_put_number(list, at, value, list->pointer_bytes);
}

/* A UNICODE_STRING whose characters are at `where`; returns the offset behind them. */
static inline size_t nt_put_string(struct nt_list *list, size_t at, size_t where, const char *ascii)
{
    size_t length = strlen(ascii);

    nt_put_number(list, at, 2 * length, 2);
    nt_put_number(list, at + 2, 2 * length + 2, 2);
    nt_put_pointer(list, at + list->pointer_bytes, list->address + where);
    for (size_t i = 0; i <= length; i++)
        nt_put_number(list, where + 2 * i, (uint8_t)ascii[i], 2);
    return where + 2 * length + 2;
}

static inline uint64_t nt_count_one(struct nt_list *list, size_t size)
{
    uint64_t count = 0;

    if (list->text.size)
        memcpy(&count, list->text.data, size);
    nt_put_number(list, 0, count + 1, size);
    return count;
}

static inline void nt_module(struct nt_list *list, const char *path, uint64_t base, uint32_t size)
{
    size_t entry = nt_by(list, 4, 8) + (size_t)nt_count_one(list, 4) * nt_by(list, 284, 296);
    size_t name = entry + nt_by(list, 28, 40);

    nt_put_pointer(list, entry + nt_by(list, 8, 16), base);
    nt_put_number(list, entry + nt_by(list, 12, 24), size, 4);
    nt_put_number(list, name + 255, 0, 1);
    nt_put(list, name, path, strlen(path) < 256 ? strlen(path) : 256);
}

static inline void nt_block(struct nt_list *list, const char *tag, uint64_t size, bool nonpaged)
{
    size_t pointer = list->pointer_bytes;
    size_t entry = pointer + (size_t)nt_count_one(list, 4) * 3 * pointer;

    nt_put_pointer(list, entry, 0x80000000 + nonpaged);
    nt_put_pointer(list, entry + pointer, size);
    nt_put(list, entry + 2 * pointer, tag, 4);
    nt_put_number(list, entry + 3 * pointer - 1, pointer == 8 ? 0 : (uint8_t)tag[3], 1);
}

static inline void nt_handles(struct nt_list *list, uint32_t pid, uint16_t type, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t number = (size_t)nt_count_one(list, list->pointer_bytes);
        size_t entry = nt_by(list, 8, 16) + number * nt_by(list, 28, 40);
        nt_put_number(list, entry + nt_by(list, 24, 36), 0, 4);
        nt_put_pointer(list, entry, 0x80001000 + 64 * number);
        nt_put_pointer(list, entry + nt_by(list, 4, 8), pid);
        nt_put_number(list, entry + nt_by(list, 18, 30), type, 2);
    }
}

static inline void nt_type(struct nt_list *list, const char *name, uint8_t index, uint32_t objects,
                           uint32_t handles)
{
    size_t align = list->pointer_bytes;
    bool first = !nt_count_one(list, 4);
    size_t at = first ? align : (list->text.size + align - 1) & ~(align - 1);

    nt_put_number(list, at + nt_by(list, 92, 100), 0, 4);
    nt_put_number(list, at + nt_by(list, 8, 16), objects, 4);
    nt_put_number(list, at + nt_by(list, 12, 20), handles, 4);
    nt_put_number(list, at + nt_by(list, 32, 40), objects + 7, 4);
    nt_put_number(list, at + nt_by(list, 36, 44), handles + 9, 4);
    nt_put_number(list, at + nt_by(list, 82, 90), index, 1);
    (void)nt_put_string(list, at, at + nt_by(list, 96, 104), name);
}

/* `name` NULL: a process without one. */
static inline void nt_process(struct nt_list *list, uint32_t pid, uint32_t threads, int64_t created,
                              const char *name)
{
    size_t at = (list->text.size + 7) & ~(size_t)7, head = nt_by(list, 184, 256);
    size_t behind = at + head + threads * nt_by(list, 64, 80);

    if (list->text.size)
        nt_put_number(list, list->last, at - list->last, 4);
    list->last = at;
    nt_put_number(list, behind - 1, 0, 1);
    nt_put_number(list, at + 4, threads, 4);
    nt_put_number(list, at + 32, (uint64_t)created, 8);
    nt_put_pointer(list, at + nt_by(list, 68, 80), pid);
    nt_put_number(list, at + nt_by(list, 76, 96), 5 * (uint64_t)pid, 4);
    if (name)
        (void)nt_put_string(list, at + 56, behind, name);
}

#endif
