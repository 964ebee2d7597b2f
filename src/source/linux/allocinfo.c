/* /proc/allocinfo (lib/alloc_tag.c), versions 1.0 and 2.0, one line a place in the source that
 * allocates:
 *
 *     allocinfo - version: 1.0
 *     #     <size>  <calls> <tag info>
 *          1269424     9334 fs/kernfs/dir.c:624 func:__kernfs_new_node
 *          4423680     1080 /usr/src/leaky/leaky.c:16 [leaky] func:leaky_kmalloc_site
 *
 * | field    | meaning                                                                          |
 * |----------|----------------------------------------------------------------------------------|
 * | size     | bytes outstanding; signed, kernel bugs have made it negative                     |
 * | calls    | allocations outstanding, signed too                                              |
 * | place    | file:line; in-tree files relative, a module's own file as it was compiled        |
 * | [module] | only for modules                                                                 |
 * | func:    | the function                                                                     |
 * | key:value| since 2.0, accurate:no when some allocations could not be counted; unknown ones  |
 * |          | are skipped                                                                      |
 *
 * Each line ends in a blank. A path may hold blanks: the place ends where [module] or func: begins.
 */
#include "source/linux/allocinfo.h"

#include "base/text.h"

struct ph_error *ph_allocinfo_head(struct ph_reader *reader)
{
    struct ph_slice line, word = {"", 0};

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
                         "%s: line 1: allocinfo version '%.*s', this program reads 1.x and 2.x",
                         reader->name, word.size > 32 ? 32 : (int)word.size, word.data);
    return NULL;
}

static bool in_brackets(struct ph_slice word)
{
    return word.size > 2 && word.data[0] == '[' && word.data[word.size - 1] == ']';
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
        if (!site->function.size && ph_slice_starts(word, "func:"))
            site->function = (struct ph_slice){word.data + 5, word.size - 5};
        else if (site->function.size && ph_slice_is(word, "accurate:no"))
            site->inaccurate = true;
        else if (!site->function.size && in_brackets(word))
            site->module = (struct ph_slice){word.data + 1, word.size - 2};
        else if (!site->function.size && !site->module.size)
            site->place.size = (size_t)(word.data + word.size - site->place.data);
    }
    return site->function.size ? PH_LINE_VALUE : PH_LINE_BAD;
}
