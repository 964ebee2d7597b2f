/* CSV of poolmon clones, of collectors, of poolhound itself, and anybody's time,tag,bytes; the
 * header lines are in csvlayout.c.
 *
 * Rows with the same time are one snapshot, wherever they stand in the file. Without a time column
 * a snapshot begins at each header line, at each Summary1 line of the SDP and xray collectors
 * (Summary1,date,total,avail,faults,krnl,P with the values in KB), and at a line that is nothing
 * but a time stamp.
 *
 * Opening goes over the whole file once and notes runs of rows with one time; reading parses the
 * runs of one time again.
 */
#include "source/file/clonecsv.h"

#include <string.h>

#include "base/mem.h"
#include "base/sort.h"
#include "source/file/bootwatch.h"
#include "source/file/csvrow.h"
#include "source/file/filetext.h"
#include "source/file/poolrow.h"
#include "source/file/stamp.h"

enum { LINE_LIMIT = 65536 };

struct run {
    size_t start, end; /* bytes */
    size_t rows;
    uint32_t layout;
    uint32_t moment;
};

enum tally {
    TALLY_OTHER,
    TALLY_WIDE,
    TALLY_TIME,
    TALLY_LONG,
    TALLY_DIFF,
    TALLY_TWICE,
    TALLY_COUNT
};

static const struct ph_tally empty_tallies[TALLY_COUNT] = {
    [TALLY_OTHER] = {.one = "line not understood", .many = "lines not understood"},
    [TALLY_WIDE] = {.one = "row with a number beyond 64 bits was left out",
                    .many = "rows with a number beyond 64 bits were left out"},
    [TALLY_TIME] = {.one = "row whose time could not be read was left out",
                    .many = "rows whose time could not be read were left out"},
    [TALLY_LONG] = {.one = "line is longer than 65536 bytes and was left out",
                    .many = "lines are longer than 65536 bytes and were left out"},
    [TALLY_DIFF] = {.one = "row's difference is not allocs - frees; the printed one was kept",
                    .many = "rows' difference is not allocs - frees; the printed one was kept"},
    [TALLY_TWICE] = {.one = "tag twice in its snapshot, added up",
                     .many = "tags twice in their snapshot, added up"},
};

struct csv {
    struct ph_source source;
    struct ph_filetext file;
    struct ph_csv_layout *layouts;
    size_t layout_count, layout_capacity;
    struct run *runs;
    size_t run_count, run_capacity;
    struct ph_moment *moments;
    size_t moment_count, moment_capacity;
    enum ph_time_kind time_kind;
    bool wide_counters; /* some counter is beyond 32 bits */
    size_t next;        /* run */
    struct ph_bootwatch boots;
    int64_t memory_bytes;
    struct ph_text tag, module, escaped; /* of the present row */
    struct ph_tally tallies[TALLY_COUNT];
};

/* ------------------------------------------------------------------ first pass */

struct scan {
    struct csv *csv;
    struct ph_reader reader;
    struct ph_slice header; /* the last one, to see it again cheaply */
    bool open;              /* the last run takes rows */
    bool has_stamp;         /* for the next run, from a line of its own */
    struct ph_stamp stamp;
    char time[64]; /* the time field of the last row */
    size_t time_size;
    size_t rows;
    char buffer[PH_CSV_BUFFER];
};

static struct ph_error *begin(struct scan *scan, size_t at, const struct ph_stamp *stamp)
{
    struct csv *csv = scan->csv;

    if (csv->run_count >= UINT32_MAX - 1)
        return ph_errorf(PH_ERR_FORMAT, "%s: more snapshots than poolhound counts", csv->file.path);
    PH_TRY(ph_grow(&csv->runs, &csv->run_capacity, csv->run_count + 1, sizeof(*csv->runs)));
    PH_TRY(
        ph_grow(&csv->moments, &csv->moment_capacity, csv->run_count + 1, sizeof(*csv->moments)));
    csv->runs[csv->run_count] = (struct run){
        .start = at,
        .end = at,
        .layout = (uint32_t)(csv->layout_count ? csv->layout_count - 1 : 0),
        .moment = (uint32_t)csv->run_count,
    };
    csv->moments[csv->run_count] = (struct ph_moment){.line = scan->reader.line};
    if (stamp) {
        csv->moments[csv->run_count].stamp = *stamp;
        csv->moments[csv->run_count].stamped = true;
    }
    csv->run_count++;
    csv->moment_count = csv->run_count;
    scan->open = true;
    scan->has_stamp = false;
    return NULL;
}

