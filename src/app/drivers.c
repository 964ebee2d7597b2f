#include "app/drivers.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/parallel.h"
#include "base/path.h"
#include "image/pe.h"
#include "owner/tagscan/tagscan.h"

enum { NOT_READ = -1, COMMIT_EVERY = 256, SUBSYSTEM_NATIVE = 1, HEAD = 4096 };

/* The index is another process's turn at least this often. */
#define COMMIT_AFTER (PH_SECOND / 2)

/* Drivers are .sys; kernels and their libraries are .exe and .dll. */
static bool wanted(const char *name)
{
    static const char *const ENDS[] = {".sys", ".dll", ".exe"};
    size_t length = strlen(name);

    for (size_t i = 0; length > 4 && i < sizeof(ENDS) / sizeof(ENDS[0]); i++)
        if (!strcasecmp(name + length - 4, ENDS[i]))
            return true;
    return false;
}

static bool is_sys(const char *path)
{
    size_t length = strlen(path);

    return length > 4 && !strcasecmp(path + length - 4, ".sys");
}

/* The path as the index knows it; replaces `out`. */
static struct ph_error *absolute(const struct ph_drivers *drivers, const char *path,
                                 struct ph_text *out)
{
    ph_text_clear(out);
    if (!ph_path_is_absolute(path))
        ph_text_printf(out, "%s%c", drivers->here, ph_separator());
    ph_text_puts(out, path);
    return ph_text_check(out);
}

static const struct ph_loaded_driver *known_of(const struct ph_drivers *drivers, const char *path)
{
    return drivers->loaded ? ph_loaded_drivers_find(drivers->loaded, path) : NULL;
}

/* The service is usually called like the file. */
static char *service_of(const struct ph_drivers *drivers, const char *path)
{
    const struct ph_loaded_driver *known = known_of(drivers, path);
    const char *name = ph_base_name(path);
    const char *dot = strrchr(name, '.');

    if (known && known->service)
        return ph_strdup(known->service);
    return ph_memdup(name, dot && dot > name ? (size_t)(dot - name) : strlen(name));
}

/* ------------------------------------------------------------------ scanning */

struct work {
    struct ph_drivers *drivers;
    const size_t *todo; /* positions in the walk */
    size_t count, done;
    const uint8_t *tag; /* of a weak search; NULL when scanning */
    struct ph_mutex *mutex;
    int64_t committed_ns;
    bool index_failed; /* the error that ended the work is the index's, not a file's */
};

/* What must be told of a file without ending the others. */
static struct ph_error *lose(struct work *work, struct ph_error *error)
{
    if (!error || error->code == PH_ERR_NOMEM)
        return error;
    ph_mutex_lock(work->mutex);
    bool fatal = work->index_failed;
    struct ph_error *second =
        fatal ? NULL : ph_loss_add(&work->drivers->losses, 1, "%s", error->text);
    ph_mutex_unlock(work->mutex);
    if (fatal)
        return error;
    ph_error_free(error);
    return second;
}

/* Marks an error of the index; the mutex is held. A file must not be lost for it. */
static struct ph_error *of_index(struct work *work, struct ph_error *error)
{
    work->index_failed = work->index_failed || (error && error->code != PH_ERR_NOMEM);
    return error;
}

static struct ph_error *count_done(struct work *work)
{
    int64_t now = ph_boottime_ns();

    if (++work->done % COMMIT_EVERY && now - work->committed_ns < COMMIT_AFTER)
        return NULL;
    work->committed_ns = now;
    return ph_index_commit(work->drivers->index);
}

/* Most .dll and .exe files are no drivers: their head tells. */
static struct ph_error *is_driver(const char *path, bool *driver)
{
    PH_GUARD(ph_handle_closep) struct ph_handle *handle = NULL;
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    char head[HEAD];
    size_t size = 0;

    *driver = true;
    if (is_sys(path))
        return NULL;
    PH_TRY(ph_handle_open(path, &handle));
    PH_TRY(ph_handle_head(handle, head, sizeof(head), &size));
    struct ph_error *error = ph_pe_parse(path, (struct ph_slice){head, size}, &pe);
    *driver = !error && pe.subsystem == SUBSYSTEM_NATIVE;
    if (error && error->code == PH_ERR_NOMEM)
        return error;
    ph_error_free(error);
    return NULL;
}

