#include <string.h>

#include "base/mem.h"
#include "store/frame_learn.h"

/* the most bytes that one changed value and its gap can take: five long codes and some flags */
enum { VALUE_ROOM = 6 * PH_RICE_BITS / 8 + 1 };

/* A value without what it does not have: such fields are 0 in the file's eyes. */
static struct ph_frame_slot plain(const struct ph_value *value)
{
    return (struct ph_frame_slot){
        .have = value->have,
        .allocs = value->have & PH_HAVE_ALLOCS ? value->allocs : 0,
        .frees = value->have & PH_HAVE_FREES ? value->frees : 0,
        .objects = value->have & PH_HAVE_OBJECTS ? value->objects : 0,
        .bytes = value->have & PH_HAVE_BYTES ? value->bytes : 0,
    };
}

static void put_first(struct ph_text *out, const struct ph_frame_slot *slot)
{
    uint64_t diff = slot->allocs - slot->frees;
    bool both = (slot->have & PH_FRAME_COUNTERS) == PH_FRAME_COUNTERS;

    ph_text_varint(out, slot->have);
    if (slot->have & PH_HAVE_ALLOCS)
        ph_text_varint(out, slot->allocs);
    if (slot->have & PH_HAVE_FREES)
        ph_text_varint(out, both ? ph_zigzag((int64_t)diff) : slot->frees);
    if (slot->have & PH_HAVE_OBJECTS)
        ph_text_varint(out, ph_zigzag((int64_t)((uint64_t)slot->objects - (both ? diff : 0))));
    if (slot->have & PH_HAVE_BYTES)
        ph_text_varint(out, ph_zigzag(slot->bytes));
}

static struct ph_error *put_head(struct ph_frame_state *state, const struct ph_frame_head *head,
                                 struct ph_text *out)
{
    struct ph_frame_head *before = &state->head;
    uint64_t mask = 0;

    for (unsigned i = 0; i < PH_FRAME_FIELDS; i++)
        mask |= (uint64_t)(head->fields[i] != before->fields[i]) << i;
    ph_text_varint(out, mask);
    for (unsigned i = 0; i < PH_FRAME_FIELDS; i++) {
        if (mask >> i & 1)
            ph_text_varint(
                out, ph_zigzag((int64_t)((uint64_t)head->fields[i] - (uint64_t)before->fields[i])));
    }
    memcpy(before->fields, head->fields, sizeof(head->fields));
    bool same = head->loss_count == before->loss_count;
    for (size_t i = 0; same && i < head->loss_count; i++)
        same = head->losses[i].id == before->losses[i].id &&
               head->losses[i].count == before->losses[i].count;
    ph_text_varint(out, same ? 0 : head->loss_count + 1);
    if (same)
        return NULL;
    PH_TRY(ph_grow(&before->losses, &before->loss_capacity, head->loss_count,
                   sizeof(*before->losses)));
    for (size_t i = 0; i < head->loss_count; i++) {
        before->losses[i] = head->losses[i];
        ph_text_varint(out, head->losses[i].id);
        ph_text_varint(out, head->losses[i].count);
    }
    before->loss_count = head->loss_count;
    return NULL;
}

/* Runs of slots that appear or vanish. */
static void put_runs(struct ph_frame_state *state, struct ph_text *out)
{
    size_t limit = state->word_count * 64, last = 0;

    for (size_t start = 0; start < limit;) {
        const struct ph_frame_word *word = &state->words[start / 64];
        uint64_t toggled = (word->present ^ word->next) >> (start % 64);
        if (!toggled) {
            start = (start / 64 + 1) * 64;
            continue;
        }
        start += (size_t)__builtin_ctzll(toggled);
        size_t end = start;
        while (end < limit &&
               ((state->words[end / 64].present ^ state->words[end / 64].next) >> (end % 64) & 1))
            end++;
        ph_text_varint(out, end - start);
        ph_text_varint(out, start - last);
        last = start = end;
    }
    ph_text_varint(out, 0);
}

