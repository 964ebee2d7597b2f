/* front.h - what every front end shares: the table of commands, the table of options, output.
 *
 * A new command is one file under front/cli (or a new front folder) and one row in ph_commands[];
 * a new option is one row in ph_options[]: parsing, --help, the man page and completion follow.
 */
#ifndef PH_FRONT_FRONT_H
#define PH_FRONT_FRONT_H

#include <stdbool.h>
#include <stdint.h>

#include "app/select.h"
#include "app/session.h"
#include "app/who.h"
#include "base/error.h"
#include "base/text.h"
#include "render/render.h"

enum ph_exit { PH_EXIT_CLEAN = 0, PH_EXIT_LEAKS = 1, PH_EXIT_ERROR = 2 };

enum ph_command_bit {
    PH_COMMAND_HUNT = 1 << 0,
    PH_COMMAND_SNAP = 1 << 1,
    PH_COMMAND_RECORD = 1 << 2,
    PH_COMMAND_LEAKS = 1 << 3,
    PH_COMMAND_DIFF = 1 << 4,
    PH_COMMAND_EXPORT = 1 << 5,
    PH_COMMAND_DEMO = 1 << 6,
    PH_COMMAND_HELP = 1 << 7,
    PH_COMMAND_WHO = 1 << 8,
    PH_COMMAND_SCAN = 1 << 9,
    PH_COMMAND_IDENTIFY = 1 << 10,
    PH_COMMAND_STRINGS = 1 << 11,
    PH_COMMAND_TOP = 1 << 12,
    PH_COMMAND_SYS = 1 << 13,
    PH_COMMAND_TRACE = 1 << 14,
    PH_COMMAND_SERVICE = 1 << 15
};

/* Arguments of an option that may be repeated. */
struct ph_words {
    const char **items;
    size_t count, capacity;
};

/* Everything a command line can say. Strings point into argv. */
struct ph_arguments {
    const struct ph_command *command;
    const char *const *operands;
    size_t operand_count;

    bool help, json, csv, sql, quiet, verbose, all, reverse, no_keep, no_sites, no_trace, man,
        completion;
    bool no_index, text, localtag;                                 /* who, scan */
    bool chain, executables, hashes, recurse, tabs, unsigned_only; /* identify */
    bool ascii, wide, offsets, ignore_case;                        /* strings */
    bool anonymous;                                                /* hunt, leaks */
    bool by_change, totals, no_highlight;                          /* top */
    bool stacks, no_stacks;                                        /* trace */
    unsigned nonpaged_count;                                       /* how often -p was given */
    const char *colour;                                            /* "auto", "always", "never" */
    const char *screen;                                            /* "auto", "vt", "console" */
    const char *root, *keep, *from, *kind, *index, *certificate, *find;
    const char *poolmon;                    /* snap: write poolmon's layout to this file */
    const char *top_sort, *session, *speed; /* top; NULL = not given */
    const char *png, *svg;                  /* sys */
    const char *kinds, *size;               /* trace */
    struct ph_words includes, excludes, pools, drivers, tag_lists, known_tags, leak_rules, roots,
        catalogs, reports, modules;
    enum ph_column sort;
    bool have_top;
    uint64_t top, at, rate, ceiling;
    double cpu_most; /* share of the machine that tracing may take; 0 = not given */
    uint64_t process, sample, objects_most;   /* trace; 0 = not given */
    uint64_t length_least, bytes_most, start; /* strings */
    int64_t duration_ns, interval_ns, spacing_ns, keep_raw_ns, keep_floors_ns; /* -1 = not given */
};

struct ph_command {
    enum ph_command_bit bit;
    const char *name;
    const char *operands; /* "[INPUT]" */
    size_t operands_least, operands_most;
    const char *summary;     /* one line */
    const char *description; /* paragraphs separated by \n */
    const char *examples;    /* "command\texplanation\n"... */
    struct ph_error *(*run)(const struct ph_arguments *arguments, enum ph_exit *status);
};

enum ph_value_kind {
    PH_VALUE_FLAG,     /* bool */
    PH_VALUE_COUNT,    /* unsigned: how often */
    PH_VALUE_STRING,   /* const char * */
    PH_VALUE_LIST,     /* struct ph_words */
    PH_VALUE_NUMBER,   /* uint64_t */
    PH_VALUE_DURATION, /* int64_t nanoseconds */
    PH_VALUE_SHARE,    /* double: percent given as 0..1, "none" as INFINITY */
    PH_VALUE_COLUMN    /* enum ph_column */
};

struct ph_option {
    char letter;          /* 0 = none */
    const char *name;     /* without the dashes */
    const char *argument; /* name of its argument; NULL = a flag */
    enum ph_value_kind kind;
    size_t offset;     /* in struct ph_arguments */
    unsigned commands; /* mask of enum ph_command_bit */
    const char *help;
};

extern const struct ph_command ph_commands[];
extern const size_t ph_command_count;
extern const struct ph_option ph_options[];
extern const size_t ph_option_count;

const struct ph_command *ph_command_find(const char *name);

/* Parses argv after the command's name. Errors are PH_ERR_USAGE and name the word at fault. */
struct ph_error *ph_arguments_parse(const struct ph_command *command, int argc, char **argv,
                                    struct ph_arguments *arguments) PH_MUST_CHECK;
