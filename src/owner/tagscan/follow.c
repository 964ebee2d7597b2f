/* follow.c - follows one function: which routines it calls, and with which tags.
 *
 * The data flow asks what memory holds and what calls do; at calls of interest the arguments are
 * noted. A value that is an argument of the function itself makes the function a wrapper: its
 * templates tell its callers what to note in turn.
 */

#include "base/mem.h"
#include "base/sort.h"
#include "owner/tagscan/follow.h"
#include "owner/tagscan/structs.h"

enum { ENTRIES_MOST = 256, IMPORTS_KEEP = 1 << 3 | 1 << 6 | 1 << 7 /* ebx, esi, edi */ };

static void trace_fini(struct ph_follow *trace)
{
    ph_free(trace->sites);
    ph_error_free(trace->error);
}

/* ------------------------------------------------------------------ noting */

static struct ph_error *add_site(struct ph_follow *trace, const struct ph_site *site)
{
    if (trace->survey->site_count + trace->site_count >= PH_SITES_MOST) {
        trace->survey->too_many = true;
        return NULL;
    }
    PH_TRY(ph_grow(&trace->sites, &trace->site_capacity, trace->site_count + 1,
                   sizeof(*trace->sites)));
    trace->sites[trace->site_count++] = *site;
    return NULL;
}

static void add_template(struct ph_follow *trace, const struct ph_template *made)
{
    if (made->depth > PH_DEPTH_MOST)
        return;
    for (size_t i = 0; i < trace->template_count; i++) {
        struct ph_template *old = &trace->templates[i];
        if (old->api == made->api && old->global == made->global &&
            ph_same_formal(&old->tag, &made->tag)) {
            (void)ph_abs_join(&old->size, &made->size);
            (void)ph_abs_join(&old->pool, &made->pool);
            return;
        }
    }
    if (trace->template_count < PH_TEMPLATES_MOST)
        trace->templates[trace->template_count++] = *made;
}

/* A tag that comes from a global: what is stored there is wanted. */
static struct ph_error *want_global(struct ph_follow *trace, uint64_t address)
{
    struct ph_global *global;
    uint32_t rva;

    if (!ph_program_rva(trace->program, address, &rva))
        return NULL;
    PH_TRY(ph_program_note_global(trace->program, rva, &global));
    if (!global || global->wanted)
        return NULL;
    global->wanted = true;
    return ph_survey_touch(trace->survey, rva);
}

static struct ph_error *note_site(struct ph_follow *trace, const struct ph_site *site)
{
    PH_TRY(add_site(trace, site));
    if (site->tag.symbol == PH_SYMBOL_GLOBAL)
        PH_TRY(want_global(trace, (uint64_t)site->tag.offset));
    if (ph_is_formal(&site->tag)) {
        struct ph_template made = {.api = site->api,
                                   .rva = site->rva,
                                   .tag = site->tag,
                                   .size = site->size,
                                   .pool = site->pool,
                                   .depth = site->depth};
        add_template(trace, &made);
    }
    return NULL;
}

/* What a value of a wrapper is at this call of it. The wrapper's own constants, where it chooses
 * between one and an argument, are its own site's. */
static struct ph_abs actual(const struct ph_flow *flow, const struct ph_abs *formal, unsigned width)
{
    struct ph_abs value;

    if (!ph_is_formal(formal))
        return *formal;
    ph_flow_argument(flow, formal->number, &value);
    if (formal->symbol == PH_SYMBOL_FIELD) {
        struct ph_abs pointer = value;
        ph_flow_memory(flow, &pointer, formal->offset, width, &value);
    } else if (formal->offset) {
        struct ph_abs moved = ph_abs_unknown();
        uint64_t constant;
        if (ph_abs_is_constant(&value, &constant))
            moved = ph_abs_constant(constant + (uint64_t)formal->offset);
        value = moved;
    }
    if (formal->unknown)
        value.unknown = true;
    return value;
}

