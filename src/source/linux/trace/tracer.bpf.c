// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* tracer.bpf.c - runs in the kernel: counts allocations and frees by call site, and keeps what
 * lives.
 *
 * raw_tp programs get their arguments as plain numbers: typed ones are refused by the verifiers of
 * 6.1 and 6.12 where an argument is an untyped pointer. The arguments' order is that of the events'
 * TP_PROTO since 6.1 (include/trace/events/kmem.h, percpu.h).
 *
 * Some frees are seen by no tracepoint (bulk frees, kfree_rcu(), sheaves since 6.18): when an
 * address is handed out again that is still held to live, such a free has happened, and is credited
 * then.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include <bpf/bpf_core_read.h>

#include "source/linux/trace/trace_raw.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The names of enum ph_trace_kind */
enum { KMALLOC, CACHE, PAGES, VMALLOC, PERCPU };
enum { ERROR_EXISTS = -17, MIGRATE_MOVABLE = 1, NAME_BYTES = 40 };
/* __percpu addresses are offsets, which could be addresses of something else, too */
#define PERCPU_KEY (1ull << 62)

/* Only these members are used; their places are found when the program is loaded. */
struct kmem_cache {
    unsigned int size, object_size;
    const char *name;
} __attribute__((preserve_access_index));

volatile struct ph_raw_settings settings;

/* What the programs fill has its memory from the beginning. Elements that are allocated as they are
 * needed would themselves be followed, each with one more element, until the map is full. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1);
    __type(key, __u64);
    __type(value, struct ph_raw_object);
} objects SEC(".maps");

/* A site's numbers stand in a row of their own, which objects name by its number: a free need not
 * look its site up by the key. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1);
    __type(key, struct ph_raw_site_key);
    __type(value, __u32);
} sites SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct ph_raw_site);
} rows SEC(".maps");

/* Numbers of rows that are nobody's and zero. */
struct {
    __uint(type, BPF_MAP_TYPE_QUEUE);
    __uint(max_entries, 1);
    __type(value, __u32);
} free_rows SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 2048);
    __type(key, __u64);
    __type(value, struct ph_raw_cache);
} caches SEC(".maps");

struct name {
    char text[NAME_BYTES];
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct name);
    __type(value, __u32);
} wanted_names SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, __u64);
    __type(value, __u32);
} stack_sites SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_STACK_TRACE);
    __uint(max_entries, 1);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, PH_RAW_FRAMES * sizeof(__u64));
} stacks SEC(".maps");

struct counters {
    __u64 counts[PH_RAW_COUNTERS];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct counters);
} counters SEC(".maps");

#define INLINE static __attribute__((always_inline)) inline

INLINE struct counters *all_counters(void)
{
    __u32 first = 0;

    return bpf_map_lookup_elem(&counters, &first);
}

INLINE void count(enum ph_raw_counter which)
{
    struct counters *mine = all_counters();

    if (mine)
        mine->counts[which]++;
}

/* Runs are counted whatever becomes of them: each has its price. */
INLINE int begins(__u64 address, __u32 mask)
{
    if (!settings.enabled)
        return 0;
    struct counters *mine = all_counters();
    if (!mine)
        return 0;
    mine->counts[PH_RAW_EVENTS]++;
    if (!ph_raw_follows(address, mask))
        return 0;
    mine->counts[PH_RAW_FOLLOWED]++;
    return 1;
}

INLINE int of_wanted_process(void)
{
    __u32 process = (__u32)(bpf_get_current_pid_tgid() >> 32);

    return process != settings.own_tgid && (!settings.tgid || process == settings.tgid);
}

INLINE int of_wanted_range(__u64 address)
{
    if (!settings.filter_range)
        return 1;
    for (int i = 0; i < PH_RAW_RANGES; i++)
        if (address >= settings.ranges[i].from && address < settings.ranges[i].to)
            return 1;
    return 0;
}

INLINE int of_wanted_size(__u64 size)
{
    return size >= settings.size_least && size <= settings.size_most;
}

/* ------------------------------------------------------------------ objects */

INLINE struct ph_raw_site *row_of(const struct ph_raw_site_key *key, __u32 *number)
{
    __u32 *known = bpf_map_lookup_elem(&sites, key), fresh = 0;

    if (!known) {
        if (bpf_map_pop_elem(&free_rows, &fresh))
            return 0;
        if (bpf_map_update_elem(&sites, key, &fresh, BPF_NOEXIST)) /* another processor was first */
            bpf_map_push_elem(&free_rows, &fresh, 0);
        known = bpf_map_lookup_elem(&sites, key);
        if (!known)
            return 0;
    }
    *number = *known;
    return bpf_map_lookup_elem(&rows, number);
}

