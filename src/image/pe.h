/* pe.h - a PE file (driver, DLL, program) as it lies on disk: bytes in, facts out, on any system.
 *
 * Everything is bounds-checked against hostile files: sections may overlap or lie outside, sizes
 * may be near 2^32, tables may be cyclic. Nothing is copied: slices point into the file's bytes.
 * Source: Microsoft's published "PE Format" specification.
 */
#ifndef PH_IMAGE_PE_H
#define PH_IMAGE_PE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"

enum ph_pe_machine {
    PH_PE_X86 = 0x014c,
    PH_PE_ARM = 0x01c4, /* Thumb-2 */
    PH_PE_ITANIUM = 0x0200,
    PH_PE_X64 = 0x8664,
    PH_PE_ARM64 = 0xaa64
};

enum ph_pe_directory {
    PH_PE_EXPORT = 0,
    PH_PE_IMPORT = 1,
    PH_PE_RESOURCE = 2,
    PH_PE_EXCEPTION = 3,
    PH_PE_CERTIFICATE = 4, /* its address is an offset in the file, not an RVA */
    PH_PE_RELOCATION = 5,
    PH_PE_DEBUG = 6,
    PH_PE_LOAD_CONFIG = 10,
    PH_PE_IAT = 12,
    PH_PE_DELAY_IMPORT = 13,
    PH_PE_CLR = 14,
    PH_PE_DIRECTORIES = 16
};

enum ph_pe_section_flag { PH_PE_CODE = 1u << 29 /* executable */, PH_PE_WRITABLE = 1u << 31 };

struct ph_pe_section {
    char name[9];
    uint32_t rva, virtual_size; /* in memory */
    uint32_t offset, raw_size;  /* in the file, as the header says */
    uint32_t flags;             /* characteristics */
};

/* Which section holds which addresses: ascending and without overlaps, for looking up. */
struct ph_pe_span {
    uint32_t begin;
    uint64_t end; /* in memory */
    size_t section;
};

struct ph_pe {
    const char *name;     /* of the file, for messages; borrowed */
    struct ph_slice file; /* borrowed */
    uint16_t machine;     /* enum ph_pe_machine, or another */
    bool wide;            /* PE32+ */
    uint16_t characteristics, dll_characteristics, subsystem;
    uint16_t os_major, os_minor, subsystem_major, subsystem_minor;
    uint8_t linker_major, linker_minor;
    uint32_t timestamp; /* seconds since 1970, or a hash in reproducible builds */
    uint32_t checksum;
    uint64_t base;
    uint32_t entry_rva, image_size, headers_size, section_alignment, file_alignment;
    size_t header_offset;                  /* of "PE\0\0" */
    size_t checksum_offset;                /* of the CheckSum field */
    size_t certificate_offset;             /* of directory entry 4; 0 = the header has none */
    uint32_t symbols_offset, symbol_count; /* the COFF symbol table, as GNU ld writes it */
    uint32_t directory_count;              /* as the header says, at most 16 */
    struct {
        uint32_t rva, size;
    } directories[PH_PE_DIRECTORIES];
    struct ph_pe_section *sections; /* owned; as in the file, so they may overlap */
    size_t section_count;
    struct ph_pe_span *spans; /* owned; made by ph_pe_parse() from the sections */
    size_t span_count;
};

/* True when the bytes begin as a PE file does (MZ, PE\0\0 where it says). */
bool ph_pe_probe(struct ph_slice file);
/* Reads headers and section table. Error: PH_ERR_FORMAT, "<name>: ...", names what is cut. */
struct ph_error *ph_pe_parse(const char *name, struct ph_slice file,
                             struct ph_pe *pe) PH_MUST_CHECK;
void ph_pe_fini(struct ph_pe *pe);

/* --- addresses. An RVA that has no bytes in the file (zero-filled tail, outside) gives false.
 * Where sections overlap (no loader takes such a file), the one that begins last has the address.
 * --- */
const struct ph_pe_section *ph_pe_section_at(const struct ph_pe *pe, uint32_t rva);
bool ph_pe_offset(const struct ph_pe *pe, uint32_t rva, size_t *offset);
/* `size` bytes at `rva`, all within one section or the headers. */
bool ph_pe_bytes(const struct ph_pe *pe, uint32_t rva, size_t size, struct ph_slice *bytes);
/* From `rva` to the end of its section's bytes. */
bool ph_pe_rest(const struct ph_pe *pe, uint32_t rva, struct ph_slice *bytes);
bool ph_pe_u16(const struct ph_pe *pe, uint32_t rva, uint16_t *value);
bool ph_pe_u32(const struct ph_pe *pe, uint32_t rva, uint32_t *value);
bool ph_pe_u64(const struct ph_pe *pe, uint32_t rva, uint64_t *value);
/* A pointer-sized value (4 or 8 bytes) that is an address of the image: as an RVA. */
bool ph_pe_pointer(const struct ph_pe *pe, uint32_t rva, uint32_t *target_rva);
/* A 0-terminated string of at most `limit` bytes. */
bool ph_pe_string(const struct ph_pe *pe, uint32_t rva, size_t limit, struct ph_slice *string);

