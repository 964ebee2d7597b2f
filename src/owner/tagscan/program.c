/* program.c - see program.h. */
#include "owner/tagscan/program.h"

#include <string.h>

#include "base/mem.h"
#include "base/sort.h"
#include "base/text.h"

enum {
    /* IMAGE_LOAD_CONFIG_DIRECTORY: the pointers to the pointers of Control Flow Guard's functions
     */
    GUARD_CHECK_WIDE = 0x70,
    GUARD_DISPATCH_WIDE = 0x78,
    GUARD_CHECK_NARROW = 0x48,
    GUARD_DISPATCH_NARROW = 0x4c,
    GLOBALS_MOST = 1 << 14
};

bool ph_program_rva(const struct ph_program *program, uint64_t address, uint32_t *rva)
{
    uint64_t offset = address - program->pe->base;

    if (address < program->pe->base || offset >= program->pe->image_size)
        return false;
    *rva = (uint32_t)offset;
    return true;
}

static struct ph_slice key_of(const uint32_t *rva)
{
    return (struct ph_slice){(const char *)rva, sizeof(*rva)};
}

/* ------------------------------------------------------------------ routines */

const struct ph_routine *ph_program_routine_at(const struct ph_program *program, uint32_t number)
{
    return number < program->routine_count ? &program->routines[number] : NULL;
}

const struct ph_routine *ph_program_called(struct ph_program *program, uint32_t number)
{
    struct ph_routine *routine =
        number < program->routine_count ? &program->routines[number] : NULL;

    if (routine && !routine->looked_up) {
        struct ph_slice name = program->imports.items[number].name;
        routine->cleanup_known =
            name.size && ph_import_cleanup(name, &routine->cleanup, &routine->no_return);
        routine->looked_up = true;
    }
    return routine;
}

static struct ph_error *add_routine(struct ph_program *program, const struct ph_routine *routine)
{
    PH_TRY(ph_grow(&program->routines, &program->routine_capacity, program->routine_count + 1,
                   sizeof(*program->routines)));
    program->routines[program->routine_count++] = *routine;
    return NULL;
}

struct ph_error *ph_program_routine(struct ph_program *program, const struct ph_api *api,
                                    uint32_t *number)
{
    struct ph_routine routine = {
        .api = api, .looked_up = true, .cleanup_known = true, .cleanup = api->cleanup};

    for (size_t i = program->imports.count; i < program->routine_count; i++)
        if (program->routines[i].api == api) {
            *number = (uint32_t)i;
            return NULL;
        }
    PH_TRY(add_routine(program, &routine));
    *number = (uint32_t)program->routine_count - 1;
    return NULL;
}

static int by_rva(const void *left, const void *right)
{
    const struct ph_place *a = left, *b = right;

    if (a->rva != b->rva)
        return a->rva < b->rva ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

static const struct ph_place *place_at(const struct ph_place *places, size_t count, uint32_t rva)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (places[middle].rva < rva)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && places[low].rva == rva ? &places[low] : NULL;
}

/* The slot of a function of Control Flow Guard, which the load configuration names. */
static void add_guard(struct ph_program *program, uint32_t offset, uint32_t number)
{
    const struct ph_pe *pe = program->pe;
    uint32_t config = pe->directories[PH_PE_LOAD_CONFIG].rva, size, slot;

    if (config && ph_pe_u32(pe, config, &size) && size >= offset + ph_program_pointer(program) &&
        ph_pe_pointer(pe, config + offset, &slot))
        program->slots[program->slot_count++] = (struct ph_place){slot, number};
}

static struct ph_error *find_slots(struct ph_program *program)
{
    const struct ph_pe *pe = program->pe;