INLINE void credit_free(const struct ph_raw_object *object, int implicit)
{
    __u32 number = object->row;
    struct ph_raw_site *row = bpf_map_lookup_elem(&rows, &number);

    if (!row)
        return;
    row->frees++;
    row->bytes_freed += object->size;
    row->requested_freed += object->requested;
    if (implicit)
        row->implicit_frees++;
}

struct birth {
    struct ph_raw_site_key site;
    __u32 size, requested;
};

INLINE void note_alloc(void *ctx, __u64 pointer, struct birth *birth)
{
    struct ph_raw_object object = {.size = birth->size, .requested = birth->requested};
    struct ph_raw_site *row;
    struct ph_raw_object *old;

    birth->site.epoch = (ph_raw16)settings.epoch;
    if (settings.stacks_all || birth->site.kind == PAGES ||
        (settings.stacks_some && bpf_map_lookup_elem(&stack_sites, &birth->site.address))) {
        long stack = bpf_get_stackid(ctx, &stacks, BPF_F_FAST_STACK_CMP);
        /* another stack has its place: without the innermost frame, which is ours, it has another
         */
        if ((int)stack < 0)
            stack = bpf_get_stackid(ctx, &stacks, BPF_F_FAST_STACK_CMP | 1);
        if ((int)stack >= 0)
            birth->site.stack = (ph_raw32)stack + 1;
        else
            count(PH_RAW_STACKS_LOST);
    }
    row = row_of(&birth->site, &object.row);
    if (!row) {
        count(PH_RAW_SITES_FULL);
        return;
    }
    /* The lower half only: before 6.4 the inlined call does not extend the sign (d7ba4cc900bf). */
    int failed = (int)bpf_map_update_elem(&objects, &pointer, &object, BPF_NOEXIST);
    if (failed == ERROR_EXISTS) {
        old = bpf_map_lookup_elem(&objects, &pointer);
        if (old) {
            credit_free(old, 1);
            count(PH_RAW_IMPLICIT);
            *old = object;
            failed = 0;
        }
    }
    if (failed) {
        count(PH_RAW_DROPPED);
        return;
    }
    row->allocs++;
    row->bytes_allocated += object.size;
    row->requested_allocated += object.requested;
}

INLINE void note_free(__u64 pointer)
{
    struct ph_raw_object *object = bpf_map_lookup_elem(&objects, &pointer), copy;

    if (!object) {
        count(PH_RAW_UNTRACKED);
        return;
    }
    copy = *object;
    if (!bpf_map_delete_elem(&objects, &pointer))
        credit_free(&copy, 0);
}

/* ------------------------------------------------------------------ kmalloc */

SEC("raw_tp/kmalloc")
int trace_kmalloc(struct bpf_raw_tracepoint_args *ctx)
{
    __u64 pointer = ctx->args[1], gfp = ctx->args[4], family = 0;
    __u32 size = (__u32)ctx->args[3], number = 0;

    if (!begins(pointer, settings.alloc_mask) || pointer <= 16) /* NULL, ZERO_SIZE_PTR */
        return 0;
    /* the order of kmalloc_type(), include/linux/slab.h */
    if (gfp & settings.gfp_dma) {
        family = PH_RAW_DMA;
        number = 3;
    } else if (gfp & settings.gfp_reclaimable) {
        family = PH_RAW_RECLAIMABLE;
        number = 2;
    } else if (gfp & settings.gfp_accounted) {
        family = PH_RAW_ACCOUNTED;
        number = 1;
    }
    if (settings.filter_cache && !(settings.wanted_kmalloc[number] >> ph_raw_class(size) & 1))
        return 0;
    if (!of_wanted_size(size) || !of_wanted_range(ctx->args[0]) || !of_wanted_process())
        return 0;
    struct birth birth = {
        .site = {.address = ctx->args[0], .cache = family | size, .kind = KMALLOC},
        .size = size,
        .requested = (__u32)ctx->args[2],
    };
    note_alloc(ctx, pointer, &birth);
    return 0;
}

SEC("raw_tp/kfree")
int trace_kfree(struct bpf_raw_tracepoint_args *ctx)
{
    if (begins(ctx->args[1], settings.free_mask) && ctx->args[1] > 16)
        note_free(ctx->args[1]);
    return 0;
}

/* ------------------------------------------------------------------ caches of their own */

