/* The forms that the lists are found in, measured on five public generations of pooltag.txt:
 *
 *     Abcd - driver.sys   - words             the rule
 *     PX1 - driver.sys    - words             a tag of three: its blank is column 4
 *     Fsb -  driver.sys                       nothing but a binary
 *     Tun4  - <unknown>                       two blanks before the dash
 *     ATmp - words                            no binary: there is one dash only
 *     EtwO - nt!etw         words             the second dash is missing
 *     CMAl - nt!cm        -words              no blank behind the second dash
 *     Xyz? - driver.sys   - words - words     wildcards; a dash in the description
 *     Im*  - driver.sys   - words             `*` may be padded
 *     Vi54 - <driver.sys> - words             brackets around a name
 *
 * The tag is cut at column 4, not at a dash, because a tag may hold one.
 */
#include "owner/taglist.h"

#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "owner/rulefile.h"

enum {
    TAG = 4,
    TOLD_LINES = 8, /* lines that are no entry and are told one by one */
    NONE = -1
};

/* ------------------------------------------------------------------ one line */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct ph_slice behind(struct ph_slice slice, size_t from)
{
    return (struct ph_slice){slice.data + from, slice.size - from};
}

static bool is_comment(struct ph_slice line)
{
    return ph_slice_starts(line, "//") ||
           (ph_slice_starts(line, "rem") && (line.size == 3 || is_blank(line.data[3])));
}

/* `-` behind blanks from `at` on: where what follows it begins; NONE when there is none. */
static long behind_dash(struct ph_slice line, size_t at)
{
    while (at < line.size && is_blank(line.data[at]))
        at++;
    return at < line.size && line.data[at] == '-' ? (long)at + 1 : NONE;
}

/* Takes the tag off the line; what stands behind its dash is in `*rest`. */
static bool read_tag(struct ph_slice line, char tag[TAG + 1], struct ph_slice *rest)
{
    size_t length = TAG;
    long from = line.size > TAG ? behind_dash(line, TAG) : NONE;

    if (from == NONE) { /* shorter than four, and not padded: "Io - driver.sys" */
        length = 0;
        while (length < TAG - 1 && length < line.size && !is_blank(line.data[length]))
            length++;
        if (!length || length >= line.size || !is_blank(line.data[length]))
            return false;
        from = behind_dash(line, length);
    }
    if (from == NONE)
        return false;
    memset(tag, ' ', TAG);
    memcpy(tag, line.data, length);
    tag[TAG] = 0;
    char *star = strchr(tag, '*'); /* behind it there is only padding */
    if (star && strspn(star + 1, " ") == strlen(star + 1))
        star[1] = 0;
    *rest = ph_slice_trim(behind(line, (size_t)from));
    return strspn(tag, " ") < TAG;
}

/* True when a word names a file or a part of one. */
static bool is_binary(struct ph_slice word)
{
    static const char *const endings[] = {".sys", ".dll", ".lib", ".exe"};

    if (!word.size || memchr(word.data, '!', word.size) || word.data[0] == '<')
        return word.size > 0;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
        if (word.size > 4 && ph_slice_is(behind(word, word.size - 4), endings[i]))
            return true;
    return false;
}

/* "binary - description", where either may be missing. */
static void split(struct ph_slice rest, struct ph_taglist_entry *entry)
{
    struct ph_slice words = rest, first = {rest.data, 0};

    if (rest.size && rest.data[0] == '-') { /* "Abcd - - words" */
        entry->description = ph_slice_trim(behind(rest, 1));
        return;
    }
    for (size_t i = 1; i < rest.size; i++)
        if (rest.data[i] == '-' && is_blank(rest.data[i - 1])) {
            entry->binary = ph_slice_trim((struct ph_slice){rest.data, i});
            entry->description = ph_slice_trim(behind(rest, i + 1));
            return;
        }
    (void)ph_slice_word(&words, &first);
    if (is_binary(first)) {
        entry->binary = first;
        entry->description = ph_slice_trim(words);
    } else {
        entry->description = rest;
    }
}

/* "nt!mm" is a part of a driver; "<unknown>" and "<multiple>" are none, "<x.sys>" is one. */
static void clean(struct ph_taglist_entry *entry)
{
    struct ph_slice name = entry->binary;

    if (name.size >= 2 && name.data[0] == '<' && name.data[name.size - 1] == '>') {
        name = ph_slice_trim((struct ph_slice){name.data + 1, name.size - 2});
        if (ph_slice_is(name, "unknown") || ph_slice_is(name, "multiple"))
            name.size = 0;
    }
    const char *mark = name.size ? memchr(name.data, '!', name.size) : NULL;
    entry->driver = name;
    if (mark) {
        size_t length = (size_t)(mark - name.data);
        entry->driver = ph_slice_trim((struct ph_slice){name.data, length});
        entry->component = ph_slice_trim(behind(name, length + 1));
    }
}

/* ------------------------------------------------------------------ a file */

