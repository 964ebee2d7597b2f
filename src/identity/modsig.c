#include "identity/modsig.h"

#include <string.h>

#include "base/mem.h"

enum { TRAILER = 12, ID_PKCS7 = 2, MARK_REACH = 1 << 20 };

static const char MAGIC[] = "~Module signature appended~\n";

enum ph_modsig_state ph_modsig_split(struct ph_slice file, struct ph_slice *signed_part,
                                     struct ph_slice *message)
{
    size_t magic = sizeof(MAGIC) - 1;

    *signed_part = file;
    *message = (struct ph_slice){"", 0};
    if (file.size < magic || memcmp(file.data + file.size - magic, MAGIC, magic) != 0)
        return PH_MODSIG_NONE;
    size_t left = file.size - magic;
    if (left < TRAILER)
        return PH_MODSIG_CUT;
    const uint8_t *trailer = (const uint8_t *)file.data + left - TRAILER;
    uint64_t size = ph_be32(trailer + 8);
    left -= TRAILER;
    if (trailer[2] != ID_PKCS7)
        return PH_MODSIG_OLD;
    if (!size || size > left)
        return PH_MODSIG_CUT;
    *signed_part = (struct ph_slice){file.data, left - (size_t)size};
    *message = (struct ph_slice){file.data + left - size, (size_t)size};
    return PH_MODSIG_FOUND;
}

bool ph_modsig_mark(struct ph_slice file, size_t *end)
{
    size_t size = sizeof(MAGIC) - 1;

    for (size_t at = file.size, left = MARK_REACH; at >= size && left; at--, left--)
        if (!memcmp(file.data + at - size, MAGIC, size)) {
            *end = at;
            return true;
        }
    return false;
}

void ph_modsig_fini(struct ph_modsig *signature)
{
    ph_free(signature->signer);
    ph_free(signature->serial);
    ph_free(signature->hash);
    *signature = (struct ph_modsig){0};
}
