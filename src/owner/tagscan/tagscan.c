/* tagscan.c - the scan of one driver, in rounds: search for what refers to allocating routines,
 * follow the functions that do, and search in turn for the callers of those that turn out to be
 * wrappers, until nothing new is known.
 */
#include "owner/tagscan/tagscan.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/sort.h"
#include "owner/tagscan/claims.h"
#include "owner/tagscan/survey.h"

enum {
    ROUNDS_MOST = 12,
    /* instructions that are decoded or followed at most: a few seconds' work */
    BUDGET_LEAST = 4 << 20,
    BUDGET_PER_BYTE = 8,
    BUDGET_MOST = 48 << 20
};

/* ------------------------------------------------------------------ what to search for first */

/* True when the file holds the start of an allocating routine's name in UTF-16: otherwise nothing
 * comes of looking up names at run time. */
static bool has_names(const struct ph_pe *pe)
{
    static const char name[] = "E\0x\0A\0l\0l\0o\0c\0a\0t\0e";

    return ph_find_bytes(pe->file.data, pe->file.size, name, sizeof(name)) != NULL;
}

/* Whether calls of a routine are looked for; otherwise it only matters beside those that are. */
static bool is_wanted(const struct ph_program *program, uint32_t number, bool names)
{
    const struct ph_api *api = ph_program_routine_at(program, number)->api;

    return api && api->kind != PH_API_NAME && (api->kind != PH_API_FIND_WIDE || names);
}

static struct ph_error *start(struct ph_survey *survey)
{
    const struct ph_program *program = &survey->program;
    bool names = has_names(program->pe);

    for (size_t i = 0; i < program->imports.count; i++)
        if (is_wanted(program, (uint32_t)i, names))
            PH_TRY(ph_survey_touch(survey, program->imports.items[i].slot_rva));
    for (size_t i = 0; i < program->export_count; i++)
        if (is_wanted(program, program->exports[i].number, names))
            PH_TRY(ph_survey_touch(survey, program->exports[i].rva));
    for (unsigned i = 0; i < program->wdf.target_count; i++)
        PH_TRY(ph_survey_touch(survey, program->wdf.targets[i]));
    return NULL;
}

/* ------------------------------------------------------------------ rounds */

/* The allocating routine whose slot or own code is at `rva`; NULL when it is something else. */
static const struct ph_api *api_at(const struct ph_program *program, uint32_t rva)
{
    struct ph_abs value = ph_abs_unknown();
    uint32_t number;

    if (!ph_program_export(program, rva, &number)) {
        ph_program_load(program, program->pe->base + rva, ph_program_pointer(program), &value);
        if (value.symbol != PH_SYMBOL_IMPORT)
            return NULL;
        number = value.number;
    }
    const struct ph_routine *routine = ph_program_routine_at(program, number);
    return routine && routine->api && ph_api_allocates(routine->api) ? routine->api : NULL;
}

static struct ph_error *add_edge(struct ph_survey *survey, uint32_t target, uint32_t record)
{
    const struct ph_edge *last = survey->edge_count ? &survey->edges[survey->edge_count - 1] : NULL;

    if (last && last->target == target && last->record == record)
        return NULL;
    PH_TRY(ph_grow(&survey->edges, &survey->edge_capacity, survey->edge_count + 1,
                   sizeof(*survey->edges)));
    survey->edges[survey->edge_count++] = (struct ph_edge){target, record};
    return NULL;
}

/* Slots are read, or called through; functions are called, or jumped to. */
static struct ph_error *add_hit(struct ph_record *record, const struct ph_ref *ref,
                                const struct ph_api *api)
{
    bool is_call = ref->kind == PH_REF_CALL || ref->kind == PH_REF_JUMP;

    PH_TRY(ph_grow(&record->hits, &record->hit_capacity, record->hit_count + 1,
                   sizeof(*record->hits)));
    record->hits[record->hit_count++] = (struct ph_hit){ref->from, is_call ? api : NULL, false};
    return NULL;
}

static struct ph_error *add_orphan(struct ph_survey *survey, const struct ph_ref *ref,
                                   const struct ph_api *api)
{
    if (!api || ref->kind != PH_REF_CALL)
        return NULL;
    PH_TRY(ph_grow(&survey->orphans, &survey->orphan_capacity, survey->orphan_count + 1,
                   sizeof(*survey->orphans)));
    survey->orphans[survey->orphan_count++] = (struct ph_hit){ref->from, api, false};
    return NULL;
}

/* A function refers to something wanted. One that only jumps there stands for it. */
static struct ph_error *take_ref(struct ph_survey *survey, const struct ph_ref *ref,
                                 uint32_t target)
{
    struct ph_program *program = &survey->program;
    const struct ph_api *api = api_at(program, target);
    struct ph_record *record;
    struct ph_callee callee;
    uint32_t entry;
    bool found;

    if (ref->kind == PH_REF_DATA)
        return NULL;
    PH_TRY(ph_function_at(&program->functions, ref->from, &found, &entry));
    if (!found)
        return add_orphan(survey, ref, api);
    PH_TRY(ph_program_callee(program, entry, &callee));
    if (callee.kind != PH_CALLEE_CODE)
        return callee.target == target ? ph_survey_touch(survey, entry) : NULL;
    PH_TRY(ph_survey_note(survey, entry, &record));
    if (!record)
        return NULL;
    record->pending = true;
    if (entry != target)
        PH_TRY(add_hit(record, ref, api));
    return add_edge(survey, target, (uint32_t)(record - survey->records));
}

