#include <windows.h>

#include <stdio.h>
#include <string.h>
#include <winsvc.h>

#include "base/guard.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/path.h"
#include "base/service.h"
#include "base/text.h"
#include "base/wide_windows.h"
#include "base/windows_acl.h"

/* The account with the least rights that services have; pool tags need none. */
#define ACCOUNT L"NT AUTHORITY\\LocalService"
/* The system and administrators everything, that account what a recording needs. */
#define FOLDER_RULES "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;LS)"

static wchar_t NAME[] = L"poolhound";

enum { PATIENCE_S = 30, LOG_MOST = 1 << 20 };

bool ph_service_here(void)
{
    return true;
}

/* ------------------------------------------------------------------ handles */

static void close_service(SC_HANDLE *handle)
{
    if (*handle)
        (void)CloseServiceHandle(*handle);
}

static struct ph_error *refused(DWORD cause, const char *what)
{
    if (cause == ERROR_ACCESS_DENIED)
        return ph_errorf(PH_ERR_ACCESS,
                         "%s needs an administrator: open a terminal with \"Run as administrator\"",
                         what);
    return ph_error_windows(cause, "%s", what);
}

static struct ph_error *open_manager(DWORD rights, const char *what, SC_HANDLE *manager)
{
    *manager = OpenSCManagerW(NULL, NULL, rights);
    return *manager ? NULL : refused(GetLastError(), what);
}

/* `*service` stays NULL when there is none. */
static struct ph_error *open_service(DWORD rights, const char *what, SC_HANDLE *service)
{
    PH_GUARD(close_service) SC_HANDLE manager = NULL;

    PH_TRY(open_manager(SC_MANAGER_CONNECT, what, &manager));
    *service = OpenServiceW(manager, NAME, rights);
    if (*service || GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST)
        return NULL;
    return refused(GetLastError(), what);
}

static struct ph_error *must_be_there(const SC_HANDLE *service)
{
    return *service
               ? NULL
               : ph_errorf(PH_ERR_NOT_FOUND, "the service is not installed: 'poolhound service "
                                             "install' does that");
}

/* ------------------------------------------------------------------ folder and program */

struct ph_error *ph_service_folder(char **path)
{
    const char *data = ph_environment("ProgramData");

    if (!data)
        return ph_errorf(PH_ERR_NOT_FOUND, "%%ProgramData%% is not set: name a file");
    ph_autofree char *ours = ph_path_join(data, "poolhound");
    ph_autofree char *made = ours ? ph_path_join(ours, "service") : NULL;
    if (!made)
        return ph_error_nomem();
    if (ph_file_kind(made) != PH_FILE_DIRECTORY) {
        PH_TRY(ph_make_guarded_directory(ours, PH_ACL_ADMINISTRATORS "(A;;0x1200a9;;;LS)"));
        PH_TRY(ph_make_guarded_directory(made, FOLDER_RULES));
    }
    if (!ph_is_guarded(ours) || !ph_is_guarded(made))
        return ph_errorf(
            PH_ERR_ACCESS,
            "%s: made by a user who is no administrator: look what is in it and remove "
            "it",
            ours);
    *path = ph_steal(made);
    return NULL;
}

/* NULL: it cannot be told, or memory is short. */
static char *own_program(void)
{
    enum { ROOM = 32768 };
    ph_autofree wchar_t *wide = ph_zalloc(ROOM, sizeof(*wide));

    return wide && GetModuleFileNameW(NULL, wide, ROOM) ? ph_narrow(wide) : NULL;
}

/* What the system starts must not lie where everybody can put another program in its place. */
static struct ph_error *check_place(const char *program)
{
    static const char *const PLACES[] = {"ProgramFiles", "ProgramW6432"};

    for (size_t i = 0; i < sizeof(PLACES) / sizeof(PLACES[0]); i++) {
        const char *place = ph_environment(PLACES[i]);
        if (place && *place && strlen(place) < strlen(program) &&
            ph_path_continues(program, place) && ph_is_separator(program[strlen(place)]))
            return NULL;
    }
    return ph_errorf(PH_ERR_USAGE,
                     "%s: other users could put another program there, and Windows would start it: "
                     "copy poolhound.exe to a folder of its own below C:\\Program Files first",
                     program);
}

