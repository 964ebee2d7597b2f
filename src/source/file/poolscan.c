#include "source/file/poolscan.h"

#include <string.h>

#include "source/file/poolrow.h"

struct stamp_line {
    struct ph_stamp stamp;
    size_t line;
    size_t before; /* it stands before this snapshot */
};

static const struct ph_tally empty_tallies[PH_POOL_TALLY_COUNT] = {
    [PH_POOL_TALLY_OTHER] = {.one = "line not understood", .many = "lines not understood"},
    [PH_POOL_TALLY_DAMAGED] = {.one = "row is damaged and was left out",
                               .many = "rows are damaged and were left out"},
    [PH_POOL_TALLY_WIDE] = {.one = "row with a number beyond 64 bits was left out",
                            .many = "rows with a number beyond 64 bits were left out"},
    [PH_POOL_TALLY_LONG] = {.one = "line is longer than 4096 bytes and was left out",
                            .many = "lines are longer than 4096 bytes and were left out"},
    [PH_POOL_TALLY_DIFF] = {.one = "row's Diff is not Allocs - Frees; the printed Diff was kept",
                            .many = "rows' Diff is not Allocs - Frees; the printed Diff was kept"},
    [PH_POOL_TALLY_NEGATIVE] = {.one = "row with negative bytes, kept as printed",
                                .many = "rows with negative bytes, kept as printed"},
    [PH_POOL_TALLY_TWICE] = {.one = "tag twice in its snapshot, added up",
                             .many = "tags twice in their snapshot, added up"},
};

struct scan {
    struct ph_pool_scan *log;
    size_t snapshot_capacity;
    struct ph_reader reader;
    struct stamp_line *stamps;
    size_t stamp_count, stamp_capacity;
    bool open;       /* the last snapshot takes rows */
    bool in_session; /* since the last title */
    bool headers;    /* the log has "Memory:" lines */
    /* where a log without headers may break */
    struct ph_table seen; /* tag and pool -> number of the row that had it last */
    uint32_t row_number, first_row, gap_row;
    size_t gap_at, gap_line; /* of the first row behind the last break; 0 = no break */
    bool gap_pending;
};

static void scan_fini(struct scan *scan)
{
    ph_free(scan->stamps);
    ph_table_fini(&scan->seen);
}

static struct ph_error *begin(struct scan *scan, size_t at, size_t line)
{
    struct ph_pool_scan *log = scan->log;

    PH_TRY(ph_grow(&log->snapshots, &scan->snapshot_capacity, log->count + 1,
                   sizeof(*log->snapshots)));
    if (log->count)
        log->snapshots[log->count - 1].end = at;
    log->snapshots[log->count++] = (struct ph_pool_snapshot){
        .start = at, .end = scan->reader.size, .line = line, .in_session = scan->in_session};
    scan->open = true;
    scan->first_row = scan->row_number;
    scan->gap_at = 0;
    scan->gap_pending = false;
    return NULL;
}

static struct ph_pool_snapshot *last_snapshot(struct ph_pool_scan *log)
{
    return &log->snapshots[log->count - 1];
}

/* In a log without headers: does this row's tag come a second time behind a break? */
static struct ph_error *split_at_repeat(struct scan *scan, const struct ph_pool_row *row, size_t at)
{
    char key[20];
    uint32_t seen;

    if (scan->gap_pending) {
        scan->gap_pending = false;
        scan->gap_at = at;
        scan->gap_line = scan->reader.line;
        scan->gap_row = scan->row_number;
    }
    memcpy(key, row->tag, row->tag_size);
    key[row->tag_size] = (char)('0' + row->paged + 2 * scan->in_session);
    struct ph_slice name = {key, row->tag_size + 1};
    if (scan->gap_at && ph_table_find(&scan->seen, name, &seen) && seen >= scan->first_row &&
        seen < scan->gap_row) {
        struct ph_pool_snapshot *old = last_snapshot(scan->log);
        size_t moved = scan->row_number - scan->gap_row;
        uint32_t first = scan->gap_row;
        old->rows -= moved;
        PH_TRY(begin(scan, scan->gap_at, scan->gap_line));
        last_snapshot(scan->log)->rows = moved;
        scan->first_row = first;
    }
    return ph_table_put(&scan->seen, name, scan->row_number);
}

