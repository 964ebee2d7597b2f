#include "model/ksymbols.h"

#include <string.h>

#include "base/mem.h"
#include "model/kmodules.h"
#include "model/kranges.h"
#include "model/ksymtab.h"

/* Some distributions' machines load and unload hundreds of modules while they start; after that
 * it is rare. */
enum { UNLOADED_MOST = 256 };

struct unloaded {
    char *name;
    uint64_t from, to;
    struct ph_ksymtab functions; /* without modules */
};

struct ph_ksymbols {
    struct ph_ksymtab table; /* of what is loaded */
    struct ph_kranges ranges;
    struct unloaded *unloaded[UNLOADED_MOST]; /* oldest first */
    size_t unloaded_count;
    bool modules_hidden, kallsyms_hidden, modules_taken, kallsyms_taken;
};

/* ------------------------------------------------------------------ making */

static void unloaded_destroy(struct unloaded *unloaded)
{
    if (!unloaded)
        return;
    ph_free(unloaded->name);
    ph_ksymtab_fini(&unloaded->functions);
    ph_free(unloaded);
}

struct ph_error *ph_ksymbols_create(struct ph_ksymbols **symbols)
{
    struct ph_ksymbols *fresh = ph_zalloc(1, sizeof(*fresh));

    if (!fresh)
        return ph_error_nomem();
    *symbols = fresh;
    return NULL;
}

void ph_ksymbols_destroy(struct ph_ksymbols *symbols)
{
    if (!symbols)
        return;
    for (size_t i = 0; i < symbols->unloaded_count; i++)
        unloaded_destroy(symbols->unloaded[i]);
    ph_kranges_fini(&symbols->ranges);
    ph_ksymtab_fini(&symbols->table);
    ph_free(symbols);
}

void ph_ksymbols_destroyp(struct ph_ksymbols **symbols)
{
    ph_ksymbols_destroy(*symbols);
}

/* ------------------------------------------------------------------ modules that are gone */

/* Modules to be moved to the history in one go: either all of them are, or an error. */
struct leaving {
    struct unloaded **items; /* the last ones; owned */
    size_t count;
    uint32_t
        *of_module; /* by number in the table: 1 + place in items, LEAVES_TRACELESS, 0 = stays */
};
#define LEAVES_TRACELESS UINT32_MAX

static void leaving_fini(struct leaving *leaving)
{
    for (size_t i = 0; leaving->items && i < leaving->count; i++)
        unloaded_destroy(leaving->items[i]);
    ph_free(leaving->items);
    ph_free(leaving->of_module);
}

static struct ph_error *leaving_init(const struct ph_ksymbols *symbols, struct leaving *leaving)
{
    leaving->items = ph_zalloc(UNLOADED_MOST, sizeof(struct unloaded *));
    leaving->of_module = ph_zalloc(symbols->table.module_count + 1, sizeof(uint32_t));
    return leaving->items && leaving->of_module ? NULL : ph_error_nomem();
}

/* `name` goes, having had this range; its functions follow in take_along(). */
static struct ph_error *leave(const struct ph_ksymbols *symbols, const char *name, uint64_t from,
                              uint64_t to, struct leaving *leaving)
{
    uint32_t number;
    bool in_table = ph_table_find(&symbols->table.numbers, ph_slice_of(name), &number);

    if (in_table)
        leaving->of_module[number] = LEAVES_TRACELESS;
    if (to <= from || leaving->count == UNLOADED_MOST)
        return NULL;
    struct unloaded *gone = ph_zalloc(1, sizeof(*gone));
    if (!gone)
        return ph_error_nomem();
    leaving->items[leaving->count++] = gone;
    gone->from = from;
    gone->to = to;
    gone->name = ph_strdup(name);
    if (!gone->name)
        return ph_error_nomem();
    if (in_table)
        leaving->of_module[number] = (uint32_t)leaving->count;
    return NULL;
}

/* Copies the functions of those that leave. */
static struct ph_error *take_along(const struct ph_ksymtab *table, struct leaving *leaving)
{
    size_t capacities[UNLOADED_MOST] = {0};

