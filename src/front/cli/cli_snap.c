/* snap: print one reading. */
#include <string.h>

#include "app/input.h"
#include "base/os.h"
#include "front/front.h"
#include "render/poolmon_snap.h"

enum { ROWS_FOR_PEOPLE = 40 };

/* Reads the wanted reading: the only one of a live input, else the N-th or the last. */
static struct ph_error *read_one(struct ph_input *input, uint64_t at, struct ph_catalog *catalog,
                                 struct ph_sample *sample)
{
    uint64_t count = 0;
    bool end = false;

    while (!end && (!at || count < at)) {
        PH_TRY(ph_input_read(input, catalog, sample, &end));
        count += !end;
        if (ph_input_is_live(input))
            break;
    }
    if (end)
        PH_TRY(ph_input_losses(input, &sample->losses));
    if (!count)
        return ph_errorf(PH_ERR_FORMAT, "%s: holds no reading", ph_input_name(input));
    if (at && count < at)
        return ph_errorf(PH_ERR_USAGE, "%s: has %llu readings, --at %llu is past its end",
                         ph_input_name(input), (unsigned long long)count, (unsigned long long)at);
    return NULL;
}

/* Whoever typed a number meant rows, as -n did elsewhere: a file of that name helps nobody. */
static struct ph_error *check_file(const char *path)
{
    if (path[strspn(path, "0123456789")])
        return NULL;
    return ph_errorf(PH_ERR_USAGE,
                     "snap -n %s: -n names the file for poolmon's layout; for %s rows say --top "
                     "%s, for a file of that name ./%s",
                     path, path, path, path);
}

static struct ph_error *append_poolmon(const struct ph_arguments *arguments,
                                       const struct ph_reading_report *report)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    struct ph_snap_account account = {0};

    ph_render_poolmon_snap(report, ph_newline(), &out, &account);
    PH_TRY(ph_text_check(&out));
    PH_TRY(ph_append_file(arguments->poolmon, ph_text_slice(&out)));
    if (arguments->quiet)
        return NULL;
    ph_front_note("%zu row%s appended to %s in poolmon's layout", account.rows,
                  account.rows == 1 ? "" : "s", arguments->poolmon);
    if (account.unknown)
        ph_front_note("%zu row%s numbers that the source does not tell: 0 stands there",
                      account.unknown, account.unknown == 1 ? " has" : "s have");
    if (account.long_tags)
        ph_front_note(
            "%zu tag%s longer than four characters: cut, and whole in brackets at the end",
            account.long_tags, account.long_tags == 1 ? " is" : "s are");
    return NULL;
}

struct ph_error *ph_cli_snap(const struct ph_arguments *arguments, enum ph_exit *status)
{
    PH_GUARD(ph_input_closep) struct ph_input *input = NULL;
    PH_GUARD(ph_catalog_fini) struct ph_catalog catalog = {0};
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    struct ph_machine machine = {.memory_bytes = -1};
    struct ph_selection selection;
    ph_autofree uint32_t *rows = NULL;

    PH_TRY(ph_arguments_selection(arguments, &selection));
    if (arguments->poolmon)
        PH_TRY(check_file(arguments->poolmon));
    bool people = !arguments->json && !arguments->csv && !arguments->poolmon;
    selection.top = arguments->have_top         ? arguments->top
                    : people && !arguments->all ? ROWS_FOR_PEOPLE
                                                : 0;
    struct ph_input_options options = ph_arguments_input(arguments, 0);
    PH_TRY(ph_input_open(&options, &input));
    PH_TRY(read_one(input, arguments->at, &catalog, &sample));
    ph_input_machine(input, &machine);

    struct ph_reading_report report = {
        .catalog = &catalog,
        .sample = &sample,
        .machine = &machine,
        .source = ph_input_name(input),
    };
    PH_TRY(
        ph_select_rows(&selection, &catalog, &sample, &rows, &report.row_count, &report.matched));
    report.rows = rows;
    *status = PH_EXIT_CLEAN;
    if (arguments->poolmon)
        return append_poolmon(arguments, &report);
    struct ph_style style = ph_front_style(arguments);
    const struct ph_renderer *renderer = ph_front_renderer(arguments);
    PH_TRY(renderer->reading(&report, &style, &out));
    return ph_front_write(&out);
}
