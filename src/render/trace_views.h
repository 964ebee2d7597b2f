/* trace_views.h - the texts of `poolhound trace`. */
#ifndef PH_RENDER_TRACE_VIEWS_H
#define PH_RENDER_TRACE_VIEWS_H

#include "model/trace_report.h"
#include "render/screen.h"

/* What was found, what it cost, how exact it is: a line each; then everything that keeps the
 * numbers from being exact, a sentence each, or (`brief`) all of it in short. */
void ph_screen_trace_head(const struct ph_trace_report *report, const struct ph_style *style,
                          bool brief, struct ph_text *out);
/* The heading and `count` rows from `first` on: a line each, never wider than the style's columns,
 * of which 76 are served at least. */
void ph_screen_trace_table(const struct ph_trace_report *report, const struct ph_style *style,
                           size_t first, size_t count, struct ph_text *out);
/* All that is known of one site: verdict, numbers, cohorts, life table, stacks. */
void ph_screen_trace_site(const struct ph_trace_report *report, const struct ph_trace_site *site,
                          const struct ph_style *style, struct ph_text *out);

/* A few ways to a site, most living bytes first; nothing when none is known. */
void ph_screen_trace_stacks(const struct ph_trace_site *site, size_t most,
                            const struct ph_style *style, struct ph_text *out);
/* A trace of one tag, for its page: how long and at what cost, the sites that hold most, what the
 * age of the first says and by which ways it is called, what is not exact. */
void ph_screen_trace_tag(const struct ph_trace *trace, const struct ph_style *style,
                         struct ph_text *out);

/* The whole of it for paper: head, table, and the first of the sites that stay in full. */
struct ph_error *ph_screen_trace(const struct ph_trace_report *report, const struct ph_style *style,
                                 struct ph_text *out) PH_MUST_CHECK;
struct ph_error *ph_json_trace(const struct ph_trace_report *report,
                               struct ph_text *out) PH_MUST_CHECK;
struct ph_error *ph_csv_trace(const struct ph_trace_report *report,
                              struct ph_text *out) PH_MUST_CHECK;

/* --- words that several outputs share --- */
/* Why the age verdict is what it is, with its numbers; one sentence or two, ASCII. */
void ph_trace_age_words(const struct ph_trace_site *site, struct ph_text *out);
/* One line, ASCII, for each thing that keeps the numbers from being exact, with what it does to
 * them. `alarming`: numbers are wrong by so much; otherwise it is only worth knowing. */
void ph_trace_notes(const struct ph_trace *trace,
                    void (*note)(void *context, bool alarming, const char *line), void *context);
/* The same in a few words: "12 missed, 3 late frees"; nothing when all is exact. */
void ph_trace_notes_brief(const struct ph_trace *trace, bool *alarming, struct ph_text *out);
/* "120 objects/s", "3.5 objects/h". */
void ph_trace_rate_words(double per_second, struct ph_text *out);
/* "1,234"; for scaled numbers, which need not be whole. */
void ph_trace_number(double number, struct ph_text *out);

#endif
