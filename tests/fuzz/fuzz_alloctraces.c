/* Any bytes as slub_debug's alloc_traces. */
#include <stdlib.h>

#include "source/linux/alloctraces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_reader reader = ph_reader_of("fuzz", data, size);
    struct ph_alloc_trace trace;
    uint64_t bad = 0;

    while (ph_alloc_traces_next(&reader, &trace, &bad))
        if (!trace.caller.size || trace.frame_count > PH_ALLOC_TRACE_FRAMES)
            abort();
    return 0;
}
