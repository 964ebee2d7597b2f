/* savedtree.c - where a saved /proc tree has its files, which machine it is of, and when it was
 * saved.
 *
 * | layout                    | files                                                          |
 * |---------------------------|----------------------------------------------------------------|
 * | a root directory          | DIR/proc/slabinfo, DIR/sys/kernel/slab                          |
 * | a sosreport: a root, and  | DIR/date, DIR/hostname, DIR/uname, or the same below            |
 * |                           | DIR/sos_commands (date/, host/ or general/, kernel/)            |
 * | a copy of /proc itself    | DIR/slabinfo; with the name proc, its parent is taken as root   |
 */
#include <stdio.h>
#include <string.h>

#include "source/file/stamp.h"
#include "source/linux/linux_source.h"

/* The first line of a file, "" when there is none. */
static bool first_line(const char *directory, const char *file, struct ph_text *line)
{
    ph_autofree char *path = ph_format("%s/%s", directory, file);

    ph_text_clear(line);
    if (path && ph_file_kind(path) == PH_FILE_REGULAR)
        ph_error_free(ph_read_file(path, 1 << 20, line)); /* without it the fact stays unknown */
    if (!line->data)
        return false;
    line->size = strcspn(line->data, "\r\n");
    line->data[line->size] = 0;
    return line->size > 0;
}

static bool one_of(const char *directory, const char *const *files, size_t count,
                   struct ph_text *line, const char **found)
{
    for (size_t i = 0; i < count; i++) {
        if (first_line(directory, files[i], line)) {
            *found = files[i];
            return true;
        }
    }
    return false;
}

static void copy_line(char *to, size_t size, const char *from)
{
    (void)snprintf(to, size, "%s", from ? from : "");
}

static void live_machine(struct ph_machine *machine)
{
    struct ph_os_facts facts;

    ph_os_facts(&facts);
    copy_line(machine->host, sizeof(machine->host), facts.host);
    copy_line(machine->system, sizeof(machine->system), facts.system);
    copy_line(machine->release, sizeof(machine->release), facts.release);
    copy_line(machine->boot_id, sizeof(machine->boot_id), facts.boot_id);
    machine->cpus = facts.cpus;
    machine->page_bytes = facts.page_bytes;
}

/* "Linux version 6.1.0-56-amd64 (...) ..." of /proc/version, or "Linux host 6.1.0-56-amd64 #1 ..."
 * of uname -a; the second names the host too. */
static void learn_release(struct ph_linux_source *source, struct ph_text *line)
{
    static const char *const unames[] = {"uname", "sos_commands/kernel/uname_-a"};
    struct ph_machine *machine = &source->machine;
    struct ph_slice rest, system, host, release;
    const char *found;

    if (first_line(source->proc, "version", line)) {
        rest = (struct ph_slice){line->data, line->size};
        if (ph_slice_starts(rest, "Linux version ")) {
            rest.data += 14;
            rest.size -= 14;
            if (ph_slice_word(&rest, &release))
                (void)snprintf(machine->release, sizeof(machine->release), "%.*s",
                               (int)release.size, release.data);
        }
    }
    if (!one_of(source->root, unames, 2, line, &found))
        return;
    rest = (struct ph_slice){line->data, line->size};
    if (!ph_slice_word(&rest, &system) || !ph_slice_is(system, "Linux") ||
        !ph_slice_word(&rest, &host) || !ph_slice_word(&rest, &release))
        return;
    if (!*machine->host)
        (void)snprintf(machine->host, sizeof(machine->host), "%.*s", (int)host.size, host.data);
    if (!*machine->release)
        (void)snprintf(machine->release, sizeof(machine->release), "%.*s", (int)release.size,
                       release.data);
}