    for (size_t i = 0; i < table->count; i++) {
        uint32_t place = leaving->of_module[table->items[i].module];
        if (!place || place == LEAVES_TRACELESS)
            continue;
        struct ph_ksymtab *own = &leaving->items[place - 1]->functions;
        const char *name = ph_ksymtab_name(table, &table->items[i]);
        PH_TRY(ph_grow(&own->items, &capacities[place - 1], own->count + 1, sizeof(*own->items)));
        own->items[own->count] = table->items[i];
        own->items[own->count++].name = (uint32_t)own->names.size;
        ph_text_add(&own->names, name, strlen(name) + 1);
        PH_TRY(ph_text_check(&own->names));
    }
    return NULL;
}

/* A module that comes and goes all the time, always at one place, is kept once. */
static void drop_unloaded(struct ph_ksymbols *symbols, size_t at)
{
    unloaded_destroy(symbols->unloaded[at]);
    symbols->unloaded_count--;
    memmove(&symbols->unloaded[at], &symbols->unloaded[at + 1],
            (symbols->unloaded_count - at) * sizeof(struct unloaded *));
}

static void keep_unloaded(struct ph_ksymbols *symbols, struct unloaded *gone)
{
    for (size_t i = symbols->unloaded_count; i-- > 0;) {
        const struct unloaded *other = symbols->unloaded[i];
        if (other->from == gone->from && other->to == gone->to && !strcmp(other->name, gone->name))
            drop_unloaded(symbols, i);
    }
    if (symbols->unloaded_count == UNLOADED_MOST)
        drop_unloaded(symbols, 0);
    symbols->unloaded[symbols->unloaded_count++] = gone;
}

/* Makes it so; cannot fail. */
static void commit(struct ph_ksymbols *symbols, struct leaving *leaving)
{
    struct ph_ksymtab *table = &symbols->table;
    size_t kept = 0;

    for (size_t i = 0; i < table->count; i++)
        if (!leaving->of_module[table->items[i].module])
            table->items[kept++] = table->items[i];
    table->count = kept;
    for (size_t i = 0; i < table->module_count; i++)
        if (leaving->of_module[i])
            table->modules[i].low = table->modules[i].high = 0;
    for (size_t i = 0; i < leaving->count; i++)
        keep_unloaded(symbols, ph_steal(leaving->items[i]));
    leaving->count = 0;
}

/* ------------------------------------------------------------------ /proc/modules */

/* What the text before knew: those that are gone leave. Where addresses are hidden now but were not
 * then, the old ones hold on. */
static struct ph_error *compare_ranges(const struct ph_ksymbols *symbols, struct ph_kranges *fresh,
                                       bool hidden, struct leaving *leaving, bool *changed)
{
    PH_GUARD(ph_table_fini) struct ph_table places = {0};
    size_t same = 0;
    uint32_t place;

    for (size_t i = 0; i < fresh->count; i++)
        PH_TRY(ph_table_put(&places, ph_slice_of(fresh->items[i].name), (uint32_t)i));
    for (size_t i = 0; i < symbols->ranges.count; i++) {
        const struct ph_krange *old = &symbols->ranges.items[i];
        if (ph_table_find(&places, ph_slice_of(old->name), &place)) {
            struct ph_krange *now = &fresh->items[place];
            if (hidden)
                now->from = old->from;
            same += now->from == old->from && now->size == old->size;
            if (now->from == old->from || !old->from)
                continue;
        }
        PH_TRY(leave(symbols, old->name, old->from, old->to, leaving));
    }
    *changed = same != fresh->count || same != symbols->ranges.count;
    return NULL;
}

struct ph_error *ph_ksymbols_take_modules(struct ph_ksymbols *symbols, struct ph_slice text,
                                          bool *changed)
{
    PH_GUARD(ph_kmodules_fini) struct ph_kmodules modules = {0};
    PH_GUARD(ph_kranges_fini) struct ph_kranges fresh = {0};
    PH_GUARD(leaving_fini) struct leaving leaving = {0};
    bool differs;

    PH_TRY(ph_kmodules_parse(text, &modules));
    PH_TRY(ph_kranges_of(&modules, &fresh));
    PH_TRY(leaving_init(symbols, &leaving));
    PH_TRY(compare_ranges(symbols, &fresh, modules.hidden, &leaving, &differs));
    PH_TRY(take_along(&symbols->table, &leaving));
    commit(symbols, &leaving);
    ph_kranges_sort(&fresh);
    ph_kranges_fini(&symbols->ranges);
    symbols->ranges = fresh;
    fresh = (struct ph_kranges){0};
    symbols->modules_hidden = ph_kranges_hidden(&symbols->ranges);
    symbols->modules_taken = symbols->modules_taken || modules.count;
    if (changed)
        *changed = differs;
    return NULL;
}

