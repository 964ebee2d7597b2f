/* base/os_linux and base/leak_linux: time, interrupts, children, privileges, the terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/leak.h"
#include "base/os.h"

static void time_goes_on(void **state)
{
    int64_t start = ph_boottime_ns(), cpu = ph_cpu_ns();

    (void)state;
    assert_true(ph_realtime_ns() > INT64_C(1600000000) * PH_SECOND);
    ph_sleep_until(start + 50 * PH_SECOND / 1000);
    int64_t slept = ph_boottime_ns() - start;
    assert_true(slept >= 50 * PH_SECOND / 1000);
    assert_true(slept < 20 * PH_SECOND);
    assert_true(ph_cpu_ns() >= cpu);
    ph_sleep_until(start); /* the past: returns at once */
}

static void an_interrupt_ends_a_sleep(void **state)
{
    static const int signals[] = {SIGINT, SIGQUIT, SIGTERM};

    (void)state;
    assert_null(ph_catch_interrupts());
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        ph_clear_interrupt();
        assert_false(ph_interrupted());
        int64_t start = ph_boottime_ns();
        pid_t sender = fork();
        assert_true(sender >= 0);
        if (sender == 0) {
            (void)usleep(50000);
            _exit(kill(getppid(), signals[i]) ? 1 : 0);
        }
        ph_sleep_until(start + PH_MINUTE);
        assert_true(ph_interrupted());
        assert_true(ph_boottime_ns() - start < PH_MINUTE / 2);
        assert_int_equal(waitpid(sender, NULL, 0), sender);
        ph_sleep_until(ph_boottime_ns() + PH_MINUTE); /* interrupted already: returns at once */
    }
    ph_clear_interrupt();
    assert_false(ph_interrupted());
    ph_sleep_until(ph_boottime_ns() + PH_SECOND / 100); /* and sleeping works again */
}

/* Who was started by nohup goes on when the terminal closes. */
static void a_hangup_that_was_switched_off_stays_so(void **state)
{
    (void)state;
    assert_true(signal(SIGHUP, SIG_IGN) != SIG_ERR);
    assert_null(ph_catch_interrupts());
    assert_int_equal(raise(SIGHUP), 0);
    assert_false(ph_interrupted());
    assert_true(signal(SIGHUP, SIG_DFL) != SIG_ERR);
    assert_null(ph_catch_interrupts());
    assert_int_equal(raise(SIGHUP), 0);
    assert_true(ph_interrupted());
    ph_clear_interrupt();
}

static void facts_of_the_machine(void **state)
{
    struct ph_os_facts facts;
    uint64_t resident = 0, peak = 0;

    (void)state;
    ph_os_facts(&facts);
    assert_string_equal(facts.system, "Linux");
    assert_true(facts.release[0] != 0);
    assert_int_equal(strlen(facts.boot_id), 36);
    assert_true(facts.cpus >= 1);
    assert_true(facts.page_bytes >= 4096);
    ph_own_memory(&resident, &peak);
    assert_true(resident > 65536);
    assert_true(peak >= resident);
}

static void the_terminal(void **state)
{
    unsigned columns = 0, rows = 0;

    (void)state;
    assert_int_equal(setenv("COLUMNS", "132", 1), 0);
    assert_int_equal(setenv("LINES", "50", 1), 0);
    ph_terminal_size(&columns, &rows);
    assert_int_equal(columns, 132);
    assert_int_equal(rows, 50);
    assert_int_equal(setenv("COLUMNS", "nonsense", 1), 0);
    assert_int_equal(setenv("LINES", "-4", 1), 0);
    ph_terminal_size(&columns, &rows);
    assert_true(columns > 0 && rows > 0 && columns < 100000);
    assert_int_equal(unsetenv("COLUMNS"), 0);
    assert_int_equal(unsetenv("LINES"), 0);

    FILE *file = fopen("/dev/null", "r");
    assert_non_null(file);
    assert_false(ph_is_terminal(file));
    assert_int_equal(fclose(file), 0);
}

