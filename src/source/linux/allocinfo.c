/* /proc/allocinfo (lib/alloc_tag.c), versions 1.0 and 2.0:
 *
 *     allocinfo - version: 1.0
 *     #     <size>  <calls> <tag info>
 *          1269424     9334 fs/kernfs/dir.c:624 func:__kernfs_new_node
 *          4423680     1080 /usr/src/leaky/leaky.c:16 [leaky] func:leaky_kmalloc_site
 *
 * Each line ends in a blank; version 2 adds key:value pairs (accurate:no), unknown ones are
 * skipped. */
#include "source/linux/allocinfo.h"

#include "base/text.h"

struct ph_error *ph_allocinfo_head(struct ph_reader *reader)
{
    struct ph_slice line, word;

    if (!ph_reader_line(reader, &line))
        return ph_errorf(PH_ERR_FORMAT, "%s: is empty", reader->name);
    if (!ph_slice_starts(line, "allocinfo - version: "))
        return ph_errorf(PH_ERR_FORMAT, "%s: line 1: does not begin with 'allocinfo - version:'",
                         reader->name);
    line.data += 21;
    line.size -= 21;
    if (!ph_slice_word(&line, &word) ||
        !(ph_slice_starts(word, "1.") || ph_slice_starts(word, "2.")))
        return ph_errorf(PH_ERR_FORMAT,
                         "%s: line 1: allocinfo version %.*s, this program reads 1.x and 2.x",
                         reader->name, (int)word.size, word.data);
    return NULL;
}

enum ph_line_kind ph_allocinfo_line(struct ph_slice line, struct ph_alloc_site *site)
{
    struct ph_slice word;

    *site = (struct ph_alloc_site){0};
    if (!ph_slice_word(&line, &word) || word.data[0] == '#')
        return PH_LINE_COMMENT;
    if (ph_parse_i64(word, &site->bytes) != PH_NUMBER_OK || !ph_slice_word(&line, &word) ||
        ph_parse_i64(word, &site->calls) != PH_NUMBER_OK || !ph_slice_word(&line, &site->place))
        return PH_LINE_BAD;
    while (ph_slice_word(&line, &word)) {
        if (word.size > 2 && word.data[0] == '[' && word.data[word.size - 1] == ']')
            site->module = (struct ph_slice){word.data + 1, word.size - 2};
        else if (ph_slice_starts(word, "func:"))
            site->function = (struct ph_slice){word.data + 5, word.size - 5};
        else if (ph_slice_is(word, "accurate:no"))
            site->inaccurate = true;
    }
    return site->function.size ? PH_LINE_VALUE : PH_LINE_BAD;
}
