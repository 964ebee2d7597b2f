#include "app/syspanel.h"

#include <math.h>
#include <string.h>

#include "base/os.h"

#define GIGABYTE (INT64_C(1) << 30)
#define TERABYTE (INT64_C(1) << 40)

enum { LINUX = 1, WINDOWS = 2 };

enum fetch {
    FETCH_TOTAL,
    FETCH_AVAILABLE,
    FETCH_USED,
    FETCH_COMMIT,
    FETCH_POOL,            /* total of `pool` */
    FETCH_RESIDENT_PAGED,  /* poolmon's "InRam P" */
    FETCH_RESIDENT_KERNEL, /* poolmon's "InRam Krnl" */
    FETCH_FREE,            /* Windows' lists of pages */
    FETCH_STANDBY,
    FETCH_MODIFIED,
    FETCH_MAPPABLE,
    FETCH_PSEUDO, /* the source's own tag `tag` */
    FETCH_NOTHING /* no input tells it */
};

struct definition {
    const char *id, *label;
    enum ph_sys_group group;
    unsigned systems; /* that have such memory */
    enum fetch fetch;
    enum ph_pool pool;
    const char *tag;
    const char *missing; /* NULL: the row is left out when there is nothing */
};

static const char no_line[] = "not in this input's /proc/meminfo";
static const char no_header[] = "not in this input: no header line tells it";
static const char not_told[] = "not in this input";
/* facts: SYSTEM_PERFORMANCE_INFORMATION has these counters from Windows 11 24H2 on */
static const char not_in_logs[] = "not in this input; Windows counts it from 24H2 on";