static int says_two_lines(void *context, FILE *write_end)
{
    (void)fprintf(write_end, "%s one\ntwo\n", (const char *)context);
    (void)fflush(write_end);
    (void)pause();
    return 0;
}

static void a_child_speaks(void **state)
{
    PH_GUARD(ph_child_stopp) struct ph_child *child = NULL;
    PH_GUARD(ph_text_fini) struct ph_text line = {0};
    char word[] = "line";

    (void)state;
    assert_null(ph_child_start(says_two_lines, word, &child));
    assert_true(ph_child_line(child, 30 * PH_SECOND, &line));
    assert_string_equal(line.data, "line one");
    assert_true(ph_child_line(child, 30 * PH_SECOND, &line));
    assert_string_equal(line.data, "two");
    assert_false(ph_child_line(child, PH_SECOND / 20, &line)); /* says no more, and lives */
}

static int says_nothing(void *context, FILE *write_end)
{
    (void)context;
    (void)write_end;
    return 3;
}

static void a_child_that_ended(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text line = {0};
    struct ph_child *child = NULL;
    int64_t start = ph_boottime_ns();

    (void)state;
    assert_null(ph_child_start(says_nothing, NULL, &child));
    assert_false(ph_child_line(child, PH_MINUTE, &line));
    assert_true(ph_boottime_ns() - start < PH_MINUTE / 2); /* its end is noticed */
    ph_child_stop(child);
    ph_child_stop(NULL);
}

static void a_child_without_memory(void **state)
{
    struct ph_child *child = NULL;

    (void)state;
    ph_mem_fail_after(0);
    struct ph_error *error = ph_child_start(says_nothing, NULL, &child);
    ph_mem_fail_after(-1);
    assert_int_equal(error->code, PH_ERR_NOMEM);
    assert_null(child);
    ph_error_free(error);
}

static int waits(void *context, FILE *write_end)
{
    (void)context;
    (void)fprintf(write_end, "%ld\n", (long)getpid());
    (void)fflush(write_end);
    (void)pause();
    return 0;
}

/* A parent that starts a child, tells its number and dies without stopping it. */
static int dies_early(void *context, FILE *write_end)
{
    struct ph_child *child = NULL;
    struct ph_text line = {0};

    (void)context;
    if (ph_child_start(waits, NULL, &child) || !ph_child_line(child, 30 * PH_SECOND, &line))
        return 1;
    (void)fprintf(write_end, "%s\n", line.data);
    (void)fflush(write_end);
    (void)kill(getpid(), SIGKILL);
    return 1;
}

/* 'Z' for a process that is dead but not collected: its new parent may be slow or absent. */
static bool is_gone(pid_t pid)
{
    PH_GUARD(ph_text_fini) struct ph_text status = {0};
    ph_autofree char *path = ph_format("/proc/%ld/stat", (long)pid);
    ph_autoerror struct ph_error *error = ph_read_file(path, 65536, &status);
    const char *name_end = error || !status.data ? NULL : strrchr(status.data, ')');

    return !name_end || name_end[2] == 'Z' || name_end[2] == 'X';
}

static void a_child_dies_with_its_parent(void **state)
{
    PH_GUARD(ph_text_fini) struct ph_text line = {0};
    PH_GUARD(ph_child_stopp) struct ph_child *parent = NULL;

    (void)state;
    assert_null(ph_child_start(dies_early, NULL, &parent));
    assert_true(ph_child_line(parent, 30 * PH_SECOND, &line));
    pid_t grandchild = (pid_t)strtol(line.data, NULL, 10);
    assert_true(grandchild > 1);
    int64_t deadline = ph_boottime_ns() + 30 * PH_SECOND;
    while (!is_gone(grandchild) && ph_boottime_ns() < deadline)
        ph_sleep_until(ph_boottime_ns() + PH_SECOND / 100);
    assert_true(is_gone(grandchild));
}

/* The effective capabilities of this process, as /proc tells them. */
static uint64_t capabilities(void)
{
    PH_GUARD(ph_text_fini) struct ph_text status = {0};
    ph_autoerror struct ph_error *error = ph_read_file("/proc/self/status", 65536, &status);
    const char *at = error ? NULL : strstr(status.data, "CapEff:");

    return at ? strtoull(at + 7, NULL, 16) : UINT64_MAX;
}

