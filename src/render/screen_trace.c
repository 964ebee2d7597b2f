/* trace for people: the head, and the table of sites.
 *
 * Frees and bytes per allocation follow from the other columns: they come where there is room. */
#include "render/trace_views.h"

#include <string.h>

enum {
    MODULE_WIDTH = 8,
    MODULE_WIDE = 16,
    CACHE_WIDTH = 11,
    CACHE_WIDE = 20,
    NUMBER_WIDTH = 6,
    BYTES_WIDTH = 8,
    OLDEST_WIDTH = 7,
    VERDICT_WIDTH = 7,
    SITE_LEAST = 20,
    SITE_SERVED = 32, /* before other columns grow */
    DETAILS_MOST = 5  /* sites that are told in full below the table */
};

static const int64_t DAY_NS = INT64_C(86400000000000);

/* ------------------------------------------------------------------ the head */

/* A sentence made of our words and numbers, or of printable text. */
static void sentence(struct ph_screen *screen, const struct ph_text *text, enum ph_tint tint)
{
    if (text->failed)
        screen->out->failed = true;
    else
        ph_screen_wrap(screen, 0, 2, ph_text_slice(text), tint);
}

static void answer(struct ph_screen *screen, const struct ph_trace_report *report)
{
    size_t young = 0;
    double wait_s = INFINITY;
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    for (size_t i = 0; i < report->row_count; i++) {
        const struct ph_age *age = &report->trace->sites[report->rows[i]].age;
        if (age->verdict != PH_AGE_YOUNG || !(report->trace->sites[report->rows[i]].objects > 0))
            continue;
        young++;
        if (age->missing_s > 0)
            wait_s = fmin(wait_s, age->missing_s);
    }
    if (report->staying) {
        ph_text_grouped(&line, (int64_t)report->staying);
        ph_text_puts(&line, " of ");
        ph_screen_count(&line, report->row_count, "site", "sites");
        ph_text_puts(&line, report->staying == 1 ? " is" : " are");
        ph_text_puts(&line, " STAYING: what is allocated there does not die, as with a leak");
    } else {
        ph_text_puts(&line, "None of ");
        ph_screen_count(&line, report->row_count, "site", "sites");
        ph_text_puts(&line, " is STAYING");
    }
    if (young) {
        ph_text_puts(&line, "; ");
        ph_text_grouped(&line, (int64_t)young);
        ph_text_puts(&line, " too young to judge");
        if (isfinite(wait_s)) {
            ph_text_puts(&line, " (the next in ");
            ph_text_duration(&line, wait_s);
            ph_text_putc(&line, ')');
        }
    }
    ph_text_putc(&line, '.');
    sentence(screen, &line, report->staying ? PH_TINT_ALARM : PH_TINT_BOLD);
}

static void add_share(double share, struct ph_text *out)
{
    if (isnan(share))
        ph_text_puts(out, "? %");
    else
        ph_text_printf(out, "%.*f %%", share < 0.01 ? 2 : 1, 100 * share);
}

static void cost(struct ph_screen *screen, const struct ph_trace_report *report)
{
    const struct ph_trace *trace = report->trace;
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    ph_text_puts(&line, report->paused ? "Paused at " : "Traced for ");
    ph_text_duration(&line, (double)(trace->now_ns - trace->begun_ns) / 1e9);
    ph_text_puts(&line, ": ");
    ph_trace_number(trace->events_per_second, &line);
    ph_text_puts(&line, " events/s, ");
    add_share(trace->cpu_share, &line);
    ph_text_puts(&line, " of the machine's CPU (");
    if (isinf(report->cpu_most)) {
        ph_text_puts(&line, "no limit");
    } else {
        ph_text_puts(&line, "limit ");
        ph_text_printf(&line, "%.3g %%", 100 * report->cpu_most);
    }
    ph_text_puts(&line, ").");
    sentence(screen, &line, PH_TINT_PLAIN);
}

static void sampling(struct ph_screen *screen, const struct ph_trace *trace)
{
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    if (!trace->shift)
        ph_text_puts(&line, "Every address is followed");
    else
        ph_text_printf(&line, "1 of %llu addresses is followed", 1ULL << trace->shift);
    if (trace->shift_most > trace->shift)
        ph_text_printf(&line, ", 1 of %llu at times", 1ULL << trace->shift_most);
    if (trace->shift_most)
        ph_text_puts(&line, " (~: estimates)");
    ph_text_puts(&line, "; ");
    ph_text_grouped(&line, (int64_t)trace->objects);
    ph_text_puts(&line, " of ");
    ph_text_grouped(&line, (int64_t)trace->objects_most);
    ph_text_puts(&line, " objects; maps ");
    ph_text_bytes(&line, (double)trace->map_bytes);
    ph_text_putc(&line, '.');
    sentence(screen, &line, PH_TINT_PLAIN);
}

