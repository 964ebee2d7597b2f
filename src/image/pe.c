/* The headers of a PE file, its sections, and what lies at an address.
 *
 *     0           DOS header: "MZ", at 0x3c the offset of the PE header
 *     header      "PE\0\0"
 *     header+4    COFF header, 20 bytes: machine, sections, time stamp, symbols, size of the next
 *                 part, characteristics
 *     header+24   optional header: 0x10b = PE32, 0x20b = PE32+ (64-bit addresses)
 *                   field            PE32   PE32+
 *                   linker              2       2   one byte each: major, minor
 *                   entry point        16      16
 *                   image base         28      24   4 or 8 bytes
 *                   alignments         32      32   of sections, in the file
 *                   versions           40      40   major, minor: system; 48: subsystem
 *                   sizes              56      56   of the image, of the headers
 *                   checksum           64      64
 *                   subsystem          68      68   and DLL characteristics
 *                   directories        92     108   their count, then address and size of each
 *     behind it   section table, 40 bytes each: name 8, virtual size, RVA, raw size, raw offset,
 *                 relocations, line numbers, characteristics at 36
 *
 * The PE header may lie inside the DOS header: loaders take that.
 */
#include "image/pe.h"

#include <string.h>

#include "base/mem.h"
#include "base/sort.h"
#include "base/text.h"

enum {
    DOS_HEADER = 64,
    DOS_PE_AT = 0x3c,
    COFF_SIZE = 24, /* with "PE\0\0" */
    SECTION_SIZE = 40,
    MAGIC_32 = 0x10b,
    MAGIC_64 = 0x20b,
    SECTOR = 512 /* loaders round offsets of sections down to it */
};

static bool within(struct ph_slice file, size_t offset, size_t size)
{
    return offset <= file.size && size <= file.size - offset;
}

static bool find_header(struct ph_slice file, size_t *offset)
{
    if (!within(file, 0, DOS_HEADER) || memcmp(file.data, "MZ", 2) != 0)
        return false;
    size_t at = ph_le32(file.data + DOS_PE_AT);
    if (!within(file, at, 4) || memcmp(file.data + at, "PE\0", 4) != 0)
        return false;
    *offset = at;
    return true;
}

bool ph_pe_probe(struct ph_slice file)
{
    size_t offset;

    return find_header(file, &offset);
}

static struct ph_error *no_header(const char *name, struct ph_slice file)
{
    if (file.size < 2 || memcmp(file.data, "MZ", 2) != 0)
        return ph_errorf(PH_ERR_FORMAT, "%s: not a PE file: it does not begin with MZ", name);
    if (file.size < DOS_HEADER)
        return ph_errorf(PH_ERR_FORMAT, "%s: cut short: the file ends inside the DOS header", name);
    size_t at = ph_le32(file.data + DOS_PE_AT);
    if (!within(file, at, 4))
        return ph_errorf(PH_ERR_FORMAT,
                         "%s: the PE header is said to be at byte %zu, but the file has %zu bytes",
                         name, at, file.size);
    return ph_errorf(PH_ERR_FORMAT, "%s: not a PE file: no PE header at byte %zu", name, at);
}

static void read_coff(struct ph_pe *pe)
{
    const char *at = pe->file.data + pe->header_offset;

    pe->machine = ph_le16(at + 4);
    pe->timestamp = ph_le32(at + 8);
    pe->symbols_offset = ph_le32(at + 12);
    pe->symbol_count = ph_le32(at + 16);
    pe->characteristics = ph_le16(at + 22);
}

/* `at`: the optional header, of which the part before the directories is there. */
static void read_optional(struct ph_pe *pe, const char *at)
{
    pe->linker_major = (uint8_t)at[2];
    pe->linker_minor = (uint8_t)at[3];
    pe->entry_rva = ph_le32(at + 16);
    pe->base = pe->wide ? ph_le64(at + 24) : ph_le32(at + 28);
    pe->section_alignment = ph_le32(at + 32);
    pe->file_alignment = ph_le32(at + 36);
    pe->os_major = ph_le16(at + 40);
    pe->os_minor = ph_le16(at + 42);
    pe->subsystem_major = ph_le16(at + 48);
    pe->subsystem_minor = ph_le16(at + 50);
    pe->image_size = ph_le32(at + 56);
    pe->headers_size = ph_le32(at + 60);
    pe->checksum_offset = pe->header_offset + COFF_SIZE + 64;
    pe->checksum = ph_le32(at + 64);
    pe->subsystem = ph_le16(at + 68);
    pe->dll_characteristics = ph_le16(at + 70);
}

static struct ph_error *read_directories(struct ph_pe *pe, size_t offset)
{
    uint32_t count = ph_le32(pe->file.data + offset - 4);

