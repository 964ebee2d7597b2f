/* Any bytes as a memsnap: an error or samples whose values are in order, never more. */
#include <stdlib.h>

#include "source/file/poollog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(struct ph_source *source)
{
    struct ph_catalog catalog = {0};
    struct ph_sample sample = {0};
    struct ph_machine machine;
    struct ph_error *error = NULL;
    bool end = false;

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_slice bytes = {(const char *)data, size};
    struct ph_source *source = NULL;
    int score = ph_source_memsnap.probe(bytes);

    if (score < 0 || score > 100)
        abort();
    struct ph_error *error = ph_poollog_parse(&ph_poollog_memsnap, "fuzz", bytes, 0, &source);
    if (error)
        ph_error_free(error);
    else
        read_all(source);
    return 0;
}
