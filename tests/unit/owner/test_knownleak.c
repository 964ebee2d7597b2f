/* owner/knownleak: the rules that are built in, versions, how sure a match is, and errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "owner/knownleak.h"

static void versions(void **state)
{
    static const struct {
        const char *left, *right;
        int order;
    } pairs[] = {
        {"6.1.10", "6.1.9", 1},
        {"1.0", "1", 0},
        {"1.0.0.1", "1", 1},
        {"32.0.11002.41", "32.0.21045.1000", -1},
        {"535.161.07", "535.161.7", 0},
        {"7.03", "7.04", -1},
        {"0.6.5.7-1", "0.6.5.8", -1},
        {"6.1.0-18-amd64", "6.1.0-18-cloud", 0},
        {"", "", 0},
        {"", "0.0", 0},
        {"99999999999999999999999", "99999999999999999999998", 1},
        {"99999999999999999999999", "1.5", 1},
        {"1..2", "1.2", 0},
        {"4.18.0-513.el8", "4.18.0-80.el8", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        int order = ph_version_compare(pairs[i].left, pairs[i].right);
        int back = ph_version_compare(pairs[i].right, pairs[i].left);
        assert_int_equal((order > 0) - (order < 0), pairs[i].order);
        assert_int_equal((back > 0) - (back < 0), -pairs[i].order);
    }
}

/* The surest match: its rule's name and how sure it is; NULL = no match. */
static const char *best(const struct ph_knownleaks *leaks, const struct ph_leak_question *question,
                        enum ph_leak_sureness *sureness)
{
    PH_GUARD(ph_knownleak_matches_fini) struct ph_knownleak_matches matches = {0};

    assert_null(ph_knownleaks_find(leaks, question, &matches));
    if (!matches.count)
        return NULL;
    for (size_t i = 1; i < matches.count; i++)
        assert_true(matches.items[i - 1].sureness <= matches.items[i].sureness);
    *sureness = matches.items[0].sureness;
    return matches.items[0].leak->name;
}

static void the_built_in_rules(void **state)
{
    PH_GUARD(ph_knownleaks_fini) struct ph_knownleaks leaks = {0};

    (void)state;
    assert_null(ph_knownleaks_add_builtin(&leaks));
    assert_true(leaks.count >= 15);
    for (size_t i = 0; i < leaks.count; i++)
        for (size_t k = 0; k < leaks.items[i].links.count; k++)
            assert_true(!strncmp(leaks.items[i].links.items[k], "http", 4));
}

#define NOTHING ((enum ph_leak_sureness)9)

