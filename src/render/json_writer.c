#include "render/json_writer.h"

#include <inttypes.h>
#include <math.h>

#include "render/screen.h"

static void begin(struct ph_json *json, const char *name)
{
    if (json->filled[json->depth])
        ph_text_putc(json->out, ',');
    /* Rows on lines of their own: big documents stay readable for line tools. */
    if (json->depth == 2 && !name)
        ph_text_putc(json->out, '\n');
    json->filled[json->depth] = true;
    if (name)
        ph_text_printf(json->out, "\"%s\":", name);
}

void ph_json_open(struct ph_json *json, const char *name, char bracket)
{
    begin(json, name);
    ph_text_putc(json->out, bracket);
    if (json->depth + 1 < PH_JSON_DEPTH)
        json->depth++;
    json->filled[json->depth] = false;
}

void ph_json_close(struct ph_json *json, char bracket)
{
    ph_text_putc(json->out, bracket);
    if (json->depth)
        json->depth--;
}

void ph_json_string(struct ph_json *json, const char *name, struct ph_slice utf8)
{
    begin(json, name);
    ph_text_putc(json->out, '"');
    for (size_t i = 0; i < utf8.size; i++) {
        unsigned char c = (unsigned char)utf8.data[i];
        if (c == '"' || c == '\\')
            ph_text_printf(json->out, "\\%c", c);
        else if (c < 0x20)
            ph_text_printf(json->out, "\\u%04x", c);
        else
            ph_text_putc(json->out, (char)c);
    }
    ph_text_putc(json->out, '"');
}

static void printable(struct ph_json *json, const char *name, struct ph_slice bytes,
                      void (*make)(bool, struct ph_slice, struct ph_text *))
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    make(true, bytes, &text);
    if (text.failed)
        json->out->failed = true;
    ph_json_string(json, name, ph_text_slice(&text));
}

void ph_json_foreign(struct ph_json *json, const char *name, struct ph_slice bytes)
{
    printable(json, name, bytes, ph_screen_foreign);
}

void ph_json_prose(struct ph_json *json, const char *name, const char *text)
{
    if (text && *text)
        printable(json, name, ph_slice_of(text), ph_screen_prose);
    else
        ph_json_null(json, name);
}

void ph_json_hex(struct ph_json *json, const char *name, struct ph_slice bytes)
{
    begin(json, name);
    ph_text_putc(json->out, '"');
    for (size_t i = 0; i < bytes.size; i++)
        ph_text_printf(json->out, "%02x", (unsigned char)bytes.data[i]);
    ph_text_putc(json->out, '"');
}

void ph_json_bool(struct ph_json *json, const char *name, bool value)
{
    begin(json, name);
    ph_text_puts(json->out, value ? "true" : "false");
}

void ph_json_null(struct ph_json *json, const char *name)
{
    begin(json, name);
    ph_text_puts(json->out, "null");
}

void ph_json_signed(struct ph_json *json, const char *name, bool known, int64_t number)
{
    begin(json, name);
    if (known)
        ph_text_printf(json->out, "%" PRId64, number);
    else
        ph_text_puts(json->out, "null");
}

void ph_json_unsigned(struct ph_json *json, const char *name, bool known, uint64_t number)
{
    begin(json, name);
    if (known)
        ph_text_printf(json->out, "%" PRIu64, number);
    else
        ph_text_puts(json->out, "null");
}

void ph_json_double(struct ph_json *json, const char *name, double number)
{
    begin(json, name);
    if (isfinite(number))
        ph_text_printf(json->out, "%.9g", number);
    else
        ph_text_puts(json->out, "null");
}

void ph_json_rounded(struct ph_json *json, const char *name, double bytes)
{
    bool whole = isfinite(bytes) && fabs(bytes) < 9e18;

    ph_json_signed(json, name, whole, whole ? (int64_t)llround(bytes) : 0);
}

void ph_json_begin(struct ph_json *json, const char *kind, struct ph_text *out)
{
    *json = (struct ph_json){.out = out};
    ph_json_open(json, NULL, '{');
    ph_json_string(json, "schema", ph_slice_of("poolhound/1"));
    ph_json_string(json, "kind", ph_slice_of(kind));
    ph_json_string(json, "poolhound_version", ph_slice_of(POOLHOUND_VERSION));
}

struct ph_error *ph_json_end(struct ph_json *json)
{
    ph_json_close(json, '}');
    ph_text_putc(json->out, '\n');
    return ph_text_check(json->out);
}

void ph_json_losses(struct ph_json *json, const struct ph_loss_list *list)
{
    ph_json_open(json, "losses", '[');
    for (size_t i = 0; list && i < list->count; i++) {
        ph_json_open(json, NULL, '{');
        ph_json_prose(json, "what", list->items[i].what);
        ph_json_unsigned(json, "count", list->items[i].count != 0, list->items[i].count);
        ph_json_close(json, '}');
    }
    ph_json_close(json, ']');
}
