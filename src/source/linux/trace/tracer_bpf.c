/* tracer_bpf.c - the BPF program's life: what this kernel allows of it, maps, attaching, reading.
 *
 * Features are looked for, not versions: functions in the kernel's type information (BTF),
 * everything else by trying. A program that the kernel refuses and that is not essential is left
 * out, and told.
 */
#include "source/linux/trace/tracer_bpf.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/os.h"
#include "source/linux/trace/tracer_parts.h"
#include "tracer.skel.h" /* made by bpftool from tracer.bpf.c */

enum { PROGRAMS = sizeof(((struct ph_tracer_skel *)0)->progs) / sizeof(struct bpf_program *) };
enum { OBJECTS_LEAST = 4096, ROWS_AT_ONCE = 1024, LOG_MOST = 32 << 10 };

struct ph_tracer_bpf {
    struct ph_tracer_skel *skeleton;
    struct bpf_link *links[PROGRAMS];
    uint32_t kinds;
    int processors;
    int statistics; /* descriptor that keeps the counting of run time on; -1 = off */
    uint64_t map_bytes;
    char **patterns;
    size_t pattern_count, pattern_capacity;
    unsigned char *batch;    /* keys and numbers of ROWS_AT_ONCE rows */
    struct ph_raw_site *row; /* for each processor */
};

/* ------------------------------------------------------------------ what belongs together */

#define KIND(kind) (1u << (kind))
#define SLAB (KIND(PH_TRACE_KMALLOC) | KIND(PH_TRACE_CACHE))

/* In the order of the skeleton's programs, by name. */
static const struct program {
    const char *name;
    uint32_t kinds;       /* any of which needs it; 0 = always */
    const char *function; /* that must be in the kernel; NULL = none */
    const char *other;    /* one of the two functions is enough */
    bool essential;
    const char *without; /* what is missing without it; NULL = nobody misses it */
} PROGRAM_TABLE[] = {
    {"trace_kmalloc", KIND(PH_TRACE_KMALLOC), NULL, NULL, true, NULL},
    {"trace_kfree", SLAB, NULL, NULL, true, NULL},
    {"trace_cache_alloc", KIND(PH_TRACE_CACHE), NULL, NULL, true, NULL},
    {"trace_cache_free", SLAB, NULL, NULL, true, NULL},
    {"trace_free_bulk", SLAB, "kmem_cache_free_bulk", NULL, false,
     "bulk frees are noticed only when their addresses are handed out again"},
    {"trace_free_rcu", SLAB, "kvfree_call_rcu", NULL, false, NULL},
    {"trace_alloc_bulk_noprof", KIND(PH_TRACE_CACHE), "kmem_cache_alloc_bulk_noprof", NULL, false,
     NULL},
    {"trace_alloc_bulk", KIND(PH_TRACE_CACHE), "kmem_cache_alloc_bulk",
     "kmem_cache_alloc_bulk_noprof", false, NULL},
    {"trace_page_alloc", KIND(PH_TRACE_PAGES), NULL, NULL, true, NULL},
    {"trace_page_free", KIND(PH_TRACE_PAGES), NULL, NULL, true, NULL},
    {"trace_vmalloc_noprof", KIND(PH_TRACE_VMALLOC), "__vmalloc_node_range_noprof", NULL, false,
     "vmalloc is not traced; /proc/vmallocinfo still counts it by caller"},
    {"trace_vmalloc", KIND(PH_TRACE_VMALLOC), "__vmalloc_node_range", "__vmalloc_node_range_noprof",
     false, "vmalloc is not traced; /proc/vmallocinfo still counts it by caller"},
    {"trace_vfree", KIND(PH_TRACE_VMALLOC), "vfree", NULL, false,
     "vmalloc is not traced; /proc/vmallocinfo still counts it by caller"},
    {"trace_percpu_alloc", KIND(PH_TRACE_PERCPU), NULL, NULL, false,
     "per-CPU memory is not traced"},
    {"trace_percpu_free", KIND(PH_TRACE_PERCPU), NULL, NULL, false, "per-CPU memory is not traced"},
    {"coarsen", 0, NULL, NULL, true, NULL},
};

static const struct program *table_row(const char *name)
{
    for (size_t i = 0; i < sizeof(PROGRAM_TABLE) / sizeof(PROGRAM_TABLE[0]); i++)
        if (!strcmp(PROGRAM_TABLE[i].name, name))
            return &PROGRAM_TABLE[i];
    return NULL;
}

