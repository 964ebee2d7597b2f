/* /proc/modules and dpkg's status file. */
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "identity/package.h"
#include "model/kmodules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    PH_GUARD(ph_kmodules_fini) struct ph_kmodules modules = {0};
    PH_GUARD(ph_package_fini) struct ph_package package = {0};
    struct ph_slice text = {(const char *)data, size};

    ph_error_free(ph_kmodules_parse(text, &modules));
    (void)ph_kmodules_named(&modules, (struct ph_slice){"leaky", 5});
    ph_error_free(ph_package_status(text, "leaky", &package));
    return 0;
}
