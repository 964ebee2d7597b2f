/* recording.h - a recording is one SQLite file, a row a sample; docs/formats.md has the schema.
 *
 * Only this folder includes sqlite3.h.
 */
#ifndef PH_STORE_RECORDING_H
#define PH_STORE_RECORDING_H

#include "base/bytes.h"
#include "base/error.h"
#include "model/sample.h"

struct ph_recording; /* being written */
struct ph_playback;  /* being read */

struct ph_recording_options {
    int64_t keep_raw_ns;   /* older raw samples are thinned to floors; 0 = keep all */
    int64_t floor_ns;      /* window of those floors; 0 = 5 minutes */
    int64_t keep_floor_ns; /* older floors are deleted; 0 = keep all */
};

/* True when the bytes are the head of a SQLite file with our application id. */
bool ph_recording_probe(struct ph_slice head);

/* Creates `path`, or opens it for appending when it is a recording of ours (migrating an older
 * schema; a newer one is PH_ERR_VERSION, another kind of file PH_ERR_FORMAT; a second writer
 * PH_ERR_BUSY). Series already in the file are interned into `catalog`. */
struct ph_error *ph_recording_open(const char *path, const struct ph_recording_options *options,
                                   const struct ph_machine *machine, struct ph_catalog *catalog,
                                   struct ph_recording **recording) PH_MUST_CHECK;
/* Appends a sample in one transaction; sets sample->segment from the machine's boot id and the
 * recording's last segment. Its events are kept, too, beside those that the recording sees itself:
 * where it begins, boots, clock jumps. After PH_ERR_FULL the file still opens and holds all samples
 * before. */
struct ph_error *ph_recording_append(struct ph_recording *recording,
                                     const struct ph_catalog *catalog,
                                     struct ph_sample *sample) PH_MUST_CHECK;
/* Samples in the file, for messages. */
uint64_t ph_recording_count(const struct ph_recording *recording);
/* Checkpoints and closes; the handle is gone even on error. */
struct ph_error *ph_recording_close(struct ph_recording *recording) PH_MUST_CHECK;

/* Opens for reading, beside a writer if need be; the file is never modified. A damaged frame ends
 * its stretch: the next sample's losses tell how many were left out so far, and reading goes on at
 * the next full one. */
struct ph_error *ph_playback_open(const char *path, struct ph_playback **playback) PH_MUST_CHECK;
/* Decodes into `sample` in place: pass the same one every time. Events come with the first sample
 * that is not before them. At the end `*end` is set and the
 * sample is left as it was. */
struct ph_error *ph_playback_read(struct ph_playback *playback, struct ph_catalog *catalog,
                                  struct ph_sample *sample, bool *end) PH_MUST_CHECK;
/* Raises the counts in `losses` to all that was left out so far: at the end no sample is left that
 * could carry it. */
struct ph_error *ph_playback_losses(struct ph_playback *playback,
                                    struct ph_loss_list *losses) PH_MUST_CHECK;
void ph_playback_machine(const struct ph_playback *playback, struct ph_machine *machine);
uint64_t ph_playback_count(const struct ph_playback *playback);
void ph_playback_close(struct ph_playback *playback);
void ph_playback_closep(struct ph_playback **playback);

#endif
