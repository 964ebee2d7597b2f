/* pe_build.h - PE files made in memory, for tests: headers, four sections of a page each, tables
 * put in by the caller at addresses. Section i is at RVA 0x1000 * (i + 1), its bytes at 0x400 +
 * 0x1000 * i in the file. */
#ifndef PE_BUILD_H
#define PE_BUILD_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "image/pe.h"

enum {
    PE_HEADER = 0x100, /* offset of "PE\0\0"; a Rich header fits before it */
    PE_HEADERS_SIZE = 0x400,
    PE_SECTIONS = 4,
    PE_FILE_SIZE = PE_HEADERS_SIZE + PE_SECTIONS * 0x1000,
    PE_ROOM = PE_FILE_SIZE + 0x1000, /* for what comes behind the sections */
    TEXT = 0x1000,                   /* RVAs */
    DATA = 0x2000,
    RSRC = 0x3000,
    RELOC = 0x4000
};

struct pe_build {
    uint8_t bytes[PE_ROOM];
    size_t size;
    bool wide;
};

static inline void build_16(struct pe_build *build, size_t offset, uint32_t value)
{
    build->bytes[offset] = (uint8_t)value;
    build->bytes[offset + 1] = (uint8_t)(value >> 8);
}

static inline void build_32(struct pe_build *build, size_t offset, uint32_t value)
{
    build_16(build, offset, value & 0xffff);
    build_16(build, offset + 2, value >> 16);
}

static inline size_t build_at(uint32_t rva)
{
    return rva < TEXT ? rva : rva - TEXT + PE_HEADERS_SIZE;
}

static inline void put_16(struct pe_build *build, uint32_t rva, uint32_t value)
{
    build_16(build, build_at(rva), value);
}

static inline void put_32(struct pe_build *build, uint32_t rva, uint32_t value)
{
    build_32(build, build_at(rva), value);
}

/* Pointer-sized. */
static inline void put_word(struct pe_build *build, uint32_t rva, uint64_t value)
{
    put_32(build, rva, (uint32_t)value);
    if (build->wide)
        put_32(build, rva + 4, (uint32_t)(value >> 32));
}

static inline void put_bytes(struct pe_build *build, uint32_t rva, const void *bytes, size_t size)
{
    memcpy(build->bytes + build_at(rva), bytes, size);
}

static inline void put_string(struct pe_build *build, uint32_t rva, const char *string)
{
    put_bytes(build, rva, string, strlen(string) + 1);
}

static inline size_t build_optional(void)
{
    return PE_HEADER + 24;
}

static inline size_t build_directories(const struct pe_build *build)
{
    return build_optional() + (build->wide ? 112 : 96);
}

static inline size_t build_section(const struct pe_build *build, size_t index)
{
    return build_directories(build) + 128 + index * 40;
}

static inline void put_directory(struct pe_build *build, enum ph_pe_directory which, uint32_t rva,
                                 uint32_t size)
{
    build_32(build, build_directories(build) + (size_t)which * 8, rva);
    build_32(build, build_directories(build) + (size_t)which * 8 + 4, size);
}

static inline void build_pe(struct pe_build *build, uint16_t machine)
{
    static const char *const NAMES[PE_SECTIONS] = {".text", ".data", ".rsrc", ".reloc"};
    static const uint32_t FLAGS[PE_SECTIONS] = {0x60000020, 0xc0000040, 0x40000040, 0x42000040};
    size_t optional = build_optional();

    *build = (struct pe_build){.size = PE_FILE_SIZE,
                               .wide = machine == PH_PE_X64 || machine == PH_PE_ARM64};
    memcpy(build->bytes, "MZ", 2);
    build_32(build, 0x3c, PE_HEADER);
    memcpy(build->bytes + PE_HEADER, "PE\0", 4);
    build_16(build, PE_HEADER + 4, machine);
    build_16(build, PE_HEADER + 6, PE_SECTIONS);
    build_32(build, PE_HEADER + 8, 0x5f000000); /* 2020-07-04 */
    build_16(build, PE_HEADER + 20, build->wide ? 240 : 224);
    build_16(build, PE_HEADER + 22, 0x22);
    build_16(build, optional, build->wide ? 0x20b : 0x10b);
    build_16(build, optional + 2, 14 | 29 << 8);
    build_32(build, optional + 16, TEXT);
    if (build->wide)
        build_32(build, optional + 28, 0x1); /* base 0x1_4000_0000 */
    build_32(build, optional + (build->wide ? 24 : 28), 0x40000000);
    build_32(build, optional + 32, 0x1000);
    build_32(build, optional + 36, 0x200);
    build_16(build, optional + 40, 10);
    build_16(build, optional + 48, 6);
    build_16(build, optional + 50, 1);
    build_32(build, optional + 56, 0x5000);
    build_32(build, optional + 60, PE_HEADERS_SIZE);
    build_16(build, optional + 68, 1);
    build_32(build, build_directories(build) - 4, PH_PE_DIRECTORIES);
    for (size_t i = 0; i < PE_SECTIONS; i++) {
        size_t section = build_section(build, i);
        memcpy(build->bytes + section, NAMES[i], strlen(NAMES[i]));
        build_32(build, section + 8, 0x1000);
        build_32(build, section + 12, (uint32_t)(0x1000 * (i + 1)));
        build_32(build, section + 16, 0x1000);
        build_32(build, section + 20, (uint32_t)(PE_HEADERS_SIZE + 0x1000 * i));
        build_32(build, section + 36, FLAGS[i]);
    }
}

