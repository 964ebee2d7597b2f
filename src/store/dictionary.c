#include "store/dictionary.h"

#include <string.h>

#include "base/mem.h"

static struct ph_error *series_of(const struct ph_db *db, sqlite3_stmt *row,
                                  struct ph_series *series)
{
    int64_t origin = sqlite3_column_int64(row, 1), pool = sqlite3_column_int64(row, 2);

    if (origin < 0 || origin >= PH_ORIGIN_COUNT || pool < 0 || pool >= PH_POOL_COUNT)
        return ph_errorf(PH_ERR_FORMAT, "%s: series %lld: unknown origin or pool", db->path,
                         (long long)sqlite3_column_int64(row, 0));
    *series = (struct ph_series){
        .origin = (enum ph_origin)origin,
        .pool = (enum ph_pool)pool,
        .counter_bits = (uint8_t)sqlite3_column_int(row, 5),
        .flags = (uint32_t)sqlite3_column_int64(row, 6),
        .object_bytes = (uint32_t)sqlite3_column_int64(row, 7),
        .slab_bytes = (uint32_t)sqlite3_column_int64(row, 8),
        .tag = {sqlite3_column_blob(row, 3), 0},
        .module = (char *)(uintptr_t)sqlite3_column_text(row, 4),
        .aliases = (char *)(uintptr_t)sqlite3_column_text(row, 9),
    };
    series->tag.size = series->tag.data ? (size_t)sqlite3_column_bytes(row, 3) : 0;
    return NULL;
}

struct ph_error *ph_dictionary_read(const struct ph_db *db, struct ph_catalog *catalog,
                                    uint32_t **numbers, size_t *count, size_t *capacity)
{
    PH_GUARD(ph_db_finalizep) sqlite3_stmt *rows = NULL;
    int step;

    PH_TRY(ph_db_prepare(db,
                         "SELECT id, origin, pool, tag, module, counter_bits, flags, object_bytes, "
                         "slab_bytes, aliases FROM series WHERE id >= ?1 ORDER BY id",
                         &rows));
    (void)sqlite3_bind_int64(rows, 1, (int64_t)*count);
    while ((step = sqlite3_step(rows)) == SQLITE_ROW) {
        struct ph_series series;
        uint32_t number;
        if (sqlite3_column_int64(rows, 0) != (int64_t)*count || *count >= PH_SLOT_NONE)
            return ph_errorf(PH_ERR_FORMAT, "%s: series %zu is missing", db->path, *count);
        PH_TRY(series_of(db, rows, &series));
        PH_TRY(ph_catalog_intern(catalog, &series, &number));
        PH_TRY(ph_grow(numbers, capacity, *count + 1, sizeof(**numbers)));
        (*numbers)[(*count)++] = number;
    }
    return step == SQLITE_DONE ? NULL : ph_db_error(db, "read the series");
}

/* ------------------------------------------------------------------ writing */

/* A sum over what may change of a series; FNV-1a as in base/table.c, over 64 bits. */
static uint64_t mark_of(const struct ph_series *series)
{
    const uint64_t fields[] = {series->flags, series->object_bytes, series->slab_bytes,
                               series->counter_bits};
    uint64_t sum = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
        sum = (sum ^ fields[i]) * UINT64_C(1099511628211);
    for (const char *at = series->aliases ? series->aliases : ""; *at; at++)
        sum = (sum ^ (uint8_t)*at) * UINT64_C(1099511628211);
    return sum | 1; /* 0 = to be stored again */
}

/* Knows `number` as `slot`. */
static struct ph_error *learn(struct ph_dictionary *dictionary, uint32_t number, uint32_t slot,
                              uint64_t mark)
{
    PH_TRY(ph_grow(&dictionary->slots, &dictionary->slots_capacity, (size_t)number + 1,
                   sizeof(*dictionary->slots)));
    PH_TRY(ph_grow(&dictionary->marks, &dictionary->marks_capacity, (size_t)slot + 1,
                   sizeof(*dictionary->marks)));
    while (dictionary->slots_count <= number)
        dictionary->slots[dictionary->slots_count++] = PH_SLOT_NONE;
    dictionary->slots[number] = slot;
    dictionary->marks[slot] = mark;
    if (slot >= dictionary->series_count)
        dictionary->series_count = (size_t)slot + 1;
    return NULL;
}

