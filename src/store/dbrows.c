#include "base/mem.h"
#include "store/db.h"

enum { GROUP_BYTES = 4 << 20 /* a group's frames in memory, about */ };

static uint32_t column_u32(sqlite3_stmt *statement, int column)
{
    int64_t number = sqlite3_column_int64(statement, column);

    return number < 0 ? 0 : number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

struct ph_error *ph_rows_load(sqlite3_stmt *statement, int64_t after, struct ph_row_group *group,
                              int *status)
{
    struct ph_error *error = NULL;

    group->count = 0;
    ph_text_clear(&group->bytes);
    (void)sqlite3_bind_int64(statement, 1, after);
    (void)sqlite3_bind_int64(statement, 2, PH_DB_GROUP_LIMIT);
    int step;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        struct ph_row row = {
            .id = sqlite3_column_int64(statement, 0),
            .base = sqlite3_column_int64(statement, 1),
            .segment = column_u32(statement, 2),
            .time_kind = column_u32(statement, 3),
            .time_ns = sqlite3_column_int64(statement, 4),
            .boottime_ns = sqlite3_column_int64(statement, 5),
            .represents = column_u32(statement, 6),
            .span_ns = sqlite3_column_int64(statement, 7),
            .sample = sqlite3_column_int64(statement, 8),
            .offset = group->bytes.size,
        };
        int64_t before = group->count ? group->items[group->count - 1].id : after;
        if (row.id <= before || row.id > PH_DB_ID_LIMIT) { /* a damaged tree can lead backwards */
            step = SQLITE_CORRUPT;
            break;
        }
        if (group->count && (group->items[0].base != row.base || group->bytes.size > GROUP_BYTES)) {
            step = SQLITE_DONE;
            break;
        }
        const void *frame = sqlite3_column_blob(statement, 9);
        row.size = (size_t)sqlite3_column_bytes(statement, 9);
        if (!frame && (step = sqlite3_errcode(sqlite3_db_handle(statement)) & 0xff) != SQLITE_ROW &&
            step != SQLITE_OK && step != SQLITE_DONE)
            break; /* the pages of a long frame are read only here */
        ph_text_add(&group->bytes, frame, frame ? row.size : 0);
        error = ph_text_check(&group->bytes);
        if (!error)
            error =
                ph_grow(&group->items, &group->capacity, group->count + 1, sizeof(*group->items));
        if (error)
            break;
        group->items[group->count++] = row;
    }
    (void)sqlite3_reset(statement);
    if (error)
        return error;
    if (step == SQLITE_NOMEM)
        return ph_error_nomem();
    *status = step;
    return NULL;
}

void ph_rows_fini(struct ph_row_group *group)
{
    ph_free(group->items);
    ph_text_fini(&group->bytes);
    *group = (struct ph_row_group){0};
}

struct ph_error *ph_rows_insert(const struct ph_db *db, sqlite3_stmt *statement,
                                const struct ph_row *row, size_t tags, size_t changed,
                                const int64_t *bytes, struct ph_slice frame)
{
    const int64_t columns[] = {row->id,       row->base,        row->segment,    row->time_kind,
                               row->time_ns,  row->boottime_ns, row->represents, row->span_ns,
                               (int64_t)tags, (int64_t)changed};
    int at = 0;

    for (; at < (int)(sizeof(columns) / sizeof(*columns)); at++)
        (void)sqlite3_bind_int64(statement, at + 1, columns[at]);
    if (bytes)
        (void)sqlite3_bind_int64(statement, ++at, *bytes);
    else
        (void)sqlite3_bind_null(statement, ++at);
    (void)sqlite3_bind_blob64(statement, ++at, frame.data, frame.size, SQLITE_STATIC);
    if (sqlite3_bind_parameter_count(statement) > at)
        (void)sqlite3_bind_int64(statement, ++at, row->sample);
    return ph_db_run(db, "store a sample", statement);
}

struct ph_error *ph_rows_count(const struct ph_db *db, uint64_t *count)
{
    int64_t samples = 0, floors = 0;

    PH_TRY(ph_db_number(db,
                        "SELECT (SELECT max(id) FROM samples) - (SELECT min(id) FROM samples) + 1",
                        0, &samples));
    PH_TRY(ph_db_number(
        db, "SELECT (SELECT max(id) FROM floors) - (SELECT min(id) FROM floors) + 1", 0, &floors));
    *count = (uint64_t)(samples + floors);
    return NULL;
}

uint64_t ph_rows_salt(const struct ph_row *row)
{
    const uint64_t columns[] = {(uint64_t)row->sample,
                                (uint64_t)row->id,
                                (uint64_t)row->base,
                                (uint64_t)row->time_ns,
                                (uint64_t)row->boottime_ns,
                                (uint64_t)row->span_ns,
                                row->segment,
                                row->time_kind,
                                row->represents};
    uint64_t sum = 0;

    for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
        sum = (sum ^ columns[i]) * UINT64_C(0xc4ceb9fe1a85ec53);
        sum ^= sum >> 32;
    }
    return sum;
}
