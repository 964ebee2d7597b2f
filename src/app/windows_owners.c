#include "app/windows_owners.h"

#include <string.h>

#include "app/who_parts.h"
#include "app/windows_blocks.h"
#include "app/windows_processes.h"
#include "base/mem.h"
#include "base/os.h"

enum { LOOK_LASTS_S = 10 }; /* several questions in a row need one look */

struct ph_windows_owners {
    const struct ph_who_options *options;
    const struct ph_nt *nt;
    struct ph_nt_look *before; /* the first look; NULL: none was taken */
    struct ph_nt_look *now;    /* the newest one */
    struct ph_loaded_drivers loaded;
    struct ph_drivers drivers; /* that are loaded */
    struct ph_drivers others;  /* that lie there */
    bool have_loaded, have_drivers, have_others;
};

const struct ph_nt *ph_who_nt(const struct ph_who_options *options)
{
    if (options->driver_count || options->root || !(options->processes || options->this_machine))
        return NULL;
    return options->nt ? options->nt : ph_nt_live();
}

struct ph_error *ph_windows_owners_open(const struct ph_who_options *options,
                                        struct ph_windows_owners **owners)
{
    struct ph_windows_owners *fresh = ph_zalloc(1, sizeof(*fresh));

    if (!fresh)
        return ph_error_nomem();
    fresh->options = options;
    fresh->nt = ph_who_nt(options);
    *owners = fresh;
    return NULL;
}

void ph_windows_owners_close(struct ph_windows_owners *owners)
{
    if (!owners)
        return;
    if (owners->have_drivers)
        ph_drivers_close(&owners->drivers);
    if (owners->have_others)
        ph_drivers_close(&owners->others);
    ph_loaded_drivers_fini(&owners->loaded);
    ph_nt_look_free(owners->before);
    ph_nt_look_free(owners->now);
    ph_free(owners);
}

const struct ph_drivers *ph_windows_owners_drivers(const struct ph_windows_owners *owners)
{
    return owners->have_drivers ? &owners->drivers : NULL;
}

/* ------------------------------------------------------------------ processes */

struct ph_error *ph_windows_owners_first_look(struct ph_windows_owners *owners)
{
    return owners->options->processes && !owners->before
               ? ph_nt_look_read(owners->nt, &owners->before)
               : NULL;
}

/* `*object` tells whether the tag is that of a type of objects. */
static struct ph_error *ask_processes(struct ph_windows_owners *owners, const uint8_t tag[4],
                                      struct ph_owner_report *report, bool *object)
{
    *object = false;
    if (!owners->options->processes)
        return NULL;
    if (owners->now && ph_boottime_ns() - owners->now->taken_ns > LOOK_LASTS_S * PH_SECOND) {
        ph_nt_look_free(owners->now);
        owners->now = NULL;
    }
    if (!owners->now)
        PH_TRY(ph_nt_look_read(owners->nt, &owners->now));
    *object = ph_nt_look_knows(owners->now, tag);
    return ph_nt_look_owners(tag, owners->before, owners->now, report);
}

/* ------------------------------------------------------------------ drivers */

struct paths {
    const char **items;
    size_t count, capacity;
};

static void paths_fini(struct paths *paths)
{
    ph_free(paths->items);
}

static struct ph_error *add_path(struct paths *paths, const char *path)
{
    PH_TRY(ph_grow(&paths->items, &paths->capacity, paths->count + 1, sizeof(*paths->items)));
    paths->items[paths->count++] = path;
    return NULL;
}

static struct ph_error *open_drivers(struct ph_windows_owners *owners, bool loaded,
                                     const struct paths *paths, struct ph_drivers *drivers)
{
    const struct ph_drivers_options options = {
        .paths = paths->items,
        .path_count = paths->count,
        .index = owners->options->index,
        .loaded = &owners->loaded,
        .leave_loaded = !loaded,
        .progress = owners->options->progress,
        .context = owners->options->context,
    };

    return ph_drivers_open(&options, drivers);
}

static struct ph_error *open_loaded(struct ph_windows_owners *owners)
{
    PH_GUARD(paths_fini) struct paths paths = {0};

