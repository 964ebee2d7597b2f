/* app/who on a Windows that is made up: its processes, its handles, its loaded drivers. */
#include <math.h>

#include "app/who.h"
#include "unit/identity/tree_build.h"
#include "unit/image/pe_build.h"
#include "unit/source/nt_fake.h"

enum { ALLOCATE = DATA + 0x800, TYPE = 2, TOKEN = 5, PROCESS = 7, THREAD = 8, EVENT = 16 };

/* What the kernel says next. */
static struct {
    uint32_t events, hog, system, ended, tokens, process_handles;
    const struct tree *tree;
    bool loaded;
} now;

static void types(struct nt_list *list)
{
    nt_type(list, "Type", TYPE, 70, 0);
    nt_type(list, "Token", TOKEN, now.tokens, 300);
    nt_type(list, "Process", PROCESS, 3 + now.ended, now.process_handles);
    nt_type(list, "Thread", THREAD, 10 + now.ended, 5);
    nt_type(list, "Event", EVENT, now.events, now.hog + now.system + 10);
    nt_type(list, "EventPair", EVENT + 1, 3, 0);
}

static void processes(struct nt_list *list)
{
    nt_process(list, 0, 2, 0, NULL);
    nt_process(list, 4, 4, 1000, "System");
    nt_process(list, 813, 3, 2000, "hog.exe");
    nt_process(list, 901, 3, 3000, "quiet.exe");
}

/* As Wine 8 has them: types count from 0 there. */
static void handles_by_place(struct nt_list *list)
{
    nt_handles(list, 813, 4, now.hog);
    nt_handles(list, 901, 1, 300);
}

static void handles(struct nt_list *list)
{
    nt_handles(list, 4, EVENT, now.system);
    nt_handles(list, 813, EVENT, now.hog);
    nt_handles(list, 813, PROCESS, now.process_handles);
    nt_handles(list, 901, EVENT, 10);
    nt_handles(list, 901, TOKEN, 300);
    nt_handles(list, 77778, EVENT, 1); /* it has ended since */
}

static void modules(struct nt_list *list)
{
    ph_autofree char *loaded = ph_format("\\??\\%s/elsewhere/Leaky.sys", now.tree->root);

    assert_non_null(loaded);
    nt_module(list, "\\SystemRoot\\System32\\drivers\\dump_disk.sys", 0, 4096);
    nt_module(list, "\\SystemRoot\\System32\\drivers\\gone.sys", 0, 4096);
    if (now.loaded)
        nt_module(list, loaded, 0, 0x8000);
}

static void blocks(struct nt_list *list)
{
    for (size_t i = 0; i < 3; i++)
        nt_block(list, "Leak", 16 << 20, true);
    nt_block(list, "Leak", 8192, false);
    nt_block(list, "Leal", 32 << 20, true);
}

/* Depth, the most it may be, pool, tag and size of each list. */
static void lookaside(struct nt_list *list)
{
    static const struct {
        uint16_t depth, most;
        const char *tag;
        uint32_t pool, size;
    } LISTS[] = {{4, 256, "Leak", 512, 128},
                 {4, 256, "Leak", 512, 128},
                 {1, 0, "Leak", 1, 512},
                 {4, 256, "Leal", 0, 4096}};

    for (size_t i = 0; i < sizeof(LISTS) / sizeof(LISTS[0]); i++) {
        nt_put_number(list, 32 * i, LISTS[i].depth, 2);
        nt_put_number(list, 32 * i + 2, LISTS[i].most, 2);
        nt_put_number(list, 32 * i + 20, LISTS[i].pool, 4);
        nt_put(list, 32 * i + 24, LISTS[i].tag, 4);
        nt_put_number(list, 32 * i + 28, LISTS[i].size, 4);
    }
}

/* A driver that allocates with the tag. */
static void put_driver(const struct tree *tree, const char *path, const char tag[4])
{
    static struct pe_build build;
    uint32_t at = TEXT;

    build_pe(&build, PH_PE_X64);
    put_imports(&build);
    memset(build.bytes + build_at(TEXT), 0xcc, 0x1000);
    put_bytes(&build, at, "\x48\x83\xec\x28\x41\xb8", 6);
    put_bytes(&build, at + 6, tag, 4);
    put_bytes(&build, at + 10, "\xba\x40\0\0\0\x33\xc9\xff\x15", 9);
    put_32(&build, at + 19, ALLOCATE - (at + 23));
    put_bytes(&build, at + 23, "\x48\x83\xc4\x28\xc3", 5);
    tree_bytes(tree, path, build_file(&build));
}