static struct ph_error *search(struct ph_survey *survey)
{
    PH_GUARD(ph_refs_fini) struct ph_refs refs = {0};
    ph_autofree uint32_t *targets = ph_steal(survey->targets);
    size_t count = survey->target_count;

    survey->target_count = survey->target_capacity = 0;
    PH_TRY(ph_refs_find(survey->program.pe, targets, count, &refs));
    survey->too_many |= refs.cut;
    for (size_t i = 0; i < refs.count; i++)
        PH_TRY(take_ref(survey, &refs.items[i], targets[refs.items[i].target]));
    return NULL;
}

static int by_number(const void *left, const void *right)
{
    const uint32_t *a = left, *b = right;

    return *a < *b ? -1 : *a > *b;
}

/* Functions that refer to something of which more is known now. */
static void wake(struct ph_survey *survey)
{
    if (!survey->changed_count)
        return;
    ph_sort(survey->changed, survey->changed_count, sizeof(*survey->changed), by_number);
    for (size_t i = 0; i < survey->edge_count; i++)
        if (bsearch(&survey->edges[i].target, survey->changed, survey->changed_count,
                    sizeof(*survey->changed), by_number))
            survey->records[survey->edges[i].record].pending = true;
    survey->changed_count = 0;
}

static struct ph_error *follow(struct ph_survey *survey)
{
    for (size_t i = 0; i < survey->record_count; i++) {
        if (!survey->records[i].pending)
            continue;
        if (survey->program.functions.out_of_budget)
            return NULL;
        survey->records[i].pending = false;
        PH_TRY(ph_trace(survey, (uint32_t)i));
    }
    return NULL;
}

static struct ph_error *run_rounds(struct ph_survey *survey)
{
    PH_TRY(start(survey));
    for (unsigned i = 0; i < ROUNDS_MOST && (survey->target_count || survey->changed_count); i++) {
        if (survey->target_count)
            PH_TRY(search(survey));
        wake(survey);
        PH_TRY(follow(survey));
    }
    return NULL;
}

/* ------------------------------------------------------------------ all */

static struct ph_error *add_losses(const struct ph_survey *survey, struct ph_scan *scan)
{
    const struct ph_program *program = &survey->program;

    if (program->imports.damaged)
        PH_TRY(ph_loss_add(&scan->losses, 1, "the table of imports is damaged: routines may lack"));
    if (program->functions.out_of_budget)
        PH_TRY(ph_loss_add(&scan->losses, 1,
                           "the code is too large to follow all of it: stopped at a limit"));
    if (survey->too_many)
        PH_TRY(ph_loss_add(&scan->losses, 1,
                           "too many calls of allocating routines: the rest is left out"));
    return NULL;
}

static struct ph_error *scan_code(const struct ph_pe *pe, const char *service, struct ph_scan *scan)
{
    PH_GUARD(ph_survey_fini) struct ph_survey survey = {0};
    uint64_t budget = BUDGET_LEAST + (uint64_t)pe->file.size * BUDGET_PER_BYTE;

    PH_TRY(ph_program_init(&survey.program, pe, budget > BUDGET_MOST ? BUDGET_MOST : budget));
    PH_TRY(ph_driver_kinds_of(pe, &survey.program.imports, &scan->kinds));
    for (size_t i = 0; i < survey.program.export_count; i++)
        if (ph_api_allocates(survey.program.routines[survey.program.exports[i].number].api))
            scan->kinds |= PH_DRIVER_IS_ALLOCATOR;
    if (scan->kinds & PH_DRIVER_PACKED)
        PH_TRY(ph_loss_add(&scan->losses, 1,
                           "packed: its code is unpacked when it runs and cannot be read"));
    PH_TRY(run_rounds(&survey));
    PH_TRY(ph_claims_make(&survey, service, scan));
    return add_losses(&survey, scan);
}

static struct ph_error *scan_other(const struct ph_pe *pe, struct ph_scan *scan)
{
    PH_GUARD(ph_pe_imports_fini) struct ph_pe_imports imports = {0};
    bool allocates = false;

    PH_TRY(ph_pe_imports(pe, &imports));
    PH_TRY(ph_driver_kinds_of(pe, &imports, &scan->kinds));
    for (size_t i = 0; i < imports.count; i++)
        allocates |= ph_is_allocator(imports.items[i].dll, imports.items[i].name);
    return allocates ? ph_loss_add(&scan->losses, 1,
                                   "code for this machine is not read: only x86, x64 and ARM64 is")
                     : NULL;
}

struct ph_error *ph_tagscan(const struct ph_pe *pe, const struct ph_tagscan_options *options,
                            struct ph_scan *scan)
{
    PH_GUARD(ph_scan_fini) struct ph_scan made = {.machine = pe->machine};
    bool known = pe->machine == PH_PE_X86 || pe->machine == PH_PE_X64 || pe->machine == PH_PE_ARM64;

    PH_TRY(known ? scan_code(pe, options->service, &made) : scan_other(pe, &made));
    *scan = made;
    made = (struct ph_scan){0};
    return NULL;
}
