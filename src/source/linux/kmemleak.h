/* kmemleak.h - kmemleak's list: objects that nothing points to any more. A driver that keeps what
 * it leaks on a list is not in it: an empty list acquits nobody. */
#ifndef PH_SOURCE_LINUX_KMEMLEAK_H
#define PH_SOURCE_LINUX_KMEMLEAK_H

#include <stdbool.h>

#include "base/bytes.h"

enum { PH_KMEMLEAK_FRAMES = 16 };

/* Slices point into the reader's data. */
struct ph_kmemleak {
    uint64_t bytes;
    struct ph_slice frames[PH_KMEMLEAK_FRAMES]; /* innermost first: "f+0x1/0x2 [module]", or a bare
                                                   address when the module was unloaded */
    size_t frame_count;                         /* deeper frames are left out */
};

/* The next object. False at the end. `*bad` is increased by the objects whose size cannot be read;
 * they are left out. */
bool ph_kmemleak_next(struct ph_reader *reader, struct ph_kmemleak *object, uint64_t *bad);

#endif
