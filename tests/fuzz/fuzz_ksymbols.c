/* /proc/kallsyms and /proc/modules, one after the other: parts are separated by a zero byte, and
 * one that begins with 'm' is of modules. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "model/ksymbols.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ph_error *see(void *context, uint64_t address, const char *module)
{
    *(uint64_t *)context += address + (module ? strlen(module) : 0);
    return NULL;
}

static struct ph_error *take(struct ph_ksymbols *symbols, struct ph_slice part)
{
    bool changed;

    if (!ph_slice_starts(part, "m"))
        return ph_ksymbols_take_kallsyms(symbols, part);
    return ph_ksymbols_take_modules(symbols, (struct ph_slice){part.data + 1, part.size - 1},
                                    &changed);
}

/* Places that are well-formed: names where there are any, offsets within. */
static struct ph_error *look(const struct ph_ksymbols *symbols, uint64_t address)
{
    PH_GUARD(ph_place_fini) struct ph_place place = {0};

    PH_TRY(ph_ksymbols_place(symbols, address, &place));
    if (place.address != address || place.offset > address ||
        (place.size && place.offset >= place.size) || (place.unloaded && !place.module))
        __builtin_trap();
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint64_t ADDRESSES[] = {
        0,         1, 0xffffffff81001005, 0xffffffffc04ad015, 0xffffffffc04ae000, UINT64_MAX / 2,
        UINT64_MAX};
    PH_GUARD(ph_ksymbols_destroyp) struct ph_ksymbols *symbols = NULL;
    uint64_t sum = 0, from, to;

    if (!data)
        return 0;
    ph_error_free(ph_ksymbols_create(&symbols));
    for (size_t at = 0; symbols && at < size;) {
        const uint8_t *end = memchr(data + at, 0, size - at);
        size_t length = end ? (size_t)(end - data) - at : size - at;
        ph_error_free(take(symbols, (struct ph_slice){(const char *)data + at, length}));
        for (size_t i = 0; i < sizeof(ADDRESSES) / sizeof(ADDRESSES[0]); i++)
            ph_error_free(look(symbols, ADDRESSES[i]));
        at += length + 1;
    }
    if (!symbols)
        return 0;
    ph_error_free(ph_ksymbols_named(symbols, (struct ph_slice){"twice", 5}, see, &sum));
    if (ph_ksymbols_module_range(symbols, (struct ph_slice){"leaky", 5}, &from, &to) && to <= from)
        __builtin_trap();
    (void)ph_ksymbols_hidden(symbols);
    (void)ph_ksymbols_count(symbols);
    return 0;
}
