#include "store/scanindex.h"

#include <sqlite3.h>
#include <string.h>

#include "base/mem.h"
#include "base/os.h"
#include "store/db.h"

enum {
    INDEX_APPLICATION_ID = 0x50486978, /* "PHix" */
    INDEX_VERSION = 1 * 1000 + PH_SCANNER_VERSION,
    AT_VERSION = 60, /* in SQLite's file header */
    AT_APPLICATION = 68
};

/* Every statement of the index, prepared once. */
enum statement {
    FIND_SCAN,
    PUT_SCAN,
    PUT_FILE,
    PUT_CLAIM,
    PUT_UNRESOLVED,
    PUT_LOSS,
    PUT_SEARCHED,
    FILES,
    LOAD_SCAN,
    LOAD_CLAIMS,
    LOAD_UNRESOLVED,
    LOAD_LOSSES,
    ALL_SITES,
    CLAIMS_OF_TAG,
    SEARCHED,
    STATEMENTS
};

#define CLAIM_COLUMNS                                                                              \
    "tag, evidence, pool, flags, sites, wrappers, first_rva, size_least, size_most, routine"

static const char *const SQL[STATEMENTS] = {
    [FIND_SCAN] = "SELECT id FROM scans WHERE content = ? AND service = ?",
    [PUT_SCAN] = "INSERT INTO scans (content, service, machine, kinds, sites, resolved) "
                 "VALUES (?, ?, ?, ?, ?, ?)",
    [PUT_FILE] = "INSERT OR REPLACE INTO files (path, size, modified_ns, scan) VALUES (?, ?, ?, ?)",
    [PUT_CLAIM] = "INSERT INTO claims (" CLAIM_COLUMNS ", scan) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, "
                  "?, ?)",
    [PUT_UNRESOLVED] = "INSERT INTO unresolved (scan, rva, routine, why) VALUES (?, ?, ?, ?)",
    [PUT_LOSS] = "INSERT INTO losses (scan, what, count) VALUES (?, ?, ?)",
    [PUT_SEARCHED] = "INSERT OR IGNORE INTO searched (scan, tag) VALUES (?, ?)",
    [FILES] = "SELECT path, size, modified_ns, scan, service FROM files LEFT JOIN scans ON "
              "scan = id WHERE path >= ?1 AND path < ?1 || char(0x10ffff)",
    [LOAD_SCAN] = "SELECT machine, kinds, sites, resolved FROM scans WHERE id = ?",
    [LOAD_CLAIMS] = "SELECT " CLAIM_COLUMNS " FROM claims WHERE scan = ? AND (evidence <= 1 OR "
                    "routine <> '') "
                    "ORDER BY rowid",
    [LOAD_UNRESOLVED] = "SELECT rva, routine, why FROM unresolved WHERE scan = ? ORDER BY rowid",
    [LOAD_LOSSES] = "SELECT what, count FROM losses WHERE scan = ? ORDER BY rowid",
    [ALL_SITES] = "SELECT id, sites, resolved FROM scans",
    [CLAIMS_OF_TAG] = "SELECT " CLAIM_COLUMNS ", scan FROM claims WHERE tag = ?",
    [SEARCHED] = "SELECT scan FROM searched WHERE tag = ?",
};

static const char SCHEMA[] =
    "CREATE TABLE scans (id INTEGER PRIMARY KEY, content BLOB NOT NULL, service TEXT NOT NULL, "
    "machine INTEGER NOT NULL, kinds INTEGER NOT NULL, sites INTEGER NOT NULL, "
    "resolved INTEGER NOT NULL, UNIQUE (content, service));"
    "CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER NOT NULL, "
    "modified_ns INTEGER NOT NULL, scan INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE claims (scan INTEGER NOT NULL, tag BLOB NOT NULL, evidence INTEGER NOT NULL, "
    "pool INTEGER NOT NULL, flags INTEGER NOT NULL, sites INTEGER NOT NULL, "
    "wrappers INTEGER NOT NULL, first_rva INTEGER NOT NULL, size_least INTEGER NOT NULL, "
    "size_most INTEGER NOT NULL, routine TEXT NOT NULL);"
    "CREATE INDEX claims_of_tag ON claims (tag);"
    "CREATE INDEX claims_of_scan ON claims (scan);"
    "CREATE TABLE unresolved (scan INTEGER NOT NULL, rva INTEGER NOT NULL, routine TEXT NOT NULL, "
    "why TEXT NOT NULL);"
    "CREATE INDEX unresolved_of_scan ON unresolved (scan);"
    "CREATE TABLE losses (scan INTEGER NOT NULL, what TEXT NOT NULL, count INTEGER NOT NULL);"
    "CREATE INDEX losses_of_scan ON losses (scan);"
    "CREATE TABLE searched (scan INTEGER NOT NULL, tag BLOB NOT NULL, PRIMARY KEY (tag, scan)) "
    "WITHOUT ROWID;";

