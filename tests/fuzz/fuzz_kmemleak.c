/* Any bytes as kmemleak's list. */
#include <stdlib.h>

#include "source/linux/kmemleak.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_reader reader = ph_reader_of("fuzz", data, size);
    struct ph_kmemleak object;

    while (ph_kmemleak_next(&reader, &object))
        if (object.frame_count > PH_KMEMLEAK_FRAMES)
            abort();
    return 0;
}
