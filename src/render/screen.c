#include "render/screen.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "render/rate.h"

/* Narrower than this the tables would have to cut numbers; wider than this lines get lost. */
enum { COLUMNS_LEAST = 76, COLUMNS_MOST = 400, COLUMNS_USUAL = 80 };

struct ph_screen ph_screen_of(const struct ph_style *style, struct ph_text *out)
{
    size_t columns = style->columns ? style->columns : COLUMNS_USUAL;

    columns = columns < COLUMNS_LEAST ? COLUMNS_LEAST : columns;
    columns = columns > COLUMNS_MOST ? COLUMNS_MOST : columns;
    return (struct ph_screen){style, out, columns};
}

/* ------------------------------------------------------------------ foreign bytes */

static void add_printable(bool utf8, bool undouble, struct ph_slice bytes, struct ph_text *out)
{
    PH_GUARD(ph_text_fini) struct ph_text plain = {0};

    ph_text_escaped(&plain, bytes);
    if (plain.failed)
        out->failed = true;
    for (size_t i = 0; i < plain.size; i++) {
        unsigned char c = (unsigned char)plain.data[i];
        if (!utf8 && c >= 0x80)
            ph_text_printf(out, "\\x%02x", c);
        else
            ph_text_putc(out, (char)c);
        if (undouble && c == '\\' && i + 1 < plain.size && plain.data[i + 1] == '\\')
            i++;
    }
}

void ph_screen_foreign(bool utf8, struct ph_slice bytes, struct ph_text *out)
{
    add_printable(utf8, false, bytes, out);
}

void ph_screen_prose(bool utf8, struct ph_slice bytes, struct ph_text *out)
{
    add_printable(utf8, true, bytes, out);
}

static bool is_site(const struct ph_series *series)
{
    return series->origin == PH_ORIGIN_ALLOCINFO || series->origin == PH_ORIGIN_VMALLOCINFO ||
           series->origin == PH_ORIGIN_TRACE;
}

bool ph_screen_name_has_module(const struct ph_series *series)
{
    return series->module && is_site(series);
}

void ph_screen_name(bool utf8, const struct ph_series *series, struct ph_text *out)
{
    ph_screen_foreign(utf8, series->tag, out);
    if (!ph_screen_name_has_module(series))
        return;
    size_t tag = series->tag.size;
    if (tag && series->tag.data[tag - 1] == ']')
        return; /* the kernel's own text names it */
    ph_text_puts(out, " [");
    ph_screen_foreign(utf8, ph_slice_of(series->module), out);
    ph_text_putc(out, ']');
}

/* ------------------------------------------------------------------ cells */

void ph_screen_blanks(struct ph_text *out, size_t count)
{
    while (count--)
        ph_text_putc(out, ' ');
}

/* Bytes of the longest beginning that takes at most `width` columns. */
static size_t cut(struct ph_slice printable, size_t width)
{
    size_t used = 0, at = 0;

    while (at < printable.size) {
        size_t next = at + 1;
        while (next < printable.size && ((unsigned char)printable.data[next] & 0xc0) == 0x80)
            next++;
        size_t wide = ph_text_width((struct ph_slice){printable.data + at, next - at});
        if (used + wide > width)
            break;
        used += wide;
        at = next;
    }
    return at;
}

void ph_screen_fit(bool utf8, struct ph_slice printable, size_t width, struct ph_text *out)
{
    if (ph_text_width(printable) <= width) {
        ph_text_add(out, printable.data, printable.size);
        return;
    }
    const char *mark = utf8 ? "\u2026" : "...";
    size_t mark_width = utf8 ? 1 : 3;
    if (width > mark_width)
        ph_text_add(out, printable.data, cut(printable, width - mark_width));
    ph_text_add(out, mark, mark_width <= width ? strlen(mark) : 0);
}

static const char *tint_code(const struct ph_screen *screen, enum ph_tint tint)
{
    static const char *const codes[] = {
        [PH_TINT_PLAIN] = "",        [PH_TINT_ALARM] = "\033[1;31m", [PH_TINT_WARN] = "\033[33m",
        [PH_TINT_CALM] = "\033[36m", [PH_TINT_BOLD] = "\033[1m",
    };

    return screen->style->colour ? codes[tint] : "";
}

static const char *tint_end(const struct ph_screen *screen, enum ph_tint tint)
{
    return screen->style->colour && tint != PH_TINT_PLAIN ? "\033[0m" : "";
}

void ph_screen_left(struct ph_screen *screen, struct ph_slice printable, size_t width,
                    enum ph_tint tint)
{
    PH_GUARD(ph_text_fini) struct ph_text fitted = {0};

    ph_screen_fit(screen->style->utf8, printable, width, &fitted);
    if (fitted.failed)
        screen->out->failed = true;
    size_t used = ph_text_width(ph_text_slice(&fitted));
    ph_text_puts(screen->out, tint_code(screen, tint));
    ph_text_add(screen->out, fitted.data, fitted.size);
    ph_text_puts(screen->out, tint_end(screen, tint));
    ph_screen_blanks(screen->out, width > used ? width - used : 0);
}

