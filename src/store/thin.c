#include "store/thin.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/os.h"

enum { FLOORS_A_GROUP = 96, DEFAULT_FLOOR_MINUTES = 5 };

/* The minima of one window while its samples go by. */
struct window {
    struct ph_value *minima; /* by slot */
    bool *seen;
    size_t minima_capacity, seen_capacity, slots;
    struct ph_value *values; /* the minima that are there, close together */
    size_t values_capacity;
    struct ph_frame_head head;
    struct ph_row first, last;
    uint32_t represents; /* 0 = empty */
};

static void window_fini(struct window *window)
{
    ph_free(window->minima);
    ph_free(window->seen);
    ph_free(window->values);
    ph_free(window->head.losses);
}

static int64_t between(const struct ph_row *from, const struct ph_row *to)
{
    bool boot = from->segment == to->segment && from->boottime_ns >= 0 && to->boottime_ns >= 0;
    uint64_t start = (uint64_t)(boot ? from->boottime_ns : from->time_ns);
    uint64_t end = (uint64_t)(boot ? to->boottime_ns : to->time_ns);

    return (int64_t)(end - start);
}

/* ------------------------------------------------------------------ minima */

static bool lower(const struct ph_value *value, const struct ph_value *than)
{
    if ((value->have & than->have) & PH_HAVE_BYTES)
        return value->bytes < than->bytes;
    if ((value->have & than->have) & PH_HAVE_OBJECTS)
        return value->objects < than->objects;
    return false;
}

static void take_value(struct window *window, const struct ph_frame_state *frames, uint32_t slot)
{
    struct ph_value value = ph_frame_value(frames, slot, slot), *minimum = &window->minima[slot];
    uint32_t quality = PH_IS_ESTIMATED | PH_IS_PARTIAL;

    if (!window->seen[slot]) {
        *minimum = value;
        window->seen[slot] = true;
        return;
    }
    quality &= minimum->have | value.have;
    if (lower(&value, minimum)) {
        *minimum = value;
    } else { /* the counters go on while the minimum stays */
        minimum->allocs = value.allocs;
        minimum->frees = value.frees;
        minimum->have = (minimum->have & ~(uint32_t)(PH_HAVE_ALLOCS | PH_HAVE_FREES)) |
                        (value.have & (PH_HAVE_ALLOCS | PH_HAVE_FREES));
    }
    minimum->have |= quality;
}

static void take_fields(struct window *window, const struct ph_frame_head *head)
{
    for (unsigned pool = 0; pool < PH_POOL_COUNT; pool++) {
        unsigned at = PH_FRAME_MEMORY + PH_FRAME_POOL_FIELDS * pool;
        int64_t lowest = window->head.fields[at + 1];
        bool both = window->head.fields[at] & head->fields[at] & PH_TOTAL_BYTES;
        memcpy(&window->head.fields[at], &head->fields[at], PH_FRAME_POOL_FIELDS * sizeof(int64_t));
        if (both && lowest < head->fields[at + 1])
            window->head.fields[at + 1] = lowest;
    }
    memcpy(window->head.fields, head->fields, PH_FRAME_MEMORY * sizeof(int64_t));
}

static struct ph_error *take_losses(struct ph_frame_head *to, const struct ph_frame_head *from)
{
    for (size_t i = 0; i < from->loss_count; i++) {
        size_t at = 0;
        while (at < to->loss_count && to->losses[at].id != from->losses[i].id)
            at++;
        PH_TRY(ph_grow(&to->losses, &to->loss_capacity, at + 1, sizeof(*to->losses)));
        if (at == to->loss_count)
            to->losses[to->loss_count++] = from->losses[i];
        else if (to->losses[at].count < from->losses[i].count)
            to->losses[at].count = from->losses[i].count;
    }
    return NULL;
}