static int drops(void *context, FILE *write_end)
{
    const char *kept = NULL;
    struct ph_handle *handle = NULL;
    struct ph_text text = {0};

    /* what was opened before stays readable; nothing is left that could be taken back */
    struct ph_error *error = ph_handle_open("/proc/meminfo", &handle);
    if (!error)
        error = ph_drop_privileges(context, 0, &kept);
    if (!error)
        error = ph_handle_read(handle, &text);
    (void)fprintf(write_end, "%s|%llx|%d|%s\n", error ? error->text : "ok",
                  (unsigned long long)capabilities(), text.data && strstr(text.data, "MemTotal"),
                  kept ? kept : "NULL");
    (void)fflush(write_end);
    return 0;
}

static void privileges_are_dropped(void **state)
{
    PH_GUARD(ph_child_stopp) struct ph_child *child = NULL;
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    (void)state;
    assert_null(ph_child_start(drops, NULL, &child));
    assert_true(ph_child_line(child, 30 * PH_SECOND, &line));
    assert_memory_equal(line.data, "ok|0|1|nothing", 14);
}

static uint64_t status_mask(const char *key)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct ph_error *error = ph_read_file("/proc/self/status", 65536, &text);
    const char *at = text.data ? strstr(text.data, key) : NULL;

    ph_error_free(error);
    return at ? strtoull(at + strlen(key), NULL, 16) : UINT64_MAX;
}

/* CAP_BPF, CAP_PERFMON, CAP_SYSLOG, CAP_SYS_ADMIN; CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH */
static const uint64_t trace_mask = UINT64_C(1) << 39 | UINT64_C(1) << 38 | UINT64_C(1) << 34 |
                                   UINT64_C(1) << 21,
                      look_mask = UINT64_C(1) << 19 | UINT64_C(1) << 2;

static int waits_with_rights(void *context, FILE *write_end)
{
    const char *kept;
    uint64_t had = status_mask("CapPrm:\t"), steps[8];
    bool ok = true;

    (void)context;
    ph_rights_lower(PH_RIGHT_TRACE, true); /* nothing was dropped yet: does nothing */
    ok &= status_mask("CapPrm:\t") == had;
    struct ph_error *error = ph_drop_privileges(NULL, PH_RIGHT_TRACE | PH_RIGHT_LOOK, &kept);
    steps[0] = status_mask("CapEff:\t");
    steps[1] = status_mask("CapPrm:\t");
    ph_rights_raise(PH_RIGHT_TRACE);
    steps[2] = status_mask("CapEff:\t");
    ph_rights_lower(PH_RIGHT_TRACE, true);
    steps[3] = status_mask("CapEff:\t");
    steps[4] = status_mask("CapPrm:\t");
    ph_rights_raise(PH_RIGHT_TRACE | PH_RIGHT_LOOK);
    steps[5] = status_mask("CapEff:\t");
    ph_rights_lower(PH_RIGHT_LOOK, false);
    steps[6] = status_mask("CapEff:\t");
    steps[7] = status_mask("CapPrm:\t");
    ok &= steps[0] == 0 && steps[1] == ((trace_mask | look_mask) & had);
    ok &= steps[2] == (trace_mask & had) && steps[3] == 0 && steps[4] == (look_mask & had);
    ok &= steps[5] == (look_mask & had) && steps[6] == 0 && steps[7] == (look_mask & had);
    (void)fprintf(write_end, "%s\n", error ? error->text : ok ? "ok" : "wrong");
    (void)fflush(write_end);
    return 0;
}

static void rights_wait_out_of_force(void **state)
{
    PH_GUARD(ph_child_stopp) struct ph_child *child = NULL;
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    (void)state;
    assert_null(ph_child_start(waits_with_rights, NULL, &child));
    assert_true(ph_child_line(child, 30 * PH_SECOND, &line));
    assert_string_equal(line.data, "ok");
}

