#include "store/frame_learn.h"

#include <string.h>

#include "base/mem.h"

enum { GRAIN_LIMIT = 12 };

_Static_assert(PH_FRAME_FIELDS <= 64, "the mask of fields has 64 bits");
_Static_assert(sizeof(struct ph_frame_slot) == 64, "a slot is a cache line");
_Static_assert(sizeof(struct ph_memory) == PH_FRAME_MEMORY * sizeof(int64_t), "fields of memory");

void ph_frame_head_of(const struct ph_sample *sample, struct ph_frame_head *head)
{
    memcpy(head->fields, &sample->memory, sizeof(sample->memory));
    for (unsigned pool = 0; pool < PH_POOL_COUNT; pool++) {
        const struct ph_pool_total *total = &sample->pools[pool];
        int64_t *field = &head->fields[PH_FRAME_MEMORY + PH_FRAME_POOL_FIELDS * pool];
        field[0] = total->have;
        field[1] = total->bytes;
        field[2] = total->limit_bytes;
        field[3] = total->peak_bytes;
    }
}

void ph_frame_head_to(const struct ph_frame_head *head, struct ph_sample *sample)
{
    memcpy(&sample->memory, head->fields, sizeof(sample->memory));
    for (unsigned pool = 0; pool < PH_POOL_COUNT; pool++) {
        const int64_t *field = &head->fields[PH_FRAME_MEMORY + PH_FRAME_POOL_FIELDS * pool];
        sample->pools[pool] =
            (struct ph_pool_total){(uint32_t)field[0], field[1], field[2], field[3]};
    }
}

/* A word a step: the sum must not cost more than the decoding. */
uint32_t ph_frame_check_sum(const uint8_t *bytes, size_t size, uint64_t salt)
{
    uint64_t sum = UINT64_C(0x9e3779b97f4a7c15) ^ salt ^ (uint64_t)size << 8;

    while (size) {
        uint8_t last[8] = {0};
        uint64_t word;
        size_t part = size < 8 ? size : 8;
        if (part < 8)
            memcpy(last, bytes, part);
        word = ph_bits_load(part < 8 ? last : bytes);
        sum = (sum ^ word) * UINT64_C(0xff51afd7ed558ccd);
        sum ^= sum >> 32;
        bytes += part;
        size -= part;
    }
    return (uint32_t)(sum ^ sum >> 29);
}

struct ph_error *ph_frame_make_room(struct ph_frame_state *state, size_t slot_count)
{
    size_t words = (slot_count + 63) / 64, before = state->word_count;

    if (words <= before)
        return NULL;
    PH_TRY(ph_grow(&state->words, &state->word_capacity, words, sizeof(*state->words)));
    PH_TRY(ph_grow(&state->slots, &state->slot_capacity, words * 64, sizeof(*state->slots)));
    PH_TRY(ph_grow(&state->changed, &state->changed_capacity, words * 64, sizeof(*state->changed)));
    memset(&state->words[before], 0, (words - before) * sizeof(*state->words));
    memset(&state->slots[before * 64], 0, (words - before) * 64 * sizeof(*state->slots));
    state->word_count = words;
    return NULL;
}

void ph_frame_start_afresh(struct ph_frame_state *state)
{
    for (size_t i = 0; i < state->word_count; i++)
        state->words[i] = (struct ph_frame_word){0};
    for (unsigned i = 0; i < PH_FRAME_FIELDS; i++)
        state->head.fields[i] = i < PH_FRAME_MEMORY ? -1 : 0;
    state->head.loss_count = 0;
    state->present = 0;
}

/* Counters of three bits, kept as three words and counted all at once; they stop at 0 and 7. */
void ph_frame_count_changes(struct ph_frame_word *word)
{
    uint64_t up = word->changed & ~(word->low & word->middle & word->high);
    uint64_t carry = word->low & up;
    word->low ^= up;
    word->high ^= word->middle & carry;
    word->middle ^= carry;
    uint64_t down = ~word->changed & (word->low | word->middle | word->high);
    uint64_t borrow = ~word->low & down;
    word->low ^= down;
    word->high ^= ~word->middle & borrow;
    word->middle ^= borrow;
}

void ph_frame_toggle(struct ph_frame_word *word, uint64_t bits)
{
    word->present ^= bits;
    word->high &= ~bits;
    word->middle |= bits;
    word->low |= bits;
    word->middle &= word->present;
    word->low &= word->present;
}

/* Largest power of two that divides it, up to the limit. */
static uint8_t grain_of(uint64_t bytes)
{
    unsigned zeros = bytes ? (unsigned)__builtin_ctzll(bytes) : GRAIN_LIMIT;

    return (uint8_t)(zeros < GRAIN_LIMIT ? zeros : GRAIN_LIMIT);
}

static uint32_t unit_of(uint64_t bytes, uint64_t objects, uint8_t grain)
{
    uint64_t unit = bytes / objects;

    return unit > UINT32_MAX ? 0 : (uint32_t)(unit >> grain << grain);
}

void ph_frame_learn_first(struct ph_frame_slot *slot)
{
    slot->allocs_mean = slot->diff_mean = slot->bytes_mean = 4 * 4;
    slot->bytes_constant_mean = 0;
    slot->rate = 0;
    slot->grain = grain_of((uint64_t)slot->bytes);
    slot->unit = slot->objects > 0 && slot->bytes > 0
                     ? unit_of((uint64_t)slot->bytes, (uint64_t)slot->objects, slot->grain)
                     : 0;
}

void ph_frame_learn_unit(struct ph_frame_slot *slot, uint64_t came, uint64_t bytes)
{
    if (slot->unit || !came || !bytes || (int64_t)(came ^ bytes) < 0)
        return;
    if ((int64_t)came < 0) {
        came = -came;
        bytes = -bytes;
    }
    slot->unit = unit_of(bytes, came, slot->grain);
}

void ph_frame_learn_irregular(struct ph_frame_slot *slot, const struct ph_frame_change *change)
{
    uint64_t came = ph_frame_came(slot->have, change);
    uint8_t grain = grain_of(change->bytes - came * slot->unit);

    if (slot->have & PH_HAVE_BYTES && grain < slot->grain)
        slot->grain = grain;
    ph_frame_learn_unit(slot, came, change->bytes);
}

void ph_frame_state_fini(struct ph_frame_state *state)
{
    ph_free(state->slots);
    ph_free(state->words);
    ph_free(state->changed);
    ph_free(state->head.losses);
    *state = (struct ph_frame_state){0};
}
