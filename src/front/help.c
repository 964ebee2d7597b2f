#include <string.h>

#include "front/front.h"

enum { HELP_WIDTH = 78, OPTION_COLUMN = 26 };

/* Words of `text` from column `indent` on, wrapped at HELP_WIDTH; `\n` ends a paragraph. */
static void wrap(struct ph_text *out, const char *text, size_t indent, size_t column)
{
    while (*text) {
        size_t length = strcspn(text, " \n");
        if (column > indent && column + 1 + length > HELP_WIDTH) {
            ph_text_putc(out, '\n');
            column = 0;
        }
        for (; column < indent; column++)
            ph_text_putc(out, ' ');
        if (column > indent) {
            ph_text_putc(out, ' ');
            column++;
        }
        ph_text_add(out, text, length);
        column += length;
        text += length;
        if (*text == '\n') {
            ph_text_putc(out, '\n');
            column = 0;
        }
        if (*text)
            text++;
    }
    ph_text_putc(out, '\n');
}

static void examples(const struct ph_command *command, struct ph_text *out)
{
    for (const char *at = command->examples; *at;) {
        size_t shown = strcspn(at, "\t"), line = strcspn(at, "\n");
        ph_text_printf(out, "  %.*s\n      %.*s\n", (int)shown, at, (int)(line - shown - 1),
                       at + shown + 1);
        at += line + 1;
    }
}

static void option_line(const struct ph_option *option, struct ph_text *out)
{
    size_t start = out->size;

    if (option->letter)
        ph_text_printf(out, "  -%c, --%s", option->letter, option->name);
    else
        ph_text_printf(out, "      --%s", option->name);
    if (option->argument)
        ph_text_printf(out, " %s", option->argument);
    size_t column = out->size - start;
    if (column >= OPTION_COLUMN - 1) {
        ph_text_putc(out, '\n');
        column = 0;
    }
    wrap(out, option->help, OPTION_COLUMN, column);
}

void ph_help_overview(struct ph_text *out)
{
    ph_text_puts(out, "poolhound finds kernel memory leaks and names the driver behind them.\n\n"
                      "Usage: poolhound COMMAND [OPTIONS] [INPUT]\n\n");
    for (size_t i = 0; i < ph_command_count; i++)
        ph_text_printf(out, "  %-8s %s\n", ph_commands[i].name, ph_commands[i].summary);
    ph_text_puts(out,
                 "\nAn INPUT is a recording, a poolmon or memsnap log, a CSV of a poolmon clone,\n"
                 "or the directory of a saved /proc tree; its kind is recognised by its content.\n"
                 "Without one the live kernel is read.\n\n"
                 "Start with 'poolhound hunt', or see it work with 'poolhound demo'.\n"
                 "'poolhound help COMMAND' explains a command; exit status: 0 nothing leaks,\n"
                 "1 something leaks, 2 error.\n");
}

void ph_help_command(const struct ph_command *command, struct ph_text *out)
{
    ph_text_printf(out, "poolhound %s - %s\n\nUsage: poolhound %s [OPTIONS]%s%s\n\n", command->name,
                   command->summary, command->name, *command->operands ? " " : "",
                   command->operands);
    wrap(out, command->description, 0, 0);
    ph_text_puts(out, "\nOptions:\n");
    for (size_t i = 0; i < ph_option_count; i++)
        if (ph_options[i].commands & command->bit)
            option_line(&ph_options[i], out);
    ph_text_puts(out, "\nExamples:\n");
    examples(command, out);
}

/* ------------------------------------------------------------------ man page */

/* roff: a dot or quote at the start of a line is a request, a backslash an escape, and a bare `-`
 * a hyphen. */
static void roff(struct ph_text *out, const char *text, size_t size)
{
    bool line_start = true;

    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (line_start && (c == '.' || c == '\''))
            ph_text_puts(out, "\\&");
        if (c == '\\')
            ph_text_puts(out, "\\e");
        else if (c == '-')
            ph_text_puts(out, "\\-");
        else if (c == '\n')
            ph_text_puts(out, "\n.PP");
        if (c != '\\' && c != '-')
            ph_text_putc(out, c);
        line_start = c == '\n';
    }
}

static void roff_line(struct ph_text *out, const char *text)
{
    roff(out, text, strlen(text));
    ph_text_putc(out, '\n');
}

static void man_command(const struct ph_command *command, struct ph_text *out)
{
    ph_text_printf(out, ".SS \"poolhound %s %s\"\n", command->name, command->operands);
    roff_line(out, command->description);
    for (const char *at = command->examples; *at;) {
        size_t shown = strcspn(at, "\t"), line = strcspn(at, "\n");
        ph_text_puts(out, ".TP\n.B ");
        roff(out, at, shown);
        ph_text_putc(out, '\n');
        roff(out, at + shown + 1, line - shown - 1);
        ph_text_putc(out, '\n');
        at += line + 1;
    }
}

