/* owner_sentences.h - what is told of a tag's owners, in words that the screen and the reports
 * share. All of it is foreign text: it still has to pass ph_screen_prose(). */
#ifndef PH_RENDER_OWNER_SENTENCES_H
#define PH_RENDER_OWNER_SENTENCES_H

#include "model/owner.h"

/* "Thre: allocated by windivert.sys." */
void ph_owner_answer_words(const struct ph_owner_report *report, struct ph_text *out);
/* "windivert.sys of Basil", "not certain, most evidence for x.sys", "not found". */
void ph_owner_short_words(const struct ph_owner_report *report, struct ph_text *out);
/* "windivert.sys (x64; WDF), loaded", "PID 812 (eventhog)" */
void ph_owner_name_words(const struct ph_owner *owner, struct ph_text *out);
/* "user postgres, started 2 h ago, cgroup /system.slice/x.service": of a process; else nothing.
 */
void ph_owner_process_words(const struct ph_owner *owner, struct ph_text *out);
/* "/lib/.../x.ko and 2 other files with the same content"; nothing when no file was found. */
void ph_owner_file_words(const struct ph_owner *owner, struct ph_text *out);
/* Description, version, vendor, or what a module says of itself; may be nothing. */
void ph_identity_words(const struct ph_identity *identity, struct ph_text *out);
void ph_signature_words(const struct ph_identity *identity, struct ph_text *out);
/* True when the signature speaks against the file. */
bool ph_signature_alarms(const struct ph_identity *identity);
void ph_meaning_words(const struct ph_tag_meaning *meaning, struct ph_text *out);
void ph_known_leak_words(const struct ph_leak_match *leak, struct ph_text *out);
/* "212 drivers, 31,018 of 31,200 call sites resolved"; nothing when none were searched. */
void ph_owner_searched_words(const struct ph_owner_report *report, struct ph_text *out);

#endif
