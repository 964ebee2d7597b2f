#include "app/evidence_sites.h"

#include "base/mem.h"
#include "base/text.h"
#include "owner/linux/wrappers.h"
#include "source/linux/frames.h"

/* A kernel has some thousand ways to allocate; a crafted file has as many as it likes. What comes
 * behind these is counted as a site of its own, without a place. */
enum { STACKS_MOST = 8192 };

void ph_evidence_sites_fini(struct ph_evidence_sites *sites)
{
    ph_table_fini(&sites->sites);
    ph_table_fini(&sites->stacks);
    ph_free(sites->known);
    *sites = (struct ph_evidence_sites){0};
}

static void count(const struct ph_evidence_record *record, double *objects, double *bytes)
{
    *objects += record->objects;
    *bytes += record->bytes;
}

static void count_site(const struct ph_evidence_record *record, struct ph_trace_site *site)
{
    count(record, &site->objects, &site->bytes);
    site->objects_low = site->objects_high = site->objects;
    if (record->oldest_ns > site->oldest_ns)
        site->oldest_ns = record->oldest_ns;
}

static struct ph_error *add_site(struct ph_evidence_sites *sites, uint32_t *number)
{
    struct ph_trace_site *site;

    PH_TRY(ph_trace_add(sites->trace, &site));
    site->origin = sites->origin;
    site->kind = sites->kind;
    site->allocs = site->frees = site->implicit_frees = site->requested_bytes = (double)NAN;
    *number = (uint32_t)(sites->trace->count - 1);
    return NULL;
}

static struct ph_error *count_rest(struct ph_evidence_sites *sites,
                                   const struct ph_evidence_record *record)
{
    uint32_t number = (uint32_t)(sites->rest - 1);

    if (!sites->rest)
        PH_TRY(add_site(sites, &number));
    sites->rest = (size_t)number + 1;
    count_site(record, &sites->trace->sites[number]);
    return NULL;
}

static struct ph_error *fill_stack(const struct ph_evidence_record *record,
                                   struct ph_trace_stack *stack)
{
    for (size_t i = 0; i < record->frame_count && i < PH_STACK_FRAMES; i++) {
        PH_TRY(ph_frame_parse(record->frames[i], &stack->frames[i]));
        stack->frame_count = i + 1;
    }
    return NULL;
}

/* The text that tells the site: of the call, or of the frame that the memory is laid to. */
static struct ph_error *site_text(const struct ph_evidence_record *record,
                                  const struct ph_trace_stack *stack, struct ph_text *text)
{
    if (record->caller.size) {
        ph_text_add(text, record->caller.data, record->caller.size);
        if (record->module.size)
            ph_text_printf(text, " [%.*s]", (int)record->module.size, record->module.data);
    } else if (stack->frame_count) {
        size_t owner = ph_owner_frame(stack);
        const struct ph_slice *frame = &record->frames[owner == SIZE_MAX ? 0 : owner];
        ph_text_add(text, frame->data, frame->size);
    }
    return ph_text_check(text);
}

/* Finds or makes the site of a new stack. */
static struct ph_error *site_of(struct ph_evidence_sites *sites,
                                const struct ph_evidence_record *record,
                                const struct ph_trace_stack *stack, uint32_t *number)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    PH_TRY(site_text(record, stack, &text));
    if (ph_table_find(&sites->sites, ph_text_slice(&text), number))
        return NULL;
    PH_TRY(add_site(sites, number));
    PH_TRY(ph_frame_parse(ph_text_slice(&text), &sites->trace->sites[*number].place));
    return ph_table_put(&sites->sites, ph_text_slice(&text), *number);
}

static void stack_fini(struct ph_trace_stack *stack)
{
    for (size_t i = 0; i < stack->frame_count; i++)
        ph_place_fini(&stack->frames[i]);
}

static struct ph_error *add_stack(struct ph_evidence_sites *sites,
                                  const struct ph_evidence_record *record, struct ph_slice key,
                                  uint32_t *number)
{
    PH_GUARD(stack_fini) struct ph_trace_stack fresh = {.owner = SIZE_MAX};
    struct ph_evidence_stack known = {0};
    struct ph_trace_stack *stack;

    PH_TRY(ph_grow(&sites->known, &sites->capacity, sites->count + 1, sizeof(*sites->known)));
    PH_TRY(fill_stack(record, &fresh));
    PH_TRY(site_of(sites, record, &fresh, &known.site));
    PH_TRY(ph_trace_add_stack(&sites->trace->sites[known.site], &stack));
    known.stack = (uint32_t)(sites->trace->sites[known.site].stack_count - 1);
    *stack = fresh;
    stack->allocs = (double)NAN;
    fresh.frame_count = 0;
    PH_TRY(ph_table_put(&sites->stacks, key, (uint32_t)sites->count));
    *number = (uint32_t)sites->count;
    sites->known[sites->count++] = known;
    return NULL;
}

struct ph_error *ph_evidence_sites_add(struct ph_evidence_sites *sites,
                                       const struct ph_evidence_record *record)
{
    PH_GUARD(ph_text_fini) struct ph_text key = {0};
    uint32_t number;

    ph_text_printf(&key, "%.*s [%.*s]", (int)record->caller.size, record->caller.data,
                   (int)record->module.size, record->module.data);
    for (size_t i = 0; i < record->frame_count && i < PH_STACK_FRAMES; i++) {
        ph_text_putc(&key, '\n');
        ph_text_add(&key, record->frames[i].data, record->frames[i].size);
    }
    PH_TRY(ph_text_check(&key));
    if (!ph_table_find(&sites->stacks, ph_text_slice(&key), &number)) {
        if (sites->count >= STACKS_MOST)
            return count_rest(sites, record);
        PH_TRY(add_stack(sites, record, ph_text_slice(&key), &number));
    }
    const struct ph_evidence_stack *known = &sites->known[number];
    struct ph_trace_site *site = &sites->trace->sites[known->site];
    count_site(record, site);
    count(record, &site->stacks[known->stack].objects, &site->stacks[known->stack].bytes);
    return NULL;
}
