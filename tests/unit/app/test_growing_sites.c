/* Which of allocinfo's call sites explain a cache's growth, and whom that names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/growing_sites.h"
#include "app/owners.h"
#include "app/who.h"
#include "base/mem.h"

enum { MOST = 64 };

struct judged {
    struct ph_catalog catalog;
    struct ph_finding items[MOST];
    struct ph_finding_list findings;
};

static void judged_fini(struct judged *judged)
{
    ph_catalog_fini(&judged->catalog);
}

/* A series that grew from `first` to `last` objects of so many bytes. */
static void add(struct judged *judged, enum ph_origin origin, const char *tag, char *module,
                int64_t first, int64_t last, int64_t bytes)
{
    bool cache = origin == PH_ORIGIN_SLABINFO;
    struct ph_series like = {
        .origin = origin,
        .pool = cache ? PH_POOL_UNRECLAIMABLE : PH_POOL_SITE,
        .slab_bytes = cache ? (uint32_t)bytes : 0,
        .tag = ph_slice_of(tag),
        .module = module,
    };
    struct ph_finding *finding = &judged->items[judged->findings.count++];

    *finding = (struct ph_finding){.verdict = PH_VERDICT_GROWING,
                                   .first_bytes = first * bytes,
                                   .last_bytes = last * bytes,
                                   .last_objects = last};
    assert_null(ph_catalog_intern(&judged->catalog, &like, &finding->series));
    judged->findings.items = judged->items;
}

static char leaky[] = "leaky", xfs[] = "xfs", other[] = "other";

static void explains_growth(void **state)
{
    PH_GUARD(judged_fini) struct judged judged = {0};
    PH_GUARD(ph_growing_sites_fini) struct ph_growing_sites sites = {0};

    (void)state;
    add(&judged, PH_ORIGIN_SLABINFO, "kmalloc-4k", NULL, 1000, 2000, 4096);
    add(&judged, PH_ORIGIN_ALLOCINFO, "steady fs/x.c:1", xfs, 900, 900, 4096);
    add(&judged, PH_ORIGIN_ALLOCINFO, "tock leaky.c:2", leaky, 0, 200, 4096);
    add(&judged, PH_ORIGIN_ALLOCINFO, "kernel_own mm/x.c:3", NULL, 0, 90, 4096);
    add(&judged, PH_ORIGIN_ALLOCINFO, "tick leaky.c:1", leaky, 0, 700, 4096);
    add(&judged, PH_ORIGIN_ALLOCINFO, "wrong_size x.c:1", other, 0, 1000, 2048);
    add(&judged, PH_ORIGIN_ALLOCINFO, "too_much x.c:1", other, 0, 1501, 4096);
    add(&judged, PH_ORIGIN_ALLOCINFO, "less x.c:1", other, 1000, 10, 4096);
    add(&judged, PH_ORIGIN_TRACE, "no_site", other, 0, 1000, 4096);
    assert_null(ph_growing_sites_find(&judged.catalog, &judged.findings, &judged.items[0], &sites));
    assert_int_equal(sites.count, 2);
    assert_string_equal(sites.items[0].module, "leaky");
    assert_true(sites.items[0].share > 0.899 && sites.items[0].share < 0.901);
    assert_string_equal(sites.items[0].words,
                        "grew by 900 objects of this size, the cache by 1,000 (allocinfo): tick "
                        "leaky.c:1, tock leaky.c:2");
    assert_null(sites.items[1].module);
    /* neither a site nor what does not grow is asked for */
    for (size_t i = 1; i < judged.findings.count; i++) {
        PH_GUARD(ph_growing_sites_fini) struct ph_growing_sites none = {0};
        assert_null(
            ph_growing_sites_find(&judged.catalog, &judged.findings, &judged.items[i], &none));
        assert_int_equal(none.count, 0);
    }
}

static void keeps_the_largest(void **state)
{
    PH_GUARD(judged_fini) struct judged judged = {0};
    PH_GUARD(ph_growing_sites_fini) struct ph_growing_sites sites = {0};
    char name[16];

    (void)state;
    add(&judged, PH_ORIGIN_SLABINFO, "filp", NULL, 0, 1000, 256);
    for (int i = 0; i < 50; i++) {
        (void)snprintf(name, sizeof(name), "site%d", i);
        add(&judged, PH_ORIGIN_ALLOCINFO, name, i % 2 ? leaky : NULL, 0, 20 + i * 7 % 50, 256);
    }
    assert_null(ph_growing_sites_find(&judged.catalog, &judged.findings, &judged.items[0], &sites));
    assert_int_equal(sites.count, 2);
    assert_true(sites.items[0].share >= sites.items[1].share);
    assert_non_null(strstr(sites.items[0].words, " and "));
}