static struct ph_error *keep_text(struct ph_taglist *list, char *owned)
{
    if (!owned)
        return ph_error_nomem();
    struct ph_error *error =
        ph_grow(&list->texts, &list->text_capacity, list->text_count + 1, sizeof(*list->texts));
    if (error) {
        ph_free(owned);
        return error;
    }
    list->texts[list->text_count++] = owned;
    return NULL;
}

static struct ph_error *index_entry(struct ph_taglist *list, uint32_t number)
{
    struct ph_taglist_entry *entry = &list->entries[number];
    struct ph_slice tag = {entry->pattern, TAG};
    uint32_t first;

    entry->next = UINT32_MAX;
    if (strpbrk(entry->pattern, "*?")) {
        PH_TRY(
            ph_grow(&list->wild, &list->wild_capacity, list->wild_count + 1, sizeof(*list->wild)));
        list->wild[list->wild_count++] = number;
        return NULL;
    }
    entry->last = number;
    if (!ph_table_find(&list->exact, tag, &first))
        return ph_table_put(&list->exact, tag, number);
    list->entries[list->entries[first].last].next = number;
    list->entries[first].last = number;
    return NULL;
}

static struct ph_error *add_entry(struct ph_taglist *list, const struct ph_taglist_entry *entry)
{
    PH_TRY(ph_grow(&list->entries, &list->capacity, list->count + 1, sizeof(*list->entries)));
    list->entries[list->count] = *entry;
    PH_TRY(index_entry(list, (uint32_t)list->count));
    list->count++;
    return NULL;
}

/* Owned bytes in a form that can be read by lines. */
static struct ph_error *copy_bytes(struct ph_taglist *list, const char *name, struct ph_slice bytes,
                                   struct ph_slice *copy)
{
    bool big_endian, has_mark;
    uint64_t replaced;
    char *text = NULL;
    size_t size = bytes.size;

    if (ph_slice_starts(bytes, "\xef\xbb\xbf"))
        bytes = behind(bytes, 3);
    if (ph_is_utf16(bytes, &big_endian, &has_mark)) {
        if (has_mark)
            bytes = behind(bytes, 2);
        PH_TRY(ph_utf16_to_utf8(bytes, big_endian, &text, &size, &replaced));
    } else {
        size = bytes.size;
        text = ph_memdup(bytes.data, bytes.size);
    }
    PH_TRY(keep_text(list, text));
    const char *zero = memchr(text, 0, size);
    if (zero)
        return ph_errorf(PH_ERR_FORMAT, "%s: no tag list: byte %zu is zero, so it is not text",
                         name, (size_t)(zero - text));
    *copy = (struct ph_slice){text, size};
    return NULL;
}

static struct ph_error *lose_line(struct ph_taglist *list, const char *name, size_t line,
                                  size_t *lost)
{
    if (++*lost > TOLD_LINES)
        return NULL;
    return ph_loss_add(&list->losses, 1, "%s:%zu: no entry 'Tag - driver - description', left out",
                       name, line);
}

static struct ph_error *add_lines(struct ph_taglist *list, const char *name, struct ph_slice bytes,
                                  size_t *added)
{
    struct ph_reader reader = ph_reader_of(name, bytes.data, bytes.size);
    struct ph_slice line, rest;
    size_t lost = 0;

    while (ph_reader_line(&reader, &line)) {
        struct ph_taglist_entry entry = {.list = name, .line = reader.line};
        if (!ph_slice_trim(line).size || is_comment(line))
            continue;
        if (!read_tag(line, entry.pattern, &rest)) {
            PH_TRY(lose_line(list, name, reader.line, &lost));
            continue;
        }
        split(rest, &entry);
        clean(&entry);
        PH_TRY(add_entry(list, &entry));
        ++*added;
    }
    if (lost <= TOLD_LINES)
        return NULL;
    return ph_loss_add(&list->losses, lost - TOLD_LINES, "%s: further lines that are no entry",
                       name);
}

struct ph_error *ph_taglist_add(struct ph_taglist *list, const char *name, struct ph_slice bytes)
{
    struct ph_slice copy;
    size_t added = 0;

    PH_TRY(keep_text(list, ph_strdup(name)));
    const char *kept = list->texts[list->text_count - 1];
    PH_TRY(copy_bytes(list, name, bytes, &copy));
    PH_TRY(add_lines(list, kept, copy, &added));
    return added ? NULL
                 : ph_errorf(PH_ERR_FORMAT,
                             "%s: no tag list: no line reads 'Tag - driver - description'", name);
}

void ph_taglist_fini(struct ph_taglist *list)
{
    for (size_t i = 0; i < list->text_count; i++)
        ph_free(list->texts[i]);
    ph_free(list->texts);
    ph_free(list->entries);
    ph_free(list->wild);
    ph_table_fini(&list->exact);
    ph_loss_fini(&list->losses);
    *list = (struct ph_taglist){0};
}

/* ------------------------------------------------------------------ looking for a tag */