static void scope(struct ph_screen *screen, const struct ph_trace_report *report)
{
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    ph_text_puts(&line, "Kinds:");
    for (unsigned i = 0, any = 0; i < PH_TRACE_KINDS; i++)
        if (report->trace->kinds & 1u << i)
            ph_text_printf(&line, "%s %s", any++ ? "," : "",
                           ph_trace_kind_id((enum ph_trace_kind)i));
    if (report->filters) {
        ph_text_puts(&line, "; only ");
        ph_screen_prose(screen->style->utf8, ph_slice_of(report->filters), &line);
    }
    ph_text_putc(&line, '.');
    sentence(screen, &line, PH_TINT_PLAIN);
}

static void note_line(void *context, bool alarming, const char *line)
{
    ph_screen_wrap(context, 0, 2, ph_slice_of(line), alarming ? PH_TINT_WARN : PH_TINT_PLAIN);
}

static void brief_notes(struct ph_screen *screen, const struct ph_trace *trace)
{
    bool alarming;
    PH_GUARD(ph_text_fini) struct ph_text line = {0};
    PH_GUARD(ph_text_fini) struct ph_text notes = {0};

    ph_trace_notes_brief(trace, &alarming, &notes);
    if (!notes.size)
        return;
    ph_text_printf(&line, "Not exact: %s.", notes.data);
    line.failed |= notes.failed;
    sentence(screen, &line, alarming ? PH_TINT_WARN : PH_TINT_PLAIN);
}

void ph_screen_trace_head(const struct ph_trace_report *report, const struct ph_style *style,
                          bool brief, struct ph_text *out)
{
    struct ph_screen screen = ph_screen_of(style, out);

    answer(&screen, report);
    cost(&screen, report);
    sampling(&screen, report->trace);
    scope(&screen, report);
    if (brief)
        brief_notes(&screen, report->trace);
    else
        ph_trace_notes(report->trace, note_line, &screen);
}

/* ------------------------------------------------------------------ the table */

struct columns {
    size_t site, module, cache;
    bool frees, per_alloc;
};

/* What the columns other than site, module and cache take, each with a blank before it. */
static size_t fixed(const struct columns *columns)
{
    size_t numbers = 2 + columns->frees;

    return 2 + numbers * (NUMBER_WIDTH + 1) + (1u + columns->per_alloc) * (BYTES_WIDTH + 1) +
           OLDEST_WIDTH + 1 + VERDICT_WIDTH + 1;
}

/* Widest text of module and cache among the rows to be shown, within bounds. */
static struct columns lay_out(const struct ph_screen *screen)
{
    struct columns columns = {.module = MODULE_WIDTH, .cache = CACHE_WIDTH};
    size_t least = SITE_LEAST + MODULE_WIDTH + CACHE_WIDTH;

    columns.frees = true;
    columns.frees = fixed(&columns) + least <= screen->columns;
    columns.per_alloc = true;
    columns.per_alloc = fixed(&columns) + least <= screen->columns;
    size_t taken = fixed(&columns) + least;
    size_t room = screen->columns > taken ? screen->columns - taken : 0;
    size_t site = room < SITE_SERVED - SITE_LEAST ? room : SITE_SERVED - SITE_LEAST;
    room -= site;
    size_t cache = room < CACHE_WIDE - CACHE_WIDTH ? room : CACHE_WIDE - CACHE_WIDTH;
    room -= cache;
    size_t module = room < MODULE_WIDE - MODULE_WIDTH ? room : MODULE_WIDE - MODULE_WIDTH;
    room -= module;
    columns.site = SITE_LEAST + site + room;
    if (screen->columns < taken) /* the narrowest screen that is served */
        columns.site -= taken - screen->columns;
    columns.cache += cache;
    columns.module += module;
    return columns;
}

static void gap(struct ph_screen *screen)
{
    ph_text_putc(screen->out, ' ');
}

static void heading_right(struct ph_screen *screen, bool there, const char *word, size_t width,
                          bool sorted)
{
    if (!there)
        return;
    gap(screen);
    ph_screen_blanks(screen->out, width - strlen(word));
    ph_screen_left(screen, ph_slice_of(word), strlen(word), sorted ? PH_TINT_BOLD : PH_TINT_PLAIN);
}

