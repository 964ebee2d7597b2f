#include <windows.h>

#include <aclapi.h>
#include <limits.h>
#include <sddl.h>
#include <shlobj.h>
#include <stdlib.h>
#include <string.h>
#include <winioctl.h>

#include "base/guard.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/path.h"
#include "base/wide_windows.h"
#include "base/windows_acl.h"

struct ph_handle {
    char *path;
    HANDLE file;
};

enum { SHARE_ALL = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE };

static void close_handle(HANDLE *handle)
{
    if (*handle && *handle != INVALID_HANDLE_VALUE)
        (void)CloseHandle(*handle);
}

/* ------------------------------------------------------------------ what a name stands for */

/* A question has no way to say "out of memory", and must not be answered with "there is none" then:
 * a name of usual length needs no memory, only without it the prefix for long ones is left out. */
struct question {
    wchar_t *owned;
    const wchar_t *name; /* NULL: nothing can have that name */
    wchar_t spare[2048];
};

static void question_fini(struct question *question)
{
    ph_free(question->owned);
}

static void question_make(struct question *question, const char *path)
{
    struct ph_error *error = ph_wide_path(path, &question->owned);

    question->name = question->owned;
    if (error && error->code == PH_ERR_NOMEM &&
        MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, question->spare,
                            sizeof(question->spare) / sizeof(question->spare[0])) > 0)
        question->name = question->spare;
    ph_error_free(error);
}

/* For questions only; follows links. INVALID_HANDLE_VALUE: GetLastError(). */
static HANDLE ask(const char *path)
{
    PH_GUARD(question_fini) struct question question;

    question.owned = NULL;
    question_make(&question, path);
    if (!question.name) {
        SetLastError(ERROR_INVALID_NAME);
        return INVALID_HANDLE_VALUE;
    }
    return CreateFileW(question.name, FILE_READ_ATTRIBUTES, SHARE_ALL, NULL, OPEN_EXISTING,
                       FILE_FLAG_BACKUP_SEMANTICS, NULL);
}

/* Of what cannot be opened. */
static DWORD attributes_of(const char *path)
{
    PH_GUARD(question_fini) struct question question;

    question.owned = NULL;
    question_make(&question, path);
    return question.name ? GetFileAttributesW(question.name) : INVALID_FILE_ATTRIBUTES;
}

static enum ph_file_kind kind_of(DWORD attributes, DWORD reparse_tag)
{
    if (attributes & FILE_ATTRIBUTE_REPARSE_POINT &&
        (reparse_tag == IO_REPARSE_TAG_SYMLINK || reparse_tag == IO_REPARSE_TAG_MOUNT_POINT))
        return PH_FILE_LINK; /* others, as those of files in a cloud, read like any file */
    return attributes & FILE_ATTRIBUTE_DIRECTORY ? PH_FILE_DIRECTORY : PH_FILE_REGULAR;
}

enum ph_file_kind ph_file_kind(const char *path)
{
    PH_GUARD(close_handle) HANDLE file = ask(path);
    BY_HANDLE_FILE_INFORMATION facts;

    if (file == INVALID_HANDLE_VALUE) {
        DWORD cause = GetLastError();
        if (cause != ERROR_ACCESS_DENIED && cause != ERROR_SHARING_VIOLATION)
            return PH_FILE_NONE;
        DWORD attributes = attributes_of(path);
        return attributes == INVALID_FILE_ATTRIBUTES ? PH_FILE_OTHER : kind_of(attributes, 0);
    }
    if (GetFileType(file) != FILE_TYPE_DISK || !GetFileInformationByHandle(file, &facts))
        return PH_FILE_OTHER;
    return kind_of(facts.dwFileAttributes & ~(DWORD)FILE_ATTRIBUTE_REPARSE_POINT, 0);
}

/* A file system with numbers of 128 bits (ReFS) has the upper half in the first word, too. */
bool ph_file_number(const char *path, uint64_t number[2])
{
    PH_GUARD(close_handle) HANDLE file = ask(path);
    BY_HANDLE_FILE_INFORMATION facts;
    FILE_ID_INFO id;

    if (file == INVALID_HANDLE_VALUE)
        return false;
    if (GetFileInformationByHandleEx(file, FileIdInfo, &id, sizeof(id))) {
        uint64_t halves[2];
        memcpy(halves, &id.FileId, sizeof(halves));
        number[0] = id.VolumeSerialNumber ^ halves[1];
        number[1] = halves[0];
        return true;
    }
    if (!GetFileInformationByHandle(file, &facts))
        return false;
    number[0] = facts.dwVolumeSerialNumber;
    number[1] = (uint64_t)facts.nFileIndexHigh << 32 | facts.nFileIndexLow;
    return true;
}

