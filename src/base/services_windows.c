#include <windows.h>

#include <stdlib.h>
#include <string.h>
#include <winsvc.h>

#include "base/mem.h"
#include "base/services.h"
#include "base/text.h"
#include "base/wide_windows.h"

enum {
    NAME_ROOM = 256, /* of a registry key: at most 255 characters */
    VALUE_ROOM = 4096,
    PATH_ROOM = 32768,
    SERVICES_MOST = 64 << 20,
    TRIES_MOST = 8
};

/* ------------------------------------------------------------------ text */

static struct ph_error *to_utf8(const wchar_t *wide, char **utf8)
{
    char *text = ph_narrow(wide);

    if (!text)
        return ph_error_nomem();
    *utf8 = text;
    return NULL;
}

/* ------------------------------------------------------------------ the registry */

static void close_key(HKEY *key)
{
    if (*key)
        RegCloseKey(*key);
}

/* NULL when there is no such text; `%names%` stay as they are. */
static struct ph_error *text_value(HKEY key, const wchar_t *name, char **utf8)
{
    wchar_t wide[VALUE_ROOM];
    DWORD size = sizeof(wide);

    *utf8 = NULL;
    if (RegGetValueW(key, NULL, name, RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND, NULL,
                     wide, &size) != ERROR_SUCCESS)
        return NULL;
    PH_TRY(to_utf8(wide, utf8));
    if (!**utf8) {
        ph_free(*utf8);
        *utf8 = NULL;
    }
    return NULL;
}

static DWORD number_value(HKEY key, const wchar_t *name)
{
    DWORD number = 0, size = sizeof(number);

    return RegGetValueW(key, NULL, name, RRF_RT_REG_DWORD, NULL, &number, &size) == ERROR_SUCCESS
               ? number
               : 0;
}

/* The kernel's own: CP_ACP is UTF-8 in a program whose manifest says so. */
static struct ph_error *system_code_page(UINT *page)
{
    PH_GUARD(close_key) HKEY key = NULL;
    ph_autofree char *number = NULL;

    *page = CP_ACP;
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SYSTEM\\CurrentControlSet\\Control\\Nls\\CodePage", 0,
                      KEY_QUERY_VALUE, &key) != ERROR_SUCCESS)
        return NULL;
    PH_TRY(text_value(key, L"ACP", &number));
    if (number && atoi(number) > 0)
        *page = (UINT)atoi(number);
    return NULL;
}

struct ph_error *ph_system_text(struct ph_slice bytes, char **utf8)
{
    int room = bytes.size > PATH_ROOM ? PATH_ROOM : (int)bytes.size;
    ph_autofree wchar_t *wide = ph_zalloc((size_t)room + 1, sizeof(*wide));
    UINT page;

    if (!wide)
        return ph_error_nomem();
    PH_TRY(system_code_page(&page));
    if (room && !MultiByteToWideChar(page, 0, bytes.data, room, wide, room))
        wide[0] = 0; /* no characters of that code page */
    return to_utf8(wide, utf8);
}

/* "@oem12.inf,%name%;Words": the words, as they were when it was installed. "@tcpip.sys,-10001" has
 * them in a file's resources only. */
static const char *plain_words(const char *display)
{
    const char *end = display && display[0] == '@' ? strrchr(display, ';') : NULL;

    if (end)
        return end + 1;
    return display && display[0] != '@' ? display : NULL;
}

struct services {
    struct ph_error *(*visit)(void *context, const struct ph_driver_service *one);
    void *context;
};

static struct ph_error *one_service(const struct services *services, HKEY all, const wchar_t *name)
{
    PH_GUARD(close_key) HKEY key = NULL;
    ph_autofree char *image = NULL;
    ph_autofree char *display = NULL;
    ph_autofree char *utf8 = NULL;

    if (RegOpenKeyExW(all, name, 0, KEY_QUERY_VALUE, &key) != ERROR_SUCCESS ||
        !(number_value(key, L"Type") & SERVICE_DRIVER))
        return NULL;
    PH_TRY(to_utf8(name, &utf8));
    PH_TRY(text_value(key, L"ImagePath", &image));
    PH_TRY(text_value(key, L"DisplayName", &display));
    const struct ph_driver_service one = {utf8, plain_words(display), image};
    return services->visit(services->context, &one);
}

struct ph_error *ph_driver_services(struct ph_error *(*visit)(void *context,
                                                              const struct ph_driver_service *one),
                                    void *context)
{
    const struct services services = {visit, context};
    PH_GUARD(close_key) HKEY all = NULL;
    LONG status = RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SYSTEM\\CurrentControlSet\\Services", 0,
                                KEY_READ, &all);

    if (status != ERROR_SUCCESS)
        return ph_error_windows((DWORD)status, "the list of services in the registry");
    for (DWORD i = 0;; i++) {
        wchar_t name[NAME_ROOM];
        DWORD length = NAME_ROOM;
        status = RegEnumKeyExW(all, i, name, &length, NULL, NULL, NULL, NULL);
        if (status == ERROR_NO_MORE_ITEMS)
            return NULL;
        if (status != ERROR_SUCCESS)
            return ph_error_windows((DWORD)status, "the list of services in the registry");
        PH_TRY(one_service(&services, all, name));
    }
}

/* ------------------------------------------------------------------ services that run */

static void close_services(SC_HANDLE *manager)
{
    if (*manager)
        CloseServiceHandle(*manager);
}