/* Presence and the values that appear; marks the others that changed. */
static void put_shape(struct ph_frame_state *state, const struct ph_value *values, size_t count,
                      struct ph_text *out)
{
    for (size_t i = 0; i < state->word_count; i++)
        state->words[i].next = 0;
    for (size_t i = 0; i < count; i++)
        state->words[values[i].series / 64].next |= UINT64_C(1) << (values[i].series % 64);
    put_runs(state, out);
    for (size_t i = 0; i < count; i++) {
        uint32_t at = values[i].series;
        struct ph_frame_word *word = &state->words[at / 64];
        struct ph_frame_slot *slot = &state->slots[at];
        struct ph_frame_slot now = plain(&values[i]);
        if (!(word->present >> (at % 64) & 1)) {
            put_first(out, &now);
            *slot = now;
            ph_frame_learn_first(slot);
            state->changed_count++;
        } else if (slot->allocs != now.allocs || slot->frees != now.frees ||
                   slot->objects != now.objects || slot->bytes != now.bytes ||
                   slot->have != now.have) {
            word->changed |= UINT64_C(1) << (at % 64);
        }
    }
    for (size_t i = 0; i < state->word_count; i++) {
        struct ph_frame_word *word = &state->words[i];
        if (word->present == word->next)
            continue;
        ph_frame_toggle(word, word->present ^ word->next);
        state->reshaped = true;
    }
    state->present = count;
}

static void put_irregular(struct ph_bit_writer *bits, struct ph_frame_slot *slot, uint32_t have,
                          const struct ph_frame_change *change)
{
    const uint64_t fields[] = {change->allocs, change->frees, change->objects, change->bytes};
    static const uint32_t names[] = {PH_HAVE_ALLOCS, PH_HAVE_FREES, PH_HAVE_OBJECTS, PH_HAVE_BYTES};

    ph_bits_put(bits, 1, 1);
    ph_bits_put_long(bits, have);
    for (unsigned i = 0; i < 4; i++) {
        if (have & names[i])
            ph_bits_put_long(bits, ph_zigzag((int64_t)fields[i]));
    }
    slot->have = have;
    ph_frame_learn_irregular(slot, change);
    ph_frame_apply(slot, change);
}

static void put_change(struct ph_bit_writer *bits, struct ph_frame_slot *slot,
                       const struct ph_value *value)
{
    struct ph_frame_slot now = plain(value);
    struct ph_frame_change change = {now.allocs - slot->allocs, now.frees - slot->frees,
                                     (uint64_t)now.objects - (uint64_t)slot->objects,
                                     (uint64_t)now.bytes - (uint64_t)slot->bytes};
    uint32_t have = now.have;
    bool both = (have & PH_FRAME_COUNTERS) == PH_FRAME_COUNTERS;
    uint64_t came = ph_frame_came(have, &change);
    uint64_t strayed = have & PH_HAVE_BYTES ? change.bytes - came * slot->unit : 0;

    if (have != slot->have ||
        (both && have & PH_HAVE_OBJECTS && change.objects != change.allocs - change.frees) ||
        strayed & ((UINT64_C(1) << slot->grain) - 1)) {
        put_irregular(bits, slot, have, &change);
        return;
    }
    ph_bits_put(bits, 0, 1);
    if (have & PH_HAVE_ALLOCS) {
        uint64_t coded = ph_zigzag((int64_t)(change.allocs - (uint64_t)(int64_t)slot->rate));
        ph_rice_put(bits, coded, ph_rice_rank(slot->allocs_mean));
        ph_frame_learn_rate(slot, change.allocs, coded);
    }
    if (have & PH_HAVE_FREES) {
        uint64_t coded = ph_zigzag(
            (int64_t)(have & PH_HAVE_ALLOCS ? change.allocs - change.frees : change.frees));
        ph_rice_put(bits, coded, ph_rice_rank(slot->diff_mean));
        slot->diff_mean = ph_rice_learn(slot->diff_mean, coded);
    }
    if (!both && have & PH_HAVE_OBJECTS) {
        uint64_t coded = ph_zigzag((int64_t)change.objects);
        ph_rice_put(bits, coded, ph_rice_rank(slot->diff_mean));
        slot->diff_mean = ph_rice_learn(slot->diff_mean, coded);
    }
    if (have & PH_HAVE_BYTES) {
        uint32_t *mean = came ? &slot->bytes_mean : &slot->bytes_constant_mean;
        uint64_t coded = ph_zigzag((int64_t)strayed >> slot->grain);
        ph_rice_put(bits, coded, ph_rice_rank(*mean));
        *mean = ph_rice_learn(*mean, coded);
        ph_frame_learn_unit(slot, came, change.bytes);
    }
    ph_frame_apply(slot, &change);
}