static bool same_entry(const struct ph_taglist_entry *a, const struct ph_taglist_entry *b)
{
    return !strcmp(a->pattern, b->pattern) && a->binary.size == b->binary.size &&
           a->description.size == b->description.size &&
           (!a->binary.size || !memcmp(a->binary.data, b->binary.data, a->binary.size)) &&
           (!a->description.size ||
            !memcmp(a->description.data, b->description.data, a->description.size));
}

/* Real lists have at most three owners of a tag; a made-up one must not take long. */
enum { MATCHES_MOST = 256, LOOKED_MOST = 4096 };

static struct ph_error *add_match(const struct ph_taglist_entry *entry,
                                  struct ph_taglist_matches *matches)
{
    for (size_t i = 0; i < matches->count; i++)
        if (same_entry(matches->items[i], entry))
            return NULL;
    if (matches->count >= MATCHES_MOST)
        return NULL;
    PH_TRY(ph_grow(&matches->items, &matches->capacity, matches->count + 1, sizeof(void *)));
    matches->items[matches->count++] = entry;
    return NULL;
}

static bool comes_before(const struct ph_taglist_entry *a, const struct ph_taglist_entry *b)
{
    unsigned left = ph_pattern_rank(a->pattern), right = ph_pattern_rank(b->pattern);

    return left != right ? left > right : a < b;
}

static void sort(struct ph_taglist_matches *matches)
{
    for (size_t i = 1; i < matches->count; i++) {
        const struct ph_taglist_entry *moved = matches->items[i];
        size_t at = i;
        for (; at > 0 && comes_before(moved, matches->items[at - 1]); at--)
            matches->items[at] = matches->items[at - 1];
        matches->items[at] = moved;
    }
}

struct ph_error *ph_taglist_find(const struct ph_taglist *list, const uint8_t tag[4],
                                 struct ph_taglist_matches *matches)
{
    const char masked[TAG] = {(char)tag[0], (char)tag[1], (char)tag[2], (char)(tag[3] & 0x7f)};
    struct ph_slice wanted = {masked, TAG};
    uint32_t number;

    matches->count = 0;
    if (!ph_table_find(&list->exact, wanted, &number))
        number = UINT32_MAX;
    for (size_t i = 0; number != UINT32_MAX && i < LOOKED_MOST; i++) {
        PH_TRY(add_match(&list->entries[number], matches));
        number = list->entries[number].next;
    }
    for (size_t i = 0; i < list->wild_count; i++)
        if (ph_pattern_match(list->entries[list->wild[i]].pattern, wanted))
            PH_TRY(add_match(&list->entries[list->wild[i]], matches));
    sort(matches);
    return NULL;
}

void ph_taglist_matches_fini(struct ph_taglist_matches *matches)
{
    ph_free((void *)matches->items);
    *matches = (struct ph_taglist_matches){0};
}

/* ------------------------------------------------------------------ usual places */

/* Below a folder of programs: the debuggers, and the kits that hold poolmon.exe. */
static const char *const program_places[] = {
    "Windows Kits/10/Debuggers/x64/triage/pooltag.txt",
    "Windows Kits/10/Debuggers/x86/triage/pooltag.txt",
    "Windows Kits/10/Debuggers/arm64/triage/pooltag.txt",
    "Windows Kits/8.1/Debuggers/x64/triage/pooltag.txt",
    "Windows Kits/8.1/Debuggers/x86/triage/pooltag.txt",
    "Windows Kits/8.0/Debuggers/x64/triage/pooltag.txt",
    "Windows Kits/8.0/Debuggers/x86/triage/pooltag.txt",
    "Windows Kits/10/Tools/x64/pooltag.txt",
    "Windows Kits/10/Tools/x86/pooltag.txt",
    "Debugging Tools for Windows (x64)/triage/pooltag.txt",
    "Debugging Tools for Windows (x86)/triage/pooltag.txt",
    "Debugging Tools for Windows/triage/pooltag.txt",
};

static struct ph_error *offer(const char *folder, const char *name,
                              struct ph_error *(*visit)(void *context, const char *path),
                              void *context)
{
    if (!folder)
        return NULL;
    ph_autofree char *path = ph_path_join(folder, name);
    return path ? visit(context, path) : ph_error_nomem();
}

struct ph_error *ph_taglist_each_place(const struct ph_taglist_places *places,
                                       struct ph_error *(*visit)(void *context, const char *path),
                                       void *context)
{
    PH_TRY(visit(context, "localtag.txt"));
    PH_TRY(visit(context, "pooltag.txt"));
    PH_TRY(offer(places->beside, "localtag.txt", visit, context));
    PH_TRY(offer(places->beside, "pooltag.txt", visit, context));
    PH_TRY(offer(places->config_home, "poolhound/localtag.txt", visit, context));
    PH_TRY(offer(places->config_home, "poolhound/pooltag.txt", visit, context));
    PH_TRY(offer(places->config_system, "poolhound/pooltag.txt", visit, context));
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < sizeof(program_places) / sizeof(program_places[0]); k++)
            PH_TRY(offer(places->program_files[i], program_places[k], visit, context));
    return NULL;
}
