#include <string.h>

#include "base/mem.h"
#include "store/frame_learn.h"

static struct ph_error *take_head(struct ph_frame_head *head, struct ph_reader *reader)
{
    uint64_t mask, number, losses;

    PH_TRY(ph_reader_varint(reader, &mask));
    for (unsigned i = 0; mask; i++, mask >>= 1) {
        if (!(mask & 1))
            continue;
        PH_TRY(ph_reader_varint(reader, &number));
        if (i < PH_FRAME_FIELDS) /* more pools than we know: their totals are left out */
            head->fields[i] = (int64_t)((uint64_t)head->fields[i] + (uint64_t)ph_unzigzag(number));
    }
    PH_TRY(ph_reader_varint(reader, &losses));
    if (!losses)
        return NULL;
    losses--;
    if (losses > (reader->size - reader->position) / 2)
        return ph_errorf(PH_ERR_FORMAT, "%s: byte %zu: more losses than bytes", reader->name,
                         reader->position);
    PH_TRY(ph_grow(&head->losses, &head->loss_capacity, (size_t)losses, sizeof(*head->losses)));
    for (size_t i = 0; i < losses; i++) {
        uint64_t id;
        PH_TRY(ph_reader_varint(reader, &id));
        PH_TRY(ph_reader_varint(reader, &number));
        head->losses[i] =
            (struct ph_frame_loss){id > UINT32_MAX ? UINT32_MAX : (uint32_t)id, number};
    }
    head->loss_count = (size_t)losses;
    return NULL;
}

/* Runs of slots that appear (left in `next`) or vanish. */
static struct ph_error *take_runs(struct ph_frame_state *state, struct ph_reader *reader,
                                  uint32_t slot_limit)
{
    uint64_t at = 0;

    for (size_t i = 0; i < state->word_count; i++)
        state->words[i].next = 0;
    for (;;) {
        uint64_t length, gap;
        PH_TRY(ph_reader_varint(reader, &length));
        if (!length)
            break;
        PH_TRY(ph_reader_varint(reader, &gap));
        if (gap > slot_limit || length > slot_limit || at + gap + length > slot_limit)
            return ph_errorf(PH_ERR_FORMAT, "%s: byte %zu: a series beyond the %u in the file",
                             reader->name, reader->position, (unsigned)slot_limit);
        at += gap;
        PH_TRY(ph_frame_make_room(state, (size_t)(at + length)));
        for (uint64_t end = at + length; at < end; at++)
            state->words[at / 64].next |= UINT64_C(1) << (at % 64);
        state->reshaped = true;
    }
    if (!state->reshaped)
        return NULL;
    state->present = 0;
    for (size_t i = 0; i < state->word_count; i++) {
        struct ph_frame_word *word = &state->words[i];
        uint64_t toggled = word->next;
        ph_frame_toggle(word, toggled);
        word->next = toggled & word->present;
        state->present += (size_t)__builtin_popcountll(word->present);
    }
    return NULL;
}

static struct ph_error *take_first(struct ph_frame_slot *slot, struct ph_reader *reader)
{
    struct ph_frame_slot fresh = {0};
    uint64_t number;

    PH_TRY(ph_reader_varint(reader, &number));
    fresh.have = (uint32_t)number;
    bool both = (fresh.have & PH_FRAME_COUNTERS) == PH_FRAME_COUNTERS;
    if (fresh.have & PH_HAVE_ALLOCS)
        PH_TRY(ph_reader_varint(reader, &fresh.allocs));
    if (fresh.have & PH_HAVE_FREES) {
        PH_TRY(ph_reader_varint(reader, &number));
        fresh.frees = both ? fresh.allocs - (uint64_t)ph_unzigzag(number) : number;
    }
    if (fresh.have & PH_HAVE_OBJECTS) {
        PH_TRY(ph_reader_varint(reader, &number));
        fresh.objects =
            (int64_t)((uint64_t)ph_unzigzag(number) + (both ? fresh.allocs - fresh.frees : 0));
    }
    if (fresh.have & PH_HAVE_BYTES) {
        PH_TRY(ph_reader_varint(reader, &number));
        fresh.bytes = ph_unzigzag(number);
    }
    ph_frame_learn_first(&fresh);
    *slot = fresh;
    return NULL;
}

/* Marks what changed: the surprises, and what was expected. */
static void take_surprises(struct ph_frame_state *state, struct ph_bit_reader *bits,
                           uint64_t surprises, unsigned rank)
{
    uint64_t at = 0, limit = (uint64_t)state->word_count * 64;

    for (size_t i = 0; i < state->word_count; i++)
        state->words[i].changed = state->words[i].high;
    for (; surprises; surprises--, at++) {
        uint64_t gap = ph_rice_take(bits, rank);
        if (gap >= limit - at)
            return; /* what is missing shows when slots change that are not there */
        at += gap;
        state->words[at / 64].changed ^= UINT64_C(1) << (at % 64);
    }
}

static uint64_t take_signed_long(struct ph_bit_reader *bits)
{
    return (uint64_t)ph_unzigzag(ph_bits_take_long(bits));
}

