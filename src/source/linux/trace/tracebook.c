#include "source/linux/trace/tracebook_parts.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/os.h"

/* An epoch is at most this part of the time traced so far, a cohort of its age: some fifty cohorts
 * an hour, ninety a week. */
enum { EPOCH_PART = 32, COHORT_PART = 8 };
enum { EPOCHS_MOST = UINT16_MAX };

/* ------------------------------------------------------------------ epochs and cohorts */

static struct ph_error *begin_epoch(struct ph_tracebook *book, int64_t now_ns, unsigned shift)
{
    PH_TRY(ph_grow(&book->spans, &book->span_capacity, book->span_count + 1, sizeof(*book->spans)));
    PH_TRY(ph_grow(&book->epochs, &book->epoch_capacity, book->epoch_count + 1,
                   sizeof(*book->epochs)));
    if (book->epoch_count) {
        book->epochs[book->epoch_count - 1].to_ns = now_ns;
        book->spans[book->span_count - 1].to_ns = now_ns;
    }
    book->spans[book->span_count] = (struct ph_book_span){now_ns, INT64_MAX};
    book->epochs[book->epoch_count++] = (struct ph_book_epoch){
        .from_ns = now_ns,
        .to_ns = INT64_MAX,
        .shift = shift,
        .alive_shift = shift,
        .span = book->span_count++,
    };
    return NULL;
}

struct ph_error *ph_tracebook_create(int64_t now_ns, int64_t epoch_ns, unsigned shift,
                                     const struct ph_tracebook_names *names,
                                     struct ph_tracebook **book)
{
    struct ph_tracebook *fresh = ph_zalloc(1, sizeof(*fresh));

    if (!fresh)
        return ph_error_nomem();
    fresh->names = *names;
    fresh->begun_ns = fresh->now_ns = now_ns;
    fresh->epoch_ns = epoch_ns;
    fresh->last_ns = -1;
    struct ph_error *error = begin_epoch(fresh, now_ns, shift);
    if (error)
        ph_tracebook_destroy(fresh);
    else
        *book = fresh;
    return error;
}

static void site_fini(struct ph_book_site *site)
{
    ph_place_fini(&site->place);
    ph_free(site->cache_name);
    ph_free(site->cells);
}

void ph_tracebook_destroy(struct ph_tracebook *book)
{
    if (!book)
        return;
    for (size_t i = 0; i < book->site_count; i++)
        site_fini(&book->sites[i]);
    ph_free(book->sites);
    ph_free(book->epochs);
    ph_free(book->spans);
    ph_table_fini(&book->index);
    ph_free(book);
}

static void add_cell(struct ph_book_cell *to, const struct ph_book_cell *from)
{
    to->past_born += from->past_born;
    to->past_seen += from->past_seen;
    to->past_frees += from->past_frees;
    to->born += from->born;
    to->alive += from->alive;
    to->bytes += from->bytes;
    to->seen_born += from->seen_born;
    to->seen_alive += from->seen_alive;
    to->frees += from->frees;
    to->alive_last += from->alive_last;
    to->seen_alive_last += from->seen_alive_last;
    to->frees_last += from->frees_last;
}

/* The cohort after `at` becomes a part of it. */
static void merge_spans(struct ph_tracebook *book, size_t at)
{
    book->spans[at].to_ns = book->spans[at + 1].to_ns;
    book->span_count--;
    memmove(&book->spans[at + 1], &book->spans[at + 2],
            (book->span_count - at - 1) * sizeof(*book->spans));
    for (size_t i = 0; i < book->epoch_count; i++)
        if (book->epochs[i].span > at)
            book->epochs[i].span--;
    for (size_t i = 0; i < book->site_count; i++) {
        struct ph_book_site *site = &book->sites[i];
        if (site->cell_count <= at + 1)
            continue;
        add_cell(&site->cells[at], &site->cells[at + 1]);
        site->cell_count--;
        memmove(&site->cells[at + 1], &site->cells[at + 2],
                (site->cell_count - at - 1) * sizeof(*site->cells));
    }
}

/* The newest cohort, which still grows, is left alone. */
static void merge_old(struct ph_tracebook *book, int64_t now_ns)
{
    for (size_t i = 0; i + 2 < book->span_count;) {
        int64_t length = book->spans[i + 1].to_ns - book->spans[i].from_ns;
        if (length <= (now_ns - book->spans[i + 1].to_ns) / COHORT_PART)
            merge_spans(book, i);
        else
            i++;
    }
}

