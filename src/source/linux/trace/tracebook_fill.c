/* tracebook_fill.c - what the books of one site come to, with names. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "source/linux/trace/tracebook_parts.h"

/* Byar's approximation of the exact Poisson interval (Breslow and Day, Statistical Methods in
 * Cancer Research, volume 2, 1987, page 69); within 1 % of it from 1 on. */
void ph_sampled_interval(double seen, unsigned shift, double *low, double *high)
{
    double more = seen + 1;

    if (!shift) {
        *low = *high = seen;
        return;
    }
    double down = 1 - 1 / (9 * seen) - 1.96 / (3 * sqrt(seen));
    double up = 1 - 1 / (9 * more) + 1.96 / (3 * sqrt(more));
    *low = seen > 0 && down > 0 ? ldexp(seen * down * down * down, (int)shift) : 0;
    *high = ldexp(more * up * up * up, (int)shift);
    if (*low < seen)
        *low = seen; /* those were seen */
}

static struct ph_error *name_cache(const struct ph_tracebook *book, struct ph_book_site *site)
{
    struct ph_raw_cache cache = {0};
    const char *family = site->cache & PH_RAW_DMA           ? "dma-kmalloc"
                         : site->cache & PH_RAW_RECLAIMABLE ? "kmalloc-rcl"
                         : site->cache & PH_RAW_ACCOUNTED   ? "kmalloc-cg"
                                                            : "kmalloc";

    if (site->cache_name)
        return NULL;
    if (site->kind == PH_TRACE_KMALLOC) {
        uint32_t size = (uint32_t)site->cache;
        site->object_bytes = size;
        /* beyond the largest cache, pages are handed out; some caches are named in kilobytes */
        site->cache_name = size > PH_RAW_LARGEST_CACHE ? ph_strdup("(large kmalloc)")
                           : size >= 1024              ? ph_format("%s-%uk", family, size / 1024)
                                                       : ph_format("%s-%u", family, size);
        return site->cache_name ? NULL : ph_error_nomem();
    }
    if (site->kind != PH_TRACE_CACHE ||
        !book->names.cache(book->names.context, site->cache, &cache))
        return NULL;
    site->object_bytes = cache.object_bytes;
    site->cache_name = ph_memdup(cache.name, strnlen(cache.name, sizeof(cache.name)));
    return site->cache_name ? NULL : ph_error_nomem();
}

static struct ph_error *fill_stack(struct ph_tracebook *book, const struct ph_book_site *site,
                                   struct ph_trace_site *out)
{
    struct ph_trace_stack *stack;
    ph_raw64 frames[PH_RAW_FRAMES];

    if (!site->stack)
        return NULL;
    PH_TRY(ph_trace_add_stack(out, &stack));
    stack->allocs = site->allocs;
    stack->objects = site->objects;
    stack->bytes = out->bytes;
    size_t count = book->names.stack(book->names.context, site->stack - 1, frames);
    for (size_t i = 0; i < count && stack->frame_count < PH_STACK_FRAMES; i++) {
        struct ph_place place = {0};
        PH_TRY(book->names.place(book->names.context, frames[i], &place));
        /* our own frames, and those of the tracepoint that led to them */
        const char *name = place.function ? place.function : "";
        if (!strncmp(name, "bpf_", 4) || !strncmp(name, "__bpf_", 6) ||
            !strncmp(name, "__traceiter_", 12))
            ph_place_fini(&place);
        else
            stack->frames[stack->frame_count++] = place;
    }
    return NULL;
}

static struct ph_error *fill_cohorts(const struct ph_tracebook *book,
                                     const struct ph_book_site *site, struct ph_trace_site *out)
{
    for (size_t i = 0; i < site->cell_count; i++) {
        const struct ph_book_cell *cell = &site->cells[i];
        const struct ph_book_span *span = &book->spans[i];
        struct ph_cohort *cohort;
        PH_TRY(ph_trace_add_cohort(out, &cohort));
        *cohort = (struct ph_cohort){
            .from_ns = span->from_ns,
            .to_ns = span->to_ns < book->now_ns ? span->to_ns : book->now_ns,
            .born = cell->born,
            .alive = cell->alive,
            .bytes_alive =
                site->kind == PH_TRACE_CACHE ? cell->alive * site->object_bytes : cell->bytes,
            .alive_last = book->last_ns < 0 ? (double)NAN : cell->alive_last,
            .seen_born = cell->seen_born,
            .seen_alive = cell->seen_alive,
        };
        if (cell->seen_alive && out->oldest_ns < 0)
            out->oldest_ns = book->now_ns - span->from_ns;
    }
    return NULL;
}

static void fill_numbers(const struct ph_book_site *site, struct ph_trace_site *out)
{
    out->kind = (enum ph_trace_kind)site->kind;
    out->object_bytes = site->object_bytes;
    out->allocs = site->allocs;
    out->frees = site->allocs > site->objects ? site->allocs - site->objects : 0;
    out->implicit_frees = site->implicit;
    out->objects = site->objects;
    out->bytes = site->bytes;
    out->requested_bytes = site->requested;
    if (site->kind == PH_TRACE_CACHE) /* see struct ph_raw_object */
        out->bytes = out->requested_bytes = site->objects * site->object_bytes;
    out->estimated = site->shifts_used & ~1u;
    for (unsigned i = 0; i <= PH_BOOK_SHIFT_MOST; i++) {
        double low, high;
        if (!(site->shifts_used & 1u << i))
            continue;
        ph_sampled_interval(site->seen_alive[i], i, &low, &high);
        out->objects_low += low;
        out->objects_high += high;
    }
    out->life = site->life;
}

/* The slab's own pages: what is in them is counted as objects already. */
static bool is_slab_page(const struct ph_trace_stack *stack)
{
    static const char *const NAMES[] = {"allocate_slab", "new_slab", "alloc_slab_page",
                                        "___slab_alloc", "__slab_alloc"};

    for (size_t i = 0; i < stack->frame_count; i++)
        for (size_t k = 0; k < sizeof(NAMES) / sizeof(NAMES[0]); k++)
            if (stack->frames[i].function &&
                !strncmp(stack->frames[i].function, NAMES[k], strlen(NAMES[k])))
                return true;
    return false;
}

struct ph_error *ph_book_fill(struct ph_tracebook *book, struct ph_book_site *site,
                              struct ph_trace *trace)
{
    struct ph_trace_site *out;

    PH_TRY(name_cache(book, site));
    if (!site->placed) {
        ph_place_fini(&site->place);
        PH_TRY(book->names.place(book->names.context, site->address, &site->place));
        site->placed = true;
    }
    PH_TRY(ph_trace_add(trace, &out));
    fill_numbers(site, out);
    PH_TRY(ph_place_copy(&out->place, &site->place));
    out->cache = site->cache_name ? ph_strdup(site->cache_name) : NULL;
    if (site->cache_name && !out->cache)
        return ph_error_nomem();
    PH_TRY(fill_cohorts(book, site, out));
    PH_TRY(fill_stack(book, site, out));
    if (site->kind != PH_TRACE_PAGES || !out->stack_count)
        return NULL;
    if (is_slab_page(&out->stacks[0])) {
        ph_trace_drop_last(trace);
        return NULL;
    }
    return out->stacks[0].frame_count ? ph_place_copy(&out->place, &out->stacks[0].frames[0])
                                      : NULL;
}
