/* poolmon's switches (its documented command line; `-` works like `/`, letters are small):
 *
 *     -t -a -f -d -b -m   sort by tag, allocs, frees, diff, bytes, bytes per alloc
 *     -( -)               sort by what changed
 *     -p, -p -p           nonpaged pool only, paged pool only
 *     -iTAG -xTAG         include, exclude; the tag stands behind the letter without a blank
 *     -s -sN              session pools, of all sessions or of session N
 *     -e -l               totals line; no highlighting
 *     -g [FILE]           names of drivers from a tag file; without FILE from pooltag.txt
 *     -c [FILE]           old versions: the same from localtag.txt
 *     -n [FILE]           append a snapshot to a file; without FILE to poolsnap.log
 *     -? -h               help
 *     -r -u -k            seen in scripts, documented nowhere: ignored, and told so
 *
 * Telling `/b` from the path `/b`: a word that begins with `/` is a switch when it is one letter,
 * or one that takes a value with a tag of at most four characters (a session: digits) behind it
 * and no file has that name. So `/iTag` and `/s1` are switches, `/srv/x.poolhound` is not, nor is
 * `/iso` where it exists; a word of one letter is always a switch, and the path can be written
 * `//b`. */
#include "front/poolmon_args.h"

#include <string.h>

#include "base/mem.h"
#include "base/os.h"
#include "front/front.h"

enum switch_kind {
    SWITCH_WORD,    /* one word of ours */
    SWITCH_TAG,     /* with a tag behind it */
    SWITCH_SESSION, /* with a number behind it, or not */
    SWITCH_FILE,    /* the next word is its file, unless that is a switch */
    SWITCH_IGNORED
};

struct poolmon_switch {
    char letter;
    enum switch_kind kind;
    bool screen; /* means nothing to a snapshot */
    const char *ours, *file;
};

static const struct poolmon_switch switches[] = {
    {.letter = 't', .ours = "--sort=tag"},
    {.letter = 'a', .ours = "--sort=allocs"},
    {.letter = 'f', .ours = "--sort=frees"},
    {.letter = 'd', .ours = "--sort=diff"},
    {.letter = 'b', .ours = "--sort=bytes"},
    {.letter = 'm', .ours = "--sort=per-alloc"},
    {.letter = '(', .ours = "--by-change", .screen = true},
    {.letter = ')', .ours = "--by-change", .screen = true},
    {.letter = 'p', .ours = "-p"},
    {.letter = 'e', .ours = "--totals", .screen = true},
    {.letter = 'l', .ours = "--no-highlight", .screen = true},
    {.letter = 'h', .ours = "--help"},
    {.letter = '?', .ours = "--help"},
    {.letter = 'i', .ours = "--include=", .kind = SWITCH_TAG},
    {.letter = 'x', .ours = "--exclude=", .kind = SWITCH_TAG},
    {.letter = 's', .ours = "--session=", .kind = SWITCH_SESSION},
    {.letter = 'g',
     .ours = "--tag-list=",
     .kind = SWITCH_FILE,
     .file = "pooltag.txt",
     .screen = true},
    {.letter = 'c',
     .ours = "--tag-list=",
     .kind = SWITCH_FILE,
     .file = "localtag.txt",
     .screen = true},
    {.letter = 'n', .ours = "--poolmon=", .kind = SWITCH_FILE, .file = "poolsnap.log"},
    {.letter = 'r', .kind = SWITCH_IGNORED},
    {.letter = 'u', .kind = SWITCH_IGNORED},
    {.letter = 'k', .kind = SWITCH_IGNORED},
};

enum { TAG_CHARACTERS = 4, SESSION_DIGITS = 9 };

struct rewriting {
    int argc, at; /* `at`: the word that is being rewritten */
    char **argv;
    bool snapshot; /* known from a first pass */
    struct ph_poolmon_args args;
    struct ph_text ignored, screen;
};

/* ------------------------------------------------------------------ what a word is */

static const struct poolmon_switch *switch_of(char letter)
{
    for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
        if (letter && switches[i].letter == letter)
            return &switches[i];
    return NULL;
}

static bool is_session(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits && digits <= SESSION_DIGITS && !text[digits];
}