static void man_option(const struct ph_option *option, struct ph_text *out)
{
    ph_text_puts(out, ".TP\n");
    if (option->letter)
        ph_text_printf(out, "\\fB\\-%c\\fR, ", option->letter);
    ph_text_puts(out, "\\fB\\-\\-");
    roff(out, option->name, strlen(option->name));
    ph_text_puts(out, "\\fR");
    if (option->argument)
        ph_text_printf(out, " \\fI%s\\fR", option->argument);
    ph_text_putc(out, '\n');
    roff(out, option->help, strlen(option->help));
    ph_text_puts(out, "\n(");
    const char *separator = "";
    for (size_t i = 0; i < ph_command_count; i++) {
        if (option->commands == ~0u || !(option->commands & ph_commands[i].bit))
            continue;
        ph_text_printf(out, "%s%s", separator, ph_commands[i].name);
        separator = ", ";
    }
    ph_text_puts(out, *separator ? ")\n" : "every command)\n");
}

void ph_help_man(struct ph_text *out)
{
    ph_text_puts(out, ".TH POOLHOUND 1 \"\" \"poolhound " POOLHOUND_VERSION "\" \"User Commands\"\n"
                      ".SH NAME\npoolhound \\- find kernel memory leaks and name the driver behind "
                      "them\n.SH SYNOPSIS\n");
    for (size_t i = 0; i < ph_command_count; i++)
        ph_text_printf(out, ".B poolhound %s\n[\\fIOPTIONS\\fR] %s\n.br\n", ph_commands[i].name,
                       ph_commands[i].operands);
    ph_text_puts(out, ".SH DESCRIPTION\n");
    roff_line(out,
              "poolhound reads the kernel's own counters of memory (slab caches, vmalloc areas, "
              "allocation sites; Windows pool tags from logs), judges which tags grow and whether "
              "that is a leak, and says how sure it is and why.\n"
              "An INPUT is a recording, a poolmon or memsnap log, a CSV of a poolmon clone, or the "
              "directory of a saved /proc tree. Its kind is recognised by its content. Without one "
              "the live kernel is read; /proc/slabinfo needs root or CAP_DAC_READ_SEARCH.");
    ph_text_puts(out, ".SH COMMANDS\n");
    for (size_t i = 0; i < ph_command_count; i++)
        man_command(&ph_commands[i], out);
    ph_text_puts(out, ".SH OPTIONS\n");
    for (size_t i = 0; i < ph_option_count; i++)
        man_option(&ph_options[i], out);
    ph_text_puts(out,
                 ".SH EXIT STATUS\n.TP\n.B 0\nnothing leaks\n.TP\n.B 1\nsomething leaks: a LEAK "
                 "or URGENT verdict\n.TP\n.B 2\nan error, told in one line on standard error\n"
                 ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nno colour, whatever the terminal\n.TP\n.B "
                 "COLUMNS, LINES\nthe size of the screen\n.TP\n.B XDG_STATE_HOME\nwhere hunt "
                 "keeps its recordings: $XDG_STATE_HOME/poolhound\n.SH FILES\n.TP\n.I "
                 "/var/lib/poolhound\nrecordings of root's hunts and of the service\n.TP\n.I "
                 "~/.local/state/poolhound\nrecordings of other users' hunts\n");
}

void ph_help_completion(struct ph_text *out)
{
    ph_text_puts(out, "# bash completion for poolhound\n_poolhound()\n{\n"
                      "    local word=\"${COMP_WORDS[COMP_CWORD]}\" options\n"
                      "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        COMPREPLY=($(compgen -W \"");
    for (size_t i = 0; i < ph_command_count; i++)
        ph_text_printf(out, "%s%s", i ? " " : "", ph_commands[i].name);
    ph_text_puts(out,
                 "\" -- \"$word\"))\n        return\n    fi\n    case \"${COMP_WORDS[1]}\" in\n");
    for (size_t i = 0; i < ph_command_count; i++) {
        ph_text_printf(out, "    %s) options=\"", ph_commands[i].name);
        for (size_t k = 0; k < ph_option_count; k++)
            if (ph_options[k].commands & ph_commands[i].bit)
                ph_text_printf(out, "--%s ", ph_options[k].name);
        ph_text_puts(out, "\" ;;\n");
    }
    ph_text_puts(out, "    esac\n    case \"$word\" in\n"
                      "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
                      "    *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n    esac\n}\n"
                      "complete -o filenames -F _poolhound poolhound\n");
}
