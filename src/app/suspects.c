#include "app/suspects.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

enum { POINTS_LEAST = 9, AT_ONCE = 8 };
#define GROWTH_LEAST 4096.0         /* bytes: a page */
#define PAGES_LEAST (8.0 * 1048576) /* (unaccounted) is an estimate that moves by megabytes */

/* The least of the last third less the most of the first one; NAN when one of them was not seen. */
static double growth_of(const struct ph_history *history, uint32_t series)
{
    const struct ph_history_line *line = ph_history_series(history, series);
    size_t third = history->count / 3;
    float first = -INFINITY, last = INFINITY;

    if (!line)
        return (double)NAN;
    for (size_t i = 0; i < third; i++) {
        float low = line->low[history->count - 1 - i];
        if (isnan(line->high[i]) || isnan(low))
            return (double)NAN;
        first = fmaxf(first, line->high[i]);
        last = fminf(last, low);
    }
    return (double)last - (double)first;
}

static bool is_there(const struct ph_suspects *suspects, struct ph_slice name)
{
    for (size_t i = 0; i < suspects->count; i++)
        if (ph_slice_is(name, suspects->names[i]))
            return true;
    return false;
}

static struct ph_error *add(struct ph_suspects *suspects, struct ph_slice name)
{
    if (suspects->count == PH_SUSPECTS_MOST || is_there(suspects, name))
        return NULL;
    suspects->names[suspects->count] = ph_memdup(name.data, name.size);
    if (!suspects->names[suspects->count])
        return ph_error_nomem();
    suspects->count++;
    return NULL;
}

static struct ph_error *add_series(struct ph_suspects *suspects, const struct ph_series *series)
{
    struct ph_slice rest = ph_slice_of(series->aliases ? series->aliases : ""), word;

    PH_TRY(add(suspects, series->tag));
    while (ph_slice_word(&rest, &word))
        PH_TRY(add(suspects, word));
    return NULL;
}

/* The one that grew most among those that are not there; SIZE_MAX = none. */
static size_t best_of(const struct ph_catalog *catalog, const struct ph_history *history,
                      const struct ph_suspects *suspects)
{
    size_t best = SIZE_MAX;
    double growth = 0;

    for (size_t i = 0; i < catalog->count && i <= UINT32_MAX; i++) {
        const struct ph_series *series = &catalog->series[i];
        if (series->origin != PH_ORIGIN_SLABINFO || is_there(suspects, series->tag))
            continue;
        double grown = growth_of(history, (uint32_t)i);
        if (grown >= GROWTH_LEAST && grown > growth) {
            best = i;
            growth = grown;
        }
    }
    return best;
}

struct ph_error *ph_suspects_pick(struct ph_suspects *suspects, const struct ph_catalog *catalog,
                                  const struct ph_history *history, size_t *added)
{
    size_t before = suspects->count;

    *added = 0;
    if (history->count < POINTS_LEAST)
        return NULL;
    for (unsigned i = 0; i < AT_ONCE && suspects->count < PH_SUSPECTS_MOST; i++) {
        size_t best = best_of(catalog, history, suspects);
        if (best == SIZE_MAX)
            break;
        PH_TRY(add_series(suspects, &catalog->series[best]));
    }
    for (size_t i = 0; i < catalog->count && i <= UINT32_MAX; i++)
        if (catalog->series[i].origin == PH_ORIGIN_MEMINFO &&
            ph_slice_is(catalog->series[i].tag, "(unaccounted)") &&
            growth_of(history, (uint32_t)i) >= PAGES_LEAST)
            suspects->pages = true;
    *added = suspects->count - before;
    return NULL;
}

void ph_suspects_fini(struct ph_suspects *suspects)
{
    for (size_t i = 0; i < suspects->count; i++)
        ph_free(suspects->names[i]);
    *suspects = (struct ph_suspects){0};
}
