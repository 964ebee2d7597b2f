/* filetext.h - a log file as text: read whole, decoded, and watched for changes while it is read.
 *
 * Used by all file sources, and by whoever probes a file's head. The file itself is never changed.
 */
#ifndef PH_SOURCE_FILE_FILETEXT_H
#define PH_SOURCE_FILE_FILETEXT_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "model/sample.h"

struct ph_filetext {
    char *path;                 /* owned copy, for messages */
    struct ph_text text;        /* decoded: UTF-8, or the bytes of an 8-bit code page as they are */
    struct ph_loss_list losses; /* about the file as a whole: changed, replaced characters */
};

/* Longer files are PH_ERR_FORMAT. */
#define PH_FILETEXT_LIMIT ((size_t)1 << 30)

/* Reads and decodes `path`. UTF-16 with or without a byte order mark becomes UTF-8; so do UTF-16
 * lines inside an 8-bit file (cmd wrote the first part, PowerShell appended the rest). A leading
 * UTF-8 mark is removed. A file whose size or time stamp differs after the reading gets a loss. */
struct ph_error *ph_filetext_load(const char *path, struct ph_filetext *file) PH_MUST_CHECK;

/* The same for bytes in memory, which are copied; `path` is only for messages. */
struct ph_error *ph_filetext_copy(const char *path, struct ph_slice bytes,
                                  struct ph_filetext *file) PH_MUST_CHECK;

/* Decodes bytes already read, in place: for probes, and for tests without a file. `replaced` counts
 * characters that were no valid UTF-16, `unzeroed` lines that held UTF-16 in an 8-bit text. */
struct ph_error *ph_filetext_decode(struct ph_text *text, uint64_t *replaced,
                                    uint64_t *unzeroed) PH_MUST_CHECK;

void ph_filetext_fini(struct ph_filetext *file);

/* --- what could not be used, counted by kind --- */
struct ph_tally {
    const char *one;  /* "line not understood" */
    const char *many; /* "lines not understood" */
    uint64_t count;
    size_t line; /* of the first */
    size_t size;
    char text[40]; /* how the first begins */
};

void ph_tally_note(struct ph_tally *tally, size_t line, struct ph_slice text);
/* One loss a kind that occurred: "log.txt: 3 lines not understood, first at line 120: 'Foo ...'".
 */
struct ph_error *ph_tally_report(const struct ph_tally *tallies, size_t count, const char *path,
                                 struct ph_loss_list *losses) PH_MUST_CHECK;

/* --- tags --- */
/* `tag` as Windows keeps it: blanks pad it to four characters, zeros at its end become blanks
 * (clones trim tags, or print the zeros some of them pad with). `buffer` holds the result. */
struct ph_slice ph_windows_tag(struct ph_slice tag, char buffer[16]);

#endif