/* ------------------------------------------------------------------ libbpf's own words */

/* Only one tracer is opened at a time; its last complaints are kept for our one line. */
static char last_words[LOG_MOST];
static size_t last_size;

__attribute__((format(printf, 2, 0))) static int listen_to(enum libbpf_print_level level,
                                                           const char *format, va_list args)
{
    if (level == LIBBPF_DEBUG || last_size + 2 >= sizeof(last_words))
        return 0;
    int size = vsnprintf(last_words + last_size, sizeof(last_words) - last_size, format, args);
    if (size > 0)
        last_size += (size_t)size;
    if (last_size >= sizeof(last_words))
        last_size = sizeof(last_words) - 1;
    return size;
}

/* The program that libbpf says it could not load; NULL = none. "libbpf: prog 'x': failed to load".
 */
static const struct program *refused(void)
{
    for (size_t i = 0; i < sizeof(PROGRAM_TABLE) / sizeof(PROGRAM_TABLE[0]); i++) {
        char wanted[80];
        (void)snprintf(wanted, sizeof(wanted), "prog '%s': failed to load", PROGRAM_TABLE[i].name);
        if (strstr(last_words, wanted))
            return &PROGRAM_TABLE[i];
    }
    return NULL;
}

/* ------------------------------------------------------------------ the kernel's types */

/* Before 6.1 kmem_cache_free() told a name where it tells the cache now. */
static bool tells_cache(const struct btf *btf)
{
    int id = btf__find_by_name_kind(btf, "btf_trace_kmem_cache_free", BTF_KIND_TYPEDEF);
    const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;

    for (unsigned i = 0; type && i < 4 && !btf_is_func_proto(type); i++)
        type = btf__type_by_id(btf, type->type);
    if (!type || !btf_is_func_proto(type) || btf_vlen(type) < 4)
        return false;
    type = btf__type_by_id(btf, btf_params(type)[3].type); /* behind __data, call_site, ptr */
    for (unsigned i = 0; type && i < 6; i++) {
        if (btf_is_struct(type))
            return !strcmp(btf__name_by_offset(btf, type->name_off), "kmem_cache");
        type = btf_is_ptr(type) || btf_is_mod(type) ? btf__type_by_id(btf, type->type) : NULL;
    }
    return false;
}

/* Bits of gfp_t: an enum since 6.10 (commit 772dd0342727), before that constants that had not
 * changed since 6.1 (include/linux/gfp_types.h). */
static uint64_t gfp_bit(const struct btf *btf, const char *name, uint64_t before)
{
    __u32 count = btf__type_cnt(btf);

    for (__u32 id = 1; id < count; id++) {
        const struct btf_type *type = btf__type_by_id(btf, id);
        if (!btf_is_enum(type) || type->name_off)
            continue;
        const struct btf_enum *value = btf_enum(type);
        for (__u16 i = 0; i < btf_vlen(type); i++) {
            const char *member = btf__name_by_offset(btf, value[i].name_off);
            if (member && !strcmp(member, name))
                return UINT64_C(1) << value[i].val;
        }
    }
    return before;
}

static bool has_function(const struct btf *btf, const char *name)
{
    return btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) > 0;
}

/* kvfree_call_rcu() is of interest only where sheaves swallow what it is given. */
static bool is_useful(const struct program *row, const struct btf *btf)
{
    if (row->function && !has_function(btf, row->function))
        return false;
    if (row->other && has_function(btf, row->other))
        return false;
    return strcmp(row->name, "trace_free_rcu") != 0 ||
           btf__find_by_name_kind(btf, "slab_sheaf", BTF_KIND_STRUCT) > 0;
}

/* ------------------------------------------------------------------ opening */

struct attempt {
    const struct ph_tracer_bpf_options *options;
    struct ph_loss_list *losses;
    struct ph_tracer_bpf *bpf;
    struct btf *btf;
    uint64_t objects_most;
    uint32_t off; /* programs by place in PROGRAM_TABLE that are left out */
    struct ph_raw_settings settings;
};

static uint32_t place_of(const struct program *row)
{
    return 1u << (row - PROGRAM_TABLE);
}

static bool is_wanted(const struct attempt *attempt, const struct program *row)
{
    return (!row->kinds || row->kinds & attempt->options->kinds) && !(attempt->off & place_of(row));
}

