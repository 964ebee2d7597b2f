#include "app/kernel_evidence.h"

#include <string.h>

#include "app/evidence_sites.h"
#include "app/kernel_evidence_parts.h"
#include "base/mem.h"
#include "base/os.h"
#include "image/elf.h"
#include "owner/linux/wrappers.h"
#include "source/linux/alloctraces.h"
#include "source/linux/kmemleak.h"

enum {
    LIST_MOST = PH_EVIDENCE_LIST_MOST,
    CONFIG_MOST = 1 << 20,
    SMALL_MOST = 1 << 16,
    NAME_MOST = 255
};

const char PH_FROM_ALLOC_TRACES[] = "slub_debug", PH_FROM_KMEMLEAK[] = "kmemleak",
           PH_FROM_PAGE_OWNER[] = "page_owner";

/* ------------------------------------------------------------------ files */

struct ph_error *ph_evidence_read(const struct ph_evidence_question *question, const char *path,
                                  size_t most, struct ph_text *text, bool *there)
{
    ph_autofree char *whole = ph_format("%s%s", question->root, path);

    *there = false;
    if (!whole)
        return ph_error_nomem();
    struct ph_error *error = ph_read_file(whole, most, text);
    *there = !error;
    if (error && (error->code == PH_ERR_NOT_FOUND || error->code == PH_ERR_ACCESS)) {
        ph_error_free(error);
        return NULL;
    }
    return ph_loss_error(question->losses, error);
}

/* A name that may stand in a path: those of caches are the kernel's, but a saved tree's and those
 * that people type are anybody's. */
static bool is_file_name(struct ph_slice name)
{
    return name.size && name.size <= NAME_MOST && name.data[0] != '.' &&
           !memchr(name.data, '/', name.size) && !memchr(name.data, 0, name.size);
}

static struct ph_error *slab_number(const struct ph_evidence_question *question,
                                    struct ph_slice cache, const char *file, uint32_t *number)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    ph_autofree char *path =
        ph_format("/sys/kernel/slab/%.*s/%s", (int)cache.size, cache.data, file);
    struct ph_slice word, rest;
    uint64_t value;
    bool there;

    if (!path)
        return ph_error_nomem();
    PH_TRY(ph_evidence_read(question, path, SMALL_MOST, &text, &there));
    rest = ph_text_slice(&text);
    while (rest.size && (unsigned char)rest.data[rest.size - 1] <= ' ')
        rest.size--;
    if (there && ph_slice_word(&rest, &word) && ph_parse_u64(word, &value) == PH_NUMBER_OK &&
        value <= UINT32_MAX)
        *number = (uint32_t)value;
    return NULL;
}

/* ------------------------------------------------------------------ ages */

/* alloc_traces counts age in jiffies. How long one is stands in the kernel's configuration only
 * (what sysconf() tells is another clock). */
static struct ph_error *read_hz(struct ph_evidence_question *question)
{
    static const char KEY[] = "CONFIG_HZ=";
    ph_autofree char *boot = ph_format("/boot/config-%s", question->release);
    const char *const paths[] = {"/proc/config.gz", boot};
    bool there = false;

    if (!boot)
        return ph_error_nomem();
    question->hz_read = true;
    for (size_t i = 0; i < 2 && !there; i++) {
        PH_GUARD(ph_text_fini) struct ph_text packed = {0};
        PH_GUARD(ph_text_fini) struct ph_text plain = {0};
        struct ph_slice line;
        if (i && (!question->release[0] || strchr(question->release, '/')))
            break;
        PH_TRY(ph_evidence_read(question, paths[i], CONFIG_MOST, &packed, &there));
        PH_TRY(ph_loss_error(question->losses,
                             ph_unpack(paths[i], ph_text_slice(&packed), CONFIG_MOST, &plain)));
        struct ph_slice text = ph_text_slice(plain.size ? &plain : &packed);
        struct ph_reader reader = ph_reader_of(paths[i], text.data, text.size);
        while (ph_reader_line(&reader, &line))
            if (ph_slice_starts(line, KEY))
                (void)ph_parse_u64(
                    (struct ph_slice){line.data + sizeof(KEY) - 1, line.size - (sizeof(KEY) - 1)},
                    &question->hz);
    }
    return NULL;
}

