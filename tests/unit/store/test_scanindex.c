#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/os.h"
#include "store/scanindex.h"

static char directory[64];
static char path[96];

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(directory, sizeof(directory), "/tmp/ph-index-XXXXXX");
    if (!mkdtemp(directory))
        return 1;
    (void)snprintf(path, sizeof(path), "%s/drivers.index", directory);
    return 0;
}

static int tear_down(void **state)
{
    static const char *const ENDS[] = {"", "-wal", "-shm"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char name[128];
        (void)snprintf(name, sizeof(name), "%s%s", path, ENDS[i]);
        (void)unlink(name);
    }
    return rmdir(directory);
}

static struct ph_digest_sum content_of(const char *text)
{
    struct ph_digest_sum sum = {0};
    struct ph_slice piece = {text, strlen(text)};

    assert_null(ph_digest(PH_DIGEST_SHA256, &piece, 1, &sum));
    return sum;
}

static struct ph_error *example(struct ph_scan *scan)
{
    struct ph_claim claim = {.tag = "Leak",
                             .evidence = PH_EVIDENCE_SITE,
                             .pool = PH_CLAIM_POOL_PAGED,
                             .is_protected = true,
                             .partial = true,
                             .sites = 3,
                             .wrappers = 1,
                             .first_rva = 0x1234,
                             .size_least = 16,
                             .size_most = 4096,
                             .routine = "ExAllocatePool2"};

    scan->machine = 0x8664;
    scan->kinds = PH_DRIVER_WDF | PH_DRIVER_KERNEL;
    scan->sites = 5;
    scan->resolved = 4;
    PH_TRY(ph_scan_add(scan, &claim));
    memcpy(claim.tag, "IC\0\xff", 4);
    claim = (struct ph_claim){.tag = {'I', 'C', 0, 0x7f},
                              .size_least = -1,
                              .size_most = -1,
                              .routine = "ExAllocatePool2"};
    PH_TRY(ph_scan_add(scan, &claim));
    PH_TRY(ph_scan_add_unresolved(scan, 77, "ExAllocatePool2", "why not"));
    return ph_loss_add(&scan->losses, 2, "something was left out");
}

static void assert_example(struct ph_index *index, int64_t number)
{
    PH_GUARD(ph_scan_fini) struct ph_scan scan = {0};

    assert_null(ph_index_load(index, number, &scan));
    assert_int_equal(scan.machine, 0x8664);
    assert_int_equal(scan.kinds, PH_DRIVER_WDF | PH_DRIVER_KERNEL);
    assert_int_equal(scan.sites, 5);
    assert_int_equal(scan.resolved, 4);
    assert_int_equal(scan.claim_count, 2);
    const struct ph_claim *claim = &scan.claims[0];
    assert_memory_equal(claim->tag, "Leak", 4);
    assert_int_equal(claim->pool, PH_CLAIM_POOL_PAGED);
    assert_true(claim->is_protected && claim->partial);
    assert_int_equal(claim->sites, 3);
    assert_int_equal(claim->wrappers, 1);
    assert_int_equal(claim->first_rva, 0x1234);
    assert_int_equal(claim->size_least, 16);
    assert_int_equal(claim->size_most, 4096);
    assert_string_equal(claim->routine, "ExAllocatePool2");
    assert_memory_equal(scan.claims[1].tag, "IC\0\x7f", 4);
    assert_int_equal(scan.claims[1].size_least, -1);
    assert_ptr_equal(scan.claims[1].routine, claim->routine); /* kept once */
    assert_int_equal(scan.unresolved_count, 1);
    assert_string_equal(scan.unresolved[0].why, "why not");
    assert_int_equal(scan.losses.count, 1);
    assert_int_equal(scan.losses.items[0].count, 2);
}

struct seen {
    unsigned files, claims, searched;
    struct ph_index_file file;
    char file_path[64];
    int64_t scan;
};

static struct ph_error *see_file(void *context, const struct ph_index_file *file)
{
    struct seen *seen = context;