bool ph_same_file(const char *a, const char *b)
{
    uint64_t left[2], right[2];

    return ph_file_number(a, left) && ph_file_number(b, right) && left[0] == right[0] &&
           left[1] == right[1];
}

static int64_t unix_ns(FILETIME time)
{
    /* 100 ns since 1601 */
    uint64_t ticks = (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;

    return ((int64_t)ticks - INT64_C(116444736000000000)) * 100;
}

bool ph_file_facts(const char *path, uint64_t *size, int64_t *modified_ns)
{
    PH_GUARD(close_handle) HANDLE file = ask(path);
    BY_HANDLE_FILE_INFORMATION facts;

    if (file == INVALID_HANDLE_VALUE || !GetFileInformationByHandle(file, &facts))
        return false;
    *size = (uint64_t)facts.nFileSizeHigh << 32 | facts.nFileSizeLow;
    *modified_ns = unix_ns(facts.ftLastWriteTime);
    return true;
}

/* ------------------------------------------------------------------ reading */

static struct ph_error *open_file(const char *path, HANDLE *file)
{
    ph_autofree wchar_t *wide = NULL;

    PH_TRY(ph_wide_path(path, &wide));
    HANDLE opened = CreateFileW(wide, GENERIC_READ, SHARE_ALL, NULL, OPEN_EXISTING,
                                FILE_ATTRIBUTE_NORMAL, NULL);
    if (opened == INVALID_HANDLE_VALUE) {
        DWORD cause = GetLastError();
        if (cause == ERROR_ACCESS_DENIED && ph_file_kind(path) == PH_FILE_DIRECTORY)
            return ph_errorf(PH_ERR_USAGE, "%s: is a directory", path);
        return ph_error_windows(cause, "%s: cannot open", path);
    }
    *file = opened;
    return NULL;
}

/* `offset` (NULL: where the file stands). `*got` is 0 at the end. */
static struct ph_error *read_some(HANDLE file, const char *path, const uint64_t *offset,
                                  void *bytes, size_t room, size_t *got)
{
    OVERLAPPED at = {0};
    DWORD count = 0;

    if (offset) {
        at.Offset = (DWORD)*offset;
        at.OffsetHigh = (DWORD)(*offset >> 32);
    }
    if (!ReadFile(file, bytes, room > 1u << 30 ? 1u << 30 : (DWORD)room, &count,
                  offset ? &at : NULL)) {
        DWORD cause = GetLastError();
        if (cause != ERROR_HANDLE_EOF && cause != ERROR_BROKEN_PIPE)
            return ph_error_windows(cause, "%s: cannot read", path);
    }
    *got = count;
    return NULL;
}

static struct ph_error *read_all(HANDLE file, const char *path, size_t limit, bool from_start,
                                 struct ph_text *out)
{
    size_t start = out->size, got = 1;

    while (got) {
        uint64_t have = out->size - start;
        if (have > limit)
            return ph_errorf(PH_ERR_FORMAT, "%s: larger than the limit of %zu MB", path,
                             limit >> 20);
        PH_TRY(ph_grow(&out->data, &out->capacity, out->size + 16384, 1));
        PH_TRY(read_some(file, path, from_start ? &have : NULL, out->data + out->size,
                         out->capacity - out->size - 1, &got));
        out->size += got;
        out->data[out->size] = 0;
    }
    return NULL;
}

struct ph_error *ph_read_file(const char *path, size_t limit, struct ph_text *out)
{
    PH_GUARD(close_handle) HANDLE file = INVALID_HANDLE_VALUE;
    LARGE_INTEGER size;

    PH_TRY(open_file(path, &file));
    if (GetFileType(file) == FILE_TYPE_DISK && GetFileSizeEx(file, &size) && size.QuadPart > 0 &&
        (uint64_t)size.QuadPart <= limit)
        PH_TRY(ph_grow(&out->data, &out->capacity, out->size + (size_t)size.QuadPart + 16385, 1));
    return read_all(file, path, limit, false, out);
}

struct ph_error *ph_handle_open(const char *path, struct ph_handle **handle)
{
    struct ph_handle *fresh = ph_zalloc(1, sizeof(*fresh));

    if (!fresh)
        return ph_error_nomem();
    fresh->file = INVALID_HANDLE_VALUE;
    fresh->path = ph_strdup(path);
    struct ph_error *error = fresh->path ? open_file(path, &fresh->file) : ph_error_nomem();
    if (error) {
        ph_handle_close(fresh);
        return error;
    }
    *handle = fresh;
    return NULL;
}

struct ph_error *ph_handle_read(struct ph_handle *handle, struct ph_text *out)
{
    ph_text_clear(out);
    return read_all(handle->file, handle->path, 256u << 20, true, out);
}

struct ph_error *ph_handle_head(struct ph_handle *handle, void *bytes, size_t capacity,
                                size_t *size)
{
    return ph_handle_at(handle, 0, bytes, capacity, size);
}

struct ph_error *ph_handle_at(struct ph_handle *handle, uint64_t offset, void *bytes,
                              size_t capacity, size_t *size)
{
    size_t have = 0, got = 1;

    if (offset > (uint64_t)INT64_MAX - capacity)
        capacity = 0; /* no file is that long */
    while (got && have < capacity) {
        uint64_t from = offset + have;
        PH_TRY(read_some(handle->file, handle->path, &from, (char *)bytes + have, capacity - have,
                         &got));
        have += got;
    }
    *size = have;
    return NULL;
}

void ph_handle_close(struct ph_handle *handle)
{
    if (!handle)
        return;
    close_handle(&handle->file);
    ph_free(handle->path);
    ph_free(handle);
}

void ph_handle_closep(struct ph_handle **handle)
{
    ph_handle_close(*handle);
}

/* ------------------------------------------------------------------ folders and links */

static void close_find(HANDLE *find)
{
    if (*find != INVALID_HANDLE_VALUE)
        (void)FindClose(*find);
}

/* The folder with a name behind it, as a wide path. */
static struct ph_error *behind(const char *path, const char *name, wchar_t **wide)
{
    PH_TRY(ph_wide_path(path, wide));
    size_t length = wcslen(*wide);
    bool ends = length && (*wide)[length - 1] == L'\\';
    ph_autofree wchar_t *last = ph_wide(name);
    wchar_t *longer = last ? ph_zalloc(length + wcslen(last) + 2, sizeof(*longer)) : NULL;
    if (longer) {
        memcpy(longer, *wide, length * sizeof(*longer));
        if (!ends)
            longer[length++] = L'\\';
        memcpy(longer + length, last, wcslen(last) * sizeof(*longer));
    }
    ph_free(*wide);
    *wide = longer;
    return longer ? NULL : ph_error_nomem();
}

struct ph_error *ph_list_directory(const char *path,
                                   struct ph_error *(*visit)(void *context, const char *name,
                                                             enum ph_file_kind kind),
                                   void *context)
{
    WIN32_FIND_DATAW entry;
    ph_autofree wchar_t *pattern = NULL;

    PH_TRY(behind(path, "*", &pattern));
    PH_GUARD(close_find)
    HANDLE find = FindFirstFileExW(pattern, FindExInfoBasic, &entry, FindExSearchNameMatch, NULL,
                                   FIND_FIRST_EX_LARGE_FETCH);
    if (find == INVALID_HANDLE_VALUE) {
        DWORD cause = GetLastError();
        if (cause == ERROR_FILE_NOT_FOUND && ph_file_kind(path) == PH_FILE_DIRECTORY)
            return NULL; /* the root of an empty drive */
        return ph_error_windows(cause, "%s: cannot list", path);
    }
    do {
        if (!wcscmp(entry.cFileName, L".") || !wcscmp(entry.cFileName, L".."))
            continue;
        ph_autofree char *name = ph_narrow(entry.cFileName);
        if (!name)
            return ph_error_nomem();
        PH_TRY(visit(context, name, kind_of(entry.dwFileAttributes, entry.dwReserved0)));
    } while (FindNextFileW(find, &entry));
    DWORD cause = GetLastError();
    return cause == ERROR_NO_MORE_FILES ? NULL : ph_error_windows(cause, "%s: cannot list", path);
}

/* REPARSE_DATA_BUFFER (learn.microsoft.com, ntifs.h): tag u32 at 0; offset and length in bytes of
 * the name to print, u16 at 12 and 14, counted from 16, or from 20 for symbolic links (flags u32).
 */
struct ph_error *ph_read_link(const char *path, char **target)
{
    enum { ROOM = 16384 };
    ph_autofree wchar_t *wide = NULL;
    ph_autofree uint8_t *bytes = ph_zalloc(ROOM + sizeof(wchar_t), 1);
    DWORD got = 0;

    if (!bytes)
        return ph_error_nomem();
    PH_TRY(ph_wide_path(path, &wide));
    PH_GUARD(close_handle)
    HANDLE file = CreateFileW(wide, FILE_READ_ATTRIBUTES, SHARE_ALL, NULL, OPEN_EXISTING,
                              FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (file == INVALID_HANDLE_VALUE ||
        !DeviceIoControl(file, FSCTL_GET_REPARSE_POINT, NULL, 0, bytes, ROOM, &got, NULL))
        return ph_error_windows(GetLastError(), "%s: cannot read the link", path);
    uint32_t tag = ph_le32(bytes);
    size_t names = tag == IO_REPARSE_TAG_SYMLINK ? 20 : 16;
    size_t from = names + ph_le16(bytes + 12), length = ph_le16(bytes + 14);
    if ((tag != IO_REPARSE_TAG_SYMLINK && tag != IO_REPARSE_TAG_MOUNT_POINT) || from + length > got)
        return ph_errorf(PH_ERR_FORMAT, "%s: cannot read the link: a kind that is not known", path);
    ph_autofree wchar_t *name = ph_zalloc(length / sizeof(wchar_t) + 1, sizeof(wchar_t));
    if (!name)
        return ph_error_nomem();
    memcpy(name, bytes + from, length / sizeof(wchar_t) * sizeof(wchar_t));
    *target = ph_narrow(name);
    return *target ? NULL : ph_error_nomem();
}

struct ph_error *ph_current_directory(char **path)
{
    DWORD room = GetCurrentDirectoryW(0, NULL);
    ph_autofree wchar_t *here = ph_zalloc((size_t)room + 1, sizeof(*here));

    if (!here)
        return ph_error_nomem();
    if (!GetCurrentDirectoryW(room, here))
        return ph_error_windows(GetLastError(), "the current directory");
    *path = ph_narrow(here);
    return *path ? NULL : ph_error_nomem();
}

struct ph_error *ph_remove_file(const char *path)
{
    ph_autofree wchar_t *wide = NULL;

    PH_TRY(ph_wide_path(path, &wide));
    if (DeleteFileW(wide))
        return NULL;
    DWORD cause = GetLastError();
    if (cause == ERROR_FILE_NOT_FOUND || cause == ERROR_PATH_NOT_FOUND)
        return NULL;
    return ph_error_windows(cause, "%s: cannot remove", path);
}

/* Behind "\\?\C:\" or "\\?\UNC\server\share\": what is there cannot be made. */
static wchar_t *first_part(wchar_t *wide)
{
    unsigned skip = !wcsncmp(wide, L"\\\\?\\UNC\\", 8) ? 6 : !wcsncmp(wide, L"\\\\", 2) ? 4 : 1;
    wchar_t *at = wide;

    for (; *at && skip; at++)
        skip -= *at == L'\\';
    return at;
}

static struct ph_error *make_directories(const char *path, SECURITY_ATTRIBUTES *security)
{
    ph_autofree wchar_t *wide = NULL;

    PH_TRY(ph_wide_path(path, &wide));
    for (wchar_t *at = first_part(wide);; at++) {
        wchar_t kept = *at;
        if (kept && kept != L'\\')
            continue;
        *at = 0;
        bool last = !kept || !at[1];
        DWORD cause =
            CreateDirectoryW(wide, last ? security : NULL) ? ERROR_SUCCESS : GetLastError();
        DWORD attributes = GetFileAttributesW(wide);
        if (cause != ERROR_SUCCESS && (attributes == INVALID_FILE_ATTRIBUTES || last) &&
            !(attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_DIRECTORY))
            return ph_error_windows(cause == ERROR_ALREADY_EXISTS ? ERROR_DIRECTORY : cause,
                                    "%s: cannot create the directory", path);
        *at = kept;
        if (last)
            return NULL;
    }
}

struct ph_error *ph_make_directories(const char *path)
{
    return make_directories(path, NULL);
}

/* ------------------------------------------------------------------ our own folder */

static struct ph_error *known_folder(const GUID *id, char **path)
{
    PWSTR wide = NULL;

    if (FAILED(SHGetKnownFolderPath(id, 0, NULL, &wide)))
        return ph_errorf(
            PH_ERR_NOT_FOUND,
            "Windows names no folder for programs' data: name a file for the recording");
    char *narrow = ph_narrow(wide);
    CoTaskMemFree(wide);
    *path = narrow;
    return narrow ? NULL : ph_error_nomem();
}

struct ph_error *ph_make_guarded_directory(const char *path, const char *rules)
{
    SECURITY_ATTRIBUTES security = {.nLength = sizeof(security)};
    ph_autofree wchar_t *words = ph_wide(rules);

    if (!words)
        return ph_error_nomem();
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(words, SDDL_REVISION_1,
                                                              &security.lpSecurityDescriptor, NULL))
        return ph_error_windows(GetLastError(), "%s: cannot make the rules of access", path);
    struct ph_error *error = make_directories(path, &security);
    (void)LocalFree(security.lpSecurityDescriptor);
    return error;
}

static bool is_one_of_us(PSID owner)
{
    uint8_t bytes[256];
    DWORD size = sizeof(bytes);
    HANDLE token = NULL;

    if (IsWellKnownSid(owner, WinBuiltinAdministratorsSid) ||
        IsWellKnownSid(owner, WinLocalSystemSid))
        return true;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return false;
    bool ours = GetTokenInformation(token, TokenUser, bytes, size, &size) &&
                EqualSid(((TOKEN_USER *)(void *)bytes)->User.Sid, owner);
    close_handle(&token);
    return ours;
}

bool ph_is_guarded(const char *path)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;
    ph_autofree wchar_t *wide = NULL;
    struct ph_error *error = ph_wide_path(path, &wide);

    if (error) {
        ph_error_free(error);
        return false;
    }
    if (GetNamedSecurityInfoW(wide, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL,
                              NULL, &descriptor) != ERROR_SUCCESS)
        return false;
    bool guarded = owner && is_one_of_us(owner);
    (void)LocalFree(descriptor);
    return guarded;
}