static struct ph_error *put(struct work *work, size_t at, int64_t scan)
{
    const struct ph_walk_file *file = &work->drivers->walk.files[at];
    PH_GUARD(ph_text_fini) struct ph_text path = {0};

    PH_TRY(absolute(work->drivers, file->path, &path));
    struct ph_index_file entry = {
        .path = path.data,
        .size = file->size,
        .modified_ns = file->modified_ns,
        .scan = scan,
    };

    work->drivers->scans[at] = scan;
    work->drivers->fresh++;
    PH_TRY(ph_index_put_file(work->drivers->index, &entry));
    return count_done(work);
}

/* Scans bytes that no scan is known of; a file that is no PE file gives a scan that says so. */
static struct ph_error *scan_bytes(const char *path, const char *service, struct ph_slice bytes,
                                   struct ph_scan *scan)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    struct ph_error *error = ph_pe_parse(path, bytes, &pe);

    if (error && error->code != PH_ERR_NOMEM) {
        /* without the path: the scan belongs to every file with this content */
        const char *why = error->text;
        size_t length = strlen(path);
        if (!strncmp(why, path, length) && why[length] == ':')
            why += length + 2;
        struct ph_error *second = ph_loss_add(&scan->losses, 1, "%s", why);
        ph_error_free(error);
        return second;
    }
    PH_TRY(error);
    struct ph_tagscan_options options = {.service = service};
    return ph_tagscan(&pe, &options, scan);
}

static struct ph_error *scan_contents(struct work *work, size_t at, struct ph_slice bytes)
{
    const char *path = work->drivers->walk.files[at].path;
    ph_autofree char *service = service_of(work->drivers, path);
    PH_GUARD(ph_scan_fini) struct ph_scan scan = {0};
    struct ph_digest_sum content;
    int64_t number = 0;

    if (!service)
        return ph_error_nomem();
    PH_TRY(ph_digest(PH_DIGEST_SHA256, &bytes, 1, &content));
    ph_mutex_lock(work->mutex);
    struct ph_error *error =
        of_index(work, ph_index_find(work->drivers->index, &content, service, &number));
    ph_mutex_unlock(work->mutex);
    PH_TRY(error);
    if (!number)
        PH_TRY(scan_bytes(path, service, bytes, &scan));
    ph_mutex_lock(work->mutex);
    if (!number) /* meanwhile another thread may have met the same content */
        error = ph_index_find(work->drivers->index, &content, service, &number);
    if (!error && !number)
        error = ph_index_put_scan(work->drivers->index, &content, service, &scan, &number);
    if (!error)
        error = put(work, at, number);
    error = of_index(work, error);
    ph_mutex_unlock(work->mutex);
    return error;
}

static struct ph_error *scan_file(struct work *work, size_t at)
{
    const char *path = work->drivers->walk.files[at].path;
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};
    bool driver;

    PH_TRY(is_driver(path, &driver));
    if (!driver) {
        ph_mutex_lock(work->mutex);
        struct ph_error *error = of_index(work, put(work, at, 0));
        ph_mutex_unlock(work->mutex);
        return error;
    }
    PH_TRY(ph_read_file(path, PH_DRIVER_MOST, &bytes));
    return scan_contents(work, at, (struct ph_slice){bytes.data, bytes.size});
}

static void tell(struct work *work, size_t at)
{
    struct ph_drivers *drivers = work->drivers;

    if (!drivers->progress)
        return;
    ph_mutex_lock(work->mutex);
    drivers->progress(drivers->context, work->done, work->count, drivers->walk.files[at].path);
    ph_mutex_unlock(work->mutex);
}

static struct ph_error *scan_item(void *context, size_t item)
{
    struct work *work = context;

    PH_TRY(lose(work, scan_file(work, work->todo[item])));
    tell(work, work->todo[item]);
    return NULL;
}

/* ------------------------------------------------------------------ what is known already */

struct known {
    struct ph_drivers *drivers;
    struct ph_table positions; /* path -> position in the walk */
};

static struct ph_error *take_known(void *context, const struct ph_index_file *file)
{
    struct known *known = context;
    uint32_t at;

