#include "base/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <limits.h>
#include <linux/capability.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/wake_linux.h"

/* ------------------------------------------------------------------ time */

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now = {0};

    (void)clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * PH_SECOND + now.tv_nsec;
}

int64_t ph_realtime_ns(void)
{
    return clock_ns(CLOCK_REALTIME);
}

int64_t ph_boottime_ns(void)
{
    return clock_ns(CLOCK_BOOTTIME);
}

int64_t ph_cpu_ns(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

static atomic_bool interrupted; /* set by signal handlers, asked by every thread */
static _Thread_local const atomic_bool *cancelled; /* see ph_cancel_when() */
static int wake_pipe[2] = {-1, -1};

int ph_wake_fd(void)
{
    return wake_pipe[0];
}

void ph_sleep_until(int64_t deadline_ns)
{
    /* poll() on the wake pipe instead of a bare sleep: a signal that arrives just before the sleep
     * still ends it. */
    while (!atomic_load(&interrupted)) {
        int64_t left = deadline_ns - ph_boottime_ns();
        if (left <= 0)
            return;
        int64_t milliseconds = left / 1000000 + 1;
        struct pollfd wake = {.fd = wake_pipe[0], .events = POLLIN};
        (void)poll(&wake, 1, milliseconds > 3600000 ? 3600000 : (int)milliseconds);
    }
}

/* ------------------------------------------------------------------ files */

struct ph_handle {
    char *path;
    int fd;
};

/* A FIFO that nobody writes to is empty, not a reason to wait for ever. */
static int open_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd >= 0)
        (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    return fd;
}

static struct ph_error *read_all(int fd, const char *path, size_t limit, bool from_start,
                                 struct ph_text *out)
{
    size_t start = out->size;

    for (;;) {
        size_t have = out->size - start;
        if (have > limit)
            return ph_errorf(PH_ERR_FORMAT, "%s: larger than the limit of %zu MB", path,
                             limit >> 20);
        PH_TRY(ph_grow(&out->data, &out->capacity, out->size + 16384, 1));
        size_t room = out->capacity - out->size - 1;
        ssize_t got = from_start ? pread(fd, out->data + out->size, room, (off_t)have)
                                 : read(fd, out->data + out->size, room);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ph_error_errno(errno, "%s: cannot read", path);
        out->size += (size_t)got;
        out->data[out->size] = 0;
        if (got == 0)
            return NULL;
    }
}

struct ph_error *ph_read_file(const char *path, size_t limit, struct ph_text *out)
{
    int fd = open_file(path);

    if (fd < 0)
        return ph_error_errno(errno, "%s: cannot open", path);
    struct stat facts = {0};
    if (!fstat(fd, &facts) && S_ISDIR(facts.st_mode)) {
        (void)close(fd);
        return ph_errorf(PH_ERR_USAGE, "%s: is a directory", path);
    }
    struct ph_error *error = NULL;
    if (S_ISREG(facts.st_mode) && facts.st_size > 0 && (uint64_t)facts.st_size <= limit)
        error = ph_grow(&out->data, &out->capacity, out->size + (size_t)facts.st_size + 16385, 1);
    if (!error)
        error = read_all(fd, path, limit, false, out);
    (void)close(fd);
    return error;
}

struct ph_error *ph_handle_open(const char *path, struct ph_handle **handle)
{
    struct ph_handle *fresh = ph_zalloc(1, sizeof(*fresh));

    if (!fresh)
        return ph_error_nomem();
    fresh->fd = -1;
    fresh->path = ph_strdup(path);
    if (!fresh->path) {
        ph_handle_close(fresh);
        return ph_error_nomem();
    }
    fresh->fd = open_file(path);
    if (fresh->fd < 0) {
        struct ph_error *error = ph_error_errno(errno, "%s: cannot open", path);
        ph_handle_close(fresh);
        return error;
    }
    *handle = fresh;
    return NULL;
}

struct ph_error *ph_handle_read(struct ph_handle *handle, struct ph_text *out)
{
    ph_text_clear(out);
    return read_all(handle->fd, handle->path, 256u << 20, true, out);
}

struct ph_error *ph_handle_head(struct ph_handle *handle, void *bytes, size_t capacity,
                                size_t *size)
{
    ssize_t got = pread(handle->fd, bytes, capacity, 0);

    if (got < 0)
        return ph_error_errno(errno, "%s: cannot read", handle->path);
    *size = (size_t)got;
    return NULL;
}

