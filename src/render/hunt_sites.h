/* hunt_sites.h - the call sites of a hunt that belong to what grows; for every output of a hunt. */
#ifndef PH_RENDER_HUNT_SITES_H
#define PH_RENDER_HUNT_SITES_H

#include "model/report.h"
#include "model/trace_report.h"

enum { PH_HUNT_SITES_MOST = 64 };

struct ph_hunt_sites {
    size_t rows[PH_HUNT_SITES_MOST];
    struct ph_trace_report report; /* points to the rows: do not move */
};
/* Sites of tags that are GROWING or worse (or LEVELLING), those that stay first, then by bytes;
 * those where nothing lives are left out. Nothing when the hunt traced nothing. */
void ph_hunt_sites_of(const struct ph_hunt_report *hunt, struct ph_hunt_sites *sites);
/* "Traced for 20 s: 1,200 events/s, 0.3 % of the machine's CPU." */
void ph_hunt_traced_words(const struct ph_trace *trace, struct ph_text *out);

#endif
