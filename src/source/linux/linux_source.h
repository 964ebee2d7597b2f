/* linux_source.h - the state of the Linux source, shared by the files that read its parts. */
#ifndef PH_SOURCE_LINUX_LINUX_SOURCE_H
#define PH_SOURCE_LINUX_LINUX_SOURCE_H

#include "base/os.h"
#include "source/linux/meminfo.h"
#include "source/linux/modules.h"
#include "source/linux/slabinfo.h"
#include "source/linux/sysslab.h"
#include "source/source.h"

/* A file that stays open. */
struct ph_proc_file {
    char *path;
    struct ph_handle *handle; /* NULL = not there, or no leave to read it */
    uint64_t size;            /* of a saved file, when it was opened */
    int64_t modified_ns;
};

/* A slab cache whose properties were looked up once. */
struct ph_known_cache {
    uint32_t series;
    uint32_t object_bytes; /* by /proc/slabinfo; another number is another cache of that name */
    uint64_t seen_in;      /* number of the reading it was last seen in, to notice duplicates */
    bool described;        /* its object size was looked up */
};

/* A caller of vmalloc(). */
struct ph_known_caller {
    uint32_t series;
    uint64_t pages, areas; /* in the last reading of /proc/vmallocinfo */
};

struct ph_linux_source {
    struct ph_source base; /* first */
    char *root;            /* "" = live */
    char *proc;            /* "<root>/proc", or the root itself when it is a copy of /proc */
    bool live, ended;
    uint64_t readings;
    struct ph_proc_file slabinfo, meminfo, vmstat, zoneinfo, allocinfo, vmallocinfo, module_list;
    struct ph_linux_modules modules;

    /* slab caches: slabs.c */
    struct ph_sysslab sysslab;
    uint64_t sysslab_reading; /* in which it was read; 0 = never */
    int64_t sysslab_read_ns;
    struct ph_known_cache *caches;
    size_t cache_count, cache_capacity;
    struct ph_table cache_names; /* -> index in caches */
    uint32_t *cache_order;       /* by line of the last reading: index in caches */
    size_t cache_order_capacity, cache_lines;
    uint64_t cache_repeats; /* lines whose cache another line of that reading named before */
    uint64_t kinds_unknown;
    struct ph_text kind_unknown; /* the first of them */

    /* allocation sites and vmalloc areas: sites.c */
    uint32_t *site_order; /* by line: series, or NO_SERIES */
    size_t site_order_capacity, site_lines;
    struct ph_known_caller *callers;
    size_t caller_count, caller_capacity;
    struct ph_table caller_names; /* caller, 0 byte, module -> index in callers */
    int64_t areas_read_ns;        /* -1 = never */
    int64_t areas_cpu_ns;         /* what that cost */
    int64_t areas_used;           /* ph_meminfo_vmalloc() then */
    int64_t area_pages;           /* sum over callers, stacks left out */
    struct ph_loss_list area_losses;

    struct ph_text buffer, scratch;
    struct ph_loss_list losses; /* found while opening; repeated in every sample */
    struct ph_machine machine;
    enum ph_time_kind tree_time_kind;
    int64_t tree_time_ns, tree_uptime_ns;
};

/* --- reading one file: kernel_linux.c --- */
struct ph_proc_lines {
    struct ph_reader reader;
    struct ph_slice line;
    uint64_t bad;
    size_t first_bad;
    bool cut; /* a saved file that ends within a line */
};

/* Reads the whole file into source->buffer; an unreadable or malformed one becomes a loss and
 * `*usable` false. `head` (NULL allowed) checks the first line. */
struct ph_error *ph_proc_read(struct ph_linux_source *source, const struct ph_proc_file *file,
                              struct ph_sample *sample, struct ph_proc_lines *lines,
                              struct ph_error *(*head)(struct ph_reader *),
                              bool *usable) PH_MUST_CHECK;
void ph_proc_bad_line(struct ph_proc_lines *lines);
/* The loss that bad lines and a cut end are. */
struct ph_error *ph_proc_tell(const struct ph_proc_lines *lines,
                              struct ph_loss_list *losses) PH_MUST_CHECK;

/* --- the parts --- */
/* `*slab_pages` = pages of all slabs; -1 when the file could not be read in full. */
struct ph_error *ph_linux_read_slabs(struct ph_linux_source *source, struct ph_catalog *catalog,
                                     struct ph_sample *sample, bool *usable,
                                     int64_t *slab_pages) PH_MUST_CHECK;
struct ph_error *ph_linux_read_sites(struct ph_linux_source *source, struct ph_catalog *catalog,
                                     struct ph_sample *sample) PH_MUST_CHECK;
/* `used` = ph_meminfo_vmalloc(), which tells whether the areas must be read again. */
struct ph_error *ph_linux_read_areas(struct ph_linux_source *source, struct ph_catalog *catalog,
                                     struct ph_sample *sample, int64_t used) PH_MUST_CHECK;
struct ph_error *ph_linux_read_totals(struct ph_linux_source *source, struct ph_catalog *catalog,
                                      struct ph_sample *sample, const struct ph_meminfo *meminfo,
                                      int64_t cpu_lists, bool slabs_known,
                                      int64_t slab_pages) PH_MUST_CHECK;
/* Modules that came or went since the reading before; of the live kernel only. */
struct ph_error *ph_linux_read_modules(struct ph_linux_source *source,
                                       struct ph_sample *sample) PH_MUST_CHECK;
void ph_linux_sites_fini(struct ph_linux_source *source);
void ph_linux_slabs_fini(struct ph_linux_source *source);

/* --- saved trees: savedtree.c --- */
/* Sets root, proc and live. */
struct ph_error *ph_linux_find_tree(struct ph_linux_source *source, const char *path) PH_MUST_CHECK;
void ph_linux_learn_machine(struct ph_linux_source *source);
/* When the tree was saved; what was taken for it is a loss. */
struct ph_error *ph_linux_tree_time(struct ph_linux_source *source) PH_MUST_CHECK;

#endif
