/* Any bytes as kmemleak's list. */
#include <stdlib.h>

#include "source/linux/frames.h"
#include "source/linux/kmemleak.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_frame(struct ph_slice text)
{
    PH_GUARD(ph_place_fini) struct ph_place place = {0};

    ph_error_free(ph_frame_parse(text, &place));
    if (text.size && !ph_place_is_known(&place))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_reader reader = ph_reader_of("fuzz", data, size);
    struct ph_kmemleak object;
    uint64_t bad = 0;

    while (ph_kmemleak_next(&reader, &object, &bad)) {
        if (object.frame_count > PH_KMEMLEAK_FRAMES)
            abort();
        for (size_t i = 0; i < object.frame_count; i++)
            parse_frame(object.frames[i]);
    }
    return 0;
}
