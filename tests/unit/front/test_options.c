#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/os.h"
#include "front/front.h"

enum { WORDS_MOST = 16 };

/* Parses a command line given as one string of words. */
static struct ph_error *parse(const char *line, char *copy, struct ph_arguments *arguments)
{
    static char *words[WORDS_MOST];
    int count = 0;

    strcpy(copy, line);
    for (char *word = strtok(copy, " "); word && count < WORDS_MOST - 1; word = strtok(NULL, " "))
        words[count++] = word;
    words[count] = NULL;
    const struct ph_command *command = ph_command_find(words[0]);
    assert_non_null(command);
    return ph_arguments_parse(command, count, words, arguments);
}

static void refused(const char *line, const char *with)
{
    struct ph_arguments arguments;
    char copy[256];
    struct ph_error *error = parse(line, copy, &arguments);

    assert_non_null(error);
    assert_int_equal(error->code, PH_ERR_USAGE);
    if (!strstr(error->text, with))
        fail_msg("'%s' says '%s', not '%s'", line, error->text, with);
    ph_error_free(error);
    ph_arguments_fini(&arguments);
}

static void takes_letters_names_and_operands(void **state)
{
    PH_GUARD(ph_arguments_fini) struct ph_arguments arguments;
    char copy[256];

    (void)state;
    assert_null(
        parse("snap -iAud* --include Cc?? -x CcBc -p -p log.txt --top 7 -r", copy, &arguments));
    assert_int_equal(arguments.includes.count, 2);
    assert_string_equal(arguments.includes.items[0], "Aud*");
    assert_string_equal(arguments.excludes.items[0], "CcBc");
    assert_int_equal(arguments.nonpaged_count, 2);
    assert_true(arguments.have_top && arguments.top == 7 && arguments.reverse);
    assert_int_equal(arguments.operand_count, 1);
    assert_string_equal(arguments.operands[0], "log.txt");
    struct ph_selection selection;
    assert_null(ph_arguments_selection(&arguments, &selection));
    assert_int_equal(selection.pools, PH_POOLS_PAGED);
}

static void durations_have_units(void **state)
{
    PH_GUARD(ph_arguments_fini) struct ph_arguments arguments;
    char copy[256];

    (void)state;
    assert_null(parse("hunt -d 10m --interval 500ms", copy, &arguments));
    assert_true(arguments.duration_ns == 10 * PH_MINUTE);
    assert_true(arguments.interval_ns == PH_SECOND / 2);
    assert_true(arguments.spacing_ns == -1);
}

static void refuses_with_the_word_at_fault(void **state)
{
    (void)state;
    refused("hunt --frobnicate", "--frobnicate");
    refused("hunt -Z", "-Z");
    refused("hunt --duration", "needs an argument");
    refused("hunt -d soon", "'soon' is not a duration");
    refused("hunt -t 1ms", "at least 10ms");
    refused("snap --top many", "not a whole number");
    refused("snap -s size", "no such column");
    refused("snap --json --csv", "exclude each other");
    refused("snap a b", "'b' is one operand too many");
    refused("snap --root / log", "--root and an input");
    refused("record", "record needs FILE");
    refused("diff", "diff needs BEFORE");
    refused("hunt --colour sometimes", "sometimes");
    refused("hunt --keep a --no-keep", "exclude each other");
    refused("record --json f", "--json");
}

static void help_and_man_name_every_command_and_option(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text man = {0};

    (void)state;
    ph_help_man(&man);
    assert_null(ph_text_check(&man));
    for (size_t i = 0; i < ph_command_count; i++) {
        PH_GUARD(ph_text_fini) struct ph_text help = {0};
        ph_help_command(&ph_commands[i], &help);
        assert_null(ph_text_check(&help));
        assert_non_null(strstr(man.data, ph_commands[i].name));
        for (size_t k = 0; k < ph_option_count; k++) {
            ph_autofree char *name = ph_format("--%s", ph_options[k].name);
            bool has = ph_options[k].commands & ph_commands[i].bit;
            if (has)
                assert_non_null(strstr(help.data, name));
        }
        struct ph_reader reader = ph_reader_of("help", help.data, help.size);
        struct ph_slice line;
        while (ph_reader_line(&reader, &line))
            assert_true(ph_text_width(line) <= 80);
    }
}

static void options_of_one_command_do_not_share_a_letter(void **state)
{
    (void)state;
    for (size_t i = 0; i < ph_option_count; i++)
        for (size_t k = 0; k < i; k++)
            if (ph_options[i].commands & ph_options[k].commands) {
                assert_string_not_equal(ph_options[i].name, ph_options[k].name);
                assert_true(!ph_options[i].letter || ph_options[i].letter != ph_options[k].letter);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_letters_names_and_operands),
        cmocka_unit_test(durations_have_units),
        cmocka_unit_test(refuses_with_the_word_at_fault),
        cmocka_unit_test(help_and_man_name_every_command_and_option),
        cmocka_unit_test(options_of_one_command_do_not_share_a_letter),
    };

    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
