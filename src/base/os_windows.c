#include <windows.h>

#include <stdlib.h>
#include <string.h>

#include <psapi.h>
#include <winternl.h>

#include "base/guard.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/wide_windows.h"

/* Functions that headers of this age do not declare, or that old systems lack. */
static FARPROC function_of(const wchar_t *library, const char *name)
{
    HMODULE module = GetModuleHandleW(library);

    return module ? GetProcAddress(module, name) : NULL;
}

/* ------------------------------------------------------------------ time */

int64_t ph_realtime_ns(void)
{
    FILETIME now;

    GetSystemTimePreciseAsFileTime(&now);
    uint64_t ticks = (uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime;
    return ((int64_t)ticks - INT64_C(116444736000000000)) * 100; /* 1601 -> 1970 */
}

/* Interrupt time counts sleep, unlike the "unbiased" one (learn.microsoft.com, realtimeapiset.h).
 */
int64_t ph_boottime_ns(void)
{
    typedef void (*query)(ULONGLONG *);
    static _Atomic(query) known;
    query ask = atomic_load(&known);
    ULONGLONG ticks = 0;

    if (!ask) {
        FARPROC found = function_of(L"kernelbase.dll", "QueryInterruptTimePrecise");
        memcpy(&ask, &found, sizeof(ask));
        atomic_store(&known, ask);
    }
    if (!ask)
        return (int64_t)GetTickCount64() * 1000000;
    ask(&ticks);
    return (int64_t)ticks * 100;
}

int64_t ph_cpu_ns(void)
{
    FILETIME start, end, kernel, user;

    if (!GetProcessTimes(GetCurrentProcess(), &start, &end, &kernel, &user))
        return 0;
    uint64_t ticks = ((uint64_t)kernel.dwHighDateTime << 32 | kernel.dwLowDateTime) +
                     ((uint64_t)user.dwHighDateTime << 32 | user.dwLowDateTime);
    return (int64_t)ticks * 100;
}

/* ------------------------------------------------------------------ interrupts */

static atomic_bool interrupted; /* set by the console's thread, asked by every thread */
static _Thread_local const atomic_bool *cancelled; /* see ph_cancel_when() */
static _Atomic(HANDLE) wake;                       /* manual reset */

HANDLE ph_wake_handle(void)
{
    return atomic_load(&wake);
}

void ph_interrupt(void)
{
    HANDLE event = ph_wake_handle();

    atomic_store(&interrupted, true);
    if (event)
        (void)SetEvent(event);
}

/* A service gets CTRL_LOGOFF_EVENT for every user who goes. */
static bool is_of_no_user(void)
{
    DWORD session = 1;

    return ProcessIdToSessionId(GetCurrentProcessId(), &session) && session == 0;
}

/* Runs in a thread of its own. Once it returns from a close or shutdown the process is ended, in
 * the middle of whatever it does: so it stays, and the end of main() ends it, too. */
static BOOL WINAPI on_control(DWORD control)
{
    enum { PATIENCE_MS = 30000 }; /* the system's is shorter */

    if (control == CTRL_LOGOFF_EVENT && is_of_no_user())
        return TRUE;
    ph_interrupt();
    if (control != CTRL_C_EVENT && control != CTRL_BREAK_EVENT)
        Sleep(PATIENCE_MS);
    return TRUE;
}

struct ph_error *ph_catch_interrupts(void)
{
    if (!ph_wake_handle()) {
        HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
        if (!event)
            return ph_error_windows(GetLastError(), "cannot make an event");
        atomic_store(&wake, event);
        if (!SetConsoleCtrlHandler(on_control, TRUE))
            return ph_error_windows(GetLastError(), "cannot catch Ctrl-C");
    }
    return NULL;
}

bool ph_interrupted(void)
{
    return atomic_load(&interrupted) || (cancelled && atomic_load(cancelled));
}

const atomic_bool *ph_cancel_when(const atomic_bool *flag)
{
    const atomic_bool *before = cancelled;

    cancelled = flag;
    return before;
}

void ph_clear_interrupt(void)
{
    HANDLE event = ph_wake_handle();

    atomic_store(&interrupted, false);
    if (event)
        (void)ResetEvent(event);
}

void ph_sleep_until(int64_t deadline_ns)
{
    enum { MOST_MS = 10000 }; /* a wait does not count the time the machine slept */

    while (!atomic_load(&interrupted)) {
        int64_t left = deadline_ns - ph_boottime_ns();
        if (left <= 0)
            return;
        int64_t milliseconds = left / 1000000 + 1;
        DWORD wait = milliseconds > MOST_MS ? MOST_MS : (DWORD)milliseconds;
        HANDLE event = ph_wake_handle();
        if (event)
            (void)WaitForSingleObject(event, wait);
        else
            Sleep(wait);
    }
}

/* ------------------------------------------------------------------ machine */

static DWORD registry_number(const wchar_t *key, const wchar_t *name)
{
    DWORD number = 0, size = sizeof(number);

    if (RegGetValueW(HKEY_LOCAL_MACHINE, key, name, RRF_RT_REG_DWORD, NULL, &number, &size))
        return 0;
    return number;
}

/* "10.0.26100.4061": GetVersionEx() tells what a program says that it knows, RtlGetVersion() what
 * the system is; the last number is the update. */
static void release_of(char *text, size_t room)
{
    typedef LONG(WINAPI * version)(OSVERSIONINFOW *);
    OSVERSIONINFOW facts = {.dwOSVersionInfoSize = sizeof(facts)};
    FARPROC found = function_of(L"ntdll.dll", "RtlGetVersion");
    version ask = NULL;

    memcpy(&ask, &found, sizeof(ask));
    if (!ask || ask(&facts))
        return;
    DWORD update = registry_number(L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", L"UBR");
    int used = snprintf(text, room, "%lu.%lu.%lu", (unsigned long)facts.dwMajorVersion,
                        (unsigned long)facts.dwMinorVersion, (unsigned long)facts.dwBuildNumber);
    if (update && used > 0 && (size_t)used < room)
        (void)snprintf(text + used, room - (size_t)used, ".%lu", (unsigned long)update);
}

/* The loader counts boots (KUSER_SHARED_DATA, BootId at 0x2C4 of the page at 0x7FFE0000, Windows
 * 10; learn.microsoft.com, ntddk.h): no clock that is set changes that. Where it counts none, the
 * time of the boot less what the clock was set by since (class 3, SYSTEM_TIMEOFDAY_INFORMATION:
 * BootTime at 0, BootTimeBias at 32). */
static void boot_of(char *text, size_t room)
{
    const volatile uint32_t *counted = (const volatile uint32_t *)(uintptr_t)0x7FFE02C4u;
    struct {
        int64_t boot, now, zone;
        uint32_t zone_id, reserved;
        uint64_t boot_bias, sleep_bias;
    } times = {0};
    ULONG got = 0;

    if (*counted)
        (void)snprintf(text, room, "boot-%lu", (unsigned long)*counted);
    else if (NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)3, &times, sizeof(times), &got) >=
                 0 &&
             times.boot)
        (void)snprintf(text, room, "booted-%lld",
                       (long long)((times.boot - (int64_t)times.boot_bias) / 10000000));
}