static struct ph_error *tell_running(const ENUM_SERVICE_STATUS_PROCESSW *services, DWORD count,
                                     struct ph_error *(*visit)(void *context, uint32_t pid,
                                                               const char *name),
                                     void *context)
{
    for (DWORD i = 0; services && i < count; i++) {
        ph_autofree char *name = NULL;
        if (!services[i].ServiceStatusProcess.dwProcessId)
            continue;
        PH_TRY(to_utf8(services[i].lpServiceName, &name));
        PH_TRY(visit(context, services[i].ServiceStatusProcess.dwProcessId, name));
    }
    return NULL;
}

struct ph_error *ph_running_services(struct ph_error *(*visit)(void *context, uint32_t pid,
                                                               const char *name),
                                     void *context)
{
    PH_GUARD(close_services)
    SC_HANDLE manager =
        OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE);
    ph_autofree BYTE *bytes = NULL;
    DWORD room = 0;

    if (!manager)
        return ph_error_windows(GetLastError(), "the list of running services");
    for (unsigned tries = 0; tries < TRIES_MOST; tries++) {
        DWORD more = 0, count = 0, resume = 0;
        if (EnumServicesStatusExW(manager, SC_ENUM_PROCESS_INFO, SERVICE_WIN32, SERVICE_ACTIVE,
                                  bytes, room, &more, &count, &resume, NULL))
            return tell_running((const ENUM_SERVICE_STATUS_PROCESSW *)(const void *)bytes, count,
                                visit, context);
        DWORD status = GetLastError();
        if (status != ERROR_MORE_DATA || more > SERVICES_MOST - room)
            return ph_error_windows(status, "the list of running services");
        room += more;
        ph_free(bytes);
        bytes = ph_alloc(room);
        if (!bytes)
            return ph_error_nomem();
    }
    return ph_error_windows(ERROR_MORE_DATA, "the list of running services");
}

/* ------------------------------------------------------------------ Windows itself */

struct ph_error *ph_windows_folder(char **path)
{
    wchar_t wide[MAX_PATH + 1] = L"";

    if (!GetSystemWindowsDirectoryW(wide, MAX_PATH + 1))
        wide[0] = 0;
    return to_utf8(wide[0] ? wide : L"C:\\Windows", path);
}

/* ProductName says "Windows 10" on 11, too; builds from 22000 on that are no server are 11. */
struct ph_error *ph_windows_name(char **name)
{
    PH_GUARD(close_key) HKEY key = NULL;
    PH_GUARD(ph_text_fini) struct ph_text words = {0};
    ph_autofree char *product = NULL;
    ph_autofree char *display = NULL;
    ph_autofree char *build = NULL;

    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", 0,
                      KEY_QUERY_VALUE, &key) == ERROR_SUCCESS) {
        PH_TRY(text_value(key, L"ProductName", &product));
        PH_TRY(text_value(key, L"DisplayVersion", &display));
        PH_TRY(text_value(key, L"CurrentBuildNumber", &build));
    }
    static const char TEN[] = "Windows 10";
    bool eleven = product && build && atoi(build) >= 22000 && !strncmp(product, TEN, strlen(TEN));
    ph_text_printf(&words, "%s%s", eleven ? "Windows 11" : "",
                   eleven    ? product + strlen(TEN)
                   : product ? product
                             : "Windows");
    if (display)
        ph_text_printf(&words, " %s", display);
    if (build) {
        DWORD major = number_value(key, L"CurrentMajorVersionNumber"),
              update = number_value(key, L"UBR");
        ph_text_printf(&words, " (%lu.%lu.%s", (unsigned long)(major ? major : 10),
                       (unsigned long)number_value(key, L"CurrentMinorVersionNumber"), build);
        if (update)
            ph_text_printf(&words, ".%lu", (unsigned long)update);
        ph_text_putc(&words, ')');
    }
    PH_TRY(ph_text_check(&words));
    *name = ph_memdup(words.data, words.size);
    return *name ? NULL : ph_error_nomem();
}

/* ------------------------------------------------------------------ processes */

static void close_handle(HANDLE *handle)
{
    if (*handle)
        CloseHandle(*handle);
}

uint32_t ph_own_process(void)
{
    return GetCurrentProcessId();
}

struct ph_error *ph_process_program(uint32_t pid, char **path)
{
    PH_GUARD(close_handle)
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    ph_autofree wchar_t *wide = ph_zalloc(PATH_ROOM, sizeof(*wide));
    DWORD size = PATH_ROOM;

    *path = NULL;
    if (!wide)
        return ph_error_nomem();
    return process && QueryFullProcessImageNameW(process, 0, wide, &size) ? to_utf8(wide, path)
                                                                          : NULL;
}

struct ph_error *ph_process_account(uint32_t pid, char **name)
{
    PH_GUARD(close_handle)
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    PH_GUARD(close_handle) HANDLE token = NULL;
    ph_autofree char *account = NULL;
    ph_autofree char *domain = NULL;
    union {
        TOKEN_USER user;
        BYTE bytes[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
    } is;
    wchar_t wide_account[NAME_ROOM], wide_domain[NAME_ROOM];
    DWORD size = 0, account_room = NAME_ROOM, domain_room = NAME_ROOM;
    SID_NAME_USE use;

    *name = NULL;
    if (!process || !OpenProcessToken(process, TOKEN_QUERY, &token) ||
        !GetTokenInformation(token, TokenUser, &is, sizeof(is), &size) ||
        !LookupAccountSidW(NULL, is.user.User.Sid, wide_account, &account_room, wide_domain,
                           &domain_room, &use))
        return NULL;
    PH_TRY(to_utf8(wide_account, &account));
    PH_TRY(to_utf8(wide_domain, &domain));
    *name = ph_format("%s%s%s", domain, domain[0] ? "\\" : "", account);
    return *name ? NULL : ph_error_nomem();
}
