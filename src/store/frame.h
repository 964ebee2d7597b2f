/* frame.h - the bytes of one sample in a recording: all of it, or what changed since the one
 * before.
 *
 * Pure: bytes in, bytes out. A slot is the number of a series within the file. Writer and reader
 * carry the same state from frame to frame; a full frame starts it afresh. The format's table
 * stands in frame_learn.h.
 */
#ifndef PH_STORE_FRAME_H
#define PH_STORE_FRAME_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "model/sample.h"

enum {
    PH_FRAME_MEMORY = 8,     /* fields of ph_memory, from field 0 */
    PH_FRAME_POOL_FIELDS = 4 /* have, bytes, limit, peak of each pool, after them */
};
enum { PH_FRAME_FIELDS = PH_FRAME_MEMORY + PH_FRAME_POOL_FIELDS * PH_POOL_COUNT };

/* A loss: its text's number in the file, and how often. */
struct ph_frame_loss {
    uint32_t id;
    uint64_t count;
};

/* What a frame holds besides the values. */
struct ph_frame_head {
    int64_t fields[PH_FRAME_FIELDS];
    struct ph_frame_loss *losses; /* owned by whoever made the head */
    size_t loss_count;
    size_t loss_capacity;
};

/* A series' last value and what writer and reader have learned of it: one cache line. */
struct ph_frame_slot {
    uint64_t allocs, frees;
    int64_t objects, bytes;
    uint32_t allocs_mean, diff_mean;          /* of what is coded, for its rank */
    uint32_t bytes_mean, bytes_constant_mean; /* the second one while no object came or went */
    int32_t rate;                             /* allocs a sample; 0 = not learned */
    uint32_t unit;                            /* bytes an object; 0 = not learned */
    uint32_t have;
    uint8_t grain; /* bytes move in multiples of 1 << grain, as far as seen */
    uint8_t unused[3];
};

/* 64 slots as bits: which are there, and a counter of three bits each for "changes often". */
struct ph_frame_word {
    uint64_t present, next, changed;
    uint64_t low, middle, high;
};

struct ph_frame_state {
    struct ph_frame_slot *slots;
    struct ph_frame_word *words;
    size_t slot_capacity, word_capacity;
    size_t word_count;
    size_t present; /* slots that are there */
    struct ph_frame_head head;
    uint32_t *changed; /* slots that differ from the frame before, ascending; new ones too */
    size_t changed_count, changed_capacity;
    bool reshaped; /* series appeared or vanished */
};

/* The head of a sample without its losses, and back. */
void ph_frame_head_of(const struct ph_sample *sample, struct ph_frame_head *head);
void ph_frame_head_to(const struct ph_frame_head *head, struct ph_sample *sample);

/* Replaces `out` by the frame. In `values`, series means slot, ascending. `salt` goes into the
 * check sum: of what stands beside the frame and must fit to it. After an error the state is good
 * for a full frame only. */
struct ph_error *ph_frame_encode(struct ph_frame_state *state, bool full,
                                 const struct ph_frame_head *head, const struct ph_value *values,
                                 size_t count, uint64_t salt, struct ph_text *out) PH_MUST_CHECK;

/* Brings the state to what the frame says. `name` is for messages; slots from `slot_limit` on are
 * an error. After an error (PH_ERR_FORMAT, out of memory) the state is good for a full frame only.
 */
struct ph_error *ph_frame_decode(struct ph_frame_state *state, const char *name,
                                 struct ph_slice bytes, uint64_t salt,
                                 uint32_t slot_limit) PH_MUST_CHECK;

static inline struct ph_value ph_frame_value(const struct ph_frame_state *state, uint32_t slot,
                                             uint32_t series)
{
    const struct ph_frame_slot *from = &state->slots[slot];

    return (struct ph_value){series,      from->have,    from->allocs,
                             from->frees, from->objects, from->bytes};
}

static inline bool ph_frame_has(const struct ph_frame_state *state, uint32_t slot)
{
    return slot / 64 < state->word_count && (state->words[slot / 64].present >> (slot % 64) & 1);
}

void ph_frame_state_fini(struct ph_frame_state *state);

#endif
