#include "fuzz_source.h"

#include "source/file/clonecsv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_slice bytes = {(const char *)data, size};
    struct ph_source *source = NULL;

    fuzz_probe(&ph_source_clone_csv, bytes);
    struct ph_error *error = ph_clonecsv_parse("fuzz", bytes, 0, &source);
    fuzz_samples(error, source);
    return 0;
}
