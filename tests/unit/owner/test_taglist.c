/* owner/taglist: every form of line that lists have been seen with, in a list of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/text.h"
#include "owner/taglist.h"

static const char quirks[] = "//\r\n"
                             "// <PoolTag> - <binary-name> - <Description>\r\n"
                             "rem\r\n"
                             "rem Old - remark.sys - not an entry\r\n"
                             "remX - remx.sys   - an entry\r\n"
                             "\r\n"
                             "Leak - leaky.sys  - Leaks on purpose\r\n"
                             "leak - other.sys  - Differs in case only\r\n"
                             "Io   - nt!io      - General\r\n"
                             "PX1 - short.sys   - Three letters\r\n"
                             "Fsb -  bare.sys\r\n"
                             "Tun4  - <unknown>\r\n"
                             "ATmp - Some mount point\r\n"
                             "EtwO - nt!etw         Something of etw\r\n"
                             "CMAl - nt!cm        -internal things\r\n"
                             "Dash - a.sys - one - two\r\n"
                             "AfdA - afd.sys      -     Indented\r\n"
                             "Dh 1 - blank.sys - A blank inside\r\n"
                             "X-Y- - odd.sys - Dashes in the tag\r\n"
                             "Vi54 - <gpu.sys> - In brackets\r\n"
                             "Mult - <multiple> - Several\r\n"
                             "Two  - nt!store or boost.sys - Either\r\n"
                             "Dupl - first.sys - One\r\n"
                             "Dupl - second.sys - Two\r\n"
                             "Dupl - first.sys - One\r\n"
                             "Op   - gfx!Flip::operator new - Scoped\r\n"
                             "CM?? - nt!cm - Two wildcards\r\n"
                             "CM2? - nt!cm2 - One wildcard\r\n"
                             "C*   - any!c - Anything with C\r\n"
                             "CM25 - nt!exact - No wildcard\r\n"
                             "Gh?5 - gh.sys - Inside\r\n"
                             "A  - twoblanks.sys - One letter\r\n"
                             "Zz - unpadded.sys - Two letters\r\n"
                             "No   - - Words only\r\n"
                             "       <unknown>\r\n"
                             "Words about tags Qc00 to QcFF\r\n"
                             "\x1a";

static void read_list(struct ph_taglist *list, const char *name, const char *text)
{
    struct ph_error *error = ph_taglist_add(list, name, ph_slice_of(text));

    if (error)
        print_error("%s\n", error->text);
    assert_null(error);
}

static struct ph_taglist_matches find(const struct ph_taglist *list, const char *tag)
{
    struct ph_taglist_matches matches = {0};
    uint8_t bytes[4];

    memcpy(bytes, tag, 4);
    assert_null(ph_taglist_find(list, bytes, &matches));
    return matches;
}

/* Driver, component and description of the only owner of `tag`. */
static void is_only(const struct ph_taglist *list, const char *tag, const char *driver,
                    const char *component, const char *description)
{
    PH_GUARD(ph_taglist_matches_fini) struct ph_taglist_matches matches = find(list, tag);

    if (matches.count != 1)
        print_error("'%s' has %zu owners\n", tag, matches.count);
    assert_int_equal(matches.count, 1);
    const struct ph_taglist_entry *entry = matches.items[0];
    if (!ph_slice_is(entry->driver, driver) || !ph_slice_is(entry->component, component) ||
        !ph_slice_is(entry->description, description))
        print_error("'%s': '%.*s' '%.*s' '%.*s'\n", tag, (int)entry->driver.size,
                    entry->driver.data, (int)entry->component.size, entry->component.data,
                    (int)entry->description.size, entry->description.data);
    assert_true(ph_slice_is(entry->driver, driver));
    assert_true(ph_slice_is(entry->component, component));
    assert_true(ph_slice_is(entry->description, description));
}

static void every_quirk(void **state)
{
    static const struct {
        const char *tag, *driver, *component, *description;
    } want[] = {
        {"Leak", "leaky.sys", "", "Leaks on purpose"},
        {"leak", "other.sys", "", "Differs in case only"},
        {"remX", "remx.sys", "", "an entry"},
        {"Io  ", "nt", "io", "General"},
        {"PX1 ", "short.sys", "", "Three letters"},
        {"Fsb ", "bare.sys", "", ""},
        {"Tun4", "", "", ""},
        {"ATmp", "", "", "Some mount point"},
        {"EtwO", "nt", "etw", "Something of etw"},
        {"Dash", "a.sys", "", "one - two"},
        {"AfdA", "afd.sys", "", "Indented"},
        {"Dh 1", "blank.sys", "", "A blank inside"},
        {"X-Y-", "odd.sys", "", "Dashes in the tag"},
        {"Vi54", "gpu.sys", "", "In brackets"},
        {"Mult", "", "", "Several"},
        {"Two ", "nt", "store or boost.sys", "Either"},
        {"Op  ", "gfx", "Flip::operator new", "Scoped"},
        {"Gh15", "gh.sys", "", "Inside"},
        {"A   ", "twoblanks.sys", "", "One letter"},
        {"Zz  ", "unpadded.sys", "", "Two letters"},
        {"No  ", "", "", "Words only"},
    };
    PH_GUARD(ph_taglist_fini) struct ph_taglist list = {0};

    (void)state;
    read_list(&list, "own.txt", quirks);
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
        is_only(&list, want[i].tag, want[i].driver, want[i].component, want[i].description);
    assert_int_equal(list.count, 29);
}

