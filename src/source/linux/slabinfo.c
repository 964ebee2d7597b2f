/* /proc/slabinfo 2.1, as SLUB writes it (mm/slab_common.c, slabinfo_show):
 *
 *     slabinfo - version: 2.1
 *     # name <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables ... :
 * slabdata ... dentry 923895 923895 192 21 1 : tunables 0 0 0 : slabdata 43995 43995 0
 *
 * Fields are separated by blanks, never by columns: long names push them. active_objs counts every
 * object of a per-CPU or full slab as active; it is the kernel's number, but not exact. */
#include "source/linux/slabinfo.h"

#include "base/text.h"

struct ph_error *ph_slabinfo_head(struct ph_reader *reader)
{
    struct ph_slice line, word;

    if (!ph_reader_line(reader, &line))
        return ph_errorf(PH_ERR_FORMAT, "%s: is empty", reader->name);
    if (!ph_slice_starts(line, "slabinfo - version: "))
        return ph_errorf(PH_ERR_FORMAT, "%s: line 1: does not begin with 'slabinfo - version:'",
                         reader->name);
    line.data += 20;
    line.size -= 20;
    if (!ph_slice_word(&line, &word) || !ph_slice_starts(word, "2."))
        return ph_errorf(PH_ERR_FORMAT, "%s: line 1: slabinfo version %.*s, this program reads 2.x",
                         reader->name, (int)word.size, word.data);
    return NULL;
}

enum ph_line_kind ph_slabinfo_line(struct ph_slice line, struct ph_slab_line *parsed)
{
    uint64_t *numbers[] = {&parsed->active_objects, &parsed->objects, &parsed->object_bytes,
                           &parsed->objects_per_slab, &parsed->pages_per_slab};
    struct ph_slice word;

    if (!ph_slice_word(&line, &parsed->name) || parsed->name.data[0] == '#')
        return PH_LINE_COMMENT;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (!ph_slice_word(&line, &word) || ph_parse_u64(word, numbers[i]) != PH_NUMBER_OK)
            return PH_LINE_BAD;
    /* their product must fit: bytes are active objects times object size */
    return parsed->object_bytes <= UINT32_MAX && parsed->active_objects <= INT64_MAX >> 32
               ? PH_LINE_VALUE
               : PH_LINE_BAD;
}
