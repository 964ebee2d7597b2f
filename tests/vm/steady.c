// SPDX-License-Identifier: GPL-2.0
/* steady.c - a kernel module that allocates as busily as leaky.c, and leaks nothing: the control.
 *
 *   steady_kmalloc_site  objects that live 1 to 20 ticks
 *   steady_rcu_site      freed by kfree_rcu(), which by-passes the kernel's trace events
 *   steady_cache_site    the same lives, in an own cache
 *   steady_bulk_site     allocated and freed in bulk, which by-passes them too
 *   steady_step_site     allocated all at once and kept, as a driver does that fills a table:
 * begins when a number is written to the parameter `step`, and is freed at the end
 *
 * The parameter `on` lets it run or rest; resting it frees everything but the step. /proc/steady:
 * function, allocated ever, living now.
 */
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

enum { LIVES = 20, EACH = 40, BULK = 16, STEPS_MOST = 20000 };

struct object {
    struct object *next;
    struct rcu_head rcu;
    char rest[200];
};

struct site {
    const char *function;
    struct object *(*allocate)(void);
    void (*release)(struct object *object);
    unsigned long ever, now;
    struct object *dying[LIVES]; /* by the tick at which they go, modulo LIVES */
};

static unsigned period_ms = 20;
module_param(period_ms, uint, 0644);
static struct kmem_cache *own_cache, *bulk_cache;
static void *bulk[LIVES / 4][BULK];
static unsigned long bulk_ever, bulk_now;
static void **steps;
static unsigned step_count;
static unsigned tick_now;
static bool running;
static DEFINE_MUTEX(lock); /* all of the above */

static noinline struct object *steady_kmalloc_site(void)
{
    struct object *object = kmalloc(sizeof(*object), GFP_KERNEL);

    if (object)
        object->rest[0] = 1;
    return object;
}

static noinline struct object *steady_rcu_site(void)
{
    struct object *object = kmalloc(sizeof(*object), GFP_KERNEL);

    if (object)
        object->rest[0] = 2;
    return object;
}

static noinline struct object *steady_cache_site(void)
{
    struct object *object = kmem_cache_alloc(own_cache, GFP_KERNEL);

    if (object)
        object->rest[0] = 3;
    return object;
}

static void release_plain(struct object *object)
{
    kfree(object);
}

static void release_rcu(struct object *object)
{
    kfree_rcu(object, rcu);
}

static void release_cache(struct object *object)
{
    kmem_cache_free(own_cache, object);
}

static struct site sites[] = {
    {"steady_kmalloc_site", steady_kmalloc_site, release_plain},
    {"steady_rcu_site", steady_rcu_site, release_rcu},
    {"steady_cache_site", steady_cache_site, release_cache},
};

static void release_due(struct site *site, unsigned slot)
{
    struct object *object = site->dying[slot];

    site->dying[slot] = NULL;
    while (object) {
        struct object *next = object->next;

        site->release(object);
        site->now--;
        object = next;
    }
}

static void turn_over(struct site *site)
{
    unsigned i;

    release_due(site, tick_now % LIVES);
    for (i = 0; i < EACH; i++) {
        /* 1 to 20 ticks from now, each as often: slot 0 ahead is the one just emptied, so 20 */
        unsigned slot = (tick_now + 1 + i % LIVES) % LIVES;
        struct object *object = site->allocate();

        if (!object)
            return;
        object->next = site->dying[slot];
        site->dying[slot] = object;
        site->ever++;
        site->now++;
    }
}

static noinline void steady_bulk_site(unsigned slot)
{
    int got = kmem_cache_alloc_bulk(bulk_cache, GFP_KERNEL, BULK, bulk[slot]);

    if (got == BULK) {
        bulk_ever += BULK;
        bulk_now += BULK;
    } else {
        bulk[slot][0] = NULL;
    }
}

static void release_bulk(unsigned slot)
{
    if (!bulk[slot][0])
        return;
    kmem_cache_free_bulk(bulk_cache, BULK, bulk[slot]);
    bulk[slot][0] = NULL;
    bulk_now -= BULK;
}

static void tick(struct work_struct *work);
static DECLARE_DELAYED_WORK(ticker, tick);

