/* os.h - the one narrow door to the operating system; one implementation file per system.
 *
 * Times: realtime is wall-clock nanoseconds since 1970-01-01 UTC and may jump; boottime is
 * nanoseconds since boot, suspend included, and never jumps.
 */
#ifndef PH_BASE_OS_H
#define PH_BASE_OS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/text.h"

#define PH_SECOND INT64_C(1000000000)
#define PH_MINUTE (60 * PH_SECOND)
#define PH_HOUR (60 * PH_MINUTE)
#define PH_DAY (24 * PH_HOUR)

/* --- time --- */
int64_t ph_realtime_ns(void);
int64_t ph_boottime_ns(void);
int64_t ph_cpu_ns(void); /* CPU time of this process, user and system */
/* Sleeps until boottime `deadline_ns`, or until ph_interrupted(). */
void ph_sleep_until(int64_t deadline_ns);

/* --- files --- */
/* Reads a whole file (regular, /proc or pipe), at most `limit` bytes; longer: PH_ERR_FORMAT that
 * names the limit. The file is opened read-only and never changed. Appends to `out`. */
struct ph_error *ph_read_file(const char *path, size_t limit, struct ph_text *out) PH_MUST_CHECK;
/* A file that stays open and is read again and again (/proc, /sys). */
struct ph_handle;
struct ph_error *ph_handle_open(const char *path, struct ph_handle **handle) PH_MUST_CHECK;
/* Replaces `out` with the file's whole present content. */
struct ph_error *ph_handle_read(struct ph_handle *handle, struct ph_text *out) PH_MUST_CHECK;
/* The first bytes, at most `capacity`. */
struct ph_error *ph_handle_head(struct ph_handle *handle, void *bytes, size_t capacity,
                                size_t *size) PH_MUST_CHECK;
/* The bytes from `offset` on, at most `capacity`; fewer only where the file ends. */
struct ph_error *ph_handle_at(struct ph_handle *handle, uint64_t offset, void *bytes,
                              size_t capacity, size_t *size) PH_MUST_CHECK;
void ph_handle_close(struct ph_handle *handle);
void ph_handle_closep(struct ph_handle **handle);
/* How lines of text files end here. */
const char *ph_newline(void);
enum ph_file_kind { PH_FILE_NONE, PH_FILE_REGULAR, PH_FILE_DIRECTORY, PH_FILE_LINK, PH_FILE_OTHER };
enum ph_file_kind ph_file_kind(const char *path); /* follows links */
/* True when both are there and are one file, by whatever names. */
bool ph_same_file(const char *a, const char *b);
bool ph_file_facts(const char *path, uint64_t *size, int64_t *modified_ns);
/* What tells a file or folder from every other on this machine, whatever its names. */
bool ph_file_number(const char *path, uint64_t number[2]);
/* Calls `visit` for each entry of a directory except "." and ".."; stops at the first error. */
struct ph_error *ph_list_directory(const char *path,
                                   struct ph_error *(*visit)(void *context, const char *name,
                                                             enum ph_file_kind kind),
                                   void *context) PH_MUST_CHECK;
/* Where a link points to, not resolved further; owned by the caller. */
struct ph_error *ph_read_link(const char *path, char **target) PH_MUST_CHECK;
/* The current directory; owned by the caller. */
struct ph_error *ph_current_directory(char **path) PH_MUST_CHECK;
/* Removes a file; that there is none is no error. */
struct ph_error *ph_remove_file(const char *path) PH_MUST_CHECK;
/* Creates a directory and its parents, mode 0700 for those that are new. */
struct ph_error *ph_make_directories(const char *path) PH_MUST_CHECK;
/* The directory for things worth keeping ($XDG_STATE_HOME/poolhound or ~/.local/state/poolhound;
 * /var/lib/poolhound for root). Owned by the caller. */
struct ph_error *ph_state_directory(char **path) PH_MUST_CHECK;
/* Writes `bytes` to a temporary file beside `path`, flushes it to the disk and renames it; a device
 * or a pipe is written to directly. */
struct ph_error *ph_write_file(const char *path, struct ph_slice bytes) PH_MUST_CHECK;
/* Appends to `path`, created when it is not there: all of it, or (an error) nothing. */
struct ph_error *ph_append_file(const char *path, struct ph_slice bytes) PH_MUST_CHECK;

/* --- machine --- */
struct ph_os_facts {
    char host[256];
    char system[32];   /* "Linux", "Windows" */
    char release[128]; /* kernel release or build */
    char boot_id[64];  /* changes with every boot; empty when the system has none */
    uint32_t cpus;
    uint32_t page_bytes;
    int64_t memory_bytes; /* RAM; -1 = unknown */
};
void ph_os_facts(struct ph_os_facts *facts);