static const struct definition DEFINITIONS[] = {
    {"physical-total", "RAM", PH_SYS_PHYSICAL, LINUX | WINDOWS, FETCH_TOTAL, 0, NULL, not_told},
    {"physical-used", "Used", PH_SYS_PHYSICAL, LINUX | WINDOWS, FETCH_USED, 0, NULL, not_told},
    {"physical-available", "Available", PH_SYS_PHYSICAL, LINUX | WINDOWS, FETCH_AVAILABLE, 0, NULL,
     not_told},
    {"free", "of it free", PH_SYS_PHYSICAL, WINDOWS, FETCH_FREE, 0, NULL, NULL},
    {"standby", "of it standby", PH_SYS_PHYSICAL, WINDOWS, FETCH_STANDBY, 0, NULL, NULL},
    {"modified", "Modified", PH_SYS_PHYSICAL, WINDOWS, FETCH_MODIFIED, 0, NULL, NULL},
    {"commit", "Committed", PH_SYS_COMMIT, LINUX | WINDOWS, FETCH_COMMIT, 0, NULL, not_told},
    {"nonpaged", "Nonpaged pool", PH_SYS_POOLS, WINDOWS, FETCH_POOL, PH_POOL_NONPAGED, NULL,
     no_header},
    {"paged", "Paged pool", PH_SYS_POOLS, WINDOWS, FETCH_POOL, PH_POOL_PAGED, NULL, no_header},
    {"paged-resident", "of it in RAM", PH_SYS_POOLS, WINDOWS, FETCH_RESIDENT_PAGED, 0, NULL,
     no_header},
    {"session-nonpaged", "Session, nonpaged", PH_SYS_POOLS, WINDOWS, FETCH_POOL,
     PH_POOL_SESSION_NONPAGED, NULL, NULL},
    {"session-paged", "Session, paged", PH_SYS_POOLS, WINDOWS, FETCH_POOL, PH_POOL_SESSION_PAGED,
     NULL, NULL},
    {"unreclaimable", "Unreclaimable slab", PH_SYS_POOLS, LINUX, FETCH_POOL, PH_POOL_UNRECLAIMABLE,
     NULL, no_line},
    {"large-kmalloc", "of it large kmalloc", PH_SYS_POOLS, LINUX, FETCH_PSEUDO, 0,
     "(large kmalloc)", "needs /proc/slabinfo, which is root's, and the size of a page"},
    {"reclaimable", "Reclaimable slab", PH_SYS_POOLS, LINUX, FETCH_POOL, PH_POOL_RECLAIMABLE, NULL,
     no_line},
    {"page-tables", "Page tables", PH_SYS_OTHER, LINUX, FETCH_PSEUDO, 0, "(page tables)", no_line},
    {"secondary-page-tables", "Secondary page tables", PH_SYS_OTHER, LINUX, FETCH_PSEUDO, 0,
     "(secondary page tables)", no_line},
    {"kernel-stacks", "Kernel stacks", PH_SYS_OTHER, LINUX, FETCH_PSEUDO, 0, "(kernel stacks)",
     no_line},
    {"percpu", "Per-CPU memory", PH_SYS_OTHER, LINUX, FETCH_POOL, PH_POOL_PERCPU, NULL, no_line},
    /* see ph_meminfo_vmalloc() */
    {"vmalloc", "Vmalloc", PH_SYS_OTHER, LINUX, FETCH_POOL, PH_POOL_VMALLOC, NULL,
     "not in this input; /proc/meminfo tells it from Linux 5.3 on"},
    {"unaccounted", "Unaccounted", PH_SYS_OTHER, LINUX, FETCH_PSEUDO, 0, "(unaccounted)",
     "this input lacks a part of the sum: MemTotal less every known use"},
    {"balloon", "Balloon", PH_SYS_OTHER, LINUX, FETCH_PSEUDO, 0, "(balloon)", NULL},
    {"kernel-resident", "Kernel code in RAM", PH_SYS_OTHER, WINDOWS, FETCH_RESIDENT_KERNEL, 0, NULL,
     no_header},
    {"page-tables", "Page tables", PH_SYS_OTHER, WINDOWS, FETCH_PSEUDO, 0, "(page tables)",
     not_in_logs},
    {"system-ptes", "Free system PTEs", PH_SYS_OTHER, WINDOWS, FETCH_MAPPABLE, 0, NULL, NULL},
    {"driver-locked", "Driver locked pages", PH_SYS_OTHER, LINUX, FETCH_NOTHING, 0, NULL,
     "Linux does not count them; they show as unaccounted"},
    {"driver-locked", "Driver locked pages", PH_SYS_OTHER, WINDOWS, FETCH_PSEUDO, 0, "(MDL pages)",
     not_in_logs},
    {"contiguous", "Contiguous pages", PH_SYS_OTHER, WINDOWS, FETCH_PSEUDO, 0, "(contiguous pages)",
     not_in_logs},
};
enum { DEFINITION_COUNT = sizeof(DEFINITIONS) / sizeof(DEFINITIONS[0]) };
_Static_assert((int)DEFINITION_COUNT <= (int)PH_SYS_ROWS_MOST, "every definition has a row");

const char *ph_sys_group_name(enum ph_sys_group group)
{
    static const char *const NAMES[] = {
        [PH_SYS_PHYSICAL] = "Physical memory",
        [PH_SYS_COMMIT] = "Commit charge",
        [PH_SYS_POOLS] = "Kernel pools",
        [PH_SYS_OTHER] = "Other kernel memory",
    };

    return group < PH_SYS_GROUPS ? NAMES[group] : "?";
}

struct panel {
    const struct ph_catalog *catalog;
    const struct ph_sample *now, *before; /* before: of the same boot, else NULL */
    const struct ph_history *history;
    const struct ph_machine *machine;
};

/* ------------------------------------------------------------------ values */

static unsigned system_of_pool(unsigned pool)
{
    return pool == PH_POOL_NONPAGED || pool == PH_POOL_PAGED || pool == PH_POOL_SESSION_NONPAGED ||
                   pool == PH_POOL_SESSION_PAGED
               ? WINDOWS
               : LINUX;
}

