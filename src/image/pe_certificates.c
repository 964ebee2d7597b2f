/* The certificate table of a PE file: where its signatures are, and what happened to them.
 *
 *     directory entry 4: offset in the file (not an RVA) and size of the table
 *     entries at multiples of 8 bytes: length 4 (with this header), revision 2 (0x200), type 2
 *       (2 = PKCS_SIGNED_DATA), then the signature in DER, zeros behind it
 */
#include "image/pe.h"

#include <string.h>

#include "base/mem.h"

enum {
    ENTRY_HEADER = 8,
    REVISION_2 = 0x200,
    TYPE_PKCS = 2,
    ENTRIES_MOST = 1024, /* real files have one, seldom two */
    COFF_SYMBOL = 18,
    DER_SEQUENCE = 0x30
};

static size_t round_up(size_t value)
{
    return (value + 7) & ~(size_t)7;
}

static bool all_zero(struct ph_slice bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        if (bytes.data[i])
            return false;
    return true;
}

/* Takes the entries of `rest` apart. */
static struct ph_error *walk_entries(struct ph_slice rest, struct ph_pe_certificates *table)
{
    size_t entries = 0;

    while (rest.size >= ENTRY_HEADER && ph_le32(rest.data)) {
        size_t length = ph_le32(rest.data);
        if (length < ENTRY_HEADER || length > rest.size || entries++ >= ENTRIES_MOST) {
            table->state = PH_PE_TABLE_DAMAGED;
            return NULL;
        }
        if (ph_le16(rest.data + 4) == REVISION_2 && ph_le16(rest.data + 6) == TYPE_PKCS) {
            PH_TRY(
                ph_grow(&table->pkcs7, &table->capacity, table->count + 1, sizeof(*table->pkcs7)));
            table->pkcs7[table->count++] =
                (struct ph_slice){rest.data + ENTRY_HEADER, length - ENTRY_HEADER};
        }
        size_t step = round_up(length) < rest.size ? round_up(length) : rest.size;
        rest = (struct ph_slice){rest.data + step, rest.size - step};
    }
    if (!all_zero(rest))
        table->state = PH_PE_TABLE_DAMAGED;
    return NULL;
}

/* The length of the DER SEQUENCE that begins here with all its bytes there; 0 = there is none. */
static size_t sequence_size(struct ph_slice bytes)
{
    const uint8_t *at = (const uint8_t *)bytes.data;
    size_t head = 2, size;

    if (bytes.size < 6 || at[0] != DER_SEQUENCE)
        return 0;
    size = at[1];
    if (size > 0x80) {
        size_t digits = size & 0x7f;
        if (digits > 4)
            return 0;
        head += digits;
        size = 0;
        for (size_t i = 2; i < head; i++)
            size = size << 8 | at[i];
    }
    if (!size || size == 0x80 || size > bytes.size - head)
        return 0;
    return head + size;
}

static bool is_signature(struct ph_slice bytes)
{
    if (bytes.size < ENTRY_HEADER)
        return false;
    size_t length = ph_le32(bytes.data);
    return length > ENTRY_HEADER && length <= bytes.size && ph_le16(bytes.data + 4) == REVISION_2 &&
           ph_le16(bytes.data + 6) == TYPE_PKCS &&
           sequence_size((struct ph_slice){bytes.data + ENTRY_HEADER, length - ENTRY_HEADER});
}

/* The end of the last section's bytes in the file. */
static size_t sections_end(const struct ph_pe *pe)
{
    uint64_t end = pe->headers_size;

    for (size_t i = 0; i < pe->section_count; i++) {
        const struct ph_pe_section *section = &pe->sections[i];
        uint64_t last = (uint64_t)section->offset + section->raw_size;
        if (section->raw_size && last > end)
            end = last;
    }
    return end < pe->file.size ? (size_t)end : pe->file.size;
}

/* The end of the COFF symbols and their strings, which GNU ld puts behind the sections; 0 = none.
 */
static size_t symbols_end(const struct ph_pe *pe)
{
    uint64_t end = pe->symbols_offset + (uint64_t)pe->symbol_count * COFF_SYMBOL;

    if (!pe->symbols_offset || end + 4 > pe->file.size)
        return 0;
    end += ph_le32(pe->file.data + end);
    return end < pe->file.size ? (size_t)end : 0;
}

/* A header that names no table, in a file that has one: somebody removed the reference. */
static struct ph_error *look_for_stripped(const struct ph_pe *pe, struct ph_pe_certificates *table)
{
    const size_t places[] = {sections_end(pe), symbols_end(pe)};

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        size_t offset = round_up(places[i]);
        if (!offset || offset >= pe->file.size)
            continue;
        struct ph_slice rest = {pe->file.data + offset, pe->file.size - offset};
        if (!is_signature(rest))
            continue;
        PH_TRY(walk_entries((struct ph_slice){rest.data, ph_le32(rest.data)}, table));
        table->state = PH_PE_TABLE_STRIPPED;
        table->offset = offset;
        table->size = rest.size;
        return NULL;
    }
    return NULL;
}

static struct ph_error *read_table(const struct ph_pe *pe, struct ph_pe_certificates *table)
{
    size_t offset = pe->directories[PH_PE_CERTIFICATE].rva;
    size_t size = pe->directories[PH_PE_CERTIFICATE].size;

    if (!offset || !size)
        return look_for_stripped(pe, table);
    table->offset = offset;
    table->size = size;
    if (offset > pe->file.size || size > pe->file.size - offset) {
        table->state = PH_PE_TABLE_OUTSIDE;
        return NULL;
    }
    table->trailing = pe->file.size - offset - size;
    if (offset < pe->certificate_offset + 8) { /* within what it would have to sign */
        table->state = PH_PE_TABLE_DAMAGED;
        return NULL;
    }
    table->state = PH_PE_TABLE_FOUND;
    return walk_entries((struct ph_slice){pe->file.data + offset, size}, table);
}

struct ph_error *ph_pe_certificates(const struct ph_pe *pe, struct ph_pe_certificates *table)
{
    PH_GUARD(ph_pe_certificates_fini) struct ph_pe_certificates found = {.state = PH_PE_TABLE_NONE};

    PH_TRY(read_table(pe, &found));
    *table = found;
    found = (struct ph_pe_certificates){.state = PH_PE_TABLE_NONE};
    return NULL;
}

void ph_pe_certificates_fini(struct ph_pe_certificates *table)
{
    ph_free(table->pkcs7);
    *table = (struct ph_pe_certificates){.state = PH_PE_TABLE_NONE};
}