enum claim_flag { IS_PROTECTED = 1, IS_PARTIAL = 2 };

struct ph_index {
    struct ph_db db;
    sqlite3_stmt *statements[STATEMENTS];
    struct ph_table words; /* routines and reasons, see word() */
    char **word_items;
    size_t word_count, word_capacity;
};

/* ------------------------------------------------------------------ opening */

/* Whether the file is an index of this version, to be emptied, or somebody else's (an error). */
static struct ph_error *look(const char *path, bool *usable)
{
    uint8_t head[PH_DB_HEAD];
    size_t size = 0;

    *usable = false;
    enum ph_file_kind kind = ph_file_kind(path);
    if (kind == PH_FILE_NONE)
        return NULL;
    if (kind != PH_FILE_REGULAR)
        return ph_errorf(PH_ERR_USAGE, "%s: not a regular file", path);
    PH_GUARD(ph_handle_closep) struct ph_handle *handle = NULL;
    PH_TRY(ph_handle_open(path, &handle));
    PH_TRY(ph_handle_head(handle, head, sizeof(head), &size));
    if (!size)
        return NULL;
    if (size < PH_DB_HEAD || memcmp(head, "SQLite format 3", 16) != 0 ||
        ph_be32(head + AT_APPLICATION) != INDEX_APPLICATION_ID)
        return ph_errorf(PH_ERR_FORMAT,
                         "%s: not an index of poolhound; name another file with --index", path);
    *usable = ph_be32(head + AT_VERSION) == INDEX_VERSION;
    return NULL;
}

static struct ph_error *prepare_all(struct ph_index *index)
{
    for (size_t i = 0; i < STATEMENTS; i++)
        PH_TRY(ph_db_prepare(&index->db, SQL[i], &index->statements[i]));
    return NULL;
}

static const char IN_MEMORY[] = ":memory:";

static struct ph_error *open_file(struct ph_index *index, bool fresh)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    bool in_memory = !strcmp(index->db.path, IN_MEMORY); /* no name of a file */
    ph_autofree char *fit = NULL;

    if (!in_memory)
        PH_TRY(ph_database_path(index->db.path, &fit));
    if (sqlite3_open_v2(in_memory ? IN_MEMORY : fit, &index->db.handle, flags,
                        ph_database_system()))
        return index->db.handle ? ph_db_error(&index->db, "open") : ph_error_nomem();
    (void)sqlite3_busy_timeout(index->db.handle, 3000);
    (void)sqlite3_db_config(index->db.handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (fresh) {
        ph_autofree char *sql = ph_format(
            "BEGIN IMMEDIATE; PRAGMA application_id = %d; PRAGMA user_version = %d; %s COMMIT",
            INDEX_APPLICATION_ID, INDEX_VERSION, SCHEMA);
        if (!sql)
            return ph_error_nomem();
        struct ph_error *error = ph_db_exec(&index->db, "create", sql);
        if (error) {
            ph_db_rollback(&index->db);
            return error;
        }
    }
    /* A cache: what a power cut takes is scanned again. A write-ahead log lets several poolhounds
     * ask at a time. Only now: what the head of the file says must not stand in the log alone, or
     * look() in another process, or after a kill, takes the file for somebody else's. */
    PH_TRY(
        ph_db_exec(&index->db, "open", "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"));
    return prepare_all(index);
}

static void close_file(struct ph_index *index)
{
    for (size_t i = 0; i < STATEMENTS; i++)
        ph_db_finalizep(&index->statements[i]);
    memset(index->statements, 0, sizeof(index->statements));
    (void)sqlite3_close(index->db.handle);
    index->db.handle = NULL;
}

/* Removes an index that cannot be used; it is a cache. */
static struct ph_error *start_afresh(struct ph_index *index)
{
    static const char *const ENDS[] = {"", "-wal", "-shm"};