/* By the pools that are there: a log knows nothing of the machine, and a CSV may come from any. */
static unsigned system_of(const struct panel *panel)
{
    unsigned systems = 0;

    for (unsigned pool = 0; pool < PH_POOL_COUNT; pool++)
        if (panel->now->pools[pool].have & PH_TOTAL_BYTES)
            systems |= system_of_pool(pool);
    for (size_t i = 0; i < panel->now->count; i++)
        if (panel->catalog->series[panel->now->values[i].series].origin != PH_ORIGIN_SYSTEM)
            systems |= system_of_pool(panel->catalog->series[panel->now->values[i].series].pool);
    if (!systems && panel->machine)
        systems = !strcmp(panel->machine->system, "Windows") ? WINDOWS
                  : !strcmp(panel->machine->system, "Linux") ? LINUX
                                                             : 0;
    return systems;
}

/* The number of a source's own tag; false when there is no such series. */
static bool find_pseudo(const struct ph_catalog *catalog, const struct definition *definition,
                        uint32_t *series)
{
    enum ph_origin origin = definition->systems == WINDOWS ? PH_ORIGIN_SYSTEM : PH_ORIGIN_MEMINFO;

    for (size_t i = 0; i < catalog->count; i++) {
        const struct ph_series *one = &catalog->series[i];
        if (one->origin == origin && ph_slice_is(one->tag, definition->tag)) {
            *series = (uint32_t)i;
            return true;
        }
    }
    return false;
}

/* Bytes of a row in one reading; -1 = unknown. */
static int64_t fetch(const struct definition *definition, const struct ph_sample *sample,
                     uint32_t series, bool *estimated)
{
    const struct ph_memory *memory = &sample->memory;
    const struct ph_value *value;

    switch (definition->fetch) {
    case FETCH_TOTAL:
        return memory->total;
    case FETCH_AVAILABLE:
        return memory->available;
    case FETCH_USED:
        return memory->available >= 0 && memory->total >= memory->available
                   ? memory->total - memory->available
                   : -1;
    case FETCH_COMMIT:
        return memory->commit;
    case FETCH_POOL:
        return sample->pools[definition->pool].have & PH_TOTAL_BYTES
                   ? sample->pools[definition->pool].bytes
                   : -1;
    case FETCH_RESIDENT_PAGED:
        return memory->resident_paged;
    case FETCH_RESIDENT_KERNEL:
        return memory->resident_kernel;
    case FETCH_FREE:
        return sample->page_lists.known ? sample->page_lists.free : -1;
    case FETCH_STANDBY:
        return sample->page_lists.known ? sample->page_lists.standby : -1;
    case FETCH_MODIFIED:
        return sample->page_lists.known ? sample->page_lists.modified : -1;
    case FETCH_MAPPABLE:
        return sample->page_lists.known ? sample->page_lists.mappable : -1;
    case FETCH_PSEUDO:
        value = series != UINT32_MAX ? ph_sample_find(sample, series) : NULL;
        if (!value || !(value->have & PH_HAVE_BYTES))
            return -1;
        *estimated = value->have & PH_IS_ESTIMATED;
        return value->bytes;
    case FETCH_NOTHING:
        break;
    }
    return -1;
}

static const struct ph_history_line *line_of(const struct panel *panel,
                                             const struct definition *definition, uint32_t series)
{
    const struct ph_history *history = panel->history;
    const struct ph_history_line *line = NULL;

    if (!history)
        return NULL;
    if (definition->fetch == FETCH_AVAILABLE)
        line = &history->memory[PH_HISTORY_AVAILABLE];
    else if (definition->fetch == FETCH_COMMIT)
        line = &history->memory[PH_HISTORY_COMMIT];
    else if (definition->fetch == FETCH_POOL)
        line = &history->pools[definition->pool];
    else if (definition->fetch == FETCH_PSEUDO && series != UINT32_MAX)
        line = ph_history_series(history, series);
    for (size_t i = 0; line && i < history->count; i++)
        if (isfinite(line->high[i]))
            return line;
    return NULL;
}

/* ------------------------------------------------------------------ peaks and limits */

/* The kernel's own peak, else the highest of the readings when there were several. A history holds
 * floats, rounded upwards: what rounds to it now is the peak itself. */