static void tick(struct work_struct *work)
{
    unsigned slot, i;

    mutex_lock(&lock);
    tick_now++;
    for (i = 0; i < ARRAY_SIZE(sites); i++)
        turn_over(&sites[i]);
    slot = tick_now % ARRAY_SIZE(bulk);
    release_bulk(slot);
    steady_bulk_site(slot);
    if (running)
        schedule_delayed_work(&ticker, msecs_to_jiffies(period_ms));
    mutex_unlock(&lock);
}

static void rest(void)
{
    unsigned i, slot;

    mutex_lock(&lock);
    running = false;
    mutex_unlock(&lock);
    cancel_delayed_work_sync(&ticker);
    mutex_lock(&lock);
    for (i = 0; i < ARRAY_SIZE(sites); i++)
        for (slot = 0; slot < LIVES; slot++)
            release_due(&sites[i], slot);
    for (slot = 0; slot < ARRAY_SIZE(bulk); slot++)
        release_bulk(slot);
    mutex_unlock(&lock);
}

static int set_on(const char *text, const struct kernel_param *param)
{
    bool on;
    int error = kstrtobool(text, &on);

    if (error)
        return error;
    if (!bulk_cache)
        return -EAGAIN; /* still loading */
    if (!on) {
        rest();
        return 0;
    }
    mutex_lock(&lock);
    running = true;
    mutex_unlock(&lock);
    mod_delayed_work(system_wq, &ticker, 0);
    return 0;
}

static int get_on(char *text, const struct kernel_param *param)
{
    return scnprintf(text, PAGE_SIZE, "%d\n", READ_ONCE(running));
}

static const struct kernel_param_ops on_ops = {.set = set_on, .get = get_on};
module_param_cb(on, &on_ops, NULL, 0644);

static noinline void *steady_step_site(void)
{
    int *object = kmalloc(300, GFP_KERNEL);

    if (object)
        WRITE_ONCE(*object, 4);
    return object;
}

static int set_step(const char *text, const struct kernel_param *param)
{
    unsigned wanted;
    int error = kstrtouint(text, 10, &wanted);

    if (error)
        return error;
    if (wanted > STEPS_MOST)
        return -ERANGE;
    mutex_lock(&lock);
    if (!steps)
        steps = kvcalloc(STEPS_MOST, sizeof(*steps), GFP_KERNEL);
    while (steps && step_count < wanted && (steps[step_count] = steady_step_site()))
        step_count++;
    mutex_unlock(&lock);
    return 0;
}

static int get_step(char *text, const struct kernel_param *param)
{
    return scnprintf(text, PAGE_SIZE, "%u\n", READ_ONCE(step_count));
}

static const struct kernel_param_ops step_ops = {.set = set_step, .get = get_step};
module_param_cb(step, &step_ops, NULL, 0644);

static int show_truth(struct seq_file *out, void *unused)
{
    unsigned i;

    mutex_lock(&lock);
    for (i = 0; i < ARRAY_SIZE(sites); i++)
        seq_printf(out, "%s %lu %lu\n", sites[i].function, sites[i].ever, sites[i].now);
    seq_printf(out, "steady_bulk_site %lu %lu\n", bulk_ever, bulk_now);
    seq_printf(out, "steady_step_site %u %u\n", step_count, step_count);
    mutex_unlock(&lock);
    return 0;
}

static void construct(void *object)
{
    memset(object, 0, sizeof(int));
}

static int __init steady_init(void)
{
    own_cache = kmem_cache_create("steady_cache", sizeof(struct object), 8, 0, construct);
    bulk_cache = kmem_cache_create("steady_bulk", 440, 8, 0, construct);
    if (!own_cache || !bulk_cache || !proc_create_single("steady", 0444, NULL, show_truth)) {
        kmem_cache_destroy(own_cache);
        kmem_cache_destroy(bulk_cache);
        return -ENOMEM;
    }
    return 0;
}

static void __exit steady_exit(void)
{
    rest();
    remove_proc_entry("steady", NULL);
    while (step_count)
        kfree(steps[--step_count]);
    kvfree(steps);
    rcu_barrier();
    kmem_cache_destroy(own_cache);
    kmem_cache_destroy(bulk_cache);
}

module_init(steady_init);
module_exit(steady_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The poolhound authors");
MODULE_DESCRIPTION("Allocates busily and leaks nothing, for tests");
MODULE_VERSION("1.0");