void ph_os_facts(struct ph_os_facts *facts)
{
    wchar_t host[256];
    DWORD room = sizeof(host) / sizeof(host[0]);
    SYSTEM_INFO system;
    MEMORYSTATUSEX memory = {.dwLength = sizeof(memory)};

    *facts = (struct ph_os_facts){.system = "Windows"};
    if (GetComputerNameExW(ComputerNameDnsHostname, host, &room)) {
        ph_autofree char *narrow = ph_narrow(host);
        (void)snprintf(facts->host, sizeof(facts->host), "%s", narrow ? narrow : "");
    }
    release_of(facts->release, sizeof(facts->release));
    boot_of(facts->boot_id, sizeof(facts->boot_id));
    GetSystemInfo(&system);
    facts->cpus = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
    facts->page_bytes = system.dwPageSize;
    facts->memory_bytes = GlobalMemoryStatusEx(&memory) ? (int64_t)memory.ullTotalPhys : -1;
}

void ph_own_memory(uint64_t *resident, uint64_t *peak)
{
    PROCESS_MEMORY_COUNTERS counters = {.cb = sizeof(counters)};

    *resident = *peak = 0;
    if (!K32GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof(counters)))
        return;
    *resident = counters.WorkingSetSize;
    *peak = counters.PeakWorkingSetSize;
}

