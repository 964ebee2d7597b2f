#include "model/trace.h"

#include <string.h>

#include "base/mem.h"

static const char *const KINDS[PH_TRACE_KINDS] = {"kmalloc", "cache", "pages", "vmalloc", "percpu"};
static const char *const AGES[PH_AGE_COUNT] = {"unknown", "young", "dying", "step", "staying"};

const char *ph_trace_kind_id(enum ph_trace_kind kind)
{
    return KINDS[kind];
}

bool ph_trace_kind_from_id(const char *id, enum ph_trace_kind *kind)
{
    for (unsigned i = 0; i < PH_TRACE_KINDS; i++)
        if (!strcmp(id, KINDS[i])) {
            *kind = (enum ph_trace_kind)i;
            return true;
        }
    return false;
}

const char *ph_age_verdict_id(enum ph_age_verdict verdict)
{
    return AGES[verdict];
}

/* ------------------------------------------------------------------ places */

bool ph_place_is_known(const struct ph_place *place)
{
    return place->address || place->function || place->module;
}

void ph_place_fini(struct ph_place *place)
{
    ph_free(place->function);
    ph_free(place->module);
    *place = (struct ph_place){0};
}

/* NULL stays NULL. */
static struct ph_error *copy_string(char **to, const char *from)
{
    *to = from ? ph_strdup(from) : NULL;
    return from && !*to ? ph_error_nomem() : NULL;
}

struct ph_error *ph_place_copy(struct ph_place *to, const struct ph_place *from)
{
    struct ph_place fresh = *from;

    fresh.function = fresh.module = NULL;
    struct ph_error *error = copy_string(&fresh.function, from->function);
    if (!error)
        error = copy_string(&fresh.module, from->module);
    if (error) {
        ph_place_fini(&fresh);
        return error;
    }
    ph_place_fini(to);
    *to = fresh;
    return NULL;
}

static void module_text(const struct ph_place *place, struct ph_text *out)
{
    if (place->module)
        ph_text_printf(out, " [%s%s]", place->module, place->unloaded ? ", unloaded" : "");
}

void ph_place_text(const struct ph_place *place, struct ph_text *out)
{
    if (place->function) {
        ph_text_printf(out, "%s+0x%llx", place->function, (unsigned long long)place->offset);
        if (place->size)
            ph_text_printf(out, "/0x%llx", (unsigned long long)place->size);
    } else {
        ph_text_printf(out, "0x%llx", (unsigned long long)place->address);
    }
    module_text(place, out);
}

void ph_trace_site_name(const struct ph_trace_site *site, struct ph_text *out)
{
    const struct ph_place *place = ph_place_is_known(&site->owner) ? &site->owner : &site->place;

    if (place->function)
        ph_text_puts(out, place->function);
    else
        ph_text_printf(out, "0x%llx", (unsigned long long)place->address);
    module_text(place, out);
}

/* ------------------------------------------------------------------ sites */

static void stack_fini(struct ph_trace_stack *stack)
{
    for (size_t i = 0; i < stack->frame_count; i++)
        ph_place_fini(&stack->frames[i]);
}

static void site_fini(struct ph_trace_site *site)
{
    ph_place_fini(&site->place);
    ph_place_fini(&site->owner);
    for (size_t i = 0; i < site->stack_count; i++)
        stack_fini(&site->stacks[i]);
    ph_free(site->stacks);
    ph_free(site->cohorts);
    ph_free(site->cache);
}

struct ph_error *ph_trace_add(struct ph_trace *trace, struct ph_trace_site **site)
{
    PH_TRY(ph_grow(&trace->sites, &trace->capacity, trace->count + 1, sizeof(*trace->sites)));
    *site = &trace->sites[trace->count++];
    **site = (struct ph_trace_site){.owner_share = (double)NAN, .oldest_ns = -1};
    return NULL;
}

void ph_trace_drop_last(struct ph_trace *trace)
{
    site_fini(&trace->sites[--trace->count]);
}

struct ph_error *ph_trace_add_stack(struct ph_trace_site *site, struct ph_trace_stack **stack)
{
    PH_TRY(ph_grow(&site->stacks, &site->stack_capacity, site->stack_count + 1,
                   sizeof(*site->stacks)));
    *stack = &site->stacks[site->stack_count++];
    **stack = (struct ph_trace_stack){.owner = SIZE_MAX};
    return NULL;
}

struct ph_error *ph_trace_add_cohort(struct ph_trace_site *site, struct ph_cohort **cohort)
{
    PH_TRY(ph_grow(&site->cohorts, &site->cohort_capacity, site->cohort_count + 1,
                   sizeof(*site->cohorts)));
    *cohort = &site->cohorts[site->cohort_count++];
    **cohort = (struct ph_cohort){.alive_last = (double)NAN};
    return NULL;
}

static struct ph_error *copy_stack(struct ph_trace_site *to, const struct ph_trace_stack *from)
{
    struct ph_trace_stack *stack;

    PH_TRY(ph_trace_add_stack(to, &stack));
    stack->allocs = from->allocs;
    stack->objects = from->objects;
    stack->bytes = from->bytes;
    stack->owner = from->owner;
    for (size_t i = 0; i < from->frame_count; i++) {
        PH_TRY(ph_place_copy(&stack->frames[i], &from->frames[i]));
        stack->frame_count++;
    }
    return NULL;
}

static struct ph_error *copy_site(struct ph_trace *to, const struct ph_trace_site *from)
{
    struct ph_trace_site *site;

    PH_TRY(ph_trace_add(to, &site));
    *site = *from;
    site->place = site->owner = (struct ph_place){0};
    site->cache = NULL;
    site->stacks = NULL;
    site->cohorts = NULL;
    site->stack_count = site->stack_capacity = site->cohort_count = site->cohort_capacity = 0;
    PH_TRY(ph_place_copy(&site->place, &from->place));
    PH_TRY(ph_place_copy(&site->owner, &from->owner));
    PH_TRY(copy_string(&site->cache, from->cache));
    PH_TRY(ph_grow(&site->cohorts, &site->cohort_capacity, from->cohort_count,
                   sizeof(*site->cohorts)));
    if (from->cohort_count)
        memcpy(site->cohorts, from->cohorts, from->cohort_count * sizeof(*site->cohorts));
    site->cohort_count = from->cohort_count;
    for (size_t i = 0; i < from->stack_count; i++)
        PH_TRY(copy_stack(site, &from->stacks[i]));
    return NULL;
}

struct ph_error *ph_trace_copy(struct ph_trace *to, const struct ph_trace *from)
{
    PH_GUARD(ph_trace_fini) struct ph_trace fresh = *from;

    fresh.sites = NULL;
    fresh.count = fresh.capacity = 0;
    fresh.losses = (struct ph_loss_list){0};
    PH_TRY(ph_loss_copy(&fresh.losses, &from->losses));
    for (size_t i = 0; i < from->count; i++)
        PH_TRY(copy_site(&fresh, &from->sites[i]));
    ph_trace_fini(to);
    *to = fresh;
    fresh = (struct ph_trace){0};
    return NULL;
}

void ph_trace_fini(struct ph_trace *trace)
{
    for (size_t i = 0; i < trace->count; i++)
        site_fini(&trace->sites[i]);
    ph_free(trace->sites);
    ph_loss_fini(&trace->losses);
    *trace = (struct ph_trace){0};
}