/* Quoted as CommandLineToArgvW() takes it apart; no name of a file has a quote in it. */
static struct ph_error *command_line(const char *const *words, size_t count, wchar_t **line)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    ph_autofree char *program = own_program();

    if (!program)
        return ph_error_nomem();
    PH_TRY(check_place(program));
    ph_text_printf(&text, "\"%s\"", program);
    for (size_t i = 0; i < count; i++)
        ph_text_printf(&text, strpbrk(words[i], " \t") ? " \"%s\"" : " %s", words[i]);
    PH_TRY(ph_text_check(&text));
    *line = ph_wide(text.data);
    return *line ? NULL : ph_error_nomem();
}

/* ------------------------------------------------------------------ install and remove */

/* What a service can do without stays as it is where it is refused. */
static void describe(SC_HANDLE service)
{
    static wchar_t about[] =
        L"Records the kernel's memory by tag, for poolhound: finds kernel memory "
        L"leaks and the driver behind them.";
    static wchar_t privileges[] = L"SeChangeNotifyPrivilege\0";
    SERVICE_DESCRIPTIONW description = {about};
    SERVICE_DELAYED_AUTO_START_INFO delayed = {TRUE};
    SC_ACTION again[] = {
        {SC_ACTION_RESTART, 60000}, {SC_ACTION_RESTART, 300000}, {SC_ACTION_RESTART, 3600000}};
    SERVICE_FAILURE_ACTIONSW failure = {
        .dwResetPeriod = 86400, .cActions = sizeof(again) / sizeof(again[0]), .lpsaActions = again};
    SERVICE_FAILURE_ACTIONS_FLAG also_by_status = {TRUE};
    SERVICE_REQUIRED_PRIVILEGES_INFOW required = {privileges};

    (void)ChangeServiceConfig2W(service, SERVICE_CONFIG_DESCRIPTION, &description);
    (void)ChangeServiceConfig2W(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, &delayed);
    (void)ChangeServiceConfig2W(service, SERVICE_CONFIG_FAILURE_ACTIONS, &failure);
    (void)ChangeServiceConfig2W(service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &also_by_status);
    (void)ChangeServiceConfig2W(service, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, &required);
}

struct ph_error *ph_service_install(const char *const *words, size_t count, bool *again)
{
    static const char what[] = "to install the service";
    static const wchar_t shown[] = L"poolhound recorder", account[] = ACCOUNT;
    PH_GUARD(close_service) SC_HANDLE manager = NULL, service = NULL;
    ph_autofree wchar_t *line = NULL;

    PH_TRY(command_line(words, count, &line));
    PH_TRY(open_manager(SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE, what, &manager));
    service = CreateServiceW(manager, NAME, shown, SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS,
                             SERVICE_AUTO_START, SERVICE_ERROR_NORMAL, line, NULL, NULL, NULL,
                             account, L"");
    bool exists = !service && GetLastError() == ERROR_SERVICE_EXISTS;
    if (exists) {
        service = OpenServiceW(manager, NAME, SERVICE_CHANGE_CONFIG | SERVICE_START);
        if (!service || !ChangeServiceConfigW(service, SERVICE_WIN32_OWN_PROCESS,
                                              SERVICE_AUTO_START, SERVICE_ERROR_NORMAL, line, NULL,
                                              NULL, NULL, account, L"", shown))
            return refused(GetLastError(), what);
    }
    if (!service)
        return refused(GetLastError(), what);
    describe(service);
    *again = exists;
    return NULL;
}

/* Waits until it is no more on its way. */
static struct ph_error *wait_for(SC_HANDLE service, DWORD wanted, const char *what)
{
    int64_t deadline = ph_boottime_ns() + PATIENCE_S * PH_SECOND;
    SERVICE_STATUS status;