struct ph_error *ph_handle_at(struct ph_handle *handle, uint64_t offset, void *bytes,
                              size_t capacity, size_t *size)
{
    size_t have = 0;

    if (offset > INT64_MAX - capacity)
        capacity = 0; /* no file is that long */
    while (have < capacity) {
        ssize_t got =
            pread(handle->fd, (char *)bytes + have, capacity - have, (off_t)(offset + have));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ph_error_errno(errno, "%s: cannot read", handle->path);
        if (got == 0)
            break;
        have += (size_t)got;
    }
    *size = have;
    return NULL;
}

void ph_handle_close(struct ph_handle *handle)
{
    if (!handle)
        return;
    if (handle->fd >= 0)
        (void)close(handle->fd);
    ph_free(handle->path);
    ph_free(handle);
}

void ph_handle_closep(struct ph_handle **handle)
{
    ph_handle_close(*handle);
}

static enum ph_file_kind kind_of(mode_t mode)
{
    return S_ISREG(mode)   ? PH_FILE_REGULAR
           : S_ISDIR(mode) ? PH_FILE_DIRECTORY
           : S_ISLNK(mode) ? PH_FILE_LINK
                           : PH_FILE_OTHER;
}

enum ph_file_kind ph_file_kind(const char *path)
{
    struct stat facts;

    return stat(path, &facts) ? PH_FILE_NONE : kind_of(facts.st_mode);
}

bool ph_same_file(const char *a, const char *b)
{
    struct stat left, right;

    return !stat(a, &left) && !stat(b, &right) && left.st_dev == right.st_dev &&
           left.st_ino == right.st_ino;
}

bool ph_file_facts(const char *path, uint64_t *size, int64_t *modified_ns)
{
    struct stat facts;

    if (stat(path, &facts))
        return false;
    *size = (uint64_t)facts.st_size;
    *modified_ns = (int64_t)facts.st_mtim.tv_sec * PH_SECOND + facts.st_mtim.tv_nsec;
    return true;
}

bool ph_file_number(const char *path, uint64_t number[2])
{
    struct stat facts;

    if (stat(path, &facts))
        return false;
    number[0] = facts.st_dev;
    number[1] = facts.st_ino;
    return true;
}

struct ph_error *ph_list_directory(const char *path,
                                   struct ph_error *(*visit)(void *context, const char *name,
                                                             enum ph_file_kind kind),
                                   void *context)
{
    DIR *directory = opendir(path);
    struct ph_error *error = NULL;
    const struct dirent *entry;

    if (!directory)
        return ph_error_errno(errno, "%s: cannot list", path);
    while (!error && (errno = 0, entry = readdir(directory))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        enum ph_file_kind kind = entry->d_type == DT_REG   ? PH_FILE_REGULAR
                                 : entry->d_type == DT_DIR ? PH_FILE_DIRECTORY
                                 : entry->d_type == DT_LNK ? PH_FILE_LINK
                                                           : PH_FILE_OTHER;
        if (entry->d_type == DT_UNKNOWN) {
            struct stat facts;
            kind = fstatat(dirfd(directory), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW)
                       ? PH_FILE_OTHER
                       : kind_of(facts.st_mode);
        }
        error = visit(context, entry->d_name, kind);
    }
    if (!error && errno)
        error = ph_error_errno(errno, "%s: cannot list", path);
    (void)closedir(directory);
    return error;
}

struct ph_error *ph_read_link(const char *path, char **target)
{
    char buffer[PATH_MAX];
    ssize_t length = readlink(path, buffer, sizeof(buffer));

    if (length < 0)
        return ph_error_errno(errno, "%s: cannot read the link", path);
    char *copy = ph_memdup(buffer, (size_t)length);
    if (!copy)
        return ph_error_nomem();
    *target = copy;
    return NULL;
}

struct ph_error *ph_current_directory(char **path)
{
    char here[PATH_MAX];

    if (!getcwd(here, sizeof(here)))
        return ph_error_errno(errno, "the current directory");
    *path = ph_strdup(here);
    return *path ? NULL : ph_error_nomem();
}

struct ph_error *ph_remove_file(const char *path)
{
    if (!unlink(path) || errno == ENOENT)
        return NULL;
    return ph_error_errno(errno, "%s: cannot remove", path);
}

struct ph_error *ph_make_directories(const char *path)
{
    ph_autofree char *part = ph_strdup(path);

