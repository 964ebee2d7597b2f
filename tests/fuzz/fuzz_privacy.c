/* Fuzzes the search for names and paths: what was learned from a text must not be in what is left
 * of it, whatever kind of string it is. The first byte chooses the kind. */
#include <stdlib.h>
#include <string.h>

#include "app/privacy_paths.h"
#include "app/privacy_words.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static bool is_inside(struct ph_slice text, size_t i, size_t size)
{
    return (i && ph_private_is_word(text.data[i - 1])) ||
           (i + size < text.size && ph_private_is_word(text.data[i + size]));
}

/* A name of three letters or more is gone as a whole word. */
static void is_gone(struct ph_slice text, struct ph_slice name)
{
    for (size_t i = 0; name.size >= 3 && i + name.size <= text.size; i++)
        must(!ph_private_same((struct ph_slice){text.data + i, name.size}, name) ||
             is_inside(text, i, name.size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    PH_GUARD(ph_privacy_fini) struct ph_privacy privacy = {0};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    if (!size || size > 100000)
        return 0;
    enum ph_private_kind kind = data[0] % 4;
    struct ph_slice text = {(const char *)data + 1, size - 1};
    ph_error_free(ph_privacy_learn(&privacy, kind, text));
    ph_privacy_clean(&privacy, kind, text, &out);
    must(!out.failed && out.size <= text.size * strlen(PH_PRIVATE_REMOVED) + 4);
    for (size_t i = 0; kind != PH_PRIVATE_PATHS && i < privacy.count; i++)
        if (!strstr(PH_PRIVATE_REMOVED, privacy.names[i]) &&
            !strstr(privacy.names[i], PH_PRIVATE_REMOVED) && !strchr(privacy.names[i], '.'))
            is_gone(ph_text_slice(&out), ph_slice_of(privacy.names[i]));
    return 0;
}
