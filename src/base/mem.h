/* mem.h - the one place where poolhound asks for memory.
 *
 * Every allocation of the project goes through here, so that tests can make the n-th one fail:
 * this tool runs on machines that are out of memory.
 */
#ifndef PH_BASE_MEM_H
#define PH_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

#include "base/error.h"
#include "base/guard.h"

/* All return NULL when memory is short. Sizes in bytes; a size of 0 gives a valid pointer. */
void *ph_alloc(size_t size) PH_MUST_CHECK;
void *ph_zalloc(size_t count, size_t size) PH_MUST_CHECK; /* zeroed; checks count * size */
void *ph_realloc(void *block, size_t size) PH_MUST_CHECK;
char *ph_strdup(const char *text) PH_MUST_CHECK;
char *ph_memdup(const void *bytes, size_t size) PH_MUST_CHECK; /* adds a 0 byte at the end */
char *ph_format(const char *format, ...) PH_PRINTF(1, 2) PH_MUST_CHECK;
char *ph_vformat(const char *format, va_list args) PH_PRINTF(1, 0) PH_MUST_CHECK;
void ph_free(void *block);
void ph_freep(void *pointer_to_pointer);

/* Grows an array so that it holds at least `need` elements (doubling). `*items` and `*capacity`
 * change only on success. Errors: out of memory. */
struct ph_error *ph_grow(void *items_pointer, size_t *capacity, size_t need,
                         size_t item_size) PH_MUST_CHECK;

/* For tests: lets `count` allocations succeed and fails every later one; negative: never fail. */
void ph_mem_fail_after(long count);
/* For tests: how many allocations were asked for since the last ph_mem_fail_after(). */
long ph_mem_asked(void);

#endif