bool ph_is_elevated(void)
{
    HANDLE token = NULL;
    TOKEN_ELEVATION elevation = {0};
    DWORD size = sizeof(elevation);

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return false;
    bool elevated = GetTokenInformation(token, TokenElevation, &elevation, size, &size) &&
                    elevation.TokenIsElevated;
    close_handle(&token);
    return elevated;
}

/* %ProgramData% lets every user make folders: one that somebody else made is not written to by an
 * administrator, whom a link in it could lead astray. */
static struct ph_error *machine_folder(char **path)
{
    ph_autofree char *data = NULL;

    PH_TRY(known_folder(&FOLDERID_ProgramData, &data));
    ph_autofree char *made = ph_path_join(data, "poolhound");
    if (!made)
        return ph_error_nomem();
    PH_TRY(ph_make_guarded_directory(made, PH_ACL_ADMINISTRATORS));
    if (!ph_is_guarded(made))
        return ph_errorf(PH_ERR_ACCESS,
                         "%s: made by a user who is no administrator: look what is in it, remove "
                         "it, or name another file",
                         made);
    *path = ph_steal(made);
    return NULL;
}

struct ph_error *ph_state_directory(char **path)
{
    const char *state = ph_environment("XDG_STATE_HOME");
    ph_autofree char *folder = NULL;

