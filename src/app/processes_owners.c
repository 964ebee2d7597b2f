/* From two looks (or one) to owners: which processes hold the objects of a cache.
 *
 * Who is named: weigh_holders.h. Descriptors that a process shares with its children are counted
 * with each of them, and what is in flight between UNIX sockets, or belongs to the kernel itself,
 * with nobody: so the share is told.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "app/processes_parts.h"
#include "app/weigh_holders.h"
#include "base/mem.h"
#include "base/sort.h"

enum { TICKS_PER_SECOND = 100, KINDS_MOST = 4 };
static const double NEAR = 0.1;

struct search {
    const struct ph_holdings *before, *after;
    uint64_t kinds;
    struct ph_weighing weighing; /* items: process = struct ph_holder; kind = that grew by as much,
                                    PH_HOLD_COUNT = by the table of caches */
};

/* ------------------------------------------------------------------ counts */

static double sum_of(const struct ph_holder *holder, uint64_t kinds)
{
    double sum = 0;

    for (unsigned kind = 0; kind < PH_HOLD_COUNT; kind++)
        if (kinds >> kind & 1)
            sum += (double)holder->counts[kind];
    return sum;
}

static bool is_of_cache(const char *name, struct ph_slice cache, const char *aliases)
{
    struct ph_slice rest = ph_slice_of(aliases ? aliases : ""), word;

    if (ph_slice_is(cache, name))
        return true;
    while (ph_slice_word(&rest, &word))
        if (ph_slice_is(word, name))
            return true;
    return false;
}

/* NAN when the cache is not among those of the look. */
static double objects_of(const struct ph_holdings *look, struct ph_slice cache, const char *aliases)
{
    double sum = NAN;

    for (size_t i = 0; look && i < look->cache_count; i++)
        if (is_of_cache(look->caches[i].name, cache, aliases))
            sum = (isnan(sum) ? 0 : sum) + (double)look->caches[i].objects;
    return sum;
}

static const struct ph_holder *was(const struct search *search, const struct ph_holder *now)
{
    return search->before ? ph_holdings_of(search->before, now->pid, now->start_ticks) : NULL;
}

static struct ph_weighed weighed(const struct search *search, const struct ph_holder *holder)
{
    return (struct ph_weighed){
        .pid = holder->pid,
        .program = holder->name,
        .grew = NAN,
        .own = holder->pid == search->after->own_pid,
        .evidence = PH_EVIDENCE_SOME,
        .process = holder,
        .kind = PH_HOLD_COUNT,
    };
}

static struct ph_error *by_table(struct search *search)
{
    for (size_t i = 0; i < search->after->count; i++) {
        const struct ph_holder *now = &search->after->items[i], *first = was(search, now);
        struct ph_weighed item = weighed(search, now);
        item.held = sum_of(now, search->kinds);
        if (!(item.held > 0))
            continue;
        if (search->before) /* one that is new began with nothing */
            item.grew = item.held - (first ? sum_of(first, search->kinds) : 0);
        PH_TRY(ph_weighing_add(&search->weighing, &item));
    }
    return NULL;
}

/* A cache of sizes: any kind that grew by as much as its objects. */
static struct ph_error *by_growth(struct search *search)
{
    double growth = search->weighing.growth;

    if (!(growth >= PH_GREW_LEAST))
        return NULL;
    for (size_t i = 0; i < search->after->count; i++) {
        const struct ph_holder *now = &search->after->items[i], *first = was(search, now);
        struct ph_weighed best = weighed(search, now);
        for (enum ph_holding kind = PH_HOLD_FD + 1; kind < PH_HOLD_COUNT; kind++) {
            double held = (double)now->counts[kind];
            double grew = held - (first ? (double)first->counts[kind] : 0);
            if (grew < PH_GREW_LEAST || fabs(grew - growth) > NEAR * growth ||
                (best.alike && fabs(grew - growth) >= fabs(best.grew - growth)))
                continue;
            best.alike = true;
            best.kind = kind;
            best.held = held;
            best.grew = grew;
        }
        best.evidence = PH_EVIDENCE_GREW;
        if (best.alike)
            PH_TRY(ph_weighing_add(&search->weighing, &best));
    }
    return NULL;
}

/* ------------------------------------------------------------------ words */

struct held_kind {
    enum ph_holding kind;
    uint64_t count;
};

static int by_count(const void *left, const void *right)
{
    const struct held_kind *a = left, *b = right;

    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return (a->kind > b->kind) - (a->kind < b->kind);
}

