/* frame_learn.h - what the writer and the reader of frames do alike, and the format they share. */
/* clang-format off: it would fill the table's lines
 *
 * The frame of a sample, version 1
 *
 *   byte 0    1 = full: nothing is known before it; 2 = changes against the frame before
 *   byte 1-4  check sum of all that follows, of byte 0 and of the row's times and numbers, low byte
 *             first
 *   then numbers of variable length (LEB128, "zigzag" where they have a sign):
 *   mask      of the head's fields that changed; the difference of each, with a sign (before a full
 *             frame: memory -1 = unknown, pools 0)
 *   losses    0 = as before; n + 1: n pairs of text number and count replace those before
 *   runs      of slots that appear or vanish: length (0 ends the list), gap since the last run
 *   values    of the slots that appear, in order: have, then what it names of: allocs; frees or,
 *             with allocs, allocs - frees; objects or, with both counters, what objects differ from
 *             allocs - frees by; bytes (the last three with a sign)
 *   count     of surprises: slots that change and were not expected to, or the other way round
 *   rank      of the Rice codes for the gaps between them (not there when count is 0)
 *   then bits, lowest first (see bits.h), up to the end:
 *   gaps      between surprises; expected to change are slots whose counter of three bits (up when
 *             it changes, down when not, 3 at first) stands at 4 or more
 *   values    of the slots that change: a bit,
 *             0 = regular:
 *               allocs   difference to the one before, less the mean of such differences
 *               frees    less than allocs grew; without allocs: difference
 *               objects  only when a counter is missing: difference
 *               bytes    difference, less objects that came times bytes an object, in grains
 *             1 = irregular: have, then its fields as plain differences ("long": 7 bits of length)
 *
 * clang-format on */
#ifndef PH_STORE_FRAME_LEARN_H
#define PH_STORE_FRAME_LEARN_H

#include <stdint.h>

#include "store/bits.h"
#include "store/frame.h"

enum {
    PH_FRAME_FULL = 1,
    PH_FRAME_DELTA = 2,
    PH_FRAME_BODY = 5, /* where the check sum ends */
    PH_FRAME_COUNTERS = PH_HAVE_ALLOCS | PH_HAVE_FREES
};

/* The changes of one value, modulo 2^64. */
struct ph_frame_change {
    uint64_t allocs, frees, objects, bytes;
};

uint32_t ph_frame_check_sum(const uint8_t *bytes, size_t size, uint64_t salt);
/* Makes room for slots below `slot_count`. Error: out of memory. */
struct ph_error *ph_frame_make_room(struct ph_frame_state *state, size_t slot_count) PH_MUST_CHECK;
/* Forgets all slots, before a full frame. */
void ph_frame_start_afresh(struct ph_frame_state *state);
/* Counts for each of 64 slots how often it changes. */
void ph_frame_count_changes(struct ph_frame_word *word);
/* Marks slots that appear or vanish; those that appear are expected to stay as they are. */
void ph_frame_toggle(struct ph_frame_word *word, uint64_t bits);
/* A slot that has a value for the first time. */
void ph_frame_learn_first(struct ph_frame_slot *slot);
/* After an irregular change: what was wrongly believed of the grain. */
void ph_frame_learn_irregular(struct ph_frame_slot *slot, const struct ph_frame_change *change);
/* Bytes an object, from the first change that shows it. */
void ph_frame_learn_unit(struct ph_frame_slot *slot, uint64_t came, uint64_t bytes);

static inline void ph_frame_learn_rate(struct ph_frame_slot *slot, uint64_t grown, uint64_t coded)
{
    int64_t step = (int64_t)grown;

    step = step > INT32_MAX / 2 ? INT32_MAX / 2 : step < INT32_MIN / 2 ? INT32_MIN / 2 : step;
    /* the first difference says how many come, not how far their number strays */
    slot->allocs_mean = ph_rice_learn(slot->allocs_mean, slot->rate ? coded : coded / 8);
    slot->rate = slot->rate ? slot->rate + (int32_t)((step - slot->rate) >> 2) : (int32_t)step;
}

/* Objects that came, as far as the value's kind tells. */
static inline uint64_t ph_frame_came(uint32_t have, const struct ph_frame_change *change)
{
    if (have & PH_HAVE_OBJECTS)
        return change->objects;
    return (have & PH_FRAME_COUNTERS) == PH_FRAME_COUNTERS ? change->allocs - change->frees : 0;
}

static inline void ph_frame_apply(struct ph_frame_slot *slot, const struct ph_frame_change *change)
{
    slot->allocs += change->allocs;
    slot->frees += change->frees;
    slot->objects = (int64_t)((uint64_t)slot->objects + change->objects);
    slot->bytes = (int64_t)((uint64_t)slot->bytes + change->bytes);
}

#endif