static inline struct ph_slice build_file(const struct pe_build *build)
{
    return (struct ph_slice){(const char *)build->bytes, build->size};
}

/* --- tables --- */

/* A descriptor for `dll` whose `count` entries are names, or numbers when a name begins with '#'.
 * Everything is put at `*rva` on, which moves; `slots` is where the address table is. */
static inline void put_import(struct pe_build *build, uint32_t descriptor, uint32_t *rva,
                              const char *dll, const char *const *names, size_t count,
                              uint32_t slots)
{
    uint32_t step = build->wide ? 8 : 4, lookup = *rva;

    *rva += (uint32_t)(count + 1) * step;
    put_32(build, descriptor, lookup);
    put_32(build, descriptor + 12, *rva);
    put_32(build, descriptor + 16, slots);
    put_string(build, *rva, dll);
    *rva += 32;
    for (size_t i = 0; i < count; i++) {
        uint32_t at = lookup + (uint32_t)i * step, slot = slots + (uint32_t)i * step;
        uint64_t entry = *rva;
        if (names[i][0] == '#') {
            entry = strtoul(names[i] + 1, NULL, 10) | (build->wide ? UINT64_C(1) << 63 : 1u << 31);
        } else {
            put_string(build, *rva + 2, names[i]);
            *rva += 40;
        }
        put_word(build, at, entry);
        put_word(build, slot, entry);
    }
}

/* Three DLLs: ntoskrnl.exe by name, NDIS.SYS by number, WS2_32.dll by number. */
static inline void put_imports(struct pe_build *build)
{
    static const char *const KERNEL[] = {"ExAllocatePoolWithTag", "ExFreePoolWithTag"};
    static const char *const NDIS[] = {"#5"};
    static const char *const WINSOCK[] = {"#9"};
    uint32_t rva = DATA + 0x100;

    put_import(build, DATA, &rva, "ntoskrnl.exe", KERNEL, 2, DATA + 0x800);
    put_import(build, DATA + 20, &rva, "NDIS.SYS", NDIS, 1, DATA + 0x840);
    put_import(build, DATA + 40, &rva, "WS2_32.dll", WINSOCK, 1, DATA + 0x860);
    put_directory(build, PH_PE_IMPORT, DATA, 80);
}

/* A certificate table behind the sections: one entry with a small DER SEQUENCE. */
enum { PE_TABLE_SIZE = 24 };
static inline void put_certificate(struct pe_build *build)
{
    static const uint8_t ENTRY[PE_TABLE_SIZE] = {
        24, 0, 0, 0, 0, 2, 2, 0, 0x30, 0x0a, 0x06, 0x08, 1, 2, 3, 4, 5, 6, 7, 8,
    };

    put_directory(build, PH_PE_CERTIFICATE, PE_FILE_SIZE, PE_TABLE_SIZE);
    memcpy(build->bytes + PE_FILE_SIZE, ENTRY, sizeof(ENTRY));
    build->size = PE_FILE_SIZE + PE_TABLE_SIZE;
}

/* --- resources --- */

/* One entry on each level: type, id, language, then the leaf of `size` bytes at RSRC + 0x100. */
static inline void put_resource(struct pe_build *build, uint32_t type, uint32_t language,
                                uint32_t size)
{
    for (uint32_t level = 0; level < 3; level++) {
        uint32_t at = RSRC + level * 24;
        put_16(build, at + 14, 1);
        put_32(build, at + 16, level == 0 ? type : level == 1 ? 1 : language);
        put_32(build, at + 20, level < 2 ? 0x80000000u + (level + 1) * 24 : 72);
    }
    put_32(build, RSRC + 72, RSRC + 0x100);
    put_32(build, RSRC + 76, size);
    put_directory(build, PH_PE_RESOURCE, RSRC, 0x1000);
}