/* A name cut to `width` after `lead`: a file's path loses its head, not the function at its end. */
static void fit_name(bool utf8, const char *lead, const struct ph_series *series, size_t width,
                     bool trim, struct ph_text *out)
{
    bool path = memchr(series->tag.data, '/', series->tag.size);
    const char *mark = utf8 ? "\u2026" : "...";
    size_t room = width > strlen(lead) ? width - strlen(lead) : 0, mark_width = utf8 ? 1 : 3;
    PH_GUARD(ph_text_fini) struct ph_text name = {0};

    ph_screen_name(utf8, series, &name);
    if (name.failed)
        out->failed = true;
    struct ph_slice rest = ph_text_slice(&name);
    if (trim)
        rest = ph_slice_trim(rest);
    ph_text_puts(out, lead);
    if (!path || room <= mark_width || ph_text_width(rest) <= room) {
        ph_screen_fit(utf8, rest, room, out);
        return;
    }
    while (rest.size && (mark_width + ph_text_width(rest) > room ||
                         ((unsigned char)rest.data[0] & 0xc0) == 0x80)) {
        rest.data++;
        rest.size--;
    }
    ph_text_puts(out, mark);
    ph_text_add(out, rest.data, rest.size);
}

void ph_screen_name_cell(struct ph_screen *screen, const char *lead, const struct ph_series *series,
                         size_t width)
{
    PH_GUARD(ph_text_fini) struct ph_text cell = {0};

    fit_name(screen->style->utf8, lead, series, width, false, &cell);
    if (cell.failed)
        screen->out->failed = true;
    ph_screen_left(screen, ph_text_slice(&cell), width, PH_TINT_PLAIN);
}

void ph_screen_right(struct ph_screen *screen, struct ph_slice printable, size_t width)
{
    size_t used = ph_text_width(printable);

    ph_screen_blanks(screen->out, width > used ? width - used : 0);
    ph_text_add(screen->out, printable.data, printable.size);
}

void ph_screen_number(bool minus, uint64_t magnitude, size_t width, struct ph_text *out)
{
    static const char units[] = "kMGTPE";
    char digits[32];
    int length = snprintf(digits, sizeof(digits), "%s%" PRIu64, minus ? "-" : "", magnitude);
    double value = (double)magnitude;
    size_t unit = 0;

    if (length > 0 && (size_t)length <= width) {
        ph_text_puts(out, digits);
        return;
    }
    for (value /= 1000; value >= 999.5 && units[unit + 1]; unit++)
        value /= 1000;
    ph_text_printf(out, "%s%.*f%c", minus ? "-" : "", value < 9.95 ? 1 : 0, value, units[unit]);
}

/* ------------------------------------------------------------------ prose */

/* End of the word at `at`. A number keeps its unit beside it, unless that makes it unwieldy. */
static size_t word_end(struct ph_slice text, size_t at)
{
    enum { UNWIELDY = 24 };
    size_t end = at;

    for (;;) {
        while (end < text.size && text.data[end] != ' ')
            end++;
        char last = text.data[end - 1];
        if (last < '0' || last > '9' || end + 1 >= text.size || text.data[end + 1] == ' ')
            return end;
        size_t next = end + 1;
        while (next < text.size && text.data[next] != ' ')
            next++;
        if (next - at > UNWIELDY)
            return end;
        end = next;
    }
}

void ph_screen_wrap(struct ph_screen *screen, size_t at, size_t indent, struct ph_slice printable,
                    enum ph_tint tint)
{
    bool fresh = true; /* nothing of the text on this line yet */

    ph_text_puts(screen->out, tint_code(screen, tint));
    for (size_t i = 0; i < printable.size;) {
        if (printable.data[i] == ' ') {
            i++;
            continue;
        }
        size_t end = word_end(printable, i);
        struct ph_slice word = {printable.data + i, end - i};
        size_t width = ph_text_width(word);
        if (at + !fresh + width > screen->columns && at > indent) {
            ph_text_puts(screen->out, tint_end(screen, tint));
            ph_text_putc(screen->out, '\n');
            ph_screen_blanks(screen->out, indent);
            ph_text_puts(screen->out, tint_code(screen, tint));
            at = indent;
            fresh = true;
        }
        if (!fresh) {
            ph_text_putc(screen->out, ' ');
            at++;
        }
        size_t fits = cut(word, screen->columns - at);
        if (fits < word.size && fresh) { /* wider than a line: broken where the line ends */
            ph_text_add(screen->out, word.data, fits);
            at = screen->columns;
            fresh = false;
            i += fits;
            continue;
        }
        ph_text_add(screen->out, word.data, word.size);
        at += width;
        fresh = false;
        i = end;
    }
    ph_text_puts(screen->out, tint_end(screen, tint));
    ph_text_putc(screen->out, '\n');
}

