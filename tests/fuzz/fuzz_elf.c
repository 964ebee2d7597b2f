/* ELF files: sections, symbols, relocations, modinfo, build id, signature, and the caches they
 * create. */
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "identity/modsig.h"
#include "image/elf.h"
#include "owner/linux/kcaches.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ph_error *see(void *context, const struct ph_kcache *cache)
{
    size_t *count = context;

    *count += cache->name.size + cache->function.size;
    (void)ph_kcache_fits(cache->name, cache->name);
    return NULL;
}

static void look(const struct ph_elf *elf)
{
    struct ph_elf_symbol symbol;
    struct ph_elf_relocation relocation;
    struct ph_slice value;
    size_t count = 0, unresolved = 0;

    for (size_t i = 0; i < 10000 && ph_elf_symbol(elf, i, &symbol); i++)
        count += symbol.name.size;
    for (size_t i = 0; i < elf->section_count && i < 100; i++)
        for (size_t k = 0; k < 1000 && ph_elf_relocation(elf, &elf->sections[i], k, &relocation);
             k++)
            count += relocation.symbol;
    for (size_t n = 0; n < 100 && ph_elf_modinfo(elf, "author", n, &value); n++)
        count += value.size;
    count += ph_elf_build_id(elf).size;
    ph_error_free(ph_kcaches_of(elf, see, &count, &unresolved));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    PH_GUARD(ph_elf_fini) struct ph_elf elf = {0};
    PH_GUARD(ph_modsig_fini) struct ph_modsig signature = {0};
    PH_GUARD(ph_text_fini) struct ph_text unpacked = {0};
    struct ph_slice file = {(const char *)data, size}, signed_part, message;

    struct ph_error *error = ph_elf_parse("fuzz", file, &elf);
    if (!error)
        look(&elf);
    ph_error_free(error);
    if (ph_modsig_split(file, &signed_part, &message) == PH_MODSIG_FOUND)
        ph_error_free(ph_modsig_check(signed_part, message, (struct ph_slice){"", 0}, &signature));
    ph_error_free(ph_unpack("fuzz", file, 1 << 20, &unpacked));
    return 0;
}
