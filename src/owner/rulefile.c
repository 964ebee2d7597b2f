#include "owner/rulefile.h"

#include <string.h>

void ph_rulefile_init(struct ph_rulefile *file, const char *name, struct ph_slice bytes)
{
    if (ph_slice_starts(bytes, "\xef\xbb\xbf")) { /* the mark that some editors write */
        bytes.data += 3;
        bytes.size -= 3;
    }
    *file = (struct ph_rulefile){.reader = ph_reader_of(name, bytes.data, bytes.size)};
}

void ph_rulefile_fini(struct ph_rulefile *file)
{
    ph_text_fini(&file->value);
}

static struct ph_error *wrong(const struct ph_rulefile *file, const char *what)
{
    return ph_errorf(PH_ERR_FORMAT, "%s:%zu: %s", file->reader.name, file->reader.line, what);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Nothing but blanks, or a comment. */
static bool says_nothing(struct ph_slice line)
{
    struct ph_slice text = ph_slice_trim(line);

    return text.size == 0 || text.data[0] == '#';
}

static struct ph_error *add_value(struct ph_rulefile *file, struct ph_slice part)
{
    part = ph_slice_trim(part);
    if (part.size && memchr(part.data, 0, part.size))
        return wrong(file, "a zero byte");
    if (file->value.size + part.size > PH_RULEFILE_VALUE_MOST)
        return wrong(file, "the value is too long");
    if (file->value.size && part.size)
        ph_text_putc(&file->value, ' ');
    ph_text_add(&file->value, part.data, part.size);
    return ph_text_check(&file->value);
}

/* Takes the lines that go on with the value. */
static struct ph_error *add_continuation(struct ph_rulefile *file)
{
    struct ph_slice line;

    for (;;) {
        struct ph_reader ahead = file->reader;
        if (!ph_reader_line(&ahead, &line) || !line.size || !is_blank(line.data[0]) ||
            says_nothing(line))
            return NULL;
        file->reader = ahead;
        PH_TRY(add_value(file, line));
    }
}

static struct ph_slice unquoted(const struct ph_text *value)
{
    struct ph_slice text = {value->data, value->size};

    if (text.size >= 2 && text.data[0] == '"' && text.data[text.size - 1] == '"') {
        value->data[text.size - 1] = 0;
        return (struct ph_slice){text.data + 1, text.size - 2};
    }
    return text;
}

static struct ph_error *read_head(struct ph_rulefile *file, struct ph_slice line,
                                  struct ph_rulefile_item *item)
{
    struct ph_slice inside = ph_slice_trim(line);

    if (inside.data[inside.size - 1] != ']')
        return wrong(file, "'[' without ']'");
    inside = (struct ph_slice){inside.data + 1, inside.size - 2};
    if (!ph_slice_word(&inside, &item->key))
        return wrong(file, "'[]' names no kind of rule");
    item->head = true;
    return add_value(file, inside);
}

static struct ph_error *read_field(struct ph_rulefile *file, struct ph_slice line,
                                   struct ph_rulefile_item *item)
{
    const char *sign = memchr(line.data, '=', line.size);

    if (is_blank(line.data[0]))
        return wrong(file, "goes on with a value, but there is none before it");
    if (!sign)
        return wrong(file, "neither '[kind name]' nor 'key = value'");
    size_t length = (size_t)(sign - line.data);
    item->key = ph_slice_trim((struct ph_slice){line.data, length});
    item->head = false;
    PH_TRY(add_value(file, (struct ph_slice){sign + 1, line.size - length - 1}));
    return add_continuation(file);
}

struct ph_error *ph_rulefile_next(struct ph_rulefile *file, struct ph_rulefile_item *item,
                                  bool *end)
{
    struct ph_rulefile_item found;
    struct ph_slice line;

    do {
        if (!ph_reader_line(&file->reader, &line)) {
            *end = true;
            return NULL;
        }
    } while (says_nothing(line));
    ph_text_clear(&file->value);
    ph_text_puts(&file->value, "");
    found.line = file->reader.line;
    if (line.data[0] == '[')
        PH_TRY(read_head(file, line, &found));
    else
        PH_TRY(read_field(file, line, &found));
    found.value = unquoted(&file->value);
    *item = found;
    *end = false;
    return NULL;
}

bool ph_known_system_from(struct ph_slice word, enum ph_known_system *system)
{
    if (ph_slice_is(word, "windows"))
        *system = PH_KNOWN_WINDOWS;
    else if (ph_slice_is(word, "linux"))
        *system = PH_KNOWN_LINUX;
    else
        return false;
    return true;
}

unsigned ph_pattern_rank(const char *pattern)
{
    size_t prefix = strcspn(pattern, "*?"), literal = 0;

    if (!pattern[prefix])
        return 1u << 24; /* no wildcard */
    for (const char *at = pattern; *at; at++)
        literal += *at != '*' && *at != '?';
    if (prefix > 0xfff)
        prefix = 0xfff;
    return (unsigned)(prefix << 12 | (literal > 0xfff ? 0xfff : literal));
}
