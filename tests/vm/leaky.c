// SPDX-License-Identifier: GPL-2.0
/* leaky.c - a kernel module that leaks on purpose, a known number of objects at known places.
 *
 * One function for each way to allocate, named for it. A round leaks a prime number of objects of
 * each kind, spread evenly over its ticks, and ends; /proc/leaky tells the truth at any time:
 *
 *   kmalloc leaky_kmalloc_site 4001 4001
 *   kind    function           ever this round
 *
 * Writing kinds to the parameter `kinds` ("kmalloc", "kmalloc,pages", "all", "none") begins a
 * round. What was leaked stays when the module goes, together with its caches.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

static unsigned period_ms = 20;
module_param(period_ms, uint, 0644);
MODULE_PARM_DESC(period_ms, "time between two ticks");
static unsigned ticks = 500;
module_param(ticks, uint, 0644);
MODULE_PARM_DESC(ticks, "over how many ticks a round is spread");

static struct kmem_cache *own_cache, *mergeable_cache;

/* Each site uses what it got: the call is then no tail call, and the site's own address is what the
 * allocator sees as its caller, as in drivers that do something with their memory. */
static noinline bool leaky_kmalloc_site(void)
{
    int *object = kmalloc(600, GFP_KERNEL);

    if (object)
        WRITE_ONCE(*object, 1);
    return object;
}

static noinline bool leaky_kvmalloc_site(void)
{
    int *object = kvmalloc(3000, GFP_KERNEL);

    if (object)
        WRITE_ONCE(*object, 1);
    return object;
}

/* Above the largest cache: kmalloc takes whole pages. */
static noinline bool leaky_kvmalloc_large_site(void)
{
    int *object = kvmalloc(20000, GFP_KERNEL);

    if (object)
        WRITE_ONCE(*object, 1);
    return object;
}

/* Above what kmalloc gives at all (4 MB): falls to vmalloc. */
static noinline bool leaky_kvmalloc_huge_site(void)
{
    int *object = kvmalloc((4 << 20) + 4096, GFP_KERNEL);

    if (object)
        WRITE_ONCE(*object, 1);
    return object;
}

static noinline bool leaky_cache_site(void)
{
    int *object = kmem_cache_alloc(own_cache, GFP_KERNEL);

    if (object)
        WRITE_ONCE(*object, 1);
    return object;
}

static noinline bool leaky_mergeable_site(void)
{
    int *object = kmem_cache_alloc(mergeable_cache, GFP_KERNEL);

    if (object)
        WRITE_ONCE(*object, 1);
    return object;
}

static noinline bool leaky_vmalloc_site(void)
{
    int *object = vmalloc(5000);

    if (object)
        WRITE_ONCE(*object, 1);
    return object;
}

static noinline bool leaky_pages_site(void)
{
    struct page *page = alloc_pages(GFP_KERNEL, 1);

    if (page)
        WRITE_ONCE(*(int *)page_address(page), 1);
    return page;
}

static noinline bool leaky_percpu_site(void)
{
    int __percpu *object = __alloc_percpu(256, 8);

    if (object)
        WRITE_ONCE(*per_cpu_ptr(object, 0), 1);
    return object;
}

struct kind {
    const char *name, *function;
    bool (*leak)(void);
    unsigned limit; /* objects in a round: primes, all different */
    bool on;
    unsigned round;
    unsigned long ever;
};
static struct kind kinds[] = {
    {"kmalloc", "leaky_kmalloc_site", leaky_kmalloc_site, 4001},
    {"kvmalloc", "leaky_kvmalloc_site", leaky_kvmalloc_site, 1009},
    {"kvmalloc_large", "leaky_kvmalloc_large_site", leaky_kvmalloc_large_site, 401},
    {"kvmalloc_huge", "leaky_kvmalloc_huge_site", leaky_kvmalloc_huge_site, 7},
    {"cache", "leaky_cache_site", leaky_cache_site, 2003},
    {"mergeable", "leaky_mergeable_site", leaky_mergeable_site, 1501},
    {"vmalloc", "leaky_vmalloc_site", leaky_vmalloc_site, 499},
    {"pages", "leaky_pages_site", leaky_pages_site, 601},
    {"percpu", "leaky_percpu_site", leaky_percpu_site, 307},
};

