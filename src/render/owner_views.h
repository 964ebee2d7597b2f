/* owner_views.h - who, scan and identify in each output, and what those share. */
#ifndef PH_RENDER_OWNER_VIEWS_H
#define PH_RENDER_OWNER_VIEWS_H

#include "model/owner.h"
#include "render/json_writer.h"
#include "render/render.h"
#include "render/screen.h"

struct ph_error *ph_screen_owner(const struct ph_owner_report *report, const struct ph_style *style,
                                 struct ph_text *out);
struct ph_error *ph_screen_scan(const struct ph_scan_report *report, const struct ph_style *style,
                                struct ph_text *out);
struct ph_error *ph_screen_identity(const struct ph_identity_report *report,
                                    const struct ph_style *style, struct ph_text *out);
struct ph_error *ph_json_owner(const struct ph_owner_report *report, const struct ph_style *style,
                               struct ph_text *out);
struct ph_error *ph_json_scan(const struct ph_scan_report *report, const struct ph_style *style,
                              struct ph_text *out);
struct ph_error *ph_json_identity(const struct ph_identity_report *report,
                                  const struct ph_style *style, struct ph_text *out);
struct ph_error *ph_csv_owner(const struct ph_owner_report *report, const struct ph_style *style,
                              struct ph_text *out);
struct ph_error *ph_csv_scan(const struct ph_scan_report *report, const struct ph_style *style,
                             struct ph_text *out);
struct ph_error *ph_csv_identity(const struct ph_identity_report *report,
                                 const struct ph_style *style, struct ph_text *out);

/* The owners of one tag below a line of their own; for who and for hunt. */
void ph_screen_owner_body(struct ph_screen *screen, const struct ph_owner_report *report);
/* The owner section of a hunt; nothing when there are none. */
void ph_screen_owners(struct ph_screen *screen, const struct ph_owner_report *reports,
                      size_t count);
/* One identity as an object. */
void ph_json_identity_object(struct ph_json *json, const char *name,
                             const struct ph_identity *identity);
/* The members of an owner report, without the document around them. */
void ph_json_owner_members(struct ph_json *json, const struct ph_owner_report *report);
/* A claim's evidence in words: "allocates at 12 call sites (ExAllocatePool2, nonpaged, 64 B), ...".
 */
void ph_claim_words(const struct ph_claim *claim, struct ph_text *out);
/* "x64", "ARM64", ...; a number for others. */
void ph_machine_text(uint16_t machine, struct ph_text *out);
/* Bytes of a sum as hex digits; upper case as sigcheck has them when `upper`. */
void ph_hex_text(const uint8_t *bytes, size_t size, bool upper, struct ph_text *out);

#endif
