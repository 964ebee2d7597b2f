/* snap: print one reading. */
#include <string.h>

#include "app/input.h"
#include "base/os.h"
#include "front/front.h"

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
    bool people = !arguments->json && !arguments->csv;
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
    struct ph_style style = ph_front_style(arguments);
    const struct ph_renderer *renderer = ph_front_renderer(arguments);
    PH_TRY(renderer->reading(&report, &style, &out));
    *status = PH_EXIT_CLEAN;
    return ph_front_write(&out);
}
