#include "image/elf.h"

#include <string.h>

#include "base/mem.h"

/* System V gABI, chapter 4: e_ident, then e_type, e_machine, ...; 64-bit (32-bit) offsets:
 *   e_shoff 40 (32), e_shentsize 58 (46), e_shnum 60 (48), e_shstrndx 62 (50)
 *   section header, 64 (40) bytes: sh_name 0, sh_type 4, sh_flags 8, sh_addr 16 (12),
 *   sh_offset 24 (16), sh_size 32 (20), sh_link 40 (24), sh_info 44 (28), sh_entsize 56 (36)
 *   symbol, 24 (16) bytes: st_name 0, then 64-bit: info 4, shndx 6, value 8, size 16;
 *   32-bit: value 4, size 8, info 12, shndx 14
 *   relocation: r_offset, r_info, and r_addend in RELA */
enum { TYPE_SYMTAB = 2, TYPE_RELA = 4, TYPE_NOTE = 7, TYPE_NOBITS = 8, TYPE_REL = 9 };
/* Real names and notes are far smaller; without limits a small file that names the same bytes again
 * and again would be read for hours. */
enum { NAME_MOST = 4096, NOTES_MOST = 64 << 10, MODINFO_MOST = 1 << 20, NOTE_BUILD_ID = 3 };

static bool field(struct ph_slice bytes, uint64_t at, unsigned size, uint64_t *value)
{
    if (at > bytes.size || bytes.size - at < size)
        return false;
    *value = 0;
    for (unsigned i = size; i-- > 0;)
        *value = *value << 8 | (uint8_t)bytes.data[at + i];
    return true;
}

bool ph_elf_probe(struct ph_slice file)
{
    return file.size >= 20 && !memcmp(file.data,
                                      "\x7f"
                                      "ELF",
                                      4);
}

static struct ph_slice piece(struct ph_slice bytes, uint64_t offset, uint64_t size)
{
    if (offset > bytes.size || size > bytes.size - offset)
        return (struct ph_slice){"", 0};
    return (struct ph_slice){bytes.data + offset, (size_t)size};
}

static struct ph_slice string_at(struct ph_slice table, uint64_t at)
{
    if (at >= table.size)
        return (struct ph_slice){"", 0};
    size_t most = table.size - at < NAME_MOST ? (size_t)(table.size - at) : NAME_MOST;
    const char *start = table.data + at, *end = memchr(start, 0, most);

    return end ? (struct ph_slice){start, (size_t)(end - start)} : (struct ph_slice){"", 0};
}

static bool read_section(const struct ph_elf *elf, uint64_t at, struct ph_elf_section *section,
                         uint64_t *name)
{
    unsigned word = elf->wide ? 8 : 4;
    uint64_t type, link, info, offset;
    struct ph_slice file = elf->file;

    if (!field(file, at, 4, name) || !field(file, at + 4, 4, &type) ||
        !field(file, at + 8, word, &section->flags) ||
        !field(file, at + 8 + word, word, &section->address) ||
        !field(file, at + 8 + 2 * word, word, &offset) ||
        !field(file, at + 8 + 3 * word, word, &section->size) ||
        !field(file, at + 8 + 4 * word, 4, &link) || !field(file, at + 12 + 4 * word, 4, &info) ||
        !field(file, at + 16 + 5 * word, word, &section->entry_size))
        return false;
    section->type = (uint32_t)type;
    section->link = (uint32_t)link;
    section->info = (uint32_t)info;
    section->bytes =
        type == TYPE_NOBITS ? (struct ph_slice){"", 0} : piece(file, offset, section->size);
    return true;
}

static struct ph_error *cut(const char *name, const char *what)
{
    return ph_errorf(PH_ERR_FORMAT, "%s: ELF file, %s", name, what);
}

static struct ph_error *read_sections(struct ph_elf *elf)
{
    uint64_t start, size, count, names;

    if (!field(elf->file, elf->wide ? 40 : 32, elf->wide ? 8 : 4, &start) ||
        !field(elf->file, elf->wide ? 58 : 46, 2, &size) ||
        !field(elf->file, elf->wide ? 60 : 48, 2, &count) ||
        !field(elf->file, elf->wide ? 62 : 50, 2, &names))
        return cut(elf->name, "its header is cut short");
    if (!count)
        return NULL;
    if (size < (elf->wide ? 64u : 40u) || start > elf->file.size ||
        count * size > elf->file.size - start)
        return cut(elf->name, "its section headers lie outside the file: cut short or damaged");
    elf->sections = ph_zalloc((size_t)count, sizeof(*elf->sections));
    uint64_t *offsets = ph_zalloc((size_t)count, sizeof(*offsets));
    if (!elf->sections || !offsets) {
        ph_free(offsets);
        return ph_error_nomem();
    }
    for (uint64_t i = 0; i < count; i++)
        if (read_section(elf, start + i * size, &elf->sections[i], &offsets[i]))
            elf->section_count = (size_t)i + 1;
    for (size_t i = 0; names < elf->section_count && i < elf->section_count; i++)
        elf->sections[i].name = string_at(elf->sections[names].bytes, offsets[i]);
    for (size_t i = elf->section_count; i-- > 0;)
        if (elf->sections[i].type == TYPE_SYMTAB)
            elf->symbols = &elf->sections[i];
    ph_free(offsets);
    return NULL;
}

struct ph_error *ph_elf_parse(const char *name, struct ph_slice file, struct ph_elf *elf)
{
    PH_GUARD(ph_elf_fini) struct ph_elf fresh = {.name = name, .file = file};

