#include "app/windows_processes.h"

#include <string.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/services.h"
#include "base/sort.h"
#include "owner/windows/objecttag.h"
#include "source/windows/handles_nt.h"
#include "source/windows/processes_nt.h"

enum { TYPE_INDEXES = 256 };

/* From 1601 to 1970. */
#define TICKS_TO_1970 INT64_C(116444736000000000)

/* ------------------------------------------------------------------ the look's memory */

void ph_nt_look_free(struct ph_nt_look *look)
{
    if (!look)
        return;
    for (size_t i = 0; i < look->holder_count; i++)
        ph_free(look->holders[i].name);
    ph_free(look->holders);
    ph_free(look->held);
    ph_nt_types_fini(&look->types);
    ph_loss_fini(&look->losses);
    ph_free(look);
}

void ph_nt_look_freep(struct ph_nt_look **look)
{
    ph_nt_look_free(*look);
}

bool ph_nt_look_knows(const struct ph_nt_look *look, const uint8_t tag[4])
{
    uint8_t of[4];

    for (size_t i = 0; i < look->types.count; i++) {
        ph_object_tag(look->types.items[i].name, of);
        if (!memcmp(of, tag, sizeof(of)))
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------ asking */

struct asking {
    const struct ph_nt *nt;
    struct ph_nt_look *look;
    struct ph_text bytes;
};

/* What a question gave; `*given` is false when the kernel does not tell: a loss that says what is
 * not known. */
static struct ph_error *given(struct asking *asking, struct ph_error *error, uint32_t status,
                              const char *unknown, struct ph_nt_answer *answer, bool *given)
{
    struct ph_loss_list *losses = &asking->look->losses;
    char words[64];

    *given = !error && asking->bytes.size;
    if (error && error->code == PH_ERR_NOMEM)
        return error;
    if (error)
        return ph_loss_error(losses, ph_error_wrap(error, "%s", unknown));
    if (!*given)
        return ph_loss_add(losses, 0, "%s: %s", unknown, ph_nt_words(status, words));
    *answer = (struct ph_nt_answer){
        .bytes = ph_text_slice(&asking->bytes),
        .address = (uintptr_t)asking->bytes.data,
        .pointer_bytes = asking->nt->pointer_bytes,
    };
    return NULL;
}

static struct ph_error *ask(struct asking *asking, uint32_t which, const char *unknown,
                            struct ph_nt_answer *answer, bool *told)
{
    uint32_t status = 0;
    struct ph_error *error = ph_nt_ask(asking->nt, which, &asking->bytes, &status);

    return given(asking, error, status, unknown, answer, told);
}

static struct ph_error *read_types(struct asking *asking)
{
    struct ph_nt_answer answer;
    uint32_t status = 0;
    bool told;
    struct ph_error *error = ph_nt_ask_object_types(asking->nt, &asking->bytes, &status);

    PH_TRY(given(asking, error, status, "how many objects of each type live is not known", &answer,
                 &told));
    if (!told)
        return NULL;
    struct ph_nt_look *look = asking->look;
    PH_TRY(ph_loss_error(&look->losses, ph_nt_types_parse(&answer, &look->types)));
    return look->types.missing
               ? ph_loss_add(&look->losses, look->types.missing,
                             "types of objects that the kernel tells of are not in its answer")
               : NULL;
}

/* ------------------------------------------------------------------ processes */

static struct ph_error *add_process(struct ph_nt_look *look, const struct ph_nt_process *process)
{
    uint64_t replaced;
    size_t size;

    if (!process->pid)
        return NULL; /* idle: no object of the kind that is counted */
    PH_TRY(ph_grow(&look->holders, &look->holder_capacity, look->holder_count + 1,
                   sizeof(*look->holders)));
    struct ph_nt_holder *holder = &look->holders[look->holder_count];
    *holder = (struct ph_nt_holder){
        .pid = process->pid, .threads = process->threads, .created = process->created};
    PH_TRY(ph_utf16_to_utf8(process->name, false, &holder->name, &size, &replaced));
    look->holder_count++;
    return NULL;
}

static int by_pid(const void *left, const void *right)
{
    const struct ph_nt_holder *a = left, *b = right;

    return (a->pid > b->pid) - (a->pid < b->pid);
}

static struct ph_error *parse_processes(const struct ph_nt_answer *answer, struct ph_nt_look *look)
{
    struct ph_nt_process process;
    size_t at = 0;
    bool more = true;

    while (more) {
        PH_TRY(ph_nt_processes_next(answer, &at, &more, &process));
        if (more)
            PH_TRY(add_process(look, &process));
    }
    look->processes_known = true;
    return NULL;
}

static struct ph_error *read_processes(struct asking *asking)
{
    struct ph_nt_look *look = asking->look;
    struct ph_nt_answer answer;
    bool told;

    PH_TRY(ask(asking, PH_NT_PROCESSES, "the running processes are not known", &answer, &told));
    if (told)
        PH_TRY(ph_loss_error(&look->losses, parse_processes(&answer, look)));
    if (look->holder_count)
        ph_sort(look->holders, look->holder_count, sizeof(*look->holders), by_pid);
    return NULL;
}

/* ------------------------------------------------------------------ handles */

static int by_pid_and_type(const void *left, const void *right)
{
    const struct ph_nt_held *a = left, *b = right;

    if (a->pid != b->pid)
        return a->pid > b->pid ? 1 : -1;
    return (a->type > b->type) - (a->type < b->type);
}

/* The sum of a process and a type; valid until the next is asked for. */
static struct ph_error *held_of(struct ph_nt_look *look, struct ph_table *cells,
                                const struct ph_nt_handle *handle, struct ph_nt_held **held)
{
    const uint32_t key[2] = {handle->pid, handle->type};
    struct ph_slice slice = {(const char *)key, sizeof(key)};
    uint32_t number;

    if (!ph_table_find(cells, slice, &number)) {
        number = (uint32_t)look->held_count;
        PH_TRY(
            ph_grow(&look->held, &look->held_capacity, look->held_count + 1, sizeof(*look->held)));
        PH_TRY(ph_table_put(cells, slice, number));
        look->held[look->held_count++] = (struct ph_nt_held){handle->pid, handle->type, 0};
    }
    *held = &look->held[number];
    return NULL;
}

static struct ph_error *parse_handles(const struct ph_nt_answer *answer, struct ph_nt_look *look)
{
    PH_GUARD(ph_table_fini) struct ph_table cells = {0};
    struct ph_nt_held *held = NULL;
    uint64_t missing;
    size_t count;

    PH_TRY(ph_nt_handles_count(answer, &count, &missing));
    for (size_t i = 0; i < count; i++) {
        struct ph_nt_handle handle;
        ph_nt_handles_at(answer, i, &handle);
        /* those of one process stand together, and often of one type */
        if (!held || held->pid != handle.pid || held->type != handle.type)
            PH_TRY(held_of(look, &cells, &handle, &held));
        held->handles++;
    }
    if (look->held_count)
        ph_sort(look->held, look->held_count, sizeof(*look->held), by_pid_and_type);
    look->handles_known = true;
    return missing ? ph_loss_add(&look->losses, missing,
                                 "handles that the kernel tells of are not in its answer")
                   : NULL;
}

static struct ph_error *read_handles(struct asking *asking)
{
    struct ph_nt_answer answer;
    bool told;

    PH_TRY(ask(asking, PH_NT_HANDLES,
               "which process has which handles is not known (run as administrator)", &answer,
               &told));
    return told ? ph_loss_error(&asking->look->losses, parse_handles(&answer, asking->look)) : NULL;
}

/* How many handles both lists agree on when types have these numbers in that of handles. */
static uint64_t agreed(const struct ph_nt_types *types, const uint64_t listed[TYPE_INDEXES],
                       bool by_place)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < types->count; i++) {
        size_t number = by_place ? i : types->items[i].index;
        uint64_t told = types->items[i].handles;
        if (number < TYPE_INDEXES)
            sum += told < listed[number] ? told : listed[number];
    }
    return sum;
}

