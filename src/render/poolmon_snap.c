/* The layout, derived from captures of the newest poolmon (docs/formats.md): two header lines, a
 * blank line, the names of the columns, a blank line, the rows. Every line but the blank ones
 * begins with one blank.
 *
 *      Memory:49371552K Avail:26121028K  PageFlts:901597864   InRam Krnl:76500K P:4130272K
 *      Commit:35762700K Limit:64575904K Peak:43634092K            Pool N:2275124K P:4427892K
 *
 *      Tag  Type     Allocs            Frees               Diff            Bytes Per Alloc
 *
 *      FMfn Paged            8665967            5982729           2683238     1495080176 557
 *
 *     value                 least width   field of the reading
 *     Memory, Avail         8             memory in all, available; in KB, as all with a K
 *     PageFlts              6             page faults since boot
 *     Krnl, P               5             resident kernel code, resident paged pool
 *     Commit, Limit, Peak   7             commit charge, its limit, its peak
 *     Pool N, P             5             size of the nonpaged pool, of the paged pool
 *     Tag                   4, to the left
 *     Type                  5, to the left: Nonp or Paged
 *     Allocs, Frees         18            all five to the right, one blank before each
 *     Diff                  17
 *     Bytes                 14
 *     Per Alloc             16
 *
 * A number that needs more room takes it and moves the rest of its line to the right, as in
 * poolmon's own; so numbers never touch. The widths of the header lines are those of all captures,
 * old and new: "Pool N: 8332K", "Commit: 203500K", "PageFlts:     5".
 *
 * What the layout has no place for:
 *   a tag of more than four characters (Linux): its first four, and the whole of it in brackets
 *   where poolmon has the driver's name, behind the row;
 *   a byte that cannot be printed: `.`, since a tag must not steer the terminal of who looks at it,
 *   nor break a line;
 *   session pools: below the title that poolmon has for them, behind all other rows. */
#include "render/poolmon_snap.h"

#include <inttypes.h>
#include <string.h>

#include "render/values.h"

enum { TAG_CHARACTERS = 4, NAME_CHARACTERS = 160 /* of a name in brackets */ };

/* ------------------------------------------------------------------ header lines */

static int64_t known(int64_t number, struct ph_snap_account *account)
{
    if (number >= 0)
        return number;
    account->header_unknown++;
    return 0;
}

static int64_t kilobytes(int64_t bytes, struct ph_snap_account *account)
{
    return known(bytes, account) / 1024;
}

/* The size of poolmon's pool, or of the one that is its like on Linux; -1 = unknown. */
static int64_t pool_bytes(const struct ph_sample *sample, enum ph_pool windows, enum ph_pool like)
{
    const struct ph_pool_total *own = &sample->pools[windows], *other = &sample->pools[like];

    if (own->have & PH_TOTAL_BYTES)
        return own->bytes;
    return other->have & PH_TOTAL_BYTES ? other->bytes : -1;
}

static void add_header(const struct ph_sample *sample, const char *newline, struct ph_text *out,
                       struct ph_snap_account *account)
{
    const struct ph_memory *memory = &sample->memory;

    ph_text_printf(out,
                   " Memory:%8" PRId64 "K Avail:%8" PRId64 "K  PageFlts:%6" PRId64
                   "   InRam Krnl:%5" PRId64 "K P:%5" PRId64 "K%s",
                   kilobytes(memory->total, account), kilobytes(memory->available, account),
                   known(memory->page_faults, account), kilobytes(memory->resident_kernel, account),
                   kilobytes(memory->resident_paged, account), newline);
    ph_text_printf(out,
                   " Commit:%7" PRId64 "K Limit:%7" PRId64 "K Peak:%7" PRId64
                   "K            Pool N:%5" PRId64 "K P:%5" PRId64 "K%s%s",
                   kilobytes(memory->commit, account), kilobytes(memory->commit_limit, account),
                   kilobytes(memory->commit_peak, account),
                   kilobytes(pool_bytes(sample, PH_POOL_NONPAGED, PH_POOL_UNRECLAIMABLE), account),
                   kilobytes(pool_bytes(sample, PH_POOL_PAGED, PH_POOL_RECLAIMABLE), account),
                   newline, newline);
    ph_text_printf(out,
                   " Tag  Type     Allocs            Frees               Diff            Bytes"
                   "                 Per Alloc%s%s",
                   newline, newline);
}