static void set_peak(const struct panel *panel, const struct definition *definition,
                     struct ph_sys_row *row)
{
    const struct ph_pool_total *total = &panel->now->pools[definition->pool];
    double high = -1;

    if (definition->fetch == FETCH_COMMIT && panel->now->memory.commit_peak >= 0) {
        row->peak = panel->now->memory.commit_peak;
        return;
    }
    if (definition->fetch == FETCH_POOL && (total->have & PH_TOTAL_PEAK) &&
        total->peak_bytes >= 0) {
        row->peak = total->peak_bytes;
        return;
    }
    if (!row->line || panel->history->seen < 2 || definition->fetch == FETCH_AVAILABLE)
        return;
    for (size_t i = 0; i < panel->history->count; i++)
        if (isfinite(row->line->high[i]) && (double)row->line->high[i] > high)
            high = (double)row->line->high[i];
    if (high < 0 || high >= 0x1p62)
        return;
    double now = (double)row->current;
    row->peak_observed = true;
    row->peak =
        high <= now || (float)now >= (float)high || nextafterf((float)now, INFINITY) >= (float)high
            ? row->current
            : (int64_t)high;
}

/* Documented maxima of Windows' pools (64-bit): Windows Internals 7, table 5-4, and "Memory Limits
 * for Windows and Windows Server Releases". What a running system has set itself stands in
 * variables of its kernel that no interface gives out. */
struct maxima {
    uint64_t major, minor; /* of the version, this or later; newest first */
    int64_t nonpaged_percent, nonpaged_most, paged;
    const char *nonpaged_source, *paged_source;
};

static const struct maxima MAXIMA[] = {
    {6, 3, 100, 16 * TERABYTE, 31 * TERABYTE / 2,
     "documented maximum of 64-bit Windows 8.1 and later: RAM, at most 16 TB",
     "documented maximum of 64-bit Windows 8.1 and later; the commit limit usually ends it before"},
    {6, 2, 75, 128 * GIGABYTE, 384 * GIGABYTE,
     "documented maximum of 64-bit Windows 8: 75 % of RAM, at most 128 GB",
     "documented maximum of 64-bit Windows 8; the commit limit usually ends it before"},
    {6, 0, 75, 128 * GIGABYTE, 128 * GIGABYTE,
     "documented maximum of 64-bit Windows Vista and 7: 75 % of RAM, at most 128 GB",
     "documented maximum of 64-bit Windows Vista and 7; the commit limit usually ends it before"},
};

/* "10.0.26100" and whatever stands behind it. */
static bool parse_release(const char *release, uint64_t number[3])
{
    const char *at = release;

    for (size_t i = 0; i < 3; i++) {
        size_t digits = strspn(at, "0123456789");
        if (!digits || ph_parse_u64((struct ph_slice){at, digits}, &number[i]) != PH_NUMBER_OK)
            return false;
        at += digits;
        if (i < 2 && *at++ != '.')
            return false;
    }
    return true;
}

/* 32-bit Windows has other maxima. It ended with Windows 10, and from Windows 8 on no edition of it
 * uses more than 4 GB of RAM; a pool beyond 4 GB never fits into it. */
static bool is_64_bit(const struct panel *panel, const uint64_t version[3])
{
    const struct ph_sample *now = panel->now;
    bool eight = version[0] > 6 || version[1] >= 2;

    return version[2] >= 22000 || (eight && now->memory.total > 4 * GIGABYTE) ||
           ((now->pools[PH_POOL_PAGED].have & PH_TOTAL_BYTES) &&
            now->pools[PH_POOL_PAGED].bytes > 4 * GIGABYTE);
}