    if (!part)
        return ph_error_nomem();
    if (!*path)
        return ph_errorf(PH_ERR_USAGE, "the name of a directory is empty");
    for (char *at = part + 1;; at++) {
        if (*at && *at != '/')
            continue;
        char kept = *at;
        *at = 0;
        if (mkdir(part, 0700) && errno != EEXIST)
            return ph_error_errno(errno, "%s: cannot create the directory", part);
        *at = kept;
        if (!kept) /* mkdir() says EEXIST for a file too */
            return ph_file_kind(path) == PH_FILE_DIRECTORY
                       ? NULL
                       : ph_error_errno(ENOTDIR, "%s: cannot create the directory", path);
    }
}

struct ph_error *ph_state_directory(char **path)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char *made;

    if (state && state[0] == '/')
        made = ph_format("%s/poolhound", state);
    else if (geteuid() == 0)
        made = ph_strdup("/var/lib/poolhound");
    else if (home && home[0] == '/')
        made = ph_format("%s/.local/state/poolhound", home);
    else
        return ph_errorf(PH_ERR_NOT_FOUND, "HOME is not set: name a file for the recording");
    if (!made)
        return ph_error_nomem();
    struct ph_error *error = ph_make_directories(made);
    if (error) {
        ph_free(made);
        return error;
    }
    *path = made;
    return NULL;
}

const char *ph_newline(void)
{
    return "\n";
}

static int write_all(int fd, struct ph_slice bytes)
{
    for (size_t done = 0; done < bytes.size;) {
        ssize_t put = write(fd, bytes.data + done, bytes.size - done);
        if (put > 0)
            done += (size_t)put;
        else if (put < 0 && errno != EINTR)
            return errno;
    }
    return 0;
}

/* Devices and pipes are written to; a temporary file renamed over /dev/null would replace it. */
static struct ph_error *write_special(const char *path, struct ph_slice bytes)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return ph_error_errno(errno, "%s: cannot open for writing", path);
    int failed = write_all(fd, bytes);
    if (close(fd) && !failed)
        failed = errno;
    return failed ? ph_error_errno(failed, "%s: cannot write", path) : NULL;
}

struct ph_error *ph_write_file(const char *path, struct ph_slice bytes)
{
    struct stat facts;

    if (!stat(path, &facts) && S_ISDIR(facts.st_mode))
        return ph_error_errno(EISDIR, "%s: cannot write", path);
    if (!stat(path, &facts) && !S_ISREG(facts.st_mode))
        return write_special(path, bytes);
    char target[PATH_MAX]; /* a link stays, the file behind it is replaced */
    if (!realpath(path, target))
        (void)snprintf(target, sizeof(target), "%s", path);
    ph_autofree char *temporary = ph_format("%s.%ld.tmp", target, (long)getpid());
    if (!temporary)
        return ph_error_nomem();
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return ph_error_errno(errno, "%s: cannot create", path);
    int failed = write_all(fd, bytes);
    if (!failed && fsync(fd))
        failed = errno;
    if (close(fd) && !failed)
        failed = errno;
    if (!failed && rename(temporary, target))
        failed = errno;
    if (!failed)
        return NULL;
    (void)unlink(temporary);
    return ph_error_errno(failed, "%s: cannot write", path);
}

struct ph_error *ph_append_file(const char *path, struct ph_slice bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666);
    struct stat before = {0};

    if (fd < 0)
        return ph_error_errno(errno, "%s: cannot open for writing", path);
    int failed = fstat(fd, &before) ? errno : write_all(fd, bytes);
    bool regular = !failed && S_ISREG(before.st_mode);
    if (regular && fsync(fd))
        failed = errno;
    if (failed && S_ISREG(before.st_mode) && ftruncate(fd, before.st_size))
        failed = errno;
    if (close(fd) && !failed)
        failed = errno;
    return failed ? ph_error_errno(failed, "%s: cannot write", path) : NULL;
}

/* ------------------------------------------------------------------ machine */

void ph_os_facts(struct ph_os_facts *facts)
{
    struct utsname names;

    *facts = (struct ph_os_facts){0};
    if (!uname(&names)) {
        (void)snprintf(facts->host, sizeof(facts->host), "%s", names.nodename);
        (void)snprintf(facts->system, sizeof(facts->system), "%.31s", names.sysname);
        (void)snprintf(facts->release, sizeof(facts->release), "%s", names.release);
    }
    PH_GUARD(ph_text_fini) struct ph_text id = {0};
    struct ph_error *error = ph_read_file("/proc/sys/kernel/random/boot_id", 4096, &id);
    ph_error_free(error); /* then it stays unknown */
    if (id.size)
        (void)snprintf(facts->boot_id, sizeof(facts->boot_id), "%.*s", (int)strcspn(id.data, "\n"),
                       id.data);
    long cpus = sysconf(_SC_NPROCESSORS_ONLN), page = sysconf(_SC_PAGESIZE);
    facts->cpus = cpus > 0 ? (uint32_t)cpus : 0;
    facts->page_bytes = page > 0 ? (uint32_t)page : 0;
    long pages = sysconf(_SC_PHYS_PAGES);
    facts->memory_bytes = pages > 0 && page > 0 ? (int64_t)pages * page : -1;
}