static void the_recording_stays_writable(void **state)
{
    char folder[] = "/tmp/poolhound-test-XXXXXX";
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    (void)state;
    if (capabilities() == 0) {
        print_message("SKIP: only a privileged process has something to keep\n");
        skip();
    }
    assert_non_null(mkdtemp(folder));
    ph_autofree char *path = ph_format("%s/x.poolhound", folder);
    {
        PH_GUARD(ph_child_stopp) struct ph_child *own = NULL;
        assert_null(ph_child_start(drops, path, &own));
        assert_true(ph_child_line(own, 30 * PH_SECOND, &line));
        assert_memory_equal(line.data, "ok|0|1|nothing", 14); /* our directory needs nothing */
    }
    assert_int_equal(chown(folder, 65534, 65534), 0);
    {
        PH_GUARD(ph_child_stopp) struct ph_child *foreign = NULL;
        assert_null(ph_child_start(drops, path, &foreign));
        assert_true(ph_child_line(foreign, 30 * PH_SECOND, &line));
        assert_memory_equal(line.data, "ok|2|1|CAP_DAC_OVERRIDE", 23);
    }
    assert_int_equal(rmdir(folder), 0);
}

/* A service's user with one capability, as the systemd unit has it. */
static int drops_as_a_service(void *context, FILE *write_end)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};

    data[0].permitted = data[0].effective = 1u << CAP_DAC_READ_SEARCH | 1u << CAP_NET_RAW;
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || setresuid(65534, 65534, 65534) ||
        syscall(SYS_capset, &header, data))
        return 1;
    return drops(context, write_end);
}

static void a_service_keeps_what_new_caches_need(void **state)
{
    PH_GUARD(ph_child_stopp) struct ph_child *child = NULL;
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    (void)state;
    if (geteuid() != 0) {
        print_message("SKIP: needs root to become a service's user\n");
        skip();
    }
    assert_null(ph_child_start(drops_as_a_service, NULL, &child));
    assert_true(ph_child_line(child, 30 * PH_SECOND, &line));
    assert_memory_equal(line.data, "ok|4|1|CAP_DAC_READ_SEARCH", 26);
}

static int count_descriptors(void)
{
    int count = 0;

    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static int leaks(void *context, FILE *write_end)
{
    uint64_t possible = ph_leak_prepare(100);
    int before = count_descriptors();

    (void)context;
    for (size_t kind = 0; kind < PH_LEAK_KINDS; kind++)
        for (int i = 0; i < 10; i++)
            if (ph_leak_one(kind))
                return 1;
    (void)fprintf(write_end, "%d %d\n", possible >= 100, count_descriptors() - before);
    (void)fflush(write_end);
    return 0;
}

static void leaked_objects_are_real(void **state)
{
    PH_GUARD(ph_child_stopp) struct ph_child *child = NULL;
    PH_GUARD(ph_text_fini) struct ph_text line = {0};
    int possible = 0, objects = 0;

    (void)state;
    assert_null(ph_child_start(leaks, NULL, &child));
    assert_true(ph_child_line(child, 30 * PH_SECOND, &line));
    assert_int_equal(sscanf(line.data, "%d %d", &possible, &objects), 2);
    assert_int_equal(possible, 1);
    assert_true(objects >= 20); /* timers may live without a descriptor */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_goes_on),
        cmocka_unit_test(an_interrupt_ends_a_sleep),
        cmocka_unit_test(a_hangup_that_was_switched_off_stays_so),
        cmocka_unit_test(facts_of_the_machine),
        cmocka_unit_test(the_terminal),
        cmocka_unit_test(a_child_speaks),
        cmocka_unit_test(a_child_that_ended),
        cmocka_unit_test(a_child_without_memory),
        cmocka_unit_test(a_child_dies_with_its_parent),
        cmocka_unit_test(privileges_are_dropped),
        cmocka_unit_test(rights_wait_out_of_force),
        cmocka_unit_test(the_recording_stays_writable),
        cmocka_unit_test(a_service_keeps_what_new_caches_need),
        cmocka_unit_test(leaked_objects_are_real),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
