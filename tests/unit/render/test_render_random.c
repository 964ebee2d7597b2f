/* render: what must hold for every report: width, no raw control bytes, JSON that parses and
 * follows docs/schema.json, CSV with as many fields as its header, and no memory is no crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_check.h"
#include "random_report.h"
#include "screen_check.h"

enum { ROUNDS = 1500 };

static struct json *schema;

static void texts_fit(void **state)
{
    uint64_t seed = 20261102;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct fixture fixture;
        struct ph_style style = {.utf8 = below(&seed, 2),
                                 .columns = (unsigned)(76 + below(&seed, 5) * below(&seed, 30))};
        PH_GUARD(ph_text_fini) struct ph_text out = {0};
        fixture_random(&fixture, &seed);
        struct ph_reading_report reading = reading_of(&fixture);
        must(ph_render_text.reading(&reading, &style, &out));
        assert_width(&out, style.columns);
        assert_harmless(&out, &style);
        ph_text_clear(&out);
        struct ph_hunt_report hunt = random_hunt(&fixture, &seed);
        must(ph_render_text.hunt(&hunt, &style, &out));
        assert_width(&out, style.columns);
        assert_harmless(&out, &style);
        ph_text_clear(&out);
        struct ph_diff_report diff = random_diff_report(&fixture, &seed);
        must(ph_render_text.diff(&diff, &style, &out));
        assert_width(&out, style.columns);
        assert_harmless(&out, &style);
        fixture_fini(&fixture);
    }
}

/* Colour adds codes and nothing else: without them the text is the same. */
static void colour_only_adds(void **state)
{
    uint64_t seed = 7;

    (void)state;
    for (int round = 0; round < ROUNDS / 10; round++) {
        struct fixture fixture;
        struct ph_style style = {.utf8 = true, .columns = 80};
        PH_GUARD(ph_text_fini) struct ph_text plain = {0};
        PH_GUARD(ph_text_fini) struct ph_text colour = {0};
        PH_GUARD(ph_text_fini) struct ph_text stripped = {0};
        fixture_random(&fixture, &seed);
        struct ph_hunt_report hunt = random_hunt(&fixture, &seed);
        must(ph_render_text.hunt(&hunt, &style, &plain));
        style.colour = true;
        must(ph_render_text.hunt(&hunt, &style, &colour));
        without_colour(&colour, &stripped);
        assert_true(colour.size > plain.size);
        assert_string_equal(stripped.data, plain.data);
        fixture_fini(&fixture);
    }
}

static void assert_document(const struct ph_text *out)
{
    struct json *document = json_parse(out->data, out->size);

    if (!document)
        fail_msg("not JSON: %.200s", out->data);
    if (!schema_holds(schema, schema, document, false)) {
        const struct json *kind = json_get(document, "kind");
        char name[32];
        (void)snprintf(name, sizeof(name), "%.*s", (int)kind->size, kind->text);
        (void)schema_holds(schema, json_get(json_get(schema, "$defs"), name), document, true);
        fail_msg("does not follow docs/schema.json: %s", name);
    }
    json_free(document);
}

static void json_follows_its_schema(void **state)
{
    uint64_t seed = 4711;
    struct ph_style style = {.columns = 80};

    (void)state;
    for (int round = 0; round < ROUNDS / 5; round++) {
        struct fixture fixture;
        PH_GUARD(ph_text_fini) struct ph_text out = {0};
        fixture_random(&fixture, &seed);
        struct ph_reading_report reading = reading_of(&fixture);
        must(ph_render_json.reading(&reading, &style, &out));
        assert_document(&out);
        ph_text_clear(&out);
        struct ph_hunt_report hunt = random_hunt(&fixture, &seed);
        must(ph_render_json.hunt(&hunt, &style, &out));
        assert_document(&out);
        ph_text_clear(&out);
        struct ph_diff_report diff = random_diff_report(&fixture, &seed);
        must(ph_render_json.diff(&diff, &style, &out));
        assert_document(&out);
        fixture_fini(&fixture);
    }
}

/* Lines of one CSV document, each with as many fields as the header has. */
static void assert_table(const struct ph_text *out, size_t rows)
{
    PH_GUARD(ph_text_fini) struct ph_text scratch = {0};
    struct ph_reader reader = ph_reader_of("csv", out->data, out->size);
    struct ph_slice line = {0}, field = {0};
    size_t columns = 0, lines = 0;

    assert_int_equal(out->data[out->size - 1], '\n');
    while (ph_reader_line(&reader, &line)) {
        size_t count = 0;
        bool more = true;
        while (more && ph_slice_csv(&line, ',', &scratch, &field, &more))
            count++;
        columns = lines ? columns : count;
        assert_int_equal(count, columns);
        lines++;
    }
    assert_int_equal(lines, rows + 1);
}

