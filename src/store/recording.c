#include "store/recording.h"

#include <string.h>

#include "base/lock.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/sort.h"
#include "store/db.h"
#include "store/dictionary.h"
#include "store/frame.h"
#include "store/thin.h"

/* A group of samples starts with a full frame. Groups start where a floor's window starts, so that
 * windows are not torn; they are long because a full frame costs as much as ten others, and not
 * longer than an hour where there are few samples an hour, because damage costs the rest of one. */
enum { GROUP_LEAST = 240, GROUP_LEAST_IN_AN_HOUR = 60 };

/* Larger differences between wall clock and boot clock are jumps, smaller ones NTP's slewing. */
enum { CLOCK_JUMP_S = 2 };

/* What a rollback sets back. */
struct position {
    uint32_t segment, segment_count; /* of the next sample; rows in the file */
    bool started;                    /* this writer has stored a sample */
    uint32_t given_segment;          /* as the source counted, of the sample before */
    struct ph_row last;              /* the sample before; id 0 = none */
    int64_t base_time_ns;
};

struct ph_recording {
    struct ph_lock *lock;
    struct ph_db db;
    struct ph_machine machine;
    bool same_boot; /* the file's last segment is this machine's present boot */
    struct position at;
    bool need_full;
    struct ph_dictionary dictionary;
    struct ph_thinner thinner;
    struct ph_frame_state frames;
    struct ph_frame_head head;
    struct ph_text frame;
    struct ph_value *values; /* of a sample, by slot */
    size_t values_capacity;
    sqlite3_stmt *insert, *insert_segment, *insert_event;
};

/* ------------------------------------------------------------------ opening */

static struct ph_error *find_last(struct ph_recording *recording)
{
    PH_GUARD(ph_db_finalizep) sqlite3_stmt *statement = NULL;
    const struct ph_db *db = &recording->db;
    struct position *at = &recording->at;

    PH_TRY(ph_db_prepare(db,
                         "SELECT id, segment, time_kind, time_ns, boottime_ns FROM samples "
                         "ORDER BY id DESC LIMIT 1",
                         &statement));
    int step = sqlite3_step(statement);
    if (step != SQLITE_ROW && step != SQLITE_DONE)
        return ph_db_error(db, "find the last sample");
    if (step == SQLITE_ROW)
        at->last = (struct ph_row){
            .id = sqlite3_column_int64(statement, 0),
            .segment = (uint32_t)sqlite3_column_int64(statement, 1),
            .time_kind = (uint32_t)sqlite3_column_int64(statement, 2),
            .time_ns = sqlite3_column_int64(statement, 3),
            .boottime_ns = sqlite3_column_int64(statement, 4),
        };
    if (at->last.id < 0 || at->last.id > PH_DB_ID_LIMIT)
        return ph_errorf(PH_ERR_FORMAT, "%s: the file is damaged (sample %lld)", db->path,
                         (long long)at->last.id);
    return NULL;
}

static struct ph_error *find_segment(struct ph_recording *recording)
{
    PH_GUARD(ph_db_finalizep) sqlite3_stmt *statement = NULL;
    const struct ph_db *db = &recording->db;

    PH_TRY(
        ph_db_prepare(db, "SELECT id, boot_id FROM segments ORDER BY id DESC LIMIT 1", &statement));
    int step = sqlite3_step(statement);
    if (step == SQLITE_DONE)
        return NULL;
    if (step != SQLITE_ROW)
        return ph_db_error(db, "find the last segment");
    const char *boot_id = (const char *)sqlite3_column_text(statement, 1);
    recording->at.segment = (uint32_t)sqlite3_column_int64(statement, 0);
    recording->at.segment_count = recording->at.segment + 1;
    recording->same_boot =
        boot_id && *recording->machine.boot_id && !strcmp(boot_id, recording->machine.boot_id);
    return NULL;
}

