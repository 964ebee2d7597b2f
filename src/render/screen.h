/* screen.h - what the outputs for people share: cells of a known width, wrapped prose, tints.
 *
 * Nothing foreign reaches `out` raw: tags, names and messages pass ph_screen_foreign() or
 * ph_screen_prose() first. Widths are columns of a terminal, not bytes.
 */
#ifndef PH_RENDER_SCREEN_H
#define PH_RENDER_SCREEN_H

#include "model/report.h"
#include "render/render.h"

enum ph_tint { PH_TINT_PLAIN, PH_TINT_ALARM, PH_TINT_WARN, PH_TINT_CALM, PH_TINT_BOLD };

struct ph_screen {
    const struct ph_style *style;
    struct ph_text *out;
    size_t columns; /* of the style, held within what the tables can serve */
};

struct ph_screen ph_screen_of(const struct ph_style *style, struct ph_text *out);

/* Bytes of the kernel's: printable, unambiguous (`\` doubled); ASCII only when !utf8. */
void ph_screen_foreign(bool utf8, struct ph_slice bytes, struct ph_text *out);
/* Sentences, paths and host names: the same, but `\` stays single. */
void ph_screen_prose(bool utf8, struct ph_slice bytes, struct ph_text *out);
/* The name people know a series by: its tag, `function [module]` for allocation sites. */
void ph_screen_name(bool utf8, const struct ph_series *series, struct ph_text *out);
/* True when ph_screen_name() tells the module already. */
bool ph_screen_name_has_module(const struct ph_series *series);

/* The same for sentences: cut, so that a hostile tag cannot push the sentence off the screen. */
void ph_screen_short_name(bool utf8, const struct ph_series *series, struct ph_text *out);
/* The finding's rate with its interval; `?` when unknown. */
void ph_screen_rate(const struct ph_finding *finding, enum ph_time_kind kind, struct ph_text *out);

/* Printable text cut to `width` columns ("..." or an ellipsis marks the cut), unpadded. */
void ph_screen_fit(bool utf8, struct ph_slice printable, size_t width, struct ph_text *out);
/* One cell of a table, padded to `width`; a cell that is too wide is cut, numbers never are. */
void ph_screen_left(struct ph_screen *screen, struct ph_slice printable, size_t width,
                    enum ph_tint tint);
/* A series' name after `lead`; a file's path loses its head, not the function at its end. */
void ph_screen_name_cell(struct ph_screen *screen, const char *lead, const struct ph_series *series,
                         size_t width);
void ph_screen_right(struct ph_screen *screen, struct ph_slice printable, size_t width);
/* Digits, or about two of them with k, M, G, T, P, E (of 1000) when they take more than `width`. */
void ph_screen_number(bool minus, uint64_t magnitude, size_t width, struct ph_text *out);
void ph_screen_blanks(struct ph_text *out, size_t count);

/* Prints `printable` from column `at` on, broken at blanks, later lines indented by `indent`, and
 * ends the line. A word that is wider than a line is broken where the line ends. */
void ph_screen_wrap(struct ph_screen *screen, size_t at, size_t indent, struct ph_slice printable,
                    enum ph_tint tint);
/* The same for `lead`, then `text` that is still to be made printable, from column 0. */
void ph_screen_line(struct ph_screen *screen, const char *lead, const char *text, size_t indent);
/* The same for what people copy, a path or a command: never broken, on a line of its own when it
 * does not fit beside `lead`. */
void ph_screen_copyable(struct ph_screen *screen, const char *lead, const char *text);
/* Ends a line with its last visible character. */
void ph_screen_end_line(struct ph_text *out);
/* "Not read, or only in part" and one line for each loss; nothing when there are none. */
void ph_screen_losses(struct ph_screen *screen, const struct ph_loss_list *losses);

/* "web1 (Linux 6.1.0-18-amd64)"; nothing when the machine is unknown. */
void ph_screen_machine(bool utf8, const struct ph_machine *machine, struct ph_text *out);
/* A time as its kind can say it: "2026-11-02T14:05:00Z", "reading 5", "12 min after the first". */
void ph_screen_time(int64_t time_ns, enum ph_time_kind kind, struct ph_text *out);
/* "1 tag", "1,234 tags". */
void ph_screen_count(struct ph_text *out, uint64_t count, const char *one, const char *many);

enum ph_tint ph_verdict_tint(enum ph_verdict verdict, bool urgent);

/* The head of a hunt: whether something leaks in one line, and what was observed. */
void ph_screen_answer(struct ph_screen *screen, const struct ph_hunt_report *report);

/* The three of ph_render_text. */
struct ph_error *ph_screen_reading(const struct ph_reading_report *report,
                                   const struct ph_style *style, struct ph_text *out);
struct ph_error *ph_screen_hunt(const struct ph_hunt_report *report, const struct ph_style *style,
                                struct ph_text *out);
struct ph_error *ph_screen_diff(const struct ph_diff_report *report, const struct ph_style *style,
                                struct ph_text *out);

#endif
