/* who: name the driver behind a tag. */
#include "app/who.h"
#include "base/os.h"
#include "front/front.h"

struct ph_error *ph_cli_who(const struct ph_arguments *arguments, enum ph_exit *status)
{
    PH_GUARD(ph_who_closep) struct ph_who *who = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    ph_autofree char *index = NULL;
    struct ph_os_facts facts;
    struct ph_file_meter meter = {.arguments = arguments, .verb = "scanning"};

    if (ph_front_has_drivers(arguments))
        PH_TRY(ph_front_index(arguments, &index));
    struct ph_who_options options = ph_front_who(arguments, index, &meter);
    if (!arguments->drivers.count && !arguments->root) { /* asked of this machine */
        ph_os_facts(&facts);
        options.release = facts.release;
    }
    options.processes = !arguments->drivers.count;
    options.this_machine = options.processes && !arguments->root;
    ph_rights_raise(PH_RIGHT_LOOK);
    PH_TRY(ph_who_open(&options, &who));
    struct ph_error *error = ph_who_typed(who, arguments->operands[0], &report);
    ph_file_meter_done(&meter);
    PH_TRY(error);
    report.all = arguments->all;
    struct ph_style style = ph_front_style(arguments);
    PH_TRY(ph_front_renderer(arguments)->owner(&report, &style, &out));
    if (arguments->csv)
        ph_front_losses(&report.losses);
    *status = ph_owner_is_named(&report) ? PH_EXIT_CLEAN : PH_EXIT_LEAKS;
    return ph_front_write(&out);
}
