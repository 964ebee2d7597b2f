/* The schema of a recording; docs/formats.md explains it. Step n brings a file from version n to
 * n + 1, a new file takes all of them: an old step is never edited, a new one is added.
 */
#include "store/schema.h"

#include <stdio.h>

static const char *const steps[] = {
    /* 0 -> 1 */
    "CREATE TABLE segments ("
    "id INTEGER PRIMARY KEY, boot_id TEXT NOT NULL, host TEXT NOT NULL, system TEXT NOT NULL, "
    "release TEXT NOT NULL, cpus INTEGER NOT NULL, page_bytes INTEGER NOT NULL, "
    "memory_bytes INTEGER NOT NULL, time_ns INTEGER NOT NULL);"
    "CREATE TABLE series ("
    "id INTEGER PRIMARY KEY, origin INTEGER NOT NULL, pool INTEGER NOT NULL, tag BLOB NOT NULL, "
    "module TEXT, counter_bits INTEGER NOT NULL, flags INTEGER NOT NULL, "
    "object_bytes INTEGER NOT NULL, slab_bytes INTEGER NOT NULL, aliases TEXT, "
    "origin_name TEXT NOT NULL, pool_name TEXT NOT NULL, name TEXT NOT NULL);"
    "CREATE TABLE losses (id INTEGER PRIMARY KEY, what TEXT NOT NULL);"
    "CREATE TABLE samples ("
    "id INTEGER PRIMARY KEY, base INTEGER NOT NULL, segment INTEGER NOT NULL, "
    "time_kind INTEGER NOT NULL, time_ns INTEGER NOT NULL, boottime_ns INTEGER NOT NULL, "
    "represents INTEGER NOT NULL, span_ns INTEGER NOT NULL, tags INTEGER NOT NULL, "
    "changed INTEGER NOT NULL, bytes INTEGER, frame BLOB NOT NULL);"
    "CREATE TABLE floors ("
    "id INTEGER PRIMARY KEY, base INTEGER NOT NULL, segment INTEGER NOT NULL, "
    "time_kind INTEGER NOT NULL, time_ns INTEGER NOT NULL, boottime_ns INTEGER NOT NULL, "
    "represents INTEGER NOT NULL, span_ns INTEGER NOT NULL, tags INTEGER NOT NULL, "
    "changed INTEGER NOT NULL, bytes INTEGER, sample INTEGER NOT NULL, frame BLOB NOT NULL);"
    "CREATE TABLE events ("
    "id INTEGER PRIMARY KEY, segment INTEGER NOT NULL, time_ns INTEGER NOT NULL, "
    "kind TEXT NOT NULL, text TEXT NOT NULL);"
    "CREATE VIEW readings AS "
    "SELECT 'floor' AS kind, id, "
    "CASE WHEN time_kind IN (0, 3) "
    "THEN strftime('%Y-%m-%d %H:%M:%S', time_ns / 1000000000, 'unixepoch') END AS utc, "
    "time_ns / 1e9 AS seconds, segment, represents, span_ns / 1e9 AS span_seconds, tags, changed, "
    "bytes, length(frame) AS stored_bytes FROM floors "
    "UNION ALL "
    "SELECT 'raw', id, "
    "CASE WHEN time_kind IN (0, 3) "
    "THEN strftime('%Y-%m-%d %H:%M:%S', time_ns / 1000000000, 'unixepoch') END, "
    "time_ns / 1e9, segment, represents, span_ns / 1e9, tags, changed, bytes, length(frame) "
    "FROM samples;"
    "CREATE VIEW tags AS "
    "SELECT id, name, pool_name AS pool, origin_name AS origin, module, aliases, object_bytes "
    "FROM series;",
};

_Static_assert(sizeof(steps) / sizeof(*steps) == PH_DB_VERSION, "a step for each version");

struct ph_error *ph_schema_migrate(const struct ph_db *db)
{
    int64_t version = 0;

    PH_TRY(ph_db_number(db, "PRAGMA user_version", 0, &version));
    if (version >= PH_DB_VERSION)
        return NULL;
    PH_TRY(ph_db_exec(db, "bring the schema up to date", "BEGIN IMMEDIATE"));
    struct ph_error *error = NULL;
    for (int64_t i = version < 0 ? 0 : version; !error && i < PH_DB_VERSION; i++)
        error = ph_db_exec(db, "bring the schema up to date", steps[i]);
    if (!error) {
        char pragmas[96];
        (void)snprintf(pragmas, sizeof(pragmas),
                       "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
                       PH_DB_APPLICATION_ID, PH_DB_VERSION);
        error = ph_db_exec(db, "bring the schema up to date", pragmas);
    }
    if (error)
        ph_db_rollback(db);
    return error;
}
