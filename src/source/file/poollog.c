/* A log is a row of snapshots, each of them rows, most with header lines, with or without a time
 * stamp of the script before or behind it (poolrow.c and stamp.c have the forms).
 *
 * Opening goes over the whole text once: it finds where snapshots begin, checks every row, and
 * decides what only the whole file can tell (width of the counters, order of day and month).
 * Reading then parses one snapshot at a time.
 *
 * A snapshot begins at a "Memory:" line. Where a log has none, it begins at the first row behind a
 * time stamp, or behind any break (blank lines, headers) after which a tag comes a second time.
 */
#include "source/file/poollog.h"

#include <string.h>

#include "source/file/bootwatch.h"
#include "source/file/poolrow.h"
#include "source/file/poolscan.h"

enum { CACHE_SIZE = 4096 };

struct poollog {
    struct ph_source source;
    struct ph_filetext file;
    struct ph_pool_scan scan;
    enum ph_origin origin;
    size_t next; /* snapshot */
    int64_t memory_bytes;
    struct ph_bootwatch boots;
    uint32_t cache[CACHE_SIZE]; /* series number plus one, by tag and pool; checked at each use */
};

/* ------------------------------------------------------------------ opening */

static void free_log(struct poollog *log)
{
    if (!log)
        return;
    ph_filetext_fini(&log->file);
    ph_pool_scan_fini(&log->scan);
    ph_bootwatch_fini(&log->boots);
    ph_free(log);
}

static void free_logp(struct poollog **log)
{
    free_log(*log);
}

/* Takes the file over. */
static struct ph_error *take(const struct ph_poollog_kind *kind, struct ph_filetext *file,
                             int64_t spacing_ns, struct ph_source **source)
{
    PH_GUARD(free_logp) struct poollog *fresh = ph_zalloc(1, sizeof(*fresh));

    if (!fresh)
        return ph_error_nomem();
    fresh->source.ops = kind->ops;
    fresh->origin = kind->origin;
    fresh->memory_bytes = -1;
    fresh->file = *file;
    *file = (struct ph_filetext){0};
    PH_TRY(ph_pool_scan(fresh->file.path,
                        (struct ph_slice){fresh->file.text.data, fresh->file.text.size}, spacing_ns,
                        &fresh->scan));
    *source = &fresh->source;
    fresh = NULL;
    return NULL;
}

struct ph_error *ph_poollog_open(const struct ph_poollog_kind *kind,
                                 const struct ph_source_options *options, struct ph_source **source)
{
    PH_GUARD(ph_filetext_fini) struct ph_filetext file = {0};

    PH_TRY(ph_filetext_load(options->path, &file));
    return take(kind, &file, options->spacing_ns, source);
}

struct ph_error *ph_poollog_parse(const struct ph_poollog_kind *kind, const char *path,
                                  struct ph_slice bytes, int64_t spacing_ns,
                                  struct ph_source **source)
{
    PH_GUARD(ph_filetext_fini) struct ph_filetext file = {0};

    PH_TRY(ph_filetext_copy(path, bytes, &file));
    return take(kind, &file, spacing_ns, source);
}

void ph_poollog_close(struct ph_source *source)
{
    free_log((struct poollog *)source);
}

void ph_poollog_machine(struct ph_source *source, struct ph_machine *machine)
{
    const struct poollog *log = (const struct poollog *)source;

    *machine = (struct ph_machine){.system = "Windows", .memory_bytes = log->memory_bytes};
}

/* ------------------------------------------------------------------ reading */

static enum ph_pool pool_of(bool paged, bool in_session)
{
    if (in_session)
        return paged ? PH_POOL_SESSION_PAGED : PH_POOL_SESSION_NONPAGED;
    return paged ? PH_POOL_PAGED : PH_POOL_NONPAGED;
}

/* The series of a row, through a small cache: rows come in much the same order every time. */
static struct ph_error *intern(struct poollog *log, struct ph_catalog *catalog,
                               const struct ph_pool_row *row, enum ph_pool pool, uint32_t *number)
{
    uint32_t tag;

    memcpy(&tag, row->tag, sizeof(tag));
    uint32_t *cached = &log->cache[((tag ^ (uint32_t)pool * 0x9e3779b9u) * 0x85ebca6bu) >> 20];
    if (*cached && *cached <= catalog->count) {
        const struct ph_series *series = &catalog->series[*cached - 1];
        if (series->origin == log->origin && series->pool == pool && !series->module &&
            series->counter_bits == log->scan.counter_bits && series->tag.size == row->tag_size &&
            !memcmp(series->tag.data, row->tag, row->tag_size)) {
            *number = *cached - 1;
            return NULL;
        }
    }
    struct ph_series like = {
        .origin = log->origin,
        .pool = pool,
        .counter_bits = log->scan.counter_bits,
        .tag = {row->tag, row->tag_size},
    };
    PH_TRY(ph_catalog_intern(catalog, &like, number));
    *cached = *number + 1;
    return NULL;
}

