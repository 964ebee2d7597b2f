/* front/poolmon_args.c: command lines as runbooks have them, in our words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "front/front.h"
#include "front/poolmon_args.h"

enum { WORDS_MOST = 32 };

struct line {
    char copy[1024];
    char *words[WORDS_MOST];
    int count;
};

/* Words are separated by blanks; a _ stands for a blank within a word. */
static void split(const char *text, struct line *line)
{
    *line = (struct line){0};
    assert_true(strlen(text) < sizeof(line->copy));
    strcpy(line->copy, text);
    for (char *word = strtok(line->copy, " "); word; word = strtok(NULL, " ")) {
        assert_true(line->count < WORDS_MOST - 1);
        for (char *c = word; *c; c++)
            *c = *c == '_' ? ' ' : *c;
        line->words[line->count++] = word;
    }
}

static void becomes(const char *text, const char *want, const char *ignored, bool snapshot)
{
    PH_GUARD(ph_poolmon_args_fini) struct ph_poolmon_args args = {0};
    PH_GUARD(ph_text_fini) struct ph_text got = {0};
    struct line line;

    split(text, &line);
    struct ph_error *error = ph_poolmon_args(line.count, line.words, &args);
    if (error)
        fail_msg("'%s': %s", text, error->text);
    ph_text_puts(&got, "");
    for (int i = 0; i < args.count; i++)
        ph_text_printf(&got, "%s%s", i ? "|" : "", args.words[i]);
    assert_null(args.words[args.count]);
    assert_string_equal(got.data, want);
    assert_string_equal(args.ignored ? args.ignored : "", ignored);
    assert_true(snapshot || !args.screen);
    assert_int_equal(args.snapshot, snapshot);
}

static void refused(const char *text, const char *with)
{
    struct ph_poolmon_args args;
    struct line line;

    split(text, &line);
    struct ph_error *error = ph_poolmon_args(line.count, line.words, &args);
    assert_non_null(error);
    assert_int_equal(error->code, PH_ERR_USAGE);
    if (!strstr(error->text, with) || strchr(error->text, '\n'))
        fail_msg("'%s' says '%s', not '%s'", text, error->text, with);
    ph_error_free(error);
}

static void every_switch_both_ways(void **state)
{
    (void)state;
    becomes("top", "top", "", false);
    becomes("top -t -a -f -d -b -m",
            "top|--sort=tag|--sort=allocs|--sort=frees|--sort=diff|--sort=bytes|--sort=per-alloc",
            "", false);
    becomes("top /t /a /f /d /b /m",
            "top|--sort=tag|--sort=allocs|--sort=frees|--sort=diff|--sort=bytes|--sort=per-alloc",
            "", false);
    becomes("top -( /) /( -)", "top|--by-change|--by-change|--by-change|--by-change", "", false);
    becomes("top -e /e -l /l", "top|--totals|--totals|--no-highlight|--no-highlight", "", false);
    becomes("top -p /p", "top|-p|-p", "", false);
    becomes("top -? /h", "top|--help|--help", "", false);
    becomes("top /? -h", "top|--help|--help", "", false);
    becomes("top -s /s -s3 /s12", "top|--session=all|--session=all|--session=3|--session=12", "",
            false);
    becomes("top -iStrg /iCc?? -xFoo /xIo_",
            "top|--include=Strg|--include=Cc??|--exclude=Foo|"
            "--exclude=Io ",
            "", false);
    becomes("top -g /g", "top|--tag-list=pooltag.txt|--tag-list=pooltag.txt", "", false);
    becomes("top -c /c", "top|--tag-list=localtag.txt|--tag-list=localtag.txt", "", false);
    becomes("top -n", "top|--poolmon=poolsnap.log", "", true);
    becomes("top /n", "top|--poolmon=poolsnap.log", "", true);
    becomes("top -r /u -k", "top", "-r -u -k", false);
}

