/* Fuzzes the rule files of known leaks and known tags, and the comparison of versions. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "owner/knownleak.h"
#include "owner/knowntag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void leaks(struct ph_slice bytes)
{
    PH_GUARD(ph_knownleaks_fini) struct ph_knownleaks rules = {0};
    PH_GUARD(ph_knownleak_matches_fini) struct ph_knownleak_matches matches = {0};
    ph_autoerror struct ph_error *error = ph_knownleaks_add(&rules, "rules", bytes);

    must(!error || (error->code == PH_ERR_FORMAT && !strncmp(error->text, "rules:", 6)));
    for (size_t i = 0; i < rules.count && i < 50; i++) {
        const struct ph_knownleak *rule = &rules.items[i];
        struct ph_leak_question question = {
            .system = rule->system,
            .driver = rule->drivers.count ? rule->drivers.items[0] : NULL,
            .file_version = rule->from,
            .system_version = rule->fixed,
        };
        if (rule->tags.count)
            question.tag = ph_slice_of(rule->tags.items[0]);
        ph_autoerror struct ph_error *found = ph_knownleaks_find(&rules, &question, &matches);
        must(!found && matches.count <= rules.count);
        must(rule->what && rule->links.count && (rule->tags.count || rule->drivers.count));
        if (rule->from && rule->fixed)
            must(ph_version_compare(rule->from, rule->fixed) < 0 &&
                 ph_version_compare(rule->fixed, rule->from) > 0);
    }
}

static void tags(struct ph_slice bytes)
{
    PH_GUARD(ph_knowntags_fini) struct ph_knowntags rules = {0};
    PH_GUARD(ph_knowntag_matches_fini) struct ph_knowntag_matches matches = {0};
    ph_autoerror struct ph_error *error = ph_knowntags_add(&rules, "rules", bytes);

    must(!error || (error->code == PH_ERR_FORMAT && !strncmp(error->text, "rules:", 6)));
    for (size_t i = 0; i < rules.count && i < 50; i++) {
        struct ph_slice tag = ph_slice_of(rules.items[i].pattern);
        ph_autoerror struct ph_error *found =
            ph_knowntags_find(&rules, rules.items[i].system, tag, &matches);
        must(!found && matches.count >= 1); /* a pattern matches itself */
    }
}

static void compare(const char *left, const char *right)
{
    int order = ph_version_compare(left, right), back = ph_version_compare(right, left);

    must((order > 0) == (back < 0) && (order == 0) == (back == 0));
    must(ph_version_compare(left, left) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_slice bytes = {(const char *)data, size};
    ph_autofree char *text = ph_memdup(data, size), *half = ph_memdup(data, size / 2);

    must(text && half);
    leaks(bytes);
    tags(bytes);
    compare(text, half);
    compare(text + strlen(half), half);
    return 0;
}
