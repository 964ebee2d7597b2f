/* identify_files.h - identities of the files below some paths: reads, recognises, asks identity/.
 */
#ifndef PH_APP_IDENTIFY_FILES_H
#define PH_APP_IDENTIFY_FILES_H

#include "base/error.h"
#include "model/owner.h"

struct ph_identifier_options {
    const char *const *roots; /* files or folders of certificates to trust */
    size_t root_count;
    const char *const *catalogs; /* files or folders */
    size_t catalog_count;
    const char *tree;        /* root of a saved Linux tree; NULL = the live system */
    const char *certificate; /* for signatures of Linux modules; NULL */
};

/* Roots, catalogs and what else is shared by all files. */
struct ph_identifier;
struct ph_error *ph_identifier_open(const struct ph_identifier_options *options,
                                    struct ph_identifier **identifier) PH_MUST_CHECK;
void ph_identifier_close(struct ph_identifier *identifier); /* NULL is allowed */
void ph_identifier_closep(struct ph_identifier **identifier);
/* Adds the catalogs that lie beside `path` (a file or folder), and those of the Windows folder that
 * it lies in. What cannot be read is a loss of the identifier. */
struct ph_error *ph_identifier_catalogs_near(struct ph_identifier *identifier,
                                             const char *path) PH_MUST_CHECK;
const struct ph_loss_list *ph_identifier_losses(const struct ph_identifier *identifier);
/* One file. Safe from several threads. Errors: the file cannot be read, out of memory. */
struct ph_error *ph_identify_file(const struct ph_identifier *identifier, const char *path,
                                  struct ph_identity *identity) PH_MUST_CHECK;

struct ph_identify_run {
    const char *const *paths;
    size_t path_count;
    bool recurse, executables, unsigned_only;
    void (*progress)(void *context, size_t done, size_t of, const char *path);
    void *context;
};
/* All files below the paths, on all processors, in order of their paths. */
struct ph_error *ph_identify_all(struct ph_identifier *identifier,
                                 const struct ph_identify_run *run,
                                 struct ph_identity_report *report) PH_MUST_CHECK;
/* True for what is neither unsigned nor broken. */
bool ph_trust_is_good(enum ph_trust trust);

#endif