static bool is_short_tag(const char *text)
{
    size_t characters = 0;

    for (; *text; text++) {
        if (*text == '/')
            return false;
        characters += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return characters >= 1 && characters <= TAG_CHARACTERS;
}

/* True when a word that begins with `/` is meant as a switch; see the head of this file. */
static bool is_slash_switch(const char *word)
{
    if (word[0] != '/' || !word[1] || word[1] == '/')
        return false;
    const struct poolmon_switch *found = switch_of(word[1]);
    if (!word[2])
        return found || ph_file_kind(word) == PH_FILE_NONE;
    if (!found || ph_file_kind(word) != PH_FILE_NONE)
        return false;
    return (found->kind == SWITCH_TAG && is_short_tag(word + 2)) ||
           (found->kind == SWITCH_SESSION && is_session(word + 2));
}

static bool is_switch(const char *word)
{
    return (word[0] == '-' && word[1]) || is_slash_switch(word);
}

static const struct ph_option *option_with_letter(char letter)
{
    for (size_t i = 0; i < ph_option_count; i++)
        if (letter && ph_options[i].letter == letter && (ph_options[i].commands & PH_COMMAND_TOP))
            return &ph_options[i];
    return NULL;
}

/* True when `--name`, which may be cut short as getopt allows, takes the next word as its value. */
static bool long_takes_next(const char *name)
{
    size_t size = strlen(name);
    bool takes = false;

    if (!size || strchr(name, '='))
        return false;
    for (size_t i = 0; i < ph_option_count; i++) {
        const struct ph_option *option = &ph_options[i];
        if (!(option->commands & (PH_COMMAND_TOP | PH_COMMAND_SNAP)) ||
            strncmp(option->name, name, size) != 0)
            continue;
        if (!option->name[size])
            return option->argument;
        takes |= option->argument != NULL;
    }
    return takes;
}

/* ------------------------------------------------------------------ writing ours */

/* Takes `word` over. */
static struct ph_error *add_owned(struct rewriting *r, char *word)
{
    ph_autofree char *owned = word;
    struct ph_poolmon_args *args = &r->args;

    if (!owned)
        return ph_error_nomem();
    PH_TRY(ph_grow(&args->words, &args->capacity, (size_t)args->count + 2, sizeof(*args->words)));
    args->words[args->count++] = ph_steal(owned);
    args->words[args->count] = NULL;
    return NULL;
}

static struct ph_error *add_copy(struct rewriting *r, const char *word)
{
    return add_owned(r, ph_strdup(word));
}

/* The word at hand, and the next one too when it is a value. */
static struct ph_error *pass(struct rewriting *r, bool with_next)
{
    PH_TRY(add_copy(r, r->argv[r->at]));
    if (with_next && r->at + 1 < r->argc)
        PH_TRY(add_copy(r, r->argv[++r->at]));
    return NULL;
}

static void leave_out(struct ph_text *list, char letter)
{
    ph_text_printf(list, "%s-%c", list->size ? " " : "", letter);
}

static struct ph_error *unknown(const char *word)
{
    return ph_errorf(
        PH_ERR_USAGE,
        "%s: no such switch; poolmon's are -t -a -f -d -b -m -( -) -p -iTAG -xTAG -s[N] "
        "-e -l -g [FILE] -n [FILE], with - or /; 'poolhound help top' has the others",
        word);
}

static struct ph_error *add_session(struct rewriting *r, const char *number)
{
    if (r->snapshot)
        return ph_errorf(PH_ERR_USAGE,
                         "%s: a snapshot has the session pools behind the others, below their "
                         "title; leave it out beside -n",
                         r->argv[r->at]);
    if (number[0] && !is_session(number))
        return ph_errorf(PH_ERR_USAGE, "%s: '%s' is not a session's number; -s alone shows all",
                         r->argv[r->at], number);
    return add_owned(r, ph_format("--session=%s", number[0] ? number : "all"));
}

/* The file stands behind the letter, or is the next word, or is the usual one. */
static struct ph_error *add_file(struct rewriting *r, const struct poolmon_switch *found,
                                 const char *rest)
{
    const char *file = rest;

    if (!rest[0] && r->at + 1 < r->argc && r->argv[r->at + 1][0] && !is_switch(r->argv[r->at + 1]))
        file = r->argv[++r->at];
    if (!file[0])
        file = found->file;
    if (found->letter == 'n')
        r->args.snapshot = true;
    if (r->snapshot && found->screen) {
        leave_out(&r->screen, found->letter);
        return NULL;
    }
    return add_owned(r, ph_format("%s%s", found->ours, file));
}

/* One of poolmon's switches; `rest` is what stands behind its letter. `*used` = it was a value. */
static struct ph_error *add_switch(struct rewriting *r, const struct poolmon_switch *found,
                                   const char *rest, bool *used)
{
    *used = true;
    switch (found->kind) {
    case SWITCH_TAG:
        if (rest[0])
            return add_owned(r, ph_format("%s%s", found->ours, rest));
        if (r->argv[r->at][0] == '/' || r->at + 1 == r->argc)
            return ph_errorf(PH_ERR_USAGE, "%s: the tag belongs behind it without a blank: %cTag",
                             r->argv[r->at], found->letter);
        r->at++; /* as our own -i PATTERN */
        return add_owned(r, ph_format("%s%s", found->ours, r->argv[r->at]));
    case SWITCH_SESSION:
        return add_session(r, rest);
    case SWITCH_FILE:
        return add_file(r, found, rest);
    case SWITCH_WORD:
    case SWITCH_IGNORED:
        break;
    }
    *used = false;
    if (found->kind == SWITCH_IGNORED)
        leave_out(&r->ignored, found->letter);
    else if (r->snapshot && found->screen)
        leave_out(&r->screen, found->letter);
    else
        return add_copy(r, found->ours);
    return NULL;
}

/* A word of one or more letters behind a `-`: poolmon's, or our own short options. */
static struct ph_error *rewrite_letters(struct rewriting *r)
{
    const char *word = r->argv[r->at];
    bool used = false;

    for (const char *letter = word + 1; *letter && !used; letter++) {
        const struct poolmon_switch *found = switch_of(*letter);
        if (found) {
            PH_TRY(add_switch(r, found, letter + 1, &used));
            continue;
        }
        const struct ph_option *option = option_with_letter(*letter);
        if (!option)
            return unknown(word);
        used = option->argument != NULL;
        PH_TRY(add_owned(r, ph_format("-%c%s", *letter, used ? letter + 1 : "")));
        if (used && !letter[1] && r->at + 1 < r->argc)
            PH_TRY(add_copy(r, r->argv[++r->at]));
    }
    return NULL;
}

static struct ph_error *rewrite_slash(struct rewriting *r)
{
    const char *word = r->argv[r->at];
    const struct poolmon_switch *found = switch_of(word[1]);
    bool used;

    return found ? add_switch(r, found, word + 2, &used) : unknown(word);
}

static struct ph_error *rewrite_all(struct rewriting *r)
{
    bool ended = r->argc < 1;

    if (r->argc > 0)
        PH_TRY(pass(r, false)); /* the command's own name */
    for (r->at = 1; r->at < r->argc; r->at++) {
        const char *word = r->argv[r->at];
        if (!ended && !strcmp(word, "--"))
            ended = true;
        if (ended)
            PH_TRY(pass(r, false));
        else if (word[0] == '-' && word[1] == '-')
            PH_TRY(pass(r, long_takes_next(word + 2)));
        else if (word[0] == '-' && word[1])
            PH_TRY(rewrite_letters(r));
        else if (is_slash_switch(word))
            PH_TRY(rewrite_slash(r));
        else
            PH_TRY(pass(r, false));
    }
    return NULL;
}

/* ------------------------------------------------------------------ both passes */

static void rewriting_fini(struct rewriting *r)
{
    ph_poolmon_args_fini(&r->args);
    ph_text_fini(&r->ignored);
    ph_text_fini(&r->screen);
}

static struct ph_error *rewrite(int argc, char **argv, bool snapshot, struct ph_poolmon_args *args)
{
    PH_GUARD(rewriting_fini)
    struct rewriting r = {.argc = argc, .argv = argv, .snapshot = snapshot};

    PH_TRY(rewrite_all(&r));
    PH_TRY(ph_text_check(&r.ignored));
    PH_TRY(ph_text_check(&r.screen));
    *args = r.args;
    args->ignored = r.ignored.data;
    args->screen = r.screen.data;
    r.args = (struct ph_poolmon_args){0};
    r.ignored = r.screen = (struct ph_text){0};
    return NULL;
}

struct ph_error *ph_poolmon_args(int argc, char **argv, struct ph_poolmon_args *args)
{
    struct ph_poolmon_args fresh = {0};

    PH_TRY(rewrite(argc, argv, false, &fresh));
    if (fresh.snapshot) { /* what stands before the -n is a snapshot's too */
        ph_poolmon_args_fini(&fresh);
        PH_TRY(rewrite(argc, argv, true, &fresh));
    }
    *args = fresh;
    return NULL;
}

void ph_poolmon_args_fini(struct ph_poolmon_args *args)
{
    for (int i = 0; i < args->count; i++)
        ph_free(args->words[i]);
    ph_free(args->words);
    ph_free(args->ignored);
    ph_free(args->screen);
    *args = (struct ph_poolmon_args){0};
}
