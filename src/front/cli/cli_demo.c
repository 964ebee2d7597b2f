/* demo: a leak on purpose, and the hunt for it. */
#include <string.h>

#include "app/demo.h"
#include "base/os.h"
#include "front/front.h"
#include "render/account.h"

static const struct ph_leak_kind *kind_of(const char *name)
{
    for (size_t i = 0; i < PH_LEAK_KINDS; i++)
        if (!strcmp(ph_leak_kinds[i].name, name))
            return &ph_leak_kinds[i];
    return NULL;
}

static struct ph_error *print(const struct ph_arguments *arguments, const struct ph_demo *demo)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    struct ph_hunt_report hunt = ph_session_report(&demo->session);
    struct ph_style style = ph_front_style(arguments);
    struct ph_demo_report report = {
        .hunt = &hunt,
        .what = demo->kind->what,
        .leaked = demo->leaked,
        .hit_ceiling = demo->hit_ceiling,
        .seconds = demo->seconds,
        .rows = demo->rows,
        .row_count = demo->row_count,
        .all_found = demo->all_found,
    };

    hunt.top = 5;
    hunt.recording_note = "a demo keeps none";
    if (arguments->json) {
        ph_render_demo_json(&report, &out);
    } else {
        PH_TRY(ph_render_text.hunt(&hunt, &style, &out));
        ph_render_demo_text(&report, &style, &out);
    }
    return ph_front_write(&out);
}

struct ph_error *ph_cli_demo(const struct ph_arguments *arguments, enum ph_exit *status)
{
    PH_GUARD(ph_demo_fini) struct ph_demo demo = {0};
    struct ph_meter meter = {.arguments = arguments, .verb = "leaking and hunting"};
    const char *name = arguments->kind ? arguments->kind : ph_leak_kinds[0].name;

    struct ph_demo_options options = {
        .kind = kind_of(name),
        .rate = arguments->rate ? (double)arguments->rate : 200,
        .ceiling = arguments->ceiling ? arguments->ceiling : 20000,
        .interval_ns = arguments->interval_ns > 0 ? arguments->interval_ns : PH_SECOND,
        .duration_ns = arguments->duration_ns > 0 ? arguments->duration_ns : 30 * PH_SECOND,
        .progress = ph_meter_progress,
        .context = &meter,
    };
    if (!options.kind)
        return ph_errorf(PH_ERR_USAGE, "--kind %s: %s, %s or %s", name, ph_leak_kinds[0].name,
                         ph_leak_kinds[1].name, ph_leak_kinds[2].name);
    if (options.duration_ns > PH_HOUR)
        return ph_errorf(PH_ERR_USAGE, "--duration: a demo leaks for an hour at most");
    struct ph_error *error = ph_demo_run(&options, &demo);
    ph_meter_done(&meter);
    PH_TRY(error);
    PH_TRY(print(arguments, &demo));
    if (!demo.all_found)
        return ph_errorf(PH_ERR_NOT_FOUND,
                         "the hunt missed what the demo leaked; try a higher --rate, a longer "
                         "--duration, or an account that may read every tag");
    *status = PH_EXIT_CLEAN;
    return NULL;
}
