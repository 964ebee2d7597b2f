/* wdf.c - see wdf.h.
 *
 * WDF_BIND_INFO, from the framework's public headers (offsets with 8-byte, 4-byte pointers):
 *
 *     00  00  size
 *     08  04  pointer to the component's name: L"KmdfLibrary"
 *     10  08  major, minor, build: 4 bytes each
 *     1c  14  number of functions
 *     20  18  WdfFunctions: in old stub libraries (1.9 and before) the table itself, which the
 *             loader fills; in newer ones the address of a pointer to the table
 */
#include "owner/tagscan/wdf.h"

#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "owner/tagscan/apis.h"
#include "owner/tagscan/refs.h"

enum { COUNT_MOST = 4096, MINOR_OF_ARRAYS = 9, TABLE_NARROW = 0xfff00000 };
static const uint64_t TABLE_WIDE = 0x7ff0000000000000; /* no address on any machine */

static const char NAME[] = "K\0m\0d\0f\0L\0i\0b\0r\0a\0r\0y\0\0"; /* UTF-16 with its end */

static uint64_t made_up(const struct ph_wdf *wdf)
{
    return wdf->pointer == 8 ? TABLE_WIDE : TABLE_NARROW;
}

/* Reads the bind information whose second field, at `field`, points to the name. */
static bool read_bind(const struct ph_pe *pe, uint32_t field, struct ph_wdf *wdf, uint32_t *minor)
{
    uint32_t step = wdf->pointer, major, table;

    if (!ph_pe_u32(pe, field + step, &major) || major != 1 ||
        !ph_pe_u32(pe, field + step + 4, minor) || !ph_pe_u32(pe, field + step + 12, &wdf->count) ||
        wdf->count == 0 || wdf->count > COUNT_MOST || !ph_pe_pointer(pe, field + step + 16, &table))
        return false;
    wdf->table = pe->base + table;
    return true;
}

/* Searches the data for pointers to `name`. */
static bool find_bind(const struct ph_pe *pe, uint32_t name, struct ph_wdf *wdf, uint32_t *minor)
{
    uint64_t address = pe->base + name;
    char wanted[8];

    for (unsigned i = 0; i < 8; i++)
        wanted[i] = (char)(uint8_t)(address >> 8 * i);
    for (size_t i = 0; i < pe->span_count; i++) {
        struct ph_slice bytes;
        if (!ph_pe_rest(pe, pe->spans[i].begin, &bytes))
            continue;
        const char *at = bytes.data, *end = bytes.data + bytes.size;
        while ((at = ph_find_bytes(at, (size_t)(end - at), wanted, wdf->pointer))) {
            if (read_bind(pe, pe->spans[i].begin + (uint32_t)(at - bytes.data), wdf, minor))
                return true;
            at++;
        }
    }
    return false;
}

/* True when some code names the address. */
static struct ph_error *is_used(const struct ph_pe *pe, uint32_t rva, bool *used)
{
    PH_GUARD(ph_refs_fini) struct ph_refs refs = {0};

    *used = false;
    PH_TRY(ph_refs_find(pe, &rva, 1, &refs));
    for (size_t i = 0; i < refs.count; i++)
        *used |= refs.items[i].kind != PH_REF_DATA;
    return NULL;
}

/* Which of the two it is shows in the version; a stub library that is built otherwise, by what the
 * code uses: every call loads the pointer, while the array's first function is hardly ever called.
 */
static struct ph_error *find_form(const struct ph_pe *pe, struct ph_wdf *wdf, uint32_t minor)
{
    size_t count;
    const struct ph_wdf_function *functions = ph_wdf_functions(&count);
    uint32_t table = (uint32_t)(wdf->table - pe->base);
    bool used;

    PH_TRY(is_used(pe, table, &used));
    wdf->is_pointer = used;
    wdf->is_array = !used || minor <= MINOR_OF_ARRAYS;
    wdf->target_count = 0;
    if (used)
        wdf->targets[wdf->target_count++] = table;
    for (size_t i = 0; wdf->is_array && i < count; i++)
        if (functions[i].index < wdf->count)
            wdf->targets[wdf->target_count++] = table + functions[i].index * wdf->pointer;
    return NULL;
}

struct ph_error *ph_wdf_find(const struct ph_pe *pe, struct ph_wdf *wdf)
{
    struct ph_wdf made = {.pointer = pe->wide ? 8 : 4};
    uint32_t minor;

    for (size_t i = 0; i < pe->span_count && !made.found; i++) {
        struct ph_slice bytes;
        if (!ph_pe_rest(pe, pe->spans[i].begin, &bytes))
            continue;
        const char *at = ph_find_bytes(bytes.data, bytes.size, NAME, sizeof(NAME) - 1);
        made.found =
            at && find_bind(pe, pe->spans[i].begin + (uint32_t)(at - bytes.data), &made, &minor);
    }
    if (made.found)
        PH_TRY(find_form(pe, &made, minor));
    *wdf = made;
    return NULL;
}

bool ph_wdf_load(const struct ph_wdf *wdf, uint64_t address, struct ph_abs *value)
{
    size_t count;
    const struct ph_wdf_function *functions = ph_wdf_functions(&count);

    if (!wdf->found)
        return false;
    if (wdf->is_pointer && address == wdf->table) {
        *value = ph_abs_constant(made_up(wdf));
        return true;
    }
    uint64_t start = wdf->is_array && address - wdf->table < (uint64_t)wdf->count * wdf->pointer
                         ? wdf->table
                         : made_up(wdf);
    if (address - start >= (uint64_t)wdf->count * wdf->pointer)
        return false;
    for (size_t i = 0; i < count && i < PH_WDF_FUNCTIONS; i++)
        if (address - start == functions[i].index * (uint64_t)wdf->pointer)
            *value = ph_abs_symbol(PH_SYMBOL_IMPORT, wdf->numbers[i], 0);
    return true;
}
