/* Owners by the kernel's own debugging: whoever's code allocated most of a tag's living objects. */
#include <string.h>

#include "app/kernel_evidence.h"
#include "app/who_linux_parts.h"
#include "base/mem.h"
#include "base/sort.h"
#include "model/trace_report.h"

enum { NAMED_PERCENT = 50, TOLD_PERCENT = 5, TOLD_MOST = 4, PLACES_MOST = 3 };
/* kmemleak cries about some objects that are found again in its next scan: a few name nobody. */
enum { UNREACHABLE_LEAST = 16 };

/* The objects of one place in the code, and of all places of one module (or of the kernel). */
struct part {
    const struct ph_place *place; /* borrowed from the trace */
    double objects;
    int64_t oldest_ns; /* -1 = unknown */
    uint32_t module;   /* number in the modules */
    size_t order;      /* as they came */
};
struct holder {
    const char *module; /* NULL = the kernel itself; borrowed from the trace */
    double objects;
    size_t parts;
    int64_t oldest_ns;
};
/* What one source says. */
struct account {
    const char *origin; /* NULL = tracing */
    double objects;     /* of all */
    double traced_s;    /* of tracing: how long */
    bool estimated;
    struct part *parts;
    size_t part_count, part_capacity;
    struct holder *holders;
    size_t holder_count, holder_capacity;
    struct ph_table places, modules;
};

static void account_fini(struct account *account)
{
    ph_free(account->parts);
    ph_free(account->holders);
    ph_table_fini(&account->places);
    ph_table_fini(&account->modules);
}

/* ------------------------------------------------------------------ adding up */

static struct ph_error *part_of(struct account *account, const struct ph_place *place,
                                uint32_t *number)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    ph_place_text(place, &text);
    PH_TRY(ph_text_check(&text));
    if (!ph_table_find(&account->places, ph_text_slice(&text), number)) {
        *number = (uint32_t)account->part_count;
        PH_TRY(ph_grow(&account->parts, &account->part_capacity, account->part_count + 1,
                       sizeof(*account->parts)));
        PH_TRY(ph_table_put(&account->places, ph_text_slice(&text), *number));
        account->parts[account->part_count++] =
            (struct part){.place = place, .oldest_ns = -1, .order = *number};
    }
    return NULL;
}

static struct ph_error *count_place(struct account *account, const struct ph_place *place,
                                    double objects, int64_t oldest_ns)
{
    uint32_t number = 0;

    PH_TRY(part_of(account, place, &number));
    if (!account->parts)
        return ph_error_nomem();
    struct part *part = &account->parts[number];
    part->objects += objects;
    part->oldest_ns = oldest_ns > part->oldest_ns ? oldest_ns : part->oldest_ns;
    return NULL;
}

/* By stacks where there are any: a helper's site is its callers'. */
static struct ph_error *count_site(struct account *account, const struct ph_trace_site *site)
{
    account->objects += site->objects;
    for (size_t i = 0; i < site->stack_count; i++) {
        const struct ph_trace_stack *stack = &site->stacks[i];
        PH_TRY(count_place(account,
                           stack->owner == SIZE_MAX ? &site->place : &stack->frames[stack->owner],
                           stack->objects, site->oldest_ns));
    }
    return site->stack_count ? NULL
                             : count_place(account, &site->place, site->objects, site->oldest_ns);
}

static struct ph_error *holder_of(struct account *account, const char *module, uint32_t *number)
{
    struct ph_slice key = ph_slice_of(module ? module : "");

    if (ph_table_find(&account->modules, key, number))
        return NULL;
    *number = (uint32_t)account->holder_count;
    PH_TRY(ph_grow(&account->holders, &account->holder_capacity, account->holder_count + 1,
                   sizeof(*account->holders)));
    PH_TRY(ph_table_put(&account->modules, key, *number));
    account->holders[account->holder_count++] = (struct holder){.module = module, .oldest_ns = -1};
    return NULL;
}

