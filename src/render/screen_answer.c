/* The head of a hunt: the answer in one line, before all the numbers it rests on. */
#include "render/report_words.h"

static void line(struct ph_screen *screen, struct ph_text *words, enum ph_tint tint)
{
    ph_screen_wrap(screen, 0, 2, ph_text_slice(words), tint);
    if (words->failed)
        screen->out->failed = true;
    ph_text_clear(words);
}

void ph_screen_answer(struct ph_screen *screen, const struct ph_hunt_report *report)
{
    struct ph_answer answer = ph_answer_of(report, screen->style->utf8);
    enum ph_tint tint = ph_answer_tint(&answer);
    PH_GUARD(ph_text_fini) struct ph_text words = {0};

    ph_answer_words(&answer, &words);
    line(screen, &words, tint);
    if (answer.worst && answer.urgent) {
        ph_answer_urgent_words(&answer, &words);
        line(screen, &words, tint);
    }
    ph_answer_source_words(&answer, &words);
    line(screen, &words, PH_TINT_PLAIN);
}