static struct ph_error *age_of(struct ph_evidence_question *question,
                               const struct ph_alloc_trace *trace, int64_t *age_ns)
{
    *age_ns = -1;
    if (!trace->have_age)
        return NULL;
    if (!question->hz_read)
        PH_TRY(read_hz(question));
    double seconds =
        question->hz ? (double)trace->age_most_jiffies / (double)question->hz : (double)NAN;
    if (seconds < 1e9) /* 30 years */
        *age_ns = (int64_t)(seconds * 1e9);
    return NULL;
}

/* ------------------------------------------------------------------ alloc_traces */

/* The list was asked for on the kernel's command line, yet is not there. */
static struct ph_error *miss(const struct ph_evidence_question *question, struct ph_slice cache)
{
    uint32_t kept = 0;

    PH_TRY(slab_number(question, cache, "store_user", &kept));
    if (!kept)
        return NULL;
    return ph_loss_add(question->losses, 0,
                       "slub_debug keeps who allocated '%.*s', but %s/sys/kernel/debug/slab cannot "
                       "be read: %s",
                       (int)cache.size, cache.data, question->root,
                       question->root[0] ? "save it too" : "mount debugfs there, and run as root");
}

static struct ph_error *take_traces(struct ph_evidence_question *question, struct ph_slice cache,
                                    struct ph_evidence_sites *sites)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    ph_autofree char *path =
        ph_format("/sys/kernel/debug/slab/%.*s/alloc_traces", (int)cache.size, cache.data);
    uint32_t bytes = question->slab_bytes;
    struct ph_alloc_trace trace;
    uint64_t bad = 0;
    bool there;

    if (!path)
        return ph_error_nomem();
    PH_TRY(ph_evidence_read(question, path, LIST_MOST, &text, &there));
    if (!there)
        return miss(question, cache);
    if (!bytes && text.size)
        PH_TRY(slab_number(question, cache, "slab_size", &bytes));
    struct ph_reader reader = ph_reader_of(path, ph_text_slice(&text).data, text.size);
    while (ph_alloc_traces_next(&reader, &trace, &bad)) {
        struct ph_evidence_record record = {
            .caller = trace.caller,
            .module = trace.module,
            .frames = trace.frames,
            .frame_count = trace.frame_count,
            .objects = (double)trace.objects,
            .bytes = bytes ? (double)trace.objects * bytes : (double)NAN,
        };
        PH_TRY(age_of(question, &trace, &record.oldest_ns));
        PH_TRY(ph_evidence_sites_add(sites, &record));
    }
    return bad ? ph_loss_add(question->losses, bad, "%s%s: lines that are none of this format",
                             question->root, path)
               : NULL;
}

static struct ph_error *ask_traces(struct ph_evidence_question *question, struct ph_trace *found)
{
    PH_GUARD(ph_evidence_sites_fini)
    struct ph_evidence_sites sites = {
        .trace = found, .origin = PH_FROM_ALLOC_TRACES, .kind = question->kind};
    struct ph_slice rest = ph_slice_of(question->series->aliases ? question->series->aliases : "");
    struct ph_slice name = question->series->tag;

    do
        if (is_file_name(name))
            PH_TRY(take_traces(question, name, &sites));
    while (ph_slice_word(&rest, &name));
    return NULL;
}

/* ------------------------------------------------------------------ kmemleak */

/* "kmalloc-4k", "kmalloc-cg-64": what the name says of the object's size; 0 = nothing. */
static uint32_t size_by_name(struct ph_slice tag)
{
    size_t digits = tag.size;
    uint64_t number;

    if (!ph_slice_starts(tag, "kmalloc-"))
        return 0;
    while (digits && tag.data[digits - 1] != '-')
        digits--;
    struct ph_slice text = {tag.data + digits, tag.size - digits};
    char unit = text.size ? text.data[text.size - 1] : 0;
    unsigned shift = unit == 'k' ? 10 : unit == 'M' ? 20 : 0;
    text.size -= shift != 0;
    return ph_parse_u64(text, &number) == PH_NUMBER_OK && number < 4096 ? (uint32_t)number << shift
                                                                        : 0;
}

/* kmemleak does not tell the cache, but the object's size and how it was allocated. */
static bool is_of_kind(enum ph_trace_kind kind, const struct ph_kmemleak *object)
{
    for (size_t i = 0; i < object->frame_count && i < 4; i++) {
        struct ph_slice frame = object->frames[i];
        bool cache = ph_slice_starts(frame, "kmem_cache_alloc");
        if (cache || ph_slice_starts(frame, "__kmalloc") || ph_slice_starts(frame, "kmalloc"))
            return cache == (kind == PH_TRACE_CACHE);
    }
    return false;
}

