/* main - finds the command, runs it, and turns its end into an exit status. */
#include <stdio.h>
#include <string.h>

#include "base/os.h"
#include "front/front.h"
#include "front/poolmon_args.h"

static struct ph_error *print_help(const struct ph_command *command)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    if (command)
        ph_help_command(command, &out);
    else
        ph_help_overview(&out);
    return ph_front_write(&out);
}

static struct ph_error *run(const struct ph_command *command, int argc, char **argv,
                            enum ph_exit *status)
{
    PH_GUARD(ph_arguments_fini) struct ph_arguments arguments = {0};

    PH_TRY(ph_arguments_parse(command, argc, argv, &arguments));
    PH_TRY(ph_catch_interrupts());
    *status = PH_EXIT_CLEAN;
    return arguments.help ? print_help(command) : command->run(&arguments, status);
}

/* top takes poolmon's command line, too; with a snapshot file that is snap's work. */
static struct ph_error *run_top(int argc, char **argv, enum ph_exit *status)
{
    PH_GUARD(ph_poolmon_args_fini) struct ph_poolmon_args words = {0};

    PH_TRY(ph_poolmon_args(argc, argv, &words));
    if (words.ignored)
        ph_front_note("%s: poolmon takes it, but no public document tells its meaning; left out",
                      words.ignored);
    if (words.screen)
        ph_front_note("%s: about the screen; left out for the snapshot", words.screen);
    return run(ph_command_find(words.snapshot ? "snap" : "top"), words.count, words.words, status);
}

static struct ph_error *run_words(int argc, char **argv, enum ph_exit *status)
{
    const char *word = argc > 1 ? argv[1] : "help";
    const struct ph_command *command = ph_command_find(word);

    if (!strcmp(word, "--version") || !strcmp(word, "-V")) {
        (void)puts("poolhound " POOLHOUND_VERSION);
        return NULL;
    }
    if (command && command->bit == PH_COMMAND_TOP)
        return run_top(argc - 1, argv + 1, status);
    if (command)
        return run(command, argc > 1 ? argc - 1 : 1, argc > 1 ? argv + 1 : argv, status);
    if (!strcmp(word, "--help") || !strcmp(word, "-h"))
        return print_help(NULL);
    return ph_errorf(PH_ERR_USAGE, "no command '%s'; 'poolhound help' lists them", word);
}

/* Started by a double click, or by a file that was dropped on it: the window would close with us.
 */
static const char CLICKED[] =
    "poolhound finds kernel memory leaks and names the driver behind them. It is a program\n"
    "for a terminal: open one (as administrator, to see everything), and begin with\n"
    "\n"
    "  poolhound hunt           watch for 30 s, judge, name the drivers\n"
    "  poolhound top            the live monitor, with poolmon's keys\n"
    "  poolhound help           what else there is\n"
    "\n"
    "A recording or a poolmon log dropped on this file is judged.\n";

static struct ph_error *run_clicked(int argc, char **argv, enum ph_exit *status)
{
    static char leaks[] = "leaks";
    char *words[] = {argv[0], leaks, argc > 1 ? argv[1] : NULL, NULL};

    if (argc > 1)
        return run_words(3, words, status);
    (void)ph_print(stdout, CLICKED, sizeof(CLICKED) - 1);
    return NULL;
}

static bool is_clicked(int argc, char **argv)
{
    return argc <= 2 && ph_console_is_ours() && ph_is_terminal(stdin) &&
           (argc < 2 || (!ph_command_find(argv[1]) && ph_file_kind(argv[1]) == PH_FILE_REGULAR));
}

static void wait_for_enter(void)
{
    static const char words[] = "\nEnter closes this window.";

    (void)ph_print(stdout, words, sizeof(words) - 1);
    (void)fflush(stdout);
    (void)getchar();
}

int main(int argc, char **argv)
{
    enum ph_exit status = PH_EXIT_CLEAN;
    struct ph_error *error = ph_os_arguments(&argc, &argv);
    bool clicked = !error && is_clicked(argc, argv);

    if (clicked)
        error = run_clicked(argc, argv, &status);
    else if (!error)
        error = run_words(argc, argv, &status);
    if (error) {
        ph_front_note("%s", error->text);
        ph_error_free(error);
        status = PH_EXIT_ERROR;
    }
    if (clicked)
        wait_for_enter();
    return (int)status;
}