static void how_sure(void **state)
{
    static const struct {
        struct ph_leak_question question;
        const char *name;
        enum ph_leak_sureness sureness;
    } cases[] = {
        {{PH_KNOWN_WINDOWS, {"Proc", 4}, "AMDKMDAG.SYS", "32.0.11002.41", NULL, NULL, NULL},
         "amdkmdag-proc",
         PH_LEAK_CERTAIN},
        {{PH_KNOWN_WINDOWS, {"Proc", 4}, "amdkmdag.sys", NULL, NULL, NULL, NULL},
         "amdkmdag-proc",
         PH_LEAK_LIKELY},
        /* fixed: the rule does not fit, but others know this tag */
        {{PH_KNOWN_WINDOWS, {"Proc", 4}, "amdkmdag.sys", "32.0.21045.1000", NULL, NULL, NULL},
         "hardlock-proc",
         PH_LEAK_TAG},
        {{PH_KNOWN_WINDOWS, {"SysR", 4}, "sysmondrv.sys", "7.3", NULL, NULL, NULL},
         "sysmon-reload",
         PH_LEAK_CERTAIN},
        {{PH_KNOWN_WINDOWS, {"SysR", 4}, "sysmondrv.sys", "15.14", NULL, NULL, NULL},
         NULL,
         NOTHING},
        {{PH_KNOWN_WINDOWS, {"SysR", 4}, NULL, NULL, NULL, NULL, NULL},
         "sysmon-reload",
         PH_LEAK_TAG},
        {{PH_KNOWN_WINDOWS, {"SysR", 4}, "other.sys", "1.0", NULL, NULL, NULL},
         "sysmon-reload",
         PH_LEAK_TAG},
        /* a version of another kind does not tell */
        {{PH_KNOWN_WINDOWS, {"NpPD", 4}, "npcap.sys", "5.1.77", NULL, NULL, NULL},
         "npcap-full-buffer",
         PH_LEAK_LIKELY},
        {{PH_KNOWN_WINDOWS, {"NpPD", 4}, "npcap.sys", "5.1.77", "1.77", NULL, NULL},
         "npcap-full-buffer",
         PH_LEAK_CERTAIN},
        {{PH_KNOWN_WINDOWS, {"NpPD", 4}, "npcap.sys", NULL, "1.78", NULL, NULL}, NULL, NOTHING},
        /* short tags are padded */
        {{PH_KNOWN_WINDOWS, {"Mdl ", 4}, "netkvm.sys", NULL, NULL, NULL, NULL},
         "netkvm-mdl",
         PH_LEAK_LIKELY},
        /* the system's version counts without a driver, too */
        {{PH_KNOWN_WINDOWS, {"NtFC", 4}, NULL, NULL, NULL, "10.0.22631.1", NULL}, NULL, NOTHING},
        {{PH_KNOWN_WINDOWS, {"NtFC", 4}, "ntfs.sys", NULL, NULL, "10.0.26200.9457", NULL},
         "ntfs-ntfc",
         PH_LEAK_CERTAIN},
        /* a rule of a driver alone */
        {{PH_KNOWN_WINDOWS, {"Abcd", 4}, "btrfs.sys", NULL, NULL, NULL, NULL},
         "winbtrfs-contexts",
         PH_LEAK_TAG},
        {{PH_KNOWN_LINUX, {"", 0}, "nvidia", "535.161.07", NULL, NULL, NULL},
         "nvidia-host-alloc",
         PH_LEAK_LIKELY},
        {{PH_KNOWN_LINUX, {"kmalloc-64", 10}, "nvidia-uvm", NULL, NULL, NULL, NULL},
         "nvidia-kmalloc-64",
         PH_LEAK_LIKELY},
        {{PH_KNOWN_LINUX, {"x86_emulator", 12}, "kvm", NULL, NULL, "5.10.45", NULL},
         "kvm-emulator",
         PH_LEAK_CERTAIN},
        {{PH_KNOWN_LINUX, {"x86_emulator", 12}, "kvm", NULL, NULL, "5.10.46", NULL}, NULL, NOTHING},
        /* Debian 11 calls every kernel 5.10.0-N */
        {{PH_KNOWN_LINUX, {"x86_emulator", 12}, "kvm", NULL, NULL, "5.10.0-28-amd64", NULL},
         "kvm-emulator",
         PH_LEAK_LIKELY},
        {{PH_KNOWN_LINUX, {"ebitmap_node", 12}, NULL, NULL, NULL, "6.1.5", NULL},
         "ebitmap-node",
         PH_LEAK_TAG},
        {{PH_KNOWN_LINUX, {"Proc", 4}, NULL, NULL, NULL, NULL, NULL}, NULL, NOTHING},
        {{PH_KNOWN_LINUX, {"", 0}, NULL, NULL, NULL, NULL, NULL}, NULL, NOTHING},
    };
    PH_GUARD(ph_knownleaks_fini) struct ph_knownleaks leaks = {0};

    (void)state;
    assert_null(ph_knownleaks_add_builtin(&leaks));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum ph_leak_sureness sureness = NOTHING;
        const char *name = best(&leaks, &cases[i].question, &sureness);
        if (sureness != cases[i].sureness || !name != !cases[i].name)
            print_error("case %zu: %s\n", i, name ? name : "no match");
        assert_int_equal(sureness, cases[i].sureness);
        if (name)
            assert_string_equal(name, cases[i].name);
    }
}

