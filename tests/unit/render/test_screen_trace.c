/* render/screen_trace, json_trace, csv_trace: any trace keeps its width, its alphabet and its
 * schema; numbers, losses and verdicts are told as they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/tracerows.h"
#include "json_check.h"
#include "random_report.h"
#include "render/trace_views.h"
#include "screen_check.h"

static struct json *schema;
static char *schema_text;

/* ------------------------------------------------------------------ made traces */

static char *copy(const char *text)
{
    char *fresh = ph_strdup(text);
    assert_non_null(fresh);
    return fresh;
}

static char *random_name(uint64_t *seed)
{
    char bytes[64];
    size_t size = hostile(seed, bytes, sizeof(bytes) - 1);

    for (size_t i = 0; i < size; i++)
        bytes[i] = bytes[i] ? bytes[i] : '.';
    bytes[size] = 0;
    return copy(bytes);
}

static double any_number(uint64_t *seed)
{
    static const double ODD[] = {0, 1, 1e20, -1, 0.4};
    uint64_t kind = below(seed, 12);

    if (kind < 5)
        return ODD[kind];
    if (kind == 5)
        return (double)NAN;
    return (double)(roll(seed) >> below(seed, 64));
}

static void random_place(struct ph_place *place, uint64_t *seed)
{
    if (!below(seed, 5))
        return;
    place->address = roll(seed) | 1;
    if (below(seed, 4)) {
        place->function = random_name(seed);
        place->offset = below(seed, 4096);
        place->size = below(seed, 4096);
    }
    if (below(seed, 2))
        place->module = random_name(seed);
    place->unloaded = place->module && !below(seed, 3);
}

static void random_stack(struct ph_trace_site *site, uint64_t *seed)
{
    struct ph_trace_stack *stack;

    must(ph_trace_add_stack(site, &stack));
    stack->frame_count = below(seed, PH_STACK_FRAMES + 1);
    for (size_t i = 0; i < stack->frame_count; i++)
        random_place(&stack->frames[i], seed);
    stack->owner = below(seed, 2) ? SIZE_MAX : below(seed, PH_STACK_FRAMES);
    stack->allocs = any_number(seed);
    stack->objects = any_number(seed);
    stack->bytes = any_number(seed);
}

static void random_site(struct ph_trace *trace, uint64_t *seed)
{
    struct ph_trace_site *site;

    must(ph_trace_add(trace, &site));
    random_place(&site->place, seed);
    if (below(seed, 2))
        random_place(&site->owner, seed);
    site->owner_share = below(seed, 2) ? (double)NAN : 0.7;
    site->kind = (enum ph_trace_kind)below(seed, PH_TRACE_KINDS);
    site->cache = below(seed, 3) ? random_name(seed) : NULL;
    site->object_bytes = (uint32_t)below(seed, 5000);
    double *const numbers[] = {&site->allocs,          &site->frees,        &site->implicit_frees,
                               &site->objects,         &site->bytes,        &site->requested_bytes,
                               &site->objects_low,     &site->objects_high, &site->age.survivors,
                               &site->age.survival,    &site->age.deaths,   &site->age.exposure_s,
                               &site->age.half_life_s, &site->age.rate,     &site->age.rate_low,
                               &site->age.rate_high,   &site->age.missing_s};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        *numbers[i] = any_number(seed);
    site->estimated = below(seed, 2);
    site->oldest_ns = below(seed, 4) ? (int64_t)(roll(seed) >> (1 + below(seed, 60))) : -1;
    site->age.verdict = (enum ph_age_verdict)below(seed, PH_AGE_COUNT);
    site->age.cohorts = (unsigned)below(seed, 40);
    for (uint64_t i = below(seed, 60); i; i--) {
        struct ph_cohort *cohort;
        must(ph_trace_add_cohort(site, &cohort));
        cohort->from_ns = (int64_t)(roll(seed) >> 8);
        cohort->to_ns = cohort->from_ns + (int64_t)below(seed, 1000000000000);
        cohort->born = any_number(seed);
        cohort->alive = any_number(seed);
        cohort->bytes_alive = any_number(seed);
    }
    for (size_t i = 0; i < PH_LIFE_BINS; i++) {
        site->life.deaths[i] = any_number(seed);
        site->life.exposure_s[i] = any_number(seed);
    }
    for (uint64_t i = below(seed, 9); i; i--)
        random_stack(site, seed);
}