static struct ph_abs argument(const struct ph_flow *flow, const struct ph_follow *trace,
                              struct ph_argument which)
{
    unsigned number = ph_argument_of(which, trace->program->pe->wide);
    struct ph_abs value = ph_abs_unknown();

    if (number != PH_NO_ARGUMENT)
        ph_flow_argument(flow, number, &value);
    return value;
}

static uint32_t rva_of(const struct ph_follow *trace, uint64_t address)
{
    return (uint32_t)(address - trace->program->pe->base);
}

static struct ph_error *note_contexts(struct ph_follow *trace, struct ph_flow *flow,
                                      const struct ph_site *base)
{
    struct ph_context contexts[PH_CONTEXTS_MOST];
    struct ph_site site = *base;
    struct ph_abs registration = argument(flow, trace, site.api->tag);
    uint64_t tag;
    int count = ph_filter_contexts(flow, trace->program, &registration, contexts);

    if (count < 0) {
        site.tag = ph_abs_unknown();
        return add_site(trace, &site);
    }
    for (int i = 0; i < count; i++) {
        if (ph_abs_is_constant(&contexts[i].tag, &tag) && !tag)
            continue; /* the filter allocates these itself */
        site.tag = contexts[i].tag;
        site.size = contexts[i].size;
        PH_TRY(add_site(trace, &site));
    }
    return NULL;
}

static struct ph_error *note_api(struct ph_follow *trace, struct ph_flow *flow, uint64_t address,
                                 const struct ph_api *api)
{
    struct ph_site site = {.rva = rva_of(trace, address),
                           .api = api,
                           .size = argument(flow, trace, api->size),
                           .pool = argument(flow, trace, api->pool)};
    struct ph_abs pointer;
    uint64_t code;

    switch (api->kind) {
    case PH_API_FIXED:
        site.tag = ph_abs_constant(ph_le32(api->fixed));
        return add_site(trace, &site);
    case PH_API_STRUCTURE:
    case PH_API_DRIVER_CREATE:
        pointer = argument(flow, trace, api->tag);
        ph_flow_memory(flow, &pointer,
                       (int64_t)ph_argument_of(api->offset, trace->program->pe->wide), 4,
                       &site.tag);
        return note_site(trace, &site);
    case PH_API_CONTEXTS:
        return note_contexts(trace, flow, &site);
    case PH_API_EXTENDED:
        ph_flow_argument(flow, 0, &pointer);
        if (!ph_abs_is_constant(&pointer, &code) || (uint32_t)code)
            return NULL;
        break;
    default:
        break;
    }
    site.tag = argument(flow, trace, api->tag);
    return note_site(trace, &site);
}

/* ------------------------------------------------------------------ globals */

/* Something is stored in a global: the address of an allocating routine, or a tag that is wanted.
 */
static struct ph_error *store_global(struct ph_follow *trace, uint32_t rva,
                                     const struct ph_abs *value)
{
    const struct ph_routine *routine = value->symbol == PH_SYMBOL_IMPORT
                                           ? ph_program_routine_at(trace->program, value->number)
                                           : NULL;
    struct ph_global *global = ph_program_global(trace->program, rva);
    bool is_routine = routine && routine->api && ph_api_allocates(routine->api);

    if (!is_routine && !(global && global->wanted))
        return NULL;
    if (ph_is_formal(value)) {
        struct ph_template made = {.global = rva, .tag = *value, .depth = 1};
        add_template(trace, &made);
        return NULL;
    }
    PH_TRY(ph_program_note_global(trace->program, rva, &global));
    if (!global)
        return NULL;
    struct ph_abs stored = *value;
    uint64_t constant;
    if (ph_abs_is_constant(&stored, &constant) && !constant)
        return NULL; /* as it was */
    stored.from_writable = true;
    bool changed = !global->known;
    if (global->known)
        changed = ph_abs_join(&global->value, &stored);
    else
        global->value = stored;
    global->known = true;
    return changed ? ph_survey_touch(trace->survey, rva) : NULL;
}

/* ------------------------------------------------------------------ calls of the driver's own */

