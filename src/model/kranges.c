#include "model/kranges.h"

#include <string.h>

#include "base/mem.h"
#include "base/sort.h"
#include "base/text.h"

struct ph_error *ph_kranges_of(struct ph_kmodules *modules, struct ph_kranges *ranges)
{
    PH_TRY(ph_grow(&ranges->items, &ranges->capacity, modules->count, sizeof(*ranges->items)));
    for (size_t i = 0; i < modules->count; i++) {
        struct ph_kmodule *module = &modules->items[i];
        ranges->items[ranges->count++] =
            (struct ph_krange){ph_steal(module->name), module->address, module->size, 0};
    }
    return NULL;
}

static int by_from(const void *left, const void *right)
{
    const struct ph_krange *a = left, *b = right;

    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    return strcmp(a->name, b->name);
}

void ph_kranges_sort(struct ph_kranges *ranges)
{
    uint64_t next = UINT64_MAX; /* where the next module begins */

    if (ranges->count)
        ph_sort(ranges->items, ranges->count, sizeof(*ranges->items), by_from);
    for (size_t i = ranges->count; i-- > 0;) {
        struct ph_krange *range = &ranges->items[i];
        if (i + 1 < ranges->count && ranges->items[i + 1].from == range->from) {
            range->to = ranges->items[i + 1].to;
            continue;
        }
        range->to = range->size > next - range->from ? next : range->from + range->size;
        if (!range->from)
            range->to = 0;
        next = range->from;
    }
}

void ph_kranges_fini(struct ph_kranges *ranges)
{
    for (size_t i = 0; i < ranges->count; i++)
        ph_free(ranges->items[i].name);
    ph_free(ranges->items);
    *ranges = (struct ph_kranges){0};
}

bool ph_kranges_hidden(const struct ph_kranges *ranges)
{
    return ranges->count && !ranges->items[ranges->count - 1].from;
}

const struct ph_krange *ph_kranges_named(const struct ph_kranges *ranges, struct ph_slice name)
{
    for (size_t i = 0; i < ranges->count; i++)
        if (ph_kmodule_same_name(ph_slice_of(ranges->items[i].name), name))
            return &ranges->items[i];
    return NULL;
}

const struct ph_krange *ph_kranges_at(const struct ph_kranges *ranges, uint64_t address)
{
    size_t low = 0, high = ranges->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges->items[middle].from <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low && address < ranges->items[low - 1].to ? &ranges->items[low - 1] : NULL;
}