static void random_trace(struct ph_trace *trace, uint64_t *seed)
{
    uint64_t *const counts[] = {&trace->counts.untracked_frees, &trace->counts.implicit_frees,
                                &trace->counts.dropped,         &trace->counts.sites_full,
                                &trace->counts.missed,          &trace->counts.stacks_lost,
                                &trace->counts.given_up,        &trace->counts.events};

    for (uint64_t i = below(seed, 30); i; i--)
        random_site(trace, seed);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        *counts[i] = below(seed, 2) ? 0 : roll(seed) >> (1 + below(seed, 62));
    trace->kinds = (uint32_t)below(seed, 32);
    trace->begun_ns = (int64_t)below(seed, 1000000000000);
    trace->now_ns = trace->begun_ns + (int64_t)(roll(seed) >> (4 + below(seed, 50)));
    trace->shift = (unsigned)below(seed, 20);
    trace->shift_most = trace->shift + (unsigned)below(seed, 3);
    trace->cpu_share = any_number(seed);
    trace->events_per_second = any_number(seed);
    trace->objects = roll(seed) >> 20;
    trace->objects_most = roll(seed) >> 20;
    trace->map_bytes = roll(seed) >> 20;
    if (below(seed, 2))
        must(ph_loss_add(&trace->losses, below(seed, 3), "vmalloc \033[2J\\ is not traced"));
}

static struct ph_trace_report report_of(const struct ph_trace *trace,
                                        const struct ph_trace_choice *choice,
                                        struct ph_trace_rows *rows)
{
    must(ph_trace_rows(trace, choice, rows));
    return (struct ph_trace_report){
        .trace = trace,
        .rows = rows->items,
        .row_count = rows->count,
        .staying = rows->staying,
        .top = SIZE_MAX,
        .sort = choice->sort,
        .cpu_most = 0.01,
        .losses = &trace->losses,
    };
}

/* ------------------------------------------------------------------ any trace */

static void texts_fit(void **state)
{
    uint64_t seed = 5;

    (void)state;
    for (int round = 0; round < 300; round++) {
        PH_GUARD(ph_trace_fini) struct ph_trace trace = {0};
        PH_GUARD(ph_trace_rows_fini) struct ph_trace_rows rows = {0};
        PH_GUARD(ph_text_fini) struct ph_text out = {0};
        PH_GUARD(ph_text_fini) struct ph_text colour = {0};
        PH_GUARD(ph_text_fini) struct ph_text stripped = {0};
        PH_GUARD(ph_text_fini) struct ph_text brief = {0};
        struct ph_style style = {.utf8 = below(&seed, 2),
                                 .columns = (unsigned)(40 + below(&seed, 211))};
        struct ph_trace_choice choice = {.sort =
                                             (enum ph_trace_column)below(&seed, PH_TRACE_COLUMNS)};
        random_trace(&trace, &seed);
        struct ph_trace_report report = report_of(&trace, &choice, &rows);
        report.filters = below(&seed, 2) ? "caches a\033[2J, \xff" : NULL;
        report.top = below(&seed, 2) ? SIZE_MAX : below(&seed, 30);
        must(ph_screen_trace(&report, &style, &out));
        for (size_t i = 0; i < trace.count; i++)
            ph_screen_trace_site(&report, &trace.sites[i], &style, &out);
        ph_screen_trace_tag(&trace, &style, &out);
        ph_screen_trace_head(&report, &style, true, &brief);
        assert_width(&out, style.columns < 76 ? 76 : style.columns);
        assert_harmless(&out, &style);
        assert_width(&brief, style.columns < 76 ? 76 : style.columns);
        style.colour = true;
        must(ph_screen_trace(&report, &style, &colour));
        for (size_t i = 0; i < trace.count; i++)
            ph_screen_trace_site(&report, &trace.sites[i], &style, &colour);
        ph_screen_trace_tag(&trace, &style, &colour);
        without_colour(&colour, &stripped);
        assert_string_equal(stripped.data, out.data);
    }
}