/* Looked up once: each name takes a walk over all of the kernel's types. */
static void leave_out_useless(struct attempt *attempt)
{
    for (size_t i = 0; i < sizeof(PROGRAM_TABLE) / sizeof(PROGRAM_TABLE[0]); i++)
        if (is_wanted(attempt, &PROGRAM_TABLE[i]) && !is_useful(&PROGRAM_TABLE[i], attempt->btf))
            attempt->off |= place_of(&PROGRAM_TABLE[i]);
}

/* The two halves of one kind go together: allocations without frees would all seem to live. */
static void leave_out(struct attempt *attempt, const struct program *row)
{
    attempt->off |= place_of(row);
    if (!row->without || row->essential)
        return;
    for (size_t i = 0; i < sizeof(PROGRAM_TABLE) / sizeof(PROGRAM_TABLE[0]); i++)
        if (PROGRAM_TABLE[i].without && PROGRAM_TABLE[i].kinds == row->kinds &&
            !strcmp(PROGRAM_TABLE[i].without, row->without))
            attempt->off |= place_of(&PROGRAM_TABLE[i]);
}

/* 524: a number of the kernel's own, which the C library has no words for. Before 6.3 no function
 * with more than six arguments can be traced. */
static const char *why(int code)
{
    enum { ENOTSUPP_INSIDE = 524 };

    if (code == EPERM)
        return "the kernel does not allow to trace functions here";
    return code == ENOTSUPP_INSIDE ? "this kernel cannot trace functions of its kind"
                                   : strerror(code);
}

static struct ph_error *tell(struct attempt *attempt, const struct program *row, int code)
{
    leave_out(attempt, row);
    if (!row->without)
        return NULL;
    return ph_loss_add(attempt->losses, 0, "%s: %s (%s)", row->without,
                       row->function ? row->function : row->name, why(code));
}

/* Where one function may not be traced none may: another attempt for each would only take time. */
static struct ph_error *tell_functions(struct attempt *attempt, int code)
{
    for (size_t i = 0; i < sizeof(PROGRAM_TABLE) / sizeof(PROGRAM_TABLE[0]); i++)
        if (PROGRAM_TABLE[i].function && is_wanted(attempt, &PROGRAM_TABLE[i]))
            PH_TRY(tell(attempt, &PROGRAM_TABLE[i], code));
    return NULL;
}

static struct ph_error *set_up(struct attempt *attempt, struct ph_tracer_skel *skeleton)
{
    const struct ph_tracer_bpf_options *options = attempt->options;
    struct bpf_program *program;

    bpf_object__for_each_program(program, skeleton->obj)
    {
        const struct program *row = table_row(bpf_program__name(program));
        (void)bpf_program__set_autoload(program, row && is_wanted(attempt, row));
    }
    if (bpf_map__set_max_entries(skeleton->maps.objects, (__u32)attempt->objects_most) ||
        bpf_map__set_max_entries(skeleton->maps.sites, (__u32)options->sites_most) ||
        bpf_map__set_max_entries(skeleton->maps.rows, (__u32)options->sites_most) ||
        bpf_map__set_max_entries(skeleton->maps.free_rows, (__u32)options->sites_most) ||
        bpf_map__set_max_entries(skeleton->maps.stacks, (__u32)options->stacks_most))
        return ph_errorf(PH_ERR_INTERNAL, "tracing: the maps cannot be sized");
    skeleton->bss->settings = attempt->settings;
    return NULL;
}

/* Loads until the kernel takes it: leaves out what it refuses, asks for less memory. */
static struct ph_error *load(struct attempt *attempt)
{
    for (;;) {
        struct ph_tracer_skel *skeleton = ph_tracer_skel__open();
        if (!skeleton)
            return errno == ENOMEM ? ph_error_nomem()
                                   : ph_error_errno(errno, "tracing: the program is damaged");
        struct ph_error *error = set_up(attempt, skeleton);
        if (error) {
            ph_tracer_skel__destroy(skeleton);
            return error;
        }
        last_size = 0;
        last_words[0] = 0;
        int failed = -ph_tracer_skel__load(skeleton);
        if (!failed) {
            attempt->bpf->skeleton = skeleton;
            return NULL;
        }
        ph_tracer_skel__destroy(skeleton);
        const struct program *row = refused();
        if (row && !row->essential && !(attempt->off & place_of(row))) {
            PH_TRY(tell(attempt, row, failed));
            if (failed == EPERM && row->function)
                PH_TRY(tell_functions(attempt, failed));
        } else if ((failed == ENOMEM || failed == E2BIG) && !row &&
                   attempt->objects_most > OBJECTS_LEAST) {
            attempt->objects_most /= 2;
        } else {
            return ph_tracer_refusal(failed, row ? row->name : NULL, last_words);
        }
    }
}

