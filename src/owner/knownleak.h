/* knownleak.h - leaks that were reported in public: which tag, whose driver, in which versions,
 * what is known, where it was fixed.
 *
 * The rules that are built in are src/owner/known_leaks.txt; its head tells the format. A user's
 * file in the same format adds rules and replaces those of the same name.
 */
#ifndef PH_OWNER_KNOWNLEAK_H
#define PH_OWNER_KNOWNLEAK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/table.h"
#include "owner/rulefile.h"

/* Which version a rule's range is about. */
enum ph_leak_version {
    PH_LEAK_VERSION_FILE,    /* of the driver's file, or the module's `version` */
    PH_LEAK_VERSION_PACKAGE, /* of the package or product it comes from */
    PH_LEAK_VERSION_SYSTEM   /* kernel release; Windows build as "10.0.26200.9457" */
};

struct ph_leak_words {
    char **items; /* owned */
    size_t count, capacity;
};

/* Strings are owned by the table; NULL = the rule does not say. */
struct ph_knownleak {
    char *name; /* of the rule */
    enum ph_known_system system;
    struct ph_leak_words tags;        /* patterns; none = any tag (the driver decides) */
    struct ph_leak_words drivers;     /* patterns; none = the kernel itself, or unknown */
    struct ph_leak_words srcversions; /* of the module's builds that leak */
    enum ph_leak_version version;
    char *from, *fixed; /* leaks in from <= v < fixed; NULL = open on that side */
    char *what;
    char *fixed_in; /* for people */
    struct ph_leak_words links;
    char *file; /* the rule's own place */
    size_t line;
};

struct ph_knownleaks {
    struct ph_knownleak *items; /* owned */
    size_t count, capacity;
    struct ph_table places; /* name -> item */
};

/* As their namesakes in knowntag.h. */
struct ph_error *ph_knownleaks_add_builtin(struct ph_knownleaks *leaks) PH_MUST_CHECK;
struct ph_error *ph_knownleaks_add(struct ph_knownleaks *leaks, const char *name,
                                   struct ph_slice bytes) PH_MUST_CHECK;
void ph_knownleaks_fini(struct ph_knownleaks *leaks);

/* What is at hand of a tag and the driver that may own it; NULL or empty = unknown. */
struct ph_leak_question {
    enum ph_known_system system;
    struct ph_slice tag; /* Windows: four bytes; empty: known leaks of the driver */
    const char *driver;  /* file name without path, or module; case does not count */
    const char *file_version, *package_version, *system_version, *srcversion;
};

/* How sure it is that this is the known leak, best first. */
enum ph_leak_sureness {
    PH_LEAK_CERTAIN, /* tag, driver and version fit */
    PH_LEAK_LIKELY,  /* tag and driver fit, the version is not known or the rule names none; or
                        driver and version fit and the rule names no tag */
    PH_LEAK_TAG      /* only the tag is the same, or only the driver */
};
const char *
ph_leak_sureness_name(enum ph_leak_sureness sureness); /* "tag, driver and version fit" */

struct ph_knownleak_match {
    const struct ph_knownleak *leak; /* borrowed */
    enum ph_leak_sureness sureness;
};
struct ph_knownleak_matches {
    struct ph_knownleak_match *items; /* owned */
    size_t count, capacity;
};
/* The rules that fit, surest first. A driver whose version is known and outside the range is no
 * match at all. Replaces `matches`. Error: out of memory. */
struct ph_error *ph_knownleaks_find(const struct ph_knownleaks *leaks,
                                    const struct ph_leak_question *question,
                                    struct ph_knownleak_matches *matches) PH_MUST_CHECK;
void ph_knownleak_matches_fini(struct ph_knownleak_matches *matches);

/* Compares versions number by number ("6.1.10" > "6.1.9", "1.0" = "1"); what stands behind the last
 * number ("-amd64") does not count. Less than, equal to or greater than 0. */
int ph_version_compare(const char *left, const char *right);

#endif
