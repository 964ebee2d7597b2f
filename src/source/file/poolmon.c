/* Logs and screens of poolmon; layouts in poolrow.c, snapshots and times in poolscan.c. */
#include "source/file/poollog.h"

/* The header lines are poolmon's alone. Without them its rows still begin with a blank, or carry
 * "( n)" groups on a screen. */
static int probe(struct ph_slice head)
{
    struct ph_poollog_look look = ph_poollog_look(head);

    if (look.memory && (look.commit || look.rows || look.columns))
        return look.rows ? 95 : 80;
    if (look.rows && look.deltas)
        return 90;
    return look.rows && look.blank_rows * 2 > look.rows ? 75 : look.rows ? 40 : 0;
}

static struct ph_error *open_log(const struct ph_source_options *options, struct ph_source **source)
{
    return ph_poollog_open(&ph_poollog_poolmon, options, source);
}

const struct ph_source_ops ph_source_poolmon = {
    .name = "poolmon",
    .about = "snapshot logs of poolmon -n, screens of poolmon",
    .probe = probe,
    .open = open_log,
    .read = ph_poollog_read,
    .machine = ph_poollog_machine,
    .close = ph_poollog_close,
};

const struct ph_poollog_kind ph_poollog_poolmon = {&ph_source_poolmon, PH_ORIGIN_POOLMON};