/* ------------------------------------------------------------------ rows */

/* How poolmon calls the pool: what the system can take back when it needs memory is Paged. */
static const char *type_of(enum ph_pool pool)
{
    return pool == PH_POOL_PAGED || pool == PH_POOL_RECLAIMABLE || pool == PH_POOL_SESSION_PAGED
               ? "Paged"
               : "Nonp";
}

static bool in_session(enum ph_pool pool)
{
    return pool == PH_POOL_SESSION_NONPAGED || pool == PH_POOL_SESSION_PAGED;
}

/* Appends at most `most` characters of a name; what is not printable ASCII is one `.` each.
 * Returns how many characters the name has, counted to most + 1. */
static size_t add_name(struct ph_slice name, size_t most, struct ph_text *out, bool *odd)
{
    size_t count = 0;

    while (name.size && count <= most) {
        uint32_t rune = 0;
        size_t size = ph_utf8_rune(name, &rune);
        bool printable = size == 1 && rune >= 0x20 && rune < 0x7f;
        if (count < most)
            ph_text_putc(out, printable ? (char)rune : '.');
        *odd |= !printable;
        count++;
        size += !size; /* an invalid byte alone */
        name = (struct ph_slice){name.data + size, name.size - size};
    }
    return count;
}

static void add_row(const struct ph_series *series, const struct ph_value *value,
                    const char *newline, struct ph_text *out, struct ph_snap_account *account)
{
    const uint32_t all = PH_HAVE_ALLOCS | PH_HAVE_FREES | PH_HAVE_OBJECTS | PH_HAVE_BYTES;
    int64_t per_alloc = 0;
    bool odd = false;

    if (!ph_per_alloc(value, &per_alloc))
        per_alloc = 0;
    ph_text_putc(out, ' ');
    size_t characters = add_name(series->tag, TAG_CHARACTERS, out, &odd);
    for (size_t i = characters; i < TAG_CHARACTERS; i++)
        ph_text_putc(out, ' ');
    ph_text_printf(out, " %-5s %18" PRIu64 " %18" PRIu64 " %17" PRId64 " %14" PRId64 " %16" PRId64,
                   type_of(series->pool), value->have & PH_HAVE_ALLOCS ? value->allocs : 0,
                   value->have & PH_HAVE_FREES ? value->frees : 0,
                   value->have & PH_HAVE_OBJECTS ? value->objects : 0,
                   value->have & PH_HAVE_BYTES ? value->bytes : 0, per_alloc);
    if (characters > TAG_CHARACTERS) {
        ph_text_puts(out, " [");
        (void)add_name(series->tag, NAME_CHARACTERS, out, &odd);
        ph_text_putc(out, ']');
        account->long_tags++;
    }
    ph_text_puts(out, newline);
    account->rows++;
    account->unknown += (value->have & all) != all;
    account->odd_tags += odd;
}

static void add_rows(const struct ph_reading_report *report, bool sessions, const char *newline,
                     struct ph_text *out, struct ph_snap_account *account)
{
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ph_value *value = &report->sample->values[report->rows[i]];
        const struct ph_series *series = &report->catalog->series[value->series];
        if (in_session(series->pool) != sessions)
            continue;
        if (sessions && !account->session_rows++)
            ph_text_printf(out, "%s All sessions pool information%s", newline, newline);
        add_row(series, value, newline, out, account);
    }
}

void ph_render_poolmon_snap(const struct ph_reading_report *report, const char *newline,
                            struct ph_text *out, struct ph_snap_account *account)
{
    *account = (struct ph_snap_account){0};
    add_header(report->sample, newline, out, account);
    add_rows(report, false, newline, out, account);
    add_rows(report, true, newline, out, account);
}
