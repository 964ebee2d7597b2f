/* kinds.c - what kind of driver a file is, by its imports, its sections and what they hold. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "owner/tagscan/apis.h"
#include "owner/tagscan/tagscan.h"

enum {
    SUBSYSTEM_NATIVE = 1,
    SAMPLE = 1 << 16, /* bytes of a section that its entropy is taken of */
    SAMPLE_LEAST = 1 << 12,
    FEW_IMPORTS = 16
};
static const double PACKED_BITS = 7.2; /* compiled code stays below 6.8 bits a byte */

/* A library whose import tells the kind; with a name, only that import does. */
static const struct {
    const char *dll, *name;
    enum ph_driver_kind kind;
} IMPORTS[] = {
    {"ntoskrnl.exe", NULL, PH_DRIVER_KERNEL},
    {"hal.dll", NULL, PH_DRIVER_KERNEL},
    {"wdfldr.sys", NULL, PH_DRIVER_WDF},
    {"ndis.sys", NULL, PH_DRIVER_NDIS},
    {"fltmgr.sys", "FltRegisterFilter", PH_DRIVER_MINIFILTER},
    {"storport.sys", NULL, PH_DRIVER_STORPORT},
    {"scsiport.sys", NULL, PH_DRIVER_SCSIPORT},
    {"videoprt.sys", NULL, PH_DRIVER_VIDEO},
    {"dxgkrnl.sys", NULL, PH_DRIVER_VIDEO},
    {"displib.sys", NULL, PH_DRIVER_VIDEO},
    {"fwpkclnt.sys", NULL, PH_DRIVER_WFP},
    {"usbd.sys", NULL, PH_DRIVER_USB},
    {"usbport.sys", NULL, PH_DRIVER_USB},
    {"ucx01000.sys", NULL, PH_DRIVER_USB},
    {"udecx.sys", NULL, PH_DRIVER_USB},
};

/* Names that packers give to sections, by their beginning. */
static const char *const PACKERS[] = {".vmp",    "UPX",    ".themida", ".winlice", ".enigma",
                                      ".aspack", ".adata", ".mpress",  ".petite",  "VProtect"};

bool ph_is_allocator(struct ph_slice dll, struct ph_slice name)
{
    const struct ph_api *api = ph_api_by_name(name);

    (void)dll; /* the names are unmistakable, and some libraries forward them */
    return api && ph_api_allocates(api) && api->kind != PH_API_CONTEXTS;
}

static bool same_name(struct ph_slice dll, const char *name)
{
    return dll.data && dll.size == strlen(name) && !strncasecmp(dll.data, name, dll.size);
}

static double entropy(struct ph_slice bytes)
{
    uint32_t counts[256] = {0};
    double bits = 0;

    for (size_t i = 0; i < bytes.size; i++)
        counts[(uint8_t)bytes.data[i]]++;
    for (size_t i = 0; i < 256; i++)
        if (counts[i]) {
            double share = (double)counts[i] / (double)bytes.size;
            bits -= share * log2(share);
        }
    return bits;
}

static bool is_noise(const struct ph_pe *pe, const struct ph_pe_section *section)
{
    struct ph_slice bytes;

    if (!(section->flags & PH_PE_CODE) || !ph_pe_rest(pe, section->rva, &bytes) ||
        bytes.size < SAMPLE_LEAST)
        return false;
    if (bytes.size > SAMPLE)
        bytes.size = SAMPLE;
    return entropy(bytes) > PACKED_BITS;
}

static bool has_packers_name(const struct ph_pe_section *section)
{
    for (size_t i = 0; i < sizeof(PACKERS) / sizeof(PACKERS[0]); i++)
        if (!strncmp(section->name, PACKERS[i], strlen(PACKERS[i])))
            return true;
    return false;
}

/* A packer's section, or noise where code should be, in a file that imports hardly anything. */
static bool is_packed(const struct ph_pe *pe, size_t imports)
{
    size_t code = 0, noise = 0;

    for (size_t i = 0; i < pe->section_count && i < 96; i++) {
        if (has_packers_name(&pe->sections[i]))
            return true;
        code += (pe->sections[i].flags & PH_PE_CODE) != 0;
        noise += is_noise(pe, &pe->sections[i]);
    }
    return noise && (noise == code || imports <= FEW_IMPORTS);
}

struct ph_error *ph_driver_kinds_of(const struct ph_pe *pe, const struct ph_pe_imports *imports,
                                    uint32_t *kinds)
{
    uint32_t found = pe->subsystem == SUBSYSTEM_NATIVE ? PH_DRIVER_KERNEL : 0;
    struct ph_slice last = {0};

    for (size_t i = 0; i < imports->count; i++) {
        const struct ph_pe_import *import = &imports->items[i];
        bool again = import->dll.data == last.data && import->dll.size == last.size;
        last = import->dll;
        for (size_t k = 0; k < sizeof(IMPORTS) / sizeof(IMPORTS[0]); k++)
            if ((IMPORTS[k].name ? ph_slice_is(import->name, IMPORTS[k].name) : !again) &&
                same_name(import->dll, IMPORTS[k].dll))
                found |= IMPORTS[k].kind;
    }
    if (is_packed(pe, imports->count))
        found |= PH_DRIVER_PACKED;
    *kinds = found;
    return NULL;
}