/* Wine 8 numbers the types of handles from 0, and those of the list of types as Windows does. */
static void number_types(struct ph_nt_look *look)
{
    uint64_t listed[TYPE_INDEXES] = {0};

    for (size_t i = 0; i < look->held_count; i++)
        if (look->held[i].type < TYPE_INDEXES)
            listed[look->held[i].type] += look->held[i].handles;
    if (agreed(&look->types, listed, true) <= agreed(&look->types, listed, false))
        return;
    for (size_t i = 0; i < look->types.count; i++)
        look->types.items[i].index = (uint32_t)i;
}

/* ------------------------------------------------------------------ the whole look */

static struct ph_error *read_all(struct asking *asking)
{
    /* close together: their difference is the number of processes that have ended */
    PH_TRY(read_types(asking));
    PH_TRY(read_processes(asking));
    PH_TRY(read_handles(asking));
    number_types(asking->look);
    return NULL;
}

struct ph_error *ph_nt_look_read(const struct ph_nt *nt, struct ph_nt_look **look)
{
    PH_GUARD(ph_nt_look_freep) struct ph_nt_look *fresh = ph_zalloc(1, sizeof(*fresh));

    if (!fresh)
        return ph_error_nomem();
    fresh->taken_ns = ph_boottime_ns();
    fresh->now = ph_realtime_ns() / 100 + TICKS_TO_1970;
    fresh->own_pid = ph_own_process();
    struct asking asking = {.nt = nt, .look = fresh};
    struct ph_error *error = read_all(&asking);
    ph_text_fini(&asking.bytes);
    if (!error)
        *look = ph_steal(fresh);
    return error;
}
