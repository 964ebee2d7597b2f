/* Any bytes as page_owner's lists. */
#include <stdlib.h>

#include "source/linux/pageowner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(const uint8_t *data, size_t size,
                     bool (*next)(struct ph_reader *reader, struct ph_page_owner *owner,
                                  uint64_t *bad))
{
    struct ph_reader reader = ph_reader_of("fuzz", data, size);
    struct ph_page_owner owner;
    uint64_t bad = 0;

    while (next(&reader, &owner, &bad))
        if (!owner.pages || owner.frame_count > PH_PAGE_FRAMES)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_all(data, size, ph_page_stacks_next);
    read_all(data, size, ph_page_owner_next);
    return 0;
}
