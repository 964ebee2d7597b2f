/* Fuzzes the tag lists: whatever the lines are, what is found for a tag fits it. The first four
 * bytes are the tag. */
#include <stdlib.h>

#include "base/text.h"
#include "owner/taglist.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    PH_GUARD(ph_taglist_fini) struct ph_taglist list = {0};
    PH_GUARD(ph_taglist_matches_fini) struct ph_taglist_matches matches = {0};

    if (size < 4)
        return 0;
    struct ph_slice bytes = {(const char *)data + 4, size - 4};
    for (int twice = 0; twice < 2; twice++) {
        ph_autoerror struct ph_error *error = ph_taglist_add(&list, "list", bytes);
        must(!error || error->code == PH_ERR_FORMAT);
    }
    must(list.count <= size);
    ph_autoerror struct ph_error *error = ph_taglist_find(&list, data, &matches);
    must(!error && matches.count <= list.count);
    const char tag[] = {(char)data[0], (char)data[1], (char)data[2], (char)(data[3] & 0x7f)};
    for (size_t i = 0; i < matches.count; i++) {
        must(ph_pattern_match(matches.items[i]->pattern, (struct ph_slice){tag, 4}));
        must(matches.items[i]->line > 0 && matches.items[i]->line <= size);
    }
    return 0;
}
