/* page_hash.h - the hashes of a driver's pages, which some signatures hold beside the file's. */
#ifndef PH_IDENTITY_PAGE_HASH_H
#define PH_IDENTITY_PAGE_HASH_H

#include "image/pe.h"

/* `image_data` is what Authenticode says of the image (SpcPeImageData, whole). `*result` as in
 * ph_signature.page_hashes: 0 none, 1 all match, -1 differ. */
struct ph_error *ph_page_hashes(const struct ph_pe *pe, struct ph_slice image_data,
                                int *result) PH_MUST_CHECK;

#endif