static struct ph_error *add_layout(struct scan *scan, const struct ph_csv_layout *layout,
                                   struct ph_slice line)
{
    struct csv *csv = scan->csv;

    PH_TRY(ph_grow(&csv->layouts, &csv->layout_capacity, csv->layout_count + 1,
                   sizeof(*csv->layouts)));
    csv->layouts[csv->layout_count++] = *layout;
    scan->header = line;
    return NULL;
}

/* A header line: the rows behind it are a new snapshot, unless a Summary1 line has begun it. */
static struct ph_error *scan_header(struct scan *scan, const struct ph_csv_layout *layout,
                                    struct ph_slice line)
{
    struct csv *csv = scan->csv;
    struct run *last = csv->run_count ? &csv->runs[csv->run_count - 1] : NULL;

    if (layout)
        PH_TRY(add_layout(scan, layout, line));
    if (scan->open && last && !last->rows)
        last->layout = (uint32_t)(csv->layout_count - 1);
    else
        scan->open = false;
    scan->time_size = 0;
    return NULL;
}

static struct ph_error *scan_time(struct scan *scan, const struct ph_csv_layout *layout,
                                  struct ph_slice time, size_t at, bool *ok)
{
    struct ph_stamp stamp;

    *ok = true;
    if (scan->open && time.size == scan->time_size && time.size &&
        !memcmp(time.data, scan->time, time.size))
        return NULL;
    *ok = ph_stamp_field(time, &stamp);
    if (!*ok)
        return NULL;
    if (layout->column[PH_CSV_TIME_UTC] >= 0)
        stamp.has_zone = true;
    PH_TRY(begin(scan, at, &stamp));
    scan->time_size = time.size <= sizeof(scan->time) ? time.size : 0;
    memcpy(scan->time, time.data, scan->time_size);
    return NULL;
}

static void check_part(struct scan *scan, const struct ph_csv_part *part, struct ph_slice line)
{
    const uint32_t all = PH_HAVE_ALLOCS | PH_HAVE_FREES | PH_HAVE_OBJECTS;
    bool agrees;

    if (part->allocs > UINT32_MAX || part->frees > UINT32_MAX)
        scan->csv->wide_counters = true;
    if ((part->have & all) != all)
        return;
    (void)ph_pool_objects((uint64_t)part->allocs, (uint64_t)part->frees, part->diff, 32, &agrees);
    if (!agrees)
        ph_tally_note(&scan->csv->tallies[TALLY_DIFF], scan->reader.line, line);
}

static struct ph_error *scan_row(struct scan *scan, const struct ph_csv_row *row,
                                 struct ph_slice line, size_t at)
{
    struct csv *csv = scan->csv;
    const struct ph_csv_layout *layout = &csv->layouts[csv->layout_count - 1];

    if (layout->column[PH_CSV_TIME] >= 0) {
        bool ok;
        PH_TRY(scan_time(scan, layout, row->time, at, &ok));
        if (!ok) {
            ph_tally_note(&csv->tallies[TALLY_TIME], scan->reader.line, line);
            /* the run must not take the row in at reading */
            scan->open = false;
            scan->time_size = 0;
            return NULL;
        }
    } else if (!scan->open) {
        PH_TRY(begin(scan, at, scan->has_stamp ? &scan->stamp : NULL));
    }
    struct run *run = &csv->runs[csv->run_count - 1];
    run->rows++;
    run->end = scan->reader.position;
    scan->rows++;
    check_part(scan, &row->parts[0], line);
    if (layout->wide)
        check_part(scan, &row->parts[1], line);
    return NULL;
}