static void json_follows_its_schema(void **state)
{
    uint64_t seed = 4;

    (void)state;
    for (int round = 0; round < 100; round++) {
        PH_GUARD(ph_trace_fini) struct ph_trace trace = {0};
        PH_GUARD(ph_trace_rows_fini) struct ph_trace_rows rows = {0};
        PH_GUARD(ph_text_fini) struct ph_text out = {0};
        struct ph_trace_choice choice = {.sort = PH_TRACE_BY_BYTES};
        struct ph_machine machine = {.host = "h\xff", .memory_bytes = -1};
        random_trace(&trace, &seed);
        struct ph_trace_report report = report_of(&trace, &choice, &rows);
        report.machine = below(&seed, 2) ? &machine : NULL;
        report.cpu_most = below(&seed, 2) ? (double)INFINITY : 0.01;
        must(ph_json_trace(&report, &out));
        struct json *document = json_parse(out.data, out.size);
        assert_non_null(document);
        if (!schema_holds(schema, schema, document, false)) {
            (void)schema_holds(schema, json_get(json_get(schema, "$defs"), "trace"), document,
                               true);
            fail_msg("does not follow docs/schema.json");
        }
        json_free(document);
    }
}

static size_t fields_of(const char *line, const char *end)
{
    size_t fields = 1;
    bool quoted = false;

    for (; line < end; line++) {
        quoted ^= *line == '"';
        fields += !quoted && *line == ',';
    }
    return fields;
}

static void csv_has_its_fields(void **state)
{
    uint64_t seed = 6;

    (void)state;
    for (int round = 0; round < 100; round++) {
        PH_GUARD(ph_trace_fini) struct ph_trace trace = {0};
        PH_GUARD(ph_trace_rows_fini) struct ph_trace_rows rows = {0};
        PH_GUARD(ph_text_fini) struct ph_text out = {0};
        struct ph_trace_choice choice = {.sort = PH_TRACE_BY_SITE, .reverse = true};
        size_t lines = 0;
        random_trace(&trace, &seed);
        struct ph_trace_report report = report_of(&trace, &choice, &rows);
        must(ph_csv_trace(&report, &out));
        for (const char *at = out.data, *end; at < out.data + out.size; at = end + 1, lines++) {
            end = memchr(at, '\n', (size_t)(out.data + out.size - at));
            assert_non_null(end);
            assert_int_equal(fields_of(at, end), 22);
        }
        assert_int_equal(lines, trace.count + 1);
    }
}

/* ------------------------------------------------------------------ by hand */

static struct ph_trace_site *add_site(struct ph_trace *trace, const char *function,
                                      const char *module, const char *cache, double objects,
                                      double each)
{
    struct ph_trace_site *site;

    must(ph_trace_add(trace, &site));
    site->place = (struct ph_place){
        .address = 0xffffffffc0001000 + 16 * trace->count, .function = copy(function), .size = 64};
    site->place.module = module ? copy(module) : NULL;
    site->cache = cache ? copy(cache) : NULL;
    site->kind = cache ? PH_TRACE_KMALLOC : PH_TRACE_VMALLOC;
    site->allocs = objects + 10;
    site->frees = 10;
    site->objects = site->objects_low = site->objects_high = objects;
    site->bytes = site->requested_bytes = objects * each;
    site->oldest_ns = INT64_C(90000000000);
    return site;
}

