/* From two looks (or one) to owners: which processes have the handles to the objects of a tag. Who
 * is named: weigh_holders.h.
 *
 * Most tokens have no handle: each process keeps its own until nothing refers to the process any
 * more. So where processes that have ended are behind the tokens, handles to processes count.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "app/weigh_holders.h"
#include "app/windows_processes.h"
#include "base/mem.h"
#include "base/services.h"
#include "owner/windows/objecttag.h"

enum { SYSTEM_PID = 4, TYPE_INDEXES = 256, TYPES_TOLD = 3, SERVICES_TOLD = 4 };
static const double ENDED_LEAST = 100, TOLD_LEAST = 1000;
#define TICKS_PER_SECOND 1e7

/* What one look says of a tag; NAN = unknown. */
struct sums {
    double objects, handles; /* of its types */
    double ended;            /* processes, or threads, that have ended and are still there */
};

struct search {
    const struct ph_nt_look *before, *after;
    const uint8_t *tag;
    bool counts[TYPE_INDEXES]; /* handles to objects of which types count */
    bool by_processes;         /* of Process, which keeps the objects of the tag */
    struct sums now, was;
    struct ph_weighing weighing; /* items: process = struct ph_nt_holder */
};

/* ------------------------------------------------------------------ counts */

static bool is_tag(const uint8_t tag[4], const char *text)
{
    return !memcmp(tag, text, 4);
}

static bool is_of_tag(const struct ph_nt_type *type, const uint8_t tag[4])
{
    uint8_t of[4];

    ph_object_tag(type->name, of);
    return !memcmp(of, tag, sizeof(of));
}

static double objects_of(const struct ph_nt_look *look, const char *type)
{
    for (size_t i = 0; i < look->types.count; i++)
        if (!strcmp(look->types.items[i].name, type))
            return look->types.items[i].objects;
    return NAN;
}

/* Objects of processes or threads without a running one: the idle process and its threads are no
 * such objects, and are not in the list. */
static double ended(const struct ph_nt_look *look, const uint8_t tag[4])
{
    double running = 0;
    bool threads = is_tag(tag, "Thre");

    if (!look->processes_known || !(threads || is_tag(tag, "Proc") || is_tag(tag, "Toke")))
        return NAN;
    for (size_t i = 0; i < look->holder_count; i++)
        running += threads ? look->holders[i].threads : 1;
    return fmax(0, objects_of(look, threads ? "Thread" : "Process") - running);
}

static struct sums sums_of(const struct ph_nt_look *look, const uint8_t tag[4])
{
    struct sums sums = {NAN, NAN, NAN};

    for (size_t i = 0; look && i < look->types.count; i++) {
        const struct ph_nt_type *type = &look->types.items[i];
        if (!is_of_tag(type, tag))
            continue;
        sums.objects = (isnan(sums.objects) ? 0 : sums.objects) + type->objects;
        sums.handles = (isnan(sums.handles) ? 0 : sums.handles) + type->handles;
    }
    if (look)
        sums.ended = ended(look, tag);
    return sums;
}

static const struct ph_nt_held *first_held(const struct ph_nt_look *look, uint32_t pid)
{
    size_t low = 0, high = look->held_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (look->held[middle].pid < pid)
            low = middle + 1;
        else
            high = middle;
    }
    return look->held + low;
}

static double handles_of(const struct search *search, const struct ph_nt_look *look, uint32_t pid)
{
    double sum = 0;

    if (!look->held_count)
        return 0;
    const struct ph_nt_held *end = look->held + look->held_count;
    for (const struct ph_nt_held *held = first_held(look, pid); held < end && held->pid == pid;
         held++)
        if (held->type < TYPE_INDEXES && search->counts[held->type])
            sum += (double)held->handles;
    return sum;
}

