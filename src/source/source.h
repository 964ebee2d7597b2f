/* source.h - the contract of everything that yields samples.
 *
 * Recipe for a new source: write one file with a `const struct ph_source_ops`, add its row to
 * ph_sources[] in source.c, give its text format a parser that takes bytes and a length, and add
 * tests/fuzz/fuzz_<name>.c with a corpus.
 */
#ifndef PH_SOURCE_SOURCE_H
#define PH_SOURCE_SOURCE_H

#include "base/bytes.h"
#include "base/error.h"
#include "model/sample.h"

struct ph_source_options {
    const char *path;   /* file, or root directory of a saved tree; NULL or "/" = live */
    int64_t spacing_ns; /* between snapshots that carry no time stamp; 0 = not given */
    bool no_sites;      /* leave /proc/allocinfo and vmallocinfo alone */
};

/* State of an open source; each source defines its own. */
struct ph_source {
    const struct ph_source_ops *ops;
};

struct ph_source_ops {
    const char *name;  /* "poolmon", "linux" */
    const char *about; /* one line for people */
    /* Confidence 0..100 that these first bytes of a file are of this kind; NULL: not a file. The
     * text is UTF-8 already when the file was UTF-16. */
    int (*probe)(struct ph_slice head);
    struct ph_error *(*open)(const struct ph_source_options *options, struct ph_source **source);
    /* Reads the next sample into `sample` (reset by the callee). `*end` is set instead when a file
     * has no more. Losses are in the sample. A live source never ends.
     * When `*end` is set, the sample is left as it was. */
    struct ph_error *(*read)(struct ph_source *source, struct ph_catalog *catalog,
                             struct ph_sample *sample, bool *end);
    /* What is known of the machine; fields stay empty otherwise. */
    void (*machine)(struct ph_source *source, struct ph_machine *machine);
    void (*close)(struct ph_source *source);
};

extern const struct ph_source_ops ph_source_linux;   /* live, or a saved /proc tree */
extern const struct ph_source_ops ph_source_windows; /* live */
extern const struct ph_source_ops ph_source_poolmon; /* poolmon snapshot logs */
extern const struct ph_source_ops ph_source_memsnap;
extern const struct ph_source_ops ph_source_clone_csv; /* CSV of clones, and time,tag,bytes */

/* All sources, ended by NULL. */
extern const struct ph_source_ops *const ph_sources[];

/* Opens what `options->path` names: live when NULL, a saved tree when it is a directory, otherwise
 * the file kind whose probe is surest; unknown content is PH_ERR_FORMAT saying what was expected.
 */
struct ph_error *ph_source_open(const struct ph_source_options *options,
                                struct ph_source **source) PH_MUST_CHECK;
void ph_source_close(struct ph_source *source);
void ph_source_closep(struct ph_source **source);

#endif
