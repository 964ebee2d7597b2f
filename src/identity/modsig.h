/* modsig.h - the signature at the end of a Linux kernel module.
 *
 *     module | PKCS #7 message | struct module_signature (12 bytes) | mark
 *
 * The mark is "~Module signature appended~\n".
 *
 * struct module_signature: algo, hash, id_type (2 = PKCS #7), signer_len, key_id_len, 3 unused
 * bytes, then the message's length, big-endian. Source: the kernel's
 * include/linux/module_signature.h, scripts/sign-file.c.
 */
#ifndef PH_IDENTITY_MODSIG_H
#define PH_IDENTITY_MODSIG_H

#include "base/bytes.h"
#include "base/error.h"
#include "model/identity.h"

enum ph_modsig_state {
    PH_MODSIG_NONE,
    PH_MODSIG_FOUND,
    PH_MODSIG_CUT, /* the trailer is there, what it describes is not */
    PH_MODSIG_OLD  /* of a kind that kernels before 4.3 wrote, not PKCS #7 */
};
/* Splits a module: what is signed, and the message. */
enum ph_modsig_state ph_modsig_split(struct ph_slice file, struct ph_slice *signed_part,
                                     struct ph_slice *message);
/* Looks for the mark that ends a signature anywhere in the last megabyte of a file: `*end` is the
 * offset behind it. False = there is none. */
bool ph_modsig_mark(struct ph_slice file, size_t *end);

struct ph_modsig {
    char *signer;   /* common name of the issuer that the signer is named by; owned, as below */
    char *serial;   /* hex with colons, as modinfo shows it */
    char *hash;     /* "sha256" */
    bool checked;   /* there was a certificate to check with */
    bool intact;    /* and the signature fits the bytes */
    bool other_key; /* the certificate at hand is not the signer's */
};
/* Reads the message and checks it with the certificates in `certificate` (PEM or DER; empty =
 * none). Error: PH_ERR_FORMAT when the message is no PKCS #7 message of one signer. */
struct ph_error *ph_modsig_check(struct ph_slice signed_part, struct ph_slice message,
                                 struct ph_slice certificate,
                                 struct ph_modsig *result) PH_MUST_CHECK;
void ph_modsig_fini(struct ph_modsig *signature);

#endif
