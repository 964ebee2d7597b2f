/* Any bytes as kmemleak's list. */
#include <stdlib.h>

#include "source/linux/kmemleak.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_reader reader = ph_reader_of("fuzz", data, size);
    struct ph_kmemleak object;
    uint64_t bad = 0;

    while (ph_kmemleak_next(&reader, &object, &bad))
        if (object.frame_count > PH_KMEMLEAK_FRAMES)
            abort();
    return 0;
}