static struct ph_error *take_sample(struct window *window, const struct ph_frame_state *frames,
                                    const struct ph_row *row)
{
    size_t slots = frames->word_count * 64;

    PH_TRY(ph_grow(&window->minima, &window->minima_capacity, slots, sizeof(*window->minima)));
    PH_TRY(ph_grow(&window->seen, &window->seen_capacity, slots, sizeof(*window->seen)));
    for (; window->slots < slots; window->slots++)
        window->seen[window->slots] = false;
    if (!window->represents) {
        memset(window->seen, 0, slots * sizeof(*window->seen));
        for (uint32_t slot = 0; slot < slots; slot++) {
            if (ph_frame_has(frames, slot))
                take_value(window, frames, slot);
        }
        memcpy(window->head.fields, frames->head.fields, sizeof(window->head.fields));
        window->head.loss_count = 0;
        window->first = *row;
    } else { /* what did not change was seen before */
        for (size_t i = 0; i < frames->changed_count; i++)
            take_value(window, frames, frames->changed[i]);
        take_fields(window, &frames->head);
    }
    PH_TRY(take_losses(&window->head, &frames->head));
    window->last = *row;
    window->represents += row->represents ? row->represents : 1;
    return NULL;
}

/* ------------------------------------------------------------------ floors */

static struct ph_error *write_floor(const struct ph_db *db, struct ph_thinner *thinner,
                                    struct window *window)
{
    PH_GUARD(ph_text_fini) struct ph_text frame = {0};
    struct ph_row row = window->last;
    int64_t sum = 0;
    bool some = false;
    size_t count = 0;

    if (!window->represents)
        return NULL;
    PH_TRY(
        ph_grow(&window->values, &window->values_capacity, window->slots, sizeof(*window->values)));
    for (size_t slot = 0; slot < window->slots; slot++) {
        if (!window->seen[slot])
            continue;
        window->values[count++] = window->minima[slot];
        some = some || window->minima[slot].have & PH_HAVE_BYTES;
        sum = (int64_t)((uint64_t)sum + (uint64_t)window->minima[slot].bytes);
    }
    row.id = thinner->next_id;
    row.represents = window->represents;
    row.span_ns = between(&window->first, &window->last) + window->first.span_ns;
    bool full = !thinner->base || thinner->segment != row.segment ||
                row.id - thinner->base >= FLOORS_A_GROUP;
    row.base = full ? row.id : thinner->base;
    PH_TRY(ph_frame_encode(&thinner->frames, full, &window->head, window->values, count,
                           ph_rows_salt(&row), &frame));
    PH_TRY(ph_rows_insert(db, thinner->insert, &row, count, thinner->frames.changed_count,
                          some ? &sum : NULL, (struct ph_slice){frame.data, frame.size}));
    thinner->base = row.base;
    thinner->segment = row.segment;
    thinner->next_id++;
    window->represents = 0;
    return NULL;
}

static int64_t window_number(const struct ph_thinner *thinner, const struct ph_row *row)
{
    int64_t width = thinner->keep.floor_ns, number = row->time_ns / width;

    return row->time_ns % width < 0 ? number - 1 : number;
}

static struct ph_error *note_damage(const struct ph_db *db, const struct ph_row *row, size_t count)
{
    PH_GUARD(ph_db_finalizep) sqlite3_stmt *insert = NULL;
    ph_autofree char *text =
        ph_format("%zu samples up to sample %lld were damaged and left out of the floors", count,
                  (long long)row->id);

    if (!text)
        return ph_error_nomem();
    PH_TRY(ph_db_prepare(
        db, "INSERT INTO events (segment, time_ns, kind, text) VALUES (?, ?, 'damage', ?)",
        &insert));
    (void)sqlite3_bind_int64(insert, 1, row->segment);
    (void)sqlite3_bind_int64(insert, 2, row->time_ns);
    (void)sqlite3_bind_text(insert, 3, text, -1, SQLITE_STATIC);
    return ph_db_run(db, "note damage", insert);
}