    if (!ph_elf_probe(file))
        return ph_errorf(PH_ERR_FORMAT, "%s: not an ELF file", name);
    if ((file.data[4] != 1 && file.data[4] != 2) || file.data[5] != 1)
        return cut(name, "of a class or byte order that poolhound does not read");
    fresh.wide = file.data[4] == 2;
    uint64_t type, machine;
    if (!field(file, 16, 2, &type) || !field(file, 18, 2, &machine))
        return cut(name, "its header is cut short");
    fresh.type = (uint16_t)type;
    fresh.machine = (uint16_t)machine;
    PH_TRY(read_sections(&fresh));
    *elf = fresh;
    fresh = (struct ph_elf){0};
    return NULL;
}

void ph_elf_fini(struct ph_elf *elf)
{
    ph_free(elf->sections);
    *elf = (struct ph_elf){0};
}

const struct ph_elf_section *ph_elf_section(const struct ph_elf *elf, const char *name)
{
    for (size_t i = 0; i < elf->section_count; i++)
        if (ph_slice_is(elf->sections[i].name, name))
            return &elf->sections[i];
    return NULL;
}

bool ph_elf_symbol(const struct ph_elf *elf, size_t index, struct ph_elf_symbol *symbol)
{
    const struct ph_elf_section *table = elf->symbols;
    uint64_t name, info, section, at = (uint64_t)index * (elf->wide ? 24 : 16);

    if (!table || index > table->bytes.size || !field(table->bytes, at, 4, &name) ||
        !field(table->bytes, at + (elf->wide ? 4 : 12), 1, &info) ||
        !field(table->bytes, at + (elf->wide ? 6 : 14), 2, &section) ||
        !field(table->bytes, at + (elf->wide ? 8 : 4), elf->wide ? 8 : 4, &symbol->value) ||
        !field(table->bytes, at + (elf->wide ? 16 : 8), elf->wide ? 8 : 4, &symbol->size))
        return false;
    symbol->section = (uint16_t)section;
    symbol->type = info & 15;
    symbol->binding = (uint8_t)(info >> 4);
    symbol->name = table->link < elf->section_count
                       ? string_at(elf->sections[table->link].bytes, name)
                       : (struct ph_slice){"", 0};
    return true;
}

bool ph_elf_relocation(const struct ph_elf *elf, const struct ph_elf_section *table, size_t index,
                       struct ph_elf_relocation *relocation)
{
    bool with_addend = table->type == TYPE_RELA;
    unsigned word = elf->wide ? 8 : 4, size = with_addend ? 3 * word : 2 * word;
    uint64_t info, addend = 0, at = (uint64_t)index * size;

    if ((table->type != TYPE_RELA && table->type != TYPE_REL) || index > table->bytes.size ||
        !field(table->bytes, at, word, &relocation->offset) ||
        !field(table->bytes, at + word, word, &info) ||
        (with_addend && !field(table->bytes, at + 2 * word, word, &addend)))
        return false;
    relocation->type = elf->wide ? (uint32_t)info : (uint32_t)(info & 0xff);
    relocation->symbol = elf->wide ? (uint32_t)(info >> 32) : (uint32_t)(info >> 8);
    relocation->addend = elf->wide ? (int64_t)addend : (int32_t)(uint32_t)addend;
    return true;
}

size_t ph_elf_end(const struct ph_elf *elf)
{
    uint64_t headers = 0;
    size_t end = elf->file.size;

    if (!elf->section_count || !field(elf->file, elf->wide ? 40 : 32, elf->wide ? 8 : 4, &headers))
        return end;
    uint64_t most = headers + elf->section_count * (elf->wide ? 64u : 40u);
    for (size_t i = 0; i < elf->section_count; i++) {
        struct ph_slice bytes = elf->sections[i].bytes;
        uint64_t last = bytes.size ? (uint64_t)(bytes.data - elf->file.data) + bytes.size : 0;
        most = last > most ? last : most;
    }
    return most < end ? (size_t)most : end;
}

struct ph_slice ph_elf_build_id(const struct ph_elf *elf)
{
    for (size_t i = 0; i < elf->section_count; i++) {
        struct ph_slice bytes = elf->sections[i].bytes;
        if (elf->sections[i].type != TYPE_NOTE || bytes.size > NOTES_MOST)
            continue;
        uint64_t name, size, type, at = 0;
        while (field(bytes, at, 4, &name) && field(bytes, at + 4, 4, &size) &&
               field(bytes, at + 8, 4, &type)) {
            uint64_t content = at + 12 + ((name + 3) & ~UINT64_C(3));
            if (type == NOTE_BUILD_ID && name == 4 &&
                ph_slice_starts(piece(bytes, at + 12, 4), "GNU"))
                return piece(bytes, content, size);
            at = content + ((size + 3) & ~UINT64_C(3));
        }
    }
    return (struct ph_slice){"", 0};
}

bool ph_elf_modinfo(const struct ph_elf *elf, const char *key, size_t n, struct ph_slice *value)
{
    const struct ph_elf_section *section = ph_elf_section(elf, ".modinfo");
    struct ph_slice rest = section ? section->bytes : (struct ph_slice){"", 0};
    size_t length = strlen(key);

    if (rest.size > MODINFO_MOST)
        rest.size = MODINFO_MOST;
    while (rest.size) {
        const char *end = memchr(rest.data, 0, rest.size);
        size_t size = end ? (size_t)(end - rest.data) : 0;
        if (!end)
            break;
        if (size > length && rest.data[length] == '=' && !memcmp(rest.data, key, length) &&
            n-- == 0) {
            *value = (struct ph_slice){rest.data + length + 1, size - length - 1};
            return true;
        }
        rest.data += size + 1;
        rest.size -= size + 1;
    }
    return false;
}