    if (count > PH_PE_DIRECTORIES)
        count = PH_PE_DIRECTORIES;
    if (!within(pe->file, offset, (size_t)count * 8))
        return ph_errorf(PH_ERR_FORMAT,
                         "%s: cut short: byte %zu: the file ends inside the "
                         "directories of the PE header",
                         pe->name, offset);
    for (uint32_t i = 0; i < count; i++) {
        const char *at = pe->file.data + offset + (size_t)i * 8;
        pe->directories[i].rva = ph_le32(at);
        pe->directories[i].size = ph_le32(at + 4);
    }
    pe->directory_count = count;
    if (count > PH_PE_CERTIFICATE)
        pe->certificate_offset = offset + PH_PE_CERTIFICATE * 8;
    return NULL;
}

static struct ph_error *read_headers(struct ph_pe *pe)
{
    size_t optional = pe->header_offset + COFF_SIZE;

    if (!within(pe->file, optional, 2))
        return ph_errorf(PH_ERR_FORMAT,
                         "%s: cut short: byte %zu: the file ends inside the PE "
                         "header",
                         pe->name, pe->header_offset);
    read_coff(pe);
    uint16_t magic = ph_le16(pe->file.data + optional);
    if (magic != MAGIC_32 && magic != MAGIC_64)
        return ph_errorf(PH_ERR_FORMAT,
                         "%s: byte %zu: not a PE image: its optional header is of "
                         "kind 0x%x, neither 0x10b nor 0x20b",
                         pe->name, optional, magic);
    pe->wide = magic == MAGIC_64;
    size_t fixed = pe->wide ? 112 : 96;
    if (!within(pe->file, optional, fixed))
        return ph_errorf(PH_ERR_FORMAT,
                         "%s: cut short: byte %zu: the file ends inside the "
                         "optional header",
                         pe->name, optional);
    read_optional(pe, pe->file.data + optional);
    return read_directories(pe, optional + fixed);
}

static struct ph_error *read_sections(struct ph_pe *pe)
{
    const char *header = pe->file.data + pe->header_offset;
    size_t count = ph_le16(header + 6);
    size_t offset = pe->header_offset + COFF_SIZE + ph_le16(header + 20);

    if (!within(pe->file, offset, count * SECTION_SIZE))
        return ph_errorf(PH_ERR_FORMAT,
                         "%s: cut short: byte %zu: the file ends inside the table "
                         "of %zu sections",
                         pe->name, offset, count);
    pe->sections = ph_zalloc(count, sizeof(*pe->sections));
    if (!pe->sections)
        return ph_error_nomem();
    for (size_t i = 0; i < count; i++) {
        const char *at = pe->file.data + offset + i * SECTION_SIZE;
        struct ph_pe_section *section = &pe->sections[i];
        memcpy(section->name, at, 8);
        section->virtual_size = ph_le32(at + 8);
        section->rva = ph_le32(at + 12);
        section->raw_size = ph_le32(at + 16);
        section->offset = ph_le32(at + 20);
        section->flags = ph_le32(at + 36);
    }
    pe->section_count = count;
    return NULL;
}

/* --- addresses --- */

/* Bytes the section takes in memory. Raw bytes behind the virtual size are there up to the next
 * section boundary, because whole pages are mapped. */
static uint64_t memory_size(const struct ph_pe *pe, const struct ph_pe_section *section)
{
    uint64_t size = section->virtual_size ? section->virtual_size : section->raw_size;
    uint64_t unit = pe->section_alignment;

    if (unit && !(unit & (unit - 1)))
        size = (size + unit - 1) & ~(unit - 1);
    return size;
}

static int by_begin(const void *a, const void *b)
{
    const struct ph_pe_span *left = a, *right = b;

    if (left->begin != right->begin)
        return left->begin < right->begin ? -1 : 1;
    return left->section < right->section ? -1 : left->section > right->section;
}

static struct ph_error *make_spans(struct ph_pe *pe)
{
    size_t count = 0;

    pe->spans = ph_zalloc(pe->section_count, sizeof(*pe->spans));
    if (!pe->spans)
        return ph_error_nomem();
    for (size_t i = 0; i < pe->section_count; i++) {
        const struct ph_pe_section *section = &pe->sections[i];
        uint64_t size = memory_size(pe, section);
        if (size)
            pe->spans[count++] = (struct ph_pe_span){section->rva, section->rva + size, i};
    }
    ph_sort(pe->spans, count, sizeof(*pe->spans), by_begin);
    for (size_t i = 0; i + 1 < count; i++)
        if (pe->spans[i].end > pe->spans[i + 1].begin)
            pe->spans[i].end = pe->spans[i + 1].begin;
    pe->span_count = count;
    return NULL;
}

static const struct ph_pe_span *span_at(const struct ph_pe *pe, uint32_t rva)
{
    size_t low = 0, high = pe->span_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pe->spans[middle].begin <= rva)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low || rva >= pe->spans[low - 1].end)
        return NULL;
    return &pe->spans[low - 1];
}