/* ------------------------------------------------------------------ rights */

/* SeChangeNotifyPrivilege lets everybody pass through folders; without it files that are open to us
 * by their own rules would not be. */
static const struct {
    unsigned right; /* 0: always kept */
    const wchar_t *name;
} RIGHTS[] = {
    {0, L"SeChangeNotifyPrivilege"},
    {PH_RIGHT_LOOK, L"SeDebugPrivilege"},
};

static void close_token(HANDLE *token)
{
    if (*token)
        (void)CloseHandle(*token);
}

static bool privilege_of(const wchar_t *name, LUID *id)
{
    return LookupPrivilegeValueW(NULL, name, id);
}

/* `attributes`: SE_PRIVILEGE_ENABLED, 0 or SE_PRIVILEGE_REMOVED. */
static void change_rights(unsigned rights, DWORD attributes)
{
    PH_GUARD(close_token) HANDLE token = NULL;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token))
        return;
    for (size_t i = 0; i < sizeof(RIGHTS) / sizeof(RIGHTS[0]); i++) {
        TOKEN_PRIVILEGES one = {.PrivilegeCount = 1};
        if (!(RIGHTS[i].right & rights) || !privilege_of(RIGHTS[i].name, &one.Privileges[0].Luid))
            continue;
        one.Privileges[0].Attributes = attributes;
        (void)AdjustTokenPrivileges(token, FALSE, &one, 0, NULL, NULL);
    }
}

void ph_rights_raise(unsigned rights)
{
    change_rights(rights, SE_PRIVILEGE_ENABLED);
}

void ph_rights_lower(unsigned rights, bool for_good)
{
    change_rights(rights, for_good ? SE_PRIVILEGE_REMOVED : 0);
}

static bool is_kept(LUID id, unsigned later)
{
    for (size_t i = 0; i < sizeof(RIGHTS) / sizeof(RIGHTS[0]); i++) {
        LUID kept;
        if ((!RIGHTS[i].right || RIGHTS[i].right & later) && privilege_of(RIGHTS[i].name, &kept) &&
            kept.LowPart == id.LowPart && kept.HighPart == id.HighPart)
            return true;
    }
    return false;
}

/* The account stays what it is: its rights to files are needed. */
struct ph_error *ph_drop_privileges(const char *keep_path, unsigned later, const char **kept)
{
    PH_GUARD(close_token) HANDLE token = NULL;
    DWORD size = 0, dropped = 0;

    (void)keep_path;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token))
        return ph_error_windows(GetLastError(), "cannot read the privileges");
    (void)GetTokenInformation(token, TokenPrivileges, NULL, 0, &size);
    ph_autofree TOKEN_PRIVILEGES *held = ph_zalloc((size_t)size + sizeof(*held), 1);
    if (!held)
        return ph_error_nomem();
    if (!GetTokenInformation(token, TokenPrivileges, held, size, &size))
        return ph_error_windows(GetLastError(), "cannot read the privileges");
    for (DWORD i = 0; i < held->PrivilegeCount; i++) {
        bool keep = is_kept(held->Privileges[i].Luid, later);
        dropped += !keep;
        if (!keep)
            held->Privileges[i].Attributes = SE_PRIVILEGE_REMOVED;
    }
    if (dropped && !AdjustTokenPrivileges(token, FALSE, held, 0, NULL, NULL))
        return ph_error_windows(GetLastError(), "cannot drop the privileges");
    *kept = dropped ? "the account and its rights to files" : "nothing; there was nothing to drop";
    return NULL;
}