static void set_windows_limit(const struct panel *panel, enum ph_pool pool, struct ph_sys_row *row)
{
    int64_t total = panel->now->memory.total;
    uint64_t version[3];

    if (!panel->machine || strcmp(panel->machine->system, "Windows") != 0 ||
        !parse_release(panel->machine->release, version) || version[0] < 6) {
        row->limit_missing = "the input does not tell the version of Windows, and no counter tells "
                             "the limit";
        return;
    }
    if (!is_64_bit(panel, version)) {
        row->limit_missing = "32-bit and 64-bit Windows have other maxima, and the input does not "
                             "tell which it is";
        return;
    }
    const struct maxima *maxima = MAXIMA;
    while (version[0] == maxima->major && version[1] < maxima->minor)
        maxima++;
    if (pool == PH_POOL_PAGED) {
        row->limit = maxima->paged;
        row->limit_source = maxima->paged_source;
    } else if (total < 0) {
        row->limit_missing = "it depends on the RAM, which the input does not tell";
    } else {
        int64_t share =
            total / 100 * maxima->nonpaged_percent + total % 100 * maxima->nonpaged_percent / 100;
        row->limit = share < maxima->nonpaged_most ? share : maxima->nonpaged_most;
        row->limit_source = maxima->nonpaged_source;
    }
}

static void set_pool_limit(const struct panel *panel, enum ph_pool pool, struct ph_sys_row *row)
{
    const struct ph_pool_total *total = &panel->now->pools[pool];

    /* what Windows leaves to take is a bound of the judge's; the panel names Windows' own */
    bool documented = (pool == PH_POOL_NONPAGED || pool == PH_POOL_PAGED) && panel->machine &&
                      !strcmp(panel->machine->system, "Windows");
    if (!documented && (total->have & PH_TOTAL_LIMIT) && total->limit_bytes >= 0) {
        row->limit = total->limit_bytes;
        row->limit_source =
            pool == PH_POOL_RECLAIMABLE
                ? "MemAvailable, which counts this slab as available; Linux sets no limit"
            : system_of_pool(pool) == LINUX
                ? "what it holds and MemAvailable: what is left to take; Linux sets no limit"
                : "as the input has it";
    } else if (pool == PH_POOL_NONPAGED || pool == PH_POOL_PAGED) {
        set_windows_limit(panel, pool, row);
    } else if (pool == PH_POOL_UNRECLAIMABLE || pool == PH_POOL_RECLAIMABLE) {
        row->limit_missing = "it is what MemAvailable leaves, which this input does not tell";
    }
}

static void set_limit(const struct panel *panel, const struct definition *definition,
                      unsigned systems, struct ph_sys_row *row)
{
    const struct ph_memory *memory = &panel->now->memory;

    if (definition->fetch == FETCH_POOL) {
        set_pool_limit(panel, definition->pool, row);
    } else if (definition->fetch == FETCH_USED && memory->total >= 0) {
        row->limit = memory->total;
        row->limit_source = "the machine's RAM";
    } else if (definition->fetch == FETCH_COMMIT && memory->commit_limit >= 0) {
        row->limit = memory->commit_limit;
        row->limit_source = systems == LINUX
                                ? "CommitLimit; it binds only with vm.overcommit_memory = 2"
                                : "RAM and page files, as Windows reports it";
    }
}

/* ------------------------------------------------------------------ counters */

/* Sums over the tags of both readings: a tag that is new may have been there but not listed. A
 * 64-bit counter that fell began anew and is left out. */
static void set_counters(const struct panel *panel, enum ph_pool pool, struct ph_sys_row *row)
{
    const uint32_t both = PH_HAVE_ALLOCS | PH_HAVE_FREES;
    uint64_t allocs = 0, frees = 0;
    bool some = false;

    for (size_t i = 0; panel->before && i < panel->now->count; i++) {
        const struct ph_value *value = &panel->now->values[i];
        const struct ph_series *series = &panel->catalog->series[value->series];
        if (series->pool != pool || (value->have & both) != both || !series->counter_bits)
            continue;
        const struct ph_value *old = ph_sample_find(panel->before, value->series);
        if (!old || (old->have & both) != both)
            continue;
        uint64_t mask = series->counter_bits == 32 ? UINT32_MAX : UINT64_MAX;
        uint64_t more = (value->allocs - old->allocs) & mask;
        uint64_t less = (value->frees - old->frees) & mask;
        if (more > mask / 2 || less > mask / 2)
            continue;
        some = true;
        if (__builtin_add_overflow(allocs, more, &allocs) ||
            __builtin_add_overflow(frees, less, &frees))
            return;
    }
    if (!some || allocs > INT64_MAX || frees > INT64_MAX)
        return;
    row->allocs_change = (int64_t)allocs;
    row->frees_change = (int64_t)frees;
}