static int by_objects(const void *left, const void *right)
{
    const struct part *a = left, *b = right;

    if (a->objects < b->objects || a->objects > b->objects)
        return a->objects > b->objects ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* `question` NULL: all sites are of the tag. */
static struct ph_error *add_up(const struct ph_trace *trace,
                               const struct ph_linux_question *question, struct account *account)
{
    for (size_t i = 0; i < trace->count; i++) {
        const struct ph_trace_site *site = &trace->sites[i];
        if (site->origin != account->origin ||
            (question && !ph_trace_site_of(site, question->tag, question->aliases)))
            continue;
        account->estimated |= site->estimated;
        PH_TRY(count_site(account, site));
    }
    if (account->part_count)
        ph_sort(account->parts, account->part_count, sizeof(*account->parts), by_objects);
    for (size_t i = 0; i < account->part_count; i++) {
        struct part *part = &account->parts[i];
        PH_TRY(holder_of(account, part->place->module, &part->module));
        struct holder *holder = &account->holders[part->module];
        holder->objects += part->objects;
        holder->parts++;
        holder->oldest_ns =
            part->oldest_ns > holder->oldest_ns ? part->oldest_ns : holder->oldest_ns;
    }
    return NULL;
}

/* ------------------------------------------------------------------ words */

static void number(double value, struct ph_text *out)
{
    ph_text_grouped(out, value < 9e18 ? (int64_t)value : INT64_MAX);
}

static void place_words(const struct ph_place *place, struct ph_text *out)
{
    if (place->function)
        ph_text_printf(out, "%s+0x%llx", place->function, (unsigned long long)place->offset);
    else if (place->address)
        ph_text_printf(out, "0x%llx", (unsigned long long)place->address);
    else
        ph_text_puts(out, "other places");
}

/* "tick+0x10b", or "tick+0x10b 1,120, tock+0x33 380": the largest ones first. */
static void places_words(const struct account *account, const struct holder *holder,
                         struct ph_text *out)
{
    uint32_t which = (uint32_t)(holder - account->holders);
    size_t told = 0;

    for (size_t i = 0; i < account->part_count && told < PLACES_MOST; i++) {
        const struct part *part = &account->parts[i];
        if (part->module != which)
            continue;
        ph_text_puts(out, told++ ? ", " : "");
        place_words(part->place, out);
        if (holder->parts > 1) {
            ph_text_putc(out, ' ');
            number(part->objects, out);
        }
    }
    if (holder->parts > told)
        ph_text_printf(out, " and %zu more", holder->parts - told);
}

static void unit_words(const struct account *account, struct ph_text *out)
{
    ph_text_puts(out, account->origin == PH_FROM_PAGE_OWNER ? " page" : " object");
    ph_text_puts(out, account->objects < 2 ? "" : "s");
}

static bool is_unreachable(const struct account *account)
{
    return account->origin == PH_FROM_KMEMLEAK;
}

static void since_words(const struct account *account, struct ph_text *out)
{
    if (account->origin) {
        ph_text_printf(out,
                       is_unreachable(account)
                           ? " of this size that nothing points to any more (%s)"
                           : " since boot (%s)",
                       account->origin);
        return;
    }
    ph_text_puts(out, " allocated in ");
    ph_text_duration(out, account->traced_s);
    ph_text_puts(out, account->estimated ? " of tracing (estimated)" : " of tracing");
}

/* "holds 1,120 of 1,240 objects since boot (slub_debug): tick+0x10b, the oldest 3.5 h old" */
static void reason_words(const struct account *account, const struct holder *holder,
                         struct ph_text *out)
{
    ph_text_puts(out, is_unreachable(account) ? "allocated " : "holds ");
    number(holder->objects, out);
    ph_text_puts(out, " of ");
    number(account->objects, out);
    unit_words(account, out);
    since_words(account, out);
    ph_text_puts(out, ": ");
    places_words(account, holder, out);
    if (holder->oldest_ns >= 0) {
        ph_text_puts(out, ", the oldest ");
        ph_text_duration(out, (double)holder->oldest_ns / 1e9);
        ph_text_puts(out, " old");
    }
}

/* ------------------------------------------------------------------ what follows */

/* The module is named by what it holds. What was known of it stays, behind that. */
static struct ph_error *name_owner(struct ph_linux_owners *owners, const char *module,
                                   const char *words, struct ph_owner_report *report)
{
    PH_GUARD(ph_text_fini) struct ph_text reason = {0};

    ph_text_puts(&reason, words);
    for (size_t i = 0; i < report->owner_count; i++) {
        struct ph_owner *owner = &report->owners[i];
        if (strcmp(owner->name, module) != 0)
            continue;
        if (owner->reason)
            ph_text_printf(&reason, "; %s", owner->reason);
        owner->evidence = PH_EVIDENCE_COUNT; /* for what follows to replace it */
    }
    PH_TRY(ph_text_check(&reason));
    PH_TRY(ph_linux_owners_add(owners, ph_slice_of(module), PH_EVIDENCE_SITE, reason.data, report));
    for (size_t i = 0; i < report->owner_count; i++)
        if (!strcmp(report->owners[i].name, module))
            report->owners[i].counted = true;
    return NULL;
}

static struct ph_error *name_holder(struct ph_linux_owners *owners, const struct account *account,
                                    const struct holder *holder, struct ph_owner_report *report)
{
    PH_GUARD(ph_text_fini) struct ph_text words = {0};

    reason_words(account, holder, &words);
    PH_TRY(ph_text_check(&words));
    return name_owner(owners, holder->module, words.data, report);
}

static size_t most_of(const struct account *account, bool *taken)
{
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < account->holder_count; i++)
        if (!taken[i] &&
            (best == SIZE_MAX || account->holders[i].objects > account->holders[best].objects))
            best = i;
    if (best != SIZE_MAX)
        taken[best] = true;
    return best;
}