    seen->files++;
    seen->file = *file;
    (void)snprintf(seen->file_path, sizeof(seen->file_path), "%s", file->path);
    return NULL;
}

static struct ph_error *see_claim(void *context, int64_t scan, const struct ph_claim *claim)
{
    struct seen *seen = context;

    seen->claims++;
    seen->scan = scan;
    assert_memory_equal(claim->tag, "Leak", 4);
    return NULL;
}

static struct ph_error *see_searched(void *context, int64_t scan)
{
    struct seen *seen = context;

    seen->searched++;
    seen->scan = scan;
    return NULL;
}

static int64_t fill(struct ph_index *index)
{
    PH_GUARD(ph_scan_fini) struct ph_scan scan = {0};
    struct ph_digest_sum content = content_of("driver");
    int64_t number = 0;
    struct ph_index_file file = {
        .path = "/d/leaky.sys", .size = UINT64_C(1) << 33, .modified_ns = -5};

    assert_null(example(&scan));
    assert_null(ph_index_put_scan(index, &content, "leaky", &scan, &number));
    assert_true(number > 0);
    file.scan = number;
    assert_null(ph_index_put_file(index, &file));
    return number;
}

static void what_is_put_comes_back(void **state)
{
    PH_GUARD(ph_index_closep) struct ph_index *index = NULL;
    struct ph_digest_sum content = content_of("driver");
    struct seen seen = {0};
    int64_t found = -1;

    (void)state;
    assert_null(ph_index_open(path, &index));
    int64_t number = fill(index);
    ph_index_close(ph_steal(index));
    assert_null(ph_index_open(path, &index));
    assert_example(index, number);
    assert_null(ph_index_find(index, &content, "leaky", &found));
    assert_int_equal(found, number);
    assert_null(ph_index_find(index, &content, "another", &found));
    assert_int_equal(found, 0);
    assert_null(ph_index_files(index, "/d", see_file, &seen));
    assert_int_equal(seen.files, 1);
    assert_string_equal(seen.file_path, "/d/leaky.sys");
    assert_true(seen.file.size == UINT64_C(1) << 33 && seen.file.modified_ns == -5);
    assert_null(ph_index_files(index, "/e", see_file, &seen));
    assert_int_equal(seen.files, 1);
    assert_null(ph_index_claims(index, (const uint8_t *)"Leak", see_claim, &seen));
    assert_int_equal(seen.claims, 1);
    assert_int_equal(seen.scan, number);
}

/* Weak claims belong to their tag, not to the scan's own list; "nothing found" is remembered too.
 */
static void weak_searches_are_remembered(void **state)
{
    PH_GUARD(ph_index_closep) struct ph_index *index = NULL;
    PH_GUARD(ph_scan_fini) struct ph_scan raw = {0}, none = {0};
    struct ph_claim claim = {
        .tag = "Leak", .evidence = PH_EVIDENCE_TEXT, .sites = 2, .routine = ""};
    struct seen seen = {0};

    (void)state;
    assert_null(ph_index_open(NULL, &index));
    int64_t number = fill(index);
    assert_null(ph_scan_add(&raw, &claim));
    assert_null(ph_index_put_raw(index, number, (const uint8_t *)"Leak", &raw));
    assert_null(ph_index_put_raw(index, number, (const uint8_t *)"None", &none));
    assert_null(ph_index_claims(index, (const uint8_t *)"Leak", see_claim, &seen));
    assert_int_equal(seen.claims, 2);
    assert_example(index, number);
    assert_null(ph_index_searched(index, (const uint8_t *)"None", see_searched, &seen));
    assert_int_equal(seen.searched, 1);
    assert_null(ph_index_searched(index, (const uint8_t *)"Else", see_searched, &seen));
    assert_int_equal(seen.searched, 1);
}