static int set_up(void **state)
{
    struct tree *tree = tree_make();

    put_driver(tree, "/elsewhere/Leaky.sys", "Leak");
    *state = tree;
    memset(&now, 0, sizeof(now));
    now.tree = tree;
    now.loaded = true;
    now.tokens = 350;
    now.process_handles = 2;
    now.hog = 40;
    now.events = 2000;
    return 0;
}

static int tear_down(void **state)
{
    tree_drop(*state);
    return 0;
}

static struct nt_fake everything(void)
{
    return (struct nt_fake){.pointer_bytes = sizeof(void *),
                            .modules = modules,
                            .handles = handles,
                            .types = types,
                            .processes = processes,
                            .blocks = blocks,
                            .lookaside = lookaside};
}

static struct ph_who_options options_of(const struct ph_nt *nt)
{
    return (struct ph_who_options){.nt = nt, .processes = true, .this_machine = true};
}

static void ask(struct ph_who *who, const char *tag, struct ph_owner_report *report)
{
    assert_null(ph_who_pool_tag(who, (const uint8_t *)tag, report));
}

static bool has_loss(const struct ph_owner_report *report, const char *words)
{
    for (size_t i = 0; i < report->losses.count; i++)
        if (strstr(report->losses.items[i].what, words))
            return true;
    return false;
}

/* ------------------------------------------------------------------ processes */

static void who_grew_is_named(void **state)
{
    struct nt_fake fake = everything();
    struct ph_nt nt = nt_fake_kernel(&fake);
    struct ph_who_options options = options_of(&nt);
    PH_GUARD(ph_who_closep) struct ph_who *who = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};

    (void)state;
    assert_null(ph_who_open(&options, &who));
    assert_null(ph_who_first_look(who));
    now.events += 512;
    now.hog += 500;
    ask(who, "Even", &report);
    assert_true(ph_owner_is_named(&report));
    assert_int_equal(ph_owner_named(&report), 1);
    const struct ph_owner *owner = &report.owners[0];
    assert_string_equal(owner->name, "PID 813 (hog.exe)");
    assert_int_equal(owner->evidence, PH_EVIDENCE_HOLDS);
    assert_string_equal(owner->reason,
                        "holds 540 Event handles now, 500 more than at the first look");
    assert_true(owner->process.held > 539 && owner->process.grew > 499);
    assert_string_equal(report.held, "2,515 Event, EventPair objects live, with 550 handles to "
                                     "them; 512 objects more and 500 handles more than at the "
                                     "first look; most have no handle: the kernel and drivers "
                                     "make some for themselves");
    assert_non_null(strstr(report.next, "813"));
    assert_null(strstr(report.next, "lsof"));
    assert_false(report.weak_searched);
}

static void types_are_found_by_what_agrees(void **state)
{
    struct nt_fake fake = everything();
    struct ph_nt nt = nt_fake_kernel(&fake);
    struct ph_who_options options = options_of(&nt);
    PH_GUARD(ph_who_closep) struct ph_who *who = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};

    (void)state;
    fake.handles = handles_by_place;
    now.hog = 1500;
    assert_null(ph_who_open(&options, &who));
    ask(who, "Even", &report);
    assert_int_equal(ph_owner_named(&report), 1);
    assert_string_equal(report.owners[0].reason, "holds 1,500 Event handles now");
}

/* Handles of System are drivers': it is not to blame. */
static void the_kernel_is_no_process(void **state)
{
    struct nt_fake fake = everything();
    struct ph_nt nt = nt_fake_kernel(&fake);
    struct ph_who_options options = options_of(&nt);
    PH_GUARD(ph_who_closep) struct ph_who *who = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};

    (void)state;
    now.events = 6000;
    now.system = 5500;
    assert_null(ph_who_open(&options, &who));
    ask(who, "Even", &report);
    assert_false(ph_owner_is_named(&report));
    assert_string_equal(report.owners[0].name, "PID 4 (System)");
    assert_string_equal(report.owners[0].reason,
                        "holds 5,500 Event handles now; it is the kernel's own process: drivers "
                        "made them");
}

