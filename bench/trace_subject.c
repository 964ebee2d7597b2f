#include "trace_subject.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/os.h"

/* As often as `poolhound trace` reads. */
enum { READ_MS = 2000, READY_MS = 30000, QUIET_MS = 3000, OUTPUT_BYTES = 4096 };

static double own_cpu_s(void)
{
    struct rusage used;

    (void)getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* ------------------------------------------------------------------ a tracer of ours */

static void tell(int answers, const struct subject_report *report)
{
    (void)!write(answers, report, sizeof(*report));
}

static struct ph_error *trace(const struct ph_tracer_options *options, int orders, int answers,
                              struct subject_report *report)
{
    PH_GUARD(ph_tracer_closep) struct ph_tracer *tracer = NULL;
    PH_GUARD(ph_trace_fini) struct ph_trace found = {0};
    int64_t begun_ns = ph_boottime_ns();

    PH_TRY(ph_tracer_open(options, &tracer));
    report->open_ms = (double)(ph_boottime_ns() - begun_ns) / 1e6;
    begun_ns = ph_boottime_ns();
    double before_s = own_cpu_s();
    tell(answers, report);
    for (int left = 1; left;) {
        struct pollfd wait = {.fd = orders, .events = POLLIN};
        left = poll(&wait, 1, READ_MS) <= 0;
        PH_TRY(ph_tracer_read(tracer, &found));
    }
    report->own_cpu_s = own_cpu_s() - before_s;
    report->seconds = (double)(ph_boottime_ns() - begun_ns) / 1e9;
    report->cpu_share = found.cpu_share;
    report->events_per_second = (double)found.counts.events / report->seconds;
    report->map_bytes = found.map_bytes;
    report->events = found.counts.events;
    report->dropped = found.counts.dropped;
    report->sites_full = found.counts.sites_full;
    report->shift = found.shift;
    return NULL;
}

static void be_tracer(const struct ph_tracer_options *options, int orders, int answers)
{
    struct subject_report report = {0};
    struct ph_error *error = trace(options, orders, answers, &report);

    if (error)
        (void)snprintf(report.error, sizeof(report.error), "%s", error->text);
    ph_error_free(error);
    tell(answers, &report);
    _exit(0);
}

/* ------------------------------------------------------------------ a peer */

static void be_peer(const struct trace_subject *subject, int orders, int answers)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    (void)orders;
    (void)setpgid(0, 0);
    if (null < 0 || dup2(null, 0) < 0 || dup2(answers, 1) < 0 || dup2(answers, 2) < 0)
        _exit(126);
    execvp(subject->words[0], (char *const *)subject->words);
    _exit(127);
}

/* The last line it wrote. */
static void take_line(struct trace_subject *subject, const char *output)
{
    size_t length = strlen(output), from;

    while (length && output[length - 1] == '\n')
        length--;
    for (from = length; from && output[from - 1] != '\n';)
        from--;
    (void)snprintf(subject->why, sizeof(subject->why), "%.*s", (int)(length - from), output + from);
}

static bool wait_for_peer(struct trace_subject *subject)
{
    char output[OUTPUT_BYTES] = "";
    size_t length = 0;
    int64_t until_ns = ph_boottime_ns() + READY_MS * INT64_C(1000000);

    while (ph_boottime_ns() < until_ns) {
        struct pollfd wait = {.fd = subject->answers, .events = POLLIN};
        int events = poll(&wait, 1, subject->ready ? READY_MS : QUIET_MS);
        if (!events && !subject->ready)
            return true;
        if (events <= 0)
            break;
        ssize_t got = read(subject->answers, output + length, sizeof(output) - 1 - length);
        if (got <= 0) {
            take_line(subject, output);
            (void)poll(NULL, 0, 100); /* until it can be waited for */
            return false;
        }
        length += (size_t)got;
        output[length] = 0;
        if (subject->ready && strstr(output, subject->ready))
            return true;
        if (length > sizeof(output) / 2)
            length = 0;
    }
    (void)snprintf(subject->why, sizeof(subject->why), "not ready after %d s", READY_MS / 1000);
    return false;
}

/* ------------------------------------------------------------------ both */

static bool read_report(struct trace_subject *subject)
{
    struct subject_report *report = &subject->report;

    if (read(subject->answers, report, sizeof(*report)) != sizeof(*report))
        (void)snprintf(report->error, sizeof(report->error), "the tracer died");
    report->error[sizeof(report->error) - 1] = 0;
    if (report->error[0])
        (void)snprintf(subject->why, sizeof(subject->why), "%s", report->error);
    return !report->error[0];
}

bool subject_start(struct trace_subject *subject)
{
    int orders[2], answers[2];

    subject->why[0] = 0;
    if (!subject->ours && !subject->words[0])
        return true;
    if (pipe2(orders, O_CLOEXEC))
        return false;
    if (pipe2(answers, O_CLOEXEC)) {
        (void)close(orders[0]);
        (void)close(orders[1]);
        return false;
    }
    (void)fflush(NULL);
    subject->pid = fork();
    if (!subject->pid) {
        (void)close(orders[1]);
        (void)close(answers[0]);
        if (subject->ours)
            be_tracer(&subject->options, orders[0], answers[1]);
        be_peer(subject, orders[0], answers[1]);
    }
    (void)close(orders[0]);
    (void)close(answers[1]);
    subject->orders = orders[1];
    subject->answers = answers[0];
    bool good = subject->pid > 0 && (subject->ours ? read_report(subject) : wait_for_peer(subject));
    if (!good)
        (void)subject_stop(subject);
    return good;
}

/* What a peer has to say does not matter, but it must not wait for us. Its programs and events go
 * with it. */
static bool stop_peer(struct trace_subject *subject)
{
    int status;

    bool good = waitpid(subject->pid, &status, WNOHANG) == 0;
    if (good) {
        (void)kill(-subject->pid, SIGKILL);
        (void)waitpid(subject->pid, &status, 0);
    } else if (!subject->why[0]) {
        bool missing = WIFEXITED(status) && WEXITSTATUS(status) == 127;
        (void)snprintf(subject->why, sizeof(subject->why), "%s",
                       missing ? "not installed" : "it ended by itself");
    }
    return good;
}

bool subject_stop(struct trace_subject *subject)
{
    bool good = true;

    if (subject->pid <= 0)
        return true;
    (void)close(subject->orders);
    if (!subject->ours)
        good = stop_peer(subject);
    else if (!subject->report.error[0])
        good = read_report(subject);
    (void)close(subject->answers);
    if (subject->ours)
        (void)waitpid(subject->pid, NULL, 0);
    subject->pid = 0;
    return good;
}
