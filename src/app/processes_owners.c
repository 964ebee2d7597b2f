/* From two looks (or one) to owners: which processes hold the objects of a cache.
 *
 * A process is named when it holds half of what the cache has, and at least HELD_LEAST objects;
 * with a look from before, when it grew by half of what the cache grew, and by GREW_LEAST.
 * Descriptors that a process shares with its children are counted with each of them, and what is in
 * flight between UNIX sockets, or belongs to the kernel itself, with nobody: so the share is told.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "app/processes_parts.h"
#include "base/mem.h"
#include "base/sort.h"

enum { OWNERS_MOST = 10, TICKS_PER_SECOND = 100, KINDS_MOST = 4 };
static const double HELD_LEAST = 1000, GREW_LEAST = 100, GREW_AT_ALL = 10, NEAR = 0.1,
                    HELD_TO_SHOW = 0.01;

struct candidate {
    const struct ph_holder *now;
    const struct ph_holder *was; /* NULL: none */
    double held, grew;           /* objects of the cache; grew NAN without a look from before */
    enum ph_evidence evidence;
    enum ph_holding kind; /* that grew by as much; PH_HOLD_COUNT = by the table of caches */
};

struct search {
    const struct ph_holdings *before, *after;
    uint64_t kinds;
    double objects, growth; /* of the cache; NAN = unknown */
    double held, grew;      /* of all processes */
    struct candidate *items;
    size_t count, capacity;
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

static struct ph_error *add_candidate(struct search *search, const struct candidate *candidate)
{
    PH_TRY(ph_grow(&search->items, &search->capacity, search->count + 1, sizeof(*search->items)));
    search->items[search->count++] = *candidate;
    return NULL;
}

static const struct ph_holder *was(const struct search *search, const struct ph_holder *now)
{
    return search->before ? ph_holdings_of(search->before, now->pid, now->start_ticks) : NULL;
}

static struct ph_error *by_table(struct search *search)
{
    for (size_t i = 0; i < search->after->count; i++) {
        const struct ph_holder *now = &search->after->items[i];
        struct candidate candidate = {
            .now = now,
            .was = was(search, now),
            .held = sum_of(now, search->kinds),
            .grew = NAN,
            .evidence = PH_EVIDENCE_SOME,
            .kind = PH_HOLD_COUNT,
        };
        if (!(candidate.held > 0))
            continue;
        if (search->before) /* one that is new began with nothing */
            candidate.grew =
                candidate.held - (candidate.was ? sum_of(candidate.was, search->kinds) : 0);
        search->held += candidate.held;
        search->grew += candidate.grew > 0 ? candidate.grew : 0;
        PH_TRY(add_candidate(search, &candidate));
    }
    return NULL;
}

/* A cache of sizes: any kind that grew by as much as its objects. */
static struct ph_error *by_growth(struct search *search)
{
    if (!(search->growth >= GREW_LEAST))
        return NULL;
    for (size_t i = 0; i < search->after->count; i++) {
        struct candidate best = {.now = &search->after->items[i], .kind = PH_HOLD_COUNT};
        best.was = was(search, best.now);
        for (enum ph_holding kind = PH_HOLD_FD + 1; kind < PH_HOLD_COUNT; kind++) {
            double held = (double)best.now->counts[kind];
            double grew = held - (best.was ? (double)best.was->counts[kind] : 0);
            if (grew < GREW_LEAST || fabs(grew - search->growth) > NEAR * search->growth ||
                (best.kind != PH_HOLD_COUNT &&
                 fabs(grew - search->growth) >= fabs(best.grew - search->growth)))
                continue;
            best.kind = kind;
            best.held = held;
            best.grew = grew;
        }
        best.evidence = PH_EVIDENCE_GREW;
        if (best.kind != PH_HOLD_COUNT)
            PH_TRY(add_candidate(search, &best));
    }
    return NULL;
}

/* ------------------------------------------------------------------ rank */

static bool grows(const struct search *search)
{
    return search->before && search->grew >= GREW_AT_ALL;
}

static int by_grown(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;

    if (a->grew != b->grew)
        return a->grew > b->grew ? -1 : 1;
    if (a->held != b->held)
        return a->held > b->held ? -1 : 1;
    return a->now->pid < b->now->pid ? -1 : 1;
}

static int by_held(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;

    if (a->held != b->held)
        return a->held > b->held ? -1 : 1;
    return a->now->pid < b->now->pid ? -1 : 1;
}

static bool is_own(const struct search *search, const struct candidate *candidate)
{
    return candidate->now->pid == search->after->own_pid;
}

static double part_of(const struct search *search, const struct candidate *candidate)
{
    double part = grows(search) ? candidate->grew : candidate->held;

    return part > 0 && candidate->kind == PH_HOLD_COUNT && !is_own(search, candidate) ? part : 0;
}

/* Processes of one program, by its name: the workers of a server leak alike. */
struct program {
    double part;
    size_t count;
};

static struct ph_error *add_up(const struct search *search, struct ph_table *names,
                               struct program *programs)
{
    uint32_t number, count = 0;