struct ph_error *ph_dictionary_open(const struct ph_db *db, struct ph_catalog *catalog,
                                    struct ph_dictionary *dictionary)
{
    ph_autofree uint32_t *numbers = NULL;
    size_t count = 0, capacity = 0;

    PH_TRY(ph_dictionary_read(db, catalog, &numbers, &count, &capacity));
    for (uint32_t slot = 0; slot < count; slot++) {
        if (numbers[slot] < dictionary->slots_count &&
            dictionary->slots[numbers[slot]] != PH_SLOT_NONE)
            return ph_errorf(PH_ERR_FORMAT, "%s: series %u and %u are the same", db->path,
                             (unsigned)dictionary->slots[numbers[slot]], (unsigned)slot);
        PH_TRY(learn(dictionary, numbers[slot], slot, mark_of(&catalog->series[numbers[slot]])));
    }
    PH_TRY(ph_db_prepare(db,
                         "INSERT INTO series (id, origin, pool, tag, module, counter_bits, flags, "
                         "object_bytes, slab_bytes, aliases, origin_name, pool_name, name) "
                         "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                         &dictionary->insert_series));
    PH_TRY(ph_db_prepare(db,
                         "UPDATE series SET counter_bits = ?2, flags = ?3, object_bytes = ?4, "
                         "slab_bytes = ?5, aliases = ?6 WHERE id = ?1",
                         &dictionary->update_series));
    return ph_db_prepare(db, "INSERT INTO losses (id, what) VALUES (?, ?)",
                         &dictionary->insert_loss);
}

static struct ph_error *insert(const struct ph_db *db, sqlite3_stmt *statement, uint32_t slot,
                               const struct ph_series *series)
{
    PH_GUARD(ph_text_fini) struct ph_text name = {0};

    ph_text_escaped(&name, series->tag);
    PH_TRY(ph_text_check(&name));
    (void)sqlite3_bind_int64(statement, 1, slot);
    (void)sqlite3_bind_int64(statement, 2, series->origin);
    (void)sqlite3_bind_int64(statement, 3, series->pool);
    (void)sqlite3_bind_blob64(statement, 4, series->tag.size ? series->tag.data : "",
                              series->tag.size, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 5, series->module, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 6, series->counter_bits);
    (void)sqlite3_bind_int64(statement, 7, series->flags);
    (void)sqlite3_bind_int64(statement, 8, series->object_bytes);
    (void)sqlite3_bind_int64(statement, 9, series->slab_bytes);
    (void)sqlite3_bind_text(statement, 10, series->aliases, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 11, ph_origin_name(series->origin), -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 12, ph_pool_name(series->pool), -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 13, name.data ? name.data : "", -1, SQLITE_STATIC);
    return ph_db_run(db, "store a series", statement);
}

static struct ph_error *update(const struct ph_db *db, sqlite3_stmt *statement, uint32_t slot,
                               const struct ph_series *series)
{
    (void)sqlite3_bind_int64(statement, 1, slot);
    (void)sqlite3_bind_int64(statement, 2, series->counter_bits);
    (void)sqlite3_bind_int64(statement, 3, series->flags);
    (void)sqlite3_bind_int64(statement, 4, series->object_bytes);
    (void)sqlite3_bind_int64(statement, 5, series->slab_bytes);
    (void)sqlite3_bind_text(statement, 6, series->aliases, -1, SQLITE_STATIC);
    return ph_db_run(db, "store a series", statement);
}

struct ph_error *ph_dictionary_slot(const struct ph_db *db, struct ph_dictionary *dictionary,
                                    const struct ph_catalog *catalog, uint32_t number,
                                    uint32_t *slot)
{
    const struct ph_series *series = &catalog->series[number];
    uint64_t mark = mark_of(series);
    uint32_t known = number < dictionary->slots_count ? dictionary->slots[number] : PH_SLOT_NONE;

    if (known == PH_SLOT_NONE) {
        known = (uint32_t)dictionary->series_count;
        PH_TRY(learn(dictionary, number, known, 0));
        PH_TRY(insert(db, dictionary->insert_series, known, series));
        dictionary->marks[known] = mark;
    } else if (dictionary->marks[known] != mark) {
        PH_TRY(update(db, dictionary->update_series, known, series));
        dictionary->marks[known] = mark;
    }
    *slot = known;
    return NULL;
}

static struct ph_error *load_losses(const struct ph_db *db, struct ph_dictionary *dictionary)
{
    PH_GUARD(ph_db_finalizep) sqlite3_stmt *rows = NULL;
    int step;

    PH_TRY(ph_db_prepare(db, "SELECT id, what FROM losses ORDER BY id", &rows));
    while ((step = sqlite3_step(rows)) == SQLITE_ROW) {
        const char *what = (const char *)sqlite3_column_text(rows, 1);
        uint32_t id = (uint32_t)sqlite3_column_int64(rows, 0);
        PH_TRY(ph_table_put(&dictionary->loss_index, ph_slice_of(what ? what : ""), id));
        dictionary->loss_count = id + 1;
    }
    if (step != SQLITE_DONE)
        return ph_db_error(db, "read the losses");
    dictionary->losses_loaded = true;
    return NULL;
}

struct ph_error *ph_dictionary_losses(const struct ph_db *db, struct ph_dictionary *dictionary,
                                      const struct ph_loss_list *losses, struct ph_frame_head *head)
{
    head->loss_count = 0;
    if (!losses->count)
        return NULL;
    if (!dictionary->losses_loaded)
        PH_TRY(load_losses(db, dictionary));
    PH_TRY(ph_grow(&head->losses, &head->loss_capacity, losses->count, sizeof(*head->losses)));
    for (size_t i = 0; i < losses->count; i++) {
        struct ph_slice what = ph_slice_of(losses->items[i].what);
        uint32_t id = dictionary->loss_count;
        if (!ph_table_find(&dictionary->loss_index, what, &id)) {
            (void)sqlite3_bind_int64(dictionary->insert_loss, 1, id);
            (void)sqlite3_bind_text(dictionary->insert_loss, 2, what.data, (int)what.size,
                                    SQLITE_STATIC);
            PH_TRY(ph_db_run(db, "store a loss", dictionary->insert_loss));
            PH_TRY(ph_table_put(&dictionary->loss_index, what, id));
            dictionary->loss_count++;
        }
        head->losses[head->loss_count++] = (struct ph_frame_loss){id, losses->items[i].count};
    }
    return NULL;
}

void ph_dictionary_rollback(struct ph_dictionary *dictionary, size_t series_count)
{
    for (size_t i = 0; i < dictionary->slots_count; i++) {
        if (dictionary->slots[i] != PH_SLOT_NONE && dictionary->slots[i] >= series_count)
            dictionary->slots[i] = PH_SLOT_NONE;
    }
    dictionary->series_count = series_count;
    for (size_t i = 0; i < series_count; i++)
        dictionary->marks[i] = 0;
    ph_table_fini(&dictionary->loss_index);
    dictionary->loss_count = 0;
    dictionary->losses_loaded = false;
}

void ph_dictionary_fini(struct ph_dictionary *dictionary)
{
    ph_free(dictionary->slots);
    ph_free(dictionary->marks);
    ph_table_fini(&dictionary->loss_index);
    (void)sqlite3_finalize(dictionary->insert_series);
    (void)sqlite3_finalize(dictionary->update_series);
    (void)sqlite3_finalize(dictionary->insert_loss);
    *dictionary = (struct ph_dictionary){0};
}