    PH_TRY(ph_pe_imports(pe, &program->imports));
    program->slots = ph_zalloc(program->imports.count + 2, sizeof(*program->slots));
    if (!program->slots)
        return ph_error_nomem();
    for (size_t i = 0; i < program->imports.count; i++) {
        const struct ph_pe_import *import = &program->imports.items[i];
        struct ph_routine routine = {.api = ph_api_by_name(import->name)};
        PH_TRY(add_routine(program, &routine));
        program->slots[program->slot_count++] = (struct ph_place){import->slot_rva, (uint32_t)i};
    }
    add_guard(program, pe->wide ? GUARD_CHECK_WIDE : GUARD_CHECK_NARROW, PH_NUMBER_CHECK);
    add_guard(program, pe->wide ? GUARD_DISPATCH_WIDE : GUARD_DISPATCH_NARROW, PH_NUMBER_DISPATCH);
    ph_sort(program->slots, program->slot_count, sizeof(*program->slots), by_rva);
    return NULL;
}

/* x86 files that GNU tools or Clang link may export the decorated name: _name@bytes. */
static struct ph_slice undecorated(struct ph_slice name)
{
    const char *at = name.size ? memchr(name.data, '@', name.size) : NULL;

    if (at && at != name.data) {
        name.size = (size_t)(at - name.data);
        if (name.data[0] == '_')
            name = (struct ph_slice){name.data + 1, name.size - 1};
    }
    return name;
}

/* The kernel, ndis.sys and so on call their allocation routines directly. */
static struct ph_error *find_exports(struct ph_program *program)
{
    PH_GUARD(ph_pe_exports_fini) struct ph_pe_exports exports = {0};
    struct ph_slice code;
    uint32_t number;

    PH_TRY(ph_pe_exports(program->pe, &exports));
    for (size_t i = 0; i < exports.count; i++) {
        const struct ph_api *api = ph_api_by_name(undecorated(exports.items[i].name));
        if (!api || !ph_code_at(program->pe, exports.items[i].rva, &code))
            continue;
        PH_TRY(ph_program_routine(program, api, &number));
        PH_TRY(ph_grow(&program->exports, &program->export_capacity, program->export_count + 1,
                       sizeof(*program->exports)));
        program->exports[program->export_count++] = (struct ph_place){exports.items[i].rva, number};
    }
    if (program->export_count)
        ph_sort(program->exports, program->export_count, sizeof(*program->exports), by_rva);
    return NULL;
}

bool ph_program_export(const struct ph_program *program, uint32_t rva, uint32_t *number)
{
    const struct ph_place *place = place_at(program->exports, program->export_count, rva);

    if (place)
        *number = place->number;
    return place != NULL;
}

/* ------------------------------------------------------------------ globals and callees */

struct ph_global *ph_program_global(const struct ph_program *program, uint32_t rva)
{
    uint32_t number;

    return ph_table_find(&program->global_numbers, key_of(&rva), &number)
               ? &program->globals[number]
               : NULL;
}

struct ph_error *ph_program_note_global(struct ph_program *program, uint32_t rva,
                                        struct ph_global **global)
{
    *global = ph_program_global(program, rva);
    if (*global || program->global_count >= GLOBALS_MOST)
        return NULL;
    PH_TRY(ph_grow(&program->globals, &program->global_capacity, program->global_count + 1,
                   sizeof(*program->globals)));
    PH_TRY(ph_table_put(&program->global_numbers, key_of(&rva), (uint32_t)program->global_count));
    *global = &program->globals[program->global_count++];
    **global = (struct ph_global){.rva = rva};
    return NULL;
}

struct ph_error *ph_program_callee(struct ph_program *program, uint32_t rva,
                                   struct ph_callee *callee)
{
    uint32_t number;

    if (ph_table_find(&program->callee_numbers, key_of(&rva), &number)) {
        *callee = program->callees[number];
        return NULL;
    }
    ph_callee_look(&program->functions, rva, callee);
    PH_TRY(ph_grow(&program->callees, &program->callee_capacity, program->callee_count + 1,
                   sizeof(*program->callees)));
    PH_TRY(ph_table_put(&program->callee_numbers, key_of(&rva), (uint32_t)program->callee_count));
    program->callees[program->callee_count++] = *callee;
    return NULL;
}

