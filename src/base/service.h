/* service.h - a program that the system starts and ends by itself: Windows' services.
 *
 * There is one, called "poolhound". Elsewhere every function but ph_service_here() is an error that
 * says what does the same there.
 */
#ifndef PH_BASE_SERVICE_H
#define PH_BASE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

bool ph_service_here(void);

/* Where its recordings lie: a folder that its account may write to and ordinary users may not;
 * made when it is not there. Owned by the caller. */
struct ph_error *ph_service_folder(char **path) PH_MUST_CHECK;

/* Registers this program with these words behind its name; `*again` = it was there and has the new
 * words from its next start on. Errors: no administrator; the program lies where ordinary users
 * could replace it. */
struct ph_error *ph_service_install(const char *const *words, size_t count,
                                    bool *again) PH_MUST_CHECK;
/* Stops and removes it; `*was_there` = there was one. */
struct ph_error *ph_service_remove(bool *was_there) PH_MUST_CHECK;
/* Wait until it runs, or has stopped, 30 s at most. */
struct ph_error *ph_service_start(void) PH_MUST_CHECK;
struct ph_error *ph_service_stop(void) PH_MUST_CHECK;

struct ph_service_facts {
    bool installed;
    const char *state; /* "running", "stopped", ...; static */
    uint32_t pid;      /* 0 = none */
    uint32_t failed;   /* what it ended with; 0 = well */
    char *command;     /* its command line; owned */
};
struct ph_error *ph_service_query(struct ph_service_facts *facts) PH_MUST_CHECK;
void ph_service_facts_fini(struct ph_service_facts *facts);

/* In the process that the system started: calls `work` while the service runs. A stop or a shutdown
 * is an interrupt (os.h). What is written to stderr goes to `log`, kept below a megabyte. Error:
 * started by somebody else. */
struct ph_error *ph_service_run(const char *log, int (*work)(void *context),
                                void *context) PH_MUST_CHECK;

#endif
