/* screen_top_table.h - the table of the live screen: which columns fit, and its lines. */
#ifndef PH_RENDER_SCREEN_TOP_TABLE_H
#define PH_RENDER_SCREEN_TOP_TABLE_H

#include "model/screens.h"
#include "render/screen.h"

struct ph_top_table {
    struct ph_screen *screen;
    const struct ph_top_report *report;
    bool shown[PH_TOP_COLUMNS];
    size_t width[PH_TOP_COLUMNS];  /* of the number or the text */
    size_t change[PH_TOP_COLUMNS]; /* of the number in parentheses; 0 = none */
};

/* Chooses the columns that fit and have something to tell. */
void ph_top_table_plan(struct ph_top_table *table);
/* The names of the columns; the one that is sorted by is marked. */
void ph_top_table_head(const struct ph_top_table *table);
void ph_top_table_row(const struct ph_top_table *table, const struct ph_top_row *row);
/* poolmon's totals: objects and bytes of all rows and their changes. */
void ph_top_table_totals(const struct ph_top_table *table);

#endif