static struct ph_error *attach(struct attempt *attempt)
{
    struct ph_tracer_bpf *bpf = attempt->bpf;
    struct bpf_program *program;
    size_t n = 0;

    bpf_object__for_each_program(program, bpf->skeleton->obj)
    {
        const struct program *row = table_row(bpf_program__name(program));
        size_t place = n++;
        if (!row || !row->kinds || !bpf_program__autoload(program) || attempt->off & place_of(row))
            continue;
        bpf->links[place] = bpf_program__attach(program);
        if (bpf->links[place])
            continue;
        if (row->essential)
            return ph_tracer_refusal(errno, row->name, last_words);
        PH_TRY(tell(attempt, row, errno));
    }
    return NULL;
}

/* A half that was attached before its other half was refused. */
static void detach_halves(struct attempt *attempt)
{
    struct ph_tracer_bpf *bpf = attempt->bpf;
    struct bpf_program *program;
    size_t n = 0;

    bpf_object__for_each_program(program, bpf->skeleton->obj)
    {
        const struct program *row = table_row(bpf_program__name(program));
        size_t place = n++;
        if (!row || !bpf->links[place])
            continue;
        if (attempt->off & place_of(row)) {
            (void)bpf_link__destroy(bpf->links[place]);
            bpf->links[place] = NULL;
        } else {
            bpf->kinds |= row->kinds & attempt->options->kinds;
        }
    }
}

static void fill_settings(struct attempt *attempt)
{
    struct ph_raw_settings *settings = &attempt->settings;
    struct ph_os_facts facts;

    ph_os_facts(&facts);
    *settings = attempt->options->settings;
    settings->own_tgid = (ph_raw32)getpid();
    settings->page_bytes = facts.page_bytes;
    settings->processors = (ph_raw32)attempt->bpf->processors;
    settings->gfp_dma = gfp_bit(attempt->btf, "___GFP_DMA_BIT", 0x1);
    settings->gfp_reclaimable = gfp_bit(attempt->btf, "___GFP_RECLAIMABLE_BIT", 0x10);
    settings->gfp_accounted = gfp_bit(attempt->btf, "___GFP_ACCOUNT_BIT", 0x400000);
}

