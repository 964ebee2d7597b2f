#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "store/db.h"
#include "store/dictionary.h"
#include "store/frame.h"
#include "store/recording.h"

/* Where a page cannot be read, reading is tried this many rows later, and twice as far, and so on.
 */
enum { FIRST_SKIP = 16, SKIPS = 40 };

enum { EVENTS_WAITING = 1024, EVENTS_AHEAD = 64 };

struct waiting_event {
    uint32_t segment;
    struct ph_event event;
};

struct ph_playback {
    struct ph_db db;
    struct ph_machine machine;
    uint64_t count;

    sqlite3_stmt *floors, *samples;
    bool in_samples;  /* the floors are through */
    int64_t after;    /* row read last, of the present table */
    int64_t covered;  /* sample read last, by itself or within a floor */
    int64_t followed; /* what was covered when thinning was followed last */
    struct ph_row_group group;
    size_t next;      /* row of the group to decode next */
    int64_t expected; /* row that the state fits to; 0 = only a full frame */
    struct ph_frame_state frames;

    struct ph_catalog *catalog; /* that `numbers` speak of */
    uint32_t *numbers;          /* slot -> number in the catalog */
    size_t numbers_count, numbers_capacity;
    uint32_t *places; /* slot -> position in the sample's values */
    size_t places_capacity;
    bool filled; /* the sample holds the frame before */
    size_t filled_count;
    char **loss_texts;
    size_t loss_count, loss_capacity;

    struct waiting_event *events; /* read, but not due yet */
    size_t event_count, event_capacity;
    int64_t events_after; /* id of the one that was read last */

    uint64_t lost; /* samples left out since the last good one */
    char *lost_why;
    struct ph_loss_list left_out; /* all before them */
};

/* ------------------------------------------------------------------ opening */

static void copy_text(char *to, size_t size, sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);

    (void)snprintf(to, size, "%s", text ? text : "");
}

static struct ph_error *read_machine(struct ph_playback *playback)
{
    PH_GUARD(ph_db_finalizep) sqlite3_stmt *row = NULL;
    struct ph_machine *machine = &playback->machine;

    *machine = (struct ph_machine){.memory_bytes = -1};
    PH_TRY(ph_db_prepare(&playback->db,
                         "SELECT host, system, release, boot_id, cpus, page_bytes, memory_bytes "
                         "FROM segments ORDER BY id DESC LIMIT 1",
                         &row));
    int step = sqlite3_step(row);
    if (step == SQLITE_DONE)
        return NULL;
    if (step != SQLITE_ROW)
        return ph_db_error(&playback->db, "read the machine's facts");
    copy_text(machine->host, sizeof(machine->host), row, 0);
    copy_text(machine->system, sizeof(machine->system), row, 1);
    copy_text(machine->release, sizeof(machine->release), row, 2);
    copy_text(machine->boot_id, sizeof(machine->boot_id), row, 3);
    machine->cpus = (uint32_t)sqlite3_column_int64(row, 4);
    machine->page_bytes = (uint32_t)sqlite3_column_int64(row, 5);
    machine->memory_bytes = sqlite3_column_int64(row, 6);
    return NULL;
}

struct ph_error *ph_playback_open(const char *path, struct ph_playback **playback)
{
    PH_GUARD(ph_playback_closep) struct ph_playback *fresh = ph_zalloc(1, sizeof(*fresh));

    if (!fresh)
        return ph_error_nomem();
    fresh->followed = -1;
    PH_TRY(ph_db_open_reader(path, &fresh->db));
    if (fresh->db.cut_short) {
        fresh->lost_why = ph_format("%s: the file is cut short", path);
        if (!fresh->lost_why)
            return ph_error_nomem();
    }
    PH_TRY(read_machine(fresh));
    PH_TRY(ph_db_prepare(&fresh->db, PH_ROWS_OF_FLOORS, &fresh->floors));
    PH_TRY(ph_db_prepare(&fresh->db, PH_ROWS_OF_SAMPLES, &fresh->samples));
    struct ph_error *error = ph_rows_count(&fresh->db, &fresh->count);
    if (error && error->code == PH_ERR_NOMEM)
        return error;
    ph_error_free(error); /* a damaged file: how many there are shows when they are read */
    *playback = ph_steal(fresh);
    return NULL;
}