static struct ph_error *call_wrapper(struct ph_follow *trace, struct ph_flow *flow,
                                     uint64_t address, uint32_t entry)
{
    struct ph_record *wrapper = ph_survey_record(trace->survey, entry);

    if (!wrapper || !wrapper->template_count)
        return NULL;
    wrapper->called |= wrapper->entry != ph_follow_record(trace)->entry;
    for (size_t i = 0; i < wrapper->template_count; i++) {
        const struct ph_template template = wrapper->templates[i];
        if (!template.api) {
            struct ph_abs value = actual(flow, &template.tag, 4);
            PH_TRY(store_global(trace, template.global, &value));
            wrapper = ph_survey_record(trace->survey, entry);
            continue;
        }
        unsigned pointer = ph_program_pointer(trace->program);
        struct ph_site site = {.rva = rva_of(trace, address),
                               .api = template.api,
                               .tag = actual(flow, &template.tag, 4),
                               .size = template.size.symbol == PH_SYMBOL_FIELD
                                           ? ph_abs_unknown() /* how wide it is, is not known */
                                           : actual(flow, &template.size, pointer),
                               .pool = actual(flow, &template.pool, 4),
                               .depth = (uint8_t)(template.depth + 1)};
        PH_TRY(note_site(trace, &site));
    }
    return NULL;
}

/* ------------------------------------------------------------------ hooks */

static bool on_code(void *context, uint64_t address, struct ph_slice *bytes)
{
    struct ph_follow *trace = context;
    uint32_t rva;

    return ph_program_rva(trace->program, address, &rva) &&
           ph_code_at(trace->program->pe, rva, bytes);
}

static bool on_inside(void *context, uint64_t entry, uint64_t address)
{
    struct ph_follow *trace = context;
    uint32_t rva;

    return ph_program_rva(trace->program, address, &rva) &&
           ph_function_holds(&trace->program->functions, rva_of(trace, entry), rva);
}

static void on_load(void *context, uint64_t address, unsigned width, struct ph_abs *value)
{
    struct ph_follow *trace = context;

    ph_program_load(trace->program, address, width, value);
}

static void on_store(void *context, struct ph_flow *flow, uint64_t address, unsigned width,
                     const struct ph_abs *value)
{
    struct ph_follow *trace = context;
    uint32_t rva;

    (void)flow;
    if (trace->error || (width != 4 && width != ph_program_pointer(trace->program)) ||
        !ph_program_rva(trace->program, address, &rva))
        return;
    trace->error = store_global(trace, rva, value);
}

/* Hits are within an instruction, where the search does not know its first byte. */
static void on_seen(void *context, const struct ph_insn *insn)
{
    struct ph_follow *trace = context;
    struct ph_record *record = ph_follow_record(trace);
    uint32_t rva = rva_of(trace, insn->address);
    size_t low = 0, high = record->hit_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (record->hits[middle].rva < rva)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < record->hit_count && record->hits[low].rva - rva < insn->size; low++)
        record->hits[low].met = true;
}

static struct ph_error *call_routine(struct ph_follow *trace, struct ph_flow *flow, uint64_t site,
                                     uint32_t number, struct ph_call_effect *effect)
{
    const struct ph_routine *routine = ph_program_called(trace->program, number);
    const struct ph_api *found;
    uint32_t made;

    if (number == PH_NUMBER_CHECK) {
        effect->keeps_registers = true;
        effect->cleanup = 0;
        return NULL;
    }
    if (!routine)
        return NULL;
    if (routine->cleanup_known && !trace->program->pe->wide)
        effect->cleanup = routine->cleanup;
    effect->no_return = routine->no_return;
    if (trace->program->pe->machine == PH_PE_X86)
        effect->keeps_pointers = IMPORTS_KEEP;
    if (!routine->api)
        return NULL;
    const struct ph_api *api = routine->api;
    if (api->kind == PH_API_NAME) {
        ph_follow_name(trace, flow, site);
    } else if (api->kind == PH_API_FIND_WIDE || api->kind == PH_API_FIND_NARROW) {
        found = ph_follow_find(trace, flow, site, api->kind == PH_API_FIND_WIDE);
        if (found) {
            PH_TRY(ph_program_routine(trace->program, found, &made));
            effect->result = ph_abs_symbol(PH_SYMBOL_IMPORT, made, 0);
        }
    } else if (ph_flow_is_final(flow)) {
        return note_api(trace, flow, site, api);
    }
    return NULL;
}

