/* scanindex.h - what the scan of drivers gave, remembered: one SQLite file, a cache that may be
 * deleted.
 *
 * A scan belongs to a content (SHA-256) and a service name (KMDF's default tag depends on it); a
 * file, by path, size and time of change, points to a scan. Files that were moved or copied are
 * known by their content. Scans by another version of the scanner are not used.
 */
#ifndef PH_STORE_SCANINDEX_H
#define PH_STORE_SCANINDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "model/claim.h"

/* Raise it whenever the scanner may give other results for the same file. */
enum { PH_SCANNER_VERSION = 1 };

struct ph_index;

/* Opens or creates `path`; NULL: in memory only. A damaged index, or one of another version, is
 * emptied; a file of another kind is PH_ERR_FORMAT and is not touched. Not for several threads at a
 * time. */
struct ph_error *ph_index_open(const char *path, struct ph_index **index) PH_MUST_CHECK;
/* Closes; what was put since the last ph_index_commit() is committed. NULL is allowed. */
void ph_index_close(struct ph_index *index);
void ph_index_closep(struct ph_index **index);
/* Makes all that was put durable. */
struct ph_error *ph_index_commit(struct ph_index *index) PH_MUST_CHECK;

struct ph_index_file {
    const char *path; /* borrowed; in a visit valid until its end */
    uint64_t size;
    int64_t modified_ns;
    int64_t scan;        /* its number; 0 = the file is no driver */
    const char *service; /* of that scan; in a visit only, as the path. NULL: no driver */
};
/* Every file known whose path begins with `folder`, and perhaps a few more. */
struct ph_error *ph_index_files(struct ph_index *index, const char *folder,
                                struct ph_error *(*visit)(void *context,
                                                          const struct ph_index_file *file),
                                void *context) PH_MUST_CHECK;
/* The scan of a content; `*scan` is 0 when there is none. */
struct ph_error *ph_index_find(struct ph_index *index, const struct ph_digest_sum *content,
                               const char *service, int64_t *scan) PH_MUST_CHECK;
struct ph_error *ph_index_put_scan(struct ph_index *index, const struct ph_digest_sum *content,
                                   const char *service, const struct ph_scan *scan,
                                   int64_t *number) PH_MUST_CHECK;
struct ph_error *ph_index_put_file(struct ph_index *index,
                                   const struct ph_index_file *file) PH_MUST_CHECK;

/* Loads a scan. Its routines and reasons live as long as the index. */
struct ph_error *ph_index_load(struct ph_index *index, int64_t number,
                               struct ph_scan *scan) PH_MUST_CHECK;
/* Call sites of every scan, and how many of them were resolved. */
struct ph_error *ph_index_sites(struct ph_index *index,
                                struct ph_error *(*visit)(void *context, int64_t scan,
                                                          uint32_t sites, uint32_t resolved),
                                void *context) PH_MUST_CHECK;
/* Every claim of a tag, weak ones too, with the number of its scan. */
struct ph_error *ph_index_claims(struct ph_index *index, const uint8_t tag[4],
                                 struct ph_error *(*visit)(void *context, int64_t scan,
                                                           const struct ph_claim *claim),
                                 void *context) PH_MUST_CHECK;
/* Weak claims (ph_tagscan_raw) are put for one tag at a time; a search that found nothing is
 * remembered too. */
struct ph_error *ph_index_put_raw(struct ph_index *index, int64_t scan, const uint8_t tag[4],
                                  const struct ph_scan *raw) PH_MUST_CHECK;
/* Calls `visit` for each scan that was searched for the tag. */
struct ph_error *ph_index_searched(struct ph_index *index, const uint8_t tag[4],
                                   struct ph_error *(*visit)(void *context, int64_t scan),
                                   void *context) PH_MUST_CHECK;

#endif
