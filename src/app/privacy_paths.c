/* A path within a text is one of:
 *
 *     /a/b, ~/a, ./a, ../a        two parts at least, or a beginning that only paths have
 *     C:\a, C:/a, \\server\share, \SystemRoot\a, \??\C:\a
 *     file:///a/b                 any scheme but http and https, which are links
 *     a/b.log, a\b\c              relative: an extension, or three parts
 *
 * It ends at a blank, a quote or a bracket, or at a colon, comma or semicolon with a blank or
 * another path behind it; within quotes at the closing one; in a Windows path a blank is part of it
 * when a backslash follows within two words ("C:\Program Files\x").
 *
 * No path: kB/s, and/or, GNU/Linux, 5/10, tcpip.sys/ndis.sys; "\x01", as odd bytes are written; a
 * place in the kernel's source (mm/slub.c:123). Below /proc and /sys everything has the same name
 * on every machine, control groups apart, and advice names files there: they stay, and so do the
 * public pages that known tags name as their sources. */
#include "app/privacy_paths.h"

#include <string.h>

enum {
    QUOTE_MOST = 4096,
    TAG_LENGTH = 4,  /* a pool tag may look like a path: A/B/ */
    JOINED_WORDS = 2 /* behind a blank in a Windows path */
};

/* ------------------------------------------------------------------ characters */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool ph_private_is_word(char c)
{
    return is_letter(c) || is_digit(c) || (unsigned char)c >= 0x80;
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_blank(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7f;
}

static bool is_any(char c, const char *set)
{
    return c && strchr(set, c);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool ph_private_same(struct ph_slice a, struct ph_slice b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    return true;
}

bool ph_private_one_of(struct ph_slice text, const char *const *list)
{
    for (; *list; list++)
        if (ph_private_same(text, ph_slice_of(*list)))
            return true;
    return false;
}

static char at(struct ph_slice text, size_t i)
{
    return i < text.size ? text.data[i] : 0;
}

static struct ph_slice part_of(struct ph_slice text, size_t from, size_t to)
{
    return (struct ph_slice){text.data + from, to - from};
}

/* `\x1b`, as text that is made printable writes odd bytes, is no separator. */
static bool is_separator(struct ph_slice text, size_t i)
{
    char c = at(text, i);

    return c == '/' || (c == '\\' && !(at(text, i + 1) == 'x' && is_hex(at(text, i + 2)) &&
                                       is_hex(at(text, i + 3))));
}

/* ------------------------------------------------------------------ a path's parts */

struct parts {
    size_t count, separators; /* runs of separators */
    struct ph_slice first, last, before_last;
    struct ph_slice home;                /* whose home it leads through */
    bool home_is_last, letters, drivers; /* a part before the last is a driver's file */
    bool dots;                           /* a part is `.`, `..` or `~` */
};

static struct ph_slice extension(struct ph_slice name)
{
    for (size_t i = name.size; i-- > 0;)
        if (name.data[i] == '.')
            return part_of(name, i + 1, name.size);
    return (struct ph_slice){"", 0};
}

static bool has_extension(struct ph_slice name)
{
    struct ph_slice end = extension(name);

    if (!end.size || end.size > 10 || !is_letter(end.data[0]))
        return false;
    for (size_t i = 0; i < end.size; i++)
        if (!ph_private_is_word(end.data[i]) && end.data[i] != '~')
            return false;
    return true;
}

static void take_part(struct parts *parts, struct ph_slice part)
{
    static const char *const homes[] = {"home", "users", "documents and settings", NULL};
    static const char *const driver_files[] = {"sys", "ko", "dll", "exe", NULL};
    static const char *const dots[] = {".", "..", "~", NULL};

    parts->home_is_last = parts->count && ph_private_one_of(parts->last, homes);
    if (parts->home_is_last)
        parts->home = part;
    parts->drivers |= parts->count && ph_private_one_of(extension(parts->last), driver_files);
    parts->dots |= ph_private_one_of(part, dots);
    for (size_t i = 0; i < part.size; i++)
        parts->letters |= ph_private_is_word(part.data[i]) && !is_digit(part.data[i]);
    if (!parts->count++)
        parts->first = part;
    parts->before_last = parts->last;
    parts->last = part;
}

static struct parts split(struct ph_slice path)
{
    struct parts parts = {0};
    size_t start = 0;

    for (size_t i = 0; i <= path.size; i++) {
        if (i < path.size && !is_separator(path, i))
            continue;
        if (i > start)
            take_part(&parts, part_of(path, start, i));
        parts.separators += i < path.size && (i == 0 || !is_separator(path, i - 1));
        start = i + 1;
    }
    return parts;
}

static bool is_drive(struct ph_slice text)
{
    return text.size >= 3 && is_letter(text.data[0]) && text.data[1] == ':' &&
           is_separator(text, 2);
}

/* The same on every machine. */
static bool is_everywhere(struct ph_slice path, const struct parts *parts)
{
    static const char *const roots[] = {"proc", "sys", NULL};
    static const char *const folders[] = {"/dev/shm", "/lib/modules", "/usr/lib/modules", NULL};

    if (at(path, 0) != '/' || at(path, 1) == '/' || parts->dots)
        return false;
    return ph_private_one_of(path, folders) ||
           (ph_private_one_of(parts->first, roots) && !ph_slice_starts(path, "/sys/fs/cgroup"));
}

static bool ends_with(struct ph_slice text, const char *end)
{
    struct ph_slice tail = ph_slice_of(end);

    return text.size >= tail.size &&
           ph_private_same(part_of(text, text.size - tail.size, text.size), tail);
}

/* A link that lost its https://, as the sources of known tags are written. */
static bool is_public_page(const struct parts *parts)
{
    static const char *const sites[] = {"docs.kernel.org", ".microsoft.com", "github.com"};

    for (size_t i = 0; i < sizeof(sites) / sizeof(sites[0]); i++)
        if (ends_with(parts->first, sites[i]))
            return true;
    return false;
}

static bool is_kernel_source(const struct parts *parts)
{
    static const char *const folders[] = {"arch",     "block",   "certs", "crypto",   "drivers",
                                          "fs",       "include", "init",  "io_uring", "ipc",
                                          "kernel",   "lib",     "mm",    "net",      "rust",
                                          "security", "sound",   "virt",  NULL};
    static const char *const files[] = {"c", "h", "s", "rs", NULL};
    struct ph_slice name = parts->last;

    while (name.size && (is_digit(name.data[name.size - 1]) || name.data[name.size - 1] == ':'))
        name.size--; /* :123 */
    return ph_private_one_of(parts->first, folders) && ph_private_one_of(extension(name), files);
}

/* Whether a word, or what stands within quotes, is a path. */
static bool is_path(struct ph_slice word)
{
    struct parts parts = split(word);

    if (is_drive(word))
        return true;
    if (!parts.separators || !parts.letters)
        return false;
    if (is_separator(word, 0)) {
        bool server = at(word, 0) == '\\' && is_separator(word, 1) && word.size > TAG_LENGTH + 2;
        return (parts.count >= 2 || server) && word.size > TAG_LENGTH &&
               !is_everywhere(word, &parts);
    }
    if (parts.dots)
        return true;
    if (word.size <= TAG_LENGTH || is_kernel_source(&parts) || is_public_page(&parts))
        return false;
    if (parts.count > 2)
        return true;
    return parts.count == 2 && has_extension(parts.last) && !parts.drivers;
}

void ph_private_path(struct ph_slice path, struct ph_text *out)
{
    struct parts parts = split(path);
    size_t end = path.size;

    if (is_drive(path) && parts.count == 1) {
        ph_text_add(out, path.data, path.size); /* C:\ */
        return;
    }
    if (parts.count <= 1 && !(is_separator(path, 0) && is_separator(path, 1))) {
        ph_text_add(out, path.data, path.size);
        return;
    }
    while (end && is_separator(path, end - 1))
        end--;
    char separator = end < path.size ? path.data[end] : '/';
    for (size_t i = end; end == path.size && i-- > 0;)
        if (is_separator(path, i)) {
            separator = path.data[i];
            break;
        }
    if (parts.count <= 1) { /* \\server */
        ph_text_puts(out, PH_PRIVATE_REMOVED);
    } else {
        ph_text_printf(out, "...%c", separator);
        if (parts.home_is_last)
            ph_text_puts(out, PH_PRIVATE_REMOVED);
        else
            ph_text_add(out, parts.last.data, parts.last.size);
    }
    if (end < path.size)
        ph_text_putc(out, separator);
}

/* ------------------------------------------------------------------ paths within a text */

/* Bytes of "scheme://" at `i`; 0 when there is none. */
static size_t scheme_at(struct ph_slice text, size_t i, bool *link)
{
    static const char *const links[] = {"https", "http", NULL};
    size_t end = i;

    while (is_letter(at(text, end)) || (end > i && is_any(at(text, end), "0123456789+.-")))
        end++;
    if (end == i || at(text, end) != ':' || at(text, end + 1) != '/' || at(text, end + 2) != '/')
        return 0;
    struct ph_slice scheme = part_of(text, i, end);
    *link = ph_private_one_of(scheme, links);
    return end + 3 - i;
}

/* Whether a colon, comma or semicolon at `i` ends the word. */
static bool ends_word(struct ph_slice text, size_t i)
{
    char c = at(text, i), next = at(text, i + 1);

    if (!is_any(c, ":,;"))
        return false;
    return i + 1 >= text.size || is_blank(next) || is_any(next, "/\\.~'\"`)") ||
           (c == ':' && is_digit(next)) || is_drive(part_of(text, i + 1, text.size));
}

/* True when the blank at `i` is part of a Windows path that began at `start`. */
static bool joins(struct ph_slice text, size_t start, size_t i)
{
    size_t words = 0;

    for (size_t k = i; k > start && !is_separator(text, k - 1); k--)
        if (text.data[k - 1] == '.')
            return false; /* it had its extension */
    for (size_t k = i; k < text.size && words <= JOINED_WORDS; k++) {
        bool begins = k > i && is_blank(text.data[k - 1]);
        if (is_blank(text.data[k])) {
            if (text.data[k] != ' ' || (k > i && is_blank(text.data[k - 1])))
                return false;
            words++;
        } else if (is_any(text.data[k], ":;,'\"`<>|")) {
            return false;
        } else if (is_separator(text, k)) {
            return !begins;
        }
    }
    return false;
}

/* The colon of a drive within a path: \??\C:\x. */
static bool is_inner_drive(struct ph_slice text, size_t colon)
{
    return colon >= 2 && is_letter(text.data[colon - 1]) && is_separator(text, colon - 2) &&
           is_separator(text, colon + 1);
}

/* Where the word that begins at `i` ends. */
static size_t word_end(struct ph_slice text, size_t i)
{
    struct ph_slice rest = part_of(text, i, text.size);
    bool windows = is_drive(rest) || (at(text, i) == '\\' && is_separator(text, i));
    size_t depth = 0, end = i + (is_drive(rest) ? 2 : 0);

    for (; end < text.size; end++) {
        char c = text.data[end];
        if (is_blank(c) && !(windows && c == ' ' && joins(text, i, end)))
            break;
        if (is_any(c, "'\"`<>|[]{}=") ||
            (ends_word(text, end) && !(windows && is_inner_drive(text, end))))
            break;
        if (c == ')' && !depth)
            break;
        depth += c == '(';
        depth -= c == ')';
    }
    return end;
}

/* The end of an absolute path within quotes; `otherwise` when it is not quoted. */
static size_t quoted_end(struct ph_slice text, size_t i, size_t otherwise)
{
    char quote = i ? text.data[i - 1] : 0;
    struct ph_slice rest = part_of(text, i, text.size);

    if (!is_any(quote, "'\"`") || !(is_separator(text, i) || is_drive(rest) || at(text, i) == '~'))
        return otherwise;
    for (size_t end = i; end < text.size && end - i < QUOTE_MOST; end++) {
        if (text.data[end] == '\n')
            break;
        if (text.data[end] == quote && !ph_private_is_word(at(text, end + 1)))
            return end > otherwise ? end : otherwise;
    }
    return otherwise;
}

struct found {
    size_t end;           /* of the word */
    struct ph_slice path; /* within it; empty: none */
};

static struct found look_at(struct ph_slice text, size_t i)
{
    bool link = false;
    size_t scheme = scheme_at(text, i, &link);
    size_t start = i + scheme, end = word_end(text, start);

    if (link)
        return (struct found){end, {"", 0}};
    if (scheme)
        return (struct found){end, part_of(text, start - 2, end)}; /* from its // on */
    end = quoted_end(text, i, end);
    size_t stop = end;
    while (stop > i && is_any(text.data[stop - 1], ".:!?,;"))
        stop--; /* of the sentence */
    struct ph_slice word = part_of(text, i, stop);
    if (stop > i && is_path(word))
        return (struct found){stop, word};
    return (struct found){end, {"", 0}};
}

/* True when a word may begin at `i`. */
static bool may_begin(struct ph_slice text, size_t i)
{
    char before = i ? text.data[i - 1] : ' ';

    return (ph_private_is_word(text.data[i]) || is_any(text.data[i], "/\\~._-+")) &&
           !ph_private_is_word(before) && !is_any(before, "_.-~+%/\\");
}

bool ph_private_next(struct ph_slice text, size_t *position, struct ph_slice *path)
{
    size_t i = *position;
    struct found found = {i, {"", 0}};

    if (i >= text.size)
        return false;
    if (may_begin(text, i))
        found = look_at(text, i);
    *position = found.end > i ? found.end : i + 1;
    *path = found.path;
    return true;
}

struct ph_slice ph_private_home(struct ph_slice path)
{
    return split(path).home;
}