static void runbooks(void **state)
{
    (void)state;
    becomes("top -e -b -p -p -iStrg", "top|--totals|--sort=bytes|-p|-p|--include=Strg", "", false);
    becomes("top /iAud* /iCc?? /xCcBc", "top|--include=Aud*|--include=Cc??|--exclude=CcBc", "",
            false);
    becomes("top -t -b -r -n pool.txt", "top|--sort=tag|--sort=bytes|--poolmon=pool.txt", "-r",
            true);
    becomes("top -n pool.txt -b -r", "top|--poolmon=pool.txt|--sort=bytes", "-r", true);
    becomes("top -u -n pool.log", "top|--poolmon=pool.log", "-u", true);
    becomes("top /n /tmp/pool.log /b", "top|--poolmon=/tmp/pool.log|--sort=bytes", "", true);
    becomes("top /g my_tags.txt /b", "top|--tag-list=my tags.txt|--sort=bytes", "", false);
    becomes("top /g /b", "top|--tag-list=pooltag.txt|--sort=bytes", "", false);
    becomes("top -g -iTag", "top|--tag-list=pooltag.txt|--include=Tag", "", false);
    becomes("top -n /iTag", "top|--poolmon=poolsnap.log|--include=Tag", "", true);
    becomes("top -n --sort=bytes", "top|--poolmon=poolsnap.log|--sort=bytes", "", true);
}

/* A snapshot has no screen: what concerns only that is told, whatever the order. */
static void snapshots_take_what_concerns_them(void **state)
{
    PH_GUARD(ph_poolmon_args_fini) struct ph_poolmon_args args = {0};
    PH_GUARD(ph_arguments_fini) struct ph_arguments arguments = {0};
    struct line line;

    (void)state;
    split("top -e -l -r -( -g tags.txt -b -n out.log -p -c", &line);
    assert_null(ph_poolmon_args(line.count, line.words, &args));
    assert_string_equal(args.screen, "-e -l -( -g -c");
    assert_string_equal(args.ignored, "-r");
    assert_int_equal(args.count, 4);
    assert_string_equal(args.words[1], "--sort=bytes");
    assert_string_equal(args.words[3], "-p");
    ph_poolmon_args_fini(&args);
    refused("top -s -n out.log", "-s: a snapshot has the session pools behind the others");
    /* the words are those of snap */
    split("top -e -b -p -iStrg -xIo_ -n out.log", &line);
    assert_null(ph_poolmon_args(line.count, line.words, &args));
    assert_null(ph_arguments_parse(ph_command_find("snap"), args.count, args.words, &arguments));
    assert_string_equal(arguments.poolmon, "out.log");
    assert_int_equal(arguments.nonpaged_count, 1);
    assert_string_equal(arguments.includes.items[0], "Strg");
    assert_string_equal(arguments.excludes.items[0], "Io ");
}

static void our_parser_takes_the_words(void **state)
{
    PH_GUARD(ph_poolmon_args_fini) struct ph_poolmon_args args = {0};
    PH_GUARD(ph_arguments_fini) struct ph_arguments arguments = {0};
    struct line line;

    (void)state;
    split("top -t -a -f -d -b -m -( -) -p /p -e -l -iStrg /xFoo -s1 -g tags.txt /c --speed 60 -q "
          "-D /b -i Long_pattern --interval 1s week.poolhound",
          &line);
    assert_null(ph_poolmon_args(line.count, line.words, &args));
    struct ph_error *error =
        ph_arguments_parse(ph_command_find("top"), args.count, args.words, &arguments);
    if (error)
        fail_msg("%s", error->text);
    assert_string_equal(arguments.top_sort, "per-alloc");
    assert_true(arguments.by_change && arguments.totals && arguments.no_highlight);
    assert_true(arguments.quiet);
    assert_int_equal(arguments.nonpaged_count, 2);
    assert_int_equal(arguments.includes.count, 2);
    assert_string_equal(arguments.includes.items[1], "Long pattern");
    assert_int_equal(arguments.tag_lists.count, 2);
    assert_string_equal(arguments.tag_lists.items[1], "localtag.txt");
    assert_string_equal(arguments.session, "1");
    assert_string_equal(arguments.drivers.items[0], "/b");
    assert_int_equal(arguments.interval_ns, 1000000000);
    assert_int_equal(arguments.operand_count, 1);
    assert_string_equal(arguments.operands[0], "week.poolhound");
}