struct ph_error *ph_tracebook_tick(struct ph_tracebook *book, int64_t now_ns, unsigned shift,
                                   bool crowded, ph_raw32 *epoch)
{
    const struct ph_book_epoch *last = &book->epochs[book->epoch_count - 1];
    int64_t least = book->epoch_ns << book->stretch;
    int64_t part = (now_ns - book->begun_ns) / EPOCH_PART;
    bool over = now_ns - last->from_ns >= (part > least ? part : least);

    if (crowded && over && book->stretch < PH_BOOK_SHIFT_MOST)
        book->stretch++;
    if (shift != last->shift || (over && book->epoch_count < EPOCHS_MOST)) {
        PH_TRY(begin_epoch(book, now_ns, shift));
        merge_old(book, now_ns);
    }
    *epoch = (ph_raw32)book->epoch_count;
    return NULL;
}

void ph_tracebook_coarsened(struct ph_tracebook *book, unsigned shift)
{
    for (size_t i = 0; i < book->epoch_count; i++)
        if (book->epochs[i].alive_shift < shift)
            book->epochs[i].alive_shift = shift;
}

void ph_tracebook_rename(struct ph_tracebook *book)
{
    for (size_t i = 0; i < book->site_count; i++)
        book->sites[i].placed = false;
}

/* ------------------------------------------------------------------ one pass */

uint64_t ph_tracebook_living(const struct ph_tracebook *book)
{
    return book->living;
}

uint64_t ph_tracebook_given_up(const struct ph_tracebook *book)
{
    return book->given_up;
}

void ph_tracebook_begin(struct ph_tracebook *book, int64_t now_ns)
{
    book->living = 0;
    book->given_up = book->past_given_up;
    book->last_ns = book->now_ns > book->begun_ns ? book->now_ns : -1;
    book->now_ns = now_ns;
    for (size_t i = 0; i < book->site_count; i++) {
        struct ph_book_site *site = &book->sites[i];
        site->allocs = site->past_allocs;
        site->implicit = site->past_implicit;
        site->objects = site->bytes = site->requested = 0;
        memset(site->seen_alive, 0, sizeof(site->seen_alive));
        for (size_t k = 0; k < site->cell_count; k++) {
            struct ph_book_cell *cell = &site->cells[k];
            cell->alive_last = cell->alive;
            cell->seen_alive_last = cell->seen_alive;
            cell->frees_last = cell->frees;
            cell->born = cell->past_born;
            cell->seen_born = cell->past_seen;
            cell->frees = cell->past_frees;
            cell->alive = cell->bytes = 0;
            cell->seen_alive = 0;
        }
    }
}

static struct ph_error *site_of(struct ph_tracebook *book, const struct ph_raw_site_key *key,
                                struct ph_book_site **found)
{
    struct {
        ph_raw64 address, cache, stack, kind;
    } name = {key->address, key->cache, key->stack, key->kind};
    struct ph_slice slice = {(const char *)&name, sizeof(name)};
    uint32_t at;

    if (ph_table_find(&book->index, slice, &at)) {
        *found = &book->sites[at];
        return NULL;
    }
    PH_TRY(ph_grow(&book->sites, &book->site_capacity, book->site_count + 1, sizeof(*book->sites)));
    PH_TRY(ph_table_put(&book->index, slice, (uint32_t)book->site_count));
    *found = &book->sites[book->site_count++];
    **found = (struct ph_book_site){
        .address = key->address,
        .cache = key->cache,
        .stack = key->stack,
        .kind = key->kind,
    };
    return NULL;
}

static struct ph_error *cell_of(struct ph_book_site *site, size_t span, struct ph_book_cell **cell)
{
    if (site->cell_count <= span) {
        PH_TRY(ph_grow(&site->cells, &site->cell_capacity, span + 1, sizeof(*site->cells)));
        memset(&site->cells[site->cell_count], 0,
               (span + 1 - site->cell_count) * sizeof(*site->cells));
        site->cell_count = span + 1;
    }
    *cell = &site->cells[span];
    return NULL;
}

/* Counters of other processors may be read a moment apart: a free without its allocation. */
static uint64_t less(uint64_t from, uint64_t a, uint64_t b)
{
    return from > a + b ? from - a - b : 0;
}