static void what_is_no_entry_is_told(void **state)
{
    PH_GUARD(ph_taglist_fini) struct ph_taglist list = {0};
    PH_GUARD(ph_text_fini) struct ph_text many = {0};

    (void)state;
    read_list(&list, "own.txt", quirks);
    assert_int_equal(list.losses.count, 2);
    assert_string_equal(list.losses.items[0].what,
                        "own.txt:35: no entry 'Tag - driver - description', left out");
    assert_string_equal(list.losses.items[1].what,
                        "own.txt:36: no entry 'Tag - driver - description', left out");
    ph_text_puts(&many, "Leak - leaky.sys - x\n");
    for (int i = 0; i < 1000; i++)
        ph_text_puts(&many, "nothing of use\n");
    read_list(&list, "many.txt", many.data);
    assert_int_equal(list.losses.count, 2 + 9);
    assert_int_equal(list.losses.items[10].count, 992);
}

static void does_not_match(const struct ph_taglist *list, const char *tag)
{
    PH_GUARD(ph_taglist_matches_fini) struct ph_taglist_matches matches = find(list, tag);

    assert_int_equal(matches.count, 0);
}

static void blanks_and_case_count(void **state)
{
    PH_GUARD(ph_taglist_fini) struct ph_taglist list = {0};

    (void)state;
    read_list(&list, "own.txt", quirks);
    does_not_match(&list, "LEAK");
    does_not_match(&list, "io  ");
    does_not_match(&list, "Iox ");
    does_not_match(&list, " Io ");
    does_not_match(&list, "rem ");
    does_not_match(&list, "Gh16");
}