    if (!owners->have_loaded)
        PH_TRY(ph_loaded_drivers_read(owners->nt, &owners->loaded));
    owners->have_loaded = true;
    if (owners->have_drivers)
        return NULL;
    for (size_t i = 0; i < owners->loaded.loaded; i++)
        if (owners->loaded.items[i].there)
            PH_TRY(add_path(&paths, owners->loaded.items[i].path));
    PH_TRY(open_drivers(owners, true, &paths, &owners->drivers));
    owners->have_drivers = true;
    return NULL;
}

struct folders {
    char *paths[2];
};

static void folders_fini(struct folders *folders)
{
    ph_free(folders->paths[0]);
    ph_free(folders->paths[1]);
}

/* Drivers that services name, wherever they lie, and the folders where drivers wait. */
static struct ph_error *open_others(struct ph_windows_owners *owners)
{
    static const char *const FOLDERS[] = {"System32\\drivers",
                                          "System32\\DriverStore\\FileRepository"};
    const struct ph_loaded_drivers *loaded = &owners->loaded;
    PH_GUARD(folders_fini) struct folders folders = {{NULL, NULL}};
    PH_GUARD(paths_fini) struct paths paths = {0};

    if (owners->have_others)
        return NULL;
    for (size_t i = loaded->loaded; i < loaded->count; i++)
        if (loaded->items[i].there)
            PH_TRY(add_path(&paths, loaded->items[i].path));
    for (size_t i = 0; i < 2; i++) {
        folders.paths[i] = ph_format("%s\\%s", loaded->windows, FOLDERS[i]);
        if (!folders.paths[i])
            return ph_error_nomem();
        if (ph_file_kind(folders.paths[i]) == PH_FILE_DIRECTORY)
            PH_TRY(add_path(&paths, folders.paths[i]));
    }
    PH_TRY(open_drivers(owners, false, &paths, &owners->others));
    owners->have_others = true;
    return NULL;
}

static bool code_names(const struct ph_owner_report *report)
{
    for (size_t i = 0; i < report->owner_count; i++)
        if (report->owners[i].evidence <= PH_EVIDENCE_TABLE)
            return true;
    return false;
}

static bool process_is_named(const struct ph_owner_report *report)
{
    for (size_t i = 0; i < report->owner_count; i++)
        if (report->owners[i].process.pid && ph_evidence_names(report->owners[i].evidence))
            return true;
    return false;
}

static struct ph_error *ask_drivers(struct ph_windows_owners *owners, const uint8_t tag[4],
                                    bool object, struct ph_owner_report *report)
{
    const struct ph_who_options *options = owners->options;
    size_t first = report->owner_count;
    bool process = process_is_named(report);

    PH_TRY(open_loaded(owners));
    PH_TRY(ph_who_add_code(&owners->drivers, tag, options->weak, report));
    bool named = code_names(report);
    bool everything = options->everything || (!process && !named);
    if (everything) {
        PH_TRY(open_others(owners));
        PH_TRY(ph_who_add_code(&owners->others, tag, options->weak, report));
        named = code_names(report);
    }
    if (!named && !process && !object && !options->weak) {
        ph_who_forget(report, first);
        PH_TRY(ph_who_add_code(&owners->drivers, tag, true, report));
        PH_TRY(ph_who_add_code(&owners->others, tag, false, report));
    }
    report->this_machine = true;
    PH_TRY(ph_who_count_searched(&owners->drivers, report));
    PH_TRY(ph_loss_merge(&report->losses, &owners->loaded.losses, true));
    PH_TRY(ph_loss_merge(&report->losses, &owners->drivers.losses, true));
    if (!everything)
        return NULL;
    PH_TRY(ph_who_count_searched(&owners->others, report));
    return ph_loss_merge(&report->losses, &owners->others.losses, true);
}

struct ph_error *ph_windows_owners_find(struct ph_windows_owners *owners, const uint8_t tag[4],
                                        struct ph_owner_report *report)
{
    bool object;

    PH_TRY(ask_processes(owners, tag, report, &object));
    if (owners->options->processes) {
        PH_TRY(ph_windows_blocks(owners->nt, tag, report));
        PH_TRY(ph_windows_lookaside(owners->nt, tag, report));
    }
    return ask_drivers(owners, tag, object, report);
}