void ph_screen_line(struct ph_screen *screen, const char *lead, const char *text, size_t indent)
{
    PH_GUARD(ph_text_fini) struct ph_text safe = {0};

    ph_screen_prose(screen->style->utf8, ph_slice_of(text), &safe);
    if (safe.failed)
        screen->out->failed = true;
    ph_text_puts(screen->out, lead);
    ph_screen_wrap(screen, strlen(lead), indent, ph_text_slice(&safe), PH_TINT_PLAIN);
}

void ph_screen_copyable(struct ph_screen *screen, const char *lead, const char *text)
{
    PH_GUARD(ph_text_fini) struct ph_text safe = {0};

    ph_screen_prose(screen->style->utf8, ph_slice_of(text), &safe);
    if (safe.failed)
        screen->out->failed = true;
    ph_text_puts(screen->out, lead);
    if (strlen(lead) + ph_text_width(ph_text_slice(&safe)) > screen->columns) {
        ph_screen_end_line(screen->out);
        ph_screen_blanks(screen->out, 2);
    }
    ph_text_add(screen->out, safe.data, safe.size);
    ph_screen_end_line(screen->out);
}

void ph_screen_end_line(struct ph_text *out)
{
    while (!out->failed && out->size && out->data[out->size - 1] == ' ')
        out->data[--out->size] = 0;
    ph_text_putc(out, '\n');
}

void ph_screen_losses(struct ph_screen *screen, const struct ph_loss_list *losses)
{
    if (!losses || !losses->count)
        return;
    ph_text_puts(screen->out, "\nNot read, or only in part:\n");
    for (size_t i = 0; i < losses->count; i++) {
        const struct ph_loss *loss = &losses->items[i];
        PH_GUARD(ph_text_fini) struct ph_text line = {0};
        ph_text_puts(&line, loss->what);
        if (loss->count > 1) {
            ph_text_puts(&line, " (");
            ph_text_grouped(&line, (int64_t)loss->count);
            ph_text_puts(&line, " times)");
        }
        if (line.failed)
            screen->out->failed = true;
        else
            ph_screen_line(screen, " - ", line.data, 3);
    }
}

/* ------------------------------------------------------------------ words */

void ph_screen_machine(bool utf8, const struct ph_machine *machine, struct ph_text *out)
{
    if (!machine || (!machine->host[0] && !machine->system[0] && !machine->release[0]))
        return;
    ph_screen_prose(utf8, ph_slice_of(machine->host[0] ? machine->host : "unnamed machine"), out);
    if (!machine->system[0] && !machine->release[0])
        return;
    ph_text_puts(out, " (");
    ph_screen_prose(utf8, ph_slice_of(machine->system), out);
    if (machine->system[0] && machine->release[0])
        ph_text_putc(out, ' ');
    ph_screen_prose(utf8, ph_slice_of(machine->release), out);
    ph_text_putc(out, ')');
}

void ph_screen_time(int64_t time_ns, enum ph_time_kind kind, struct ph_text *out)
{
    switch (kind) {
    case PH_TIME_ORDINAL:
        ph_text_puts(out, "reading ");
        ph_text_grouped(out, time_ns / 1000000000);
        return;
    case PH_TIME_SPACED:
        ph_text_duration(out, (double)time_ns / 1e9);
        ph_text_puts(out, " after the first reading");
        return;
    case PH_TIME_LOCAL:
        ph_text_time(out, time_ns);
        if (out->size && !out->failed && out->data[out->size - 1] == 'Z')
            out->data[--out->size] = 0;
        ph_text_puts(out, " local time");
        return;
    case PH_TIME_REAL:
        break;
    }
    ph_text_time(out, time_ns);
}

void ph_screen_count(struct ph_text *out, uint64_t count, const char *one, const char *many)
{
    ph_text_grouped(out, (int64_t)count);
    ph_text_putc(out, ' ');
    ph_text_puts(out, count == 1 ? one : many);
}

void ph_screen_rate(const struct ph_finding *finding, enum ph_time_kind kind, struct ph_text *out)
{
    if (finding->have_rate)
        ph_rate_add(out, finding->rate, finding->rate_low, finding->rate_high, finding->span_ns,
                    kind);
    else
        ph_text_putc(out, '?');
}

void ph_screen_short_name(bool utf8, const struct ph_series *series, struct ph_text *out)
{
    enum { NAME_IN_PROSE = 40 };

    fit_name(utf8, "", series, NAME_IN_PROSE, true, out);
}

enum ph_tint ph_verdict_tint(enum ph_verdict verdict, bool urgent)
{
    if (verdict >= PH_VERDICT_LEAK_LIKELY || (urgent && verdict == PH_VERDICT_GROWING))
        return PH_TINT_ALARM;
    if (verdict == PH_VERDICT_GROWING)
        return PH_TINT_WARN;
    return verdict == PH_VERDICT_LEVELLING ? PH_TINT_CALM : PH_TINT_PLAIN;
}