void ph_arguments_fini(struct ph_arguments *arguments);
/* The patterns and pools of a command line. */
struct ph_error *ph_arguments_selection(const struct ph_arguments *arguments,
                                        struct ph_selection *selection) PH_MUST_CHECK;
/* The input: --root, the operand at `index`, or the live kernel. */
struct ph_input_options ph_arguments_input(const struct ph_arguments *arguments, size_t index);

/* Help texts, from the tables. */
void ph_help_overview(struct ph_text *out);
void ph_help_command(const struct ph_command *command, struct ph_text *out);
void ph_help_man(struct ph_text *out);
void ph_help_completion(struct ph_text *out);

/* --- output --- */
/* False: the user wants none (--colour, NO_COLOR). */
bool ph_front_wants_colour(const struct ph_arguments *arguments);
struct ph_style ph_front_style(const struct ph_arguments *arguments);
/* Writes to standard output; a reader that went away (EPIPE) is not an error. */
struct ph_error *ph_front_write(const struct ph_text *text) PH_MUST_CHECK;
/* True once a reader went away: what is written from then on is for nobody. */
bool ph_front_reader_gone(void);
/* A one-line progress display on standard error, for terminals a line that is redrawn, otherwise a
 * line every ten seconds; silent with --quiet. */
struct ph_meter {
    const struct ph_arguments *arguments;
    const char *verb; /* "hunting" */
    int64_t last_ns;
    bool drawn;
    struct ph_pool_total first[PH_POOL_COUNT];
    bool have_first;
};
void ph_meter_progress(void *meter, const struct ph_progress *progress);
void ph_meter_done(struct ph_meter *meter);
/* The same for work on many files: "scanning 120 of 4,000 files"; nothing in the first second. */
struct ph_file_meter {
    const struct ph_arguments *arguments;
    const char *verb; /* "scanning" */
    int64_t start_ns, last_ns;
    bool drawn;
};
void ph_file_meter_progress(void *meter, size_t done, size_t of, const char *path);
void ph_file_meter_done(struct ph_file_meter *meter);
/* The same for other work: `line` is printable and says what is done. */
void ph_line_meter_progress(struct ph_file_meter *meter, const struct ph_text *line);
/* "json", "csv" or "text", as the command line says. */
const struct ph_renderer *ph_front_renderer(const struct ph_arguments *arguments);
/* Where scans of drivers are remembered: --index, or in the state directory; NULL with --no-index,
 * and when there is no state directory. Owned by the caller. */
struct ph_error *ph_front_index(const struct ph_arguments *arguments, char **path) PH_MUST_CHECK;
/* Roots, catalogs and certificates of the command line; borrowed. */
struct ph_identifier_options ph_front_identifier(const struct ph_arguments *arguments);
/* What the command line says to those who name drivers; borrows from all three. */
/* True when drivers may be searched for owners: some were given, or this is a Windows that is asked
 * for its own. */
bool ph_front_has_drivers(const struct ph_arguments *arguments);
struct ph_who_options ph_front_who(const struct ph_arguments *arguments, const char *index,
                                   struct ph_file_meter *meter);
/* What is named for the owners must be there before a week of readings begins, not after it. Error:
 * PH_ERR_NOT_FOUND, which names it. */
struct ph_error *ph_front_owner_files(const struct ph_arguments *arguments) PH_MUST_CHECK;
/* A diagnostic line on standard error: "poolhound: ...". */
void ph_front_note(const char *format, ...) PH_PRINTF(1, 2);
/* Such a line for each loss, with its count. */
void ph_front_losses(const struct ph_loss_list *losses);

/* The commands. */
struct ph_error *ph_cli_hunt(const struct ph_arguments *arguments, enum ph_exit *status);
struct ph_error *ph_cli_snap(const struct ph_arguments *arguments, enum ph_exit *status);
struct ph_error *ph_cli_record(const struct ph_arguments *arguments, enum ph_exit *status);
struct ph_error *ph_cli_leaks(const struct ph_arguments *arguments, enum ph_exit *status);
struct ph_error *ph_cli_diff(const struct ph_arguments *arguments, enum ph_exit *status);
struct ph_error *ph_cli_export(const struct ph_arguments *arguments, enum ph_exit *status);
struct ph_error *ph_cli_demo(const struct ph_arguments *arguments, enum ph_exit *status);
struct ph_error *ph_cli_who(const struct ph_arguments *arguments, enum ph_exit *status);
struct ph_error *ph_cli_scan(const struct ph_arguments *arguments, enum ph_exit *status);
struct ph_error *ph_cli_identify(const struct ph_arguments *arguments, enum ph_exit *status);
struct ph_error *ph_cli_strings(const struct ph_arguments *arguments, enum ph_exit *status);
struct ph_error *ph_cli_sys(const struct ph_arguments *arguments, enum ph_exit *status);
struct ph_error *ph_cli_top(const struct ph_arguments *arguments, enum ph_exit *status); /* tui/ */
struct ph_error *ph_cli_trace(const struct ph_arguments *arguments, enum ph_exit *status);
struct ph_error *ph_cli_service(const struct ph_arguments *arguments, enum ph_exit *status);
struct ph_error *ph_cli_help(const struct ph_arguments *arguments, enum ph_exit *status);

#endif
