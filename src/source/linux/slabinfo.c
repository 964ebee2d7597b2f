/* /proc/slabinfo 2.1, as SLUB writes it (mm/slab_common.c, slabinfo_show), one line a cache:
 *
 *     slabinfo - version: 2.1
 *     # name <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables ... :
 *     dentry 923895 923895 192 21 1 : tunables 0 0 0 : slabdata 43995 43995 0
 *
 * | field after the name | meaning                                                              |
 * |----------------------|----------------------------------------------------------------------|
 * | 1 active_objs        | objects in use; SLUB counts those of a CPU's own slabs as in use, so |
 * |                      | it is the kernel's own number but not exact                          |
 * | 2 num_objs           | objects there is room for                                            |
 * | 3 objsize            | bytes an object takes, metadata and padding included                 |
 * | 4, 5                 | objects and pages of one slab                                        |
 * | after `: tunables`   | limit, batchcount, sharedfactor: zeros with SLUB                     |
 * | after `: slabdata`   | active_slabs, num_slabs, sharedavail                                 |
 *
 * Fields are separated by blanks, never by columns: long names push them. A cache's name may hold
 * blanks itself, so the fields are counted from the first colon backwards when the plain reading
 * fails. Kernels built with CONFIG_DEBUG_SLAB added statistics at the end; they are skipped. */
#include "source/linux/slabinfo.h"

#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

enum { NUMBERS = 5 };

struct ph_error *ph_slabinfo_head(struct ph_reader *reader)
{
    struct ph_slice line, word = {"", 0};

    if (!ph_reader_line(reader, &line))
        return ph_errorf(PH_ERR_FORMAT, "%s: is empty", reader->name);
    if (!ph_slice_starts(line, "slabinfo - version: "))
        return ph_errorf(PH_ERR_FORMAT, "%s: line 1: does not begin with 'slabinfo - version:'",
                         reader->name);
    line.data += 20;
    line.size -= 20;
    if (!ph_slice_word(&line, &word) || !ph_slice_starts(word, "2."))
        return ph_errorf(PH_ERR_FORMAT,
                         "%s: line 1: slabinfo version '%.*s', this program reads 2.x",
                         reader->name, word.size > 32 ? 32 : (int)word.size, word.data);
    return NULL;
}

/* The five numbers and the colon after them; `rest` is left behind the colon. */
static bool read_numbers(struct ph_slice *rest, struct ph_slab_line *parsed)
{
    uint64_t *numbers[NUMBERS] = {&parsed->active_objects, &parsed->objects, &parsed->object_bytes,
                                  &parsed->objects_per_slab, &parsed->pages_per_slab};
    struct ph_slice word;

    for (size_t i = 0; i < NUMBERS; i++)
        if (!ph_slice_word(rest, &word) || ph_parse_u64(word, numbers[i]) != PH_NUMBER_OK)
            return false;
    return ph_slice_word(rest, &word) && ph_slice_is(word, ":");
}

/* A name that holds blanks: finds where it ends, and reads the numbers after it. */
static bool read_long_name(struct ph_slice line, struct ph_slab_line *parsed, struct ph_slice *rest)
{
    const char *ends[NUMBERS + 1] = {0}; /* of the last words before the colon, a ring */
    struct ph_slice ahead = line, word;
    size_t words = 0;

    while (ph_slice_word(&ahead, &word) && !ph_slice_is(word, ":"))
        ends[words++ % (NUMBERS + 1)] = word.data + word.size;
    if (words <= NUMBERS)
        return false;
    const char *end = ends[words % (NUMBERS + 1)]; /* the oldest: the word before the numbers */
    *rest = (struct ph_slice){end, (size_t)(line.data + line.size - end)};
    parsed->name = ph_slice_trim((struct ph_slice){line.data, (size_t)(end - line.data)});
    return read_numbers(rest, parsed);
}

/* "tunables 0 0 0 : slabdata 43995 43995 0" */
static bool read_slabs(struct ph_slice rest, uint64_t *slabs)
{
    static const char mark[] = ": slabdata ";
    const char *at = ph_find_bytes(rest.data, rest.size, mark, sizeof(mark) - 1);
    struct ph_slice word;

    if (!at)
        return false;
    rest.size -= (size_t)(at - rest.data) + sizeof(mark) - 1;
    rest.data = at + sizeof(mark) - 1;
    if (!ph_slice_word(&rest, &word)) /* active_slabs: SLUB gives the number of all */
        return false;
    /* the field after it must be there: a cut number would pass for a whole one */
    return ph_slice_word(&rest, &word) && ph_parse_u64(word, slabs) == PH_NUMBER_OK &&
           ph_slice_word(&rest, &word);
}

enum ph_line_kind ph_slabinfo_line(struct ph_slice line, struct ph_slab_line *parsed)
{
    struct ph_slice rest = line;

    if (!ph_slice_word(&rest, &parsed->name) || parsed->name.data[0] == '#')
        return PH_LINE_COMMENT;
    if (!read_numbers(&rest, parsed) && !read_long_name(line, parsed, &rest))
        return PH_LINE_BAD;
    /* their products must fit: bytes are active objects times object size */
    return read_slabs(rest, &parsed->slabs) && parsed->object_bytes <= UINT32_MAX &&
                   parsed->active_objects <= INT64_MAX >> 32 &&
                   parsed->pages_per_slab <= UINT16_MAX && parsed->slabs <= UINT32_MAX
               ? PH_LINE_VALUE
               : PH_LINE_BAD;
}
