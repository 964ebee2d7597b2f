/* version.h - the version resource of a PE file (VS_VERSIONINFO). */
#ifndef PH_IMAGE_VERSION_H
#define PH_IMAGE_VERSION_H

#include "base/bytes.h"
#include "base/error.h"
#include "image/pe.h"

enum ph_version_string {
    PH_VERSION_COMPANY,
    PH_VERSION_DESCRIPTION,
    PH_VERSION_PRODUCT,
    PH_VERSION_PRODUCT_VERSION,
    PH_VERSION_FILE_VERSION,
    PH_VERSION_ORIGINAL_NAME,
    PH_VERSION_INTERNAL_NAME,
    PH_VERSION_COPYRIGHT,
    PH_VERSION_COMMENTS,
    PH_VERSION_COUNT
};

struct ph_version {
    bool found;                      /* there is a version resource */
    bool fixed;                      /* and it has the numbers */
    uint16_t file[4], product[4];    /* major, minor, build, private */
    char *strings[PH_VERSION_COUNT]; /* UTF-8, owned; NULL = not given */
    bool damaged;                    /* a part did not follow the format and was left out */
};

/* Prefers US English (0409), else the first language that has strings. */
struct ph_error *ph_version_read(const struct ph_pe *pe, struct ph_version *version) PH_MUST_CHECK;
/* The same from the resource's own bytes; for tests and fuzzing. */
struct ph_error *ph_version_parse(struct ph_slice resource,
                                  struct ph_version *version) PH_MUST_CHECK;
void ph_version_fini(struct ph_version *version);

#endif