static void take_irregular(struct ph_bit_reader *bits, struct ph_frame_slot *slot)
{
    uint32_t have = (uint32_t)ph_bits_take_long(bits);
    struct ph_frame_change change;

    change.allocs = have & PH_HAVE_ALLOCS ? take_signed_long(bits) : -slot->allocs;
    change.frees = have & PH_HAVE_FREES ? take_signed_long(bits) : -slot->frees;
    change.objects = have & PH_HAVE_OBJECTS ? take_signed_long(bits) : -(uint64_t)slot->objects;
    change.bytes = have & PH_HAVE_BYTES ? take_signed_long(bits) : -(uint64_t)slot->bytes;
    slot->have = have;
    ph_frame_learn_irregular(slot, &change);
    ph_frame_apply(slot, &change);
}

static inline uint64_t take_coded(struct ph_bit_reader *bits, uint32_t *mean)
{
    uint64_t coded = ph_rice_take(bits, ph_rice_rank(*mean));

    *mean = ph_rice_learn(*mean, coded);
    return (uint64_t)ph_unzigzag(coded);
}

static inline void take_change(struct ph_bit_reader *bits, struct ph_frame_slot *slot)
{
    struct ph_frame_change change = {0};
    uint32_t have = slot->have;
    bool both = (have & PH_FRAME_COUNTERS) == PH_FRAME_COUNTERS;

    ph_bits_refill(bits);
    if (ph_bits_take(bits, 1)) {
        take_irregular(bits, slot);
        return;
    }
    if (have & PH_HAVE_ALLOCS) {
        uint64_t coded = ph_rice_take_ready(bits, ph_rice_rank(slot->allocs_mean));
        change.allocs = (uint64_t)ph_unzigzag(coded) + (uint64_t)(int64_t)slot->rate;
        ph_frame_learn_rate(slot, change.allocs, coded);
    }
    if (have & PH_HAVE_FREES) {
        uint64_t diff = take_coded(bits, &slot->diff_mean);
        change.frees = have & PH_HAVE_ALLOCS ? change.allocs - diff : diff;
    }
    if (have & PH_HAVE_OBJECTS)
        change.objects = both ? change.allocs - change.frees : take_coded(bits, &slot->diff_mean);
    if (have & PH_HAVE_BYTES) {
        uint64_t came = ph_frame_came(have, &change);
        uint64_t grains = take_coded(bits, came ? &slot->bytes_mean : &slot->bytes_constant_mean);
        change.bytes = (grains << slot->grain) + came * slot->unit;
        ph_frame_learn_unit(slot, came, change.bytes);
    }
    ph_frame_apply(slot, &change);
}

/* The changed slots in order; those that appeared have their value already. */
static bool take_changes(struct ph_frame_state *state, struct ph_bit_reader *bits)
{
    size_t count = 0;

    for (size_t i = 0; i < state->word_count; i++) {
        struct ph_frame_word *word = &state->words[i];
        if (word->changed & ~(word->present & ~word->next))
            return false;
        for (uint64_t left = word->changed | word->next; left; left &= left - 1) {
            size_t slot = i * 64 + (size_t)__builtin_ctzll(left);
            if (word->changed & left & -left)
                take_change(bits, &state->slots[slot]);
            state->changed[count++] = (uint32_t)slot;
        }
        ph_frame_count_changes(word);
    }
    state->changed_count = count;
    return true;
}

struct ph_error *ph_frame_decode(struct ph_frame_state *state, const char *name,
                                 struct ph_slice bytes, uint64_t salt, uint32_t slot_limit)
{
    struct ph_reader reader = ph_reader_of(name, bytes.data, bytes.size);
    uint8_t kind, rank = 0;
    uint32_t sum;
    uint64_t surprises;

    state->reshaped = false;
    PH_TRY(ph_reader_u8(&reader, &kind));
    PH_TRY(ph_reader_u32(&reader, &sum));
    if (kind != PH_FRAME_FULL && kind != PH_FRAME_DELTA)
        return ph_errorf(PH_ERR_FORMAT, "%s: byte 0: frame of unknown kind %u", name, kind);
    if (sum != ph_frame_check_sum(reader.data + reader.position, reader.size - reader.position,
                                  salt ^ kind))
        return ph_errorf(PH_ERR_FORMAT, "%s: the check sum does not match its %zu bytes", name,
                         reader.size);
    if (kind == PH_FRAME_FULL)
        ph_frame_start_afresh(state);
    PH_TRY(take_head(&state->head, &reader));
    PH_TRY(take_runs(state, &reader, slot_limit));
    for (size_t i = 0; state->reshaped && i < state->word_count; i++) {
        for (uint64_t left = state->words[i].next; left; left &= left - 1)
            PH_TRY(take_first(&state->slots[i * 64 + (size_t)__builtin_ctzll(left)], &reader));
    }
    PH_TRY(ph_reader_varint(&reader, &surprises));
    if (surprises)
        PH_TRY(ph_reader_u8(&reader, &rank));
    if (rank > 16 || surprises > (uint64_t)state->word_count * 64)
        return ph_errorf(PH_ERR_FORMAT, "%s: byte %zu: more changes than series", name,
                         reader.position);
    struct ph_bit_reader bits = {.next = reader.data + reader.position,
                                 .end = reader.data + reader.size};
    take_surprises(state, &bits, surprises, rank);
    if (!take_changes(state, &bits) || ph_bits_overrun(&bits))
        return ph_errorf(PH_ERR_FORMAT, "%s: the changed values do not fit into its %zu bytes",
                         name, reader.size);
    return NULL;
}