/* Floors of the samples after `after` and up to the group's end. */
static struct ph_error *write_floors(const struct ph_db *db, struct ph_thinner *thinner,
                                     const struct ph_row_group *rows, uint32_t slot_limit,
                                     struct ph_frame_state *frames, struct window *window,
                                     int64_t *expected, size_t *damaged)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct ph_row *row = &rows->items[i];
        if (row->id != row->base && row->id != *expected) {
            ++*damaged;
            continue;
        }
        struct ph_error *error = ph_frame_decode(
            frames, db->path, (struct ph_slice){rows->bytes.data + row->offset, row->size},
            ph_rows_salt(row), slot_limit);
        if (error && error->code != PH_ERR_FORMAT)
            return error;
        ph_error_free(error);
        *expected = error ? -1 : row->id + 1;
        *damaged += error != NULL;
        if (error)
            continue;
        if (window->represents &&
            (row->segment != window->last.segment || row->time_kind != window->last.time_kind ||
             window_number(thinner, row) != window_number(thinner, &window->last)))
            PH_TRY(write_floor(db, thinner, window));
        PH_TRY(take_sample(window, frames, row));
    }
    return NULL;
}

static struct ph_error *thin_group(const struct ph_db *db, struct ph_thinner *thinner,
                                   uint32_t slot_limit)
{
    PH_GUARD(ph_rows_fini) struct ph_row_group rows = {0};
    PH_GUARD(ph_frame_state_fini) struct ph_frame_state frames = {0};
    PH_GUARD(window_fini) struct window window = {0};
    const struct ph_row *end = &thinner->oldest_end;
    int64_t after = thinner->oldest_base - 1, expected = -1;
    size_t damaged = 0;
    int status = SQLITE_DONE;

    for (;;) { /* more than one turn only for groups that do not fit into memory */
        PH_TRY(ph_rows_load(thinner->group, after, &rows, &status));
        if (status != SQLITE_DONE)
            return ph_db_error(db, "read old samples");
        while (rows.count && rows.items[rows.count - 1].id > end->id)
            rows.count--;
        if (!rows.count)
            break;
        PH_TRY(write_floors(db, thinner, &rows, slot_limit, &frames, &window, &expected, &damaged));
        after = rows.items[rows.count - 1].id;
    }
    PH_TRY(write_floor(db, thinner, &window));
    if (damaged)
        PH_TRY(note_damage(db, end, damaged));
    ph_autofree char *clear = ph_format("DELETE FROM samples WHERE id <= %lld", (long long)end->id);
    if (!clear)
        return ph_error_nomem();
    return ph_db_exec(db, "delete old samples", clear);
}

/* ------------------------------------------------------------------ what is old */

/* The first group of a table and its last row; 0 when no other group stands behind it. */
static struct ph_error *find_oldest(const struct ph_db *db, const char *table, int64_t *base,
                                    struct ph_row *end)
{
    PH_GUARD(ph_db_finalizep) sqlite3_stmt *statement = NULL;
    char sql[400];
    int64_t first = 0;

    *base = 0;
    (void)snprintf(sql, sizeof(sql), "SELECT base FROM %s ORDER BY id LIMIT 1", table);
    PH_TRY(ph_db_number(db, sql, 0, &first));
    (void)snprintf(sql, sizeof(sql),
                   "SELECT id, segment, time_ns, boottime_ns FROM %s WHERE id < (SELECT id FROM %s "
                   "WHERE base <> ?1 ORDER BY id LIMIT 1) ORDER BY id DESC LIMIT 1",
                   table, table);
    PH_TRY(ph_db_prepare(db, sql, &statement));
    (void)sqlite3_bind_int64(statement, 1, first);
    int step = sqlite3_step(statement);
    if (step == SQLITE_DONE)
        return NULL;
    if (step != SQLITE_ROW)
        return ph_db_error(db, "look for old samples");
    *end = (struct ph_row){
        .id = sqlite3_column_int64(statement, 0),
        .segment = (uint32_t)sqlite3_column_int64(statement, 1),
        .time_ns = sqlite3_column_int64(statement, 2),
        .boottime_ns = sqlite3_column_int64(statement, 3),
    };
    *base = first;
    return NULL;
}

