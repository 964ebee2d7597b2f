#include "render/render.h"

#include <string.h>

#include "render/owner_views.h"
#include "render/screen.h"

const struct ph_renderer ph_render_text = {
    .id = "text",
    .reading = ph_screen_reading,
    .hunt = ph_screen_hunt,
    .diff = ph_screen_diff,
    .owner = ph_screen_owner,
    .scan = ph_screen_scan,
    .identity = ph_screen_identity,
};

static const struct ph_renderer *const renderers[] = {
    &ph_render_text,
    &ph_render_json,
    &ph_render_csv,
};

const struct ph_renderer *ph_renderer_find(const char *id)
{
    for (size_t i = 0; i < sizeof(renderers) / sizeof(renderers[0]); i++)
        if (!strcmp(renderers[i]->id, id))
            return renderers[i];
    return NULL;
}
