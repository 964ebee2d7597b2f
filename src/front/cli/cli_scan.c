/* scan: list the pool tags that drivers allocate with. */
#include "app/drivers.h"
#include "front/front.h"
#include "model/owner.h"

/* Moves the scans of all drivers into the report. */
static struct ph_error *collect(const struct ph_drivers *drivers, struct ph_scan_report *report)
{
    for (size_t i = 0; i < drivers->walk.count; i++) {
        if (drivers->scans[i] <= 0)
            continue;
        PH_TRY(
            ph_grow(&report->files, &report->capacity, report->count + 1, sizeof(*report->files)));
        struct ph_scan_file *file = &report->files[report->count];
        *file = (struct ph_scan_file){.path = drivers->walk.files[i].path};
        PH_TRY(ph_index_load(drivers->index, drivers->scans[i], &file->scan));
        report->count++;
    }
    return NULL;
}

struct ph_error *ph_cli_scan(const struct ph_arguments *arguments, enum ph_exit *status)
{
    PH_GUARD(ph_drivers_close) struct ph_drivers drivers = {0};
    PH_GUARD(ph_scan_report_fini) struct ph_scan_report report = {0};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    ph_autofree char *index = NULL;
    struct ph_file_meter meter = {.arguments = arguments, .verb = "scanning"};

    if (arguments->localtag && (arguments->json || arguments->csv))
        return ph_errorf(PH_ERR_USAGE, "--localtag, --json and --csv exclude each other");
    PH_TRY(ph_front_index(arguments, &index));
    struct ph_drivers_options options = {
        .paths = arguments->operands,
        .path_count = arguments->operand_count,
        .index = index,
        .progress = ph_file_meter_progress,
        .context = &meter,
    };
    struct ph_error *error = ph_drivers_open(&options, &drivers);
    ph_file_meter_done(&meter);
    PH_TRY(error);
    PH_TRY(collect(&drivers, &report));
    report.looked_at = drivers.walk.count;
    report.fresh = drivers.fresh;
    report.losses = &drivers.losses;
    report.all = arguments->all;
    struct ph_style style = ph_front_style(arguments);
    if (arguments->localtag)
        PH_TRY(ph_render_localtag(&report, &out));
    else
        PH_TRY(ph_front_renderer(arguments)->scan(&report, &style, &out));
    if (arguments->localtag || arguments->csv)
        ph_front_losses(&drivers.losses);
    *status = drivers.losses.count ? PH_EXIT_ERROR : PH_EXIT_CLEAN;
    return ph_front_write(&out);
}
