/* taglist.h - lists of pool tags as Microsoft's tools and poolmon's localtag.txt have them:
 *
 *     // a comment          rem a comment          ^Z alone ends the file, as DOS wrote it
 *     Tag  - binary - description
 *
 * Columns 1 to 4 are the tag, blanks and case count; `?` stands for one character, `*` for any
 * rest. Lists are hand-made, so that dashes, binaries and descriptions go missing; what reads as an
 * entry is taken, the rest is counted. The list is the user's own: none comes with poolhound.
 */
#ifndef PH_OWNER_TAGLIST_H
#define PH_OWNER_TAGLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/table.h"
#include "model/sample.h"

enum { PH_TAGLIST_MOST = 16 << 20 }; /* bytes of a list that make sense to read */

struct ph_taglist_entry {
    char pattern[5];             /* 0-terminated; 4 characters, fewer when `*` ends it */
    struct ph_slice binary;      /* as written; may be empty */
    struct ph_slice driver;      /* "nt", "nvlddmkm.sys"; empty = unknown, or several */
    struct ph_slice component;   /* within the driver: "mm" of "nt!mm"; may be empty */
    struct ph_slice description; /* may be empty */
    const char *list;            /* name of its file */
    size_t line;                 /* from 1 */
    uint32_t next, last; /* for the search: entries with this tag; UINT32_MAX = none follows */
};

struct ph_taglist {
    struct ph_taglist_entry *entries; /* in the order of the files; the slices are owned by it */
    size_t count, capacity;
    struct ph_loss_list losses; /* lines that are no entry */
    /* for the search */
    struct ph_table exact; /* tag -> first entry */
    uint32_t *wild;        /* entries with wildcards */
    size_t wild_count, wild_capacity;
    /* owned texts: the bytes and names of the files */
    char **texts;
    size_t text_count, text_capacity;
};

/* Adds the entries of one file (ASCII, UTF-8 or UTF-16); `name` is for messages. Errors: out of
 * memory; PH_ERR_FORMAT when it is not text, or not one line of it is an entry. */
struct ph_error *ph_taglist_add(struct ph_taglist *list, const char *name,
                                struct ph_slice bytes) PH_MUST_CHECK;
void ph_taglist_fini(struct ph_taglist *list);

struct ph_taglist_matches {
    const struct ph_taglist_entry **items; /* owned array of borrowed entries */
    size_t count, capacity;
};
/* All owners of a tag: exact ones first, then wildcards, the longest literal beginning first; equal
 * ones in the order of the files, the same entry of two files once. The protected-pool bit (byte 4,
 * bit 7) does not count. Replaces `matches`. Error: out of memory. */
struct ph_error *ph_taglist_find(const struct ph_taglist *list, const uint8_t tag[4],
                                 struct ph_taglist_matches *matches) PH_MUST_CHECK;
void ph_taglist_matches_fini(struct ph_taglist_matches *matches);

/* --- where lists usually lie; NULL = there is no such place here --- */
struct ph_taglist_places {
    const char *beside;           /* folder of the evidence at hand */
    const char *config_home;      /* $XDG_CONFIG_HOME or ~/.config; %APPDATA% */
    const char *config_system;    /* "/etc" */
    const char *program_files[2]; /* %ProgramFiles(x86)%, %ProgramFiles% */
};
/* Calls `visit` for each path, the nearest first; whether a file is there is not looked at. */
struct ph_error *ph_taglist_each_place(const struct ph_taglist_places *places,
                                       struct ph_error *(*visit)(void *context, const char *path),
                                       void *context) PH_MUST_CHECK;

#endif