    close_file(index);
    for (size_t i = 0; i < sizeof(ENDS) / sizeof(ENDS[0]); i++) {
        ph_autofree char *path = ph_format("%s%s", index->db.path, ENDS[i]);
        if (!path)
            return ph_error_nomem();
        PH_TRY(ph_remove_file(path));
    }
    return open_file(index, true);
}

struct ph_error *ph_index_open(const char *path, struct ph_index **index)
{
    PH_GUARD(ph_index_closep) struct ph_index *fresh = ph_zalloc(1, sizeof(*fresh));
    bool usable = false;

    if (!fresh)
        return ph_error_nomem();
    fresh->db.path = ph_strdup(path ? path : IN_MEMORY);
    if (!fresh->db.path)
        return ph_error_nomem();
    if (path)
        PH_TRY(look(path, &usable));
    struct ph_error *error = !path || usable ? open_file(fresh, !path) : start_afresh(fresh);
    if (error && usable && error->code == PH_ERR_FORMAT) { /* damaged */
        ph_error_free(error);
        error = start_afresh(fresh);
    }
    PH_TRY(error);
    *index = ph_steal(fresh);
    return NULL;
}

struct ph_error *ph_index_commit(struct ph_index *index)
{
    if (sqlite3_get_autocommit(index->db.handle))
        return NULL;
    return ph_db_exec(&index->db, "commit", "COMMIT");
}

void ph_index_close(struct ph_index *index)
{
    if (!index)
        return;
    if (index->db.handle)
        ph_error_free(ph_index_commit(index)); /* a cache: what is lost is scanned again */
    close_file(index);
    ph_free(index->db.path);
    for (size_t i = 0; i < index->word_count; i++)
        ph_free(index->word_items[i]);
    ph_free(index->word_items);
    ph_table_fini(&index->words);
    ph_free(index);
}

void ph_index_closep(struct ph_index **index)
{
    ph_index_close(*index);
}

/* ------------------------------------------------------------------ writing */

static struct ph_error *begin(struct ph_index *index)
{
    if (!sqlite3_get_autocommit(index->db.handle))
        return NULL;
    return ph_db_exec(&index->db, "write", "BEGIN IMMEDIATE");
}

static struct ph_error *run(struct ph_index *index, enum statement which)
{
    return ph_db_run(&index->db, "write", index->statements[which]);
}

/* What belongs together is kept together: half of a scan would pass for the whole of it. */
static struct ph_error *end_put(struct ph_index *index, struct ph_error *error)
{
    if (!error)
        return ph_db_exec(&index->db, "write", "RELEASE put");
    if (!sqlite3_get_autocommit(index->db.handle) &&
        sqlite3_exec(index->db.handle, "ROLLBACK TO put; RELEASE put", NULL, NULL, NULL))
        ph_db_rollback(&index->db);
    return error;
}

static struct ph_error *begin_put(struct ph_index *index)
{
    PH_TRY(begin(index));
    return ph_db_exec(&index->db, "write", "SAVEPOINT put");
}

