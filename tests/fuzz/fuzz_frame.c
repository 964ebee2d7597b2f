/* The decoder of frames. Input: frames one after the other, each with its size in two bytes (low
 * byte first) before it; the check sum is set right, so that what stands behind it is reached. What
 * was decoded is encoded again and must come back the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/frame.h"
#include "store/frame_learn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SLOTS = 300, HEADER = 2 };

/* Encodes the state as a full frame and compares what it decodes to. */
static void round_trip(const struct ph_frame_state *state)
{
    PH_GUARD(ph_frame_state_fini) struct ph_frame_state writer = {0}, reader = {0};
    PH_GUARD(ph_text_fini) struct ph_text frame = {0};
    struct ph_value values[SLOTS];
    size_t count = 0;

    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        if (ph_frame_has(state, slot))
            values[count++] = ph_frame_value(state, slot, slot);
    }
    if (ph_frame_encode(&writer, true, &state->head, values, count, 0, &frame) ||
        ph_frame_decode(&reader, "again", (struct ph_slice){frame.data, frame.size}, 0, SLOTS))
        abort();
    if (reader.present != count || reader.head.loss_count != state->head.loss_count ||
        memcmp(reader.head.fields, state->head.fields, sizeof(reader.head.fields)) != 0)
        abort();
    for (size_t i = 0; i < count; i++) {
        struct ph_value again = ph_frame_value(&reader, values[i].series, values[i].series);
        if (memcmp(&again, &values[i], sizeof(again)) != 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    PH_GUARD(ph_frame_state_fini) struct ph_frame_state state = {0};

    while (size > HEADER) {
        size_t part = (size_t)data[0] | (size_t)data[1] << 8;
        data += HEADER;
        size -= HEADER;
        part = part > size ? size : part;
        PH_GUARD(ph_freep) char *frame = ph_memdup(data, part);
        if (!frame)
            return 0;
        if (part > PH_FRAME_BODY) {
            uint32_t sum = ph_frame_check_sum((const uint8_t *)frame + PH_FRAME_BODY,
                                              part - PH_FRAME_BODY, (uint8_t)frame[0]);
            for (unsigned i = 0; i < 4; i++)
                frame[1 + i] = (char)(sum >> (8 * i));
        }
        struct ph_error *error =
            ph_frame_decode(&state, "frame", (struct ph_slice){frame, part}, 0, SLOTS);
        if (error) {
            ph_error_free(error);
            return 0;
        }
        round_trip(&state);
        data += part;
        size -= part;
    }
    return 0;
}