/* ------------------------------------------------------------------ what differs */

bool ph_on_windows(void)
{
    return true;
}

bool ph_is_separator(char c)
{
    return c == '/' || c == '\\';
}

char ph_separator(void)
{
    return '\\';
}

bool ph_path_is_absolute(const char *path)
{
    char letter = (char)(path[0] | 0x20);

    return ph_is_separator(path[0]) ||
           (letter >= 'a' && letter <= 'z' && path[1] == ':' && ph_is_separator(path[2]));
}

const char *ph_database_system(void)
{
    return "win32-longpath";
}

const char *ph_database_system_unlocked(void)
{
    return "win32-longpath-none";
}

struct ph_error *ph_database_error(int number, const char *what)
{
    return ph_error_windows((DWORD)number, "%s", what);
}

struct ph_error *ph_database_path(const char *path, char **fit)
{
    ph_autofree wchar_t *wide = NULL;

    PH_TRY(ph_wide_path(path, &wide));
    *fit = ph_narrow(wide);
    return *fit ? NULL : ph_error_nomem();
}

/* What was told stays valid: a variable that changes gets a new text beside the old one. */
struct variable {
    struct variable *next;
    const char *name, *value; /* behind it */
};

/* "Not set" must not stand for "out of memory": the first so many need none. */
static void *room_for(size_t size)
{
    static _Alignas(struct variable) char store[32768];
    static size_t used;
    size_t whole = (size + _Alignof(struct variable) - 1) & ~(_Alignof(struct variable) - 1);

    if (whole > sizeof(store) - used)
        return ph_alloc(size);
    used += whole;
    return store + used - whole;
}

static const char *remembered(const char *name, const char *value)
{
    static struct variable *known;
    size_t name_size = strlen(name) + 1, value_size = strlen(value) + 1;

    for (const struct variable *at = known; at; at = at->next)
        if (!strcmp(at->name, name) && !strcmp(at->value, value))
            return at->value;
    struct variable *fresh = room_for(sizeof(*fresh) + name_size + value_size);
    if (!fresh)
        return NULL;
    char *texts = (char *)(fresh + 1);
    memcpy(texts, name, name_size);
    memcpy(texts + name_size, value, value_size);
    *fresh = (struct variable){known, texts, texts + name_size};
    known = fresh;
    return fresh->value;
}

const char *ph_environment(const char *name)
{
    enum { LONGEST = 32768 }; /* learn.microsoft.com, GetEnvironmentVariable() */
    static SRWLOCK lock = SRWLOCK_INIT;
    static wchar_t wide[LONGEST];
    static char narrow[3 * LONGEST];
    wchar_t wide_name[256];
    const char *result = NULL;

    if (!MultiByteToWideChar(CP_UTF8, 0, name, -1, wide_name, 256))
        return NULL;
    AcquireSRWLockExclusive(&lock);
    SetLastError(ERROR_SUCCESS); /* no length and no error: set, and empty */
    DWORD length = GetEnvironmentVariableW(wide_name, wide, LONGEST);
    if (length < LONGEST && (length || GetLastError() == ERROR_SUCCESS) &&
        WideCharToMultiByte(CP_UTF8, 0, length ? wide : L"", -1, narrow, sizeof(narrow), NULL,
                            NULL))
        result = remembered(name, narrow);
    ReleaseSRWLockExclusive(&lock);
    return result;
}