static void make_trace(struct ph_trace *trace)
{
    trace->kinds = 1u << PH_TRACE_KMALLOC | 1u << PH_TRACE_VMALLOC;
    trace->begun_ns = INT64_C(1000000000);
    trace->now_ns = INT64_C(121000000000);
    trace->cpu_share = 0.0031;
    trace->events_per_second = 41200;
    trace->objects = 1200;
    trace->objects_most = 262144;
    trace->map_bytes = 33554432;
    struct ph_trace_site *leak = add_site(trace, "leaky_site", "leaky", "kmalloc-4k", 1097, 4096);
    leak->age = (struct ph_age){.verdict = PH_AGE_STAYING,
                                .cohorts = 14,
                                .staying = 12,
                                .survivors = 1000,
                                .survival = 1,
                                .deaths = 0,
                                .exposure_s = 50000,
                                .half_life_s = 11552,
                                .rate = 9.1,
                                .rate_low = 8.9,
                                .rate_high = 9.3};
    leak->owner = (struct ph_place){.address = leak->place.address,
                                    .function = copy("leaky_owner"),
                                    .module = copy("leaky"),
                                    .unloaded = true};
    leak->owner_share = 0.98;
    for (int i = 0; i < 20; i++) {
        struct ph_cohort *cohort;
        must(ph_trace_add_cohort(leak, &cohort));
        cohort->from_ns = trace->begun_ns + i * INT64_C(6000000000);
        cohort->to_ns = cohort->from_ns + INT64_C(6000000000);
        cohort->born = 60;
        cohort->alive = i % 2 ? 60 : 30;
    }
    struct ph_trace_stack *stack;
    must(ph_trace_add_stack(leak, &stack));
    stack->frame_count = 2;
    stack->frames[0] = (struct ph_place){.address = 1, .function = copy("kvmalloc_node")};
    stack->frames[1] = (struct ph_place){
        .address = 2, .function = copy("leaky_owner"), .module = copy("leaky"), .unloaded = true};
    stack->owner = 1;
    stack->objects = 1097;
    struct ph_trace_site *guess = add_site(trace, "alloc_inode", NULL, "inode_cache", 160, 600);
    guess->estimated = true;
    guess->objects_low = 120;
    guess->objects_high = 212;
    guess->age = (struct ph_age){.verdict = PH_AGE_YOUNG, .missing_s = 42, .survival = (double)NAN};
    struct ph_trace_site *gone = add_site(trace, "tidy", "good", NULL, 0, 0);
    gone->oldest_ns = -1;
    gone->age = (struct ph_age){.verdict = PH_AGE_DYING, .cohorts = 9, .survival = 0};
}

static void has(const struct ph_text *out, const char *what)
{
    if (!strstr(out->data, what))
        fail_msg("no '%s' in:\n%s", what, out->data);
}

static void has_not(const struct ph_text *out, const char *what)
{
    if (strstr(out->data, what))
        fail_msg("'%s' in:\n%s", what, out->data);
}

static void tells_what_stays(void **state)
{
    PH_GUARD(ph_trace_fini) struct ph_trace trace = {0};
    PH_GUARD(ph_trace_rows_fini) struct ph_trace_rows rows = {0};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    struct ph_trace_choice choice = {.sort = PH_TRACE_BY_BYTES};
    struct ph_style style = {.utf8 = true, .columns = 400}; /* nothing is wrapped */

    (void)state;
    make_trace(&trace);
    struct ph_trace_report report = report_of(&trace, &choice, &rows);
    must(ph_screen_trace(&report, &style, &out));
    has(&out, "1 of 3 sites is STAYING");
    has(&out, "; 1 too young to judge (the next in 42 s).");
    has(&out, "Traced for 2 min: 41,200 events/s, 0.31 % of the machine's CPU (limit 1 %).");
    has(&out, "Every address is followed; 1,200 of 262,144 objects; maps 32.0 MB.");
    has(&out, "Kinds: kmalloc, vmalloc.");
    has(&out, "leaky_owner via leaky_site");
    has(&out, "leaky!"); /* unloaded */
    has(&out, "\n! the module was unloaded");
    has(&out, "1097  4.29 MB  4.00 KB    90 s STAYING");
    has(&out, "   ~160");
    has(&out, "stacks lay 98 % of what lives");
    has(&out,
        "12 of 14 stopped dying; of the 1,000 objects of 14 cohorts that are old enough 1,000 "
        "live");
    has(&out, "at least 3.2 h (95 %)");
    has(&out, "9.10 objects/s (95 %: 8.90 objects/s to 9.30 objects/s)");
    has(&out, "  > leaky_owner+0x0 [leaky, unloaded]");
    has(&out, "90 of 120 (75 %)"); /* two cohorts in a bar */
    has_not(&out, "tidy+");        /* only what stays is told in full */
    ph_text_clear(&out);
    ph_screen_trace_site(&report, &trace.sites[1], &style, &out);
    has(&out, "young: watched too short, or too few objects, to say; about 42 s more are needed.");
    has(&out, "~160 living (95 %: 120 to 212)");
    ph_text_clear(&out);
    ph_screen_trace_site(&report, &trace.sites[2], &style, &out);
    has(&out, "none of the objects of 9 cohorts that are old enough lives.");
}

