/* keyring.h - the kernel's own list of the keys it holds, /proc/keys. */
#ifndef PH_IDENTITY_KEYRING_H
#define PH_IDENTITY_KEYRING_H

#include "base/bytes.h"

enum ph_keyring {
    PH_KEYRING_UNKNOWN, /* the text shows no key of this kind: not readable, or not for this user */
    PH_KEYRING_OTHERS,  /* it shows keys, but not this one */
    PH_KEYRING_NAME,    /* one of this name */
    PH_KEYRING_ID       /* the very key */
};
/* Looks for the signer of a module in the text of /proc/keys: `name` is its common name, `id` the
 * hex digits (colons allowed) that its signature names the key by; each may be NULL. */
enum ph_keyring ph_keyring_find(struct ph_slice keys, const char *name, const char *id);

#endif
