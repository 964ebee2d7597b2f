/* package.h - which package of the distribution a file belongs to. */
#ifndef PH_IDENTITY_PACKAGE_H
#define PH_IDENTITY_PACKAGE_H

#include "base/error.h"
#include "base/text.h"

struct ph_package {
    char *name, *version, *maintainer; /* owned; NULL = unknown */
};
void ph_package_fini(struct ph_package *package);

/* Looks for the owner of `path` (absolute, as the system `root` sees it): in dpkg's database, for
 * modules built by DKMS in its folders, and, with `live`, by asking rpm. Nothing found: all NULL.
 * `module` is the module's name. Errors: out of memory only. */
struct ph_error *ph_package_of(const char *root, bool live, const char *path, const char *module,
                               struct ph_package *package) PH_MUST_CHECK;

/* A stanza of dpkg's status file: the version and maintainer of a package. For tests too. */
struct ph_error *ph_package_status(struct ph_slice status, const char *name,
                                   struct ph_package *package) PH_MUST_CHECK;

#endif