    for (size_t i = 0; i < search->count; i++) {
        struct ph_slice name = ph_slice_of(search->items[i].now->name);
        double part = part_of(search, &search->items[i]);
        if (!ph_table_find(names, name, &number)) {
            number = count++;
            PH_TRY(ph_table_put(names, name, number));
        }
        programs[number].part += part;
        programs[number].count += part > 0;
    }
    return NULL;
}

static struct ph_error *weigh(struct search *search)
{
    PH_GUARD(ph_table_fini) struct ph_table names = {0};
    ph_autofree struct program *programs = ph_zalloc(search->count, sizeof(*programs));
    bool growing = grows(search);
    /* all processes together hold more than there is where descriptors were inherited */
    double whole = growing                  ? fmax(search->grew, search->growth)
                   : isnan(search->objects) ? search->held
                                            : search->objects;
    double least = growing ? GREW_LEAST : HELD_LEAST;

    if (!programs)
        return ph_error_nomem();
    PH_TRY(add_up(search, &names, programs));
    for (size_t i = 0; i < search->count; i++) {
        struct candidate *candidate = &search->items[i];
        double part = part_of(search, candidate);
        uint32_t number = 0;
        (void)ph_table_find(&names, ph_slice_of(candidate->now->name), &number);
        const struct program *program = &programs[number];
        bool alone = part >= least && part * 2 >= whole;
        bool together = program->part >= least && program->part * 2 >= whole &&
                        part * 2 * (double)program->count >= program->part;
        if (part > 0 && (alone || together))
            candidate->evidence = PH_EVIDENCE_HOLDS;
    }
    if (search->count)
        ph_sort(search->items, search->count, sizeof(*search->items), growing ? by_grown : by_held);
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

static void reason_words(const struct search *search, const struct candidate *candidate,
                         const char *holds, struct ph_text *out)
{
    if (candidate->kind != PH_HOLD_COUNT) {
        ph_text_puts(out, "holds ");
        count_words(candidate->held, out);
        ph_text_printf(out, " %s, ", ph_holding_name(candidate->kind, 2));
        count_words(candidate->grew, out);
        ph_text_puts(out, " more than at the first look; the cache grew by as much (");
        count_words(search->growth, out);
        ph_text_puts(out, ")");
        return;
    }
    ph_text_printf(out, "holds %s now", holds);
    if (!isnan(candidate->grew)) {
        ph_text_puts(out, candidate->grew < 0 ? ", fewer by " : ", ");
        count_words(fabs(candidate->grew), out);
        ph_text_puts(out, candidate->grew < 0 ? " than at the first look"
                                              : " more than at the first look");
    }
    if (is_own(search, candidate))
        ph_text_puts(out, "; this is poolhound itself");
}

/* ------------------------------------------------------------------ one process */

static struct ph_error *describe(const struct search *search, const struct candidate *candidate,
                                 struct ph_owner *owner)
{
    const struct ph_holder *holder = candidate->now;
    struct ph_process *process = &owner->process;
    PH_GUARD(ph_text_fini) struct ph_text holds = {0};
    PH_GUARD(ph_text_fini) struct ph_text reason = {0};
    uint64_t kinds =
        candidate->kind == PH_HOLD_COUNT ? search->kinds : UINT64_C(1) << candidate->kind;

    process->pid = holder->pid;
    process->held = candidate->held;
    process->grew = candidate->grew;
    process->own = is_own(search, candidate);
    if (search->after->boot_ticks)
        process->age_s = fmax(0, (double)search->after->boot_ticks - (double)holder->start_ticks) /
                         TICKS_PER_SECOND;
    holds_words(holder, kinds, &holds);
    PH_TRY(ph_text_check(&holds));
    reason_words(search, candidate, holds.data ? holds.data : "", &reason);
    PH_TRY(ph_text_check(&reason));
    owner->evidence = candidate->evidence;
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
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    ph_text_puts(&text, "processes hold ");
    count_words(search->held, &text);
    if (!isnan(search->objects)) {
        ph_text_puts(&text, " of about ");
        count_words(search->objects, &text);
        ph_text_puts(&text, " objects");
    } else {
        ph_text_puts(&text, " objects");
    }
    if (grows(search) && !isnan(search->growth) && search->growth > 0) {
        ph_text_puts(&text, "; they grew by ");
        count_words(search->grew, &text);
        ph_text_puts(&text, ", the cache by ");
        count_words(search->growth, &text);
    }
    if (!isnan(search->objects) && search->held < search->objects / 2)
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
    if (search->kinds)
        PH_TRY(by_table(search));
    else if (generic)
        PH_TRY(by_growth(search));
    PH_TRY(weigh(search));
    for (size_t i = 0; i < search->count && i < OWNERS_MOST; i++) {
        const struct candidate *candidate = &search->items[i];
        struct ph_owner *owner;
        if (candidate->evidence == PH_EVIDENCE_SOME &&
            candidate->held < HELD_TO_SHOW * fmax(search->held, search->objects))
            continue;
        PH_TRY(ph_owner_report_owner(report, &owner));
        PH_TRY(describe(search, candidate, owner));
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
        .objects = objects_of(after, cache, aliases),
    };

    while (ph_slice_word(&rest, &word))
        search.kinds |= ph_holdings_of_cache(word);
    search.growth = search.objects - objects_of(before, cache, aliases);
    struct ph_error *error = find(&search, ph_cache_is_generic(cache), report);
    ph_free(search.items);
    return error;
}