/* No module holds most of it: who holds how much is told, and nobody is named. */
static struct ph_error *tell_holders(const struct account *account, struct ph_owner_report *report)
{
    ph_autofree bool *taken = ph_zalloc(account->holder_count, sizeof(*taken));
    PH_GUARD(ph_text_fini) struct ph_text words = {0};
    struct ph_tag_meaning *meaning;

    if (!taken)
        return ph_error_nomem();
    ph_text_puts(&words, "of ");
    number(account->objects, &words);
    unit_words(account, &words);
    since_words(account, &words);
    for (size_t told = 0; told < TOLD_MOST; told++) {
        size_t best = most_of(account, taken);
        const struct holder *holder = best == SIZE_MAX ? NULL : &account->holders[best];
        if (!holder || (told && holder->objects * 100 < account->objects * TOLD_PERCENT))
            break;
        ph_text_printf(&words, "%s %s %s ", told ? "," : "",
                       holder->module ? holder->module : "the kernel itself",
                       is_unreachable(account) ? "allocated" : "holds");
        number(holder->objects, &words);
        ph_text_puts(&words, " (");
        places_words(account, holder, &words);
        ph_text_putc(&words, ')');
    }
    PH_TRY(ph_text_check(&words));
    PH_TRY(ph_owner_report_meaning(report, &meaning));
    meaning->component = ph_strdup(account->origin ? account->origin : "tracing");
    meaning->meaning = ph_memdup(words.data, words.size);
    meaning->check = account->origin == PH_FROM_ALLOC_TRACES
                         ? ph_format("who adds to it now: poolhound trace -i '%s'", report->tag)
                         : NULL;
    return meaning->component && meaning->meaning &&
                   (meaning->check || account->origin != PH_FROM_ALLOC_TRACES)
               ? NULL
               : ph_error_nomem();
}

/* Who grew by most of what the cache grew by; what the kernel itself did is told. */
static struct ph_error *take_growing(struct ph_linux_owners *owners,
                                     const struct ph_growing_sites *growing,
                                     struct ph_owner_report *report)
{
    for (size_t i = 0; growing && i < growing->count; i++) {
        const struct ph_growing_site *site = &growing->items[i];
        struct ph_tag_meaning *meaning;
        if (site->share * 100 < NAMED_PERCENT)
            continue;
        if (site->module) {
            PH_TRY(name_owner(owners, site->module, site->words, report));
            continue;
        }
        PH_TRY(ph_owner_report_meaning(report, &meaning));
        meaning->component = ph_strdup("kernel");
        meaning->meaning = ph_strdup(site->words);
        if (!meaning->component || !meaning->meaning)
            return ph_error_nomem();
    }
    return NULL;
}

static struct ph_error *conclude(struct ph_linux_owners *owners, const struct account *account,
                                 struct ph_owner_report *report)
{
    const struct holder *most = NULL;

    for (size_t i = 0; i < account->holder_count; i++)
        if (!most || account->holders[i].objects > most->objects)
            most = &account->holders[i];
    if (!most || account->objects <= 0)
        return NULL;
    bool enough = !is_unreachable(account) || most->objects >= UNREACHABLE_LEAST;
    if (enough && most->module && most->objects * 100 >= account->objects * NAMED_PERCENT)
        return name_holder(owners, account, most, report);
    return tell_holders(account, report);
}

static struct ph_error *name_addresses(struct ph_linux_owners *owners, struct ph_trace *found)
{
    if (!ph_kernel_evidence_unnamed(found))
        return NULL;
    PH_TRY(ph_linux_owners_symbols(owners));
    return ph_kernel_evidence_name(owners->symbols, found);
}

struct ph_error *ph_linux_owners_evidence(struct ph_linux_owners *owners,
                                          const struct ph_linux_question *question,
                                          struct ph_owner_report *report)
{
    /* the weaker one first: the reasons of later ones stand before it */
    static const char *const origins[] = {PH_FROM_KMEMLEAK, NULL, PH_FROM_ALLOC_TRACES,
                                          PH_FROM_PAGE_OWNER};
    PH_GUARD(ph_trace_fini) struct ph_trace found = {0};
    ph_autofree char *aliases = question->aliases ? ph_strdup(question->aliases) : NULL;
    struct ph_series series = {.tag = question->tag, .aliases = aliases};

    if (question->aliases && !aliases)
        return ph_error_nomem();
    if (question->here)
        PH_TRY(ph_kernel_evidence(owners->root, owners->release, &series, &found, &owners->losses));
    PH_TRY(name_addresses(owners, &found));
    for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
        PH_GUARD(account_fini) struct account account = {.origin = origins[i]};
        if (origins[i]) {
            PH_TRY(add_up(&found, NULL, &account));
        } else if (question->trace) {
            account.traced_s = (double)(question->trace->now_ns - question->trace->begun_ns) / 1e9;
            PH_TRY(add_up(question->trace, question, &account));
        }
        PH_TRY(conclude(owners, &account, report));
    }
    return take_growing(owners, question->growing, report);
}