static struct ph_error *on_call(void *context, struct ph_flow *flow, uint64_t site,
                                const struct ph_abs *target, bool tail,
                                struct ph_call_effect *effect)
{
    struct ph_follow *trace = context;
    struct ph_destination to;
    struct ph_callee callee;

    (void)tail; /* arguments are asked for by number either way */
    PH_TRY(ph_follow_resolve(trace, flow, target, &to));
    if (to.is_routine)
        return call_routine(trace, flow, site, to.number, effect);
    if (!to.is_function)
        return NULL;
    PH_TRY(ph_program_callee(trace->program, to.rva, &callee));
    if (callee.cleanup_known)
        effect->cleanup = callee.cleanup;
    effect->keeps_pointers = callee.keeps;
    return ph_flow_is_final(flow) ? call_wrapper(trace, flow, site, to.rva) : NULL;
}

/* ------------------------------------------------------------------ one function */

static int by_rva(const void *left, const void *right)
{
    const struct ph_hit *a = left, *b = right;

    return a->rva < b->rva ? -1 : a->rva > b->rva;
}

/* Starts for the hits that no path reached; those that decoding does not come to are chance. */
static size_t find_starts(struct ph_follow *trace, uint64_t starts[ENTRIES_MOST])
{
    struct ph_record *record = ph_follow_record(trace);
    struct ph_blocks blocks = {.entry = record->entry};
    size_t count = 0;
    uint32_t start;

    for (size_t i = 0; i < record->hit_count; i++) {
        struct ph_hit *hit = &record->hits[i];
        if (hit->met)
            continue;
        if (!ph_function_block(&trace->program->functions, &blocks, hit->rva, &start))
            hit->api = NULL;
        else if (count < ENTRIES_MOST &&
                 (!count || starts[count - 1] != trace->program->pe->base + start))
            starts[count++] = trace->program->pe->base + start;
    }
    return count;
}

static struct ph_error *run(struct ph_follow *trace, const uint64_t *starts, size_t count)
{
    struct ph_flow_hooks hooks = {.context = trace,
                                  .code = on_code,
                                  .inside = on_inside,
                                  .load = on_load,
                                  .store = on_store,
                                  .call = on_call,
                                  .seen = ph_follow_record(trace)->hit_count ? on_seen : NULL,
                                  .entries = starts,
                                  .entry_count = count};
    const struct ph_pe *pe = trace->program->pe;
    struct ph_flow_stats stats = {0};

    trace->template_count = trace->site_count = 0;
    PH_TRY(ph_flow_run(pe->machine, pe->base + ph_follow_record(trace)->entry, &hooks, &stats));
    PH_TRY(ph_steal(trace->error));
    if (trace->program->functions.out_of_memory)
        return ph_error_nomem();
    ph_follow_record(trace)->gave_up = stats.gave_up;
    ph_follow_record(trace)->traced = true;
    (void)ph_functions_spend(&trace->program->functions, stats.steps);
    return NULL;
}

struct ph_error *ph_trace(struct ph_survey *survey, uint32_t record)
{
    PH_GUARD(trace_fini)
    struct ph_follow trace = {.survey = survey, .program = &survey->program, .number = record};
    struct ph_record *own = ph_follow_record(&trace);
    uint64_t starts[ENTRIES_MOST];

    if (own->hit_count)
        ph_sort(own->hits, own->hit_count, sizeof(*own->hits), by_rva);
    PH_TRY(run(&trace, NULL, 0));
    size_t count = find_starts(&trace, starts);
    if (count)
        PH_TRY(run(&trace, starts, count));
    PH_TRY(ph_publish_sites(&trace));
    return ph_publish_templates(&trace);
}