void ph_playback_close(struct ph_playback *playback)
{
    if (!playback)
        return;
    (void)sqlite3_finalize(playback->floors);
    (void)sqlite3_finalize(playback->samples);
    ph_db_close(&playback->db);
    ph_rows_fini(&playback->group);
    ph_frame_state_fini(&playback->frames);
    for (size_t i = 0; i < playback->loss_count; i++)
        ph_free(playback->loss_texts[i]);
    ph_free(playback->loss_texts);
    for (size_t i = 0; i < playback->event_count; i++)
        ph_free(playback->events[i].event.text);
    ph_free(playback->events);
    ph_free(playback->numbers);
    ph_free(playback->places);
    ph_free(playback->lost_why);
    ph_loss_fini(&playback->left_out);
    ph_free(playback);
}

void ph_playback_closep(struct ph_playback **playback)
{
    ph_playback_close(*playback);
}

void ph_playback_machine(const struct ph_playback *playback, struct ph_machine *machine)
{
    *machine = playback->machine;
}

uint64_t ph_playback_count(const struct ph_playback *playback)
{
    return playback->count;
}

/* ------------------------------------------------------------------ events */

static struct ph_error *load_events(struct ph_playback *playback)
{
    PH_GUARD(ph_db_finalizep) sqlite3_stmt *row = NULL;

    PH_TRY(ph_db_prepare(&playback->db,
                         "SELECT id, segment, time_ns, kind, text FROM events WHERE id > ?1 "
                         "ORDER BY id LIMIT ?2",
                         &row));
    (void)sqlite3_bind_int64(row, 1, playback->events_after);
    (void)sqlite3_bind_int64(row, 2, (int64_t)(EVENTS_WAITING - playback->event_count));
    while (sqlite3_step(row) == SQLITE_ROW) {
        const char *kind = (const char *)sqlite3_column_text(row, 3);
        const char *text = (const char *)sqlite3_column_text(row, 4);
        PH_TRY(ph_grow(&playback->events, &playback->event_capacity, playback->event_count + 1,
                       sizeof(*playback->events)));
        struct waiting_event *event = &playback->events[playback->event_count];
        *event = (struct waiting_event){
            .segment = (uint32_t)sqlite3_column_int64(row, 1),
            .event = {.kind = ph_event_from_id(kind ? kind : ""),
                      .time_ns = sqlite3_column_int64(row, 2),
                      .text = ph_strdup(text ? text : "")},
        };
        if (!event->event.text)
            return ph_error_nomem();
        playback->event_count++;
        playback->events_after = sqlite3_column_int64(row, 0);
    }
    return NULL; /* a damaged page costs marks on a plot, no more */
}

/* What happened up to this sample. Clocks may be set back: an event that lies ahead does not keep
 * those behind it waiting. */
static struct ph_error *fill_events(struct ph_playback *playback, struct ph_sample *sample)
{
    size_t kept = 0, i = 0;
    struct ph_error *error = NULL;

    ph_event_clear(&sample->events);
    for (; i < playback->event_count && kept < EVENTS_AHEAD && !error; i++) {
        struct waiting_event *waiting = &playback->events[i];
        bool due =
            waiting->segment < sample->segment ||
            (waiting->segment == sample->segment && waiting->event.time_ns <= sample->time_ns);
        if (!due) {
            playback->events[kept++] = *waiting;
            continue;
        }
        error = ph_event_add(&sample->events, waiting->event.kind, waiting->event.time_ns,
                             waiting->event.text);
        ph_free(waiting->event.text);
    }
    if (playback->event_count)
        memmove(playback->events + kept, playback->events + i,
                (playback->event_count - i) * sizeof(*playback->events));
    playback->event_count -= i - kept;
    return error;
}

