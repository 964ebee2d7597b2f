/* service: the recorder as a service of Windows. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/os.h"
#include "base/path.h"
#include "base/service.h"
#include "front/front.h"

/* FILE, or HOST.poolhound in the service's own folder. */
static struct ph_error *recording_of(const struct ph_arguments *arguments, char **path)
{
    struct ph_os_facts facts;
    ph_autofree char *folder = NULL;

    if (arguments->operand_count > 1) {
        const char *file = arguments->operands[1];
        if (!ph_path_is_absolute(file))
            return ph_errorf(PH_ERR_USAGE, "%s: a service needs the whole path, with its drive",
                             file);
        *path = ph_strdup(file);
        return *path ? NULL : ph_error_nomem();
    }
    ph_os_facts(&facts);
    PH_TRY(ph_service_folder(&folder));
    ph_autofree char *name = ph_format("%s.poolhound", facts.host[0] ? facts.host : "this-machine");
    *path = name ? ph_path_join(folder, name) : NULL;
    return *path ? NULL : ph_error_nomem();
}

static struct ph_error *install(const struct ph_arguments *arguments)
{
    ph_autofree char *path = NULL;
    char interval[32];
    bool again = false;
    int64_t interval_ns = arguments->interval_ns > 0 ? arguments->interval_ns : 10 * PH_SECOND;

    PH_TRY(recording_of(arguments, &path));
    (void)snprintf(interval, sizeof(interval), "%" PRId64 "ms", interval_ns / 1000000);
    const char *const words[] = {"service", "run", path, "--interval", interval};
    PH_TRY(ph_service_install(words, sizeof(words) / sizeof(words[0]), &again));
    ph_front_note(again ? "the service was there; from its next start on it records into %s"
                        : "installed; it records into %s",
                  path);
    if (again)
        PH_TRY(ph_service_stop());
    PH_TRY(ph_service_start());
    ph_front_note("it runs; 'poolhound leaks \"%s\"' judges at any time", path);
    return NULL;
}

static struct ph_error *remove_it(const struct ph_arguments *arguments)
{
    struct ph_service_facts facts;
    bool was_there = false;

    (void)arguments;
    PH_TRY(ph_service_query(&facts));
    struct ph_error *error = ph_service_remove(&was_there);
    if (!error && was_there)
        ph_front_note("removed; its recording stays: %s", facts.command);
    else if (!error)
        ph_front_note("there was no service");
    ph_service_facts_fini(&facts);
    return error;
}

static struct ph_error *start(const struct ph_arguments *arguments)
{
    (void)arguments;
    return ph_service_start();
}

static struct ph_error *stop(const struct ph_arguments *arguments)
{
    (void)arguments;
    return ph_service_stop();
}

static struct ph_error *print_status(const struct ph_arguments *arguments)
{
    PH_GUARD(ph_service_facts_fini) struct ph_service_facts facts = {0};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)arguments;
    PH_TRY(ph_service_query(&facts));
    ph_text_puts(&out, facts.state);
    if (facts.pid)
        ph_text_printf(&out, ", process %" PRIu32, facts.pid);
    if (facts.failed)
        ph_text_printf(&out, ", failed with %" PRIu32 " when it ran last: see its log",
                       facts.failed);
    if (facts.installed)
        ph_text_printf(&out, "\n%s", facts.command);
    ph_text_putc(&out, '\n');
    return ph_front_write(&out);
}

/* ------------------------------------------------------------------ in the service's process */

static int record(void *context)
{
    const struct ph_arguments *arguments = context;
    struct ph_arguments quiet = *arguments;
    enum ph_exit status = PH_EXIT_CLEAN;

    quiet.quiet = true;
    quiet.operands = arguments->operands + 1;
    quiet.operand_count = 1;
    ph_front_note("recording into %s", quiet.operands[0]);
    struct ph_error *error = ph_cli_record(&quiet, &status);
    ph_front_note("%s", error ? error->text : "ended");
    bool failed = error;
    ph_error_free(error);
    return failed ? PH_EXIT_ERROR : 0;
}

static struct ph_error *run(const struct ph_arguments *arguments)
{
    if (arguments->operand_count != 2)
        return ph_errorf(PH_ERR_USAGE, "service run needs the recording");
    ph_autofree char *log = ph_format("%s.log", arguments->operands[1]);
    if (!log)
        return ph_error_nomem();
    /* the context is not changed: record() takes a copy */
    return ph_service_run(log, record, (void *)(uintptr_t)arguments);
}

struct ph_error *ph_cli_service(const struct ph_arguments *arguments, enum ph_exit *status)
{
    static const struct {
        const char *word;
        struct ph_error *(*run)(const struct ph_arguments *arguments);
    } VERBS[] = {
        {"install", install}, {"remove", remove_it},    {"start", start},
        {"stop", stop},       {"status", print_status}, {"run", run},
    };
    const char *word = arguments->operands[0];

    *status = PH_EXIT_CLEAN;
    for (size_t i = 0; i < sizeof(VERBS) / sizeof(VERBS[0]); i++)
        if (!strcmp(word, VERBS[i].word))
            return VERBS[i].run(arguments);
    return ph_errorf(PH_ERR_USAGE, "service %s: install, remove, start, stop or status", word);
}
