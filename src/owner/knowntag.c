#include "owner/knowntag.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* ------------------------------------------------------------------ reading */

static void known_fini(struct ph_knowntag *known)
{
    ph_free(known->pattern);
    ph_free(known->component);
    ph_free(known->meaning);
    ph_free(known->growth);
    ph_free(known->check);
    ph_free(known->source);
    ph_free(known->file);
    *known = (struct ph_knowntag){0};
}

static const struct {
    const char *key;
    size_t offset; /* of a char * */
} fields[] = {
    {"component", offsetof(struct ph_knowntag, component)},
    {"meaning", offsetof(struct ph_knowntag, meaning)},
    {"growth", offsetof(struct ph_knowntag, growth)},
    {"check", offsetof(struct ph_knowntag, check)},
    {"source", offsetof(struct ph_knowntag, source)},
};

static struct ph_error *wrong(const char *name, size_t line, const char *what, struct ph_slice word)
{
    return ph_errorf(PH_ERR_FORMAT, "%s:%zu: %s '%.*s'", name, line, what,
                     word.size > 60 ? 60 : (int)word.size, word.data);
}

/* Puts the rule that was read into the table, in the place of an older one of the same pattern. */
static struct ph_error *finish(struct ph_knowntags *tags, struct ph_knowntag *known)
{
    if (!known->pattern)
        return NULL;
    if (!known->meaning)
        return wrong(known->file, known->line, "no 'meaning' for", ph_slice_of(known->pattern));
    ph_autofree char *key = ph_format("%d %s", (int)known->system, known->pattern);
    uint32_t place;
    if (!key)
        return ph_error_nomem();
    if (ph_table_find(&tags->places, ph_slice_of(key), &place)) {
        known_fini(&tags->items[place]);
        tags->items[place] = *known;
    } else {
        PH_TRY(ph_grow(&tags->items, &tags->capacity, tags->count + 1, sizeof(*tags->items)));
        PH_TRY(ph_table_put(&tags->places, ph_slice_of(key), (uint32_t)tags->count));
        tags->items[tags->count++] = *known;
    }
    *known = (struct ph_knowntag){0};
    return NULL;
}

static struct ph_error *begin(const char *name, const struct ph_rulefile_item *item,
                              struct ph_knowntag *known)
{
    if (!ph_known_system_from(item->key, &known->system))
        return wrong(name, item->line, "neither 'windows' nor 'linux':", item->key);
    if (!item->value.size)
        return wrong(name, item->line, "no tag behind", item->key);
    if (known->system == PH_KNOWN_WINDOWS && item->value.size > 4 &&
        !memchr(item->value.data, '*', item->value.size))
        return wrong(name, item->line, "longer than the four characters of a tag:", item->value);
    known->line = item->line;
    known->on_behalf = false;
    known->pattern = ph_memdup(item->value.data, item->value.size);
    known->file = ph_strdup(name);
    return known->pattern && known->file ? NULL : ph_error_nomem();
}

static struct ph_error *set(const char *name, const struct ph_rulefile_item *item,
                            struct ph_knowntag *known)
{
    if (!known->pattern)
        return wrong(name, item->line, "stands before the first '[windows TAG]':", item->key);
    if (ph_slice_is(item->key, "flags")) {
        if (!ph_slice_is(item->value, "onbehalf"))
            return wrong(name, item->line, "there is only the flag 'onbehalf', not", item->value);
        known->on_behalf = true;
        return NULL;
    }
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (!ph_slice_is(item->key, fields[i].key))
            continue;
        char **field = (char **)(void *)((char *)known + fields[i].offset);
        if (*field)
            return wrong(name, item->line, "stands twice in a rule:", item->key);
        *field = ph_memdup(item->value.data, item->value.size);
        return *field ? NULL : ph_error_nomem();
    }
    return wrong(name, item->line, "no such field:", item->key);
}

static struct ph_error *read_rules(struct ph_knowntags *tags, const char *name,
                                   struct ph_rulefile *file)
{
    PH_GUARD(known_fini) struct ph_knowntag known = {0};
    struct ph_rulefile_item item;
    bool end;

    for (;;) {
        PH_TRY(ph_rulefile_next(file, &item, &end));
        if (end)
            return finish(tags, &known);
        if (item.head) {
            PH_TRY(finish(tags, &known));
            PH_TRY(begin(name, &item, &known));
        } else {
            PH_TRY(set(name, &item, &known));
        }
    }
}

struct ph_error *ph_knowntags_add(struct ph_knowntags *tags, const char *name,
                                  struct ph_slice bytes)
{
    PH_GUARD(ph_rulefile_fini) struct ph_rulefile file;

    ph_rulefile_init(&file, name, bytes);
    return read_rules(tags, name, &file);
}

struct ph_error *ph_knowntags_add_builtin(struct ph_knowntags *tags)
{
    return ph_knowntags_add(tags, "known_tags.txt",
                            (struct ph_slice){ph_known_tags_text, ph_known_tags_size});
}

void ph_knowntags_fini(struct ph_knowntags *tags)
{
    for (size_t i = 0; i < tags->count; i++)
        known_fini(&tags->items[i]);
    ph_free(tags->items);
    ph_table_fini(&tags->places);
    *tags = (struct ph_knowntags){0};
}

/* ------------------------------------------------------------------ looking for a tag */

struct ph_error *ph_knowntags_find(const struct ph_knowntags *tags, enum ph_known_system system,
                                   struct ph_slice tag, struct ph_knowntag_matches *matches)
{
    matches->count = 0;
    for (size_t i = 0; i < tags->count; i++) {
        const struct ph_knowntag *known = &tags->items[i];
        if (known->system != system || !ph_pattern_match(known->pattern, tag))
            continue;
        PH_TRY(ph_grow(&matches->items, &matches->capacity, matches->count + 1, sizeof(void *)));
        size_t at = matches->count++;
        for (; at > 0 &&
               ph_pattern_rank(known->pattern) > ph_pattern_rank(matches->items[at - 1]->pattern);
             at--)
            matches->items[at] = matches->items[at - 1];
        matches->items[at] = known;
    }
    return NULL;
}

void ph_knowntag_matches_fini(struct ph_knowntag_matches *matches)
{
    ph_free((void *)matches->items);
    *matches = (struct ph_knowntag_matches){0};
}
