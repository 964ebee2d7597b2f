/* file_reading.h - reads all samples of a file source into memory, for its tests. */
#ifndef FILE_READING_H
#define FILE_READING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/os.h"
#include "source/file/clonecsv.h"
#include "source/file/poollog.h"

struct reading {
    struct ph_catalog catalog;
    struct ph_sample *samples;
    size_t count, capacity;
};

static inline void reading_fini(struct reading *reading)
{
    for (size_t i = 0; i < reading->count; i++)
        ph_sample_fini(&reading->samples[i]);
    ph_free(reading->samples);
    ph_catalog_fini(&reading->catalog);
    *reading = (struct reading){0};
}

static inline void source_closep(struct ph_source **source)
{
    if (*source)
        (*source)->ops->close(*source);
}

/* Reads to the end and closes. */
static inline struct ph_error *reading_of(struct ph_source *opened, struct reading *reading)
{
    PH_GUARD(source_closep) struct ph_source *source = opened;
    PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};

    for (;;) {
        bool end = false;
        PH_TRY(source->ops->read(source, &reading->catalog, &sample, &end));
        if (end)
            return NULL;
        PH_TRY(ph_grow(&reading->samples, &reading->capacity, reading->count + 1,
                       sizeof(*reading->samples)));
        reading->samples[reading->count] = (struct ph_sample){0};
        reading->count++;
        PH_TRY(ph_sample_copy(&reading->samples[reading->count - 1], &sample));
    }
}

/* `kind` NULL = CSV. */
static inline struct ph_error *read_bytes(const struct ph_poollog_kind *kind, const char *bytes,
                                          size_t size, int64_t spacing_ns, struct reading *reading)
{
    struct ph_source *source = NULL;
    struct ph_slice slice = {bytes, size};

    PH_TRY(kind ? ph_poollog_parse(kind, "log.txt", slice, spacing_ns, &source)
                : ph_clonecsv_parse("log.txt", slice, spacing_ns, &source));
    return reading_of(source, reading);
}

static inline void must(struct ph_error *error)
{
    if (error)
        fail_msg("%s", error->text);
}

static inline void read_text(const struct ph_poollog_kind *kind, const char *text,
                             struct reading *reading)
{
    must(read_bytes(kind, text, strlen(text), 0, reading));
}

static inline void read_data(const struct ph_source_ops *ops, const char *path,
                             struct reading *reading)
{
    struct ph_source_options options = {.path = path};
    struct ph_source *source = NULL;

    must(ops->open(&options, &source));
    must(reading_of(source, reading));
}

/* The value of a tag in a sample; fails when it is not there. */
static inline const struct ph_value *value_of(const struct reading *reading, size_t sample,
                                              enum ph_pool pool, const char *tag)
{
    assert_true(sample < reading->count);
    for (size_t i = 0; i < reading->samples[sample].count; i++) {
        const struct ph_value *value = &reading->samples[sample].values[i];
        const struct ph_series *series = &reading->catalog.series[value->series];
        if (series->pool == pool && ph_slice_is(series->tag, tag))
            return value;
    }
    fail_msg("no '%s' in sample %zu", tag, sample);
    return NULL;
}

static inline bool has_tag(const struct reading *reading, size_t sample, const char *tag)
{
    for (size_t i = 0; i < reading->samples[sample].count; i++)
        if (ph_slice_is(reading->catalog.series[reading->samples[sample].values[i].series].tag,
                        tag))
            return true;
    return false;
}

/* All losses of all samples, one a line. */
static inline char *losses_of(const struct reading *reading)
{
    struct ph_text text = {0};

    ph_text_puts(&text, "");
    for (size_t s = 0; s < reading->count; s++)
        for (size_t i = 0; i < reading->samples[s].losses.count; i++)
            ph_text_printf(&text, "%s\n", reading->samples[s].losses.items[i].what);
    must(ph_text_check(&text));
    return text.data;
}

static inline void expect_loss(const struct reading *reading, const char *part)
{
    ph_autofree char *losses = losses_of(reading);

    if (!strstr(losses, part))
        fail_msg("no loss says '%s' in:\n%s", part, losses);
}

static inline void expect_no_loss(const struct reading *reading)
{
    ph_autofree char *losses = losses_of(reading);

    if (losses[0])
        fail_msg("losses:\n%s", losses);
}

static inline uint64_t loss_count(const struct reading *reading, const char *part)
{
    for (size_t s = 0; s < reading->count; s++)
        for (size_t i = 0; i < reading->samples[s].losses.count; i++)
            if (strstr(reading->samples[s].losses.items[i].what, part))
                return reading->samples[s].losses.items[i].count;
    return 0;
}

static inline void expect_error(struct ph_error *error, enum ph_error_code code, const char *part)
{
    assert_non_null(error);
    if (error->code != code || !strstr(error->text, part))
        fail_msg("error %d: %s", (int)error->code, error->text);
    ph_error_free(error);
}

#endif