/* ------------------------------------------------------------------ rows */

/* Counts samples left out; the first reason stays. */
static struct ph_error *lose(struct ph_playback *playback, uint64_t count, const char *why)
{
    playback->expected = 0;
    playback->lost += count;
    if (playback->lost_why)
        return NULL;
    playback->lost_why = ph_strdup(why);
    return playback->lost_why ? NULL : ph_error_nomem();
}

/* Rows behind a damaged page. */
static struct ph_error *skip_damage(struct ph_playback *playback, sqlite3_stmt *statement,
                                    int *status)
{
    PH_GUARD(ph_error_freep) struct ph_error *why = ph_db_error(&playback->db, "read a sample");
    int64_t skip = FIRST_SKIP, start = playback->after;

    if (why->code == PH_ERR_NOMEM)
        return ph_steal(why);
    for (int i = 0; i < SKIPS && *status != SQLITE_DONE; i++, skip *= 2)
        PH_TRY(ph_rows_load(statement, start + skip - 1, &playback->group, status));
    uint64_t lost = *status == SQLITE_DONE && playback->group.count
                        ? (uint64_t)(playback->group.items[0].id - start - 1)
                        : 0;
    *status = SQLITE_DONE;
    return lose(playback, lost, why->text);
}

/* The next group of a table into playback->group; empty at its end. */
static struct ph_error *load(struct ph_playback *playback, sqlite3_stmt *statement)
{
    int status = SQLITE_DONE;

    PH_TRY(ph_rows_load(statement, playback->after, &playback->group, &status));
    if (status == SQLITE_BUSY || status == SQLITE_IOERR)
        return ph_db_error(&playback->db, "read a sample");
    if (status != SQLITE_DONE && !playback->group.count)
        PH_TRY(skip_damage(playback, statement, &status));
    if (playback->group.count)
        playback->after = playback->group.items[playback->group.count - 1].id;
    return NULL;
}

/* Samples behind those that were read have become floors meanwhile: goes back to those floors. */
static struct ph_error *follow_thinning(struct ph_playback *playback, bool *thinned)
{
    PH_GUARD(ph_db_finalizep) sqlite3_stmt *row = NULL;

    *thinned = false;
    if (playback->followed == playback->covered) /* no floor was of use */
        return NULL;
    PH_TRY(ph_db_prepare(&playback->db,
                         "SELECT base FROM floors WHERE sample > ?1 ORDER BY id LIMIT 1", &row));
    (void)sqlite3_bind_int64(row, 1, playback->covered);
    if (sqlite3_step(row) != SQLITE_ROW) /* damage lies between, which is counted */
        return NULL;
    playback->in_samples = false;
    playback->followed = playback->covered;
    playback->after = sqlite3_column_int64(row, 0) - 1;
    playback->expected = 0;
    *thinned = true;
    return NULL;
}

/* The next rows of the floors or, behind them, of the samples; none at the end. */
static struct ph_error *load_next(struct ph_playback *playback)
{
    bool thinned = false;

    if (playback->in_samples) {
        PH_TRY(load(playback, playback->samples));
        if (playback->group.count && playback->group.items[0].id != playback->covered + 1)
            PH_TRY(follow_thinning(playback, &thinned));
        if (!thinned)
            return NULL;
    }
    PH_TRY(load(playback, playback->floors));
    if (playback->group.count)
        return NULL;
    playback->in_samples = true;
    playback->after = playback->covered;
    playback->expected = 0;
    return load(playback, playback->samples);
}

/* All of it within one transaction, and the series that the rows name: a writer may thin meanwhile,
 * which moves samples to the floors. None stays open between calls, so that a reader who takes his
 * time does not keep the log from being copied back. */
