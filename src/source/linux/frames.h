/* frames.h - a frame of a stack as the kernel prints it. */
#ifndef PH_SOURCE_LINUX_FRAMES_H
#define PH_SOURCE_LINUX_FRAMES_H

#include "base/bytes.h"
#include "model/trace.h"

/* Fills `place`: the address, where the text has one, else the names. What is neither is taken for
 * a function without an offset. An empty text leaves the place unknown. Error: out of memory. */
struct ph_error *ph_frame_parse(struct ph_slice text, struct ph_place *place) PH_MUST_CHECK;

#endif
