/* identify.h - everything that one file says about itself. Bytes in, facts out. */
#ifndef PH_IDENTITY_IDENTIFY_H
#define PH_IDENTITY_IDENTIFY_H

#include "base/error.h"
#include "identity/authenticode.h"
#include "model/identity.h"

/* Fills the PE part of `identity` but for signatures and driver kinds (those are
 * ph_authenticode()'s and the tag scan's): version resource, link date, machine, hashes of the
 * image, PDB, tools, minimum OS. */
struct ph_error *ph_identify_pe(const struct ph_pe *pe, struct ph_identity *identity) PH_MUST_CHECK;

/* What is known of a loaded module, from a root directory ("/" or a saved tree). */
struct ph_module_context {
    const char *root;        /* "" for the live system */
    bool live;               /* packages may be asked through the system's own commands */
    const char *certificate; /* path of a certificate (DER or PEM) to check signatures with; NULL */
};
/* Fills the ELF part from an unpacked module (.ko): modinfo, build id, signature, loaded state,
 * package. `path` is the file as found (may end in .xz), for the package; NULL when unknown. */
struct ph_error *ph_identify_module(struct ph_slice bytes, const char *path,
                                    const struct ph_module_context *context,
                                    struct ph_identity *identity) PH_MUST_CHECK;

#endif
