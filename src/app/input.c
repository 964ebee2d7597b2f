#include "app/input.h"

#include <string.h>

#include "base/os.h"
#include "source/source.h"
#include "store/recording.h"

struct ph_input {
    char *name;
    bool live;
    struct ph_source *source; /* one of these two */
    struct ph_playback *playback;
};

/* A recording announces itself in its first bytes. */
static struct ph_error *is_recording(const char *path, bool *recording)
{
    *recording = false;
    if (!path || ph_file_kind(path) == PH_FILE_DIRECTORY)
        return NULL;
    PH_GUARD(ph_handle_closep) struct ph_handle *handle = NULL;
    PH_TRY(ph_handle_open(path, &handle));
    char head[128];
    size_t size = 0;
    PH_TRY(ph_handle_head(handle, head, sizeof(head), &size));
    *recording = ph_recording_probe((struct ph_slice){head, size});
    return NULL;
}

struct ph_error *ph_input_open(const struct ph_input_options *options, struct ph_input **input)
{
    PH_GUARD(ph_input_closep) struct ph_input *fresh = ph_zalloc(1, sizeof(*fresh));
    bool recording = false;

    if (!fresh)
        return ph_error_nomem();
    fresh->live = !options->path;
    fresh->name = ph_strdup(options->path ? options->path : "live kernel");
    if (!fresh->name)
        return ph_error_nomem();
    if (options->path && ph_file_kind(options->path) == PH_FILE_OTHER)
        return ph_errorf(PH_ERR_USAGE,
                         "%s: a pipe or a device, which cannot be read twice; save it as a file "
                         "first",
                         options->path);
    PH_TRY(is_recording(options->path, &recording));
    if (recording) {
        PH_TRY(ph_playback_open(options->path, &fresh->playback));
    } else {
        struct ph_source_options source = {
            .path = options->path,
            .spacing_ns = options->spacing_ns,
            .no_sites = options->no_sites,
        };
        PH_TRY(ph_source_open(&source, &fresh->source));
    }
    *input = ph_steal(fresh);
    return NULL;
}

bool ph_input_is_live(const struct ph_input *input)
{
    return input->live;
}

bool ph_input_is_recording(const struct ph_input *input)
{
    return input->playback;
}

const char *ph_input_name(const struct ph_input *input)
{
    return input->name;
}

uint64_t ph_input_count(const struct ph_input *input)
{
    return input->playback ? ph_playback_count(input->playback) : 0;
}

void ph_input_machine(struct ph_input *input, struct ph_machine *machine)
{
    if (input->playback)
        ph_playback_machine(input->playback, machine);
    else
        input->source->ops->machine(input->source, machine);
}

struct ph_error *ph_input_read(struct ph_input *input, struct ph_catalog *catalog,
                               struct ph_sample *sample, bool *end)
{
    *end = false;
    if (input->playback)
        return ph_playback_read(input->playback, catalog, sample, end);
    return input->source->ops->read(input->source, catalog, sample, end);
}

struct ph_error *ph_input_losses(struct ph_input *input, struct ph_loss_list *losses)
{
    return input->playback ? ph_playback_losses(input->playback, losses) : NULL;
}

void ph_input_close(struct ph_input *input)
{
    if (!input)
        return;
    ph_source_close(input->source);
    ph_playback_close(input->playback);
    ph_free(input->name);
    ph_free(input);
}

void ph_input_closep(struct ph_input **input)
{
    ph_input_close(*input);
}