static void heading(struct ph_screen *screen, const struct ph_trace_report *report,
                    const struct columns *columns)
{
    const struct {
        enum ph_trace_column column;
        const char *word;
        size_t width;
        bool there;
    } RIGHT[] = {
        {PH_TRACE_BY_ALLOCS, "Allocs", NUMBER_WIDTH, true},
        {PH_TRACE_BY_FREES, "Frees", NUMBER_WIDTH, columns->frees},
        {PH_TRACE_BY_DIFF, "Diff", NUMBER_WIDTH, true},
        {PH_TRACE_BY_BYTES, "Bytes", BYTES_WIDTH, true},
        {PH_TRACE_BY_PER_ALLOC, "PerAlloc", BYTES_WIDTH, columns->per_alloc},
        {PH_TRACE_BY_OLDEST, "Oldest", OLDEST_WIDTH, true},
    };
    const enum ph_trace_column sort = report->sort;

    ph_screen_left(screen, ph_slice_of("Site"), columns->site,
                   sort == PH_TRACE_BY_SITE ? PH_TINT_BOLD : PH_TINT_PLAIN);
    gap(screen);
    ph_screen_left(screen, ph_slice_of("Module"), columns->module,
                   sort == PH_TRACE_BY_MODULE ? PH_TINT_BOLD : PH_TINT_PLAIN);
    gap(screen);
    ph_screen_left(screen, ph_slice_of("Cache"), columns->cache,
                   sort == PH_TRACE_BY_CACHE ? PH_TINT_BOLD : PH_TINT_PLAIN);
    for (size_t i = 0; i < sizeof(RIGHT) / sizeof(RIGHT[0]); i++)
        heading_right(screen, RIGHT[i].there, RIGHT[i].word, RIGHT[i].width,
                      sort == RIGHT[i].column);
    gap(screen);
    ph_screen_left(screen, ph_slice_of("Age"), strlen("Age"),
                   sort == PH_TRACE_BY_VERDICT ? PH_TINT_BOLD : PH_TINT_PLAIN);
    ph_screen_end_line(screen->out);
}

/* Function names are ASCII in practice; whatever they hold is made printable. */
static void foreign_cell(struct ph_screen *screen, const struct ph_text *raw, size_t width,
                         enum ph_tint tint)
{
    PH_GUARD(ph_text_fini) struct ph_text printable = {0};

    ph_screen_foreign(screen->style->utf8, ph_text_slice(raw), &printable);
    if (raw->failed || printable.failed)
        screen->out->failed = true;
    ph_screen_left(screen, ph_text_slice(&printable), width, tint);
}

static void site_cell(struct ph_screen *screen, const struct ph_trace_site *site, size_t width,
                      enum ph_tint tint)
{
    const struct ph_place *owner = ph_trace_site_owner(site);
    PH_GUARD(ph_text_fini) struct ph_text name = {0};

    if (owner->function)
        ph_text_puts(&name, owner->function);
    else
        ph_text_printf(&name, "0x%llx", (unsigned long long)owner->address);
    if (owner != &site->place && site->place.function)
        ph_text_printf(&name, " via %s", site->place.function);
    foreign_cell(screen, &name, width, tint);
}

static void module_cell(struct ph_screen *screen, const struct ph_trace_site *site, size_t width)
{
    const struct ph_place *owner = ph_trace_site_owner(site);
    PH_GUARD(ph_text_fini) struct ph_text name = {0};

    ph_text_puts(&name, owner->module ? owner->module : owner->address ? "(kernel)" : "?");
    if (owner->unloaded)
        ph_text_putc(&name, '!');
    foreign_cell(screen, &name, width, owner->unloaded ? PH_TINT_WARN : PH_TINT_PLAIN);
}

/* `text` right-aligned, "~" before it when it is an estimate. */
static void right_cell(struct ph_screen *screen, const struct ph_text *text, bool estimated,
                       size_t width)
{
    PH_GUARD(ph_text_fini) struct ph_text cell = {0};

    if (estimated)
        ph_text_putc(&cell, '~');
    ph_text_add(&cell, text->data, text->size);
    if (text->failed || cell.failed)
        screen->out->failed = true;
    gap(screen);
    ph_screen_right(screen, ph_text_slice(&cell), width);
}

static void count_cell(struct ph_screen *screen, double number, bool estimated)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    if (!isfinite(number))
        ph_text_putc(&text, '?');
    else
        ph_screen_number(number < 0, (uint64_t)fmin(fabs(round(number)), 1.8e19),
                         NUMBER_WIDTH - estimated, &text);
    right_cell(screen, &text, estimated && isfinite(number), NUMBER_WIDTH);
}

