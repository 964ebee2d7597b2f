#include "owner/linux/wrappers.h"

#include <string.h>

#include "base/mem.h"
#include "base/table.h"
#include "base/text.h"

/* ------------------------------------------------------------------ the table */

/* The name as it is in the source: compilers append .isra.0, .constprop.0, .part.0, .cold and the
 * like; since 6.10 the function behind an allocation macro is called _noprof. */
static struct ph_slice plain(const char *function)
{
    static const char SUFFIX[] = "_noprof";
    enum { LENGTH = sizeof(SUFFIX) - 1 };
    struct ph_slice name = {function, strcspn(function, ".")};

    if (name.size > LENGTH && !memcmp(function + name.size - LENGTH, SUFFIX, LENGTH))
        name.size -= LENGTH;
    return name;
}

static const struct ph_wrapper_row *row_of(enum ph_wrapper_kind kind, struct ph_slice name)
{
    for (size_t i = 0; name.size && i < ph_wrapper_row_count; i++) {
        const struct ph_wrapper_row *row = &ph_wrapper_rows[i];
        bool begins = row->pattern[0] == name.data[0]; /* none begins with a wildcard */
        if (begins && row->kind == kind && ph_pattern_match(row->pattern, name))
            return row;
    }
    return NULL;
}

/* Code made at run time: programs and trampolines of tracing. */
static bool is_pseudo(const char *module)
{
    return !strcmp(module, "bpf") || !strncmp(module, "__builtin__", strlen("__builtin__"));
}

/* Of a real module, loaded or not any more. */
static bool has_module(const struct ph_place *place)
{
    return place->module && !is_pseudo(place->module);
}

static bool serves_others(const struct ph_place *place)
{
    return has_module(place) && row_of(PH_ROW_SERVICE, ph_slice_of(place->module));
}

bool ph_is_wrapper(const struct ph_place *place, const char **what)
{
    if (!place->function || (has_module(place) && !serves_others(place)))
        return false;
    const struct ph_wrapper_row *row = row_of(PH_ROW_WRAPPER, plain(place->function));
    if (!row && !(place->module && is_pseudo(place->module)))
        return false;
    if (what)
        *what = row ? row->what : "tracing";
    return true;
}

/* ------------------------------------------------------------------ stacks */

static bool is_entry(const struct ph_place *place)
{
    return place->function && !has_module(place) && row_of(PH_ROW_ENTRY, plain(place->function));
}

/* Frames before the one where the thread, the system call or the interrupt begins. */
static size_t own_frames(const struct ph_trace_stack *stack)
{
    size_t count = 0;

    while (count < stack->frame_count && !is_entry(&stack->frames[count]))
        count++;
    return count;
}

size_t ph_owner_frame(const struct ph_trace_stack *stack)
{
    size_t count = own_frames(stack), module = SIZE_MAX, kernel = SIZE_MAX;

    for (size_t i = 0; i < count; i++) {
        const struct ph_place *place = &stack->frames[i];
        if (ph_is_wrapper(place, NULL))
            continue;
        if (has_module(place)) {
            if (!serves_others(place))
                return i;
            if (module == SIZE_MAX)
                module = i;
        } else if (place->function && kernel == SIZE_MAX) {
            kernel = i;
        }
    }
    return module != SIZE_MAX ? module : kernel;
}

/* ------------------------------------------------------------------ sites */

/* What one owner has of a site, by stacks. */
struct share {
    const struct ph_place *place; /* of its largest stack; borrowed */
    double bytes, objects, allocs, most;
};

struct shares {
    struct share *items; /* one a stack is enough */
    size_t count;
    struct ph_table places; /* function and module -> number */
    double bytes;           /* of all stacks */
};

static void shares_fini(struct shares *shares)
{
    ph_free(shares->items);
    ph_table_fini(&shares->places);
}

static struct ph_error *share_of(struct shares *shares, const struct ph_place *place,
                                 struct share **share)
{
    ph_autofree char *key = ph_format("%s [%s]", place->function ? place->function : "",
                                      place->module ? place->module : "");
    uint32_t number;

    if (!key)
        return ph_error_nomem();
    if (!ph_table_find(&shares->places, ph_slice_of(key), &number)) {
        number = (uint32_t)shares->count;
        PH_TRY(ph_table_put(&shares->places, ph_slice_of(key), number));
        shares->items[shares->count++] = (struct share){.place = place, .most = -1};
    }
    *share = &shares->items[number];
    return NULL;
}

static struct ph_error *count_stack(struct shares *shares, struct ph_trace_stack *stack)
{
    struct share *share;

    stack->owner = ph_owner_frame(stack);
    shares->bytes += stack->bytes;
    if (stack->owner == SIZE_MAX)
        return NULL;
    PH_TRY(share_of(shares, &stack->frames[stack->owner], &share));
    share->bytes += stack->bytes;
    share->objects += stack->objects;
    share->allocs += stack->allocs;
    if (stack->bytes > share->most) {
        share->most = stack->bytes;
        share->place = &stack->frames[stack->owner];
    }
    return NULL;
}

/* Most living bytes; where nothing lives, most allocations. */
static bool has_more(const struct share *a, const struct share *b)
{
    if (a->bytes < b->bytes || a->bytes > b->bytes)
        return a->bytes > b->bytes;
    if (a->objects < b->objects || a->objects > b->objects)
        return a->objects > b->objects;
    return a->allocs > b->allocs;
}

/* NULL equals NULL. */
static bool same_text(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

static struct ph_error *set_owner(struct ph_trace_site *site, const struct ph_place *owner,
                                  double share)
{
    bool itself = owner && ph_place_is_known(&site->place) &&
                  same_text(owner->function, site->place.function) &&
                  same_text(owner->module, site->place.module);

    if (owner && !itself)
        PH_TRY(ph_place_copy(&site->owner, owner));
    else
        ph_place_fini(&site->owner);
    site->owner_share = share;
    return NULL;
}

struct ph_error *ph_attribute_site(struct ph_trace_site *site)
{
    PH_GUARD(shares_fini) struct shares shares = {0};
    const struct share *best = NULL;

    shares.items = ph_zalloc(site->stack_count, sizeof(*shares.items));
    if (!shares.items)
        return ph_error_nomem();
    for (size_t i = 0; i < site->stack_count; i++)
        PH_TRY(count_stack(&shares, &site->stacks[i]));
    for (size_t i = 0; i < shares.count; i++)
        if (!best || has_more(&shares.items[i], best))
            best = &shares.items[i];
    if (!best)
        return set_owner(site, NULL, (double)NAN);
    return set_owner(site, best->place,
                     shares.bytes > 0 ? best->bytes / shares.bytes : (double)NAN);
}