/* A cache that is met for the first time. */
static __attribute__((noinline)) int learn_cache(__u64 cache)
{
    struct ph_raw_cache fresh = {};
    const struct kmem_cache *from = (const void *)cache;
    const char *name = BPF_CORE_READ(from, name);

    bpf_probe_read_kernel_str(fresh.name, sizeof(fresh.name), name);
    /* what stands behind the end would not compare equal */
    struct name key = {};
    bpf_probe_read_kernel_str(key.text, sizeof(key.text), name);
    fresh.object_bytes = BPF_CORE_READ(from, size);
    fresh.usable_bytes = BPF_CORE_READ(from, object_size);
    fresh.wanted = bpf_map_lookup_elem(&wanted_names, &key) != 0;
    bpf_map_update_elem(&caches, &cache, &fresh, BPF_NOEXIST);
    return fresh.wanted && of_wanted_size(fresh.object_bytes);
}

INLINE int of_wanted_cache(__u64 cache)
{
    struct ph_raw_cache *known = bpf_map_lookup_elem(&caches, &cache);

    if (!known)
        return learn_cache(cache) || !settings.filter_cache;
    return (known->wanted || !settings.filter_cache) && of_wanted_size(known->object_bytes);
}

SEC("raw_tp/kmem_cache_alloc")
int trace_cache_alloc(struct bpf_raw_tracepoint_args *ctx)
{
    __u64 pointer = ctx->args[1], cache = ctx->args[2];

    if (!begins(pointer, settings.alloc_mask) || !pointer || !of_wanted_range(ctx->args[0]) ||
        !of_wanted_cache(cache) || !of_wanted_process())
        return 0;
    struct birth birth = {
        .site = {.address = ctx->args[0], .cache = cache, .kind = CACHE},
    };
    note_alloc(ctx, pointer, &birth);
    return 0;
}

SEC("raw_tp/kmem_cache_free")
int trace_cache_free(struct bpf_raw_tracepoint_args *ctx)
{
    if (begins(ctx->args[1], settings.free_mask))
        note_free(ctx->args[1]);
    return 0;
}

static long free_one(__u32 place, void *context)
{
    __u64 pointer = 0, array = *(const __u64 *)context;

    bpf_probe_read_kernel(&pointer, sizeof(pointer),
                          (const void *)(array + place * sizeof(pointer)));
    if (begins(pointer, settings.free_mask) && pointer)
        note_free(pointer);
    return 0;
}

/* kmem_cache_free_bulk(cache, count, pointers) has no tracepoint. What kfree_rcu() was given comes
 * through here by the page of pointers, 500 at a time. */
SEC("fentry/kmem_cache_free_bulk")
int trace_free_bulk(void *ctx)
{
    __u64 number = 0, array = 0;

    if (!settings.enabled || bpf_get_func_arg(ctx, 1, &number) || bpf_get_func_arg(ctx, 2, &array))
        return 0;
    bpf_loop((__u32)number, free_one, &array, 0);
    return 0;
}

/* Objects that kfree_rcu() hands to a sheaf are given back without any event (6.18). */
SEC("fentry/kvfree_call_rcu")
int trace_free_rcu(void *ctx)
{
    __u64 pointer = 0;

    if (!settings.enabled || bpf_get_func_arg(ctx, 1, &pointer))
        return 0;
    if (begins(pointer, settings.free_mask) && pointer > 16)
        note_free(pointer);
    return 0;
}

/* Nothing says who called: a stack does. */
struct bulk {
    void *ctx;
    __u64 own, cache, array;
};

static long alloc_one(__u32 place, void *context)
{
    const struct bulk *bulk = context;
    __u64 pointer = 0;

    bpf_probe_read_kernel(&pointer, sizeof(pointer),
                          (const void *)(bulk->array + place * sizeof(pointer)));
    if (!begins(pointer, settings.alloc_mask) || !pointer)
        return 0;
    struct birth birth = {
        .site = {.address = bulk->own, .cache = bulk->cache, .kind = CACHE},
    };
    note_alloc(bulk->ctx, pointer, &birth);
    return 0;
}

/* (cache, gfp, count, pointers); returns the number of objects, or 0. */
INLINE int alloc_bulk(void *ctx)
{
    struct bulk bulk = {.ctx = ctx, .own = bpf_get_func_ip(ctx)};
    __u64 number = 0;

    if (!settings.enabled || bpf_get_func_arg(ctx, 0, &bulk.cache) ||
        bpf_get_func_arg(ctx, 3, &bulk.array) || bpf_get_func_ret(ctx, &number) ||
        !of_wanted_range(bulk.own) || !of_wanted_cache(bulk.cache) || !of_wanted_process())
        return 0;
    bpf_loop((__u32)number, alloc_one, &bulk, 0);
    return 0;
}

SEC("fexit/kmem_cache_alloc_bulk_noprof")
int trace_alloc_bulk_noprof(void *ctx)
{
    return alloc_bulk(ctx);
}

