#include "base/mem.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_long fail_after = -1; /* both are shared by threads */
static atomic_long asked;

void ph_mem_fail_after(long count)
{
    atomic_store(&fail_after, count);
    atomic_store(&asked, 0);
}

long ph_mem_asked(void)
{
    return atomic_load(&asked);
}

static int may_allocate(void)
{
    long limit = atomic_load_explicit(&fail_after, memory_order_relaxed);
    long number = atomic_fetch_add_explicit(&asked, 1, memory_order_relaxed) + 1;

    return limit < 0 || number <= limit;
}

void *ph_alloc(size_t size)
{
    return may_allocate() ? malloc(size ? size : 1) : NULL;
}

void *ph_zalloc(size_t count, size_t size)
{
    size_t product;

    if (__builtin_mul_overflow(count, size, &product))
        return NULL;
    return may_allocate() ? calloc(1, product ? product : 1) : NULL;
}

void *ph_realloc(void *block, size_t size)
{
    return may_allocate() ? realloc(block, size ? size : 1) : NULL;
}

char *ph_memdup(const void *bytes, size_t size)
{
    char *copy = ph_alloc(size + 1);

    if (copy) {
        if (size)
            memcpy(copy, bytes, size);
        copy[size] = 0;
    }
    return copy;
}

char *ph_strdup(const char *text)
{
    return ph_memdup(text, strlen(text));
}

char *ph_vformat(const char *format, va_list args)
{
    va_list again;

    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        return NULL;
    char *text = ph_alloc((size_t)length + 1);
    if (text)
        (void)vsnprintf(text, (size_t)length + 1, format, args);
    return text;
}

char *ph_format(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *text = ph_vformat(format, args);
    va_end(args);
    return text;
}

void ph_free(void *block)
{
    free(block);
}

void ph_freep(void *pointer_to_pointer)
{
    free(*(void **)pointer_to_pointer);
}

struct ph_error *ph_grow(void *items_pointer, size_t *capacity, size_t need, size_t item_size)
{
    void **items = items_pointer;
    size_t wanted = *capacity ? *capacity : 8;

    if (need <= *capacity)
        return NULL;
    while (wanted < need) {
        if (wanted > SIZE_MAX / 2 / item_size)
            return ph_error_nomem();
        wanted *= 2;
    }
    if (wanted > SIZE_MAX / item_size)
        return ph_error_nomem();
    void *grown = ph_realloc(*items, wanted * item_size);
    if (!grown)
        return ph_error_nomem();
    *items = grown;
    *capacity = wanted;
    return NULL;
}