    if (!(state && ph_path_is_absolute(state)) && ph_is_elevated())
        return machine_folder(path);
    if (state && ph_path_is_absolute(state)) {
        folder = ph_strdup(state);
        if (!folder)
            return ph_error_nomem();
    } else {
        PH_TRY(known_folder(&FOLDERID_LocalAppData, &folder));
    }
    ph_autofree char *made = ph_path_join(folder, "poolhound");
    if (!made)
        return ph_error_nomem();
    PH_TRY(ph_make_directories(made));
    *path = ph_steal(made);
    return NULL;
}

/* ------------------------------------------------------------------ writing */

const char *ph_newline(void)
{
    return "\r\n";
}

static DWORD write_all(HANDLE file, struct ph_slice bytes)
{
    for (size_t done = 0; done < bytes.size;) {
        size_t left = bytes.size - done;
        DWORD put = 0;
        if (!WriteFile(file, bytes.data + done, left > 1u << 20 ? 1u << 20 : (DWORD)left, &put,
                       NULL))
            return GetLastError();
        if (!put)
            return ERROR_DISK_FULL;
        done += put;
    }
    return ERROR_SUCCESS;
}

static DWORD write_special(const wchar_t *wide, struct ph_slice bytes)
{
    PH_GUARD(close_handle)
    HANDLE file = CreateFileW(wide, GENERIC_WRITE, SHARE_ALL, NULL, OPEN_EXISTING, 0, NULL);

    return file == INVALID_HANDLE_VALUE ? GetLastError() : write_all(file, bytes);
}