SEC("fexit/kmem_cache_alloc_bulk")
int trace_alloc_bulk(void *ctx)
{
    return alloc_bulk(ctx);
}

/* ------------------------------------------------------------------ pages */

/* No call site: always with a stack. Movable pages are user memory and page cache. */
SEC("raw_tp/mm_page_alloc")
int trace_page_alloc(struct bpf_raw_tracepoint_args *ctx)
{
    __u64 page = ctx->args[0];
    __u32 size = settings.page_bytes << (ctx->args[1] & 31);

    if (!begins(page, settings.alloc_mask) || !page || (__u32)ctx->args[3] == MIGRATE_MOVABLE ||
        !of_wanted_size(size) || !of_wanted_process())
        return 0;
    struct birth birth = {.site = {.kind = PAGES}, .size = size, .requested = size};
    note_alloc(ctx, page, &birth);
    return 0;
}

SEC("raw_tp/mm_page_free")
int trace_page_free(struct bpf_raw_tracepoint_args *ctx)
{
    if (begins(ctx->args[0], settings.free_mask))
        note_free(ctx->args[0]);
    return 0;
}

/* ------------------------------------------------------------------ vmalloc */

/* (size, align, start, end, gfp, prot, vm_flags, node, caller) */
INLINE int vmalloc_done(void *ctx)
{
    __u64 size = 0, caller = 0, address = 0;

    if (bpf_get_func_arg(ctx, 0, &size) || bpf_get_func_arg(ctx, 8, &caller) ||
        bpf_get_func_ret(ctx, &address) || !begins(address, settings.alloc_mask) || !address ||
        !of_wanted_size(size) || !of_wanted_range(caller) || !of_wanted_process())
        return 0;
    __u64 page = settings.page_bytes;
    struct birth birth = {
        .site = {.address = caller, .kind = VMALLOC},
        .size = (__u32)((size + page - 1) & ~(page - 1)),
        .requested = (__u32)size,
    };
    note_alloc(ctx, address, &birth);
    return 0;
}

SEC("fexit/__vmalloc_node_range_noprof")
int trace_vmalloc_noprof(void *ctx)
{
    return vmalloc_done(ctx);
}

SEC("fexit/__vmalloc_node_range")
int trace_vmalloc(void *ctx)
{
    return vmalloc_done(ctx);
}

SEC("fentry/vfree")
int trace_vfree(void *ctx)
{
    __u64 address = 0;

    if (!bpf_get_func_arg(ctx, 0, &address) && begins(address, settings.free_mask) && address)
        note_free(address);
    return 0;
}

/* ------------------------------------------------------------------ per-CPU memory */

/* Argument 8 is pcpu_obj_full_size(): of all possible processors, and what is charged with it. */
SEC("raw_tp/percpu_alloc_percpu")
int trace_percpu_alloc(struct bpf_raw_tracepoint_args *ctx)
{
    __u64 pointer = ctx->args[7] ^ PERCPU_KEY;
    __u32 size = (__u32)ctx->args[8];

    if (!begins(pointer, settings.alloc_mask) || !ctx->args[7] || !of_wanted_size(size) ||
        !of_wanted_range(ctx->args[0]) || !of_wanted_process())
        return 0;
    struct birth birth = {
        .site = {.address = ctx->args[0], .kind = PERCPU},
        .size = size,
        .requested = (__u32)ctx->args[3] * settings.processors,
    };
    note_alloc(ctx, pointer, &birth);
    return 0;
}

SEC("raw_tp/percpu_free_percpu")
int trace_percpu_free(struct bpf_raw_tracepoint_args *ctx)
{
    __u64 pointer = ctx->args[2] ^ PERCPU_KEY;

    if (begins(pointer, settings.free_mask))
        note_free(pointer);
    return 0;
}

/* ------------------------------------------------------------------ coarser sampling */

struct bpf_map;

static long give_up(struct bpf_map *map, const void *key, void *value, void *context)
{
    __u64 pointer = *(const __u64 *)key;
    struct ph_raw_object copy = *(struct ph_raw_object *)value;

    (void)map;
    if (ph_raw_follows(pointer, *(const __u32 *)context) || bpf_map_delete_elem(&objects, &pointer))
        return 0;
    __u32 number = copy.row;
    struct ph_raw_site *row = bpf_map_lookup_elem(&rows, &number);
    if (row) {
        row->given_up++;
        row->bytes_given_up += copy.size;
        row->requested_given_up += copy.requested;
    }
    return 0;
}

struct coarsen {
    __u32 mask;
};

SEC("syscall")
int coarsen(struct coarsen *context)
{
    __u32 mask = context->mask;

    bpf_for_each_map_elem(&objects, give_up, &mask, 0);
    return 0;
}