static struct ph_error *prepare(struct ph_recording *recording)
{
    const struct ph_db *db = &recording->db;

    PH_TRY(ph_db_prepare(db, PH_ROW_INTO_SAMPLES, &recording->insert));
    PH_TRY(ph_db_prepare(db,
                         "INSERT INTO segments (id, boot_id, host, system, release, cpus, "
                         "page_bytes, memory_bytes, time_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                         &recording->insert_segment));
    return ph_db_prepare(db,
                         "INSERT INTO events (segment, time_ns, kind, text) VALUES (?, ?, ?, ?)",
                         &recording->insert_event);
}

static void release(struct ph_recording *recording)
{
    if (!recording)
        return;
    ph_thinner_fini(&recording->thinner);
    ph_dictionary_fini(&recording->dictionary);
    (void)sqlite3_finalize(recording->insert);
    (void)sqlite3_finalize(recording->insert_segment);
    (void)sqlite3_finalize(recording->insert_event);
    ph_db_close(&recording->db);
    ph_lock_release(recording->lock); /* last: closing a file drops the locks of others on it */
    ph_frame_state_fini(&recording->frames);
    ph_free(recording->head.losses);
    ph_text_fini(&recording->frame);
    ph_free(recording->values);
    ph_free(recording);
}

static void releasep(struct ph_recording **recording)
{
    release(*recording);
}

struct ph_error *ph_recording_open(const char *path, const struct ph_recording_options *options,
                                   const struct ph_machine *machine, struct ph_catalog *catalog,
                                   struct ph_recording **recording)
{
    PH_GUARD(releasep) struct ph_recording *fresh = ph_zalloc(1, sizeof(*fresh));

    if (!fresh)
        return ph_error_nomem();
    fresh->machine = *machine;
    fresh->need_full = true;
    PH_TRY(ph_lock_take(path, &fresh->lock));
    PH_TRY(ph_db_open_writer(path, &fresh->db));
    PH_TRY(find_last(fresh));
    PH_TRY(find_segment(fresh));
    PH_TRY(ph_dictionary_open(&fresh->db, catalog, &fresh->dictionary));
    PH_TRY(ph_thinner_open(&fresh->db, options, &fresh->thinner));
    PH_TRY(prepare(fresh));
    *recording = ph_steal(fresh);
    return NULL;
}

/* ------------------------------------------------------------------ events and segments */

static struct ph_error *note(struct ph_recording *recording, int64_t time_ns, const char *kind,
                             const char *text)
{
    sqlite3_stmt *insert = recording->insert_event;

    (void)sqlite3_bind_int64(insert, 1, recording->at.segment);
    (void)sqlite3_bind_int64(insert, 2, time_ns);
    (void)sqlite3_bind_text(insert, 3, kind, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(insert, 4, text, -1, SQLITE_STATIC);
    return ph_db_run(&recording->db, "note an event", insert);
}

static struct ph_error *add_segment(struct ph_recording *recording, int64_t time_ns)
{
    sqlite3_stmt *insert = recording->insert_segment;
    const struct ph_machine *machine = &recording->machine;
    /* a boot that the source tells apart by itself is not the one this machine is in */
    bool known_boot = !recording->at.started;

    (void)sqlite3_bind_int64(insert, 1, recording->at.segment_count);
    (void)sqlite3_bind_text(insert, 2, known_boot ? machine->boot_id : "", -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(insert, 3, machine->host, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(insert, 4, machine->system, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(insert, 5, machine->release, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(insert, 6, machine->cpus);
    (void)sqlite3_bind_int64(insert, 7, machine->page_bytes);
    (void)sqlite3_bind_int64(insert, 8, machine->memory_bytes);
    (void)sqlite3_bind_int64(insert, 9, time_ns);
    PH_TRY(ph_db_run(&recording->db, "store a segment", insert));
    recording->at.segment = recording->at.segment_count++;
    recording->need_full = true;
    return NULL;
}

/* What the sample brought along. Beginnings, boots and clock jumps are told by this file's own
 * eyes. */
static struct ph_error *note_events(struct ph_recording *recording, const struct ph_sample *sample)
{
    for (size_t i = 0; i < sample->events.count; i++) {
        const struct ph_event *event = &sample->events.items[i];
        bool own = event->kind == PH_EVENT_START || event->kind == PH_EVENT_BOOT ||
                   event->kind == PH_EVENT_CLOCK;
        if (!own)
            PH_TRY(note(recording, event->time_ns, ph_event_id(event->kind), event->text));
    }
    return NULL;
}

/* The segment of the sample, and the events that come before it. */
static struct ph_error *place(struct ph_recording *recording, const struct ph_sample *sample)
{
    struct position *at = &recording->at;
    const struct ph_row *last = &at->last;

    if (!at->started || sample->segment != at->given_segment) {
        bool first = !at->segment_count;
        bool same = !at->started && recording->same_boot;
        if (!same)
            PH_TRY(add_segment(recording, sample->time_ns));
        PH_TRY(note(recording, sample->time_ns, first || same ? "start" : "boot",
                    same ? "recording goes on in the same boot"
                         : (first ? "recording begins" : "recording goes on after a boot")));
    }
    bool comparable = last->id && last->segment == at->segment && last->time_kind == PH_TIME_REAL &&
                      sample->time_kind == PH_TIME_REAL && last->boottime_ns >= 0 &&
                      sample->boottime_ns >= 0;
    if (!comparable)
        return NULL;
    int64_t jump = (int64_t)(((uint64_t)sample->time_ns - (uint64_t)last->time_ns) -
                             ((uint64_t)sample->boottime_ns - (uint64_t)last->boottime_ns));
    if (jump <= CLOCK_JUMP_S * PH_SECOND && jump >= -CLOCK_JUMP_S * PH_SECOND)
        return NULL;
    ph_autofree char *text = ph_format("the wall clock jumped by %+.3f s", (double)jump / 1e9);
    return text ? note(recording, sample->time_ns, "clock", text) : ph_error_nomem();
}

/* ------------------------------------------------------------------ appending */

static int by_slot(const void *a, const void *b)
{
    uint32_t left = ((const struct ph_value *)a)->series,
             right = ((const struct ph_value *)b)->series;

    return left < right ? -1 : left > right;
}

/* The sample's values with the file's numbers, in their order. */
static struct ph_error *translate(struct ph_recording *recording, const struct ph_catalog *catalog,
                                  const struct ph_sample *sample, int64_t *sum, bool *some)
{
    bool sorted = true;

    PH_TRY(ph_grow(&recording->values, &recording->values_capacity, sample->count,
                   sizeof(*recording->values)));
    for (size_t i = 0; i < sample->count; i++) {
        struct ph_value *value = &recording->values[i];
        uint32_t slot, number = sample->values[i].series;
        PH_TRY(ph_dictionary_slot(&recording->db, &recording->dictionary, catalog, number, &slot));
        *value = sample->values[i];
        value->series = slot;
        sorted = sorted && (!i || value[-1].series < slot);
        if (value->have & PH_HAVE_BYTES &&
            !(catalog->series[number].flags & PH_SERIES_COUNTS_TWICE)) {
            *sum = (int64_t)((uint64_t)*sum + (uint64_t)value->bytes);
            *some = true;
        }
    }
    if (!sorted)
        ph_sort(recording->values, sample->count, sizeof(*recording->values), by_slot);
    return NULL;
}

static int64_t window_of(const struct ph_recording *recording, int64_t time_ns)
{
    int64_t width = recording->thinner.keep.floor_ns;

    return time_ns / width - (time_ns % width < 0);
}

/* True when the next sample starts a group. */
static bool group_ends(const struct ph_recording *recording, const struct ph_sample *sample)
{
    const struct position *at = &recording->at;
    int64_t count = at->last.id + 1 - at->last.base;
    int64_t age = (int64_t)((uint64_t)sample->time_ns - (uint64_t)at->base_time_ns);

    if (recording->need_full || count >= PH_DB_GROUP_LIMIT)
        return true;
    if (window_of(recording, sample->time_ns) == window_of(recording, at->last.time_ns))
        return false;
    return count >= GROUP_LEAST || (count >= GROUP_LEAST_IN_AN_HOUR && age >= PH_HOUR);
}

static struct ph_error *store(struct ph_recording *recording, const struct ph_catalog *catalog,
                              const struct ph_sample *sample)
{
    struct position *at = &recording->at;
    int64_t sum = 0;
    bool some = false;

    PH_TRY(place(recording, sample));
    PH_TRY(note_events(recording, sample));
    PH_TRY(translate(recording, catalog, sample, &sum, &some));
    ph_frame_head_of(sample, &recording->head);
    PH_TRY(ph_dictionary_losses(&recording->db, &recording->dictionary, &sample->losses,
                                &recording->head));
    bool full = group_ends(recording, sample);
    struct ph_row row = {
        .id = at->last.id + 1,
        .sample = at->last.id + 1,
        .base = full ? at->last.id + 1 : at->last.base,
        .segment = at->segment,
        .time_kind = sample->time_kind,
        .time_ns = sample->time_ns,
        .boottime_ns = sample->boottime_ns,
        .represents = sample->represents,
        .span_ns = sample->span_ns,
    };
    recording->need_full = true; /* until the transaction is through */
    PH_TRY(ph_frame_encode(&recording->frames, full, &recording->head, recording->values,
                           sample->count, ph_rows_salt(&row), &recording->frame));
    PH_TRY(ph_rows_insert(&recording->db, recording->insert, &row, sample->count,
                          recording->frames.changed_count, some ? &sum : NULL,
                          (struct ph_slice){recording->frame.data, recording->frame.size}));
    at->last = row;
    at->base_time_ns = full ? row.time_ns : at->base_time_ns;
    at->given_segment = sample->segment;
    at->started = true;
    return NULL;
}

struct ph_error *ph_recording_append(struct ph_recording *recording,
                                     const struct ph_catalog *catalog, struct ph_sample *sample)
{
    const struct ph_db *db = &recording->db;
    struct position before = recording->at;
    size_t series_count = recording->dictionary.series_count;

    PH_TRY(ph_db_exec(db, "store a sample", "BEGIN IMMEDIATE"));
    struct ph_error *error = store(recording, catalog, sample);
    if (!error)
        error = ph_db_exec(db, "store a sample", "COMMIT");
    if (error) {
        ph_db_rollback(db);
        ph_dictionary_rollback(&recording->dictionary, series_count);
        recording->at = before;
        recording->need_full = true;
        return error;
    }
    recording->need_full = false;
    sample->segment = recording->at.segment;
    return ph_thinner_step(db, &recording->thinner, &recording->at.last,
                           (uint32_t)recording->dictionary.series_count);
}

uint64_t ph_recording_count(const struct ph_recording *recording)
{
    uint64_t count = 0;

    ph_error_free(
        ph_rows_count(&recording->db, &count)); /* for a message: unknown is as good as 0 */
    return count;
}

struct ph_error *ph_recording_close(struct ph_recording *recording)
{
    const struct ph_db *db = &recording->db;
    struct ph_error *error = NULL;

    int status = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (status && (status & 0xff) != SQLITE_BUSY)
        error = ph_db_error(db, "copy its log back; keep the -wal file beside it");
    /* Without readers the file gives up its log, so that it is one file again, which can be read
     * where nothing can be written. With readers it stays as it is, which is as good for them. */
    (void)sqlite3_busy_timeout(db->handle, 0);
    if (!error)
        (void)sqlite3_exec(db->handle, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
    release(recording);
    return error;
}
