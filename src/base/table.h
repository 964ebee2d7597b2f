/* table.h - a hash table from bytes to a number, for interning tags and symbols. */
#ifndef PH_BASE_TABLE_H
#define PH_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

struct ph_table_entry;

struct ph_table {
    struct ph_table_entry *entries; /* open addressing, a power of two */
    size_t capacity;
    size_t count;
};

/* The number stored for `key`; false when there is none. */
bool ph_table_find(const struct ph_table *table, struct ph_slice key, uint32_t *value);
/* Stores a number for `key` (copied); replaces an older one. Error: out of memory. */
struct ph_error *ph_table_put(struct ph_table *table, struct ph_slice key,
                              uint32_t value) PH_MUST_CHECK;
void ph_table_fini(struct ph_table *table);

#endif