static struct ph_error *load_group(struct ph_playback *playback, struct ph_catalog *catalog)
{
    const struct ph_db *db = &playback->db;

    PH_TRY(ph_db_exec(db, "read", "BEGIN"));
    playback->next = 0;
    struct ph_error *error = load_next(playback);
    if (!error)
        error = ph_dictionary_read(db, catalog, &playback->numbers, &playback->numbers_count,
                                   &playback->numbers_capacity);
    if (!error && playback->event_count < EVENTS_WAITING)
        error = load_events(playback);
    ph_db_rollback(db);
    return error;
}

/* ------------------------------------------------------------------ samples */

/* The text of a loss; read from the file when it is asked for first. */
static struct ph_error *loss_text(struct ph_playback *playback, uint32_t id, const char **text)
{
    PH_GUARD(ph_db_finalizep) sqlite3_stmt *row = NULL;

    if (id >= playback->loss_count || !playback->loss_texts[id]) {
        PH_TRY(ph_db_prepare(&playback->db, "SELECT what FROM losses WHERE id = ?1", &row));
        (void)sqlite3_bind_int64(row, 1, id);
        bool found = sqlite3_step(row) == SQLITE_ROW && sqlite3_column_text(row, 0);
        if (!found || id > 1u << 20) { /* damaged: a loss is still a loss */
            *text = "a loss whose text cannot be read";
            return NULL;
        }
        PH_TRY(ph_grow(&playback->loss_texts, &playback->loss_capacity, (size_t)id + 1,
                       sizeof(*playback->loss_texts)));
        while (playback->loss_count <= id)
            playback->loss_texts[playback->loss_count++] = NULL;
        playback->loss_texts[id] = ph_strdup((const char *)sqlite3_column_text(row, 0));
        if (!playback->loss_texts[id])
            return ph_error_nomem();
    }
    *text = playback->loss_texts[id];
    return NULL;
}

static struct ph_error *fill_losses(struct ph_playback *playback, struct ph_sample *sample)
{
    const struct ph_frame_head *head = &playback->frames.head;

    ph_loss_fini(&sample->losses);
    for (size_t i = 0; i < head->loss_count; i++) {
        const char *text;
        PH_TRY(loss_text(playback, head->losses[i].id, &text));
        PH_TRY(ph_loss_add(&sample->losses, head->losses[i].count, "%s", text));
    }
    return playback->lost_why ? ph_playback_losses(playback, &sample->losses) : NULL;
}

/* All values afresh, and where each slot's value stands. */
static struct ph_error *rebuild(struct ph_playback *playback, struct ph_sample *sample)
{
    const struct ph_frame_state *frames = &playback->frames;
    size_t slots = frames->word_count * 64, merged;
    bool sorted = true;

    PH_TRY(
        ph_grow(&playback->places, &playback->places_capacity, slots, sizeof(*playback->places)));
    PH_TRY(ph_grow(&sample->values, &sample->capacity, frames->present, sizeof(*sample->values)));
    sample->count = 0;
    for (uint32_t slot = 0; slot < slots; slot++) {
        if (!ph_frame_has(frames, slot))
            continue;
        size_t at = sample->count++;
        sample->values[at] = ph_frame_value(frames, slot, playback->numbers[slot]);
        playback->places[slot] = (uint32_t)at;
        sorted = sorted && (!at || sample->values[at - 1].series < playback->numbers[slot]);
    }
    if (sorted)
        return NULL;
    PH_TRY(ph_sample_finish(sample, &merged));
    for (uint32_t slot = 0; slot < slots; slot++) {
        const struct ph_value *value =
            ph_frame_has(frames, slot) ? ph_sample_find(sample, playback->numbers[slot]) : NULL;
        if (value)
            playback->places[slot] = (uint32_t)(value - sample->values);
    }
    return NULL;
}

