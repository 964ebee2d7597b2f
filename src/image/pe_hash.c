#include "image/pe_hash.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "image/pe_ordinals.h"

enum {
    ALIGNMENT = 8,
    NAMES_MOST = 16 << 20 /* bytes for the import hash; real files stay below one megabyte */
};

/* Where the signed bytes end: at the certificate table, when it lies behind the headers. Bytes
 * behind the table are signed by nobody. */
static size_t signed_end(const struct ph_pe *pe)
{
    size_t offset = pe->directories[PH_PE_CERTIFICATE].rva;

    if (!pe->certificate_offset || !pe->directories[PH_PE_CERTIFICATE].size ||
        offset < pe->certificate_offset + 8 || offset > pe->file.size)
        return pe->file.size;
    return offset;
}

struct ph_error *ph_pe_image_hash(const struct ph_pe *pe, enum ph_digest_kind kind, bool padded,
                                  struct ph_digest_sum *sum)
{
    static const char ZEROS[ALIGNMENT] = {0};
    size_t end = signed_end(pe), from = 0, count = 0;
    struct ph_slice pieces[4];

    pieces[count++] = (struct ph_slice){pe->file.data, pe->checksum_offset};
    from = pe->checksum_offset + 4;
    if (pe->certificate_offset) {
        pieces[count++] = (struct ph_slice){pe->file.data + from, pe->certificate_offset - from};
        from = pe->certificate_offset + 8;
    }
    pieces[count++] = (struct ph_slice){pe->file.data + from, end - from};
    if (padded && end % ALIGNMENT)
        pieces[count++] = (struct ph_slice){ZEROS, ALIGNMENT - end % ALIGNMENT};
    return ph_digest(kind, pieces, count, sum);
}

/* --- the import hash --- */

static void add_lower(struct ph_text *text, struct ph_slice name)
{
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        ph_text_putc(text, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
    }
}

/* The library's name without the endings that the recipe knows. */
static void add_library(struct ph_text *text, struct ph_slice dll)
{
    static const char *const ENDINGS[] = {".dll", ".sys", ".ocx"};
    size_t start = text->size;

    add_lower(text, dll);
    for (size_t i = 0; !text->failed && i < sizeof(ENDINGS) / sizeof(ENDINGS[0]); i++) {
        size_t length = strlen(ENDINGS[i]);
        if (text->size - start >= length &&
            memcmp(text->data + text->size - length, ENDINGS[i], length) == 0) {
            text->size -= length;
            return;
        }
    }
}

/* False when the recipe takes a name that is not known here, or a made-up file lets thousands of
 * imports share one endless name. */
static bool add_import(struct ph_text *text, const struct ph_pe_import *import)
{
    const char *known = NULL;

    if (text->size > NAMES_MOST)
        return false;
    if (!import->name.size) {
        known = ph_pe_ordinal(import->dll, import->ordinal);
        if (!known && ph_pe_ordinals_have_names(import->dll))
            return false;
    }
    if (text->size)
        ph_text_putc(text, ',');
    add_library(text, import->dll);
    ph_text_putc(text, '.');
    if (import->name.size)
        add_lower(text, import->name);
    else if (known)
        ph_text_puts(text, known);
    else
        ph_text_printf(text, "ord%u", import->ordinal);
    return true;
}

struct ph_error *ph_pe_import_hash(const struct ph_pe *pe, struct ph_digest_sum *sum)
{
    PH_GUARD(ph_pe_imports_fini) struct ph_pe_imports imports = {0};
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    bool known = true;

    PH_TRY(ph_pe_imports(pe, &imports));
    for (size_t i = 0; i < imports.count && known; i++)
        if (!imports.items[i].delayed)
            known = add_import(&text, &imports.items[i]);
    PH_TRY(ph_text_check(&text));
    if (!text.size || !known) {
        *sum = (struct ph_digest_sum){.kind = PH_DIGEST_MD5};
        return NULL;
    }
    struct ph_slice piece = {text.data, text.size};
    return ph_digest(PH_DIGEST_MD5, &piece, 1, sum);
}

/* --- sums --- */

uint32_t ph_pe_checksum(const struct ph_pe *pe)
{
    const char *data = pe->file.data;
    size_t size = pe->file.size, at = 0;
    uint64_t sum = 0;

    /* Words of 16 bits, the carry added back; adding words of 32 bits gives the same in the end. */
    for (; at + 4 <= size; at += 4)
        sum += ph_le32(data + at);
    for (; at < size; at++)
        sum += (uint64_t)(uint8_t)data[at] << (at % 2 * 8);
    /* the field itself counts as zero: each byte comes off as it went in */
    for (at = pe->checksum_offset; at < pe->checksum_offset + 4; at++)
        sum -= (uint64_t)(uint8_t)data[at] << (at < (size & ~(size_t)3) ? at % 4 * 8 : at % 2 * 8);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint32_t)sum + (uint32_t)size;
}

double ph_entropy(struct ph_slice bytes)
{
    /* four tables: runs of one byte would else wait for their own count */
    uint64_t counts[4][256] = {{0}};
    const uint8_t *data = (const uint8_t *)bytes.data;
    double entropy = 0, size = (double)bytes.size;
    size_t at = 0;

    for (; at + 4 <= bytes.size; at += 4) {
        counts[0][data[at]]++;
        counts[1][data[at + 1]]++;
        counts[2][data[at + 2]]++;
        counts[3][data[at + 3]]++;
    }
    for (; at < bytes.size; at++)
        counts[0][data[at]]++;
    for (size_t i = 0; i < 256; i++) {
        uint64_t count = counts[0][i] + counts[1][i] + counts[2][i] + counts[3][i];
        if (count)
            entropy -= (double)count / size * log2((double)count / size);
    }
    return entropy > 0 ? entropy : 0;
}