/* The slots that changed, as surprises; returns how many there are. */
static size_t surprises_of(const struct ph_frame_state *state, size_t *reach)
{
    size_t count = 0, last = 0;

    for (size_t i = 0; i < state->word_count; i++) {
        const struct ph_frame_word *word = &state->words[i];
        uint64_t surprise = word->changed ^ word->high;
        count += (size_t)__builtin_popcountll(surprise);
        if (surprise)
            last = i * 64 + 64 - (size_t)__builtin_clzll(surprise);
    }
    *reach = last;
    return count;
}

static struct ph_error *put_changes(struct ph_frame_state *state, const struct ph_value *values,
                                    size_t count, struct ph_text *out)
{
    size_t reach = 0, surprises = surprises_of(state, &reach), changes = 0;
    unsigned rank = 0;

    for (size_t i = 0; i < state->word_count; i++)
        changes += (size_t)__builtin_popcountll(state->words[i].changed);
    ph_text_varint(out, surprises);
    if (surprises) {
        while (rank < 16 && (reach / surprises) >> (rank + 1))
            rank++;
        ph_text_putc(out, (char)rank);
    }
    PH_TRY(ph_text_check(out));
    PH_TRY(ph_grow(&out->data, &out->capacity, out->size + (surprises + changes) * VALUE_ROOM + 16,
                   1));
    struct ph_bit_writer bits = {.next = (uint8_t *)out->data + out->size};
    size_t last = 0;
    for (size_t i = 0; surprises && i < state->word_count; i++) {
        uint64_t surprise = state->words[i].changed ^ state->words[i].high;
        for (; surprise; surprise &= surprise - 1) {
            size_t at = i * 64 + (size_t)__builtin_ctzll(surprise);
            ph_rice_put(&bits, at - last, rank);
            last = at + 1;
        }
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t at = values[i].series;
        if (state->words[at / 64].changed >> (at % 64) & 1)
            put_change(&bits, &state->slots[at], &values[i]);
    }
    ph_bits_flush(&bits);
    out->size = (size_t)(bits.next - (uint8_t *)out->data);
    out->data[out->size] = 0;
    state->changed_count += changes;
    for (size_t i = 0; i < state->word_count; i++)
        ph_frame_count_changes(&state->words[i]);
    return NULL;
}

struct ph_error *ph_frame_encode(struct ph_frame_state *state, bool full,
                                 const struct ph_frame_head *head, const struct ph_value *values,
                                 size_t count, uint64_t salt, struct ph_text *out)
{
    uint8_t kind = full ? PH_FRAME_FULL : PH_FRAME_DELTA;

    PH_TRY(ph_frame_make_room(state, count ? (size_t)values[count - 1].series + 1 : 0));
    if (full)
        ph_frame_start_afresh(state);
    state->changed_count = 0;
    state->reshaped = false;
    for (size_t i = 0; i < state->word_count; i++)
        state->words[i].changed = 0;
    ph_text_clear(out);
    ph_text_add(out, (const uint8_t[PH_FRAME_BODY]){kind}, PH_FRAME_BODY);
    PH_TRY(put_head(state, head, out));
    put_shape(state, values, count, out);
    PH_TRY(put_changes(state, values, count, out));
    uint8_t *bytes = (uint8_t *)out->data;
    uint32_t sum =
        ph_frame_check_sum(bytes + PH_FRAME_BODY, out->size - PH_FRAME_BODY, salt ^ kind);
    for (unsigned i = 0; i < 4; i++)
        bytes[1 + i] = (uint8_t)(sum >> (8 * i));
    return NULL;
}