/* Sockets of a family and descriptors of a kind are told as that, and only the others as sockets
 * and descriptors. */
static uint64_t told(const struct ph_holder *holder, enum ph_holding kind)
{
    uint64_t known = 0;

    if (kind != PH_HOLD_FD && kind != PH_HOLD_SOCKET)
        return holder->counts[kind];
    for (enum ph_holding other = 0; other < PH_HOLD_COUNT; other++)
        if (kind == PH_HOLD_FD ? ph_holding_is_descriptor(other)
                               : other > PH_HOLD_SOCKET && other <= PH_HOLD_NETLINK)
            known += holder->counts[other];
    return known < holder->counts[kind] ? holder->counts[kind] - known : 0;
}

static bool is_asked(uint64_t kinds, enum ph_holding kind)
{
    return (kinds >> kind & 1) || ((kinds >> PH_HOLD_FD & 1) && ph_holding_is_descriptor(kind)) ||
           ((kinds & (UINT64_C(1) << PH_HOLD_SOCKET | UINT64_C(1) << PH_HOLD_FD)) &&
            kind >= PH_HOLD_SOCKET && kind <= PH_HOLD_NETLINK);
}

static void holds_words(const struct ph_holder *holder, uint64_t kinds, struct ph_text *out)
{
    struct held_kind held[PH_HOLD_COUNT];
    size_t count = 0;

    for (enum ph_holding kind = 0; kind < PH_HOLD_COUNT; kind++) {
        uint64_t number = is_asked(kinds, kind) ? told(holder, kind) : 0;
        if (number)
            held[count++] = (struct held_kind){kind, number};
    }
    if (count)
        ph_sort(held, count, sizeof(*held), by_count);
    for (size_t i = 0; i < count && i < KINDS_MOST; i++) {
        ph_text_puts(out, i ? ", " : "");
        ph_text_grouped(out, (int64_t)held[i].count);
        ph_text_printf(out, " %s%s", ph_holding_name(held[i].kind, held[i].count),
                       held[i].kind == PH_HOLD_FD ? " of kinds not seen" : "");
    }
}

static void count_words(double count, struct ph_text *out)
{
    ph_text_grouped(out, (int64_t)llround(count));
}

static void reason_words(const struct search *search, const struct ph_weighed *item,
                         const char *holds, struct ph_text *out)
{
    if (!item->alike) {
        ph_weighed_words(item, holds, out);
        return;
    }
    ph_text_puts(out, "holds ");
    count_words(item->held, out);
    ph_text_printf(out, " %s, ", ph_holding_name(item->kind, 2));
    count_words(item->grew, out);
    ph_text_puts(out, " more than at the first look; the cache grew by as much (");
    count_words(search->weighing.growth, out);
    ph_text_puts(out, ")");
}

/* ------------------------------------------------------------------ one process */

static struct ph_error *describe(const struct search *search, const struct ph_weighed *item,
                                 struct ph_owner *owner)
{
    const struct ph_holder *holder = item->process;
    struct ph_process *process = &owner->process;
    PH_GUARD(ph_text_fini) struct ph_text holds = {0};
    PH_GUARD(ph_text_fini) struct ph_text reason = {0};
    uint64_t kinds = item->kind == PH_HOLD_COUNT ? search->kinds : UINT64_C(1) << item->kind;

    process->pid = holder->pid;
    process->held = item->held;
    process->grew = item->grew;
    process->own = item->own;
    if (search->after->boot_ticks)
        process->age_s = fmax(0, (double)search->after->boot_ticks - (double)holder->start_ticks) /
                         TICKS_PER_SECOND;
    holds_words(holder, kinds, &holds);
    PH_TRY(ph_text_check(&holds));
    reason_words(search, item, holds.data ? holds.data : "", &reason);
    PH_TRY(ph_text_check(&reason));
    owner->evidence = item->evidence;
    owner->reason = ph_strdup(reason.data);
    process->holds = ph_strdup(holds.data ? holds.data : "");
    process->command = ph_strdup(holder->name);
    owner->name = ph_format("PID %" PRIu32 " (%s)", holder->pid, holder->name);
    if (!owner->reason || !process->holds || !process->command || !owner->name)
        return ph_error_nomem();
    return ph_process_facts(search->after, owner);
}

/* ------------------------------------------------------------------ the whole cache */

