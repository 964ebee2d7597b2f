/* poollog.h - logs of appended pool snapshots: what poolmon's and memsnap's logs have in common. */
#ifndef PH_SOURCE_FILE_POOLLOG_H
#define PH_SOURCE_FILE_POOLLOG_H

#include "source/source.h"

struct ph_poollog_kind {
    const struct ph_source_ops *ops;
    enum ph_origin origin; /* goes into every series */
};

extern const struct ph_poollog_kind ph_poollog_poolmon;
extern const struct ph_poollog_kind ph_poollog_memsnap;

struct ph_error *ph_poollog_open(const struct ph_poollog_kind *kind,
                                 const struct ph_source_options *options,
                                 struct ph_source **source) PH_MUST_CHECK;
/* The same for bytes in memory, which are copied; `path` is only for messages. PH_ERR_FORMAT when
 * there is no row in them. */
struct ph_error *ph_poollog_parse(const struct ph_poollog_kind *kind, const char *path,
                                  struct ph_slice bytes, int64_t spacing_ns,
                                  struct ph_source **source) PH_MUST_CHECK;
/* For the ops. What was lost in the whole file is in its last sample. */
struct ph_error *ph_poollog_read(struct ph_source *source, struct ph_catalog *catalog,
                                 struct ph_sample *sample, bool *end) PH_MUST_CHECK;
void ph_poollog_machine(struct ph_source *source, struct ph_machine *machine);
void ph_poollog_close(struct ph_source *source);

/* What the first lines of a file look like; for probes. */
struct ph_poollog_look {
    size_t lines, rows, blank_rows, damaged, memory, commit, deltas, columns;
};
struct ph_poollog_look ph_poollog_look(struct ph_slice head);

#endif
