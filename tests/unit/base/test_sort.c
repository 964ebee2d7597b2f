#include "base/sort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/mem.h"

/* `place` tells equal items apart; `more` makes the item as long as the case wants. */
struct item {
    uint32_t key, place;
    char more[40];
};

static uint32_t state_of_chance = 1;

static uint32_t chance(void)
{
    state_of_chance = state_of_chance * 1664525 + 1013904223;
    return state_of_chance >> 8;
}

static int by_key(const void *left, const void *right)
{
    uint32_t a = ((const struct item *)left)->key, b = ((const struct item *)right)->key;

    return a < b ? -1 : a > b;
}

static int counted(const void *left, const void *right, void *context)
{
    ++*(size_t *)context;
    return by_key(left, right);
}

static void fill(struct item *items, size_t count, uint32_t keys)
{
    for (size_t i = 0; i < count; i++)
        items[i] = (struct item){.key = chance() % keys, .place = (uint32_t)i};
}

static void assert_order(const struct item *items, size_t count, bool equals_too)
{
    for (size_t i = 1; i < count; i++) {
        assert_true(items[i - 1].key <= items[i].key);
        if (equals_too && items[i - 1].key == items[i].key)
            assert_true(items[i - 1].place < items[i].place);
    }
}

static void keeps_equals_as_they_stood(void **state)
{
    static struct item items[3000];

    (void)state;
    for (size_t count = 0; count < 200; count++) {
        fill(items, count, 1 + (uint32_t)count / 3);
        ph_sort(items, count, sizeof(*items), by_key);
        assert_order(items, count, true);
    }
    fill(items, 3000, 50);
    ph_sort(items, 3000, sizeof(*items), by_key);
    assert_order(items, 3000, true);
    ph_sort(NULL, 0, sizeof(*items), by_key);
}

static void sorts_without_memory(void **state)
{
    static struct item items[3000];
    uint64_t before = 0, after = 0;

    (void)state;
    fill(items, 3000, 5000);
    for (size_t i = 0; i < 3000; i++)
        before += items[i].key;
    ph_mem_fail_after(0);
    ph_sort(items, 3000, sizeof(*items), by_key);
    ph_mem_fail_after(-1);
    assert_order(items, 3000, false);
    for (size_t i = 0; i < 3000; i++)
        after += items[i].key;
    assert_true(before == after);
}

static int by_number(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return a < b ? -1 : a > b;
}

static int by_byte(const void *left, const void *right)
{
    return memcmp(left, right, 1);
}

static void sorts_items_of_any_size(void **state)
{
    uint64_t numbers[500];
    char bytes[] = "the quick brown fox jumps over the lazy dog";

    (void)state;
    for (size_t i = 0; i < 500; i++)
        numbers[i] = (uint64_t)chance() << 20;
    ph_sort(numbers, 500, sizeof(*numbers), by_number);
    for (size_t i = 1; i < 500; i++)
        assert_true(numbers[i - 1] <= numbers[i]);
    ph_sort(bytes, sizeof(bytes) - 1, 1, by_byte);
    assert_string_equal(bytes, "        abcdeeefghhijklmnoooopqrrsttuuvwxyz");
}

static void asks_few_times_whatever_the_order(void **state)
{
    enum { COUNT = 4096, MOST = COUNT * 13 };
    static struct item items[COUNT];

    (void)state;
    for (int shape = 0; shape < 4; shape++) {
        for (uint32_t i = 0; i < COUNT; i++) /* up, down, a saw, organ pipes */
            items[i] = (struct item){.key = shape == 0      ? i
                                            : shape == 1    ? COUNT - i
                                            : shape == 2    ? i % 64
                                            : i < COUNT / 2 ? i
                                                            : COUNT - i,
                                     .place = i};
        size_t asked = 0;
        ph_sort_with(items, COUNT, sizeof(*items), counted, &asked);
        assert_order(items, COUNT, true);
        assert_true(asked < MOST);
    }
}

static void finds_bytes(void **state)
{
    static const char hay[] = "aab\0aabaabc";
    size_t size = sizeof(hay) - 1;

    (void)state;
    assert_ptr_equal(ph_find_bytes(hay, size, "aab", 3), hay);
    assert_ptr_equal(ph_find_bytes(hay, size, "aabc", 4), hay + 7);
    assert_ptr_equal(ph_find_bytes(hay, size, "b\0a", 3), hay + 2);
    assert_ptr_equal(ph_find_bytes(hay, size, "c", 1), hay + size - 1);
    assert_ptr_equal(ph_find_bytes(hay, size, "", 0), hay);
    assert_null(ph_find_bytes(hay, size, "cd", 2));
    assert_null(ph_find_bytes(hay, size - 1, "c", 1));
    assert_null(ph_find_bytes(hay, 2, "aab", 3));
    assert_null(ph_find_bytes("", 0, "a", 1));
}

static void finds_bytes_at_every_place(void **state)
{
    char hay[200], needle[40];

    (void)state;
    for (size_t length = 1; length < sizeof(needle); length++) {
        for (size_t at = 0; at + length <= sizeof(hay); at++) {
            memset(hay, 'x', sizeof(hay));
            memset(needle, 'x', sizeof(needle));
            needle[length - 1] = 'y';
            hay[at + length - 1] = 'y';
            assert_ptr_equal(ph_find_bytes(hay, sizeof(hay), needle, length), hay + at);
            assert_null(ph_find_bytes(hay, at + length - 1, needle, length));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_equals_as_they_stood),
        cmocka_unit_test(sorts_without_memory),
        cmocka_unit_test(sorts_items_of_any_size),
        cmocka_unit_test(asks_few_times_whatever_the_order),
        cmocka_unit_test(finds_bytes),
        cmocka_unit_test(finds_bytes_at_every_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
