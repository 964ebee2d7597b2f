/* /proc/modules, /proc/kallsyms and dpkg's status file. */
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "identity/package.h"
#include "owner/linux/kmodules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ph_error *see(void *context, const struct ph_ksymbol *symbol)
{
    *(size_t *)context += symbol->name.size + symbol->module.size;
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    PH_GUARD(ph_kmodules_fini) struct ph_kmodules modules = {0};
    PH_GUARD(ph_package_fini) struct ph_package package = {0};
    struct ph_slice text = {(const char *)data, size};
    struct ph_ksymbol symbol;
    size_t count = 0;

    ph_error_free(ph_kmodules_parse(text, &modules));
    (void)ph_kmodules_at(&modules, UINT64_MAX / 2);
    (void)ph_kmodules_named(&modules, (struct ph_slice){"leaky", 5});
    ph_error_free(ph_ksymbols_find(text, (struct ph_slice){"twice", 5}, see, &count));
    (void)ph_ksymbols_at(text, UINT64_MAX, &symbol);
    ph_error_free(ph_package_status(text, "leaky", &package));
    return 0;
}
