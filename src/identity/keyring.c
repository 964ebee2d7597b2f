#include "identity/keyring.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

/* A line of /proc/keys for a certificate:
 *
 *   0be3a5c1 I------     1 perm 1f010000     0     0 asymmetri Owls: Owl CA: 6cce..a1: X509.rsa
 * bb41 []
 *
 * The description is "name: id: kind"; the name is the common name, or "organisation: common name";
 * the id is the subject key identifier, or else the serial number. Source: the kernel's
 * security/keys/proc.c, crypto/asymmetric_keys/x509_public_key.c, x509_cert_parser.c. */
static const char TYPE[] = " asymmetri ", KIND[] = ": X509.";

/* The bytes of `text` behind the first `word`; false = it has none. */
static bool find(struct ph_slice text, const char *word, size_t *at)
{
    size_t length = strlen(word);

    for (*at = 0; length <= text.size && *at <= text.size - length; ++*at)
        if (!memcmp(text.data + *at, word, length))
            return true;
    return false;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
}

static bool same_id(struct ph_slice shown, const char *id)
{
    size_t at = 0;

    for (; id && *id; id++) {
        if (*id == ':')
            continue;
        if (at >= shown.size || lower(shown.data[at]) != lower(*id))
            return false;
        at++;
    }
    return at && at == shown.size;
}

static bool same_name(struct ph_slice shown, const char *name)
{
    size_t length = name ? strlen(name) : 0;

    if (!length || shown.size < length ||
        memcmp(shown.data + shown.size - length, name, length) != 0)
        return false;
    return shown.size == length ||
           (shown.size - length >= 2 && !memcmp(shown.data + shown.size - length - 2, ": ", 2));
}

static enum ph_keyring look_at(struct ph_slice line, const char *name, const char *id)
{
    size_t at;

    if (!find(line, TYPE, &at))
        return PH_KEYRING_UNKNOWN;
    at += strlen(TYPE);
    struct ph_slice shown = {line.data + at, line.size - at};
    if (!find(shown, KIND, &at))
        return PH_KEYRING_UNKNOWN;
    shown.size = at;
    while (at && shown.data[at - 1] != ' ')
        at--;
    if (at < 2 || shown.data[at - 2] != ':')
        return PH_KEYRING_UNKNOWN;
    if (same_id((struct ph_slice){shown.data + at, shown.size - at}, id))
        return PH_KEYRING_ID;
    shown.size = at - 2;
    return same_name(shown, name) ? PH_KEYRING_NAME : PH_KEYRING_OTHERS;
}

enum ph_keyring ph_keyring_find(struct ph_slice keys, const char *name, const char *id)
{
    struct ph_reader reader = ph_reader_of("/proc/keys", keys.data, keys.size);
    enum ph_keyring best = PH_KEYRING_UNKNOWN;
    struct ph_slice line;

    while (ph_reader_line(&reader, &line)) {
        enum ph_keyring one = look_at(line, name, id);
        best = one > best ? one : best;
    }
    return best;
}