static bool summary_fields(struct ph_slice line, struct ph_slice fields[8], size_t *count)
{
    char separator = line.size > 8 ? line.data[8] : 0;
    struct ph_slice all[PH_CSV_COLUMNS];
    char buffer[256];
    uint64_t quoted;

    if (!ph_slice_starts(line, "Summary1") || !separator || !strchr(",;\t", separator))
        return false;
    size_t found = ph_csv_split(line, separator, buffer, sizeof(buffer), all, &quoted);
    *count = found < 8 ? found : 8;
    for (size_t i = 0; i < *count; i++) /* quoted fields with quotes inside would be in `buffer` */
        fields[i] = all[i].data >= line.data && all[i].data <= line.data + line.size
                        ? all[i]
                        : (struct ph_slice){"", 0};
    return true;
}

static struct ph_error *scan_other(struct scan *scan, struct ph_slice line, size_t at)
{
    struct csv *csv = scan->csv;
    struct ph_slice fields[8];
    struct ph_csv_layout layout;
    struct ph_stamp stamp;
    size_t count;

    if (summary_fields(line, fields, &count)) {
        bool known = count > 1 && ph_stamp_find(fields[1], &stamp);
        scan->open = false;
        return known ? begin(scan, at, &stamp) : NULL;
    }
    if (ph_slice_starts(line, "Summary") || ph_slice_starts(line, "sep=") ||
        ph_slice_starts(line, "#TYPE"))
        return NULL;
    if (ph_csv_layout_of(line, &layout))
        return scan_header(scan, &layout, line);
    /* where rows have times of their own, a line with a time is a damaged row */
    bool timed = csv->layout_count && csv->layouts[csv->layout_count - 1].column[PH_CSV_TIME] >= 0;
    if (!timed && ph_slice_trim(line).size < 64 && ph_stamp_find(line, &stamp)) {
        scan->open = false;
        scan->has_stamp = true;
        scan->stamp = stamp;
        return NULL;
    }
    ph_tally_note(&csv->tallies[TALLY_OTHER], scan->reader.line, line);
    return NULL;
}

static struct ph_error *scan_lines(struct scan *scan)
{
    struct csv *csv = scan->csv;
    struct ph_slice line;
    struct ph_csv_row row;

    for (;;) {
        size_t at = scan->reader.position;
        if (!ph_reader_line(&scan->reader, &line))
            return NULL;
        if (line.size > LINE_LIMIT) {
            line.size = 40;
            ph_tally_note(&csv->tallies[TALLY_LONG], scan->reader.line, line);
            continue;
        }
        if (ph_pool_line_kind(line) == PH_POOL_LINE_BLANK)
            continue;
        if (csv->layout_count && line.size == scan->header.size &&
            !memcmp(line.data, scan->header.data, line.size)) {
            PH_TRY(scan_header(scan, NULL, line));
            continue;
        }
        enum ph_csv_row_kind kind =
            csv->layout_count
                ? ph_csv_row_parse(&csv->layouts[csv->layout_count - 1], line, scan->buffer, &row)
                : PH_CSV_ROW_OTHER;
        if (kind == PH_CSV_ROW_OK)
            PH_TRY(scan_row(scan, &row, line, at));
        else if (kind == PH_CSV_ROW_WIDE)
            ph_tally_note(&csv->tallies[TALLY_WIDE], scan->reader.line, line);
        else
            PH_TRY(scan_other(scan, line, at));
    }
}

static struct ph_error *no_rows(const struct scan *scan)
{
    return ph_errorf(PH_ERR_FORMAT,
                     "%s: no rows in %zu lines: expected a header line that names a tag and "
                     "something counted, like 'time,tag,bytes', and rows behind it",
                     scan->csv->file.path, scan->reader.line);
}

/* By time, then as they stand in the file. The comparison needs the moments, hence the pairs. */
struct place {
    int64_t time_ns;
    uint32_t run;
};

static int by_time(const void *a, const void *b)
{
    const struct place *left = a, *right = b;

    if (left->time_ns != right->time_ns)
        return left->time_ns < right->time_ns ? -1 : 1;
    return left->run < right->run ? -1 : left->run > right->run;
}

static struct ph_error *sort_runs(struct csv *csv)
{
    bool sorted = true;

