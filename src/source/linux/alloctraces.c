/* /sys/kernel/debug/slab/<cache>/alloc_traces (mm/slub.c, slab_debugfs_show), there when the kernel
 * was booted with slub_debug=U; most objects first:
 *
 *     1120 tick+0x10b/0x190 [leaky] waste=1227520/1096 age=10/431/836 pid=9-45 cpus=0-1
 *             tick+0x10b/0x190 [leaky]
 *             process_one_work+0x190/0x3a0
 *
 * | field        | meaning                                                                      |
 * |--------------|------------------------------------------------------------------------------|
 * | count        | objects that live                                                            |
 * | caller       | symbol+offset/size, with [module] where it is one's                          |
 * | waste=       | bytes beyond the request: of all / of each; absent where there are none      |
 * | age=         | jiffies: least/mean/most, or one number                                      |
 * | pid=, cpus=, nodes= | skipped                                                               |
 *
 * The stack follows, one frame a line, begun by blanks like the record itself (which is told by its
 * number); an empty line ends the record.
 */
#include "source/linux/alloctraces.h"

#include "base/text.h"

static bool in_brackets(struct ph_slice word)
{
    return word.size > 2 && word.data[0] == '[' && word.data[word.size - 1] == ']';
}

static void take_age(struct ph_slice word, struct ph_alloc_trace *trace)
{
    struct ph_slice most = {word.data + 4, word.size - 4};

    for (size_t i = most.size; i-- > 0;)
        if (most.data[i] == '/') {
            most = (struct ph_slice){most.data + i + 1, most.size - i - 1};
            break;
        }
    trace->have_age = ph_parse_u64(most, &trace->age_most_jiffies) == PH_NUMBER_OK;
}

static bool take_head(struct ph_slice line, struct ph_alloc_trace *trace)
{
    struct ph_alloc_trace fresh = {0};
    struct ph_slice word;

    if (!ph_slice_word(&line, &word) || ph_parse_u64(word, &fresh.objects) != PH_NUMBER_OK ||
        !ph_slice_word(&line, &fresh.caller))
        return false;
    while (ph_slice_word(&line, &word)) {
        if (in_brackets(word) && !fresh.module.size)
            fresh.module = (struct ph_slice){word.data + 1, word.size - 2};
        else if (ph_slice_starts(word, "age="))
            take_age(word, &fresh);
    }
    *trace = fresh;
    return true;
}

bool ph_alloc_traces_next(struct ph_reader *reader, struct ph_alloc_trace *trace, uint64_t *bad)
{
    struct ph_slice line;
    bool found = false;

    while (!found) {
        if (!ph_reader_line(reader, &line))
            return false;
        line = ph_slice_trim(line);
        found = line.size && take_head(line, trace);
        *bad += line.size && !found;
    }
    while (ph_reader_line(reader, &line)) {
        line = ph_slice_trim(line);
        if (!line.size)
            break;
        if (trace->frame_count < PH_ALLOC_TRACE_FRAMES)
            trace->frames[trace->frame_count++] = line;
    }
    return true;
}
