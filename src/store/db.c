#include "store/db.h"

#include <string.h>

#include "base/mem.h"
#include "base/os.h"
#include "store/recording.h"
#include "store/schema.h"

enum {
    BUSY_MS = 5000,
    AT_WRITE_VERSION = 18, /* offsets in SQLite's file header; 2 = write-ahead log */
    AT_USER_VERSION = 60,
    AT_APPLICATION_ID = 68
};

bool ph_recording_probe(struct ph_slice head)
{
    return head.size >= PH_DB_HEAD && !memcmp(head.data, "SQLite format 3", 16) &&
           ph_be32(head.data + AT_APPLICATION_ID) == PH_DB_APPLICATION_ID;
}

/* ------------------------------------------------------------------ errors */

/* Why the system refused: of the connection, or else of the log and of the file. (SQLite 3.40 loses
 * the first one when a COMMIT cannot write its log.) */
static int cause_of(const struct ph_db *db)
{
    static const int files[] = {SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER};
    int cause = sqlite3_system_errno(db->handle);

    for (unsigned i = 0; !cause && i < 2; i++) {
        sqlite3_file *file = NULL;
        if (!sqlite3_file_control(db->handle, "main", files[i], &file) && file && file->pMethods)
            (void)file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &cause);
    }
    return cause;
}

static bool is_full(const struct ph_db *db, int code)
{
    int cause = code == SQLITE_IOERR ? cause_of(db) : 0;
    PH_GUARD(ph_error_freep) struct ph_error *error = cause ? ph_database_error(cause, "") : NULL;

    if (code == SQLITE_FULL || (error && error->code == PH_ERR_FULL))
        return true;
    /* the index of the log could not be made longer */
    return sqlite3_extended_errcode(db->handle) == SQLITE_IOERR_SHMSIZE;
}

static enum ph_error_code code_of(int code)
{
    switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return PH_ERR_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return PH_ERR_FORMAT;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
        return PH_ERR_ACCESS;
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_ERROR:
        return PH_ERR_INTERNAL;
    default:
        return PH_ERR_IO;
    }
}

struct ph_error *ph_db_error(const struct ph_db *db, const char *what)
{
    int code = sqlite3_errcode(db->handle) & 0xff;

    if (code == SQLITE_NOMEM)
        return ph_error_nomem();
    if (is_full(db, code))
        return ph_errorf(PH_ERR_FULL, "%s: cannot %s: no space left; all before it is kept",
                         db->path, what);
    if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) /* found by ourselves */
        return ph_errorf(PH_ERR_FORMAT, "%s: cannot %s: the file is damaged", db->path, what);
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        return ph_errorf(PH_ERR_FORMAT, "%s: cannot %s: the file is damaged (%s)", db->path, what,
                         sqlite3_errmsg(db->handle));
    int cause = cause_of(db);
    if ((code == SQLITE_IOERR || code == SQLITE_CANTOPEN) && cause) {
        ph_autofree char *words = ph_format("%s: cannot %s", db->path, what);
        return words ? ph_database_error(cause, words) : ph_error_nomem();
    }
    return ph_errorf(code_of(code), "%s: cannot %s: %s", db->path, what,
                     sqlite3_errmsg(db->handle));
}

struct ph_error *ph_db_exec(const struct ph_db *db, const char *what, const char *sql)
{
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) ? ph_db_error(db, what) : NULL;
}

struct ph_error *ph_db_prepare(const struct ph_db *db, const char *sql, sqlite3_stmt **statement)
{
    if (!sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL))
        return NULL;
    if (sqlite3_errcode(db->handle) == SQLITE_ERROR) /* our SQL is right: tables are missing */
        return ph_errorf(PH_ERR_FORMAT, "%s: the file is damaged (%s)", db->path,
                         sqlite3_errmsg(db->handle));
    return ph_db_error(db, "read the schema");
}

struct ph_error *ph_db_run(const struct ph_db *db, const char *what, sqlite3_stmt *statement)
{
    struct ph_error *error = sqlite3_step(statement) == SQLITE_DONE ? NULL : ph_db_error(db, what);

    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return error;
}