    for (size_t i = 1; i < csv->run_count; i++)
        sorted = sorted && csv->moments[i - 1].time_ns <= csv->moments[i].time_ns;
    if (sorted)
        return NULL;
    ph_autofree struct place *places = ph_zalloc(csv->run_count, sizeof(*places));
    ph_autofree struct run *runs = ph_zalloc(csv->run_count, sizeof(*runs));
    if (!places || !runs)
        return ph_error_nomem();
    for (size_t i = 0; i < csv->run_count; i++)
        places[i] = (struct place){csv->moments[i].time_ns, (uint32_t)i};
    ph_sort(places, csv->run_count, sizeof(*places), by_time);
    for (size_t i = 0; i < csv->run_count; i++)
        runs[i] = csv->runs[places[i].run];
    memcpy(csv->runs, runs, csv->run_count * sizeof(*runs));
    return NULL;
}

static struct ph_error *scan_all(struct csv *csv, int64_t spacing_ns)
{
    struct scan *scan = ph_zalloc(1, sizeof(*scan));

    if (!scan)
        return ph_error_nomem();
    scan->csv = csv;
    scan->reader = ph_reader_of(csv->file.path, csv->file.text.data, csv->file.text.size);
    struct ph_error *error = scan_lines(scan);
    if (!error && !scan->rows)
        error = no_rows(scan);
    ph_free(scan);
    PH_TRY(error);
    PH_TRY(ph_timeline_resolve(csv->file.path, spacing_ns, csv->moments, csv->moment_count,
                               &csv->time_kind, &csv->file.losses));
    return sort_runs(csv);
}

/* ------------------------------------------------------------------ source */

static void close_csv(struct ph_source *source)
{
    struct csv *csv = (struct csv *)source;

    ph_filetext_fini(&csv->file);
    ph_bootwatch_fini(&csv->boots);
    ph_text_fini(&csv->tag);
    ph_text_fini(&csv->module);
    ph_text_fini(&csv->escaped);
    ph_free(csv->layouts);
    ph_free(csv->runs);
    ph_free(csv->moments);
    ph_free(csv);
}

/* Takes the file over. */
static struct ph_error *take(struct ph_filetext *file, int64_t spacing_ns,
                             struct ph_source **source)
{
    struct csv *fresh = ph_zalloc(1, sizeof(*fresh));

    if (!fresh)
        return ph_error_nomem();
    fresh->source.ops = &ph_source_clone_csv;
    fresh->memory_bytes = -1;
    memcpy(fresh->tallies, empty_tallies, sizeof(empty_tallies));
    fresh->file = *file;
    *file = (struct ph_filetext){0};
    struct ph_error *error = scan_all(fresh, spacing_ns);
    if (error) {
        close_csv(&fresh->source);
        return error;
    }
    *source = &fresh->source;
    return NULL;
}

static struct ph_error *open_csv(const struct ph_source_options *options, struct ph_source **source)
{
    PH_GUARD(ph_filetext_fini) struct ph_filetext file = {0};

    PH_TRY(ph_filetext_load(options->path, &file));
    return take(&file, options->spacing_ns, source);
}

struct ph_error *ph_clonecsv_parse(const char *path, struct ph_slice bytes, int64_t spacing_ns,
                                   struct ph_source **source)
{
    PH_GUARD(ph_filetext_fini) struct ph_filetext file = {0};

    PH_TRY(ph_filetext_copy(path, bytes, &file));
    return take(&file, spacing_ns, source);
}