/* The file that a link leads to, so that the link stays. */
static struct ph_error *behind_links(const char *path, wchar_t **target)
{
    PH_GUARD(close_handle) HANDLE file = ask(path);
    DWORD room = file == INVALID_HANDLE_VALUE ? 0 : GetFinalPathNameByHandleW(file, NULL, 0, 0);
    wchar_t *made = room ? ph_zalloc((size_t)room + 1, sizeof(*made)) : NULL;

    if (made && GetFinalPathNameByHandleW(file, made, room, 0) < room && *made) {
        *target = made;
        return NULL;
    }
    ph_free(made);
    return ph_wide_path(path, target);
}

static DWORD write_new(const wchar_t *temporary, struct ph_slice bytes)
{
    PH_GUARD(close_handle)
    HANDLE file =
        CreateFileW(temporary, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);

    if (file == INVALID_HANDLE_VALUE)
        return GetLastError();
    DWORD cause = write_all(file, bytes);
    if (cause == ERROR_SUCCESS && !FlushFileBuffers(file))
        cause = GetLastError();
    return cause;
}

struct ph_error *ph_write_file(const char *path, struct ph_slice bytes)
{
    enum ph_file_kind kind = ph_file_kind(path);
    ph_autofree wchar_t *target = NULL;

    if (kind == PH_FILE_DIRECTORY)
        return ph_errorf(PH_ERR_IO, "%s: cannot write: Is a directory", path);
    if (kind == PH_FILE_OTHER) {
        PH_TRY(ph_wide_path(path, &target));
        DWORD cause = write_special(target, bytes);
        return cause ? ph_error_windows(cause, "%s: cannot write", path) : NULL;
    }
    PH_TRY(behind_links(path, &target));
    size_t room = wcslen(target) + 32;
    ph_autofree wchar_t *temporary = ph_zalloc(room, sizeof(*temporary));
    if (!temporary)
        return ph_error_nomem();
    (void)swprintf(temporary, room, L"%ls.%lu.tmp", target, (unsigned long)GetCurrentProcessId());
    DWORD cause = write_new(temporary, bytes);
    if (cause == ERROR_SUCCESS &&
        !MoveFileExW(temporary, target, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
        cause = GetLastError();
    if (cause == ERROR_SUCCESS)
        return NULL;
    (void)DeleteFileW(temporary);
    return ph_error_windows(cause, "%s: cannot write", path);
}

static DWORD append_all(HANDLE file, struct ph_slice bytes)
{
    LARGE_INTEGER end = {0};

    if (GetFileType(file) != FILE_TYPE_DISK)
        return write_all(file, bytes);
    if (!SetFilePointerEx(file, end, &end, FILE_END))
        return GetLastError();
    DWORD cause = write_all(file, bytes);
    if (cause == ERROR_SUCCESS && !FlushFileBuffers(file))
        cause = GetLastError();
    if (cause != ERROR_SUCCESS && SetFilePointerEx(file, end, NULL, FILE_BEGIN))
        (void)SetEndOfFile(file);
    return cause;
}

struct ph_error *ph_append_file(const char *path, struct ph_slice bytes)
{
    ph_autofree wchar_t *wide = NULL;

    PH_TRY(ph_wide_path(path, &wide));
    PH_GUARD(close_handle)
    HANDLE file = CreateFileW(wide, GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_ALWAYS,
                              FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return ph_error_windows(GetLastError(), "%s: cannot open for writing", path);
    DWORD cause = append_all(file, bytes);
    return cause ? ph_error_windows(cause, "%s: cannot write", path) : NULL;
}
