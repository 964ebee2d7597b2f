/* claims.h - from the call sites of a survey to the claims of a scan. Internal to the scan. */
#ifndef PH_OWNER_CLAIMS_H
#define PH_OWNER_CLAIMS_H

#include "model/claim.h"
#include "owner/tagscan/survey.h"

/* Writes claims, unresolved sites and the two counters. `service` may be NULL. Errors: out of
 * memory. */
struct ph_error *ph_claims_make(const struct ph_survey *survey, const char *service,
                                struct ph_scan *scan) PH_MUST_CHECK;

#endif
