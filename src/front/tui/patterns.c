#include "front/tui/patterns.h"

#include <string.h>

struct ph_error *ph_patterns_add(struct ph_patterns *patterns, struct ph_slice pattern)
{
    PH_TRY(ph_grow(&patterns->items, &patterns->capacity, patterns->count + 1,
                   sizeof(*patterns->items)));
    char *copy = ph_memdup(pattern.data, pattern.size);
    if (!copy)
        return ph_error_nomem();
    patterns->items[patterns->count++] = copy;
    return NULL;
}

void ph_patterns_fini(struct ph_patterns *patterns)
{
    for (size_t i = 0; i < patterns->count; i++)
        ph_free(patterns->items[i]);
    ph_free(patterns->items);
    *patterns = (struct ph_patterns){0};
}

/* The pattern at the front of `rest`, its quotes undone into `word`. */
static struct ph_error *take(struct ph_slice *rest, struct ph_text *word)
{
    size_t i = 0;

    ph_text_clear(word);
    ph_text_add(word, "", 0);
    for (; i < rest->size && rest->data[i] != ' ' && rest->data[i] != '\t'; i++) {
        char c = rest->data[i];
        if (c != '\'' && c != '"') {
            ph_text_putc(word, c);
            continue;
        }
        const char *end = memchr(rest->data + i + 1, c, rest->size - i - 1);
        if (!end)
            return ph_errorf(PH_ERR_USAGE, "the quote %c has no end: no filter was changed", c);
        ph_text_add(word, rest->data + i + 1, (size_t)(end - rest->data) - i - 1);
        i = (size_t)(end - rest->data);
    }
    *rest = (struct ph_slice){rest->data + i, rest->size - i};
    return ph_text_check(word);
}

struct ph_error *ph_patterns_parse(struct ph_slice line, struct ph_patterns *patterns)
{
    PH_GUARD(ph_patterns_fini) struct ph_patterns fresh = {0};
    PH_GUARD(ph_text_fini) struct ph_text word = {0};

    for (;;) {
        line = ph_slice_trim(line);
        if (!line.size)
            break;
        PH_TRY(take(&line, &word));
        if (word.size)
            PH_TRY(ph_patterns_add(&fresh, (struct ph_slice){word.data, word.size}));
    }
    struct ph_patterns old = *patterns;
    *patterns = fresh;
    fresh = old; /* freed by the guard */
    return NULL;
}

/* Quotes hold everything but themselves: a pattern with both kinds takes several. */
static void quote(const char *pattern, struct ph_text *out)
{
    while (*pattern) {
        char mark = *pattern == '\'' ? '"' : '\'';
        size_t length = strcspn(pattern, (char[]){mark, 0});
        ph_text_putc(out, mark);
        ph_text_add(out, pattern, length);
        ph_text_putc(out, mark);
        pattern += length;
    }
}

void ph_patterns_line(const struct ph_patterns *patterns, struct ph_text *out)
{
    for (size_t i = 0; i < patterns->count; i++) {
        const char *pattern = patterns->items[i];
        if (i)
            ph_text_putc(out, ' ');
        if (strpbrk(pattern, " \t'\""))
            quote(pattern, out);
        else
            ph_text_puts(out, pattern);
    }
}