/* --- imports, bound by name or ordinal; delay imports too --- */
enum { PH_PE_IMPORTS_MOST = 65536 };
struct ph_pe_import {
    struct ph_slice dll, name; /* name is empty when bound by ordinal */
    uint16_t ordinal;
    uint32_t slot_rva; /* where the loader writes the address */
    bool delayed;
};
struct ph_pe_imports {
    struct ph_pe_import *items; /* owned */
    size_t count, capacity;
    bool damaged; /* the table ends outside the file, or has more than PH_PE_IMPORTS_MOST */
};
struct ph_error *ph_pe_imports(const struct ph_pe *pe, struct ph_pe_imports *imports) PH_MUST_CHECK;
void ph_pe_imports_fini(struct ph_pe_imports *imports);

/* --- exports --- */
struct ph_pe_export {
    struct ph_slice name; /* empty: by ordinal only */
    uint32_t rva;         /* 0 for a forwarder */
    uint32_t ordinal;
};
struct ph_pe_exports {
    struct ph_pe_export *items; /* owned */
    size_t count, capacity;
    bool damaged;
};
struct ph_error *ph_pe_exports(const struct ph_pe *pe, struct ph_pe_exports *exports) PH_MUST_CHECK;
void ph_pe_exports_fini(struct ph_pe_exports *exports);

/* --- base relocations of type HIGHLOW (x86) and DIR64: RVAs that hold an address, ascending --- */
struct ph_pe_rvas {
    uint32_t *items; /* owned */
    size_t count, capacity;
    bool damaged;
};
struct ph_error *ph_pe_relocations(const struct ph_pe *pe, struct ph_pe_rvas *rvas) PH_MUST_CHECK;
void ph_pe_rvas_fini(struct ph_pe_rvas *rvas);

/* --- functions by unwind data (.pdata; x64 and ARM64), ascending by begin --- */
struct ph_pe_function {
    uint32_t begin, end; /* RVAs */
    uint32_t parent;     /* begin of the function that this is a part of (x64: chained unwind info);
                            its own begin otherwise */
};
struct ph_pe_functions {
    struct ph_pe_function *items; /* owned */
    size_t count, capacity;
    bool damaged;
};
struct ph_error *ph_pe_functions(const struct ph_pe *pe,
                                 struct ph_pe_functions *functions) PH_MUST_CHECK;
void ph_pe_functions_fini(struct ph_pe_functions *functions);

/* --- resources --- */
enum { PH_PE_RESOURCE_VERSION = 16, PH_PE_RESOURCE_RCDATA = 10 };
struct ph_pe_resource {
    uint32_t type, id;                  /* 0 when named */
    struct ph_slice type_name, id_name; /* UTF-16LE; empty when numbered */
    uint32_t language;
    struct ph_slice data;
};
/* Calls `visit` for each leaf (at most 65536 nodes are looked at, cycles end); an error ends it. */
struct ph_error *ph_pe_resources(const struct ph_pe *pe,
                                 struct ph_error *(*visit)(void *context,
                                                           const struct ph_pe_resource *resource),
                                 void *context) PH_MUST_CHECK;

/* --- debug information: the CodeView record of the PDB --- */
struct ph_pe_pdb {
    struct ph_slice path; /* empty = none */
    uint8_t guid[16];
    bool numbered; /* an old record: no GUID but a number, in the first four bytes */
    uint32_t age;
    bool reproducible; /* a REPRO entry: the time stamp is a hash, not a time */
};
void ph_pe_pdb(const struct ph_pe *pe, struct ph_pe_pdb *pdb);

/* --- the linker's "Rich" header: which tools made the objects --- */
struct ph_pe_tool {
    uint16_t id, build;
    uint32_t count;
};
enum { PH_PE_TOOLS_MOST = 64 };
/* How many tools there are, 0 = no such header. */
size_t ph_pe_tools(const struct ph_pe *pe, struct ph_pe_tool tools[PH_PE_TOOLS_MOST]);

/* --- the certificate table (signatures), see pe_hash.h for what they sign --- */
enum ph_pe_table_state {
    PH_PE_TABLE_NONE, /* no certificate table */
    PH_PE_TABLE_FOUND,
    PH_PE_TABLE_OUTSIDE, /* the header names one, but it is not (wholly) in the file: cut short */
    PH_PE_TABLE_DAMAGED, /* its entries do not follow their format */
    PH_PE_TABLE_STRIPPED /* the header names none, yet the file ends with one */
};
struct ph_pe_certificates {
    enum ph_pe_table_state state;
    size_t offset, size;    /* in the file */
    size_t trailing;        /* bytes behind the table: not signed */
    struct ph_slice *pkcs7; /* entries of type PKCS_SIGNED_DATA; owned array, borrowed bytes */
    size_t count, capacity;
};
struct ph_error *ph_pe_certificates(const struct ph_pe *pe,
                                    struct ph_pe_certificates *table) PH_MUST_CHECK;
void ph_pe_certificates_fini(struct ph_pe_certificates *table);

#endif