/* ------------------------------------------------------------------ /proc/kallsyms */

/* A module that is in both texts is the same one when a function of it lies where it did: that of
 * its beginning go away when it has begun. */
static struct ph_error *find_moved(const struct ph_ksymtab *old, const struct ph_ksymtab *fresh,
                                   uint32_t **where, bool **stayed)
{
    ph_autofree uint32_t *numbers = ph_zalloc(old->module_count + 1, sizeof(*numbers));
    ph_autofree bool *same = ph_zalloc(old->module_count + 1, sizeof(*same));

    if (!numbers || !same)
        return ph_error_nomem();
    for (size_t i = 1; i < old->module_count; i++) /* 0 = not there any more */
        (void)ph_table_find(&fresh->numbers, ph_slice_of(old->modules[i].name), &numbers[i]);
    for (size_t i = 0; i < old->count; i++) {
        const struct ph_kfunction *function = &old->items[i];
        if (!function->module || same[function->module] || !numbers[function->module])
            continue;
        const struct ph_kfunction *now = ph_ksymtab_find(fresh, function->address);
        same[function->module] =
            now && now->address == function->address && now->module == numbers[function->module];
    }
    *where = ph_steal(numbers);
    *stayed = ph_steal(same);
    return NULL;
}

static struct ph_error *compare_tables(const struct ph_ksymbols *symbols,
                                       const struct ph_ksymtab *fresh, struct leaving *leaving)
{
    ph_autofree uint32_t *numbers = NULL;
    ph_autofree bool *same = NULL;
    PH_GUARD(ph_table_fini) struct ph_table places = {0};
    const struct ph_ksymtab *old = &symbols->table;
    uint32_t place;

    PH_TRY(find_moved(old, fresh, &numbers, &same));
    for (size_t i = 0; i < symbols->ranges.count; i++)
        PH_TRY(ph_table_put(&places, ph_slice_of(symbols->ranges.items[i].name), (uint32_t)i));
    for (size_t i = 1; i < old->module_count; i++) {
        const struct ph_ksymtab_module *module = &old->modules[i];
        if (module->pseudo || !module->low || same[i])
            continue;
        uint64_t from = module->low, to = module->high;
        if (ph_table_find(&places, ph_slice_of(module->name), &place)) {
            const struct ph_krange *range = &symbols->ranges.items[place];
            if (range->from <= from && from < range->to) {
                from = range->from;
                to = range->to;
            }
        }
        PH_TRY(leave(symbols, module->name, from, to, leaving));
    }
    return NULL;
}

struct ph_error *ph_ksymbols_take_kallsyms(struct ph_ksymbols *symbols, struct ph_slice text)
{
    PH_GUARD(ph_ksymtab_fini) struct ph_ksymtab fresh = {0};
    PH_GUARD(leaving_fini) struct leaving leaving = {0};

    PH_TRY(ph_ksymtab_parse(text, &fresh));
    if (fresh.hidden && symbols->kallsyms_taken && !symbols->kallsyms_hidden)
        return NULL; /* the right to see addresses was given up meanwhile */
    PH_TRY(leaving_init(symbols, &leaving));
    PH_TRY(compare_tables(symbols, &fresh, &leaving));
    PH_TRY(take_along(&symbols->table, &leaving));
    commit(symbols, &leaving);
    ph_ksymtab_fini(&symbols->table);
    symbols->table = fresh;
    symbols->kallsyms_hidden = fresh.hidden;
    symbols->kallsyms_taken = symbols->kallsyms_taken || fresh.lines;
    fresh = (struct ph_ksymtab){0};
    return NULL;
}

bool ph_ksymbols_hidden(const struct ph_ksymbols *symbols)
{
    return (symbols->kallsyms_taken || symbols->modules_taken) &&
           (symbols->kallsyms_hidden || !symbols->kallsyms_taken) &&
           (symbols->modules_hidden || !symbols->modules_taken);
}

size_t ph_ksymbols_count(const struct ph_ksymbols *symbols)
{
    return symbols->table.count;
}