/* ------------------------------------------------------------------ terminal and process */

bool ph_is_terminal(FILE *stream)
{
    return isatty(fileno(stream)) == 1;
}

static unsigned from_environment(const char *name)
{
    const char *text = getenv(name);
    long value = text ? strtol(text, NULL, 10) : 0;

    return value > 0 && value < 10000 ? (unsigned)value : 0;
}

void ph_terminal_size(unsigned *columns, unsigned *rows)
{
    struct winsize size = {0};

    (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    *columns = from_environment("COLUMNS");
    *rows = from_environment("LINES");
    if (!*columns)
        *columns = size.ws_col ? size.ws_col : 80;
    if (!*rows)
        *rows = size.ws_row ? size.ws_row : 24;
}

bool ph_locale_is_utf8(void)
{
    /* Only the character set: numbers and dates stay in the C locale on every machine. */
    return setlocale(LC_CTYPE, "") && !strcmp(nl_langinfo(CODESET), "UTF-8");
}

static void on_signal(int number)
{
    int kept = errno;

    (void)number;
    atomic_store(&interrupted, true);
    if (wake_pipe[1] >= 0)
        (void)!write(wake_pipe[1], "", 1);
    errno = kept;
}

struct ph_error *ph_catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = on_signal}, hangup;

    if (wake_pipe[0] < 0 && pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK))
        return ph_error_errno(errno, "cannot make a pipe");
    (void)sigemptyset(&action.sa_mask);
    bool failed = sigaction(SIGINT, &action, NULL) || sigaction(SIGTERM, &action, NULL) ||
                  sigaction(SIGQUIT, &action, NULL) || sigaction(SIGHUP, NULL, &hangup);
    if (!failed && hangup.sa_handler != SIG_IGN) /* nohup */
        failed = sigaction(SIGHUP, &action, NULL) != 0;
    if (failed)
        return ph_error_errno(errno, "cannot catch signals");
    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of write(), not a death */
    return NULL;
}

void ph_interrupt(void)
{
    on_signal(0);
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
    char drained[16];

    atomic_store(&interrupted, false);
    while (wake_pipe[0] >= 0 && read(wake_pipe[0], drained, sizeof(drained)) > 0)
        continue;
}

/* Two system calls of the kernel's own interface instead of libcap: nothing else is needed of it.
 */
static bool get_capabilities(struct __user_cap_data_struct data[2])
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

    return !syscall(SYS_capget, &header, data);
}

/* --- rights for later --- */

static const struct {
    unsigned right;
    unsigned capabilities[5]; /* up to the first 0, which is CAP_CHOWN and none of these */
} RIGHTS[] = {
    {PH_RIGHT_TRACE, {CAP_BPF, CAP_PERFMON, CAP_SYSLOG, CAP_SYS_ADMIN}},
    {PH_RIGHT_LOOK, {CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH}},
};

/* Whether privileges were dropped: until then all of them are in force anyway. */
static atomic_bool dropped;
static _Atomic uint64_t always_kept; /* for sampling itself */

static uint64_t capabilities_of(unsigned rights)
{
    uint64_t mask = 0;

    for (size_t i = 0; i < sizeof(RIGHTS) / sizeof(RIGHTS[0]); i++)
        for (size_t k = 0; rights & RIGHTS[i].right && RIGHTS[i].capabilities[k]; k++)
            mask |= UINT64_C(1) << RIGHTS[i].capabilities[k];
    return mask;
}

static void change_rights(uint64_t raise, uint64_t lower, uint64_t forget)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};

    if (!atomic_load(&dropped) || !get_capabilities(data))
        return;
    for (unsigned i = 0; i < 2; i++) {
        data[i].permitted &= ~(uint32_t)(forget >> 32 * i);
        data[i].effective |= (uint32_t)(raise >> 32 * i);
        data[i].effective &= ~(uint32_t)(lower >> 32 * i) & data[i].permitted;
    }
    (void)syscall(SYS_capset, &header, data);
}

void ph_rights_raise(unsigned rights)
{
    change_rights(capabilities_of(rights), 0, 0);
}