static struct ph_error *read_row(struct poollog *log, struct ph_catalog *catalog,
                                 const struct ph_pool_row *row, bool in_session,
                                 struct ph_sample *sample)
{
    struct ph_value value = {
        .have = PH_HAVE_ALLOCS | PH_HAVE_FREES | PH_HAVE_OBJECTS | PH_HAVE_BYTES,
        .allocs = row->allocs,
        .frees = row->frees,
        .bytes = row->bytes,
    };
    bool agrees;

    PH_TRY(intern(log, catalog, row, pool_of(row->paged, in_session), &value.series));
    value.objects =
        ph_pool_objects(row->allocs, row->frees, row->diff, log->scan.counter_bits, &agrees);
    return ph_sample_add(sample, &value);
}

static struct ph_error *read_lines(struct poollog *log, const struct ph_pool_snapshot *snapshot,
                                   struct ph_catalog *catalog, struct ph_sample *sample)
{
    struct ph_reader reader = ph_reader_of(log->file.path, log->file.text.data + snapshot->start,
                                           snapshot->end - snapshot->start);
    bool in_session = snapshot->in_session;
    struct ph_slice line;
    struct ph_pool_row row;

    while (ph_reader_line(&reader, &line)) {
        if (line.size > PH_POOL_LINE_LIMIT)
            continue;
        enum ph_pool_row_kind kind = ph_pool_row_parse(line, &row);
        if (kind == PH_POOL_ROW_OK)
            PH_TRY(read_row(log, catalog, &row, in_session, sample));
        if (kind != PH_POOL_ROW_NONE)
            continue;
        switch (ph_pool_line_kind(line)) {
        case PH_POOL_LINE_MEMORY:
            ph_pool_line_memory(line, !snapshot->has_deltas, sample);
            break;
        case PH_POOL_LINE_COMMIT:
            ph_pool_line_commit(line, sample);
            break;
        case PH_POOL_LINE_SYSTEM:
            in_session = false;
            break;
        case PH_POOL_LINE_SESSION:
            in_session = true;
            break;
        default:
            break;
        }
    }
    return NULL;
}

struct ph_error *ph_poollog_read(struct ph_source *source, struct ph_catalog *catalog,
                                 struct ph_sample *sample, bool *end)
{
    struct poollog *log = (struct poollog *)source;
    struct ph_pool_scan *scan = &log->scan;
    size_t merged = 0;

    if (log->next == scan->count) {
        *end = true;
        return NULL;
    }
    const struct ph_pool_snapshot *snapshot = &scan->snapshots[log->next];
    ph_sample_reset(sample);
    sample->time_kind = scan->time_kind;
    sample->time_ns = scan->moments[log->next].time_ns;
    PH_TRY(read_lines(log, snapshot, catalog, sample));
    PH_TRY(ph_sample_finish(sample, &merged));
    if (merged) {
        struct ph_tally *twice = &scan->tallies[PH_POOL_TALLY_TWICE];
        ph_tally_note(twice, snapshot->line, (struct ph_slice){"", 0});
        twice->count += merged - 1;
    }
    PH_TRY(ph_bootwatch_see(&log->boots, catalog, sample));
    if (sample->memory.total >= 0)
        log->memory_bytes = sample->memory.total;
    if (log->next + 1 == scan->count) {
        PH_TRY(
            ph_tally_report(scan->tallies, PH_POOL_TALLY_COUNT, log->file.path, &sample->losses));
        PH_TRY(ph_loss_merge(&sample->losses, &log->file.losses, false));
        PH_TRY(ph_loss_merge(&sample->losses, &scan->losses, false));
    }
    log->next++;
    *end = false;
    return NULL;
}

/* ------------------------------------------------------------------ probing */

struct ph_poollog_look ph_poollog_look(struct ph_slice head)
{
    struct ph_reader reader = ph_reader_of("", head.data, head.size);
    struct ph_poollog_look look = {0};
    struct ph_slice line;
    struct ph_pool_row row;

    while (ph_reader_line(&reader, &line)) {
        look.lines++;
        if (line.size > PH_POOL_LINE_LIMIT)
            continue;
        enum ph_pool_row_kind kind = ph_pool_row_parse(line, &row);
        look.rows += kind == PH_POOL_ROW_OK;
        look.blank_rows += kind == PH_POOL_ROW_OK && line.data[0] == ' ';
        look.damaged += kind == PH_POOL_ROW_DAMAGED || kind == PH_POOL_ROW_WIDE;
        look.deltas += kind == PH_POOL_ROW_OK && row.has_deltas;
        if (kind != PH_POOL_ROW_NONE)
            continue;
        enum ph_pool_line other = ph_pool_line_kind(line);
        look.memory += other == PH_POOL_LINE_MEMORY;
        look.commit += other == PH_POOL_LINE_COMMIT;
        look.columns += other == PH_POOL_LINE_COLUMNS;
    }
    return look;
}