static uint64_t bytes_of_maps(const struct ph_tracer_bpf *bpf)
{
    struct bpf_map *map;
    uint64_t bytes = 0;

    bpf_object__for_each_map(map, bpf->skeleton->obj)
    {
        char path[64];
        PH_GUARD(ph_text_fini) struct ph_text text = {0};
        (void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", bpf_map__fd(map));
        struct ph_error *error = ph_read_file(path, 1 << 16, &text);
        const char *at = !error && text.data ? strstr(text.data, "memlock:") : NULL;
        if (at)
            bytes += strtoull(at + sizeof("memlock:") - 1, NULL, 10);
        ph_error_free(error);
    }
    return bytes;
}

static struct ph_error *free_all_rows(struct ph_tracer_bpf *bpf)
{
    int map = bpf_map__fd(bpf->skeleton->maps.free_rows);
    uint32_t count = bpf_map__max_entries(bpf->skeleton->maps.rows);

    for (uint32_t i = 0; i < count; i++)
        if (bpf_map_update_elem(map, NULL, &i, BPF_ANY))
            return ph_error_errno(errno, "tracing: the rows of sites cannot be made ready");
    return NULL;
}

static struct ph_error *open_all(struct attempt *attempt)
{
    const struct ph_tracer_bpf_options *options = attempt->options;
    PH_GUARD(ph_text_fini) struct ph_text slabinfo = {0};
    struct ph_tracer_bpf *bpf = attempt->bpf;

    attempt->btf = btf__load_vmlinux_btf();
    if (!attempt->btf)
        return ph_tracer_no_types(errno);
    if (!tells_cache(attempt->btf))
        return ph_errorf(PH_ERR_NOT_FOUND,
                         "tracing needs the allocation events of Linux 6.1 or newer; this kernel's "
                         "are older: use slub_debug=U and alloc_traces");
    bpf->processors = libbpf_num_possible_cpus();
    if (bpf->processors < 1)
        return ph_errorf(PH_ERR_INTERNAL, "tracing: the number of processors is unknown");
    fill_settings(attempt);
    leave_out_useless(attempt);
    PH_TRY(ph_tracer_slabinfo(&slabinfo));
    ph_tracer_kmalloc_of(ph_text_slice(&slabinfo), options->caches, options->cache_count,
                         &attempt->settings);
    PH_TRY(load(attempt));
    bpf->batch = ph_zalloc(ROWS_AT_ONCE, sizeof(struct ph_raw_site_key) + sizeof(uint32_t));
    bpf->row = ph_zalloc((size_t)bpf->processors, sizeof(*bpf->row));
    if (!bpf->batch || !bpf->row)
        return ph_error_nomem();
    PH_TRY(free_all_rows(bpf));
    PH_TRY(ph_tracer_want_caches(bpf_map__fd(bpf->skeleton->maps.wanted_names),
                                 ph_text_slice(&slabinfo), options->caches, options->cache_count));
    PH_TRY(attach(attempt));
    detach_halves(attempt);
    if (attempt->objects_most < options->objects_most)
        PH_TRY(ph_loss_add(attempt->losses, 0,
                           "memory is short: at most %llu living objects can be followed",
                           (unsigned long long)attempt->objects_most));
    bpf->map_bytes = bytes_of_maps(bpf);
    return NULL;
}

static struct ph_error *add_patterns(const char *const *caches, size_t count,
                                     struct ph_tracer_bpf *bpf)
{
    PH_TRY(ph_grow(&bpf->patterns, &bpf->pattern_capacity, bpf->pattern_count + count,
                   sizeof(*bpf->patterns)));
    for (size_t i = 0; i < count; i++) {
        char *copy = ph_strdup(caches[i]);
        if (!copy)
            return ph_error_nomem();
        bpf->patterns[bpf->pattern_count++] = copy;
    }
    return NULL;
}

struct ph_error *ph_tracer_bpf_open(const struct ph_tracer_bpf_options *options,
                                    struct ph_loss_list *losses, struct ph_tracer_bpf **bpf)
{
    struct ph_tracer_bpf *fresh = ph_zalloc(1, sizeof(*fresh));
    struct attempt attempt = {
        .options = options,
        .losses = losses,
        .bpf = fresh,
        .objects_most = options->objects_most,
    };

    if (!fresh)
        return ph_error_nomem();
    fresh->statistics = -1;
    (void)libbpf_set_print(listen_to);
    (void)libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
    struct ph_error *error = add_patterns(options->caches, options->cache_count, fresh);
    if (!error)
        error = open_all(&attempt);
    btf__free(attempt.btf);
    if (error)
        ph_tracer_bpf_close(fresh);
    else
        *bpf = fresh;
    return error;
}

void ph_tracer_bpf_close(struct ph_tracer_bpf *bpf)
{
    if (!bpf)
        return;
    (void)ph_tracer_bpf_measure(bpf, false);
    for (size_t i = 0; i < PROGRAMS; i++)
        (void)bpf_link__destroy(bpf->links[i]);
    ph_tracer_skel__destroy(bpf->skeleton);
    for (size_t i = 0; i < bpf->pattern_count; i++)
        ph_free(bpf->patterns[i]);
    ph_free(bpf->patterns);
    ph_free(bpf->batch);
    ph_free(bpf->row);
    ph_free(bpf);
}

uint32_t ph_tracer_bpf_kinds(const struct ph_tracer_bpf *bpf)
{
    return bpf->kinds;
}

struct ph_raw_settings *ph_tracer_bpf_settings(struct ph_tracer_bpf *bpf)
{
    return &bpf->skeleton->bss->settings;
}

uint64_t ph_tracer_bpf_objects_most(const struct ph_tracer_bpf *bpf)
{
    return bpf_map__max_entries(bpf->skeleton->maps.objects);
}

uint64_t ph_tracer_bpf_map_bytes(const struct ph_tracer_bpf *bpf)
{
    return bpf->map_bytes;
}

/* ------------------------------------------------------------------ reading */

static void add_up(const struct ph_raw_site *each, int processors, struct ph_raw_site *sum)
{
    *sum = (struct ph_raw_site){0};
    for (int i = 0; i < processors; i++) {
        sum->allocs += each[i].allocs;
        sum->frees += each[i].frees;
        sum->bytes_allocated += each[i].bytes_allocated;
        sum->bytes_freed += each[i].bytes_freed;
        sum->requested_allocated += each[i].requested_allocated;
        sum->requested_freed += each[i].requested_freed;
        sum->implicit_frees += each[i].implicit_frees;
        sum->given_up += each[i].given_up;
        sum->bytes_given_up += each[i].bytes_given_up;
        sum->requested_given_up += each[i].requested_given_up;
    }
}

/* Caches that appeared after the tracing began are compared with the patterns now; `again`: all. An
 * entry that is changed moves within the map, so all keys are read first. */
static void look_at_caches(struct ph_tracer_bpf *bpf, bool again)
{
    int map = bpf_map__fd(bpf->skeleton->maps.caches);
    uint64_t *keys = (uint64_t *)bpf->batch, *before = NULL;
    size_t most = ROWS_AT_ONCE * sizeof(struct ph_raw_site_key) / sizeof(*keys), count = 0;

    while (bpf->pattern_count && count < most && !bpf_map_get_next_key(map, before, &keys[count]))
        before = &keys[count++];
    for (size_t i = 0; i < count; i++) {
        struct ph_raw_cache cache;
        if (bpf_map_lookup_elem(map, &keys[i], &cache) || (cache.checked && !again))
            continue;
        cache.checked = 1;
        cache.wanted = ph_tracer_is_wanted(ph_slice_of(cache.name),
                                           (const char *const *)bpf->patterns, bpf->pattern_count);
        (void)bpf_map_update_elem(map, &keys[i], &cache, BPF_EXIST);
    }
}

struct ph_error *ph_tracer_bpf_add_caches(struct ph_tracer_bpf *bpf, const char *const *caches,
                                          size_t count)
{
    struct ph_raw_settings *live = ph_tracer_bpf_settings(bpf), settings = *live;
    PH_GUARD(ph_text_fini) struct ph_text slabinfo = {0};

    if (!bpf->pattern_count)
        return NULL;
    PH_TRY(add_patterns(caches, count, bpf));
    PH_TRY(ph_tracer_slabinfo(&slabinfo));
    ph_tracer_kmalloc_of(ph_text_slice(&slabinfo), (const char *const *)bpf->patterns,
                         bpf->pattern_count, &settings);
    memcpy(live->wanted_kmalloc, settings.wanted_kmalloc, sizeof(live->wanted_kmalloc));
    PH_TRY(ph_tracer_want_caches(bpf_map__fd(bpf->skeleton->maps.wanted_names),
                                 ph_text_slice(&slabinfo), caches, count));
    look_at_caches(bpf, true);
    return NULL;
}

struct ph_error *ph_tracer_bpf_sites(struct ph_tracer_bpf *bpf,
                                     struct ph_error *(*visit)(void *context,
                                                               const struct ph_raw_site_key *key,
                                                               const struct ph_raw_site *site),
                                     void *context)
{
    int map = bpf_map__fd(bpf->skeleton->maps.sites);
    int rows = bpf_map__fd(bpf->skeleton->maps.rows);
    uint64_t left = 2ull * bpf_map__max_entries(bpf->skeleton->maps.sites);
    struct ph_raw_site_key *keys = (void *)bpf->batch;
    uint32_t *numbers = (void *)(keys + ROWS_AT_ONCE);
    __u32 token = 0, *from = NULL;
    int failed = 0;

    look_at_caches(bpf, false);
    while (!failed && left) {
        __u32 count = ROWS_AT_ONCE;
        failed = bpf_map_lookup_batch(map, from, &token, keys, numbers, &count, NULL) ? errno : 0;
        if (failed && failed != ENOENT) /* ENOENT: the last ones */
            return ph_error_errno(failed, "tracing: the sites cannot be read");
        from = &token;
        left -= count < left ? count : left;
        for (__u32 i = 0; i < count; i++) {
            struct ph_raw_site sum;
            if (bpf_map_lookup_elem(rows, &numbers[i], bpf->row))
                return ph_error_errno(errno, "tracing: the numbers of a site cannot be read");
            add_up(bpf->row, bpf->processors, &sum);
            PH_TRY(visit(context, &keys[i], &sum));
        }
    }
    return NULL;
}

/* Nobody counts in a row whose epoch is over and of which nothing lives: it may be another's. */
void ph_tracer_bpf_forget(struct ph_tracer_bpf *bpf, const struct ph_raw_site_key *key)
{
    int map = bpf_map__fd(bpf->skeleton->maps.sites);
    uint32_t number;

    if (bpf_map_lookup_elem(map, key, &number) || bpf_map_delete_elem(map, key))
        return;
    memset(bpf->row, 0, sizeof(*bpf->row) * (size_t)bpf->processors);
    if (!bpf_map_update_elem(bpf_map__fd(bpf->skeleton->maps.rows), &number, bpf->row, BPF_ANY))
        (void)bpf_map_update_elem(bpf_map__fd(bpf->skeleton->maps.free_rows), NULL, &number,
                                  BPF_ANY);
}

bool ph_tracer_bpf_cache(struct ph_tracer_bpf *bpf, ph_raw64 cache, struct ph_raw_cache *found)
{
    return !bpf_map_lookup_elem(bpf_map__fd(bpf->skeleton->maps.caches), &cache, found);
}

size_t ph_tracer_bpf_stack(struct ph_tracer_bpf *bpf, ph_raw32 stack,
                           ph_raw64 frames[PH_RAW_FRAMES])
{
    size_t count = 0;

    if (bpf_map_lookup_elem(bpf_map__fd(bpf->skeleton->maps.stacks), &stack, frames))
        return 0;
    while (count < PH_RAW_FRAMES && frames[count])
        count++;
    return count;
}

struct ph_error *ph_tracer_bpf_want_stack(struct ph_tracer_bpf *bpf, ph_raw64 address)
{
    __u32 yes = 1;

    return bpf_map_update_elem(bpf_map__fd(bpf->skeleton->maps.stack_sites), &address, &yes,
                               BPF_ANY)
               ? ph_error_errno(errno, "tracing: no stacks can be taken at one more site")
               : NULL;
}

struct ph_error *ph_tracer_bpf_coarsen(struct ph_tracer_bpf *bpf, ph_raw32 mask)
{
    ph_raw32 context = mask;
    LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = &context, .ctx_size_in = sizeof(context));

    return bpf_prog_test_run_opts(bpf_program__fd(bpf->skeleton->progs.coarsen), &run)
               ? ph_error_errno(errno, "tracing: sampling cannot be made coarser")
               : NULL;
}