/* ------------------------------------------------------------------ memory */

static bool read_bytes(const struct ph_pe *pe, uint32_t rva, unsigned width, uint64_t *number)
{
    struct ph_slice bytes;

    if (width == 0 || width > 8 || !ph_pe_bytes(pe, rva, width, &bytes))
        return false;
    *number = 0;
    for (unsigned i = 0; i < width; i++)
        *number |= (uint64_t)(uint8_t)bytes.data[i] << 8 * i;
    return true;
}

/* A variable that the file leaves zero gets its value at run time: what was seen to be stored. */
static struct ph_abs global_value(const struct ph_program *program, uint32_t rva)
{
    const struct ph_global *global = ph_program_global(program, rva);

    return global && global->known
               ? global->value
               : ph_abs_symbol(PH_SYMBOL_GLOBAL, 0, (int64_t)(program->pe->base + rva));
}

static void load_image(const struct ph_program *program, uint32_t rva, unsigned width,
                       struct ph_abs *value)
{
    const struct ph_pe *pe = program->pe;
    const struct ph_pe_section *section = ph_pe_section_at(pe, rva);
    uint64_t number = 0;

    if (!section)
        return;
    bool read = read_bytes(pe, rva, width, &number);
    bool literal =
        section->flags & PH_PE_CODE && pe->machine == PH_PE_ARM64; /* constants of code */
    if (section->flags & PH_PE_WRITABLE && !literal) {
        if (!read || !number) {
            *value = global_value(program, rva);
            return;
        }
        *value = ph_abs_constant(number);
        value->from_writable = true;
        return;
    }
    if (!read)
        return;
    *value = ph_abs_constant(number);
    value->from_data = !(section->flags & PH_PE_CODE);
}

void ph_program_load(const struct ph_program *program, uint64_t address, unsigned width,
                     struct ph_abs *value)
{
    uint32_t rva;

    if (width == ph_program_pointer(program) && ph_wdf_load(&program->wdf, address, value))
        return;
    if (!ph_program_rva(program, address, &rva))
        return;
    const struct ph_place *slot = place_at(program->slots, program->slot_count, rva);
    if (!slot)
        load_image(program, rva, width, value);
    else if (width == ph_program_pointer(program))
        *value = ph_abs_symbol(PH_SYMBOL_IMPORT, slot->number, 0);
}

/* ------------------------------------------------------------------ begin and end */

static struct ph_error *find_wdf(struct ph_program *program)
{
    size_t count;
    const struct ph_wdf_function *functions = ph_wdf_functions(&count);

    PH_TRY(ph_wdf_find(program->pe, &program->wdf));
    for (size_t i = 0; program->wdf.found && i < count; i++)
        PH_TRY(ph_program_routine(program, &functions[i].api, &program->wdf.numbers[i]));
    return NULL;
}

struct ph_error *ph_program_init(struct ph_program *program, const struct ph_pe *pe,
                                 uint64_t budget)
{
    PH_GUARD(ph_program_fini) struct ph_program made = {.pe = pe};

    PH_TRY(find_slots(&made));
    PH_TRY(find_exports(&made));
    PH_TRY(find_wdf(&made));
    PH_TRY(ph_functions_init(&made.functions, pe, budget));
    *program = made;
    made = (struct ph_program){.pe = pe};
    return NULL;
}

void ph_program_fini(struct ph_program *program)
{
    ph_pe_imports_fini(&program->imports);
    ph_free(program->routines);
    ph_free(program->slots);
    ph_free(program->exports);
    ph_table_fini(&program->global_numbers);
    ph_free(program->globals);
    ph_functions_fini(&program->functions);
    ph_table_fini(&program->callee_numbers);
    ph_free(program->callees);
    *program = (struct ph_program){0};
}