static void csv_is_a_table(void **state)
{
    uint64_t seed = 99;
    struct ph_style style = {.utf8 = true, .columns = 80};

    (void)state;
    for (int round = 0; round < ROUNDS / 5; round++) {
        struct fixture fixture;
        PH_GUARD(ph_text_fini) struct ph_text out = {0};
        fixture_random(&fixture, &seed);
        struct ph_reading_report reading = reading_of(&fixture);
        must(ph_render_csv.reading(&reading, &style, &out));
        assert_table(&out, reading.row_count);
        assert_harmless(&out, &style);
        ph_text_clear(&out);
        struct ph_hunt_report hunt = random_hunt(&fixture, &seed);
        must(ph_render_csv.hunt(&hunt, &style, &out));
        assert_table(&out, hunt.finding_count);
        ph_text_clear(&out);
        struct ph_diff_report diff = random_diff_report(&fixture, &seed);
        must(ph_render_csv.diff(&diff, &style, &out));
        assert_table(&out, diff.row_count);
        fixture_fini(&fixture);
    }
}

/* Each allocation fails in turn: an error, or (when it was not needed) the whole report. */
static void out_of_memory(void **state)
{
    static const struct ph_renderer *const renderers[] = {&ph_render_text, &ph_render_json,
                                                          &ph_render_csv};
    struct ph_style style = {.utf8 = true, .columns = 80};
    struct fixture fixture;
    uint64_t seed = 12;

    (void)state;
    fixture_random(&fixture, &seed);
    struct ph_reading_report reading = reading_of(&fixture);
    struct ph_hunt_report hunt = random_hunt(&fixture, &seed);
    struct ph_diff_report diff = random_diff_report(&fixture, &seed);
    for (size_t i = 0; i < 9; i++) {
        const struct ph_renderer *renderer = renderers[i / 3];
        long failed = 0;
        for (long n = 0;; n++) {
            PH_GUARD(ph_text_fini) struct ph_text out = {0};
            ph_mem_fail_after(n);
            struct ph_error *error = i % 3 == 0   ? renderer->reading(&reading, &style, &out)
                                     : i % 3 == 1 ? renderer->hunt(&hunt, &style, &out)
                                                  : renderer->diff(&diff, &style, &out);
            long asked = ph_mem_asked();
            ph_mem_fail_after(-1);
            if (!error) {
                assert_true(asked <= n); /* nothing was swallowed */
                break;
            }
            assert_int_equal(error->code, PH_ERR_NOMEM);
            ph_error_free(error);
            failed++;
        }
        assert_true(failed > 0);
    }
    fixture_fini(&fixture);
}

/* The checker itself must be able to say no. */
static void the_checker_checks(void **state)
{
    static const char *const bad[] = {
        "",       "{",         "{\"a\":1,}",  "[1,]",      "nan",      "01",
        "\"\n\"", "\"\\x41\"", "1 2",         "{\"a\" 1}", "\"\xff\"", "{\"a\":1,\"a\":2}",
        "1.",     "-",         "\"\\u12g4\"",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_null(json_parse(bad[i], strlen(bad[i])));
    static const char *const wrong[] = {
        "{}",
        "[]",
        "{\"schema\":\"poolhound/1\",\"kind\":\"reading\"}",
        "{\"schema\":\"poolhound/2\",\"kind\":\"demo\",\"leaked_what\":\"\",\"leaked_objects\":0,"
        "\"hit_ceiling\":false,\"observed_s\":1,\"all_found\":true,\"caches\":[]}",
        "{\"schema\":\"poolhound/1\",\"kind\":\"demo\",\"leaked_what\":\"\",\"leaked_objects\":-1,"
        "\"hit_ceiling\":false,\"observed_s\":1,\"all_found\":true,\"caches\":[]}",
        "{\"schema\":\"poolhound/1\",\"kind\":\"demo\",\"leaked_what\":\"\",\"leaked_objects\":1,"
        "\"hit_ceiling\":false,\"observed_s\":1,\"all_found\":true,\"caches\":[],\"more\":1}",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct json *document = json_parse(wrong[i], strlen(wrong[i]));
        assert_non_null(document);
        assert_false(schema_holds(schema, schema, document, false));
        json_free(document);
    }
}

static char *schema_text;

static int load_schema(void **state)
{
    FILE *file = fopen(TEST_DATA "/../../docs/schema.json", "rb");
    size_t size;

    (void)state;
    if (!file)
        return -1;
    schema_text = calloc(1, 1 << 20);
    size = fread(schema_text, 1, (1 << 20) - 1, file);
    (void)fclose(file);
    schema = json_parse(schema_text, size);
    return schema ? 0 : -1;
}

static int free_schema(void **state)
{
    (void)state;
    json_free(schema);
    free(schema_text);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_checker_checks), cmocka_unit_test(texts_fit),
        cmocka_unit_test(colour_only_adds),   cmocka_unit_test(json_follows_its_schema),
        cmocka_unit_test(csv_is_a_table),     cmocka_unit_test(out_of_memory),
    };

    return cmocka_run_group_tests_name("render/random", tests, load_schema, free_schema);
}