static struct ph_error *scan_row(struct scan *scan, const struct ph_pool_row *row,
                                 struct ph_slice line, size_t at)
{
    struct ph_pool_scan *log = scan->log;
    bool agrees;

    if (!scan->open)
        PH_TRY(begin(scan, at, scan->reader.line));
    if (!scan->headers)
        PH_TRY(split_at_repeat(scan, row, at));
    struct ph_pool_snapshot *snapshot = last_snapshot(log);
    snapshot->rows++;
    snapshot->has_deltas |= row->has_deltas;
    scan->row_number++;
    if (row->allocs > UINT32_MAX || row->frees > UINT32_MAX)
        log->counter_bits = 64;
    (void)ph_pool_objects(row->allocs, row->frees, row->diff, 32, &agrees);
    if (!agrees)
        ph_tally_note(&log->tallies[PH_POOL_TALLY_DIFF], scan->reader.line, line);
    if (row->bytes < 0)
        ph_tally_note(&log->tallies[PH_POOL_TALLY_NEGATIVE], scan->reader.line, line);
    return NULL;
}

static struct ph_error *scan_stamp(struct scan *scan, const struct ph_stamp *stamp)
{
    struct stamp_line *last = scan->stamp_count ? &scan->stamps[scan->stamp_count - 1] : NULL;
    size_t before = scan->log->count;

    /* between its header lines a snapshot has not begun in earnest: the stamp is its own */
    if (scan->open && !last_snapshot(scan->log)->rows && !last_snapshot(scan->log)->has_columns)
        before--;
    else
        scan->open = false;
    if (last && last->before == before && scan->reader.line - last->line <= 2 &&
        ph_stamp_join(&last->stamp, stamp)) {
        last->line = scan->reader.line;
        return NULL;
    }
    PH_TRY(ph_grow(&scan->stamps, &scan->stamp_capacity, scan->stamp_count + 1,
                   sizeof(*scan->stamps)));
    scan->stamps[scan->stamp_count++] = (struct stamp_line){*stamp, scan->reader.line, before};
    return NULL;
}

static struct ph_error *scan_other(struct scan *scan, struct ph_slice line, size_t at)
{
    struct ph_pool_scan *log = scan->log;
    struct ph_stamp stamp;

    scan->gap_pending = scan->open;
    switch (ph_pool_line_kind(line)) {
    case PH_POOL_LINE_BLANK:
    case PH_POOL_LINE_TOTAL:
        return NULL;
    case PH_POOL_LINE_COLUMNS:
        if (scan->open)
            last_snapshot(log)->has_columns = true;
        return NULL;
    case PH_POOL_LINE_SYSTEM:
    case PH_POOL_LINE_SESSION:
        scan->in_session = ph_pool_line_kind(line) == PH_POOL_LINE_SESSION;
        if (scan->open && !last_snapshot(log)->rows)
            last_snapshot(log)->in_session = scan->in_session;
        return NULL;
    case PH_POOL_LINE_MEMORY:
        scan->in_session = false; /* until a title says otherwise */
        PH_TRY(begin(scan, at, scan->reader.line));
        return NULL;
    case PH_POOL_LINE_COMMIT:
        if (!scan->open)
            PH_TRY(begin(scan, at, scan->reader.line));
        return NULL;
    case PH_POOL_LINE_OTHER:
        break;
    }
    if (ph_stamp_find(line, &stamp))
        return scan_stamp(scan, &stamp);
    ph_tally_note(&log->tallies[PH_POOL_TALLY_OTHER], scan->reader.line, line);
    return NULL;
}

static bool has_headers(struct ph_slice text)
{
    static const char key[] = "Memory:";
    const char *at = text.data, *end = text.data + text.size;

    while (at < end && (at = memchr(at, 'M', (size_t)(end - at)))) {
        if ((size_t)(end - at) > sizeof(key) && !memcmp(at, key, sizeof(key) - 1))
            return true;
        at++;
    }
    return false;
}