/* ------------------------------------------------------------------ places */

/* Where a function's end is not known, the range of its module is the limit. */
static bool holds(const struct ph_ksymbols *symbols, const struct ph_kfunction *function,
                  const struct ph_krange *range)
{
    const struct ph_ksymtab_module *module = &symbols->table.modules[function->module];

    if (function->sized)
        return true;
    if (range)
        return module->name &&
               ph_kmodule_same_name(ph_slice_of(module->name), ph_slice_of(range->name));
    return module->pseudo || !module->name ||
           !ph_kranges_named(&symbols->ranges, ph_slice_of(module->name));
}

static struct ph_error *fill(struct ph_place *place, const char *function, const char *module)
{
    place->function = function ? ph_strdup(function) : NULL;
    place->module = module ? ph_strdup(module) : NULL;
    return (function && !place->function) || (module && !place->module) ? ph_error_nomem() : NULL;
}

static struct ph_error *fill_function(const struct ph_ksymtab *table,
                                      const struct ph_kfunction *function, const char *module,
                                      struct ph_place *place)
{
    place->offset = place->address - function->address;
    place->size = function->sized ? function->reach : 0;
    return fill(place, ph_ksymtab_name(table, function), module);
}

/* Functions first: since 6.4 they tell better than ranges do where a module was. */
static struct ph_error *place_unloaded(const struct ph_ksymbols *symbols, struct ph_place *place)
{
    for (size_t i = symbols->unloaded_count; i-- > 0;) {
        const struct unloaded *gone = symbols->unloaded[i];
        const struct ph_kfunction *function = ph_ksymtab_find(&gone->functions, place->address);
        if (!function || (!function->sized && place->address >= gone->to))
            continue;
        place->unloaded = true;
        return fill_function(&gone->functions, function, gone->name, place);
    }
    for (size_t i = symbols->unloaded_count; i-- > 0;) {
        const struct unloaded *gone = symbols->unloaded[i];
        if (place->address < gone->from || place->address >= gone->to)
            continue;
        place->unloaded = true;
        return fill(place, NULL, gone->name);
    }
    return NULL;
}

static struct ph_error *find_place(const struct ph_ksymbols *symbols, struct ph_place *place)
{
    const struct ph_kfunction *function = ph_ksymtab_find(&symbols->table, place->address);
    const struct ph_krange *range = ph_kranges_at(&symbols->ranges, place->address);

    if (function && holds(symbols, function, range))
        return fill_function(&symbols->table, function,
                             symbols->table.modules[function->module].name, place);
    if (range)
        return fill(place, NULL, range->name);
    return place_unloaded(symbols, place);
}

struct ph_error *ph_ksymbols_place(const struct ph_ksymbols *symbols, uint64_t address,
                                   struct ph_place *place)
{
    PH_GUARD(ph_place_fini) struct ph_place fresh = {.address = address};

    if (address)
        PH_TRY(find_place(symbols, &fresh));
    ph_place_fini(place);
    *place = fresh;
    fresh = (struct ph_place){0};
    return NULL;
}

struct ph_error *ph_ksymbols_named(const struct ph_ksymbols *symbols, struct ph_slice name,
                                   struct ph_error *(*visit)(void *context, uint64_t address,
                                                             const char *module),
                                   void *context)
{
    const struct ph_ksymtab *table = &symbols->table;

    for (size_t i = 0; i < table->count; i++)
        if (ph_slice_is(name, ph_ksymtab_name(table, &table->items[i])))
            PH_TRY(visit(context, table->items[i].address,
                         table->modules[table->items[i].module].name));
    return NULL;
}

bool ph_ksymbols_module_range(const struct ph_ksymbols *symbols, struct ph_slice module,
                              uint64_t *from, uint64_t *to)
{
    const struct ph_krange *range = ph_kranges_named(&symbols->ranges, module);

    if (range && range->to > range->from) {
        *from = range->from;
        *to = range->to;
        return true;
    }
    for (size_t i = 1; !range && i < symbols->table.module_count; i++) {
        const struct ph_ksymtab_module *known = &symbols->table.modules[i];
        if (known->pseudo || known->high <= known->low ||
            !ph_kmodule_same_name(ph_slice_of(known->name), module))
            continue;
        *from = known->low;
        *to = known->high;
        return true;
    }
    return false;
}