static void a_user_adds_and_replaces(void **state)
{
    static const char own[] = "[windows sysmon-reload]\n"
                              "driver = sysmondrv.sys\nwhat = ours\nlink = http://x\n"
                              "[linux builds]\n"
                              "driver = mymod\nsrcversion = ABC123\nsrcversion = DEF456\n"
                              "tag = my_*\nwhat = two builds\nlink = http://y\n";
    PH_GUARD(ph_knownleaks_fini) struct ph_knownleaks leaks = {0};
    struct ph_leak_question sysmon = {.tag = {"SysR", 4}, .driver = "sysmondrv.sys"};
    struct ph_leak_question build = {
        .system = PH_KNOWN_LINUX, .tag = {"my_cache", 8}, .driver = "mymod"};
    enum ph_leak_sureness sureness = NOTHING;

    (void)state;
    assert_null(ph_knownleaks_add_builtin(&leaks));
    size_t before = leaks.count;
    assert_null(ph_knownleaks_add(&leaks, "own", ph_slice_of(own)));
    assert_int_equal(leaks.count, before + 1);
    assert_string_equal(best(&leaks, &sysmon, &sureness), "sysmon-reload");
    assert_int_equal(sureness, PH_LEAK_TAG); /* ours names no tag */
    assert_string_equal(best(&leaks, &build, &sureness), "builds");
    assert_int_equal(sureness, PH_LEAK_LIKELY);
    build.srcversion = "DEF456";
    assert_string_equal(best(&leaks, &build, &sureness), "builds");
    assert_int_equal(sureness, PH_LEAK_CERTAIN);
    build.srcversion = "FFF";
    assert_null(best(&leaks, &build, &sureness));
}

static void errors_name_the_line(void **state)
{
    static const struct {
        const char *text, *error;
    } bad[] = {
        {"[linux x]\n", "f:1: no 'what' in the rule 'x'"},
        {"[linux x]\nwhat = y\n", "f:1: no 'link' in the rule 'x'"},
        {"[linux x]\nwhat = y\nlink = z\n", "f:1: no 'tag' and no 'driver' in the rule 'x'"},
        {"[leak x]\n", "f:1: neither 'windows' nor 'linux': 'leak'"},
        {"[linux]\n", "f:1: no name of the rule behind 'linux'"},
        {"tag = y\n", "f:1: stands before the first '[windows NAME]': 'tag'"},
        {"[linux x]\ntag =\n", "f:2: says nothing: 'tag'"},
        {"[linux x]\nversion = disk\n",
         "f:2: a version is of a 'file', 'package' or 'system', not 'disk'"},
        {"[linux x]\nfrom = new\n", "f:2: no version: 'new'"},
        {"[linux x]\nfrom = 1\nfrom = 2\n", "f:3: stands twice in a rule: 'from'"},
        {"[linux x]\nsince = 1\n", "f:2: no such field: 'since'"},
        {"[linux x]\ntag = a\nwhat = y\nlink = z\nfrom = 2\nfixed = 2.0\n",
         "f:1: from 2 to before 2.0 there is no version"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        PH_GUARD(ph_knownleaks_fini) struct ph_knownleaks leaks = {0};
        ph_autoerror struct ph_error *error =
            ph_knownleaks_add(&leaks, "f", ph_slice_of(bad[i].text));
        assert_non_null(error);
        assert_int_equal(error->code, PH_ERR_FORMAT);
        assert_string_equal(error->text, bad[i].error);
    }
}

static void memory_runs_out(void **state)
{
    static const char own[] = "[linux x]\ntag = a\ntag = b\ndriver = c\nfrom = 1\nfixed = 2\n"
                              "what = w\nlink = l\nfixed-in = f\n";
    const struct ph_leak_question question = {.system = PH_KNOWN_LINUX, .tag = {"b", 1}};
    long n = 0;

    (void)state;
    for (;; n++) {
        PH_GUARD(ph_knownleaks_fini) struct ph_knownleaks leaks = {0};
        struct ph_knownleak_matches matches = {0};
        ph_mem_fail_after(n);
        struct ph_error *error = ph_knownleaks_add(&leaks, "own", ph_slice_of(own));
        if (!error)
            error = ph_knownleaks_find(&leaks, &question, &matches);
        ph_mem_fail_after(-1);
        size_t found = matches.count;
        ph_knownleak_matches_fini(&matches);
        if (!error) {
            assert_int_equal(found, 1);
            break;
        }
        assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
    }
    assert_true(n >= 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions),
        cmocka_unit_test(the_built_in_rules),
        cmocka_unit_test(how_sure),
        cmocka_unit_test(a_user_adds_and_replaces),
        cmocka_unit_test(errors_name_the_line),
        cmocka_unit_test(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