static void bytes_cell(struct ph_screen *screen, double bytes, bool estimated)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    if (isfinite(bytes))
        ph_text_bytes(&text, bytes);
    else
        ph_text_putc(&text, '-');
    right_cell(screen, &text, estimated && isfinite(bytes), BYTES_WIDTH);
}

static void oldest_cell(struct ph_screen *screen, const struct ph_trace_site *site)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    if (site->oldest_ns < 0)
        ph_text_putc(&text, '-');
    else if (site->oldest_ns / DAY_NS > 999)
        ph_text_puts(&text, ">999 d");
    else
        ph_text_duration(&text, (double)site->oldest_ns / 1e9);
    right_cell(screen, &text, false, OLDEST_WIDTH);
}

static const struct {
    const char *word;
    enum ph_tint tint;
} VERDICTS[PH_AGE_COUNT] = {
    [PH_AGE_UNKNOWN] = {"?", PH_TINT_PLAIN},       [PH_AGE_YOUNG] = {"young", PH_TINT_PLAIN},
    [PH_AGE_DYING] = {"dying", PH_TINT_PLAIN},     [PH_AGE_STEP] = {"step", PH_TINT_CALM},
    [PH_AGE_STAYING] = {"STAYING", PH_TINT_ALARM},
};

static void row(struct ph_screen *screen, const struct ph_trace_site *site,
                const struct columns *columns)
{
    enum ph_tint tint = VERDICTS[site->age.verdict].tint;
    PH_GUARD(ph_text_fini) struct ph_text cache = {0};

    site_cell(screen, site, columns->site, tint);
    gap(screen);
    module_cell(screen, site, columns->module);
    gap(screen);
    ph_text_puts(&cache, ph_trace_site_cache(site));
    foreign_cell(screen, &cache, columns->cache, PH_TINT_PLAIN);
    count_cell(screen, site->allocs, site->estimated);
    if (columns->frees)
        count_cell(screen, site->frees, site->estimated);
    count_cell(screen, site->objects, site->estimated);
    bytes_cell(screen, site->bytes, site->estimated);
    if (columns->per_alloc)
        bytes_cell(screen, ph_trace_site_per_alloc(site), false);
    oldest_cell(screen, site);
    gap(screen);
    ph_screen_left(screen, ph_slice_of(VERDICTS[site->age.verdict].word),
                   strlen(VERDICTS[site->age.verdict].word), tint);
    ph_screen_end_line(screen->out);
}

void ph_screen_trace_table(const struct ph_trace_report *report, const struct ph_style *style,
                           size_t first, size_t count, struct ph_text *out)
{
    struct ph_screen screen = ph_screen_of(style, out);
    struct columns columns = lay_out(&screen);

    heading(&screen, report, &columns);
    for (size_t i = first; i < report->row_count && i - first < count; i++)
        row(&screen, &report->trace->sites[report->rows[i]], &columns);
}

/* ------------------------------------------------------------------ all of it */

static void legend(const struct ph_trace_report *report, struct ph_text *out)
{
    for (size_t i = 0; i < report->row_count && i < report->top; i++)
        if (ph_trace_site_owner(&report->trace->sites[report->rows[i]])->unloaded) {
            ph_text_puts(out, "! the module was unloaded; its memory is still there\n");
            return;
        }
}

struct ph_error *ph_screen_trace(const struct ph_trace_report *report, const struct ph_style *style,
                                 struct ph_text *out)
{
    struct ph_screen screen = ph_screen_of(style, out);
    size_t told = 0;

    ph_screen_trace_head(report, style, false, out);
    ph_screen_losses(&screen, report->losses);
    ph_text_putc(out, '\n');
    if (!report->row_count)
        ph_text_puts(out, "No allocation was seen that passes the filters.\n");
    else
        ph_screen_trace_table(report, style, 0, report->top, out);
    if (report->row_count > report->top) {
        ph_screen_count(out, report->row_count - report->top, "more row", "more rows");
        ph_text_puts(out, "; --top 0 shows all\n");
    }
    legend(report, out);
    for (size_t i = 0; i < report->row_count && told < DETAILS_MOST; i++) {
        const struct ph_trace_site *site = &report->trace->sites[report->rows[i]];
        if (site->age.verdict != PH_AGE_STAYING)
            continue;
        ph_text_putc(out, '\n');
        ph_screen_trace_site(report, site, style, out);
        told++;
    }
    if (report->staying > told) {
        ph_text_putc(out, '\n');
        ph_screen_count(out, report->staying - told, "other site is", "other sites are");
        ph_text_puts(out, " STAYING, too; --json tells all of them in full\n");
    }
    return ph_text_check(out);
}