/* Tokens live because processes that have ended do. */
static void zombies_keep_tokens(void **state)
{
    struct nt_fake fake = everything();
    struct ph_nt nt = nt_fake_kernel(&fake);
    struct ph_who_options options = options_of(&nt);
    PH_GUARD(ph_who_closep) struct ph_who *who = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report tokens = {0};
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report zombies = {0};

    (void)state;
    now.ended = 5012;
    now.tokens = 5400;
    now.process_handles = 5000;
    assert_null(ph_who_open(&options, &who));
    ask(who, "Toke", &tokens);
    assert_true(ph_owner_is_named(&tokens));
    assert_string_equal(tokens.owners[0].name, "PID 813 (hog.exe)");
    assert_non_null(strstr(tokens.owners[0].reason, "holds 5,000 Process handles now; a process "
                                                    "that has ended keeps its token"));
    assert_non_null(strstr(tokens.held, "5,400 Token objects live, with 300 handles to them; most "
                                        "have no handle: "));
    assert_non_null(strstr(tokens.held, "; 5,012 processes have ended and are still there "
                                        "(zombies)"));
    unsigned asked = fake.asked;
    ask(who, "Proc", &zombies);
    assert_string_equal(zombies.owners[0].reason, "holds 5,000 Process handles now");
    assert_non_null(strstr(zombies.held, "5,012 processes have ended"));
    assert_int_equal(fake.asked, asked + 2); /* only its blocks: what is known is asked once */
}

/* ------------------------------------------------------------------ drivers */

static void a_loaded_driver_is_named(void **state)
{
    struct nt_fake fake = everything();
    struct ph_nt nt = nt_fake_kernel(&fake);
    struct ph_who_options options = options_of(&nt);
    PH_GUARD(ph_who_closep) struct ph_who *who = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};

    (void)state;
    assert_null(ph_who_open(&options, &who));
    assert_null(ph_who_typed(who, "Leak", &report));
    assert_int_equal(ph_owner_named(&report), 1);
    assert_string_equal(report.owners[0].name, "Leaky.sys");
    assert_int_equal(report.owners[0].loaded, 1);
    assert_int_equal(report.drivers, 1);
    assert_null(report.held);
    assert_string_equal(report.blocks, "of a page and more: 3 nonpaged blocks (48.0 MB), 1 paged "
                                       "block (8.00 KB); the largest: 3 of 16.0 MB, 1 of 8.00 KB");
    assert_string_equal(report.lookaside,
                        "3 lists keep up to 512 freed nonpaged blocks (64.0 KB) and 1 freed paged "
                        "block (512 B); the tag's bytes include them");
    assert_true(has_loss(&report, "drivers are loaded whose files are not there any more"));
    for (size_t i = 0; i < report.losses.count; i++)
        if (strstr(report.losses.items[i].what, "not there any more"))
            assert_int_equal(report.losses.items[i].count, 1); /* not those for crash dumps */
}

/* Who has the most handles is told however many objects have none. */
static void few_handles_are_told(void **state)
{
    struct nt_fake fake = everything();
    struct ph_nt nt = nt_fake_kernel(&fake);
    struct ph_who_options options = options_of(&nt);
    PH_GUARD(ph_who_closep) struct ph_who *who = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};

    (void)state;
    now.events = 900000;
    assert_null(ph_who_open(&options, &who));
    ask(who, "Even", &report);
    assert_false(ph_owner_is_named(&report));
    assert_int_equal(report.owner_count, 2);
    assert_string_equal(report.owners[0].name, "PID 813 (hog.exe)");
    assert_int_equal(report.owners[0].evidence, PH_EVIDENCE_SOME);
}

/* Nobody is known to use the tag: also where its bytes stand is told, but not for objects. */
static void weak_evidence_is_for_other_tags(void **state)
{
    struct nt_fake fake = everything();
    struct ph_nt nt = nt_fake_kernel(&fake);
    struct ph_who_options options = options_of(&nt);
    PH_GUARD(ph_who_closep) struct ph_who *who = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report none = {0};
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report object = {0};

    (void)state;
    assert_null(ph_who_open(&options, &who));
    ask(who, "Nope", &none);
    assert_int_equal(none.owner_count, 0);
    assert_true(none.weak_searched);
    assert_true(none.drivers >= 1); /* on a Windows also those of this machine */
    ask(who, "Toke", &object);
    assert_false(object.weak_searched);
}

/* ------------------------------------------------------------------ a hunt */

/* What a hunt asks of a tag that grows, and what is sent to the maker of the program. */
static void a_finding_names_who_grew(void **state)
{
    static char bytes[] = "Even";
    const struct ph_series series = {
        .origin = PH_ORIGIN_POOLTAG, .pool = PH_POOL_NONPAGED, .tag = {bytes, 4}};
    const struct ph_finding finding = {.verdict = PH_VERDICT_LEAK_CONFIRMED, .last_bytes = 1 << 20};
    struct nt_fake fake = everything();
    struct ph_nt nt = nt_fake_kernel(&fake);
    struct ph_who_options options = options_of(&nt);
    PH_GUARD(ph_who_closep) struct ph_who *who = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};

    (void)state;
    assert_null(ph_who_open(&options, &who));
    assert_null(ph_who_first_look(who));
    now.events += 300;
    now.hog += 300;
    assert_null(ph_who_finding(who, &series, &finding, PH_TIME_REAL, &report));
    assert_int_equal(ph_owner_named(&report), 1);
    assert_non_null(strstr(report.paragraph,
                           "'Even' is held by process 813 (hog.exe). It holds 340 "
                           "Event handles now, 300 more than at the first look; "
                           "in all 2,303 Event, EventPair objects live"));
}

