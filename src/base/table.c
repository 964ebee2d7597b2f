#include "base/table.h"

#include <string.h>

#include "base/mem.h"

struct ph_table_entry {
    char *key; /* NULL = free */
    size_t size;
    uint32_t hash;
    uint32_t value;
};

/* FNV-1a: tags are short, and an attacker who can choose them needs root. */
static uint32_t hash_of(struct ph_slice key)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < key.size; i++)
        hash = (hash ^ (uint8_t)key.data[i]) * 16777619u;
    return hash;
}

static struct ph_table_entry *place_of(const struct ph_table *table, struct ph_slice key,
                                       uint32_t hash)
{
    size_t at = hash & (table->capacity - 1);

    for (;; at = (at + 1) & (table->capacity - 1)) {
        struct ph_table_entry *entry = &table->entries[at];
        if (!entry->key || (entry->hash == hash && entry->size == key.size &&
                            !memcmp(entry->key, key.data, key.size)))
            return entry;
    }
}

bool ph_table_find(const struct ph_table *table, struct ph_slice key, uint32_t *value)
{
    if (!table->count)
        return false;
    const struct ph_table_entry *entry = place_of(table, key, hash_of(key));
    if (!entry->key)
        return false;
    *value = entry->value;
    return true;
}

static struct ph_error *widen(struct ph_table *table)
{
    struct ph_table wider = {.capacity = table->capacity ? table->capacity * 2 : 64,
                             .count = table->count};

    wider.entries = ph_zalloc(wider.capacity, sizeof(*wider.entries));
    if (!wider.entries)
        return ph_error_nomem();
    for (size_t i = 0; i < table->capacity; i++) {
        const struct ph_table_entry *entry = &table->entries[i];
        if (entry->key)
            *place_of(&wider, (struct ph_slice){entry->key, entry->size}, entry->hash) = *entry;
    }
    ph_free(table->entries);
    *table = wider;
    return NULL;
}

struct ph_error *ph_table_put(struct ph_table *table, struct ph_slice key, uint32_t value)
{
    if (table->count * 4 >= table->capacity * 3)
        PH_TRY(widen(table));
    uint32_t hash = hash_of(key);
    struct ph_table_entry *entry = place_of(table, key, hash);
    if (!entry->key) {
        char *copy = ph_memdup(key.data, key.size);
        if (!copy)
            return ph_error_nomem();
        *entry = (struct ph_table_entry){copy, key.size, hash, 0};
        table->count++;
    }
    entry->value = value;
    return NULL;
}

void ph_table_fini(struct ph_table *table)
{
    for (size_t i = 0; i < table->capacity; i++)
        ph_free(table->entries[i].key);
    ph_free(table->entries);
    *table = (struct ph_table){0};
}
