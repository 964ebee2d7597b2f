#include "store_fixture.h"

#include "base/mem.h"
#include "store/frame.h"

static const uint64_t salt = 77;

static void head_of_world(struct ph_frame_head *head)
{
    for (unsigned i = 0; i < PH_FRAME_FIELDS; i++) {
        if (!draw(8))
            head->fields[i] = (int64_t)wild();
    }
}

static size_t values_of_world(const struct world *world, struct ph_value *values)
{
    size_t count = 0;

    for (uint32_t i = 0; i < FIXTURE_SERIES; i++) {
        if (!world->present[i])
            continue;
        values[count] = world->values[i];
        values[count++].series = i;
    }
    return count;
}

static void assert_state(const struct ph_frame_state *state, const struct ph_value *values,
                         size_t count)
{
    assert_int_equal(state->present, count);
    for (size_t i = 0; i < count; i++) {
        assert_true(ph_frame_has(state, values[i].series));
        struct ph_value value = ph_frame_value(state, values[i].series, values[i].series);
        assert_true(same_value(&value, &values[i]));
    }
}

/* Every value, the head and the list of changes come back, whatever happens to the series. */
static void round_trip(void **unused)
{
    PH_GUARD(ph_frame_state_fini) struct ph_frame_state writer = {0}, reader = {0};
    PH_GUARD(ph_text_fini) struct ph_text frame = {0};
    struct ph_frame_head head = {0};
    struct ph_frame_loss losses[2] = {{7, 1}, {9, UINT64_MAX}};
    struct world world;
    struct ph_value before[FIXTURE_SERIES], values[FIXTURE_SERIES];
    size_t before_count = 0;

    (void)unused;
    fixture_seed = 42;
    head.losses = losses;
    world_start(&world);
    for (unsigned n = 0; n < 3000; n++) {
        bool full = n % 97 == 0;
        world_step(&world);
        size_t count = values_of_world(&world, values), changed = 0;
        head_of_world(&head);
        head.loss_count = draw(3);
        assert_ok(ph_frame_encode(&writer, full, &head, values, count, salt, &frame));
        assert_ok(ph_frame_decode(&reader, "frame", (struct ph_slice){frame.data, frame.size}, salt,
                                  FIXTURE_SERIES));
        assert_state(&writer, values, count);
        assert_state(&reader, values, count);
        assert_memory_equal(head.fields, reader.head.fields, sizeof(head.fields));
        assert_int_equal(head.loss_count, reader.head.loss_count);
        for (size_t i = 0; i < head.loss_count; i++)
            assert_true(reader.head.losses[i].id == losses[i].id &&
                        reader.head.losses[i].count == losses[i].count);
        size_t at = 0;
        for (size_t i = 0; !full && i < count; i++) {
            while (at < before_count && before[at].series < values[i].series)
                at++;
            bool same = at < before_count && before[at].series == values[i].series &&
                        same_value(&before[at], &values[i]);
            if (same)
                continue;
            assert_true(changed < reader.changed_count);
            assert_int_equal(reader.changed[changed++], values[i].series);
        }
        if (!full)
            assert_int_equal(changed, reader.changed_count);
        memcpy(before, values, sizeof(values));
        before_count = count;
    }
}

/* An empty sample, a first one without series, one in which all vanish. */
static void empty_ones(void **unused)
{
    PH_GUARD(ph_frame_state_fini) struct ph_frame_state writer = {0}, reader = {0};
    PH_GUARD(ph_text_fini) struct ph_text frame = {0};
    struct ph_frame_head head = {0};
    struct ph_value value = {.series = 130, .have = PH_HAVE_BYTES, .bytes = -5};

    (void)unused;
    for (unsigned n = 0; n < 6; n++) {
        size_t count = n % 2;
        assert_ok(ph_frame_encode(&writer, n == 0, &head, &value, count, salt, &frame));
        assert_ok(ph_frame_decode(&reader, "frame", (struct ph_slice){frame.data, frame.size}, salt,
                                  131));
        assert_int_equal(reader.present, count);
        assert_int_equal(reader.changed_count, count);
        assert_true(reader.reshaped == (n != 0));
    }
    assert_fails(
        ph_frame_decode(&reader, "frame", (struct ph_slice){frame.data, frame.size}, salt, 130),
        PH_ERR_FORMAT, "a series beyond the 130 in the file");
}

