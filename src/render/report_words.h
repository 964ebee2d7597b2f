/* report_words.h - the sentences that the screen, the HTML and the Markdown report share.
 *
 * All append to `out`. Tags are made printable already; other foreign text (hosts, paths, sources)
 * is not where a comment says so: it still has to pass ph_screen_prose().
 */
#ifndef PH_RENDER_REPORT_WORDS_H
#define PH_RENDER_REPORT_WORDS_H

#include "model/report.h"
#include "render/screen.h"

/* What the findings come to. */
struct ph_answer {
    const struct ph_hunt_report *report;
    bool utf8;
    size_t verdicts[PH_VERDICT_COUNT];
    size_t leaks;
    const struct ph_finding *worst;   /* the leak with most evidence; NULL = none, as below */
    const struct ph_finding *growing; /* the GROWING one with most evidence */
    const struct ph_finding *urgent;  /* the one that fills its pool, of any of them */
};
struct ph_answer ph_answer_of(const struct ph_hunt_report *report, bool utf8);
/* The finding that the answer is about; NULL when nothing grows. */
const struct ph_finding *ph_answer_about(const struct ph_answer *answer);
enum ph_tint ph_answer_tint(const struct ph_answer *answer);
/* "1 tag leaks: Thre, 20.1 KB/s (19.6 to 20.7)." */
void ph_answer_words(const struct ph_answer *answer, struct ph_text *out);
/* "URGENT: Thre grows ..., the nonpaged pool is full in 3.5 h."; needs answer->urgent. */
void ph_answer_urgent_words(const struct ph_answer *answer, struct ph_text *out);
/* "live kernel on web1 (Linux 6.1): 30 readings over 29 s, to 2026-11-02T14:05:00Z". */
void ph_answer_source_words(const struct ph_answer *answer, struct ph_text *out);

/* How long was watched, in seconds; 0 when it is not known. */
double ph_observed_s(const struct ph_hunt_report *report);
const struct ph_series *ph_series_of(const struct ph_hunt_report *report,
                                     const struct ph_finding *finding);
/* "4.00 MB", "~4.00 MB" when estimated, "gone", "?". */
void ph_bytes_words(const struct ph_hunt_report *report, const struct ph_finding *finding,
                    struct ph_text *out);

/* In how long the pool is full: "6.2 d (5.9 d to 6.6 d)"; false, and nothing, when not known. */
bool ph_limit_words(const struct ph_finding *finding, enum ph_time_kind kind, struct ph_text *out);
/* "3.1 h more needed to rule out a daily cycle"; nothing when nothing is missing. */
void ph_missing_words(const struct ph_finding *finding, enum ph_time_kind kind,
                      struct ph_text *out);
/* "Examined 120 tags, cleared 118: 110 FLAT, 8 CYCLIC; too few readings for 2." */
void ph_cleared_words(const struct ph_hunt_report *report, struct ph_text *out);
/* What a verdict means, in one sentence. */
const char *ph_verdict_meaning(enum ph_verdict verdict);
/* What to do about it, at a glance. */
const char *ph_verdict_advice(enum ph_verdict verdict);
/* Quoted when a shell would take it apart; still foreign. */
void ph_argument_words(const char *argument, struct ph_text *out);

/* Since when a series grows, by its history. */
enum ph_since_kind {
    PH_SINCE_UNKNOWN, /* no history */
    PH_SINCE_BEFORE,  /* it grew from the first reading on: then or before */
    PH_SINCE_BOOT,    /* the same, from the first readings after a boot that was seen */
    PH_SINCE_SEEN,    /* the same, from when it was first seen, later than others */
    PH_SINCE_FROM     /* it stood level, and then rose */
};
struct ph_since {
    enum ph_since_kind kind;
    int64_t time_ns;    /* the first reading, or when it last stood at or below `level` */
    double level_bytes; /* its floor before the rise, with PH_SINCE_FROM */
    double ago_s;       /* before the newest reading */
};
struct ph_since ph_since_of(const struct ph_hunt_report *report, const struct ph_finding *finding);
/* "since about 2026-11-01T08:00:00Z", "at least since the first reading, ..."; nothing when
 * unknown. */
void ph_since_words(const struct ph_since *since, enum ph_time_kind kind, struct ph_text *out);

/* What was found of the owner of a finding's tag; NULL when it was not looked for. */
const struct ph_owner_report *ph_owner_of(const struct ph_hunt_report *report,
                                          const struct ph_finding *finding);

/* The first sentences of a report: the answer, since when, until when, whose. Foreign: driver and
 * vendor. */
void ph_headline_words(const struct ph_answer *answer, struct ph_text *out);
/* A paragraph to send when no owner is known to write to; of the finding, with its evidence.
 * Foreign. */
void ph_finding_paragraph(const struct ph_hunt_report *report, const struct ph_finding *finding,
                          struct ph_text *out);

#endif