    if (!ph_table_find(&known->positions, ph_slice_of(file->path), &at))
        return NULL;
    const struct ph_walk_file *now = &known->drivers->walk.files[at];
    if (now->size != file->size || now->modified_ns != file->modified_ns)
        return NULL;
    /* a scan holds the default tag that the name of the service gives */
    ph_autofree char *service = service_of(known->drivers, now->path);
    if (!service)
        return ph_error_nomem();
    if (!file->service || !strcmp(file->service, service))
        known->drivers->scans[at] = file->scan;
    return NULL;
}

static void known_fini(struct known *known)
{
    ph_table_fini(&known->positions);
}

/* An index that fails must not cost the answer: everything is read again, and kept in memory. */
static struct ph_error *go_on_without(struct ph_drivers *drivers, struct ph_error *error)
{
    if (error->code == PH_ERR_NOMEM)
        return error;
    struct ph_error *second =
        ph_loss_add(&drivers->losses, 1, "%s; going on without an index", error->text);
    ph_error_free(error);
    PH_TRY(second);
    ph_index_close(drivers->failed); /* only an index of a file fails: once */
    drivers->failed = ph_steal(drivers->index);
    drivers->in_memory = true;
    drivers->fresh = 0;
    for (size_t i = 0; i < drivers->walk.count; i++)
        drivers->scans[i] = NOT_READ;
    return ph_index_open(NULL, &drivers->index);
}

static struct ph_error *use_index(struct ph_drivers *drivers,
                                  const struct ph_drivers_options *options)
{
    PH_GUARD(known_fini) struct known known = {.drivers = drivers};
    PH_GUARD(ph_text_fini) struct ph_text path = {0};

    for (size_t i = 0; i < drivers->walk.count; i++) {
        drivers->scans[i] = NOT_READ;
        PH_TRY(absolute(drivers, drivers->walk.files[i].path, &path));
        PH_TRY(ph_table_put(&known.positions, ph_slice_of(path.data), (uint32_t)i));
    }
    struct ph_error *error = ph_index_open(options->index, &drivers->index);
    if (error)
        return options->index ? go_on_without(drivers, error) : error;
    for (size_t i = 0; i < options->path_count; i++) {
        PH_TRY(absolute(drivers, options->paths[i], &path));
        error = ph_index_files(drivers->index, path.data, take_known, &known);
        if (error)
            return go_on_without(drivers, error);
    }
    return NULL;
}

/* ------------------------------------------------------------------ the whole */

static struct ph_error *run_all(struct ph_drivers *drivers, const size_t *todo, size_t count,
                                const uint8_t *tag,
                                struct ph_error *(*item)(void *context, size_t item), bool *failed)
{
    PH_GUARD(ph_mutex_freep) struct ph_mutex *mutex = NULL;

    *failed = false;
    if (!count)
        return NULL;
    PH_TRY(ph_mutex_new(&mutex));
    struct work work = {
        .drivers = drivers,
        .todo = todo,
        .count = count,
        .tag = tag,
        .mutex = mutex,
        .committed_ns = ph_boottime_ns(),
    };
    struct ph_error *error = ph_parallel(count, 0, item, &work);
    if (!error)
        error = of_index(&work, ph_index_commit(drivers->index));
    *failed = work.index_failed && !drivers->in_memory;
    PH_TRY(error);
    return ph_interrupted()
               ? ph_loss_add(&drivers->losses, 0, "interrupted: not every file was read")
               : NULL;
}

static struct ph_error *scan_all(struct ph_drivers *drivers)
{
    ph_autofree size_t *todo = ph_zalloc(drivers->walk.count, sizeof(*todo));
    bool failed;

    if (!todo)
        return ph_error_nomem();
    for (;;) {
        size_t count = 0;
        for (size_t i = 0; i < drivers->walk.count; i++)
            if (drivers->scans[i] == NOT_READ)
                todo[count++] = i;
        struct ph_error *error = run_all(drivers, todo, count, NULL, scan_item, &failed);
        if (!failed)
            return error;
        PH_TRY(go_on_without(drivers, error));
    }
}

static void leave_loaded(struct ph_drivers *drivers)
{
    struct ph_walk *walk = &drivers->walk;
    size_t kept = 0;

    for (size_t i = 0; i < walk->count; i++) {
        const struct ph_loaded_driver *known = known_of(drivers, walk->files[i].path);
        if (known && known->loaded)
            ph_free(walk->files[i].path);
        else
            walk->files[kept++] = walk->files[i];
    }
    walk->count = kept;
}

