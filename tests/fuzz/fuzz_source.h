/* fuzz_source.h - what holds for every source that reads a file, whatever its bytes: a sure probe,
 * an error or samples whose values are in order, and a machine at the end. Aborts where it does
 * not. */
#ifndef PH_TESTS_FUZZ_SOURCE_H
#define PH_TESTS_FUZZ_SOURCE_H

#include <stdlib.h>

#include "source/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void fuzz_probe(const struct ph_source_ops *ops, struct ph_slice bytes)
{
    int score = ops->probe(bytes);

    if (score < 0 || score > 100)
        abort();
}

/* Takes ownership of both: what a parser gave, and its error. */
static inline void fuzz_samples(struct ph_error *parsed, struct ph_source *source)
{
    struct ph_catalog catalog = {0};
    struct ph_sample sample = {0};
    struct ph_machine machine;
    struct ph_error *error = NULL;
    bool end = false;

    if (parsed) {
        ph_error_free(parsed);
        return;
    }
    while (!error && !end) {
        error = source->ops->read(source, &catalog, &sample, &end);
        for (size_t i = 0; !error && i < sample.count; i++)
            if (sample.values[i].series >= catalog.count ||
                (i && sample.values[i - 1].series >= sample.values[i].series))
                abort();
    }
    source->ops->machine(source, &machine);
    ph_error_free(error);
    ph_sample_fini(&sample);
    ph_catalog_fini(&catalog);
    source->ops->close(source);
}

#endif