static struct ph_error *object_size(struct ph_evidence_question *question, uint32_t *bytes)
{
    *bytes = size_by_name(question->series->tag);
    if (!*bytes && is_file_name(question->series->tag))
        PH_TRY(slab_number(question, question->series->tag, "object_size", bytes));
    *bytes = *bytes ? *bytes : question->series->object_bytes;
    return NULL;
}

static struct ph_error *ask_kmemleak(struct ph_evidence_question *question, struct ph_trace *found)
{
    PH_GUARD(ph_evidence_sites_fini)
    struct ph_evidence_sites sites = {
        .trace = found, .origin = PH_FROM_KMEMLEAK, .kind = question->kind};
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct ph_kmemleak object;
    uint32_t bytes = 0;
    uint64_t bad = 0;
    bool there;

    PH_TRY(ph_evidence_read(question, "/sys/kernel/debug/kmemleak", LIST_MOST, &text, &there));
    if (!there || !text.size)
        return NULL;
    PH_TRY(object_size(question, &bytes));
    struct ph_reader reader = ph_reader_of("kmemleak", text.data, text.size);
    while (bytes && ph_kmemleak_next(&reader, &object, &bad)) {
        struct ph_evidence_record record = {
            .caller = {"", 0},
            .module = {"", 0},
            .frames = object.frames,
            .frame_count = object.frame_count,
            .objects = 1,
            .bytes = (double)(question->slab_bytes ? question->slab_bytes : bytes),
            .oldest_ns = -1,
        };
        if (object.bytes == bytes && is_of_kind(question->kind, &object))
            PH_TRY(ph_evidence_sites_add(&sites, &record));
    }
    return bad ? ph_loss_add(question->losses, bad,
                             "%s/sys/kernel/debug/kmemleak: objects whose size cannot be read",
                             question->root)
               : NULL;
}

/* ------------------------------------------------------------------ the whole */

struct ph_error *ph_kernel_evidence(const char *root, const char *release,
                                    const struct ph_series *series, struct ph_trace *found,
                                    struct ph_loss_list *losses)
{
    struct ph_evidence_question question = {
        .root = root ? root : "",
        .release = release ? release : "",
        .series = series,
        .kind = ph_slice_starts(series->tag, "kmalloc") ? PH_TRACE_KMALLOC : PH_TRACE_CACHE,
        .slab_bytes = series->slab_bytes,
        .losses = losses,
    };
    size_t first = found->count;

    if (ph_kernel_evidence_of_pages(series->tag)) {
        PH_TRY(ph_evidence_pages(&question, found));
    } else {
        PH_TRY(ask_traces(&question, found));
        PH_TRY(ask_kmemleak(&question, found));
    }
    for (size_t i = first; i < found->count; i++)
        PH_TRY(ph_attribute_site(&found->sites[i]));
    return NULL;
}

static bool is_unnamed(const struct ph_place *place)
{
    return place->address && !place->function;
}

bool ph_kernel_evidence_unnamed(const struct ph_trace *found)
{
    for (size_t i = 0; i < found->count; i++)
        for (size_t k = 0; k < found->sites[i].stack_count; k++)
            for (size_t f = 0; f < found->sites[i].stacks[k].frame_count; f++)
                if (is_unnamed(&found->sites[i].stacks[k].frames[f]))
                    return true;
    return false;
}

static struct ph_error *name_place(const struct ph_ksymbols *symbols, struct ph_place *place)
{
    return is_unnamed(place) ? ph_ksymbols_place(symbols, place->address, place) : NULL;
}

struct ph_error *ph_kernel_evidence_name(const struct ph_ksymbols *symbols, struct ph_trace *found)
{
    for (size_t i = 0; i < found->count; i++) {
        struct ph_trace_site *site = &found->sites[i];
        PH_TRY(name_place(symbols, &site->place));
        for (size_t k = 0; k < site->stack_count; k++)
            for (size_t f = 0; f < site->stacks[k].frame_count; f++)
                PH_TRY(name_place(symbols, &site->stacks[k].frames[f]));
        PH_TRY(ph_attribute_site(site));
    }
    return NULL;
}