static bool is_windows(enum ph_origin origin)
{
    return origin == PH_ORIGIN_POOLMON || origin == PH_ORIGIN_MEMSNAP ||
           origin == PH_ORIGIN_CLONE_CSV || origin == PH_ORIGIN_POOLTAG ||
           origin == PH_ORIGIN_POOLTAG2;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* poolhound's own CSV has control bytes as \xNN and backslashes doubled; elsewhere they are what
 * they look like. The result is in `scratch` when something was undone. */
static struct ph_slice unescape(struct ph_slice field, struct ph_text *scratch)
{
    if (!field.size || !memchr(field.data, '\\', field.size))
        return field;
    ph_text_clear(scratch);
    for (size_t i = 0; i < field.size; i++) {
        char c = field.data[i];
        int high = i + 3 < field.size ? hex_digit(field.data[i + 2]) : -1;
        int low = i + 3 < field.size ? hex_digit(field.data[i + 3]) : -1;
        if (c == '\\' && i + 1 < field.size && field.data[i + 1] == '\\') {
            i++;
        } else if (c == '\\' && i + 3 < field.size && field.data[i + 1] == 'x' && high >= 0 &&
                   low >= 0) {
            c = (char)(high * 16 + low);
            i += 3;
        }
        ph_text_putc(scratch, c);
    }
    return (struct ph_slice){scratch->data, scratch->size};
}

static uint8_t counter_bits(const struct csv *csv, enum ph_origin origin, uint32_t have)
{
    if (!(have & (PH_HAVE_ALLOCS | PH_HAVE_FREES)))
        return 0;
    return !is_windows(origin) || origin == PH_ORIGIN_POOLTAG2 || csv->wide_counters ? 64 : 32;
}

static struct ph_error *add_part(struct csv *csv, struct ph_catalog *catalog,
                                 const struct ph_csv_row *row, const struct ph_csv_part *part,
                                 enum ph_origin origin, enum ph_pool pool, struct ph_sample *sample)
{
    char buffer[16];
    struct ph_series like = {
        .origin = origin,
        .pool = pool,
        .counter_bits = counter_bits(csv, origin, part->have),
        .flags = pool == PH_POOL_RECLAIMABLE ? PH_SERIES_RECLAIMABLE : 0,
        .tag = row->tag,
    };
    struct ph_value value = {
        .have = part->have,
        .allocs = (uint64_t)part->allocs,
        .frees = (uint64_t)part->frees,
        .objects = part->diff,
        .bytes = part->bytes,
    };
    const uint32_t counters = PH_HAVE_ALLOCS | PH_HAVE_FREES;
    bool agrees;

    if (is_windows(origin) && row->tag.size <= 4)
        like.tag = ph_windows_tag(row->tag, buffer);
    if (row->module.size) {
        ph_text_clear(&csv->module);
        ph_text_add(&csv->module, row->module.data, row->module.size);
        PH_TRY(ph_text_check(&csv->module));
        like.module = csv->module.data;
    }
    if ((part->have & counters) == counters) {
        uint64_t difference = value.allocs - value.frees;
        int64_t wrapped =
            like.counter_bits == 32 ? (int64_t)(uint32_t)difference : (int64_t)difference;
        value.objects =
            part->have & PH_HAVE_OBJECTS
                ? ph_pool_objects(value.allocs, value.frees, part->diff, like.counter_bits, &agrees)
                : wrapped;
        value.have |= PH_HAVE_OBJECTS;
    }
    PH_TRY(ph_catalog_intern(catalog, &like, &value.series));
    return ph_sample_add(sample, &value);
}

static struct ph_error *add_row(struct csv *csv, struct ph_catalog *catalog,
                                const struct ph_csv_layout *layout, struct ph_csv_row *row,
                                struct ph_sample *sample)
{
    enum ph_origin origin = layout->series ? PH_ORIGIN_SERIES_CSV : PH_ORIGIN_CLONE_CSV;
    enum ph_pool pool = PH_POOL_NONPAGED;

    if (row->origin.size) {
        (void)ph_origin_from_name(row->origin, &origin);
        row->tag = unescape(row->tag, &csv->tag);
        row->module = unescape(row->module, &csv->escaped);
        PH_TRY(ph_text_check(&csv->tag));
        PH_TRY(ph_text_check(&csv->escaped));
    }
    if (!layout->wide) {
        if (!row->parts[0].have)
            return NULL; /* unknown */
        (void)ph_csv_pool_named(row->pool, &pool);
        return add_part(csv, catalog, row, &row->parts[0], origin, pool, sample);
    }
    for (int i = 0; i < 2; i++) {
        const struct ph_csv_part *part = &row->parts[i];
        /* a pool the tag never used */
        if (!part->have || (!part->allocs && !part->frees && !part->diff && !part->bytes))
            continue;
        PH_TRY(add_part(csv, catalog, row, part, origin, i ? PH_POOL_NONPAGED : PH_POOL_PAGED,
                        sample));
    }
    return NULL;
}

/* Summary1,date,total,avail,faults,krnl,P: KB, with a K or without. */
static void read_summary(struct ph_slice line, struct ph_sample *sample)
{
    struct ph_slice fields[8];
    size_t count;
    int64_t values[5] = {-1, -1, -1, -1, -1};

    if (!summary_fields(line, fields, &count))
        return;
    for (size_t i = 2; i < count && i < 7; i++) {
        struct ph_slice field = ph_slice_trim(fields[i]);
        uint64_t value;
        if (field.size && field.data[field.size - 1] == 'K')
            field.size--;
        if (ph_parse_u64(field, &value) == PH_NUMBER_OK && value < (uint64_t)INT64_MAX / 1024)
            values[i - 2] = (int64_t)value * (i == 4 ? 1 : 1024);
    }
    sample->memory.total = values[0];
    sample->memory.available = values[1];
    sample->memory.page_faults = values[2];
    sample->memory.resident_kernel = values[3];
    sample->memory.resident_paged = values[4];
}

static struct ph_error *read_run(struct csv *csv, const struct run *run, struct ph_catalog *catalog,
                                 struct ph_sample *sample)
{
    struct ph_reader reader =
        ph_reader_of(csv->file.path, csv->file.text.data + run->start, run->end - run->start);
    const struct ph_csv_layout *layout = &csv->layouts[run->layout];
    char buffer[PH_CSV_BUFFER];
    struct ph_slice line;
    struct ph_csv_row row;

    while (ph_reader_line(&reader, &line)) {
        if (line.size > LINE_LIMIT)
            continue;
        if (ph_csv_row_parse(layout, line, buffer, &row) == PH_CSV_ROW_OK)
            PH_TRY(add_row(csv, catalog, layout, &row, sample));
        else
            read_summary(line, sample);
    }
    return NULL;
}

static struct ph_error *read_csv(struct ph_source *source, struct ph_catalog *catalog,
                                 struct ph_sample *sample, bool *end)
{
    struct csv *csv = (struct csv *)source;
    size_t merged = 0, at = csv->next;

    while (at < csv->run_count && !csv->runs[at].rows) /* a summary without rows */
        at++;
    if (at == csv->run_count) {
        *end = true;
        return NULL;
    }
    const struct ph_moment *moment = &csv->moments[csv->runs[at].moment];
    ph_sample_reset(sample);
    sample->time_kind = csv->time_kind;
    sample->time_ns = moment->time_ns;
    while (at < csv->run_count && csv->moments[csv->runs[at].moment].time_ns == moment->time_ns)
        PH_TRY(read_run(csv, &csv->runs[at++], catalog, sample));
    PH_TRY(ph_sample_finish(sample, &merged));
    if (merged) {
        struct ph_tally *twice = &csv->tallies[TALLY_TWICE];
        ph_tally_note(twice, moment->line, (struct ph_slice){"", 0});
        twice->count += merged - 1;
    }
    PH_TRY(ph_bootwatch_see(&csv->boots, catalog, sample));
    if (sample->memory.total >= 0)
        csv->memory_bytes = sample->memory.total;
    while (at < csv->run_count && !csv->runs[at].rows)
        at++;
    if (at == csv->run_count) {
        PH_TRY(ph_tally_report(csv->tallies, TALLY_COUNT, csv->file.path, &sample->losses));
        PH_TRY(ph_loss_merge(&sample->losses, &csv->file.losses, false));
    }
    csv->next = at;
    *end = false;
    return NULL;
}

static void machine(struct ph_source *source, struct ph_machine *out)
{
    *out = (struct ph_machine){.memory_bytes = ((const struct csv *)source)->memory_bytes};
}

/* A header among the first lines, and a row behind it. */
static int probe(struct ph_slice head)
{
    struct ph_reader reader = ph_reader_of("", head.data, head.size);
    struct ph_csv_layout layout;
    struct ph_slice line;
    bool known = false;
    char buffer[PH_CSV_BUFFER];
    struct ph_csv_row row;

    for (int i = 0; i < 20 && ph_reader_line(&reader, &line); i++) {
        if (line.size > LINE_LIMIT)
            return 0;
        if (!known)
            known = ph_csv_layout_of(line, &layout);
        else if (ph_csv_row_parse(&layout, line, buffer, &row) == PH_CSV_ROW_OK)
            return layout.series ? 85 : 92;
    }
    return known ? 60 : 0;
}

const struct ph_source_ops ph_source_clone_csv = {
    .name = "csv",
    .about = "CSV of poolmon clones and collectors, of poolhound snap, and time,tag,bytes",
    .probe = probe,
    .open = open_csv,
    .read = read_csv,
    .machine = machine,
    .close = close_csv,
};
