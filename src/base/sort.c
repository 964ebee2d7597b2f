/* The C libraries differ: glibc's qsort() is a merge sort, which keeps equal items as they stood;
 * that of Windows is a quick sort, which does not and can be led into quadratic time; qsort_r() and
 * qsort_s() take their arguments in another order. So: one merge sort for all. */
#include "base/sort.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

enum {
    RUN = 6,            /* items up to which inserting beats merging */
    ON_THE_STACK = 2048 /* bytes that are not worth an allocation */
};

struct sort {
    size_t size;
    int (*compare)(const void *left, const void *right, void *context);
    void *context;
};

/* Numbers are what is sorted most. */
static inline void copy(char *to, const char *from, size_t size)
{
    if (size == sizeof(uint64_t))
        memcpy(to, from, sizeof(uint64_t));
    else if (size == sizeof(uint32_t))
        memcpy(to, from, sizeof(uint32_t));
    else
        memcpy(to, from, size);
}

static void insertion(const struct sort *sort, char *items, size_t count, char *spare)
{
    size_t size = sort->size;

    for (size_t i = 1; i < count; i++) {
        size_t to = i;
        while (to && sort->compare(items + (to - 1) * size, items + i * size, sort->context) > 0)
            to--;
        if (to == i)
            continue;
        copy(spare, items + i * size, size);
        for (size_t k = i; k > to; k--)
            copy(items + k * size, items + (k - 1) * size, size);
        copy(items + to * size, spare, size);
    }
}

/* `spare` has room for half the items. As deep as the logarithm of the count. */
static void merge_sort(const struct sort *sort, char *items, size_t count, char *spare)
{
    size_t size = sort->size, half = count / 2;

    if (count <= RUN) {
        insertion(sort, items, count, spare);
        return;
    }
    merge_sort(sort, items, half, spare);
    merge_sort(sort, items + half * size, count - half, spare);
    char *right = items + half * size, *end = items + count * size;
    if (sort->compare(right - size, right, sort->context) <= 0)
        return;
    memcpy(spare, items, half * size);
    const char *left = spare, *left_end = spare + half * size;
    for (char *out = items; left < left_end && right < end; out += size) {
        bool first = sort->compare(left, right, sort->context) <= 0;
        copy(out, first ? left : right, size);
        left += first ? size : 0;
        right += first ? 0 : size;
    }
    /* what is left of the right half stands where it belongs */
    memcpy(right - (left_end - left), left, (size_t)(left_end - left));
}

static void swap(char *a, char *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char kept = a[i];
        a[i] = b[i];
        b[i] = kept;
    }
}

static void sink(const struct sort *sort, char *items, size_t at, size_t count)
{
    size_t size = sort->size;

    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count &&
            sort->compare(items + child * size, items + (child + 1) * size, sort->context) < 0)
            child++;
        if (sort->compare(items + at * size, items + child * size, sort->context) >= 0)
            return;
        swap(items + at * size, items + child * size, size);
    }
}

/* Needs no memory. */
static void heap_sort(const struct sort *sort, char *items, size_t count)
{
    for (size_t at = count / 2; at-- > 0;)
        sink(sort, items, at, count);
    for (size_t last = count; last-- > 1;) {
        swap(items, items + last * sort->size, sort->size);
        sink(sort, items, 0, last);
    }
}

void ph_sort_with(void *items, size_t count, size_t size,
                  int (*compare)(const void *left, const void *right, void *context), void *context)
{
    const struct sort sort = {size, compare, context};
    size_t need = (count <= RUN ? 1 : count / 2) * size; /* less than what the items take */
    char small[ON_THE_STACK];

    if (count < 2)
        return;
    char *spare = need <= sizeof(small) ? small : ph_alloc(need);
    if (spare)
        merge_sort(&sort, items, count, spare);
    else
        heap_sort(&sort, items, count);
    if (spare != small)
        ph_free(spare);
}

struct plain {
    int (*compare)(const void *left, const void *right);
};

static int compare_plain(const void *left, const void *right, void *context)
{
    const struct plain *plain = context;

    return plain->compare(left, right);
}

void ph_sort(void *items, size_t count, size_t size,
             int (*compare)(const void *left, const void *right))
{
    struct plain plain = {compare};

    ph_sort_with(items, count, size, compare_plain, &plain);
}