static struct ph_error *fill(struct ph_playback *playback, const struct ph_row *row,
                             struct ph_sample *sample)
{
    const struct ph_frame_state *frames = &playback->frames;
    bool known =
        playback->filled && row->id != row->base && sample->count == playback->filled_count;

    playback->filled = false;
    if (!known || frames->reshaped)
        PH_TRY(rebuild(playback, sample));
    sample->changed_count = 0;
    sample->changed_known = known;
    if (known) {
        PH_TRY(ph_grow(&sample->changed, &sample->changed_capacity, frames->changed_count,
                       sizeof(*sample->changed)));
        for (size_t i = 0; i < frames->changed_count; i++) {
            uint32_t slot = frames->changed[i], place = playback->places[slot];
            sample->values[place] = ph_frame_value(frames, slot, playback->numbers[slot]);
            sample->changed[i] = place;
        }
        sample->changed_count = frames->changed_count;
    }
    ph_frame_head_to(&frames->head, sample);
    sample->time_kind =
        row->time_kind <= PH_TIME_LOCAL ? (enum ph_time_kind)row->time_kind : PH_TIME_ORDINAL;
    sample->time_ns = row->time_ns;
    sample->boottime_ns = row->boottime_ns;
    sample->segment = row->segment;
    sample->represents = row->represents;
    sample->span_ns = row->span_ns;
    if (frames->head.loss_count || sample->losses.count || playback->lost_why)
        PH_TRY(fill_losses(playback, sample));
    if (playback->event_count || sample->events.count)
        PH_TRY(fill_events(playback, sample));
    playback->filled = true;
    playback->filled_count = sample->count;
    return NULL;
}

/* Brings the state to a row; false when the row cannot be used. */
static struct ph_error *decode(struct ph_playback *playback, const struct ph_row *row, bool *good)
{
    const char *frame = playback->group.bytes.data + row->offset;

    *good = false;
    if (row->id != row->base && row->id != playback->expected)
        return playback->lost_why ? lose(playback, 1, playback->lost_why) : NULL;
    struct ph_error *error =
        ph_frame_decode(&playback->frames, playback->db.path, (struct ph_slice){frame, row->size},
                        ph_rows_salt(row), (uint32_t)playback->numbers_count);
    if (error) {
        if (error->code != PH_ERR_FORMAT)
            return error;
        struct ph_error *lower = lose(playback, 1, error->text);
        ph_error_free(error);
        return lower;
    }
    playback->expected = row->id + 1;
    *good = true;
    return NULL;
}

struct ph_error *ph_playback_read(struct ph_playback *playback, struct ph_catalog *catalog,
                                  struct ph_sample *sample, bool *end)
{
    bool good = false;

    if (playback->catalog != catalog) { /* the first call, or another catalog */
        playback->filled = false;
        playback->numbers_count = 0;
        PH_TRY(ph_dictionary_read(&playback->db, catalog, &playback->numbers,
                                  &playback->numbers_count, &playback->numbers_capacity));
        playback->catalog = catalog;
    }
    while (!good) {
        if (playback->next == playback->group.count) {
            PH_TRY(load_group(playback, catalog));
            if (!playback->group.count) {
                *end = true;
                return NULL;
            }
        }
        const struct ph_row *row = &playback->group.items[playback->next++];
        PH_TRY(decode(playback, row, &good));
        if (good && row->sample <= playback->covered) {
            playback->filled = good = false; /* decoded for the floors behind it */
        } else if (good) {
            PH_TRY(fill(playback, row, sample));
            playback->covered = row->sample;
        }
    }
    *end = false;
    return NULL;
}

struct ph_error *ph_playback_losses(struct ph_playback *playback, struct ph_loss_list *losses)
{
    if (playback->lost_why) {
        PH_TRY(ph_loss_add(&playback->left_out, playback->lost, "%s: samples were left out",
                           playback->lost_why));
        ph_free(ph_steal(playback->lost_why));
        playback->lost = 0;
    }
    return ph_loss_merge(losses, &playback->left_out, true);
}
