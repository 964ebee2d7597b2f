/* tracer_caches.c - which slab caches a tracer is asked for. */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "base/os.h"
#include "source/linux/trace/tracer_parts.h"

enum { SLABINFO_MOST = 16 << 20, PLAIN = 0, ACCOUNTED, RECLAIMABLE, DMA, FAMILIES };

bool ph_tracer_is_wanted(struct ph_slice cache, const char *const *patterns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ph_pattern_match(patterns[i], cache))
            return true;
    return false;
}

/* ------------------------------------------------------------------ kmalloc's caches */

/* An allocation by kmalloc() tells size and flags, never its cache. Which of kmalloc-512,
 * kmalloc-rnd-07-512, msg_msg-512 and memdup_user-512 it took is not told (kmem_buckets since 6.11,
 * RANDOM_KMALLOC_CACHES): all of them are the plain family and, where they are charged, the
 * accounted one. */
static const struct {
    const char *prefix;
    uint32_t families; /* mask */
} FAMILY_NAMES[] = {
    {"kmalloc-cg-", 1u << ACCOUNTED},
    {"kmalloc-rcl-", 1u << RECLAIMABLE},
    {"dma-kmalloc-", 1u << DMA},
    {"kmalloc-", 1u << PLAIN}, /* kmalloc-rnd-NN- and kmalloc-no-objext-, too */
    {"msg_msg-", 1u << PLAIN | 1u << ACCOUNTED},
    {"memdup_user-", 1u << PLAIN | 1u << ACCOUNTED},
};

/* "kmalloc-cg-4k": accounted, 4096. */
static bool read_name(struct ph_slice name, uint32_t *families, uint32_t *size)
{
    uint64_t number = 0;

    for (size_t i = 0; i < sizeof(FAMILY_NAMES) / sizeof(FAMILY_NAMES[0]); i++) {
        if (!ph_slice_starts(name, FAMILY_NAMES[i].prefix))
            continue;
        struct ph_slice digits = name;
        for (size_t k = 0; k < name.size; k++)
            if (name.data[k] == '-')
                digits = (struct ph_slice){name.data + k + 1, name.size - k - 1};
        bool kilo = digits.size && digits.data[digits.size - 1] == 'k';
        digits.size -= kilo;
        if (ph_parse_u64(digits, &number) != PH_NUMBER_OK || number > 1 << 20)
            return false;
        *families = FAMILY_NAMES[i].families;
        *size = (uint32_t)number * (kilo ? 1024 : 1);
        return true;
    }
    return false;
}

static void want(uint32_t families, uint32_t size, struct ph_raw_settings *settings)
{
    for (unsigned i = 0; i < FAMILIES; i++)
        if (families & 1u << i)
            settings->wanted_kmalloc[i] |= UINT64_C(1) << ph_raw_class(size);
}

void ph_tracer_kmalloc_of(struct ph_slice slabinfo, const char *const *patterns, size_t count,
                          struct ph_raw_settings *settings)
{
    struct ph_reader reader = ph_reader_of("/proc/slabinfo", slabinfo.data, slabinfo.size);
    struct ph_slice line, name;
    uint32_t there = 0;

    settings->filter_cache = count > 0;
    memset(settings->wanted_kmalloc, 0, sizeof(settings->wanted_kmalloc));
    while (ph_reader_line(&reader, &line)) {
        uint32_t families = 0, size = 0;
        if (!ph_slice_word(&line, &name) || !read_name(name, &families, &size))
            continue;
        there |= families;
        for (size_t i = 0; i < count; i++)
            if (ph_pattern_match(patterns[i], name))
                want(families, size, settings);
    }
    /* names that no slabinfo tells */
    for (size_t i = 0; i < count; i++) {
        uint32_t families = 0, size = 0;
        if (read_name(ph_slice_of(patterns[i]), &families, &size))
            want(families, size, settings);
        if (ph_pattern_match(patterns[i], ph_slice_of("(large kmalloc)")))
            want((1u << FAMILIES) - 1, PH_RAW_LARGEST_CACHE + 1, settings);
    }
    if (!there) /* unknown */
        return;
    if (!(there & 1u << ACCOUNTED))
        settings->gfp_accounted = 0;
    if (!(there & 1u << RECLAIMABLE))
        settings->gfp_reclaimable = 0;
    if (!(there & 1u << DMA))
        settings->gfp_dma = 0;
}

struct ph_error *ph_tracer_slabinfo(struct ph_text *text)
{
    struct ph_error *error = ph_read_file("/proc/slabinfo", SLABINFO_MOST, text);

    if (error && error->code == PH_ERR_NOMEM)
        return error;
    ph_error_free(error);
    return NULL;
}

/* ------------------------------------------------------------------ caches of their own */

static struct ph_error *want_name(int map, struct ph_slice name)
{
    char key[sizeof(((struct ph_raw_cache *)0)->name)] = {0};
    uint32_t yes = 1;

    memcpy(key, name.data, name.size < sizeof(key) ? name.size : sizeof(key) - 1);
    return bpf_map_update_elem(map, key, &yes, BPF_ANY)
               ? ph_error_errno(errno, "tracing: the filter of caches cannot be set")
               : NULL;
}

struct ph_error *ph_tracer_want_caches(int map, struct ph_slice slabinfo,
                                       const char *const *patterns, size_t count)
{
    struct ph_reader reader = ph_reader_of("/proc/slabinfo", slabinfo.data, slabinfo.size);
    struct ph_slice line, name;

    while (ph_reader_line(&reader, &line))
        if (ph_slice_word(&line, &name) && ph_tracer_is_wanted(name, patterns, count))
            PH_TRY(want_name(map, name));
    for (size_t i = 0; i < count; i++)
        PH_TRY(want_name(map, ph_slice_of(patterns[i])));
    return NULL;
}