static struct ph_error *drop_floors(const struct ph_db *db, struct ph_thinner *thinner)
{
    const struct ph_row *end = &thinner->oldest_floor_end;
    ph_autofree char *clear = ph_format("DELETE FROM floors WHERE id <= %lld; "
                                        "DELETE FROM events WHERE time_ns <= %lld AND id < "
                                        "(SELECT max(id) FROM events)",
                                        (long long)end->id, (long long)end->time_ns);

    return clear ? ph_db_exec(db, "delete old floors", clear) : ph_error_nomem();
}

static struct ph_error *in_transaction(const struct ph_db *db, struct ph_thinner *thinner,
                                       bool thin, bool drop, uint32_t slot_limit)
{
    PH_TRY(ph_db_exec(db, "thin old samples", "BEGIN IMMEDIATE"));
    struct ph_error *error = thin ? thin_group(db, thinner, slot_limit) : NULL;
    if (!error && drop)
        error = drop_floors(db, thinner);
    return error ? error : ph_db_exec(db, "thin old samples", "COMMIT");
}

struct ph_error *ph_thinner_step(const struct ph_db *db, struct ph_thinner *thinner,
                                 const struct ph_row *newest, uint32_t slot_limit)
{
    const struct ph_recording_options *keep = &thinner->keep;
    int64_t next_id = thinner->next_id;

    if (!keep->keep_raw_ns && !keep->keep_floor_ns)
        return NULL;
    /* look only when a group was finished since: the newest sample starts the next one */
    if (!thinner->oldest_base && (newest->id == newest->base || !thinner->looked))
        PH_TRY(find_oldest(db, "samples", &thinner->oldest_base, &thinner->oldest_end));
    if (!thinner->oldest_floor && (newest->id == newest->base || !thinner->looked))
        PH_TRY(find_oldest(db, "floors", &thinner->oldest_floor, &thinner->oldest_floor_end));
    thinner->looked = true;
    bool thin = keep->keep_raw_ns && thinner->oldest_base &&
                between(&thinner->oldest_end, newest) >= keep->keep_raw_ns;
    bool drop = keep->keep_floor_ns && thinner->oldest_floor &&
                between(&thinner->oldest_floor_end, newest) >= keep->keep_floor_ns;
    if (!thin && !drop)
        return NULL;
    struct ph_error *error = in_transaction(db, thinner, thin, drop, slot_limit);
    if (error) {
        ph_db_rollback(db);
        thinner->next_id = next_id;
        thinner->base = 0;
        return error;
    }
    if (thin)
        thinner->oldest_base = 0;
    if (drop)
        thinner->oldest_floor = 0;
    thinner->looked = false;
    return NULL;
}

struct ph_error *ph_thinner_open(const struct ph_db *db, const struct ph_recording_options *keep,
                                 struct ph_thinner *thinner)
{
    thinner->keep = *keep;
    if (thinner->keep.floor_ns <= 0)
        thinner->keep.floor_ns = DEFAULT_FLOOR_MINUTES * PH_MINUTE;
    PH_TRY(ph_db_number(db, "SELECT max(id) FROM floors", 0, &thinner->next_id));
    thinner->next_id++;
    PH_TRY(ph_db_prepare(db, PH_ROW_INTO_FLOORS, &thinner->insert));
    return ph_db_prepare(db, PH_ROWS_OF_SAMPLES, &thinner->group);
}

void ph_thinner_fini(struct ph_thinner *thinner)
{
    ph_frame_state_fini(&thinner->frames);
    (void)sqlite3_finalize(thinner->insert);
    (void)sqlite3_finalize(thinner->group);
    *thinner = (struct ph_thinner){0};
}
