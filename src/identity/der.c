#include "identity/der.h"

#include <string.h>

enum { TEXT_MOST = 1024 }; /* bytes of a name; X.520 allows 64 letters */

bool ph_slice_same(struct ph_slice a, struct ph_slice b)
{
    return a.size == b.size && (!a.size || !memcmp(a.data, b.data, a.size));
}

bool ph_der_next(struct ph_slice *rest, struct ph_der *element)
{
    const uint8_t *at = (const uint8_t *)rest->data;
    size_t head = 2, size;

    if (rest->size < 2 || (at[0] & 0x1f) == 0x1f)
        return false;
    size = at[1];
    if (size >= 0x80) {
        size_t digits = size & 0x7f;
        if (!digits || digits > 4 || rest->size < 2 + digits || !at[2])
            return false;
        size = 0;
        for (size_t i = 0; i < digits; i++)
            size = size << 8 | at[2 + i];
        if (size < 0x80)
            return false;
        head += digits;
    }
    if (size > rest->size - head)
        return false;
    element->tag = at[0];
    element->content = (struct ph_slice){rest->data + head, size};
    element->whole = (struct ph_slice){rest->data, head + size};
    *rest = (struct ph_slice){rest->data + head + size, rest->size - head - size};
    return true;
}

bool ph_der_take(struct ph_slice *rest, uint8_t tag, struct ph_der *element)
{
    return rest->size && (uint8_t)rest->data[0] == tag && ph_der_next(rest, element);
}

void ph_der_skip(struct ph_slice *rest, uint8_t tag)
{
    struct ph_der ignored;

    (void)ph_der_take(rest, tag, &ignored);
}

void ph_der_oid_text(struct ph_slice oid, struct ph_text *out)
{
    uint64_t number = 0;
    bool first = true;

    for (size_t i = 0; i < oid.size; i++) {
        if (number >> 56) { /* no real OID has a number of this size */
            ph_text_puts(out, "...");
            return;
        }
        number = number << 7 | ((uint8_t)oid.data[i] & 0x7f);
        if ((uint8_t)oid.data[i] & 0x80)
            continue;
        unsigned long long shown = number;
        if (first) {
            shown = number < 80 ? number % 40 : number - 80;
            ph_text_printf(out, "%d", number < 40 ? 0 : number < 80 ? 1 : 2);
        }
        ph_text_printf(out, ".%llu", shown);
        first = false;
        number = 0;
    }
}

/* --- times --- */

static int64_t days_before(int64_t year, int64_t month, int64_t day)
{
    /* years begin in March, so that the leap day comes last */
    int64_t shifted = month > 2 ? month - 3 : month + 9;
    int64_t years = month > 2 ? year : year - 1;

    return years * 365 + years / 4 - years / 100 + years / 400 + (shifted * 153 + 2) / 5 + day - 1 -
           719468; /* days from 0000-03-01 to 1970-01-01 */
}

bool ph_der_time(const struct ph_der *time, int64_t *seconds)
{
    size_t year_digits = time->tag == PH_DER_UTC_TIME ? 2 : 4, at = 0;
    static const int64_t MOST[] = {9999, 12, 31, 23, 59, 60};
    int64_t part[6] = {0};
    struct ph_slice text = time->content;

    if (time->tag != PH_DER_UTC_TIME && time->tag != PH_DER_TIME)
        return false;
    for (size_t i = 0; i < 6; i++) {
        size_t digits = i ? 2 : year_digits;
        if (i == 5 && at < text.size && text.data[at] == 'Z')
            break; /* UTCTime without seconds */
        for (size_t k = 0; k < digits; k++, at++) {
            if (at >= text.size || text.data[at] < '0' || text.data[at] > '9')
                return false;
            part[i] = part[i] * 10 + (text.data[at] - '0');
        }
        if (part[i] > MOST[i])
            return false;
    }
    if (at < text.size && text.data[at] == '.') /* time stamps may have fractions of a second */
        for (at++; at < text.size && text.data[at] >= '0' && text.data[at] <= '9';)
            at++;
    if (at + 1 != text.size || text.data[at] != 'Z' || !part[1] || !part[2])
        return false;
    if (year_digits == 2)
        part[0] += part[0] < 50 ? 2000 : 1900; /* RFC 5280 4.1.2.5.1 */
    *seconds = ((days_before(part[0], part[1], part[2]) * 24 + part[3]) * 60 + part[4]) * 60;
    *seconds += part[5];
    return true;
}

void ph_date_text(int64_t seconds, struct ph_text *out)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    const int64_t most = INT64_MAX / 1000000000;

    if (seconds > most || seconds < -most) {
        ph_text_puts(out, seconds > 0 ? "a far year" : "a year long past");
        return;
    }
    ph_text_time(&text, seconds * 1000000000);
    ph_text_add(out, text.data, text.size < 10 ? text.size : 10);
    out->failed = out->failed || text.failed;
}

/* --- strings --- */

static void add_wide(struct ph_text *out, uint32_t code)
{
    char bytes[4];
    size_t size = 0;

    if (code < 0x80) {
        bytes[size++] = (char)code;
    } else if (code < 0x800) {
        bytes[size++] = (char)(0xc0 | code >> 6);
        bytes[size++] = (char)(0x80 | (code & 0x3f));
    } else {
        bytes[size++] = (char)(0xe0 | code >> 12);
        bytes[size++] = (char)(0x80 | (code >> 6 & 0x3f));
        bytes[size++] = (char)(0x80 | (code & 0x3f));
    }
    ph_text_add(out, bytes, size);
}

struct ph_error *ph_der_string(uint8_t tag, struct ph_slice content, char **text)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    PH_GUARD(ph_text_fini) struct ph_text plain = {0};
    ph_autofree char *wide = NULL;
    uint64_t replaced;
    size_t size;

    if (content.size > TEXT_MOST)
        content.size = TEXT_MOST;
    if (tag == PH_DER_BMP) {
        PH_TRY(ph_utf16_to_utf8(content, true, &wide, &size, &replaced));
        ph_text_add(&plain, wide, size);
    } else if (tag == PH_DER_T61) { /* read as Latin 1 by everybody */
        for (size_t i = 0; i < content.size; i++)
            add_wide(&plain, (uint8_t)content.data[i]);
    } else {
        ph_text_add(&plain, content.data, content.size);
    }
    /* some signers count the 0 that ends a string of C; others end with blanks */
    while (plain.size && (!plain.data[plain.size - 1] || plain.data[plain.size - 1] == ' '))
        plain.size--;
    ph_text_escaped(&out, (struct ph_slice){plain.data, plain.size});
    ph_text_puts(&out, ""); /* so that there is a text, if an empty one */
    PH_TRY(ph_text_check(&plain));
    PH_TRY(ph_text_check(&out));
    *text = ph_steal(out.data);
    return NULL;
}
