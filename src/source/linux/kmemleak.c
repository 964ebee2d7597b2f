/* /sys/kernel/debug/kmemleak (mm/kmemleak.c, print_unreferenced):
 *
 *     unreferenced object 0xff1100000369a000 (size 4096):
 *       comm "kworker/1:0", pid 24, jiffies 4294894498
 *       hex dump (first 32 bytes):
 *         00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  ................
 *       backtrace (crc f56d0fce):
 *         __kmalloc_noprof+0x169/0x1ea
 *         0xffffffffa0000036
 *
 * The head and `backtrace` count, the rest is skipped. Frames follow `backtrace` and are indented;
 * the next head ends them.
 */
#include "source/linux/kmemleak.h"

#include <string.h>

#include "base/text.h"

static const char HEAD[] = "unreferenced object ";

static bool take_size(struct ph_slice line, uint64_t *bytes)
{
    struct ph_slice word, before = {"", 0};

    while (ph_slice_word(&line, &word)) {
        const char *end = memchr(word.data, ')', word.size);
        if (ph_slice_is(before, "(size") && end)
            return ph_parse_u64((struct ph_slice){word.data, (size_t)(end - word.data)}, bytes) ==
                   PH_NUMBER_OK;
        before = word;
    }
    return false;
}

bool ph_kmemleak_next(struct ph_reader *reader, struct ph_kmemleak *object, uint64_t *bad)
{
    struct ph_kmemleak fresh = {0};
    struct ph_slice line;
    bool found = false, stack = false;

    while (!found) {
        if (!ph_reader_line(reader, &line))
            return false;
        bool head = ph_slice_starts(line, HEAD);
        found = head && take_size(line, &fresh.bytes);
        *bad += head && !found;
    }
    for (struct ph_reader ahead = *reader; ph_reader_line(&ahead, &line); *reader = ahead) {
        if (ph_slice_starts(line, HEAD))
            break;
        line = ph_slice_trim(line);
        if (ph_slice_starts(line, "backtrace"))
            stack = true;
        else if (stack && line.size && fresh.frame_count < PH_KMEMLEAK_FRAMES)
            fresh.frames[fresh.frame_count++] = line;
    }
    *object = fresh;
    return true;
}