const struct ph_pe_section *ph_pe_section_at(const struct ph_pe *pe, uint32_t rva)
{
    const struct ph_pe_span *span = span_at(pe, rva);

    return span ? &pe->sections[span->section] : NULL;
}

/* The bytes of the headers are mapped too, in front of the sections. */
static bool header_rest(const struct ph_pe *pe, uint32_t rva, struct ph_slice *bytes)
{
    size_t end = pe->headers_size < pe->file.size ? pe->headers_size : pe->file.size;

    if (pe->span_count && end > pe->spans[0].begin)
        end = pe->spans[0].begin;
    if (rva >= end)
        return false;
    *bytes = (struct ph_slice){pe->file.data + rva, end - rva};
    return true;
}

bool ph_pe_rest(const struct ph_pe *pe, uint32_t rva, struct ph_slice *bytes)
{
    const struct ph_pe_span *span = span_at(pe, rva);

    if (!span)
        return header_rest(pe, rva, bytes);
    const struct ph_pe_section *section = &pe->sections[span->section];
    size_t offset = section->offset;
    if (pe->file_alignment >= SECTOR)
        offset &= ~(size_t)(SECTOR - 1);
    if (offset >= pe->file.size)
        return false;
    size_t size = pe->file.size - offset;
    if (size > section->raw_size)
        size = section->raw_size;
    if (size > span->end - span->begin)
        size = (size_t)(span->end - span->begin);
    size_t skip = rva - span->begin;
    if (skip >= size)
        return false;
    *bytes = (struct ph_slice){pe->file.data + offset + skip, size - skip};
    return true;
}

bool ph_pe_offset(const struct ph_pe *pe, uint32_t rva, size_t *offset)
{
    struct ph_slice rest;

    if (!ph_pe_rest(pe, rva, &rest))
        return false;
    *offset = (size_t)(rest.data - pe->file.data);
    return true;
}

bool ph_pe_bytes(const struct ph_pe *pe, uint32_t rva, size_t size, struct ph_slice *bytes)
{
    struct ph_slice rest;

    if (!ph_pe_rest(pe, rva, &rest) || size > rest.size)
        return false;
    *bytes = (struct ph_slice){rest.data, size};
    return true;
}

bool ph_pe_u16(const struct ph_pe *pe, uint32_t rva, uint16_t *value)
{
    struct ph_slice bytes;

    if (!ph_pe_bytes(pe, rva, 2, &bytes))
        return false;
    *value = ph_le16(bytes.data);
    return true;
}

bool ph_pe_u32(const struct ph_pe *pe, uint32_t rva, uint32_t *value)
{
    struct ph_slice bytes;

    if (!ph_pe_bytes(pe, rva, 4, &bytes))
        return false;
    *value = ph_le32(bytes.data);
    return true;
}

bool ph_pe_u64(const struct ph_pe *pe, uint32_t rva, uint64_t *value)
{
    struct ph_slice bytes;

    if (!ph_pe_bytes(pe, rva, 8, &bytes))
        return false;
    *value = ph_le64(bytes.data);
    return true;
}

bool ph_pe_pointer(const struct ph_pe *pe, uint32_t rva, uint32_t *target_rva)
{
    struct ph_slice bytes;

    if (!ph_pe_bytes(pe, rva, pe->wide ? 8 : 4, &bytes))
        return false;
    uint64_t address = pe->wide ? ph_le64(bytes.data) : ph_le32(bytes.data);
    if (address < pe->base || address - pe->base >= pe->image_size)
        return false;
    *target_rva = (uint32_t)(address - pe->base);
    return true;
}

bool ph_pe_string(const struct ph_pe *pe, uint32_t rva, size_t limit, struct ph_slice *string)
{
    struct ph_slice rest;

    if (!ph_pe_rest(pe, rva, &rest))
        return false;
    /* the 0 byte may stand behind `limit` bytes */
    size_t window = limit < rest.size ? limit + 1 : rest.size;
    const char *end = memchr(rest.data, 0, window);
    if (!end)
        return false;
    *string = (struct ph_slice){rest.data, (size_t)(end - rest.data)};
    return true;
}

/* --- life --- */

struct ph_error *ph_pe_parse(const char *name, struct ph_slice file, struct ph_pe *pe)
{
    PH_GUARD(ph_pe_fini) struct ph_pe found = {.name = name, .file = file};

    if (!find_header(file, &found.header_offset))
        return no_header(name, file);
    PH_TRY(read_headers(&found));
    PH_TRY(read_sections(&found));
    PH_TRY(make_spans(&found));
    *pe = found;
    found = (struct ph_pe){0};
    return NULL;
}

void ph_pe_fini(struct ph_pe *pe)
{
    ph_free(pe->sections);
    ph_free(pe->spans);
    *pe = (struct ph_pe){0};
}