static struct ph_error *open_all(const struct ph_drivers_options *options,
                                 struct ph_drivers *drivers)
{
    struct ph_walk_options walk = {.recurse = true, .wanted = wanted};

    PH_TRY(ph_current_directory(&drivers->here));
    for (size_t i = 0; i < options->path_count; i++)
        PH_TRY(ph_walk_add(&drivers->walk, options->paths[i], &walk));
    if (options->leave_loaded)
        leave_loaded(drivers);
    PH_TRY(ph_loss_copy(&drivers->losses, &drivers->walk.losses));
    drivers->scans = ph_zalloc(drivers->walk.count, sizeof(*drivers->scans));
    if (!drivers->scans)
        return ph_error_nomem();
    PH_TRY(use_index(drivers, options));
    return scan_all(drivers);
}

struct ph_error *ph_drivers_open(const struct ph_drivers_options *options,
                                 struct ph_drivers *drivers)
{
    *drivers = (struct ph_drivers){
        .loaded = options->loaded, .progress = options->progress, .context = options->context};
    struct ph_error *error = open_all(options, drivers);
    if (error)
        ph_drivers_close(drivers);
    return error;
}

void ph_drivers_close(struct ph_drivers *drivers)
{
    ph_index_close(drivers->index);
    ph_index_close(drivers->failed);
    ph_walk_fini(&drivers->walk);
    ph_free(drivers->scans);
    ph_free(drivers->here);
    ph_loss_fini(&drivers->losses);
    *drivers = (struct ph_drivers){0};
}

/* ------------------------------------------------------------------ the weak search */

static struct ph_error *search_file(struct work *work, size_t at)
{
    struct ph_drivers *drivers = work->drivers;
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    PH_GUARD(ph_scan_fini) struct ph_scan raw = {0};
    const char *path = drivers->walk.files[at].path;

    PH_TRY(ph_read_file(path, PH_DRIVER_MOST, &bytes));
    struct ph_slice slice = {bytes.data, bytes.size};
    if (!ph_pe_probe(slice))
        return NULL;
    PH_TRY(ph_pe_parse(path, slice, &pe));
    PH_TRY(ph_tagscan_raw(&pe, work->tag, &raw));
    ph_mutex_lock(work->mutex);
    struct ph_error *error = ph_index_put_raw(drivers->index, drivers->scans[at], work->tag, &raw);
    if (!error)
        error = count_done(work);
    error = of_index(work, error);
    ph_mutex_unlock(work->mutex);
    return error;
}

static struct ph_error *search_item(void *context, size_t item)
{
    struct work *work = context;

    PH_TRY(lose(work, search_file(work, work->todo[item])));
    tell(work, work->todo[item]);
    return NULL;
}

static struct ph_error *note_searched(void *context, int64_t scan)
{
    return ph_table_put(context, (struct ph_slice){(const char *)&scan, sizeof(scan)}, 1);
}

static struct ph_error *search_raw(struct ph_drivers *drivers, const uint8_t tag[4], bool *failed)
{
    PH_GUARD(ph_table_fini) struct ph_table searched = {0};
    ph_autofree size_t *todo = ph_zalloc(drivers->walk.count, sizeof(*todo));
    size_t count = 0;
    uint32_t value;

    *failed = false;
    if (!todo)
        return ph_error_nomem();
    PH_TRY(ph_index_searched(drivers->index, tag, note_searched, &searched));
    for (size_t i = 0; i < drivers->walk.count; i++) {
        struct ph_slice key = {(const char *)&drivers->scans[i], sizeof(drivers->scans[i])};
        if (drivers->scans[i] <= 0 || ph_table_find(&searched, key, &value))
            continue;
        PH_TRY(note_searched(&searched, drivers->scans[i])); /* one file of each content */
        todo[count++] = i;
    }
    return run_all(drivers, todo, count, tag, search_item, failed);
}

struct ph_error *ph_drivers_search_raw(struct ph_drivers *drivers, const uint8_t tag[4])
{
    bool failed;
    struct ph_error *error = search_raw(drivers, tag, &failed);

    if (!failed)
        return error;
    PH_TRY(go_on_without(drivers, error));
    PH_TRY(scan_all(drivers));
    return search_raw(drivers, tag, &failed);
}