static void ours_pass(void **state)
{
    (void)state;
    becomes("top --interval 1s --colour=never --sort rate x.log",
            "top|--interval|1s|--colour=never|--sort|rate|x.log", "", false);
    becomes("top --inter /b /b", "top|--inter|/b|--sort=bytes", "",
            false);                                                     /* its value, cut name */
    becomes("top --totals /b", "top|--totals|--sort=bytes", "", false); /* takes none */
    becomes("top --root /e", "top|--root|/e", "", false);
    becomes("top --root", "top|--root", "", false);
    becomes("top --nonsense /b", "top|--nonsense|--sort=bytes", "", false);
    becomes("top -i Strg -x Foo* -D drivers -v", "top|--include=Strg|--exclude=Foo*|-D|drivers|-v",
            "", false);
    becomes("top -Ddrivers -i /b", "top|-Ddrivers|--include=/b", "", false);
    becomes("top -i kmalloc-*", "top|--include=kmalloc-*", "", false);
    becomes("top -ikmalloc-64", "top|--include=kmalloc-64", "", false);
    becomes("top -bep -qb", "top|--sort=bytes|--totals|-p|-q|--sort=bytes", "", false);
    becomes("top -b -- /b -b x", "top|--sort=bytes|--|/b|-b|x", "", false);
    becomes("top -", "top|-", "", false);
    becomes("top -bnpool.log", "top|--sort=bytes|--poolmon=pool.log", "", true);
}

static void paths_are_no_switches(void **state)
{
    (void)state;
    becomes("top /var/x.poolhound", "top|/var/x.poolhound", "", false);
    becomes("top ./x b/b", "top|./x|b/b", "", false);
    becomes("top /srv/x.poolhound /input/x /x/y", "top|/srv/x.poolhound|/input/x|/x/y", "", false);
    becomes("top /items.log", "top|/items.log", "", false); /* longer than a tag */
    becomes("top /snapshot.log /s1x", "top|/snapshot.log|/s1x", "", false);
    becomes("top /bin /etc /tmp /etc/", "top|/bin|/etc|/tmp|/etc/", "", false);
    becomes("top /", "top|/", "", false);
    becomes("top //b", "top|//b", "", false);
    becomes("top /b.log", "top|/b.log", "", false);
    becomes("top /sys", "top|/sys", "", false);
}

static void mistakes_are_named(void **state)
{
    (void)state;
    refused("top -z", "-z: no such switch; poolmon's are -t -a");
    refused("top /z", "/z: no such switch");
    refused("top -b /Z", "/Z: no such switch");
    refused("top -fCM", "-fCM: no such switch");
    refused("top /i", "/i: the tag belongs behind it");
    refused("top -x", "-x: the tag belongs behind it");
    refused("top -sfoo", "'foo' is not a session's number");
    refused("top -s1234567890", "is not a session's number");
}

static void out_of_memory(void **state)
{
    struct line line;

    (void)state;
    split("top -b /p -iStrg -s1 -g tags.txt -r -D drivers x.log -n out.log --", &line);
    line.words[4] = line.words[3]; /* no session beside a snapshot */
    for (long n = 0;; n++) {
        struct ph_poolmon_args args = {0};
        ph_mem_fail_after(n);
        struct ph_error *error = ph_poolmon_args(line.count, line.words, &args);
        ph_mem_fail_after(-1);
        if (!error) {
            assert_true(n > 10);
            ph_poolmon_args_fini(&args);
            break;
        }
        assert_int_equal(error->code, PH_ERR_NOMEM);
        assert_null(args.words);
        assert_true(n < 1000);
        ph_error_free(error);
    }
}

/* Any words: ours or an error, never a crash, and the words are those of the line or ours. */
static void random_lines(void **state)
{
    static const char *const pieces[] = {"-", "/", "--", "b", "i", "s", "n", "g", "Tag", "1",
                                         "p", "?", "(",  "D", "z", "=", "q", "r", "",    "sort"};
    unsigned dice = 12345;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char words[8][32];
        char *argv[9] = {0};
        int argc = 1 + (int)(dice % 7);
        for (int i = 0; i < argc; i++) {
            words[i][0] = 0;
            for (int k = 0; k < 5; k++) {
                dice = dice * 1103515245 + 12345;
                strcat(words[i], pieces[(dice >> 16) % (sizeof(pieces) / sizeof(pieces[0]))]);
            }
            argv[i] = words[i];
        }
        struct ph_poolmon_args args = {0};
        struct ph_error *error = ph_poolmon_args(argc, argv, &args);
        if (error)
            assert_int_equal(error->code, PH_ERR_USAGE);
        else
            assert_true(args.count >= 1 && !args.words[args.count]);
        ph_error_free(error);
        ph_poolmon_args_fini(&args);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_switch_both_ways),
        cmocka_unit_test(runbooks),
        cmocka_unit_test(snapshots_take_what_concerns_them),
        cmocka_unit_test(our_parser_takes_the_words),
        cmocka_unit_test(ours_pass),
        cmocka_unit_test(paths_are_no_switches),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(out_of_memory),
        cmocka_unit_test(random_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