static void best_first(void **state)
{
    static const char *const order[] = {"exact", "cm2", "cm", "c"};
    PH_GUARD(ph_taglist_fini) struct ph_taglist list = {0};

    (void)state;
    read_list(&list, "own.txt", quirks);
    PH_GUARD(ph_taglist_matches_fini) struct ph_taglist_matches matches = find(&list, "CM25");
    assert_int_equal(matches.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(ph_slice_is(matches.items[i]->component, order[i]));
    PH_GUARD(ph_taglist_matches_fini) struct ph_taglist_matches padded = find(&list, "CMAl");
    assert_int_equal(padded.count, 3); /* itself, CM??, C* */
    assert_true(ph_slice_is(padded.items[0]->description, "internal things"));
}

static void all_owners_but_each_once(void **state)
{
    PH_GUARD(ph_taglist_fini) struct ph_taglist list = {0};

    (void)state;
    read_list(&list, "x64/pooltag.txt", quirks);
    read_list(&list, "x86/pooltag.txt", quirks);
    read_list(&list, "localtag.txt", "Dupl - third.sys - Three\n");
    PH_GUARD(ph_taglist_matches_fini) struct ph_taglist_matches matches = find(&list, "Dupl");
    assert_int_equal(matches.count, 3);
    assert_true(ph_slice_is(matches.items[0]->driver, "first.sys"));
    assert_true(ph_slice_is(matches.items[1]->driver, "second.sys"));
    assert_true(ph_slice_is(matches.items[2]->driver, "third.sys"));
    assert_string_equal(matches.items[0]->list, "x64/pooltag.txt");
    assert_int_equal(matches.items[0]->line, 23);
    assert_string_equal(matches.items[2]->list, "localtag.txt");
}

/* The bit that marks a tag as protected is no part of it. */
static void protected_tags(void **state)
{
    PH_GUARD(ph_taglist_fini) struct ph_taglist list = {0};

    (void)state;
    read_list(&list, "own.txt", quirks);
    is_only(&list, "Lea\xeb", "leaky.sys", "", "Leaks on purpose");
}

/* As PowerShell's redirection and Windows' editors write it. */
static void other_encodings(void **state)
{
    static const char ascii[] = "Leak - leaky.sys - words\r\nIo   - nt!io - more\r\n";
    PH_GUARD(ph_taglist_fini) struct ph_taglist list = {0};
    char wide[2 * sizeof(ascii)] = "\xff\xfe";

    (void)state;
    for (size_t i = 0; i < sizeof(ascii) - 1; i++)
        wide[2 + 2 * i] = ascii[i];
    assert_null(ph_taglist_add(&list, "wide", (struct ph_slice){wide, 2 * sizeof(ascii)}));
    is_only(&list, "Io  ", "nt", "io", "more");
    read_list(&list, "mark", "\xef\xbb\xbfMark - marked.sys - x\n");
    is_only(&list, "Mark", "marked.sys", "", "x");
}

static void what_is_no_list(void **state)
{
    static const struct {
        struct ph_slice bytes;
        const char *text;
    } bad[] = {
        {{"", 0}, "f: no tag list: no line reads 'Tag - driver - description'"},
        {{"one\ntwo\n", 8}, "f: no tag list: no line reads 'Tag - driver - description'"},
        {{"Leak - a\0b - c\n", 15}, "f: no tag list: byte 8 is zero, so it is not text"},
        {{"     - x.sys - blank\n", 21},
         "f: no tag list: no line reads 'Tag - driver - description'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        PH_GUARD(ph_taglist_fini) struct ph_taglist list = {0};
        ph_autoerror struct ph_error *error = ph_taglist_add(&list, "f", bad[i].bytes);
        assert_non_null(error);
        assert_int_equal(error->code, PH_ERR_FORMAT);
        assert_string_equal(error->text, bad[i].text);
    }
}

static void a_made_up_list_is_quick(void **state)
{
    PH_GUARD(ph_taglist_fini) struct ph_taglist list = {0};
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    (void)state;
    for (int i = 0; i < 200000; i++)
        ph_text_printf(&text, "Same - %d.sys - x\n", i);
    read_list(&list, "large", text.data);
    for (int i = 0; i < 100; i++) {
        PH_GUARD(ph_taglist_matches_fini) struct ph_taglist_matches matches = find(&list, "Same");
        assert_int_equal(matches.count, 256);
        assert_int_equal(matches.items[255]->line, 256);
    }
}

static struct ph_error *note(void *context, const char *path)
{
    ph_text_printf(context, "%s\n", path);
    return ph_text_check(context);
}

static void usual_places(void **state)
{
    const struct ph_taglist_places linux_places = {
        .beside = "evidence", .config_home = "/home/u/.config", .config_system = "/etc"};
    const struct ph_taglist_places windows_places = {.program_files = {"C:/Program Files (x86)"}};
    PH_GUARD(ph_text_fini) struct ph_text paths = {0};

    (void)state;
    assert_null(ph_taglist_each_place(&linux_places, note, &paths));
    for (size_t i = 0; i < paths.size; i++) /* as the system joins them */
        paths.data[i] = ph_is_separator(paths.data[i]) ? '/' : paths.data[i];
    assert_string_equal(paths.data, "localtag.txt\npooltag.txt\n"
                                    "evidence/localtag.txt\nevidence/pooltag.txt\n"
                                    "/home/u/.config/poolhound/localtag.txt\n"
                                    "/home/u/.config/poolhound/pooltag.txt\n"
                                    "/etc/poolhound/pooltag.txt\n");
    ph_text_clear(&paths);
    assert_null(ph_taglist_each_place(&windows_places, note, &paths));
    assert_non_null(strstr(paths.data, "C:/Program Files (x86)/Windows Kits/10/Debuggers/x64/"
                                       "triage/pooltag.txt\n"));
}

static void memory_runs_out(void **state)
{
    long n = 0;

    (void)state;
    for (;; n++) {
        PH_GUARD(ph_taglist_fini) struct ph_taglist list = {0};
        struct ph_taglist_matches matches = {0};
        ph_mem_fail_after(n);
        struct ph_error *error = ph_taglist_add(&list, "own.txt", ph_slice_of(quirks));
        if (!error)
            error = ph_taglist_find(&list, (const uint8_t *)"CM25", &matches);
        ph_mem_fail_after(-1);
        ph_taglist_matches_fini(&matches);
        if (!error)
            break;
        assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
    }
    assert_true(n > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_quirk),
        cmocka_unit_test(what_is_no_entry_is_told),
        cmocka_unit_test(blanks_and_case_count),
        cmocka_unit_test(best_first),
        cmocka_unit_test(all_owners_but_each_once),
        cmocka_unit_test(protected_tags),
        cmocka_unit_test(other_encodings),
        cmocka_unit_test(what_is_no_list),
        cmocka_unit_test(a_made_up_list_is_quick),
        cmocka_unit_test(usual_places),
        cmocka_unit_test(memory_runs_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