static struct ph_error *tell_share(const struct search *search, struct ph_owner_report *report)
{
    const struct ph_weighing *all = &search->weighing;
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    ph_text_puts(&text, "processes hold ");
    count_words(all->held, &text);
    if (!isnan(all->objects)) {
        ph_text_puts(&text, " of about ");
        count_words(all->objects, &text);
        ph_text_puts(&text, " objects");
    } else {
        ph_text_puts(&text, " objects");
    }
    if (ph_weighing_grows(all) && !isnan(all->growth) && all->growth > 0) {
        ph_text_puts(&text, "; they grew by ");
        count_words(all->grew, &text);
        ph_text_puts(&text, ", the cache by ");
        count_words(all->growth, &text);
    }
    if (!isnan(all->objects) && all->held < all->objects / 2)
        ph_text_puts(&text, "; the rest is the kernel's own, in flight between sockets, or closed "
                            "to this look");
    PH_TRY(ph_text_check(&text));
    report->held = ph_strdup(text.data);
    return report->held ? NULL : ph_error_nomem();
}

static const struct ph_cgroup_look *group_before(const struct ph_holdings *look, const char *path)
{
    for (size_t low = 0, high = look ? look->cgroup_count : 0; low < high;) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(look->cgroups[middle].path, path);
        if (!order)
            return &look->cgroups[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* True when `path` lies below `group`, whose numbers hold the ones of what is below it. */
static bool is_below(const char *path, const char *group)
{
    size_t size = strlen(group);

    return !strncmp(path, group, size) && path[size] == '/';
}

/* The group that grew most: the deepest of those that tell the same growth. */
static struct ph_error *tell_cgroup(const struct search *search, struct ph_owner_report *report)
{
    const struct ph_cgroup_look *most = NULL;
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    double grown = 0, all = 0;

    for (size_t i = 0; search->before && i < search->after->cgroup_count; i++) {
        const struct ph_cgroup_look *group = &search->after->cgroups[i];
        const struct ph_cgroup_look *first = group_before(search->before, group->path);
        double grew = (double)group->bytes - (first ? (double)first->bytes : 0);
        if (!strchr(group->path + 1, '/') && grew > 0)
            all += grew; /* groups at the top */
        if (grew > grown * (most && is_below(group->path, most->path) ? 0.9 : 1)) {
            most = group;
            grown = grew;
        }
    }
    if (!most || grown < 1 << 20)
        return NULL;
    ph_text_printf(&text, "%s: kernel memory +", most->path);
    ph_text_bytes(&text, grown);
    ph_text_puts(&text, " of +");
    ph_text_bytes(&text, fmax(all, grown));
    ph_text_puts(&text, " in all groups, now ");
    ph_text_bytes(&text, (double)most->bytes);
    PH_TRY(ph_text_check(&text));
    ph_free(report->cgroup);
    report->cgroup = ph_strdup(text.data);
    return report->cgroup ? NULL : ph_error_nomem();
}

static struct ph_error *find(struct search *search, bool generic, struct ph_owner_report *report)
{
    struct ph_weighing *weighing = &search->weighing;

    if (search->kinds)
        PH_TRY(by_table(search));
    else if (generic)
        PH_TRY(by_growth(search));
    PH_TRY(ph_weigh(weighing));
    for (size_t i = 0; i < weighing->count; i++) {
        struct ph_owner *owner;
        if (!ph_weighing_shows(weighing, i))
            continue;
        PH_TRY(ph_owner_report_owner(report, &owner));
        PH_TRY(describe(search, &weighing->items[i], owner));
    }
    if (search->kinds)
        PH_TRY(tell_share(search, report));
    PH_TRY(tell_cgroup(search, report));
    return search->kinds ? ph_loss_merge(&report->losses, &search->after->losses, true) : NULL;
}

struct ph_error *ph_holdings_owners(struct ph_slice cache, const char *aliases,
                                    const struct ph_holdings *before,
                                    const struct ph_holdings *after, struct ph_owner_report *report)
{
    struct ph_slice rest = ph_slice_of(aliases ? aliases : ""), word;
    struct search search = {
        .before = before,
        .after = after,
        .kinds = ph_holdings_of_cache(cache),
        .weighing = {.compared = before != NULL, .objects = objects_of(after, cache, aliases)},
    };

    while (ph_slice_word(&rest, &word))
        search.kinds |= ph_holdings_of_cache(word);
    search.weighing.growth = search.weighing.objects - objects_of(before, cache, aliases);
    struct ph_error *error = find(&search, ph_cache_is_generic(cache), report);
    ph_weighing_fini(&search.weighing);
    return error;
}