static void narrow_screens_keep_what_counts(void **state)
{
    PH_GUARD(ph_trace_fini) struct ph_trace trace = {0};
    PH_GUARD(ph_trace_rows_fini) struct ph_trace_rows rows = {0};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    struct ph_trace_choice choice = {.sort = PH_TRACE_BY_BYTES};
    struct ph_style style = {.columns = 80};

    (void)state;
    make_trace(&trace);
    struct ph_trace_report report = report_of(&trace, &choice, &rows);
    ph_screen_trace_table(&report, &style, 0, SIZE_MAX, &out);
    assert_width(&out, 80);
    has(&out, "Allocs   Diff    Bytes  Oldest Age\n");
    has(&out, "  4.29 MB    90 s STAYING\n");
    has_not(&out, "Frees");
    ph_text_clear(&out);
    style.columns = 100;
    ph_screen_trace_table(&report, &style, 1, 1, &out);
    has(&out, "Frees");
    has(&out, "PerAlloc");
    has(&out, "alloc_inode");
    has_not(&out, "leaky");
}

static void every_loss_is_told(void **state)
{
    PH_GUARD(ph_trace_fini) struct ph_trace trace = {0};
    PH_GUARD(ph_trace_rows_fini) struct ph_trace_rows rows = {0};
    struct ph_trace_choice choice = {.sort = PH_TRACE_BY_BYTES};
    struct ph_style style = {.columns = 80};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    make_trace(&trace);
    struct ph_trace_report report = report_of(&trace, &choice, &rows);
    ph_screen_trace_head(&report, &style, true, &out);
    has_not(&out, "Not exact");
    ph_text_clear(&out);
    trace.counts = (struct ph_trace_counts){.untracked_frees = 11,
                                            .implicit_frees = 12,
                                            .dropped = 13,
                                            .sites_full = 14,
                                            .missed = 1,
                                            .stacks_lost = 16,
                                            .given_up = 17};
    trace.shift = 4;
    trace.shift_most = 6;
    ph_screen_trace_head(&report, &style, false, &out);
    has(&out, "11 frees were of objects from before the trace");
    has(&out, "12 frees were seen only when");
    has(&out, "13 allocations were not tracked, because the map of objects was full: Diff is");
    has(&out, "14 allocations were not tracked, because the map of sites was full");
    has(&out, "1 event was missed");
    has(&out, "16 stacks were lost");
    has(&out, "17 objects are no longer followed");
    has(&out, "1 of 16 addresses is followed, 1 of 64 at times (~: estimates)");
    ph_text_clear(&out);
    ph_screen_trace_head(&report, &style, true, &out);
    has(&out, "Not exact: 13 not tracked (map full), 14 not tracked (sites full), 1 missed");
    report.cpu_most = (double)INFINITY;
    trace.cpu_share = (double)NAN;
    trace.events_per_second = (double)NAN;
    ph_text_clear(&out);
    ph_screen_trace_head(&report, &style, true, &out);
    has(&out, "? events/s, ? % of the machine's CPU (no limit)");
}

static void expect_order(const struct ph_trace *trace, struct ph_trace_choice choice, size_t first,
                         size_t second, size_t third)
{
    PH_GUARD(ph_trace_rows_fini) struct ph_trace_rows rows = {0};

    must(ph_trace_rows(trace, &choice, &rows));
    assert_int_equal(rows.count, 3);
    assert_int_equal(rows.items[0], first);
    assert_int_equal(rows.items[1], second);
    assert_int_equal(rows.items[2], third);
}