static struct ph_error *scan_lines(struct scan *scan)
{
    struct ph_tally *tallies = scan->log->tallies;
    struct ph_slice line;
    struct ph_pool_row row;

    for (;;) {
        size_t at = scan->reader.position;
        if (!ph_reader_line(&scan->reader, &line))
            return NULL;
        if (line.size > PH_POOL_LINE_LIMIT) {
            line.size = 40;
            ph_tally_note(&tallies[PH_POOL_TALLY_LONG], scan->reader.line, line);
            continue;
        }
        switch (ph_pool_row_parse(line, &row)) {
        case PH_POOL_ROW_OK:
            PH_TRY(scan_row(scan, &row, line, at));
            break;
        case PH_POOL_ROW_DAMAGED:
            ph_tally_note(&tallies[PH_POOL_TALLY_DAMAGED], scan->reader.line, line);
            break;
        case PH_POOL_ROW_WIDE:
            ph_tally_note(&tallies[PH_POOL_TALLY_WIDE], scan->reader.line, line);
            break;
        case PH_POOL_ROW_NONE:
            PH_TRY(scan_other(scan, line, at));
            break;
        }
    }
}

/* Each snapshot takes the nearest stamp on its side: before it when the file begins with one,
 * behind it otherwise. */
static struct ph_error *assign_stamps(struct scan *scan, int64_t spacing_ns)
{
    struct ph_pool_scan *log = scan->log;
    size_t count = log->count;
    bool leading = scan->stamp_count && scan->stamps[0].before == 0;

    log->moments = ph_zalloc(count, sizeof(*log->moments));
    if (!log->moments)
        return ph_error_nomem();
    for (size_t i = 0; i < count; i++)
        log->moments[i].line = log->snapshots[i].line;
    for (size_t i = 0; i < scan->stamp_count; i++) {
        const struct stamp_line *stamp = &scan->stamps[i];
        if (leading ? stamp->before >= count : stamp->before == 0)
            continue; /* behind the last one: the script's end */
        struct ph_moment *moment = &log->moments[leading ? stamp->before : stamp->before - 1];
        if (!leading && moment->stamped)
            continue;
        moment->stamp = stamp->stamp;
        moment->line = stamp->line;
        moment->stamped = true;
    }
    PH_TRY(ph_timeline_resolve(scan->reader.name, spacing_ns, log->moments, count, &log->time_kind,
                               &log->losses));
    return ph_timeline_check(scan->reader.name, log->moments, count, &log->losses);
}

struct ph_error *ph_pool_scan(const char *path, struct ph_slice text, int64_t spacing_ns,
                              struct ph_pool_scan *result)
{
    PH_GUARD(ph_pool_scan_fini) struct ph_pool_scan fresh = {.counter_bits = 32};
    PH_GUARD(scan_fini)
    struct scan scan = {
        .log = &fresh,
        .reader = ph_reader_of(path, text.data, text.size),
        .headers = has_headers(text),
    };
    size_t rows = 0;

    memcpy(fresh.tallies, empty_tallies, sizeof(empty_tallies));
    PH_TRY(scan_lines(&scan));
    for (size_t i = 0; i < fresh.count; i++)
        rows += fresh.snapshots[i].rows;
    if (!rows)
        return ph_errorf(PH_ERR_FORMAT,
                         "%s: no pool rows in %zu lines: expected lines like ' Wait Nonp 3971107 "
                         "3971077 30 8456 281', as poolmon -n writes them",
                         path, scan.reader.line);
    PH_TRY(assign_stamps(&scan, spacing_ns));
    *result = fresh;
    fresh = (struct ph_pool_scan){0};
    return NULL;
}

void ph_pool_scan_fini(struct ph_pool_scan *scan)
{
    ph_free(scan->snapshots);
    ph_free(scan->moments);
    ph_loss_fini(&scan->losses);
    *scan = (struct ph_pool_scan){0};
}
