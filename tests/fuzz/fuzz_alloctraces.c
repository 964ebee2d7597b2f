/* Any bytes as slub_debug's alloc_traces. */
#include <stdlib.h>

#include "source/linux/alloctraces.h"
#include "source/linux/frames.h"

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
    struct ph_alloc_trace trace;
    uint64_t bad = 0;

    while (ph_alloc_traces_next(&reader, &trace, &bad)) {
        if (!trace.caller.size || trace.frame_count > PH_ALLOC_TRACE_FRAMES)
            abort();
        parse_frame(trace.caller);
        for (size_t i = 0; i < trace.frame_count; i++)
            parse_frame(trace.frames[i]);
    }
    return 0;
}
