/* poolhound strings - the texts in files, as Sysinternals' strings prints them. */
#include <inttypes.h>

#include "app/textsearch.h"
#include "base/os.h"
#include "front/front.h"
#include "render/csv_line.h"
#include "render/json_writer.h"
#include "render/screen.h"

enum { WRITE_AT = 64 << 10 }; /* bytes that are gathered before they are written */

struct printing {
    const struct ph_arguments *arguments;
    bool paths; /* before each text */
    struct ph_json json;
    struct ph_text out;
    /* The file at hand, and its path as it is printed. */
    const char *path;
    struct ph_text prefix;
};

static void printing_fini(struct printing *printing)
{
    ph_text_fini(&printing->out);
    ph_text_fini(&printing->prefix);
}

static struct ph_error *write_out(struct printing *printing)
{
    PH_TRY(ph_front_write(&printing->out));
    ph_text_clear(&printing->out);
    /* ends the search; ph_cli_strings() knows that it is none */
    return ph_front_reader_gone() ? ph_errorf(PH_ERR_IO, "nobody reads the output") : NULL;
}

static void print_json(struct printing *printing, const struct ph_textsearch_text *text)
{
    struct ph_json *json = &printing->json;

    ph_json_open(json, NULL, '{');
    ph_json_prose(json, "path", text->path);
    ph_json_unsigned(json, "offset", true, text->offset);
    ph_json_prose(json, "section", text->section);
    ph_json_string(json, "encoding", ph_slice_of(text->wide ? "utf-16" : "ascii"));
    ph_json_string(json, "text", text->text);
    ph_json_close(json, '}');
}

/* A text as it is, but for the tab, which ph_csv_prose() would escape. */
static void csv_text(struct ph_csv_line *line, struct ph_slice text)
{
    ph_csv_next(line);
    ph_text_putc(line->out, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"')
            ph_text_putc(line->out, '"');
        ph_text_putc(line->out, text.data[i]);
    }
    ph_text_putc(line->out, '"');
}

static void print_csv(struct printing *printing, const struct ph_textsearch_text *text)
{
    struct ph_csv_line line = {.out = &printing->out};

    ph_csv_prose(&line, text->path);
    ph_csv_counter(&line, true, text->offset);
    ph_csv_prose(&line, text->section);
    ph_csv_prose(&line, text->wide ? "utf-16" : "ascii");
    csv_text(&line, text->text);
    ph_csv_end(&line);
}

static void print_line(struct printing *printing, const struct ph_textsearch_text *text)
{
    struct ph_text *out = &printing->out;

    if (printing->paths && printing->path != text->path) {
        printing->path = text->path;
        ph_text_clear(&printing->prefix);
        ph_screen_prose(ph_locale_is_utf8(), ph_slice_of(text->path), &printing->prefix);
        ph_text_puts(&printing->prefix, ": ");
        out->failed = out->failed || printing->prefix.failed;
    }
    if (printing->paths)
        ph_text_add(out, printing->prefix.data, printing->prefix.size);
    if (printing->arguments->offsets && text->section)
        ph_text_printf(out, "%" PRIu64 ":%s: ", text->offset, text->section);
    else if (printing->arguments->offsets)
        ph_text_printf(out, "%" PRIu64 ": ", text->offset);
    ph_text_add(out, text->text.data, text->text.size);
    ph_text_putc(out, '\n');
}

static struct ph_error *print(void *context, const struct ph_textsearch_text *text)
{
    struct printing *printing = context;

    if (printing->arguments->json)
        print_json(printing, text);
    else if (printing->arguments->csv)
        print_csv(printing, text);
    else
        print_line(printing, text);
    return printing->out.size < WRITE_AT && !printing->out.failed ? NULL : write_out(printing);
}

static struct ph_error *run(struct printing *printing, struct ph_textsearch *search)
{
    const struct ph_arguments *arguments = printing->arguments;
    const struct ph_textsearch_options options = {
        .paths = arguments->operands,
        .path_count = arguments->operand_count,
        .recurse = arguments->recurse,
        .start = arguments->start,
        .most = arguments->bytes_most,
        .sections = arguments->offsets || arguments->json || arguments->csv,
        .least = (size_t)arguments->length_least,
        .ascii = arguments->ascii || !arguments->wide,
        .wide = arguments->wide || !arguments->ascii,
        .find = arguments->find,
        .ignore_case = arguments->ignore_case,
        .visit = print,
        .context = printing,
    };

    printing->paths = ph_textsearch_is_several(&options);
    if (arguments->json) {
        ph_json_begin(&printing->json, "strings", &printing->out);
        ph_json_open(&printing->json, "strings", '[');
    } else if (arguments->csv) {
        ph_text_puts(&printing->out, "path,offset,section,encoding,text\n");
    }
    PH_TRY(ph_textsearch_run(&options, search));
    if (ph_interrupted()) {
        PH_TRY(write_out(printing));
        return ph_errorf(PH_ERR_IO, "interrupted: the output is not complete");
    }
    if (arguments->json) {
        ph_json_close(&printing->json, ']');
        ph_json_unsigned(&printing->json, "files", true, search->files);
        ph_json_losses(&printing->json, &search->losses);
        PH_TRY(ph_json_end(&printing->json));
    }
    return write_out(printing);
}

static struct ph_error *check(const struct ph_arguments *arguments)
{
    if (arguments->find && !arguments->find[0])
        return ph_errorf(PH_ERR_USAGE, "--find: the text to find is empty");
    if (arguments->ignore_case && !arguments->find)
        return ph_errorf(PH_ERR_USAGE, "--ignore-case belongs to --find");
    if (!arguments->length_least)
        return ph_errorf(PH_ERR_USAGE, "--length 0: a text has at least one character");
    return NULL;
}

struct ph_error *ph_cli_strings(const struct ph_arguments *arguments, enum ph_exit *status)
{
    PH_GUARD(ph_textsearch_fini) struct ph_textsearch search = {0};
    PH_GUARD(printing_fini) struct printing printing = {.arguments = arguments};

    PH_TRY(check(arguments));
    struct ph_error *error = run(&printing, &search);
    if (error && ph_front_reader_gone()) {
        ph_error_free(error);
        error = NULL;
    }
    ph_front_losses(&search.losses);
    *status = search.losses.count                ? PH_EXIT_ERROR
              : arguments->find && !search.texts ? PH_EXIT_LEAKS
                                                 : PH_EXIT_CLEAN;
    return error;
}