static DEFINE_MUTEX(lock); /* the table, and `tick_now` */
static unsigned tick_now;

static void tick(struct work_struct *work);
static DECLARE_DELAYED_WORK(ticker, tick);

static void tick(struct work_struct *work)
{
    bool more = false;
    size_t i;

    mutex_lock(&lock);
    tick_now++;
    for (i = 0; i < ARRAY_SIZE(kinds); i++) {
        struct kind *kind = &kinds[i];
        unsigned long due = (unsigned long)kind->limit * tick_now / (ticks ? ticks : 1);

        if (due > kind->limit)
            due = kind->limit;
        while (kind->on && kind->round < due && kind->leak()) {
            kind->round++;
            kind->ever++;
        }
        more |= kind->on && kind->round < kind->limit;
    }
    mutex_unlock(&lock);
    if (more)
        schedule_delayed_work(&ticker, msecs_to_jiffies(period_ms));
}

static bool listed(const char *list, const char *name)
{
    size_t length = strlen(name);
    const char *at = list;

    while ((at = strstr(at, name))) {
        if ((at == list || at[-1] == ',') && (!at[length] || strchr(",\n", at[length])))
            return true;
        at += length;
    }
    return false;
}

static int set_kinds(const char *text, const struct kernel_param *param)
{
    bool any = false;
    size_t i;

    if (!mergeable_cache)
        return -EAGAIN; /* still loading */
    mutex_lock(&lock);
    for (i = 0; i < ARRAY_SIZE(kinds); i++) {
        kinds[i].on = listed(text, kinds[i].name) || listed(text, "all");
        kinds[i].round = 0;
        any |= kinds[i].on;
    }
    tick_now = 0;
    mutex_unlock(&lock);
    if (any)
        mod_delayed_work(system_wq, &ticker, 0);
    return 0;
}

static int get_kinds(char *text, const struct kernel_param *param)
{
    int length = 0;
    size_t i;

    for (i = 0; i < ARRAY_SIZE(kinds); i++)
        if (kinds[i].on)
            length += scnprintf(text + length, PAGE_SIZE - length, "%s%s", length ? "," : "",
                                kinds[i].name);
    return length + scnprintf(text + length, PAGE_SIZE - length, "\n");
}

static const struct kernel_param_ops kinds_ops = {.set = set_kinds, .get = get_kinds};
module_param_cb(kinds, &kinds_ops, NULL, 0644);
MODULE_PARM_DESC(kinds, "what to leak; writing begins a round");

static int show_truth(struct seq_file *out, void *unused)
{
    size_t i;

    mutex_lock(&lock);
    for (i = 0; i < ARRAY_SIZE(kinds); i++)
        seq_printf(out, "%s %s %lu %u\n", kinds[i].name, kinds[i].function, kinds[i].ever,
                   kinds[i].round);
    mutex_unlock(&lock);
    return 0;
}

/* A cache with a constructor is never merged with another one. */
static void construct(void *object)
{
    memset(object, 0, sizeof(int));
}

static int __init leaky_init(void)
{
    own_cache = kmem_cache_create("leaky_cache", 520, 8, 0, construct);
    mergeable_cache = kmem_cache_create("leaky_mergeable", 3000, 8, 0, NULL);
    if (!own_cache || !mergeable_cache || !proc_create_single("leaky", 0444, NULL, show_truth)) {
        kmem_cache_destroy(own_cache);
        kmem_cache_destroy(mergeable_cache);
        return -ENOMEM;
    }
    return 0;
}

static void __exit leaky_exit(void)
{
    set_kinds("none", NULL);
    cancel_delayed_work_sync(&ticker);
    remove_proc_entry("leaky", NULL);
    /* The caches still hold what was leaked, and the kernel objects to destroying such a cache. */
}

module_init(leaky_init);
module_exit(leaky_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The poolhound authors");
MODULE_DESCRIPTION("Leaks a known number of objects, for tests");
MODULE_VERSION("1.0");
