/* account.h - the two accounts of `poolhound demo`: what was leaked and what was found. */
#ifndef PH_RENDER_ACCOUNT_H
#define PH_RENDER_ACCOUNT_H

#include "base/text.h"
#include "model/report.h"
#include "render/render.h"

void ph_render_demo_text(const struct ph_demo_report *report, const struct ph_style *style,
                         struct ph_text *out);
void ph_render_demo_json(const struct ph_demo_report *report, struct ph_text *out);

#endif
