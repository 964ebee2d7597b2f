#include "fuzz_source.h"

#include "source/file/poollog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_slice bytes = {(const char *)data, size};
    struct ph_source *source = NULL;

    fuzz_probe(&ph_source_poolmon, bytes);
    struct ph_error *error = ph_poollog_parse(&ph_poollog_poolmon, "fuzz", bytes, 0, &source);
    fuzz_samples(error, source);
    return 0;
}
