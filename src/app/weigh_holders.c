#include "app/weigh_holders.h"

#include <math.h>

#include "base/mem.h"
#include "base/sort.h"
#include "base/table.h"

enum { SHOWN_MOST = 10 };
static const double HELD_LEAST = 1000, GREW_AT_ALL = 10, HELD_TO_SHOW = 0.01;

struct ph_error *ph_weighing_add(struct ph_weighing *weighing, const struct ph_weighed *item)
{
    PH_TRY(ph_grow(&weighing->items, &weighing->capacity, weighing->count + 1,
                   sizeof(*weighing->items)));
    weighing->items[weighing->count++] = *item;
    if (item->alike)
        return NULL;
    weighing->held += item->held;
    weighing->grew += item->grew > 0 ? item->grew : 0;
    return NULL;
}

void ph_weighing_fini(struct ph_weighing *weighing)
{
    ph_free(weighing->items);
    *weighing = (struct ph_weighing){0};
}

bool ph_weighing_grows(const struct ph_weighing *weighing)
{
    return weighing->compared && weighing->grew >= GREW_AT_ALL;
}

static int by_grown(const void *left, const void *right)
{
    const struct ph_weighed *a = left, *b = right;

    if (a->grew != b->grew)
        return a->grew > b->grew ? -1 : 1;
    if (a->held != b->held)
        return a->held > b->held ? -1 : 1;
    return a->pid < b->pid ? -1 : 1;
}

static int by_held(const void *left, const void *right)
{
    const struct ph_weighed *a = left, *b = right;

    if (a->held != b->held)
        return a->held > b->held ? -1 : 1;
    return a->pid < b->pid ? -1 : 1;
}

static double part_of(const struct ph_weighing *weighing, const struct ph_weighed *item)
{
    double part = ph_weighing_grows(weighing) ? item->grew : item->held;

    return part > 0 && !item->alike && !item->own && !item->kernel ? part : 0;
}

/* Processes of one program, by its name. */
struct program {
    double part;
    size_t count;
};

static struct ph_error *add_up(const struct ph_weighing *weighing, struct ph_table *names,
                               struct program *programs)
{
    uint32_t number, count = 0;

    for (size_t i = 0; i < weighing->count; i++) {
        struct ph_slice name = ph_slice_of(weighing->items[i].program);
        double part = part_of(weighing, &weighing->items[i]);
        if (!ph_table_find(names, name, &number)) {
            number = count++;
            PH_TRY(ph_table_put(names, name, number));
        }
        programs[number].part += part;
        programs[number].count += part > 0;
    }
    return NULL;
}

struct ph_error *ph_weigh(struct ph_weighing *weighing)
{
    PH_GUARD(ph_table_fini) struct ph_table names = {0};
    ph_autofree struct program *programs = ph_zalloc(weighing->count, sizeof(*programs));
    bool growing = ph_weighing_grows(weighing);
    /* all processes together hold more than there is where they share objects */
    double whole = growing                    ? fmax(weighing->grew, weighing->growth)
                   : isnan(weighing->objects) ? weighing->held
                                              : weighing->objects;
    double least = growing ? PH_GREW_LEAST : HELD_LEAST;

    if (!programs)
        return ph_error_nomem();
    PH_TRY(add_up(weighing, &names, programs));
    for (size_t i = 0; i < weighing->count; i++) {
        struct ph_weighed *item = &weighing->items[i];
        double part = part_of(weighing, item);
        uint32_t number = 0;
        (void)ph_table_find(&names, ph_slice_of(item->program), &number);
        const struct program *program = &programs[number];
        bool alone = part >= least && part * 2 >= whole;
        bool together = program->part >= least && program->part * 2 >= whole &&
                        part * 2 * (double)program->count >= program->part;
        if (part > 0 && (alone || together))
            item->evidence = PH_EVIDENCE_HOLDS;
    }
    if (weighing->count)
        ph_sort(weighing->items, weighing->count, sizeof(*weighing->items),
                growing ? by_grown : by_held);
    return NULL;
}

bool ph_weighing_shows(const struct ph_weighing *weighing, size_t at)
{
    const struct ph_weighed *item = &weighing->items[at];
    double whole =
        weighing->few_are_held ? weighing->held : fmax(weighing->held, weighing->objects);

    return at < SHOWN_MOST &&
           (item->evidence != PH_EVIDENCE_SOME || item->held >= HELD_TO_SHOW * whole);
}

void ph_weighed_words(const struct ph_weighed *item, const char *holds, struct ph_text *out)
{
    ph_text_printf(out, "holds %s now", holds);
    if (!isnan(item->grew)) {
        ph_text_puts(out, item->grew < 0 ? ", fewer by " : ", ");
        ph_text_grouped(out, (int64_t)llround(fabs(item->grew)));
        ph_text_puts(out,
                     item->grew < 0 ? " than at the first look" : " more than at the first look");
    }
    if (item->own)
        ph_text_puts(out, "; this is poolhound itself");
    if (item->kernel)
        ph_text_puts(out, "; it is the kernel's own process: drivers made them");
}