void ph_tracer_bpf_counters(struct ph_tracer_bpf *bpf, uint64_t counters[PH_RAW_COUNTERS],
                            uint64_t *missed)
{
    uint64_t *each = (uint64_t *)bpf->row; /* large enough: a row has more numbers */
    struct bpf_program *program;
    __u32 first = 0;

    memset(counters, 0, PH_RAW_COUNTERS * sizeof(counters[0]));
    *missed = 0;
    if (!bpf_map_lookup_elem(bpf_map__fd(bpf->skeleton->maps.counters), &first, each))
        for (int cpu = 0; cpu < bpf->processors; cpu++)
            for (size_t i = 0; i < PH_RAW_COUNTERS; i++)
                counters[i] += each[(size_t)cpu * PH_RAW_COUNTERS + i];
    bpf_object__for_each_program(program, bpf->skeleton->obj)
    {
        struct bpf_prog_info info = {0};
        __u32 size = sizeof(info);
        int fd = bpf_program__fd(program);
        if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size))
            *missed += info.recursion_misses;
    }
}

/* ------------------------------------------------------------------ the cost */

bool ph_tracer_bpf_measure(struct ph_tracer_bpf *bpf, bool on)
{
    if (!on) {
        if (bpf->statistics >= 0)
            (void)close(bpf->statistics);
        bpf->statistics = -1;
        return true;
    }
    if (bpf->statistics < 0)
        bpf->statistics = bpf_enable_stats(BPF_STATS_RUN_TIME);
    return bpf->statistics >= 0;
}

bool ph_tracer_bpf_cost(struct ph_tracer_bpf *bpf, uint64_t *runs, uint64_t *run_ns)
{
    struct bpf_program *program;

    *runs = *run_ns = 0;
    bpf_object__for_each_program(program, bpf->skeleton->obj)
    {
        struct bpf_prog_info info = {0};
        __u32 size = sizeof(info);
        int fd = bpf_program__fd(program);
        if (fd < 0)
            continue;
        if (bpf_obj_get_info_by_fd(fd, &info, &size))
            return false;
        *runs += info.run_cnt;
        *run_ns += info.run_time_ns;
    }
    return true;
}
