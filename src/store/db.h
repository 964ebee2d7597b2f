/* db.h - a recording's file as SQLite sees it: opening, schema, errors, groups of rows. */
#ifndef PH_STORE_DB_H
#define PH_STORE_DB_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

enum {
    PH_DB_APPLICATION_ID = 0x50486e64, /* "PHnd" */
    PH_DB_VERSION = 1,                 /* of the schema; user_version of the file */
    PH_DB_HEAD = 100,                  /* bytes of SQLite's file header */
    PH_DB_FRAME_LIMIT = 64 << 20,      /* bytes of one frame */
    PH_DB_GROUP_LIMIT = 600            /* samples from one full frame to the next, at most */
};

/* Larger numbers of samples are damage: numbers are counted up from 1, and must not overflow. */
#define PH_DB_ID_LIMIT (INT64_C(1) << 60)

struct ph_db {
    sqlite3 *handle;
    char *path;
    bool cut_short; /* the file has fewer pages than it says: what is there is read */
};

/* Opens for writing, creates the schema or brings it to PH_DB_VERSION. The caller holds the lock of
 * the file (base/lock.h). */
struct ph_error *ph_db_open_writer(const char *path, struct ph_db *db) PH_MUST_CHECK;
/* Opens for reading; the file is not changed, whatever state it is in. */
struct ph_error *ph_db_open_reader(const char *path, struct ph_db *db) PH_MUST_CHECK;
void ph_db_close(struct ph_db *db);

/* An error from SQLite's last failure: "<path>: cannot <what>: <why>". */
struct ph_error *ph_db_error(const struct ph_db *db, const char *what) PH_MUST_CHECK;
struct ph_error *ph_db_exec(const struct ph_db *db, const char *what,
                            const char *sql) PH_MUST_CHECK;
struct ph_error *ph_db_prepare(const struct ph_db *db, const char *sql,
                               sqlite3_stmt **statement) PH_MUST_CHECK;
/* Runs a statement that gives no rows, and makes it ready for the next time. */
struct ph_error *ph_db_run(const struct ph_db *db, const char *what,
                           sqlite3_stmt *statement) PH_MUST_CHECK;
/* The first column of the first row; `otherwise` when it is NULL or there is no row. */
struct ph_error *ph_db_number(const struct ph_db *db, const char *sql, int64_t otherwise,
                              int64_t *number) PH_MUST_CHECK;
void ph_db_finalizep(sqlite3_stmt **statement);
void ph_db_rollback(const struct ph_db *db);

/* A row of `samples` or `floors`; its frame stands in the group's bytes. */
struct ph_row {
    int64_t id, base;
    int64_t sample; /* of a floor: the last sample it stands for; of a sample: its id */
    int64_t time_ns, boottime_ns, span_ns;
    uint32_t segment, time_kind, represents;
    size_t offset, size;
};

/* Rows that belong to one full frame, or the next part of them. */
struct ph_row_group {
    struct ph_row *items;
    size_t count, capacity;
    struct ph_text bytes;
};

#define PH_ROWS_OF(table, sample)                                                                  \
    "SELECT id, base, segment, time_kind, time_ns, boottime_ns, represents, span_ns, " sample      \
    ", frame FROM " table " WHERE id > ?1 ORDER BY id LIMIT ?2"
#define PH_ROWS_OF_SAMPLES PH_ROWS_OF("samples", "id")
#define PH_ROWS_OF_FLOORS PH_ROWS_OF("floors", "sample")

/* Loads the rows that `statement` (PH_ROWS_OF_...) gives behind the id `after`, as far as they have
 * the same base. Memory stays bounded. The statement is reset, so that no transaction stays open.
 * `*status` is SQLite's: SQLITE_DONE, or why it ended early. */
struct ph_error *ph_rows_load(sqlite3_stmt *statement, int64_t after, struct ph_row_group *group,
                              int *status) PH_MUST_CHECK;
void ph_rows_fini(struct ph_row_group *group);
/* Rows of both tables, without reading them: their numbers have no gaps. */
struct ph_error *ph_rows_count(const struct ph_db *db, uint64_t *count) PH_MUST_CHECK;

/* A sum over the row's times and numbers, for the frame's check sum. */
uint64_t ph_rows_salt(const struct ph_row *row);

#define PH_ROW_INTO(table, sample, values)                                                         \
    "INSERT INTO " table " (id, base, segment, time_kind, time_ns, boottime_ns, represents, "      \
    "span_ns, tags, changed, bytes, frame" sample                                                  \
    ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?" values ")"
#define PH_ROW_INTO_SAMPLES PH_ROW_INTO("samples", "", "")
#define PH_ROW_INTO_FLOORS PH_ROW_INTO("floors", ", sample", ", ?")

/* Stores a row by PH_ROW_INTO_...; `bytes` is NULL when the sum of the tags is not known. */
struct ph_error *ph_rows_insert(const struct ph_db *db, sqlite3_stmt *statement,
                                const struct ph_row *row, size_t tags, size_t changed,
                                const int64_t *bytes, struct ph_slice frame) PH_MUST_CHECK;

#endif
