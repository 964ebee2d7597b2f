/* rows.h - every value of every sample as a plain row: `poolhound export`. */
#ifndef PH_RENDER_ROWS_H
#define PH_RENDER_ROWS_H

#include "base/text.h"
#include "model/sample.h"

enum ph_rows_format {
    PH_ROWS_CSV,  /* a header line, then a line a value */
    PH_ROWS_JSON, /* one JSON object a line */
    PH_ROWS_SQL   /* statements for the sqlite3 shell */
};

void ph_render_rows_begin(enum ph_rows_format format, struct ph_text *out);
/* All values of one sample. */
void ph_render_rows(enum ph_rows_format format, const struct ph_catalog *catalog,
                    const struct ph_sample *sample, struct ph_text *out);
void ph_render_rows_end(enum ph_rows_format format, struct ph_text *out);

#endif
