/* Classes 22 and 67 (SYSTEM_POOLTAG) and 255 (SYSTEM_POOLTAG2); phnt (ntexapi.h), and
 * geoffchappell.com for the first. u32 Count at 0, entries behind it, aligned to a pointer:
 *
 *                      22, x86   22, x64       255, x86   255, x64
 *     Tag              0         0             0          0
 *     PagedAllocs      4 u32     4 u32         4 u32      8 u64
 *     PagedFrees       8 u32     8 u32         8 u32      16 u64
 *     PagedUsed        12 u32    16 u64        12 u32     24 u64
 *     NonPagedAllocs   16 u32    24 u32        16 u32     32 u64
 *     NonPagedFrees    20 u32    28 u32        20 u32     40 u64
 *     NonPagedUsed     24 u32    32 u64        24 u32     48 u64
 *     entry            28        40            28         56
 */
#include "source/windows/pooltag_nt.h"

#include <string.h>

struct pool_offsets {
    uint8_t allocs, frees, bytes;
};

struct ph_nt_tag_layout {
    bool second;
    uint8_t pointer_bytes, first, entry, counter_bytes, size_bytes;
    struct pool_offsets paged, nonpaged;
};

static const struct ph_nt_tag_layout LAYOUTS[] = {
    {false, 4, 4, 28, 4, 4, {4, 8, 12}, {16, 20, 24}},
    {false, 8, 8, 40, 4, 8, {4, 8, 16}, {24, 28, 32}},
    {true, 4, 4, 28, 4, 4, {4, 8, 12}, {16, 20, 24}},
    {true, 8, 8, 56, 8, 8, {8, 16, 24}, {32, 40, 48}},
};

static const struct ph_nt_tag_layout *layout_of(const struct ph_nt_answer *answer, bool second)
{
    const struct ph_nt_tag_layout *layout = LAYOUTS;

    while (layout->second != second || layout->pointer_bytes != answer->pointer_bytes)
        layout++;
    return layout;
}

static void set(const struct ph_nt_answer *answer, const struct ph_nt_tag_layout *layout,
                size_t first, size_t end, uint64_t claimed, struct ph_nt_tags *tags)
{
    uint64_t room = first < end ? (end - first) / layout->entry : 0;

    *tags = (struct ph_nt_tags){
        .answer = *answer,
        .layout = layout,
        .counter_bits = layout->counter_bytes * 8u,
        .size_bits = layout->size_bytes * 8u,
        .first = first,
        .count = (size_t)(claimed < room ? claimed : room),
        .missing = claimed < room ? 0 : claimed - room,
    };
    if (first < end)
        tags->left = end - first - tags->count * layout->entry;
}

struct ph_error *ph_nt_tags_open(const struct ph_nt_answer *answer, bool second,
                                 struct ph_nt_tags *tags)
{
    const struct ph_nt_tag_layout *layout = layout_of(answer, second);

    if (answer->bytes.size < sizeof(uint32_t))
        return ph_errorf(PH_ERR_FORMAT, "pool tags: the answer has %zu bytes, a list has 4 or more",
                         answer->bytes.size);
    set(answer, layout, layout->first, answer->bytes.size, ph_nt_u32(answer, 0), tags);
    return NULL;
}

void ph_nt_tags_within(const struct ph_nt_answer *answer, size_t first, size_t end,
                       uint64_t claimed, struct ph_nt_tags *tags)
{
    set(answer, layout_of(answer, false), first,
        end < answer->bytes.size ? end : answer->bytes.size, claimed, tags);
}

bool ph_nt_tags_fit(const struct ph_nt_tags *tags)
{
    return !tags->missing && tags->left < tags->layout->entry;
}

size_t ph_nt_tag_bytes(const struct ph_nt_answer *answer)
{
    return layout_of(answer, false)->entry;
}

static uint64_t number(const struct ph_nt_answer *answer, size_t offset, unsigned bytes)
{
    return bytes == 8 ? ph_nt_u64(answer, offset) : ph_nt_u32(answer, offset);
}

static void get_pool(const struct ph_nt_tags *tags, size_t entry,
                     const struct pool_offsets *offsets, struct ph_nt_tag_pool *pool)
{
    const struct ph_nt_tag_layout *layout = tags->layout;

    pool->allocs = number(&tags->answer, entry + offsets->allocs, layout->counter_bytes);
    pool->frees = number(&tags->answer, entry + offsets->frees, layout->counter_bytes);
    pool->bytes = number(&tags->answer, entry + offsets->bytes, layout->size_bytes);
}

void ph_nt_tags_at(const struct ph_nt_tags *tags, size_t at, struct ph_nt_tag *tag)
{
    size_t entry = tags->first + at * tags->layout->entry;

    memcpy(tag->tag, tags->answer.bytes.data + entry, sizeof(tag->tag));
    tag->tag[3] = (char)(tag->tag[3] & 0x7F); /* PROTECTED_POOL is the top bit of the number */
    get_pool(tags, entry, &tags->layout->paged, &tag->paged);
    get_pool(tags, entry, &tags->layout->nonpaged, &tag->nonpaged);
}

int64_t ph_nt_tag_objects(const struct ph_nt_tag_pool *pool, unsigned counter_bits)
{
    uint64_t live = pool->allocs - pool->frees;

    return counter_bits == 32 ? (int64_t)(uint32_t)live : (int64_t)live;
}

bool ph_nt_tag_possible(const struct ph_nt_tags *tags, const struct ph_nt_tag_pool *pool)
{
    uint64_t live = pool->allocs - pool->frees;

    if (tags->counter_bits == 32)
        live = (uint32_t)live;
    return !(pool->bytes >> (tags->size_bits - 1)) &&
           (!(live >> (tags->counter_bits - 1)) || live <= pool->bytes);
}