/* The same machine after another start: its drivers count, its handles do not. */
static void another_boot_has_other_handles(void **state)
{
    struct nt_fake fake = everything();
    struct ph_nt nt = nt_fake_kernel(&fake);
    struct ph_who_options options = {.nt = &nt, .this_machine = true};
    PH_GUARD(ph_who_closep) struct ph_who *who = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report leak = {0};
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report events = {0};

    (void)state;
    assert_null(ph_who_open(&options, &who));
    assert_null(ph_who_first_look(who));
    assert_int_equal(fake.asked, 0);
    ask(who, "Leak", &leak);
    assert_int_equal(leak.owners[0].loaded, 1);
    assert_null(leak.blocks);
    assert_null(leak.lookaside);
    ask(who, "Even", &events);
    assert_null(events.held);
}

/* ------------------------------------------------------------------ what is missing */

static void a_kernel_that_says_nothing(void **state)
{
    struct nt_fake fake = {.pointer_bytes = sizeof(void *), .status = PH_NT_ACCESS_DENIED};
    struct ph_nt nt = nt_fake_kernel(&fake);
    struct ph_who_options options = options_of(&nt);
    PH_GUARD(ph_who_closep) struct ph_who *who = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};

    (void)state;
    assert_null(ph_who_open(&options, &who));
    assert_null(ph_who_first_look(who));
    ask(who, "Even", &report);
    assert_int_equal(report.owner_count, 0);
    assert_null(report.held);
    assert_null(report.blocks);
    assert_null(report.lookaside);
    assert_true(has_loss(&report, "lookaside lists are not known: access denied"));
    assert_true(has_loss(&report, "which drivers are loaded is not known"));
    assert_true(has_loss(&report, "the largest blocks are not known: access denied"));
}

/* Types and their counts are everybody's; handles are not. */
static void without_rights_the_counts_stay(void **state)
{
    struct nt_fake fake = everything();
    struct ph_nt nt = nt_fake_kernel(&fake);
    struct ph_who_options options = options_of(&nt);
    PH_GUARD(ph_who_closep) struct ph_who *who = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};

    (void)state;
    fake.handles = NULL;
    fake.status = PH_NT_ACCESS_DENIED;
    now.hog = 0;
    assert_null(ph_who_open(&options, &who));
    ask(who, "Even", &report);
    assert_int_equal(report.owner_count, 0);
    assert_string_equal(report.held, "2,003 Event, EventPair objects live, with 10 handles to "
                                     "them; most have no handle: the kernel and drivers make "
                                     "some for themselves");
    assert_true(has_loss(&report, "run as administrator"));
}

static void other_readings_ask_nobody(void **state)
{
    struct nt_fake fake = everything();
    struct ph_nt nt = nt_fake_kernel(&fake);
    struct ph_who_options options = {.nt = &nt};
    PH_GUARD(ph_who_closep) struct ph_who *who = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};

    (void)state;
    assert_null(ph_who_open(&options, &who));
    assert_null(ph_who_first_look(who));
    ask(who, "Even", &report);
    assert_int_equal(fake.asked, 0);
}

static void short_memory_is_an_error_each_time(void **state)
{
    struct nt_fake fake = everything();
    struct ph_nt nt = nt_fake_kernel(&fake);
    struct ph_who_options options = options_of(&nt);

    (void)state;
    now.hog = 1500;
    fake.modules = NULL; /* its paths are made by the allocator that fails */
    for (long n = 0;; n++) {
        PH_GUARD(ph_who_closep) struct ph_who *who = NULL;
        PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};
        assert_null(ph_who_open(&options, &who));
        ph_mem_fail_after(n);
        struct ph_error *error = ph_who_first_look(who);
        if (!error)
            error = ph_who_pool_tag(who, (const uint8_t *)"Even", &report);
        ph_mem_fail_after(-1);
        if (!error)
            break;
        assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
        assert_true(n < 100000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_grew_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(types_are_found_by_what_agrees, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_kernel_is_no_process, set_up, tear_down),
        cmocka_unit_test_setup_teardown(zombies_keep_tokens, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_loaded_driver_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(few_handles_are_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(weak_evidence_is_for_other_tags, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_finding_names_who_grew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_boot_has_other_handles, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_kernel_that_says_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_rights_the_counts_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_readings_ask_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(short_memory_is_an_error_each_time, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