    for (;;) {
        if (!QueryServiceStatus(service, &status))
            return refused(GetLastError(), what);
        if (status.dwCurrentState == wanted)
            return NULL;
        if (status.dwCurrentState == SERVICE_STOPPED)
            return ph_errorf(PH_ERR_IO,
                             "the service stopped right after its start: its log beside the "
                             "recording says why");
        if (ph_boottime_ns() >= deadline)
            return ph_errorf(PH_ERR_BUSY, "the service did not do it within %d s", PATIENCE_S);
        Sleep(50);
    }
}

static struct ph_error *stop(SC_HANDLE service, const char *what)
{
    SERVICE_STATUS status;

    if (!ControlService(service, SERVICE_CONTROL_STOP, &status)) {
        DWORD cause = GetLastError();
        return cause == ERROR_SERVICE_NOT_ACTIVE ? NULL : refused(cause, what);
    }
    return wait_for(service, SERVICE_STOPPED, what);
}

struct ph_error *ph_service_remove(bool *was_there)
{
    static const char what[] = "to remove the service";
    PH_GUARD(close_service) SC_HANDLE service = NULL;

    PH_TRY(open_service(SERVICE_STOP | SERVICE_QUERY_STATUS | DELETE, what, &service));
    *was_there = service;
    if (!service)
        return NULL;
    PH_TRY(stop(service, what));
    return DeleteService(service) ? NULL : refused(GetLastError(), what);
}

struct ph_error *ph_service_start(void)
{
    static const char what[] = "to start the service";
    PH_GUARD(close_service) SC_HANDLE service = NULL;

    PH_TRY(open_service(SERVICE_START | SERVICE_QUERY_STATUS, what, &service));
    PH_TRY(must_be_there(&service));
    if (!StartServiceW(service, 0, NULL) && GetLastError() != ERROR_SERVICE_ALREADY_RUNNING)
        return refused(GetLastError(), what);
    return wait_for(service, SERVICE_RUNNING, what);
}

struct ph_error *ph_service_stop(void)
{
    static const char what[] = "to stop the service";
    PH_GUARD(close_service) SC_HANDLE service = NULL;

    PH_TRY(open_service(SERVICE_STOP | SERVICE_QUERY_STATUS, what, &service));
    PH_TRY(must_be_there(&service));
    return stop(service, what);
}

/* ------------------------------------------------------------------ query */

static const char *state_name(DWORD state)
{
    static const char *const NAMES[] = {
        [SERVICE_STOPPED] = "stopped",
        [SERVICE_START_PENDING] = "starting",
        [SERVICE_STOP_PENDING] = "stopping",
        [SERVICE_RUNNING] = "running",
    };

    return state < sizeof(NAMES) / sizeof(NAMES[0]) && NAMES[state] ? NAMES[state] : "paused";
}

static struct ph_error *read_command(SC_HANDLE service, char **command)
{
    DWORD size = 0;

    (void)QueryServiceConfigW(service, NULL, 0, &size);
    ph_autofree QUERY_SERVICE_CONFIGW *config = ph_zalloc((size_t)size + sizeof(*config), 1);
    if (!config)
        return ph_error_nomem();
    if (!QueryServiceConfigW(service, config, size, &size))
        return refused(GetLastError(), "the configuration of the service");
    *command = ph_narrow(config->lpBinaryPathName ? config->lpBinaryPathName : L"");
    return *command ? NULL : ph_error_nomem();
}

struct ph_error *ph_service_query(struct ph_service_facts *facts)
{
    static const char what[] = "the state of the service";
    PH_GUARD(close_service) SC_HANDLE service = NULL;
    SERVICE_STATUS_PROCESS status;
    DWORD size = sizeof(status);

    *facts = (struct ph_service_facts){.state = "not installed"};
    PH_TRY(open_service(SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG, what, &service));
    if (!service)
        return NULL;
    if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&status, size, &size))
        return refused(GetLastError(), what);
    facts->installed = true;
    facts->state = state_name(status.dwCurrentState);
    facts->pid = status.dwProcessId;
    facts->failed =
        status.dwWin32ExitCode == ERROR_SERVICE_SPECIFIC_ERROR  ? status.dwServiceSpecificExitCode
        : status.dwWin32ExitCode == ERROR_SERVICE_NEVER_STARTED ? 0
                                                                : status.dwWin32ExitCode;
    return read_command(service, &facts->command);
}

