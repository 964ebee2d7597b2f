/* elf_build.h - relocatable ELF files (kernel modules) made in memory, for tests: code, texts,
 * modinfo, a build id, symbols and relocations, each put in by the caller; 64-bit or 32-bit. */
#ifndef ELF_BUILD_H
#define ELF_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "image/elf.h"

enum { ELF_X86 = 3, ELF_X64 = 62, ELF_ARM64 = 183 };
enum {
    ELF_NULL,
    ELF_CODE, /* .text */
    ELF_TEXTS,
    ELF_INFO,
    ELF_NOTE,
    ELF_RELOCATIONS,
    ELF_SYMBOLS,
    ELF_NAMES,
    ELF_SECTIONS
};

struct elf_build {
    bool wide;
    uint16_t machine;
    uint32_t symbol_count;
    struct ph_text part[ELF_SECTIONS];
    struct ph_text file; /* what elf_file() made */
};

static inline void elf_number(struct ph_text *text, uint64_t value, unsigned size)
{
    for (; size; size--, value >>= 8)
        ph_text_putc(text, (char)value);
}

/* A symbol; returns its number. Kind 2 is a function; section 0 is imported. */
static inline uint32_t elf_symbol(struct elf_build *build, const char *name, unsigned kind,
                                  uint16_t section, uint64_t value, uint64_t size)
{
    struct ph_text *symbols = &build->part[ELF_SYMBOLS];
    uint64_t at = build->part[ELF_NAMES].size;
    uint64_t info = 1 << 4 | kind;

    ph_text_add(&build->part[ELF_NAMES], name, strlen(name) + 1);
    elf_number(symbols, at, 4);
    if (!build->wide) {
        elf_number(symbols, value, 4);
        elf_number(symbols, size, 4);
    }
    elf_number(symbols, info, 1);
    elf_number(symbols, 0, 1);
    elf_number(symbols, section, 2);
    if (build->wide) {
        elf_number(symbols, value, 8);
        elf_number(symbols, size, 8);
    }
    return build->symbol_count++;
}

static inline void elf_start(struct elf_build *build, uint16_t machine)
{
    *build = (struct elf_build){.machine = machine, .wide = machine != ELF_X86};
    ph_text_putc(&build->part[ELF_NAMES], 0);
    (void)elf_symbol(build, "", 0, 0, 0, 0);
}

static inline void elf_code(struct elf_build *build, const char *bytes, size_t size)
{
    ph_text_add(&build->part[ELF_CODE], bytes, size);
}

/* A text for code to point at; returns its offset in the section of texts. */
static inline int64_t elf_text(struct elf_build *build, const char *text)
{
    struct ph_text *texts = &build->part[ELF_TEXTS];
    int64_t at = (int64_t)texts->size;

    ph_text_add(texts, text, strlen(text) + 1);
    return at;
}

static inline void elf_info(struct elf_build *build, const char *text)
{
    ph_text_add(&build->part[ELF_INFO], text, strlen(text) + 1);
}

static inline void elf_build_id(struct elf_build *build, const char *bytes, uint32_t size)
{
    struct ph_text *note = &build->part[ELF_NOTE];

    elf_number(note, 4, 4);
    elf_number(note, size, 4);
    elf_number(note, 3, 4);
    ph_text_add(note, "GNU", 4);
    ph_text_add(note, bytes, size);
}

/* A relocation of the code at `offset`. */
static inline void elf_relocation(struct elf_build *build, uint64_t offset, uint32_t type,
                                  uint32_t symbol, int64_t addend)
{
    struct ph_text *table = &build->part[ELF_RELOCATIONS];
    unsigned word = build->wide ? 8 : 4;

    elf_number(table, offset, word);
    elf_number(table, build->wide ? (uint64_t)symbol << 32 | type : (uint64_t)symbol << 8 | type,
               word);
    elf_number(table, (uint64_t)addend, word);
}

static inline void elf_header(struct elf_build *build, uint64_t sections)
{
    struct ph_text *file = &build->file;
    unsigned word = build->wide ? 8 : 4;

    ph_text_add(file, build->wide ? "\177ELF\2\1\1" : "\177ELF\1\1\1", 7);
    elf_number(file, 0, 8);
    elf_number(file, 0, 1);
    elf_number(file, 1, 2); /* relocatable */
    elf_number(file, build->machine, 2);
    elf_number(file, 1, 4);
    elf_number(file, 0, word);
    elf_number(file, 0, word);
    elf_number(file, sections, word);
    elf_number(file, 0, 4);
    elf_number(file, build->wide ? 64 : 52, 2);
    elf_number(file, 0, 2);
    elf_number(file, 0, 2);
    elf_number(file, build->wide ? 64 : 40, 2);
    elf_number(file, ELF_SECTIONS, 2);
    elf_number(file, ELF_NAMES, 2);
}

/* The file. */
static inline struct ph_slice elf_file(struct elf_build *build)
{
    static const struct {
        const char *name;
        uint32_t type, flags, link, info;
    } SECTIONS[ELF_SECTIONS] = {
        {"", 0, 0, 0, 0},
        {".text", 1, 6, 0, 0},
        {".rodata.str1.1", 1, 0x32, 0, 0},
        {".modinfo", 1, 2, 0, 0},
        {".note.gnu.build-id", 7, 2, 0, 0},
        {".rela.text", 4, 0x40, ELF_SYMBOLS, ELF_CODE},
        {".symtab", 2, 0, ELF_NAMES, 1},
        {".strtab", 3, 0, 0, 0},
    };
    uint64_t names[ELF_SECTIONS], offset = build->wide ? 64 : 52, all = offset;
    unsigned word = build->wide ? 8 : 4;

    for (size_t i = 0; i < ELF_SECTIONS; i++) {
        names[i] = build->part[ELF_NAMES].size;
        ph_text_add(&build->part[ELF_NAMES], SECTIONS[i].name, strlen(SECTIONS[i].name) + 1);
    }
    for (size_t i = 0; i < ELF_SECTIONS; i++)
        all += build->part[i].size;
    ph_text_clear(&build->file);
    elf_header(build, all);
    for (size_t i = 0; i < ELF_SECTIONS; i++)
        ph_text_add(&build->file, build->part[i].size ? build->part[i].data : "",
                    build->part[i].size);
    for (size_t i = 0; i < ELF_SECTIONS; offset += build->part[i].size, i++) {
        elf_number(&build->file, names[i], 4);
        elf_number(&build->file, SECTIONS[i].type, 4);
        elf_number(&build->file, SECTIONS[i].flags, word);
        elf_number(&build->file, 0, word);
        elf_number(&build->file, offset, word);
        elf_number(&build->file, build->part[i].size, word);
        elf_number(&build->file, SECTIONS[i].link, 4);
        elf_number(&build->file, SECTIONS[i].info, 4);
        elf_number(&build->file, 1, word);
        elf_number(&build->file, 0, word);
    }
    return (struct ph_slice){build->file.data, build->file.size};
}

static inline void elf_end(struct elf_build *build)
{
    for (size_t i = 0; i < ELF_SECTIONS; i++)
        ph_text_fini(&build->part[i]);
    ph_text_fini(&build->file);
}

#endif