/* A steady load is stored in few bits: what docs/formats.md says of sizes rests on it. */
static void steady_is_small(void **unused)
{
    PH_GUARD(ph_frame_state_fini) struct ph_frame_state writer = {0};
    PH_GUARD(ph_text_fini) struct ph_text frame = {0};
    struct ph_frame_head head = {0};
    struct ph_value values[100] = {{0}};

    (void)unused;
    for (uint32_t i = 0; i < 100; i++)
        values[i] = (struct ph_value){i, 15, 1000, 0, 1000, 64000};
    for (unsigned n = 0; n < 40; n++) {
        for (unsigned i = 0; i < 100; i += 2) {
            values[i].allocs += 500 + draw(10);
            values[i].objects = 1000 + (int64_t)draw(5);
            values[i].frees = values[i].allocs - (uint64_t)values[i].objects;
            values[i].bytes = values[i].objects * 64;
        }
        assert_ok(ph_frame_encode(&writer, n == 0, &head, values, 100, salt, &frame));
    }
    assert_in_range(frame.size, 50, 50 * 2 + 20);
}

/* Each flipped bit is found; bytes that are cut are found. */
static void damage_is_found(void **unused)
{
    PH_GUARD(ph_frame_state_fini) struct ph_frame_state writer = {0}, reader = {0};
    PH_GUARD(ph_text_fini) struct ph_text frame = {0};
    struct ph_frame_head head = {0};
    struct world world;
    struct ph_value values[FIXTURE_SERIES];

    (void)unused;
    world_start(&world);
    size_t count = values_of_world(&world, values);
    assert_ok(ph_frame_encode(&writer, true, &head, values, count, salt, &frame));
    for (size_t bit = 0; bit < frame.size * 8; bit++) {
        frame.data[bit / 8] = (char)(frame.data[bit / 8] ^ 1 << bit % 8);
        struct ph_error *error = ph_frame_decode(
            &reader, "some.rec", (struct ph_slice){frame.data, frame.size}, salt, FIXTURE_SERIES);
        assert_fails(error, PH_ERR_FORMAT, "some.rec: ");
        frame.data[bit / 8] = (char)(frame.data[bit / 8] ^ 1 << bit % 8);
    }
    for (size_t size = 0; size < frame.size; size++)
        assert_fails(ph_frame_decode(&reader, "some.rec", (struct ph_slice){frame.data, size}, salt,
                                     FIXTURE_SERIES),
                     PH_ERR_FORMAT, "some.rec: ");
    assert_fails(ph_frame_decode(&reader, "some.rec", (struct ph_slice){frame.data, frame.size},
                                 salt + 1, FIXTURE_SERIES),
                 PH_ERR_FORMAT, "check sum");
    assert_ok(ph_frame_decode(&reader, "some.rec", (struct ph_slice){frame.data, frame.size}, salt,
                              FIXTURE_SERIES));
    assert_state(&reader, values, count);
}

static void out_of_memory(void **unused)
{
    struct world world;
    struct ph_value values[FIXTURE_SERIES];
    struct ph_frame_loss loss = {1, 2};
    struct ph_frame_head head = {.losses = &loss, .loss_count = 1};
    bool through = false;

    (void)unused;
    world_start(&world);
    size_t count = values_of_world(&world, values);
    for (long n = 0; !through; n++) {
        PH_GUARD(ph_frame_state_fini) struct ph_frame_state writer = {0}, reader = {0};
        PH_GUARD(ph_text_fini) struct ph_text frame = {0};
        ph_mem_fail_after(n);
        struct ph_error *error = ph_frame_encode(&writer, true, &head, values, count, salt, &frame);
        if (!error)
            error = ph_frame_decode(&reader, "frame", (struct ph_slice){frame.data, frame.size},
                                    salt, FIXTURE_SERIES);
        ph_mem_fail_after(-1);
        through = !error;
        if (error)
            assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
        assert_true(n < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),      cmocka_unit_test(empty_ones),
        cmocka_unit_test(steady_is_small), cmocka_unit_test(damage_is_found),
        cmocka_unit_test(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