static double scaled(uint64_t count, unsigned shift)
{
    return ldexp((double)count, (int)shift);
}

struct ph_error *ph_tracebook_row(struct ph_tracebook *book, const struct ph_raw_site_key *key,
                                  const struct ph_raw_site *raw, bool *forget)
{
    struct ph_book_site *site;
    struct ph_book_cell *cell;

    *forget = false;
    if (!key->epoch || key->epoch > book->epoch_count || key->kind >= PH_TRACE_KINDS)
        return NULL; /* of nobody we know */
    const struct ph_book_epoch *epoch = &book->epochs[key->epoch - 1];
    PH_TRY(site_of(book, key, &site));
    PH_TRY(cell_of(site, epoch->span, &cell));
    uint64_t seen = less(raw->allocs, raw->frees, raw->given_up);
    double allocs = scaled(raw->allocs, epoch->shift);
    double implicit = scaled(raw->implicit_frees, epoch->alive_shift);
    double alive = scaled(seen, epoch->alive_shift);
    double bytes = scaled(less(raw->bytes_allocated, raw->bytes_freed, raw->bytes_given_up),
                          epoch->alive_shift);
    site->allocs += allocs;
    site->implicit += implicit;
    site->objects += alive;
    site->bytes += bytes;
    site->requested +=
        scaled(less(raw->requested_allocated, raw->requested_freed, raw->requested_given_up),
               epoch->alive_shift);
    if (epoch->alive_shift <= PH_BOOK_SHIFT_MOST) {
        site->seen_alive[epoch->alive_shift] += (double)seen;
        site->shifts_used |= 1u << epoch->alive_shift;
    }
    book->living += seen;
    book->given_up += raw->given_up;
    cell->born += allocs;
    cell->seen_born += raw->allocs;
    cell->frees += raw->frees;
    cell->alive += alive;
    cell->seen_alive += seen;
    cell->bytes += bytes;
    /* one pass later than the epoch's end: no processor counts in it any more */
    *forget = !seen && epoch->to_ns < book->last_ns;
    if (*forget) {
        book->past_given_up += raw->given_up;
        site->past_allocs += allocs;
        site->past_implicit += implicit;
        cell->past_born += allocs;
        cell->past_seen += raw->allocs;
        cell->past_frees += raw->frees;
    }
    return NULL;
}

/* ------------------------------------------------------------------ what it comes to */

static unsigned life_bin(double age_s)
{
    int exponent = 0;

    if (age_s < 2)
        return 0;
    (void)frexp(age_s, &exponent); /* age = m * 2^exponent, m in [0.5, 1) */
    return exponent - 1 < PH_LIFE_BINS ? (unsigned)exponent - 1 : PH_LIFE_BINS - 1;
}

/* What happened to the living since the pass before, by their age between the two. */
static void live_on(struct ph_tracebook *book, struct ph_book_site *site)
{
    if (book->last_ns < 0)
        return;
    for (size_t i = 0; i < site->cell_count; i++) {
        const struct ph_book_cell *cell = &site->cells[i];
        const struct ph_book_span *span = &book->spans[i];
        int64_t to_ns = span->to_ns < book->now_ns ? span->to_ns : book->now_ns;
        double born = (double)span->from_ns / 2e9 + (double)to_ns / 2e9;
        double age = (double)book->now_ns / 2e9 + (double)book->last_ns / 2e9 - born;
        unsigned bin = life_bin(age);
        double seconds = (double)(book->now_ns - book->last_ns) / 1e9;
        double living = ((double)cell->seen_alive + (double)cell->seen_alive_last) / 2;
        if (cell->frees > cell->frees_last)
            site->life.deaths[bin] += (double)(cell->frees - cell->frees_last);
        site->life.exposure_s[bin] += living * seconds;
    }
}

struct ph_error *ph_tracebook_finish(struct ph_tracebook *book, struct ph_trace *trace)
{
    for (size_t i = 0; i < book->site_count; i++) {
        live_on(book, &book->sites[i]);
        if (book->sites[i].allocs > 0)
            PH_TRY(ph_book_fill(book, &book->sites[i], trace));
    }
    trace->begun_ns = book->begun_ns;
    trace->now_ns = book->now_ns;
    return NULL;
}