void ph_service_facts_fini(struct ph_service_facts *facts)
{
    ph_free(facts->command);
    *facts = (struct ph_service_facts){0};
}

/* ------------------------------------------------------------------ run */

/* There is one service in the process, and its callbacks have no context. */
static struct {
    const char *log;
    int (*work)(void *context);
    void *context;
    SERVICE_STATUS_HANDLE handle;
    SERVICE_STATUS status;
} running;

static void report(DWORD state)
{
    running.status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
    running.status.dwCurrentState = state;
    running.status.dwControlsAccepted =
        state == SERVICE_RUNNING
            ? SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN | SERVICE_ACCEPT_PRESHUTDOWN
            : 0;
    running.status.dwWaitHint = state == SERVICE_STOP_PENDING ? PATIENCE_S * 1000 : 0;
    running.status.dwCheckPoint = state == SERVICE_STOP_PENDING ? 1 : 0;
    (void)SetServiceStatus(running.handle, &running.status);
}

static DWORD WINAPI on_control(DWORD control, DWORD kind, void *data, void *context)
{
    (void)kind;
    (void)data;
    (void)context;
    switch (control) {
    case SERVICE_CONTROL_STOP:
    case SERVICE_CONTROL_SHUTDOWN:
    case SERVICE_CONTROL_PRESHUTDOWN:
        report(SERVICE_STOP_PENDING);
        ph_interrupt(); /* the reading in flight is still written */
        return NO_ERROR;
    case SERVICE_CONTROL_INTERROGATE:
        return NO_ERROR;
    default:
        return ERROR_CALL_NOT_IMPLEMENTED;
    }
}

/* The log before this one is kept. */
static struct ph_error *open_log(const char *log)
{
    ph_autofree wchar_t *wide = NULL, *older = NULL;
    ph_autofree char *before = ph_format("%s.old", log);
    uint64_t size = 0;
    int64_t modified;

    if (!before)
        return ph_error_nomem();
    PH_TRY(ph_wide_path(log, &wide));
    PH_TRY(ph_wide_path(before, &older));
    if (ph_file_facts(log, &size, &modified) && size > LOG_MOST)
        (void)MoveFileExW(wide, older, MOVEFILE_REPLACE_EXISTING);
    FILE *opened = _wfopen(wide, L"ab");
    if (!opened)
        return ph_errorf(PH_ERR_IO, "%s: cannot open the log", log);
    (void)setvbuf(opened, NULL, _IONBF, 0);
    /* a service has none that could be opened again; msvcrt's FILE is a plain structure
     * NOLINTNEXTLINE(cert-fio38-c,misc-non-copyable-objects) */
    *stderr = *opened;
    return NULL;
}

static void WINAPI service_main(DWORD count, wchar_t **words)
{
    (void)count;
    (void)words;
    running.handle = RegisterServiceCtrlHandlerExW(NAME, on_control, NULL);
    if (!running.handle)
        return;
    report(SERVICE_RUNNING);
    struct ph_error *error = open_log(running.log);
    int result = error ? ERROR_OPEN_FAILED : running.work(running.context);
    ph_error_free(error); /* there is nowhere to say it but in the result */
    running.status.dwWin32ExitCode = result ? ERROR_SERVICE_SPECIFIC_ERROR : NO_ERROR;
    running.status.dwServiceSpecificExitCode = (DWORD)result;
    report(SERVICE_STOPPED);
}

struct ph_error *ph_service_run(const char *log, int (*work)(void *context), void *context)
{
    SERVICE_TABLE_ENTRYW table[] = {{NAME, service_main}, {NULL, NULL}};

    running.log = log;
    running.work = work;
    running.context = context;
    if (StartServiceCtrlDispatcherW(table))
        return NULL;
    DWORD cause = GetLastError();
    if (cause == ERROR_FAILED_SERVICE_CONTROLLER_CONNECT)
        return ph_errorf(PH_ERR_USAGE, "'service run' is for Windows' service manager; 'poolhound "
                                       "record FILE' does it here");
    return ph_error_windows(cause, "the service manager");
}