/* A version resource that grows; see version.c for the format. */
struct version_build {
    uint8_t bytes[2048];
    size_t size;
};

static inline void version_align(struct version_build *build)
{
    build->size = (build->size + 3) & ~(size_t)3;
}

/* Begins a block; its length is set by version_end() with the offset that this gives. */
static inline size_t version_begin(struct version_build *build, const char *key, uint16_t length)
{
    version_align(build);
    size_t start = build->size;
    build->bytes[start + 2] = (uint8_t)length;
    build->bytes[start + 3] = (uint8_t)(length >> 8);
    build->bytes[start + 4] = 1;
    build->size += 6;
    for (; *key; key++, build->size += 2)
        build->bytes[build->size] = (uint8_t)*key;
    build->size += 2;
    version_align(build);
    return start;
}

static inline void version_end(struct version_build *build, size_t start)
{
    size_t length = build->size - start;

    build->bytes[start] = (uint8_t)length;
    build->bytes[start + 1] = (uint8_t)(length >> 8);
}

/* `value` is ASCII; a byte of 1 stands for U+00A9. */
static inline void version_string(struct version_build *build, const char *key, const char *value)
{
    size_t start = version_begin(build, key, (uint16_t)(strlen(value) + 1));

    for (; *value; value++, build->size += 2)
        build->bytes[build->size] = *value == 1 ? 0xa9 : (uint8_t)*value;
    build->size += 2;
    version_end(build, start);
}

static inline void version_fixed(struct version_build *build)
{
    static const uint8_t FIXED[52] = {0xbd, 0x04, 0xef, 0xfe, 0, 0, 1, 0, 2, 0, 1, 0,
                                      4,    0,    3,    0,    6, 0, 5, 0, 8, 0, 7, 0};

    memcpy(build->bytes + build->size, FIXED, sizeof(FIXED));
    build->size += sizeof(FIXED);
}

/* The whole resource: numbers 1.2.3.4 and 5.6.7.8, and a table of each language key given. */
static inline void version_make(struct version_build *build, const char *const *keys, size_t count)
{
    *build = (struct version_build){0};
    size_t root = version_begin(build, "VS_VERSION_INFO", 52);
    build->bytes[4] = 0;
    version_fixed(build);
    size_t info = version_begin(build, "StringFileInfo", 0);
    for (size_t i = 0; i < count; i++) {
        size_t table = version_begin(build, keys[i], 0);
        version_string(build, "CompanyName", keys[i]);
        version_string(build, "FileDescription", "Leaks, in small amounts  ");
        version_string(build, "FileVersion", "1, 2, 3, 4");
        version_string(build, "LegalCopyright", "\1 them");
        version_string(build, "Comments", "");
        version_end(build, table);
    }
    version_end(build, info);
    version_end(build, root);
}

static inline void put_version(struct pe_build *build, uint32_t language)
{
    static const char *const KEYS[] = {"040904b0"};
    struct version_build version;

    version_make(&version, KEYS, 1);
    put_bytes(build, RSRC + 0x100, version.bytes, version.size);
    put_resource(build, PH_PE_RESOURCE_VERSION, language, (uint32_t)version.size);
}

/* --- debug directory: a CodeView record with a GUID, at DATA + 0xa00 --- */
static inline void put_codeview(struct pe_build *build, const char *path)
{
    uint32_t size = 24 + (uint32_t)strlen(path) + 1;

    put_directory(build, PH_PE_DEBUG, DATA + 0x980, 28);
    put_32(build, DATA + 0x980 + 12, 2);
    put_32(build, DATA + 0x980 + 16, size);
    put_32(build, DATA + 0x980 + 20, DATA + 0xa00);
    put_32(build, DATA + 0x980 + 24, (uint32_t)build_at(DATA + 0xa00));
    put_bytes(build, DATA + 0xa00,
              "RSDS\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10", 20);
    put_32(build, DATA + 0xa00 + 20, 0x1a);
    put_string(build, DATA + 0xa00 + 24, path);
}

/* --- the Rich header: a compiler and a linker --- */
static inline void put_rich(struct pe_build *build, uint32_t linker)
{
    const uint32_t key = 0x5a5a1234;
    const uint32_t words[] = {0x536e6144 /* DanS */, 0, 0, 0, 0x01047555, 7, linker, 1};

    for (size_t i = 0; i < 8; i++)
        build_32(build, 0x80 + i * 4, words[i] ^ key);
    memcpy(build->bytes + 0xa0, "Rich", 4);
    build_32(build, 0xa4, key);
}

#endif
