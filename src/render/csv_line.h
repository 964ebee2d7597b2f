/* csv_line.h - one line of CSV, field by field: RFC 4180 quoting. */
#ifndef PH_RENDER_CSV_LINE_H
#define PH_RENDER_CSV_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct ph_csv_line {
    struct ph_text *out;
    bool filled;
    char separator; /* 0 = a comma */
    bool always;    /* quote every string */
};

/* Begins a field that the caller then writes himself; it must need no quotes. */
void ph_csv_next(struct ph_csv_line *line);
/* Control and undecodable bytes as \xNN, `\` doubled. */
void ph_csv_string(struct ph_csv_line *line, struct ph_slice bytes);
/* Sentences and paths: the same, but `\` stays single. NULL is an empty field. */
void ph_csv_prose(struct ph_csv_line *line, const char *text);
/* Unknown numbers are empty fields. */
void ph_csv_signed(struct ph_csv_line *line, bool known, int64_t number);
void ph_csv_counter(struct ph_csv_line *line, bool known, uint64_t number);
void ph_csv_double(struct ph_csv_line *line, bool known, double number);
void ph_csv_end(struct ph_csv_line *line);

#endif