static const struct ph_nt_holder *same_before(const struct search *search,
                                              const struct ph_nt_holder *now)
{
    const struct ph_nt_look *before = search->before;
    size_t low = 0, high = before ? before->holder_count : 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct ph_nt_holder *holder = &before->holders[middle];
        if (holder->pid == now->pid)
            return holder->created == now->created ? holder : NULL;
        if (holder->pid < now->pid)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static struct ph_error *add_holders(struct search *search)
{
    const struct ph_nt_look *after = search->after;

    for (size_t i = 0; i < after->holder_count; i++) {
        const struct ph_nt_holder *holder = &after->holders[i];
        struct ph_weighed item = {
            .pid = holder->pid,
            .program = holder->name,
            .held = handles_of(search, after, holder->pid),
            .grew = NAN,
            .own = holder->pid == after->own_pid,
            .kernel = holder->pid == SYSTEM_PID,
            .evidence = PH_EVIDENCE_SOME,
            .process = holder,
        };
        if (!(item.held > 0))
            continue;
        if (search->before) /* one that is new began with nothing */
            item.grew =
                item.held -
                (same_before(search, holder) ? handles_of(search, search->before, holder->pid) : 0);
        PH_TRY(ph_weighing_add(&search->weighing, &item));
    }
    return NULL;
}

/* ------------------------------------------------------------------ words */

static void number(double value, struct ph_text *out)
{
    ph_text_grouped(out, (int64_t)llround(value));
}

/* "4,990 Process handles", "300 IoCompletion handles, 20 IoCompletionReserve handles" */
static void holds_words(const struct search *search, uint32_t pid, struct ph_text *out)
{
    const struct ph_nt_look *look = search->after;
    size_t told = 0;

    for (size_t i = 0; i < look->types.count && told < TYPES_TOLD; i++) {
        const struct ph_nt_type *type = &look->types.items[i];
        uint64_t handles = 0;
        if (!(type->index < TYPE_INDEXES && search->counts[type->index]))
            continue;
        for (const struct ph_nt_held *held = first_held(look, pid);
             held < look->held + look->held_count && held->pid == pid; held++)
            handles += held->type == type->index ? held->handles : 0;
        if (!handles)
            continue;
        ph_text_puts(out, told++ ? ", " : "");
        ph_text_grouped(out, (int64_t)handles);
        ph_text_printf(out, " %s handle%s", type->name, handles == 1 ? "" : "s");
    }
}

struct hosted {
    uint32_t pid;
    size_t count;
    struct ph_text *out;
};

static struct ph_error *add_service(void *context, uint32_t pid, const char *name)
{
    struct hosted *hosted = context;

    if (pid != hosted->pid || hosted->count++ > SERVICES_TOLD)
        return NULL;
    ph_text_printf(hosted->out, "%s%s", hosted->count == 1 ? ": " : ", ",
                   hosted->count > SERVICES_TOLD ? "..." : name);
    return NULL;
}

/* "svchost.exe: Schedule, Themes": its program alone tells nothing of a host of services. */
static struct ph_error *command_words(const struct ph_nt_holder *holder, struct ph_text *out)
{
    struct hosted hosted = {.pid = holder->pid, .out = out};

    ph_text_puts(out, holder->name[0] ? holder->name : "no name");
    struct ph_error *error = ph_running_services(add_service, &hosted);
    if (error && error->code == PH_ERR_NOMEM)
        return error;
    ph_error_free(error); /* the name of the program stays */
    return ph_text_check(out);
}

/* ------------------------------------------------------------------ one process */

static struct ph_error *describe(const struct search *search, const struct ph_weighed *item,
                                 struct ph_owner *owner)
{
    const struct ph_nt_holder *holder = item->process;
    struct ph_process *process = &owner->process;
    PH_GUARD(ph_text_fini) struct ph_text holds = {0};
    PH_GUARD(ph_text_fini) struct ph_text command = {0};
    PH_GUARD(ph_text_fini) struct ph_text reason = {0};

    process->pid = holder->pid;
    process->held = item->held;
    process->grew = item->grew;
    process->own = item->own;
    if (holder->created > 0)
        process->age_s = fmax(0, (double)(search->after->now - holder->created) / TICKS_PER_SECOND);
    holds_words(search, holder->pid, &holds);
    PH_TRY(ph_text_check(&holds));
    PH_TRY(command_words(holder, &command));
    ph_weighed_words(item, holds.data ? holds.data : "", &reason);
    if (search->by_processes)
        ph_text_puts(&reason, "; a process that has ended keeps its token as long as somebody has "
                              "a handle to it");
    PH_TRY(ph_text_check(&reason));
    owner->evidence = item->evidence;
    owner->reason = ph_strdup(reason.data);
    process->holds = ph_strdup(holds.data ? holds.data : "");
    process->command = ph_strdup(command.data);
    owner->name = ph_format("PID %" PRIu32 " (%s)", holder->pid, command.data);
    if (!owner->reason || !process->holds || !process->command || !owner->name)
        return ph_error_nomem();
    if (item->evidence == PH_EVIDENCE_HOLDS) /* a name may have to be asked of a domain */
        PH_TRY(ph_process_account(holder->pid, &process->user));
    return ph_process_program(holder->pid, &owner->path);
}

/* ------------------------------------------------------------------ the whole tag */

static void types_words(const struct search *search, struct ph_text *out)
{
    const struct ph_nt_types *types = &search->after->types;
    size_t told = 0;

    for (size_t i = 0; i < types->count; i++)
        if (is_of_tag(&types->items[i], search->tag) && told++ < TYPES_TOLD)
            ph_text_printf(out, "%s%s", told > 1 ? ", " : "", types->items[i].name);
    if (told > TYPES_TOLD)
        ph_text_printf(out, " and %zu more types of", told - TYPES_TOLD);
}

static void change_words(double change, const char *what, struct ph_text *out)
{
    number(fabs(change), out);
    ph_text_printf(out, " %s%s %s", what, fabs(change) < 1.5 && fabs(change) > 0.5 ? "" : "s",
                   change < 0 ? "fewer" : "more");
}

static void ended_words(const struct search *search, struct ph_text *out)
{
    bool threads = is_tag(search->tag, "Thre");
    double count = search->now.ended;
    bool one = count < 1.5;

    if (!(count > 0))
        return;
    ph_text_puts(out, "; ");
    number(count, out);
    ph_text_printf(out,
                   " %s%s ended and %s still there (%s): somebody's handle or a reference in "
                   "the kernel keeps %s",
                   threads ? "thread" : "process",
                   one       ? " has"
                   : threads ? "s have"
                             : "es have",
                   one ? "is" : "are", one ? "a zombie" : "zombies", one ? "it" : "each");
}

static struct ph_error *tell_share(const struct search *search, struct ph_owner_report *report)
{
    const struct sums *now = &search->now, *was = &search->was;
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    number(now->objects, &text);
    ph_text_putc(&text, ' ');
    types_words(search, &text);
    ph_text_puts(&text, " objects live, with ");
    number(now->handles, &text);
    ph_text_puts(&text, " handles to them");
    if (!isnan(was->objects)) {
        ph_text_puts(&text, "; ");
        change_words(now->objects - was->objects, "object", &text);
        ph_text_puts(&text, " and ");
        change_words(now->handles - was->handles, "handle", &text);
        ph_text_puts(&text, " than at the first look");
    }
    if (now->objects >= TOLD_LEAST && now->handles * 2 < now->objects)
        ph_text_printf(&text, "; most have no handle: %s", ph_object_kept_by(search->tag));
    ended_words(search, &text);
    PH_TRY(ph_text_check(&text));
    ph_free(report->held);
    report->held = ph_strdup(text.data);
    return report->held ? NULL : ph_error_nomem();
}

/* More tokens are kept by processes that have ended than by handles. */
static bool ended_keep_tokens(const struct search *search)
{
    double more = search->now.ended - search->was.ended;

    return is_tag(search->tag, "Toke") && search->now.ended >= ENDED_LEAST &&
           (search->now.ended > search->now.handles ||
            more > search->now.handles - search->was.handles);
}

static struct ph_error *find(struct search *search, struct ph_owner_report *report)
{
    const struct ph_nt_types *types = &search->after->types;
    struct ph_weighing *weighing = &search->weighing;

    search->by_processes = ended_keep_tokens(search);
    for (size_t i = 0; i < types->count; i++)
        if (types->items[i].index < TYPE_INDEXES)
            search->counts[types->items[i].index] = search->by_processes
                                                        ? !strcmp(types->items[i].name, "Process")
                                                        : is_of_tag(&types->items[i], search->tag);
    weighing->few_are_held = true;
    weighing->compared = search->before && search->before->handles_known;
    weighing->objects = search->by_processes ? search->now.ended : search->now.objects;
    weighing->growth =
        weighing->objects - (search->by_processes ? search->was.ended : search->was.objects);
    PH_TRY(add_holders(search));
    PH_TRY(ph_weigh(weighing));
    for (size_t i = 0; i < weighing->count; i++) {
        struct ph_owner *owner;
        if (!ph_weighing_shows(weighing, i))
            continue;
        PH_TRY(ph_owner_report_owner(report, &owner));
        PH_TRY(describe(search, &weighing->items[i], owner));
    }
    PH_TRY(tell_share(search, report));
    return ph_loss_merge(&report->losses, &search->after->losses, true);
}

struct ph_error *ph_nt_look_owners(const uint8_t tag[4], const struct ph_nt_look *before,
                                   const struct ph_nt_look *after, struct ph_owner_report *report)
{
    struct search search = {
        .before = before,
        .after = after,
        .tag = tag,
        .now = sums_of(after, tag),
        .was = sums_of(before, tag),
    };

    if (isnan(search.now.objects))
        return NULL;
    struct ph_error *error = find(&search, report);
    ph_weighing_fini(&search.weighing);
    return error;
}