static void write_bytes(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(name, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void other_files_are_left_alone(void **state)
{
    struct ph_index *index = NULL;
    char byte = 0;

    (void)state;
    write_bytes(path, "somebody's file", 15);
    struct ph_error *error = ph_index_open(path, &index);
    assert_non_null(error);
    assert_int_equal(error->code, PH_ERR_FORMAT);
    ph_error_free(error);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fread(&byte, 1, 1, file), 1);
    (void)fclose(file);
    assert_int_equal(byte, 's');
}

/* Wherever a cache is damaged: an error that says so or an empty index, no crash. */
static void a_damaged_index_harms_nobody(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text whole = {0};
    struct ph_index *index = NULL;

    (void)state;
    assert_null(ph_index_open(path, &index));
    int64_t number = fill(index);
    ph_index_close(ph_steal(index));
    assert_null(ph_read_file(path, 1 << 24, &whole));
    for (size_t at = 100; at < whole.size; at += 397) {
        PH_GUARD(ph_scan_fini) struct ph_scan scan = {0};
        struct seen seen = {0};
        char kept = whole.data[at];
        whole.data[at] = (char)~kept;
        write_bytes(path, whole.data, whole.size);
        whole.data[at] = kept;
        struct ph_error *error = ph_index_open(path, &index);
        if (!error)
            error = ph_index_files(index, "/", see_file, &seen);
        if (!error)
            error = ph_index_load(index, number, &scan);
        ph_error_free(error);
        ph_index_close(ph_steal(index));
    }
    write_bytes(path, whole.data, whole.size / 2); /* cut */
    struct ph_error *error = ph_index_open(path, &index);
    ph_error_free(error);
    ph_index_close(index);
}

static void short_memory_is_an_error(void **state)
{
    (void)state;
    for (long n = 0; n < 60; n++) {
        PH_GUARD(ph_scan_fini) struct ph_scan scan = {0}, loaded = {0};
        struct ph_index *index = NULL;
        struct ph_digest_sum content = content_of("driver");
        int64_t number = 0;
        assert_null(example(&scan));
        ph_mem_fail_after(n);
        struct ph_error *error = ph_index_open(NULL, &index);
        if (!error)
            error = ph_index_put_scan(index, &content, "leaky", &scan, &number);
        if (!error)
            error = ph_index_load(index, number, &loaded);
        ph_mem_fail_after(-1);
        assert_true(error ? error->code == PH_ERR_NOMEM : loaded.claim_count == 2);
        ph_error_free(error);
        ph_index_close(index);
    }
}

/* Two at a time: the second finds the first one's index, and both keep the same things once. */
static void two_processes_share_an_index(void **state)
{
    PH_GUARD(ph_index_closep) struct ph_index *one = NULL;
    PH_GUARD(ph_index_closep) struct ph_index *two = NULL;
    PH_GUARD(ph_scan_fini) struct ph_scan scan = {0};
    PH_GUARD(ph_scan_fini) struct ph_scan raw = {0};
    struct ph_claim text = {.tag = "Leak", .evidence = PH_EVIDENCE_TEXT, .sites = 1, .routine = ""};
    struct ph_digest_sum content = content_of("a driver");
    int64_t first = 0, second = 0;
    struct seen seen = {0};

    (void)state;
    assert_null(example(&scan));
    assert_null(ph_scan_add(&raw, &text));
    assert_null(ph_index_open(path, &one));
    assert_null(ph_index_open(path, &two)); /* an error while the head was in the log alone */
    assert_null(ph_index_put_scan(one, &content, "driver", &scan, &first));
    assert_null(ph_index_put_raw(one, first, text.tag, &raw));
    assert_null(ph_index_commit(one));
    assert_null(ph_index_put_scan(two, &content, "driver", &scan, &second));
    assert_true(first > 0 && first == second);
    assert_null(ph_index_put_raw(two, second, text.tag, &raw));
    assert_null(ph_index_commit(two));
    assert_null(ph_index_claims(one, text.tag, see_claim, &seen));
    assert_int_equal(seen.claims, 2); /* the call site and the text */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_put_comes_back, set_up, tear_down),
        cmocka_unit_test(weak_searches_are_remembered),
        cmocka_unit_test_setup_teardown(two_processes_share_an_index, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_files_are_left_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_damaged_index_harms_nobody, set_up, tear_down),
        cmocka_unit_test(short_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