static void rows_are_sorted_and_filtered(void **state)
{
    PH_GUARD(ph_trace_fini) struct ph_trace trace = {0};
    PH_GUARD(ph_trace_rows_fini) struct ph_trace_rows rows = {0};
    const char *const everything[] = {"*"}, *const kmalloc[] = {"kmalloc-*"};
    enum ph_trace_column column;

    (void)state;
    make_trace(&trace);
    expect_order(&trace, (struct ph_trace_choice){.sort = PH_TRACE_BY_BYTES}, 0, 1, 2);
    expect_order(&trace, (struct ph_trace_choice){.sort = PH_TRACE_BY_BYTES, .reverse = true}, 2, 1,
                 0);
    expect_order(&trace, (struct ph_trace_choice){.sort = PH_TRACE_BY_SITE}, 1, 0, 2);
    expect_order(&trace, (struct ph_trace_choice){.sort = PH_TRACE_BY_MODULE}, 2, 0, 1);
    expect_order(&trace, (struct ph_trace_choice){.sort = PH_TRACE_BY_VERDICT}, 0, 2, 1);
    /* what is unknown comes last, either way: nothing lives at site 2 */
    expect_order(&trace, (struct ph_trace_choice){.sort = PH_TRACE_BY_PER_ALLOC}, 0, 1, 2);
    expect_order(&trace, (struct ph_trace_choice){.sort = PH_TRACE_BY_PER_ALLOC, .reverse = true},
                 1, 0, 2);
    struct ph_trace_choice filter = {.excludes = kmalloc, .exclude_count = 1};
    must(ph_trace_rows(&trace, &filter, &rows));
    assert_int_equal(rows.count, 2);
    assert_int_equal(rows.staying, 0); /* what is left out does not count */
    filter = (struct ph_trace_choice){.includes = kmalloc, .include_count = 1};
    must(ph_trace_rows(&trace, &filter, &rows));
    assert_int_equal(rows.count, 2); /* vmalloc does not match */
    filter = (struct ph_trace_choice){.excludes = everything, .exclude_count = 1};
    must(ph_trace_rows(&trace, &filter, &rows));
    assert_int_equal(rows.count, 0);
    for (unsigned i = 0; i < PH_TRACE_COLUMNS; i++) {
        assert_true(ph_trace_column_from_id(ph_trace_column_id((enum ph_trace_column)i), &column));
        assert_int_equal(column, i);
    }
    assert_false(ph_trace_column_from_id("tag", &column));
}

static void no_memory_is_an_error(void **state)
{
    PH_GUARD(ph_trace_fini) struct ph_trace trace = {0};
    PH_GUARD(ph_trace_rows_fini) struct ph_trace_rows rows = {0};
    struct ph_trace_choice choice = {.sort = PH_TRACE_BY_BYTES};
    struct ph_style style = {.utf8 = true, .columns = 100};
    long failed = 0;

    (void)state;
    make_trace(&trace);
    struct ph_trace_report report = report_of(&trace, &choice, &rows);
    for (int output = 0; output < 4; output++)
        for (long n = 0;; n++) {
            PH_GUARD(ph_text_fini) struct ph_text out = {0};
            PH_GUARD(ph_trace_rows_fini) struct ph_trace_rows again = {0};
            ph_mem_fail_after(n);
            struct ph_error *error = output == 0   ? ph_screen_trace(&report, &style, &out)
                                     : output == 1 ? ph_json_trace(&report, &out)
                                     : output == 2 ? ph_csv_trace(&report, &out)
                                                   : ph_trace_rows(&trace, &choice, &again);
            ph_mem_fail_after(-1);
            if (!error)
                break;
            assert_int_equal(error->code, PH_ERR_NOMEM);
            ph_error_free(error);
            failed++;
        }
    assert_true(failed > 20);
}

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
        cmocka_unit_test(tells_what_stays),   cmocka_unit_test(narrow_screens_keep_what_counts),
        cmocka_unit_test(every_loss_is_told), cmocka_unit_test(rows_are_sorted_and_filtered),
        cmocka_unit_test(texts_fit),          cmocka_unit_test(json_follows_its_schema),
        cmocka_unit_test(csv_has_its_fields), cmocka_unit_test(no_memory_is_an_error),
    };

    return cmocka_run_group_tests(tests, load_schema, free_schema);
}