/* --- terminal and process --- */
bool ph_is_terminal(FILE *stream);
/* Columns and rows of the terminal; COLUMNS and LINES count first; 80 x 24 when unknown. */
void ph_terminal_size(unsigned *columns, unsigned *rows);
/* True when the user's locale writes UTF-8. */
bool ph_locale_is_utf8(void);
/* True once SIGINT, SIGQUIT, SIGTERM or SIGHUP arrived after ph_catch_interrupts(). A SIGHUP that
 * whoever started us has switched off (nohup) stays so. */
struct ph_error *ph_catch_interrupts(void) PH_MUST_CHECK;
bool ph_interrupted(void);
/* From now on the calling thread, and what ph_parallel() does for it, is interrupted as soon as
 * `*flag` is true, too; waits end only when they are woken. NULL: no more. Returns the flag before.
 */
const atomic_bool *ph_cancel_when(const atomic_bool *flag);
/* For tests and nested runs: forgets an interrupt. */
void ph_clear_interrupt(void);
/* Rights that are needed for a moment later on. */
enum ph_right {
    PH_RIGHT_TRACE = 1 << 0, /* to load programs into the kernel and to see its addresses: CAP_BPF,
                                CAP_PERFMON, CAP_SYSLOG; to measure their cost: CAP_SYS_ADMIN */
    PH_RIGHT_LOOK = 1 << 1   /* at what other users' processes hold: CAP_SYS_PTRACE,
                                CAP_DAC_READ_SEARCH */
};
/* Gives up every privilege that sampling does not need any more; `keep_path` (NULL allowed) is
 * a file that must stay writable. `later` (mask of enum ph_right) is kept out of force, to be
 * raised when it is needed. `*kept` gets a static description of what was kept, for --verbose.
 * Never an error when there was nothing to drop. */
struct ph_error *ph_drop_privileges(const char *keep_path, unsigned later,
                                    const char **kept) PH_MUST_CHECK;
/* Puts rights in force for the calling thread, as far as they were kept. */
void ph_rights_raise(unsigned rights);
/* Takes them out of force; `for_good`: for ever. Does nothing before ph_drop_privileges(). */
void ph_rights_lower(unsigned rights, bool for_good);
/* Resident memory of this process, now and at most, in bytes; 0 when unknown. */
void ph_own_memory(uint64_t *resident, uint64_t *peak);

/* --- what differs between systems --- */
/* Whether this program runs on Windows; what evidence speaks of is another question. */
bool ph_on_windows(void);
/* What stands between the parts of a path: '/', on Windows '\\' as well. */
bool ph_is_separator(char c);
/* The one that is written there. */
char ph_separator(void);
/* "/x"; on Windows also "C:\\x", "C:/x", "\\\\server\\x" and "\\\\?\\x". */
bool ph_path_is_absolute(const char *path);
/* For SQLite, which opens files by itself: the name of the VFS that takes long paths (NULL: the
 * usual one), the same without locks, a path as those want it, owned by the caller, and an error of
 * the number that the system gave it. */
const char *ph_database_system(void);
const char *ph_database_system_unlocked(void);
struct ph_error *ph_database_error(int number, const char *what) PH_MUST_CHECK PH_NEVER_NULL;
struct ph_error *ph_database_path(const char *path, char **fit) PH_MUST_CHECK;
/* A variable of the environment as UTF-8; NULL when it is not set. Valid until the program ends. */
const char *ph_environment(const char *name);
/* As if Ctrl-C had been pressed; from any thread. */
void ph_interrupt(void);
/* Before anything else in main(): on Windows the arguments as UTF-8, and output that is not changed
 * on its way. Elsewhere nothing. */
struct ph_error *ph_os_arguments(int *argc, char ***argv) PH_MUST_CHECK;
/* On Windows expands `*` and `?` in names of files, as a shell does elsewhere; a name that stands
 * for none stays as it is. What replaces the names is never freed. Elsewhere nothing. */
struct ph_error *ph_expand_names(size_t *count, const char *const **names) PH_MUST_CHECK;
/* True when the console window ends with this program: started by a double click. */
bool ph_console_is_ours(void);
/* True when `to` is a terminal that shows colours; switches them on where that is needed. */
bool ph_console_colours(FILE *to);
/* Writes UTF-8 to a terminal, file or pipe: to Windows' console as UTF-16, whatever its code page.
 * A character is never cut. False: errno says why. */
bool ph_print(FILE *to, const void *bytes, size_t size);

#endif
