#include "owner/tagscan/flow_state.h"

#include <string.h>

#include "base/mem.h"

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9E3779B97F4A7C15ull;
    return hash ^ hash >> 29;
}

/* Unused constants are 0 in every value, so that equal values have equal fields. */
static uint64_t hash_of(const struct ph_abs *abs, uint32_t bytes)
{
    uint64_t hash =
        mix(bytes, abs->count | (uint64_t)abs->symbol << 8 | (uint64_t)abs->unknown << 16 |
                       (uint64_t)abs->from_data << 17 | (uint64_t)abs->from_writable << 18);

    if (abs->symbol)
        hash = mix(mix(hash, abs->number), (uint64_t)abs->offset);
    for (unsigned i = 0; i < PH_ABS_CONSTANTS && abs->constants[i]; i++)
        hash = mix(hash, abs->constants[i]);
    return hash;
}

static bool equal(const struct ph_value *value, const struct ph_abs *abs, uint32_t bytes)
{
    const struct ph_abs *other = &value->abs;

    return value->bytes == bytes && other->count == abs->count && other->symbol == abs->symbol &&
           other->unknown == abs->unknown && other->from_data == abs->from_data &&
           other->from_writable == abs->from_writable && other->number == abs->number &&
           other->offset == abs->offset &&
           memcmp(other->constants, abs->constants, sizeof(abs->constants)) == 0;
}

/* --- the table --- */

enum { FIRST_SLOTS = 256 };

struct ph_error *ph_values_init(struct ph_values *values)
{
    struct ph_abs unknown = ph_abs_unknown();

    *values = (struct ph_values){.slots = ph_zalloc(FIRST_SLOTS, sizeof(*values->slots)),
                                 .slot_count = FIRST_SLOTS};
    if (!values->slots)
        return ph_error_nomem();
    ph_values_number(values, &unknown, 8);
    if (values->full) {
        ph_values_fini(values);
        return ph_error_nomem();
    }
    return NULL;
}

void ph_values_fini(struct ph_values *values)
{
    ph_free(values->items);
    ph_free(values->slots);
    *values = (struct ph_values){0};
}

static void link_value(struct ph_values *values, size_t number)
{
    const struct ph_value *value = &values->items[number];
    size_t slot = hash_of(&value->abs, value->bytes) & (values->slot_count - 1);

    while (values->slots[slot])
        slot = (slot + 1) & (values->slot_count - 1);
    values->slots[slot] = (uint32_t)number + 1;
}

static bool grow_slots(struct ph_values *values)
{
    uint32_t *slots = ph_zalloc(values->slot_count * 2, sizeof(*slots));

    if (!slots)
        return false;
    ph_free(values->slots);
    values->slots = slots;
    values->slot_count *= 2;
    for (size_t i = 0; i < values->count; i++)
        link_value(values, i);
    return true;
}

static bool room(struct ph_values *values)
{
    if (values->count >= PH_VALUES_MOST)
        return false;
    struct ph_error *error =
        ph_grow(&values->items, &values->capacity, values->count + 1, sizeof(*values->items));
    if (error) {
        ph_error_free(error);
        return false;
    }
    return (values->count + 1) * 2 <= values->slot_count || grow_slots(values);
}

uint32_t ph_values_number(struct ph_values *values, const struct ph_abs *abs, uint32_t bytes)
{
    size_t slot = hash_of(abs, bytes) & (values->slot_count - 1);

    for (; values->slots[slot]; slot = (slot + 1) & (values->slot_count - 1)) {
        uint32_t number = values->slots[slot] - 1;
        if (equal(&values->items[number], abs, bytes))
            return number;
    }
    if (values->full || !room(values)) {
        values->full = true;
        return PH_VALUE_UNKNOWN;
    }
    values->items[values->count] = (struct ph_value){.abs = *abs, .bytes = bytes};
    link_value(values, values->count);
    return (uint32_t)values->count++;
}