static void learn_uptime(struct ph_linux_source *source, struct ph_text *line)
{
    struct ph_stamp stamp;

    source->tree_uptime_ns = -1;
    if (!first_line(source->proc, "uptime", line))
        return;
    struct ph_slice rest = {line->data, line->size}, word;
    if (ph_slice_word(&rest, &word) && ph_stamp_field(word, &stamp) && stamp.counted)
        source->tree_uptime_ns = stamp.counted_ns;
}

void ph_linux_learn_machine(struct ph_linux_source *source)
{
    static const char *const hosts[] = {"hostname", "sos_commands/host/hostname",
                                        "sos_commands/general/hostname"};
    struct ph_machine *machine = &source->machine;
    struct ph_text *line = &source->scratch;
    const char *found;

    *machine = (struct ph_machine){.memory_bytes = -1};
    if (source->live) {
        live_machine(machine);
        return;
    }
    copy_line(machine->system, sizeof(machine->system), "Linux");
    if (first_line(source->proc, "sys/kernel/random/boot_id", line))
        copy_line(machine->boot_id, sizeof(machine->boot_id), line->data);
    if (first_line(source->proc, "sys/kernel/hostname", line) ||
        one_of(source->root, hosts, 3, line, &found))
        copy_line(machine->host, sizeof(machine->host), line->data);
    learn_release(source, line);
    learn_uptime(source, line);
}

/* ------------------------------------------------------------------ where and when */

struct ph_error *ph_linux_find_tree(struct ph_linux_source *source, const char *path)
{
    ph_autofree char *trimmed = ph_strdup(path ? path : "");

    if (!trimmed)
        return ph_error_nomem();
    for (size_t length = strlen(trimmed); length && trimmed[length - 1] == '/';)
        trimmed[--length] = 0;
    source->live = !*trimmed || !strcmp(trimmed, "/proc");
    source->root = ph_strdup(source->live ? "" : trimmed);
    source->proc = source->root ? ph_format("%s/proc", source->root) : NULL;
    if (!source->proc)
        return ph_error_nomem();
    if (source->live || ph_file_kind(source->proc) == PH_FILE_DIRECTORY)
        return NULL;
    ph_free(source->proc); /* a copy of /proc itself */
    source->proc = ph_steal(source->root);
    size_t length = strlen(source->proc);
    source->root = !strcmp(source->proc, "proc") ? ph_strdup(".")
                   : length > 5 && !strcmp(source->proc + length - 5, "/proc")
                       ? ph_format("%.*s", (int)(length - 5), source->proc)
                       : ph_strdup(source->proc);
    return source->root ? NULL : ph_error_nomem();
}

struct ph_error *ph_linux_tree_time(struct ph_linux_source *source)
{
    static const char *const dates[] = {"sos_commands/date/date_--utc", "date",
                                        "sos_commands/date/date", "sos_commands/general/date"};
    const struct ph_proc_file *file =
        source->slabinfo.handle ? &source->slabinfo : &source->meminfo;
    struct ph_stamp stamp;
    const char *found;

    source->tree_time_kind = PH_TIME_REAL;
    source->tree_time_ns = file->modified_ns;
    if (!one_of(source->root, dates, sizeof(dates) / sizeof(dates[0]), &source->scratch, &found))
        return ph_loss_add(&source->losses, 0,
                           "%s: the tree does not say when it was saved; the file's own date is "
                           "taken",
                           file->path);
    struct ph_slice line = {source->scratch.data, source->scratch.size};
    if (!ph_stamp_find(line, &stamp) || !stamp.has_date || !stamp.has_time || stamp.relative)
        return ph_loss_add(&source->losses, 0,
                           "%s/%s: holds no date that is understood; the date of the file %s is "
                           "taken",
                           source->root, found, file->path);
    source->tree_time_ns = ph_stamp_ns(&stamp, false);
    if (stamp.has_zone)
        return NULL;
    source->tree_time_kind = PH_TIME_LOCAL;
    return ph_loss_add(&source->losses, 0,
                       "%s/%s: its time zone is not known; the time is taken as UTC", source->root,
                       found);
}
