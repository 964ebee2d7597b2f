/* who.h - who owns a tag: asks the drivers' code, tag lists, known tags, modules and symbols,
 * identifies the candidates, and says what to do next. The only place that knows these stages and
 * their order.
 */
#ifndef PH_APP_WHO_H
#define PH_APP_WHO_H

#include "app/drivers.h"
#include "app/identify_files.h"
#include "model/finding.h"
#include "model/owner.h"
#include "model/sample.h"
#include "model/trace.h"

struct ph_nt;

struct ph_who_options {
    const char *const *drivers; /* files and folders of Windows drivers */
    size_t driver_count;
    const char *const *tag_lists; /* none: those in the usual places */
    size_t tag_list_count;
    const char *const *known_tags; /* files of known tags besides the built-in ones */
    size_t known_tag_count;
    const char *const *leak_rules; /* besides the built-in ones */
    size_t leak_rule_count;
    struct ph_identifier_options identity;
    const char *index;   /* of scans; NULL: none */
    const char *root;    /* of a saved Linux tree; NULL: the live system */
    const char *release; /* of the kernel that was read, for known leaks; NULL = unknown */
    bool processes;    /* the readings are of this system (or of `root`) as it is now: look at what
                          its processes hold, too */
    bool this_machine; /* they are of this machine, perhaps before it was started again: a Windows
                          that runs here is asked for its drivers when none are given */
    const struct ph_nt *nt;       /* that is asked then; NULL: the live one */
    bool everything;              /* drivers that are not loaded, too, where loaded ones answer */
    const struct ph_trace *trace; /* of the live system, by call site; NULL = not traced; may still
                                     be filled until a question is asked */
    bool weak; /* look for immediates, data and text even where code has answered */
    void (*progress)(void *context, size_t done, size_t of, const char *path);
    void *context;
};

/* True when the system that runs here is a Windows, which knows its drivers. */
bool ph_who_knows_drivers(void);

/* Opened once for many questions; what a question needs is read when it is first needed. */
struct ph_who;
struct ph_error *ph_who_open(const struct ph_who_options *options,
                             struct ph_who **who) PH_MUST_CHECK;
void ph_who_close(struct ph_who *who); /* NULL is allowed; reports borrow from it */
void ph_who_closep(struct ph_who **who);
/* Takes the first look at what processes hold and at their control groups, so that later questions
 * tell who grew since. Takes at most 2 s; nothing is done without `options.processes`. Called again
 * it does nothing. Needs CAP_SYS_PTRACE for the descriptors of other users. Error: out of memory.
 */
struct ph_error *ph_who_first_look(struct ph_who *who) PH_MUST_CHECK;

/* A Windows pool tag. */
struct ph_error *ph_who_pool_tag(struct ph_who *who, const uint8_t tag[4],
                                 struct ph_owner_report *report) PH_MUST_CHECK;
/* A Linux cache, allocation site or caller; `module` and `aliases` as a series has them, or NULL.
 */
struct ph_error *ph_who_linux(struct ph_who *who, struct ph_slice tag, const char *module,
                              const char *aliases, struct ph_owner_report *report) PH_MUST_CHECK;
/* What a person typed: a pool tag when drivers or a tag list were given, otherwise a Linux tag;
 * what Linux does not know and may be a pool tag is taken for one. */
struct ph_error *ph_who_typed(struct ph_who *who, const char *text,
                              struct ph_owner_report *report) PH_MUST_CHECK;
/* The tag of a series. */
struct ph_error *ph_who_series(struct ph_who *who, const struct ph_series *series,
                               struct ph_owner_report *report) PH_MUST_CHECK;
/* The component that the known tags name for a series; lives as long as `who`, and may be asked for
 * while another thread has a question. NULL: none. */
const char *ph_who_component(const struct ph_who *who, const struct ph_series *series);
/* The tag of a judged series; the paragraph tells its growth. */
struct ph_error *ph_who_finding(struct ph_who *who, const struct ph_series *series,
                                const struct ph_finding *finding, enum ph_time_kind time_kind,
                                struct ph_owner_report *report) PH_MUST_CHECK;
/* The same for one of all findings of a run: call sites that grew as the tag did are evidence. */
struct ph_error *ph_who_judged(struct ph_who *who, const struct ph_catalog *catalog,
                               const struct ph_finding_list *findings, size_t at,
                               enum ph_time_kind time_kind,
                               struct ph_owner_report *report) PH_MUST_CHECK;

#endif
