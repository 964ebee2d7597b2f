/* sort.h - sorting that gives the same order on every system, equals included. */
#ifndef PH_BASE_SORT_H
#define PH_BASE_SORT_H

#include <stddef.h>

/* Sorts `count` items of `size` bytes: smallest first, equal ones as they stood. In time n log n
 * whatever the items are; memory for as many items is borrowed, and only when there is none the
 * order of equal ones may change. `items` may be NULL when there are none. */
void ph_sort(void *items, size_t count, size_t size,
             int (*compare)(const void *left, const void *right));
/* The same, with something that `compare` needs to know. */
void ph_sort_with(void *items, size_t count, size_t size,
                  int (*compare)(const void *left, const void *right, void *context),
                  void *context);

#endif