static struct ph_error *put_claim(struct ph_index *index, int64_t scan,
                                  const struct ph_claim *claim)
{
    sqlite3_stmt *at = index->statements[PUT_CLAIM];

    (void)sqlite3_bind_blob(at, 1, claim->tag, 4, SQLITE_STATIC);
    (void)sqlite3_bind_int(at, 2, (int)claim->evidence);
    (void)sqlite3_bind_int(at, 3, (int)claim->pool);
    (void)sqlite3_bind_int(
        at, 4, (claim->is_protected ? IS_PROTECTED : 0) | (claim->partial ? IS_PARTIAL : 0));
    (void)sqlite3_bind_int64(at, 5, claim->sites);
    (void)sqlite3_bind_int64(at, 6, claim->wrappers);
    (void)sqlite3_bind_int64(at, 7, claim->first_rva);
    (void)sqlite3_bind_int64(at, 8, claim->size_least);
    (void)sqlite3_bind_int64(at, 9, claim->size_most);
    (void)sqlite3_bind_text(at, 10, claim->routine ? claim->routine : "", -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(at, 11, scan);
    return run(index, PUT_CLAIM);
}

static struct ph_error *put_rest(struct ph_index *index, int64_t number, const struct ph_scan *scan)
{
    for (size_t i = 0; i < scan->unresolved_count; i++) {
        sqlite3_stmt *at = index->statements[PUT_UNRESOLVED];
        (void)sqlite3_bind_int64(at, 1, number);
        (void)sqlite3_bind_int64(at, 2, scan->unresolved[i].rva);
        (void)sqlite3_bind_text(at, 3, scan->unresolved[i].routine, -1, SQLITE_STATIC);
        (void)sqlite3_bind_text(at, 4, scan->unresolved[i].why, -1, SQLITE_STATIC);
        PH_TRY(run(index, PUT_UNRESOLVED));
    }
    for (size_t i = 0; i < scan->losses.count; i++) {
        sqlite3_stmt *at = index->statements[PUT_LOSS];
        (void)sqlite3_bind_int64(at, 1, number);
        (void)sqlite3_bind_text(at, 2, scan->losses.items[i].what, -1, SQLITE_STATIC);
        (void)sqlite3_bind_int64(at, 3, (int64_t)scan->losses.items[i].count);
        PH_TRY(run(index, PUT_LOSS));
    }
    return NULL;
}

static struct ph_error *put_scan(struct ph_index *index, const struct ph_digest_sum *content,
                                 const char *service, const struct ph_scan *scan, int64_t *number)
{
    sqlite3_stmt *at = index->statements[PUT_SCAN];

    /* another process may have put it since the caller looked */
    PH_TRY(ph_index_find(index, content, service, number));
    if (*number)
        return NULL;
    (void)sqlite3_bind_blob(at, 1, content->bytes, (int)content->size, SQLITE_STATIC);
    (void)sqlite3_bind_text(at, 2, service, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int(at, 3, scan->machine);
    (void)sqlite3_bind_int64(at, 4, scan->kinds);
    (void)sqlite3_bind_int64(at, 5, scan->sites);
    (void)sqlite3_bind_int64(at, 6, scan->resolved);
    PH_TRY(run(index, PUT_SCAN));
    int64_t id = sqlite3_last_insert_rowid(index->db.handle);
    for (size_t i = 0; i < scan->claim_count; i++)
        PH_TRY(put_claim(index, id, &scan->claims[i]));
    PH_TRY(put_rest(index, id, scan));
    *number = id;
    return NULL;
}

struct ph_error *ph_index_put_scan(struct ph_index *index, const struct ph_digest_sum *content,
                                   const char *service, const struct ph_scan *scan, int64_t *number)
{
    int64_t id = 0;

    PH_TRY(begin_put(index));
    PH_TRY(end_put(index, put_scan(index, content, service, scan, &id)));
    *number = id;
    return NULL;
}

struct ph_error *ph_index_put_file(struct ph_index *index, const struct ph_index_file *file)
{
    sqlite3_stmt *at = index->statements[PUT_FILE];

    PH_TRY(begin(index));
    (void)sqlite3_bind_text(at, 1, file->path, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(at, 2, (int64_t)file->size);
    (void)sqlite3_bind_int64(at, 3, file->modified_ns);
    (void)sqlite3_bind_int64(at, 4, file->scan);
    return run(index, PUT_FILE);
}

static struct ph_error *put_raw(struct ph_index *index, int64_t scan, const uint8_t tag[4],
                                const struct ph_scan *raw)
{
    sqlite3_stmt *at = index->statements[PUT_SEARCHED];

    (void)sqlite3_bind_int64(at, 1, scan);
    (void)sqlite3_bind_blob(at, 2, tag, 4, SQLITE_STATIC);
    PH_TRY(run(index, PUT_SEARCHED));
    if (!sqlite3_changes(index->db.handle))
        return NULL; /* another process has put it meanwhile */
    for (size_t i = 0; i < raw->claim_count; i++)
        PH_TRY(put_claim(index, scan, &raw->claims[i]));
    return NULL;
}

struct ph_error *ph_index_put_raw(struct ph_index *index, int64_t scan, const uint8_t tag[4],
                                  const struct ph_scan *raw)
{
    PH_TRY(begin_put(index));
    return end_put(index, put_raw(index, scan, tag, raw));
}

/* ------------------------------------------------------------------ reading */

typedef struct ph_error *take_row(void *context, struct ph_index *index, sqlite3_stmt *row);

/* Gives every row of a statement, whose parameters are bound, to `take`. */
static struct ph_error *each(struct ph_index *index, enum statement which, take_row *take,
                             void *context)
{
    sqlite3_stmt *row = index->statements[which];
    struct ph_error *error = NULL;
    int status = SQLITE_ROW;

    while (!error && (status = sqlite3_step(row)) == SQLITE_ROW)
        error = take(context, index, row);
    if (!error && status != SQLITE_DONE)
        error = ph_db_error(&index->db, "read");
    (void)sqlite3_reset(row);
    (void)sqlite3_clear_bindings(row);
    return error;
}

/* A string that lives as long as the index; the same text is kept once. */
static struct ph_error *word(struct ph_index *index, sqlite3_stmt *row, int column,
                             const char **kept)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    uint32_t number;

    if (!text)
        text = "";
    if (!ph_table_find(&index->words, ph_slice_of(text), &number)) {
        PH_TRY(ph_grow(&index->word_items, &index->word_capacity, index->word_count + 1,
                       sizeof(*index->word_items)));
        char *copy = ph_strdup(text);
        if (!copy)
            return ph_error_nomem();
        number = (uint32_t)index->word_count;
        index->word_items[index->word_count++] = copy;
        PH_TRY(ph_table_put(&index->words, ph_slice_of(text), number));
    }
    *kept = index->word_items[number];
    return NULL;
}

/* A number of a row, held within what its field can take: the file may be damaged. */
static uint32_t small(sqlite3_stmt *row, int column, uint32_t most)
{
    int64_t number = sqlite3_column_int64(row, column);

    return number < 0 || number > most ? 0 : (uint32_t)number;
}

static struct ph_error *read_claim(struct ph_index *index, sqlite3_stmt *row,
                                   struct ph_claim *claim)
{
    *claim = (struct ph_claim){0};
    const void *tag = sqlite3_column_blob(row, 0);
    if (tag && sqlite3_column_bytes(row, 0) == 4)
        memcpy(claim->tag, tag, 4);
    claim->evidence = (enum ph_evidence)small(row, 1, PH_EVIDENCE_COUNT - 1);
    claim->pool = (enum ph_claim_pool)small(row, 2, PH_CLAIM_POOL_BOTH);
    claim->is_protected = small(row, 3, 3) & IS_PROTECTED;
    claim->partial = small(row, 3, 3) & IS_PARTIAL;
    claim->sites = small(row, 4, UINT32_MAX);
    claim->wrappers = small(row, 5, UINT32_MAX);
    claim->first_rva = small(row, 6, UINT32_MAX);
    claim->size_least = sqlite3_column_int64(row, 7);
    claim->size_most = sqlite3_column_int64(row, 8);
    return word(index, row, 9, &claim->routine);
}

/* A visit of the caller's, for each(). */
struct visit {
    struct ph_error *(*file)(void *context, const struct ph_index_file *file);
    struct ph_error *(*claim)(void *context, int64_t scan, const struct ph_claim *claim);
    struct ph_error *(*scan)(void *context, int64_t scan);
    struct ph_error *(*sites)(void *context, int64_t scan, uint32_t sites, uint32_t resolved);
    void *context;
};

static struct ph_error *take_file(void *context, struct ph_index *index, sqlite3_stmt *row)
{
    const struct visit *visit = context;
    const char *path = (const char *)sqlite3_column_text(row, 0);
    struct ph_index_file file = {
        .path = path ? path : "",
        .size = (uint64_t)sqlite3_column_int64(row, 1),
        .modified_ns = sqlite3_column_int64(row, 2),
        .scan = sqlite3_column_int64(row, 3),
        .service = (const char *)sqlite3_column_text(row, 4),
    };

    (void)index;
    return visit->file(visit->context, &file);
}

struct ph_error *ph_index_files(struct ph_index *index, const char *folder,
                                struct ph_error *(*visit)(void *context,
                                                          const struct ph_index_file *file),
                                void *context)
{
    struct visit wrapped = {.file = visit, .context = context};

    (void)sqlite3_bind_text(index->statements[FILES], 1, folder, -1, SQLITE_STATIC);
    return each(index, FILES, take_file, &wrapped);
}

static struct ph_error *take_number(void *context, struct ph_index *index, sqlite3_stmt *row)
{
    (void)index;
    *(int64_t *)context = sqlite3_column_int64(row, 0);
    return NULL;
}

struct ph_error *ph_index_find(struct ph_index *index, const struct ph_digest_sum *content,
                               const char *service, int64_t *scan)
{
    sqlite3_stmt *row = index->statements[FIND_SCAN];
    int64_t found = 0;

    (void)sqlite3_bind_blob(row, 1, content->bytes, (int)content->size, SQLITE_STATIC);
    (void)sqlite3_bind_text(row, 2, service, -1, SQLITE_STATIC);
    PH_TRY(each(index, FIND_SCAN, take_number, &found));
    *scan = found;
    return NULL;
}

static struct ph_error *take_scan(void *context, struct ph_index *index, sqlite3_stmt *row)
{
    struct ph_scan *scan = context;

    (void)index;
    scan->machine = (uint16_t)small(row, 0, UINT16_MAX);
    scan->kinds = small(row, 1, UINT32_MAX);
    scan->sites = small(row, 2, UINT32_MAX);
    scan->resolved = small(row, 3, UINT32_MAX);
    return NULL;
}

static struct ph_error *take_claim(void *context, struct ph_index *index, sqlite3_stmt *row)
{
    struct ph_claim claim;

    PH_TRY(read_claim(index, row, &claim));
    return ph_scan_add(context, &claim);
}

static struct ph_error *take_unresolved(void *context, struct ph_index *index, sqlite3_stmt *row)
{
    const char *routine, *why;

    PH_TRY(word(index, row, 1, &routine));
    PH_TRY(word(index, row, 2, &why));
    return ph_scan_add_unresolved(context, small(row, 0, UINT32_MAX), routine, why);
}

static struct ph_error *take_loss(void *context, struct ph_index *index, sqlite3_stmt *row)
{
    struct ph_scan *scan = context;
    const char *what = (const char *)sqlite3_column_text(row, 0);

    (void)index;
    return ph_loss_add(&scan->losses, (uint64_t)sqlite3_column_int64(row, 1), "%s",
                       what ? what : "");
}

struct ph_error *ph_index_load(struct ph_index *index, int64_t number, struct ph_scan *scan)
{
    static const struct {
        enum statement which;
        take_row *take;
    } PARTS[] = {
        {LOAD_SCAN, take_scan},
        {LOAD_CLAIMS, take_claim},
        {LOAD_UNRESOLVED, take_unresolved},
        {LOAD_LOSSES, take_loss},
    };
    PH_GUARD(ph_scan_fini) struct ph_scan loaded = {0};

    for (size_t i = 0; i < sizeof(PARTS) / sizeof(PARTS[0]); i++) {
        (void)sqlite3_bind_int64(index->statements[PARTS[i].which], 1, number);
        PH_TRY(each(index, PARTS[i].which, PARTS[i].take, &loaded));
    }
    *scan = loaded;
    loaded = (struct ph_scan){0};
    return NULL;
}

static struct ph_error *take_sites(void *context, struct ph_index *index, sqlite3_stmt *row)
{
    const struct visit *visit = context;

    (void)index;
    return visit->sites(visit->context, sqlite3_column_int64(row, 0), small(row, 1, UINT32_MAX),
                        small(row, 2, UINT32_MAX));
}

struct ph_error *ph_index_sites(struct ph_index *index,
                                struct ph_error *(*visit)(void *context, int64_t scan,
                                                          uint32_t sites, uint32_t resolved),
                                void *context)
{
    struct visit wrapped = {.sites = visit, .context = context};

    return each(index, ALL_SITES, take_sites, &wrapped);
}

static struct ph_error *take_owner(void *context, struct ph_index *index, sqlite3_stmt *row)
{
    const struct visit *visit = context;
    struct ph_claim claim;

    PH_TRY(read_claim(index, row, &claim));
    return visit->claim(visit->context, sqlite3_column_int64(row, 10), &claim);
}

struct ph_error *ph_index_claims(struct ph_index *index, const uint8_t tag[4],
                                 struct ph_error *(*visit)(void *context, int64_t scan,
                                                           const struct ph_claim *claim),
                                 void *context)
{
    struct visit wrapped = {.claim = visit, .context = context};

    (void)sqlite3_bind_blob(index->statements[CLAIMS_OF_TAG], 1, tag, 4, SQLITE_STATIC);
    return each(index, CLAIMS_OF_TAG, take_owner, &wrapped);
}

static struct ph_error *take_searched(void *context, struct ph_index *index, sqlite3_stmt *row)
{
    const struct visit *visit = context;

    (void)index;
    return visit->scan(visit->context, sqlite3_column_int64(row, 0));
}

struct ph_error *ph_index_searched(struct ph_index *index, const uint8_t tag[4],
                                   struct ph_error *(*visit)(void *context, int64_t scan),
                                   void *context)
{
    struct visit wrapped = {.scan = visit, .context = context};

    (void)sqlite3_bind_blob(index->statements[SEARCHED], 1, tag, 4, SQLITE_STATIC);
    return each(index, SEARCHED, take_searched, &wrapped);
}
