/* Logs of memsnap (Windows Support Tools): rows of seven fields between blanks,
 *
 *     Tag  Type     Allocs      Frees       Diff      Bytes  Per Alloc
 *     AfdB Nonp        512        500         12       3072        256
 *
 * without poolmon's memory lines. Microsoft's TS_KnownKernelTags.ps1 reads fields 0 (tag), 1 (type)
 * and 5 (bytes). A tag may hold blanks, so it is taken by its columns (poolrow.c), not by
 * splitting.
 */
#include "source/file/poollog.h"

static int probe(struct ph_slice head)
{
    struct ph_poollog_look look = ph_poollog_look(head);

    if (!look.rows || look.memory || look.deltas)
        return 0;
    return look.rows * 2 >= look.lines ? 70 : 45;
}

static struct ph_error *open_log(const struct ph_source_options *options, struct ph_source **source)
{
    return ph_poollog_open(&ph_poollog_memsnap, options, source);
}

const struct ph_source_ops ph_source_memsnap = {
    .name = "memsnap",
    .about = "pool logs of memsnap",
    .probe = probe,
    .open = open_log,
    .read = ph_poollog_read,
    .machine = ph_poollog_machine,
    .close = ph_poollog_close,
};

const struct ph_poollog_kind ph_poollog_memsnap = {&ph_source_memsnap, PH_ORIGIN_MEMSNAP};