/* An empty tree: nothing else names anybody. */
static void names_the_module(void **state)
{
    PH_GUARD(judged_fini) struct judged judged = {0};
    PH_GUARD(ph_who_closep) struct ph_who *who = NULL;
    char root[] = "/tmp/poolhound-test-XXXXXX";
    bool done = false;

    (void)state;
    assert_non_null(mkdtemp(root));
    struct ph_who_options options = {.root = root};
    assert_null(ph_who_open(&options, &who));
    add(&judged, PH_ORIGIN_SLABINFO, "kmalloc-4k", NULL, 1000, 2000, 4096);
    add(&judged, PH_ORIGIN_ALLOCINFO, "tick leaky.c:1", leaky, 0, 700, 4096);
    for (long n = 0; !done && n < 1000; n++) {
        PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};
        ph_mem_fail_after(n);
        struct ph_error *error =
            ph_who_judged(who, &judged.catalog, &judged.findings, 0, PH_TIME_REAL, &report);
        ph_mem_fail_after(-1);
        assert_true(!error || error->code == PH_ERR_NOMEM);
        done = !error;
        ph_error_free(error);
        if (!done)
            continue;
        assert_int_equal(report.owner_count, 1);
        assert_string_equal(report.owners[0].name, "leaky");
        assert_int_equal(report.owners[0].evidence, PH_EVIDENCE_SITE);
        assert_true(report.owners[0].counted);
    }
    assert_true(done);
    assert_int_equal(rmdir(root), 0);
}

/* Half of it or less names nobody, and the kernel itself is told, not accused. */
static void names_nobody(void **state)
{
    PH_GUARD(judged_fini) struct judged judged = {0};
    PH_GUARD(ph_who_closep) struct ph_who *who = NULL;
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};
    char root[] = "/tmp/poolhound-test-XXXXXX";

    (void)state;
    assert_non_null(mkdtemp(root));
    struct ph_who_options options = {.root = root};
    assert_null(ph_who_open(&options, &who));
    add(&judged, PH_ORIGIN_SLABINFO, "kmalloc-4k", NULL, 1000, 2000, 4096);
    add(&judged, PH_ORIGIN_ALLOCINFO, "tick leaky.c:1", leaky, 0, 400, 4096);
    add(&judged, PH_ORIGIN_ALLOCINFO, "own mm/x.c:1", NULL, 0, 600, 4096);
    assert_null(ph_who_judged(who, &judged.catalog, &judged.findings, 0, PH_TIME_REAL, &report));
    assert_int_equal(report.owner_count, 0);
    assert_non_null(strstr(report.meanings[0].meaning, "own mm/x.c:1"));
    assert_int_equal(rmdir(root), 0);
}

/* Callers of vmalloc() and sites of a module are this module's, whatever else is known. */
static void names_the_callers(void **state)
{
    static const enum ph_origin origins[] = {PH_ORIGIN_VMALLOCINFO, PH_ORIGIN_ALLOCINFO};
    PH_GUARD(judged_fini) struct judged judged = {0};
    PH_GUARD(ph_who_closep) struct ph_who *who = NULL;
    char root[] = "/tmp/poolhound-test-XXXXXX";

    (void)state;
    assert_non_null(mkdtemp(root));
    struct ph_who_options options = {.root = root};
    assert_null(ph_who_open(&options, &who));
    for (size_t i = 0; i < 2; i++) {
        PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};
        PH_GUARD(ph_owner_report_fini) struct ph_owner_report own = {0};
        add(&judged, origins[i], "tick", leaky, 0, 700, 4096);
        add(&judged, origins[i], "kernel_function", NULL, 0, 700, 4096);
        assert_null(
            ph_who_judged(who, &judged.catalog, &judged.findings, 2 * i, PH_TIME_REAL, &report));
        assert_int_equal(report.owner_count, 1);
        assert_string_equal(report.owners[0].name, "leaky");
        assert_int_equal(report.owners[0].evidence, PH_EVIDENCE_SITE);
        assert_null(
            ph_who_judged(who, &judged.catalog, &judged.findings, 2 * i + 1, PH_TIME_REAL, &own));
        assert_int_equal(own.owner_count, 0);
    }
    assert_int_equal(rmdir(root), 0);
}

/* One of a group is looked into, and not only the site of the slab's own pages. */
static void stands_for_its_group(void **state)
{
    PH_GUARD(judged_fini) struct judged judged = {0};

    (void)state;
    add(&judged, PH_ORIGIN_ALLOCINFO, "alloc_slab_page mm/slub.c:1", NULL, 0, 1000, 4096);
    add(&judged, PH_ORIGIN_ALLOCINFO, "kernel_own mm/x.c:3", NULL, 0, 1000, 4096);
    add(&judged, PH_ORIGIN_SLABINFO, "kmalloc-4k", NULL, 1000, 2000, 4096);
    add(&judged, PH_ORIGIN_ALLOCINFO, "tick leaky.c:1", leaky, 0, 1000, 4096);
    for (size_t i = 0; i < 4; i++) {
        judged.items[i].group = 1;
        assert_int_equal(ph_owners_worth(&judged.catalog, judged.items, i), i == 0 || i == 2);
    }
    add(&judged, PH_ORIGIN_SLABINFO, "filp", NULL, 1000, 2000, 4096);
    assert_true(ph_owners_worth(&judged.catalog, judged.items, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(explains_growth),   cmocka_unit_test(keeps_the_largest),
        cmocka_unit_test(names_the_module),  cmocka_unit_test(names_nobody),
        cmocka_unit_test(names_the_callers), cmocka_unit_test(stands_for_its_group),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
