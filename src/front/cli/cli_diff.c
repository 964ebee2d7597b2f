/* diff: compare two inputs. */
#include "app/compare.h"
#include "front/front.h"

enum { ROWS_FOR_PEOPLE = 20 };

struct ph_error *ph_cli_diff(const struct ph_arguments *arguments, enum ph_exit *status)
{
    PH_GUARD(ph_comparison_fini) struct ph_comparison comparison = {0};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    struct ph_meter meter = {.arguments = arguments, .verb = "reading"};
    struct ph_selection selection;

    PH_TRY(ph_arguments_selection(arguments, &selection));
    struct ph_compare_options options = {
        .before = ph_arguments_input(arguments, 0),
        .after = ph_arguments_input(arguments, 1),
        .selection = &selection,
        .progress = ph_meter_progress,
        .context = &meter,
    };
    struct ph_error *error = ph_compare(&options, &comparison);
    ph_meter_done(&meter);
    PH_TRY(error);
    struct ph_diff_report report = ph_comparison_report(&comparison);
    report.top = arguments->have_top ? arguments->top : arguments->all ? 0 : ROWS_FOR_PEOPLE;
    struct ph_style style = ph_front_style(arguments);
    const struct ph_renderer *renderer = ph_front_renderer(arguments);
    PH_TRY(renderer->diff(&report, &style, &out));
    *status = PH_EXIT_CLEAN;
    return ph_front_write(&out);
}