static void set_page_faults(const struct panel *panel, unsigned systems,
                            struct ph_sys_report *report)
{
    int64_t now = panel->now->memory.page_faults;
    int64_t before = panel->before ? panel->before->memory.page_faults : -1;

    report->page_faults = now;
    report->page_faults_change = -1;
    if (now < 0 || before < 0)
        return;
    if (now >= before)
        report->page_faults_change = now - before;
    else if (systems == WINDOWS && before <= UINT32_MAX) /* a 32-bit counter */
        report->page_faults_change = now + (INT64_C(1) << 32) - before;
}

static double seconds_between(const struct panel *panel)
{
    const struct ph_sample *now = panel->now, *before = panel->before;

    if (!before || now->time_kind == PH_TIME_ORDINAL)
        return (double)NAN;
    if (now->boottime_ns >= 0 && before->boottime_ns >= 0)
        return ((double)now->boottime_ns - (double)before->boottime_ns) / 1e9;
    return ((double)now->time_ns - (double)before->time_ns) / 1e9;
}

/* ------------------------------------------------------------------ the panel */

/* Whether to say that a row is unknown: all tell of RAM and commit, only one system's own counters
 * are missed when it is known which system it is. */
static bool should_tell(const struct definition *definition, unsigned systems)
{
    return definition->systems == (LINUX | WINDOWS) || definition->systems == systems;
}

/* False when this system has no such memory, or need not tell it. */
static bool make_row(const struct panel *panel, const struct definition *definition,
                     unsigned systems, struct ph_sys_row *row)
{
    uint32_t series = UINT32_MAX;

    *row = (struct ph_sys_row){
        .id = definition->id,
        .label = definition->label,
        .group = definition->group,
        .peak = -1,
        .limit = -1,
        .allocs_change = -1,
        .frees_change = -1,
    };
    if (definition->fetch == FETCH_PSEUDO && !find_pseudo(panel->catalog, definition, &series))
        series = UINT32_MAX;
    row->current = fetch(definition, panel->now, series, &row->estimated);
    if (row->current < 0) {
        row->current = -1;
        row->missing = definition->missing;
        if (!row->missing || !should_tell(definition, systems))
            return false;
    }
    row->line = line_of(panel, definition, series);
    set_limit(panel, definition, systems, row);
    if (definition->group == PH_SYS_POOLS && definition->fetch == FETCH_POOL)
        set_counters(panel, definition->pool, row);
    if (row->current < 0)
        return true;
    set_peak(panel, definition, row);
    bool estimated;
    int64_t before = panel->before ? fetch(definition, panel->before, series, &estimated) : -1;
    row->change_known = before >= 0;
    row->change = before >= 0 ? row->current - before : 0;
    return true;
}

void ph_sys_panel(const struct ph_catalog *catalog, const struct ph_sample *now,
                  const struct ph_sample *before, const struct ph_history *history,
                  const struct ph_machine *machine, struct ph_sys_report *report)
{
    struct panel panel = {catalog, now, before, history, machine};

    *report = (struct ph_sys_report){
        .now = now,
        .machine = machine,
        .history = history,
        .page_faults = -1,
        .page_faults_change = -1,
        .change_s = (double)NAN,
    };
    if (!now)
        return;
    if (before && before->segment != now->segment)
        panel.before = NULL; /* another boot: counters and pools began anew */
    unsigned systems = system_of(&panel);
    set_page_faults(&panel, systems, report);
    report->change_s = seconds_between(&panel);
    for (size_t i = 0; i < DEFINITION_COUNT; i++)
        report->row_count +=
            make_row(&panel, &DEFINITIONS[i], systems, &report->rows[report->row_count]);
}
