/* identify: whose driver a file is, and signed by whom. */
#include "app/identify_files.h"
#include "front/front.h"

/* 1 when a signature is broken, or something unsigned was asked for and found. */
static enum ph_exit status_of(const struct ph_arguments *arguments,
                              const struct ph_identity_report *report)
{
    enum ph_exit status = PH_EXIT_CLEAN;

    for (size_t i = 0; i < report->count; i++) {
        enum ph_trust trust = report->items[i].trust;
        if (arguments->unsigned_only || (trust >= PH_TRUST_REVOKED && trust < PH_TRUST_UNSIGNED))
            status = PH_EXIT_LEAKS;
    }
    return report->losses.count ? PH_EXIT_ERROR : status;
}

struct ph_error *ph_cli_identify(const struct ph_arguments *arguments, enum ph_exit *status)
{
    PH_GUARD(ph_identifier_closep) struct ph_identifier *identifier = NULL;
    PH_GUARD(ph_identity_report_fini)
    struct ph_identity_report report = {
        .extended = arguments->all,
        .hashes = arguments->hashes,
        .chain = arguments->chain,
        .tabs = arguments->tabs,
    };
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    struct ph_file_meter meter = {.arguments = arguments, .verb = "identifying"};
    struct ph_identifier_options options = ph_front_identifier(arguments);
    struct ph_identify_run run = {
        .paths = arguments->operands,
        .path_count = arguments->operand_count,
        .recurse = arguments->recurse,
        .executables = arguments->executables,
        .unsigned_only = arguments->unsigned_only,
        .progress = ph_file_meter_progress,
        .context = &meter,
    };

    if (arguments->tabs && !arguments->csv)
        return ph_errorf(PH_ERR_USAGE, "-t needs -c: it sets tabs between the fields of CSV");
    PH_TRY(ph_identifier_open(&options, &identifier));
    struct ph_error *error = ph_identify_all(identifier, &run, &report);
    ph_file_meter_done(&meter);
    PH_TRY(error);
    struct ph_style style = ph_front_style(arguments);
    PH_TRY(ph_front_renderer(arguments)->identity(&report, &style, &out));
    if (arguments->csv)
        ph_front_losses(&report.losses);
    *status = status_of(arguments, &report);
    return ph_front_write(&out);
}