void ph_rights_lower(unsigned rights, bool for_good)
{
    uint64_t mask = capabilities_of(rights) & ~atomic_load(&always_kept);

    change_rights(0, mask, for_good ? mask : 0);
}

/* The owner of the directory decides whether root without capabilities can write beside the file:
 * SQLite creates and deletes its journal there. */
static bool needs_override(const char *keep_path)
{
    ph_autofree char *directory = keep_path ? ph_strdup(keep_path) : NULL;
    struct stat facts;

    if (!directory)
        return false;
    char *slash = strrchr(directory, '/');
    if (slash == directory)
        slash++;
    if (slash)
        *slash = 0;
    bool own_directory = !stat(slash ? directory : ".", &facts) && facts.st_uid == geteuid() &&
                         (facts.st_mode & S_IWUSR);
    bool own_file = stat(keep_path, &facts) || facts.st_uid == geteuid();
    return !own_directory || !own_file;
}

struct ph_error *ph_drop_privileges(const char *keep_path, unsigned later, const char **kept)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}}, left[2] = {{0}};
    uint32_t wanted = 0;

    *kept = "nothing";
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return ph_error_errno(errno, "cannot give up new privileges");
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (!get_capabilities(data))
        return ph_error_errno(errno, "cannot read the capabilities");
    if (!data[0].permitted && !data[1].permitted) {
        *kept = "nothing; there was nothing to drop";
        return NULL;
    }
    if (needs_override(keep_path) && (data[0].permitted & 1u << CAP_DAC_OVERRIDE)) {
        wanted = 1u << CAP_DAC_OVERRIDE;
        *kept = "CAP_DAC_OVERRIDE, for the recording in somebody else's directory";
    } else if (geteuid() != 0 && (data[0].permitted & 1u << CAP_DAC_READ_SEARCH)) {
        /* A cache that appears later is described by files in /sys/kernel/slab, root's and 0400:
         * root may still read them as their owner, a service's user needs this. */
        wanted = 1u << CAP_DAC_READ_SEARCH;
        *kept = "CAP_DAC_READ_SEARCH, for the description of caches that appear later";
    }
    uint64_t waiting = capabilities_of(later);
    left[0].effective = wanted;
    left[0].permitted = (wanted | (uint32_t)waiting) & data[0].permitted;
    left[1].permitted = (uint32_t)(waiting >> 32) & data[1].permitted;
    if (syscall(SYS_capset, &header, left))
        return ph_error_errno(errno, "cannot drop the capabilities");
    atomic_store(&always_kept, wanted);
    atomic_store(&dropped, true);
    return NULL;
}

void ph_own_memory(uint64_t *resident, uint64_t *peak)
{
    PH_GUARD(ph_text_fini) struct ph_text status = {0};
    struct ph_error *error = ph_read_file("/proc/self/status", 65536, &status);
    const char *at;

    ph_error_free(error);
    *resident = *peak = 0;
    if (status.data && (at = strstr(status.data, "\nVmRSS:")))
        *resident = strtoull(at + 7, NULL, 10) * 1024;
    if (status.data && (at = strstr(status.data, "\nVmHWM:")))
        *peak = strtoull(at + 7, NULL, 10) * 1024;
}

/* ------------------------------------------------------------------ what differs */

bool ph_on_windows(void)
{
    return false;
}

bool ph_is_separator(char c)
{
    return c == '/';
}

char ph_separator(void)
{
    return '/';
}

bool ph_path_is_absolute(const char *path)
{
    return *path == '/';
}

const char *ph_database_system(void)
{
    return NULL;
}

const char *ph_database_system_unlocked(void)
{
    return "unix-none";
}

struct ph_error *ph_database_error(int number, const char *what)
{
    return ph_error_errno(number, "%s", what);
}

struct ph_error *ph_database_path(const char *path, char **fit)
{
    *fit = ph_strdup(path);
    return *fit ? NULL : ph_error_nomem();
}

const char *ph_environment(const char *name)
{
    return getenv(name);
}

struct ph_error *ph_os_arguments(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return NULL;
}

struct ph_error *ph_expand_names(size_t *count, const char *const **names)
{
    (void)count;
    (void)names;
    return NULL;
}

bool ph_console_is_ours(void)
{
    return false;
}

bool ph_console_colours(FILE *to)
{
    const char *terminal = getenv("TERM");

    return ph_is_terminal(to) && terminal && strcmp(terminal, "dumb") != 0;
}

bool ph_print(FILE *to, const void *bytes, size_t size)
{
    return !size || fwrite(bytes, 1, size, to) == size;
}
