/* claim.h - what the code of one driver says about pool tags: tag, routine, evidence. */
#ifndef PH_MODEL_CLAIM_H
#define PH_MODEL_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "model/sample.h"

/* Evidence that a driver owns a tag, strongest first, then that a process does (their place among
 * the others: ph_evidence_rank). Stored in the index: only append. */
enum ph_evidence {
    PH_EVIDENCE_SITE = 0,      /* allocates with it at a call site */
    PH_EVIDENCE_TABLE = 1,     /* the tag of a call site flows from a constant table or global */
    PH_EVIDENCE_IMMEDIATE = 2, /* an immediate in code that is not seen to reach an allocator */
    PH_EVIDENCE_DATA = 3,      /* a constant in data, not text */
    PH_EVIDENCE_TEXT = 4,      /* the four bytes occur as text somewhere */
    PH_EVIDENCE_LIST = 5,      /* a tag list says so */
    PH_EVIDENCE_KNOWN = 6,     /* known meaning */
    PH_EVIDENCE_HOLDS = 7,     /* a process holds most of the objects, or of their growth */
    PH_EVIDENCE_GREW = 8,      /* what a process holds grew by as much as the objects */
    PH_EVIDENCE_SOME = 9,      /* a process holds some of the objects */
    PH_EVIDENCE_COUNT
};
const char *ph_evidence_id(enum ph_evidence evidence);   /* "call-site", "table", ... */
const char *ph_evidence_name(enum ph_evidence evidence); /* "allocates at a call site", ... */
/* 0 = the strongest of all. */
unsigned ph_evidence_rank(enum ph_evidence evidence);
/* True for evidence that is enough to name an owner: a call site, a table, a process that holds
 * most of the objects. */
bool ph_evidence_names(enum ph_evidence evidence);

/* What memory a call site asks for, where that is constant. Stored in the index: only append. */
enum ph_claim_pool {
    PH_CLAIM_POOL_UNKNOWN = 0,
    PH_CLAIM_POOL_NONPAGED = 1,
    PH_CLAIM_POOL_PAGED = 2,
    PH_CLAIM_POOL_BOTH = 3 /* several sites, or a choice at one */
};
const char *ph_claim_pool_name(enum ph_claim_pool pool); /* "Nonp", "Paged", "both", "?" */

/* One tag at one routine in one driver. */
struct ph_claim {
    uint8_t
        tag[4]; /* as in memory and in poolmon; the protected-pool bit (byte 4, bit 7) removed */
    bool is_protected; /* some site sets that bit */
    enum ph_evidence evidence;
    enum ph_claim_pool pool;
    bool partial;                  /* at some site the tag is this, or something unknown */
    uint32_t sites;                /* call sites, or places where the bytes were found */
    uint32_t wrappers;             /* of them through wrapper functions of the driver's own */
    uint32_t first_rva;            /* of the first site or place; 0 = none (a default tag) */
    int64_t size_least, size_most; /* constant sizes in bytes; -1 = never constant */
    const char *routine;           /* static name of the allocating routine; "" for weak evidence */
};

/* A call site whose tag was not found. */
struct ph_unresolved {
    uint32_t rva;
    const char *routine; /* static */
    const char *why;     /* static: "the tag comes from memory written at run time", ... */
};

enum ph_driver_kind { /* may be several */
                      PH_DRIVER_WDF = 1 << 0,
                      PH_DRIVER_NDIS = 1 << 1,
                      PH_DRIVER_MINIFILTER = 1 << 2, /* file-system minifilter (fltmgr) */
                      PH_DRIVER_STORPORT = 1 << 3,
                      PH_DRIVER_SCSIPORT = 1 << 4,
                      PH_DRIVER_VIDEO = 1 << 5,
                      PH_DRIVER_KERNEL = 1 << 6, /* imports ntoskrnl.exe or hal.dll, or is native */
                      PH_DRIVER_WFP = 1 << 7,    /* fwpkclnt: network filter callouts */
                      PH_DRIVER_USB = 1 << 8,
                      PH_DRIVER_PACKED =
                          1 << 9, /* sections as packers make them: code cannot be read */
                      PH_DRIVER_IS_ALLOCATOR =
                          1 << 10 /* exports the allocation routines (ntoskrnl, ndis, ...) */
};
/* Appends "WDF, NDIS miniport" and so on; nothing when no bit is set. */
void ph_driver_kinds(uint32_t kinds, struct ph_text *out);

/* What the scan of one file gave. */
struct ph_scan {
    uint16_t machine;        /* as in pe.h; 0 = not a PE file */
    uint32_t kinds;          /* enum ph_driver_kind */
    struct ph_claim *claims; /* strongest first, then by tag; owned, as the next two */
    size_t claim_count, claim_capacity;
    struct ph_unresolved *unresolved;
    size_t unresolved_count, unresolved_capacity;
    uint32_t sites; /* call sites of allocating routines, the unresolved ones included;
                       wrapper bodies count through their callers */
    uint32_t resolved;
    struct ph_loss_list losses; /* what limits were met: too large, too many functions, ... */
};
void ph_scan_fini(struct ph_scan *scan);
/* Appends a copy. Error: out of memory. */
struct ph_error *ph_scan_add(struct ph_scan *scan, const struct ph_claim *claim) PH_MUST_CHECK;
struct ph_error *ph_scan_add_unresolved(struct ph_scan *scan, uint32_t rva, const char *routine,
                                        const char *why) PH_MUST_CHECK;

/* The text form of a tag: printable characters as they are, others as \xNN; always quoted by the
 * caller where blanks matter. */
void ph_tag_text(const uint8_t tag[4], struct ph_text *out);
/* "Leak", "Io  " or "Io" (padded with blanks), "0x6b61654c" (a number as a debugger shows it:
 * 'Leak' little-endian), "L\x31c\x00". Error: PH_ERR_USAGE. */
struct ph_error *ph_tag_parse(const char *text, uint8_t tag[4]) PH_MUST_CHECK;

#endif