struct ph_error *ph_db_number(const struct ph_db *db, const char *sql, int64_t otherwise,
                              int64_t *number)
{
    PH_GUARD(ph_db_finalizep) sqlite3_stmt *statement = NULL;

    PH_TRY(ph_db_prepare(db, sql, &statement));
    int status = sqlite3_step(statement);
    if (status != SQLITE_ROW && status != SQLITE_DONE)
        return ph_db_error(db, "read");
    *number = status == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL
                  ? sqlite3_column_int64(statement, 0)
                  : otherwise;
    return NULL;
}

void ph_db_finalizep(sqlite3_stmt **statement)
{
    (void)sqlite3_finalize(*statement);
}

void ph_db_rollback(const struct ph_db *db)
{
    if (!sqlite3_get_autocommit(db->handle))
        (void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

/* ------------------------------------------------------------------ opening */

void ph_db_close(struct ph_db *db)
{
    (void)sqlite3_close(db->handle);
    ph_free(db->path);
    *db = (struct ph_db){0};
}

/* The head of the file; `*size` below PH_DB_HEAD for an empty or tiny one. */
static struct ph_error *read_head(const char *path, uint8_t head[PH_DB_HEAD], size_t *size)
{
    PH_GUARD(ph_handle_closep) struct ph_handle *handle = NULL;

    if (ph_file_kind(path) == PH_FILE_DIRECTORY)
        return ph_errorf(PH_ERR_FORMAT, "%s: a directory, not a recording", path);
    PH_TRY(ph_handle_open(path, &handle));
    return ph_handle_head(handle, head, PH_DB_HEAD, size);
}

static struct ph_error *check_head(const char *path, const uint8_t *head, size_t size)
{
    if (!ph_recording_probe((struct ph_slice){(const char *)head, size}))
        return ph_errorf(PH_ERR_FORMAT, "%s: %s, not a recording of poolhound", path,
                         !size ? "an empty file"
                         : size >= 16 && !memcmp(head, "SQLite format 3", 16)
                             ? "a SQLite file of another program"
                             : "another kind of file");
    uint32_t version = ph_be32(head + AT_USER_VERSION);
    if (version > PH_DB_VERSION)
        return ph_errorf(PH_ERR_VERSION,
                         "%s: written by a newer poolhound (recording version %u, this one knows "
                         "up to %d): use that one",
                         path, (unsigned)version, PH_DB_VERSION);
    return NULL;
}

static struct ph_error *open_handle(struct ph_db *db, const char *name, int flags, const char *vfs)
{
    if (sqlite3_open_v2(name, &db->handle, flags | SQLITE_OPEN_NOMUTEX,
                        vfs ? vfs : ph_database_system())) {
        struct ph_error *error = db->handle ? ph_db_error(db, "open") : ph_error_nomem();
        (void)sqlite3_close(ph_steal(db->handle));
        return error;
    }
    (void)sqlite3_extended_result_codes(db->handle, 0);
    (void)sqlite3_busy_timeout(db->handle, BUSY_MS);
    (void)sqlite3_limit(db->handle, SQLITE_LIMIT_LENGTH, PH_DB_FRAME_LIMIT);
    /* a foreign file's views and triggers get no say */
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return NULL;
}

struct ph_error *ph_db_open_writer(const char *path, struct ph_db *db)
{
    uint8_t head[PH_DB_HEAD];
    size_t size = 0;
    PH_GUARD(ph_db_close) struct ph_db fresh = {.path = ph_strdup(path)};

    if (!fresh.path)
        return ph_error_nomem();
    if (ph_file_kind(path) != PH_FILE_REGULAR)
        return ph_errorf(PH_ERR_FORMAT, "%s: not a regular file", path);
    PH_TRY(read_head(path, head, &size));
    if (size)
        PH_TRY(check_head(path, head, size));
    ph_autofree char *fit = NULL;
    PH_TRY(ph_database_path(path, &fit));
    PH_TRY(open_handle(&fresh, fit, SQLITE_OPEN_READWRITE, NULL));
    /* Pages of 8 KB pack the frames of 2,000 tags best; see bench/bench_record.c. Deleted pages
     * are used again, so that a recording with retention stops growing; it is never vacuumed. */
    PH_TRY(ph_db_exec(&fresh, "open", "PRAGMA page_size = 8192; PRAGMA cache_size = -1024"));
    PH_TRY(ph_schema_migrate(&fresh));
    /* The log lets readers read beside us and survives kill -9; FULL makes each sample durable.
     * It is copied back every 100 pages and cut to 1 MB when a reader had made it longer. */
    PH_TRY(ph_db_exec(&fresh, "open",
                      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
                      "PRAGMA wal_autocheckpoint = 100; PRAGMA journal_size_limit = 1048576"));
    *db = fresh;
    fresh = (struct ph_db){0};
    return NULL;
}

/* A "file:" URI of the path, for its options. */
static struct ph_error *uri_of(const char *path, const char *options, struct ph_text *uri)
{
    ph_text_puts(uri, "file:");
    for (; *path; path++) {
        if (strchr("%?#", *path))
            ph_text_printf(uri, "%%%02X", (unsigned)(unsigned char)*path);
        else
            ph_text_putc(uri, *path);
    }
    ph_text_puts(uri, options);
    return ph_text_check(uri);
}

enum reading {
    READ_PLAINLY, /* with SQLite's locks, beside a writer */
    READ_STILL,   /* nobody writes and there is no log: the file alone, and nothing is created */
    READ_LOG      /* a log of a writer that is gone, where no index of it can be created: the index
                     is built in memory, which SQLite does for whoever claims the file alone */
};

static struct ph_error *open_as(struct ph_db *db, enum reading reading)
{
    PH_GUARD(ph_text_fini) struct ph_text uri = {0};
    ph_autofree char *fit = NULL;
    const char *vfs = NULL;
    int64_t number;

    if (reading == READ_LOG) /* the system's file calls without locks: reading needs none */
        vfs = ph_database_system_unlocked();
    PH_TRY(ph_database_path(db->path, &fit));
    PH_TRY(uri_of(fit, reading == READ_STILL ? "?immutable=1" : "", &uri));
    PH_TRY(open_handle(db, uri.data, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, vfs));
    (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    struct ph_error *error =
        reading == READ_LOG ? ph_db_exec(db, "open", "PRAGMA locking_mode = EXCLUSIVE") : NULL;
    if (!error)
        error = ph_db_exec(db, "open", "PRAGMA cache_size = -1024; PRAGMA query_only = 1");
    if (!error)
        error = ph_db_number(db, "SELECT count(*) FROM sqlite_schema", 0, &number);
    if (error && error->code == PH_ERR_FORMAT) {
        /* A file with fewer pages than its head says is refused, unless the schema is writable:
         * then what is there can be read. The file itself is open for reading only. */
        (void)sqlite3_db_config(db->handle, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, NULL);
        struct ph_error *again = ph_db_number(db, "SELECT count(*) FROM sqlite_schema", 0, &number);
        if (!again) {
            db->cut_short = true;
            ph_error_free(ph_steal(error));
        }
        ph_error_free(again);
    }
    if (error)
        (void)sqlite3_close(ph_steal(db->handle));
    return error;
}

struct ph_error *ph_db_open_reader(const char *path, struct ph_db *db)
{
    uint8_t head[PH_DB_HEAD];
    size_t size = 0;
    uint64_t log_size = 0;
    int64_t modified;
    PH_GUARD(ph_db_close) struct ph_db fresh = {.path = ph_strdup(path)};
    ph_autofree char *log = ph_format("%s-wal", path);

    if (!fresh.path || !log)
        return ph_error_nomem();
    PH_TRY(read_head(path, head, &size));
    PH_TRY(check_head(path, head, size));
    bool logged = head[AT_WRITE_VERSION] == 2;
    bool still = logged && ph_file_kind(log) == PH_FILE_NONE;
    struct ph_error *error = open_as(&fresh, still ? READ_STILL : READ_PLAINLY);
    if (still && ph_file_kind(log) != PH_FILE_NONE) { /* a writer came meanwhile */
        ph_error_free(ph_steal(error));
        (void)sqlite3_close(ph_steal(fresh.handle));
        fresh.cut_short = false;
        error = open_as(&fresh, READ_PLAINLY);
    }
    if (error && error->code != PH_ERR_FORMAT && error->code != PH_ERR_BUSY &&
        error->code != PH_ERR_NOMEM) {
        bool has_log = ph_file_facts(log, &log_size, &modified) && log_size;
        struct ph_error *again = open_as(&fresh, has_log ? READ_LOG : READ_STILL);
        if (!again)
            ph_error_free(ph_steal(error));
        ph_error_free(again);
    }
    PH_TRY(error);
    *db = fresh;
    fresh = (struct ph_db){0};
    return NULL;
}
