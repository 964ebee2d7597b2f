#include "app/who.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "app/processes.h"
#include "app/who_linux.h"
#include "app/who_lists.h"
#include "app/who_parts.h"
#include "app/windows_owners.h"
#include "base/mem.h"
#include "source/windows/nt.h"

struct ph_who {
    struct ph_who_options options; /* its strings are the caller's */
    struct ph_lists *lists;
    struct ph_drivers drivers;
    bool have_drivers;
    struct ph_identifier *identifier;  /* opened when the first candidate is identified */
    struct ph_linux_owners *modules;   /* opened with the first Linux question */
    struct ph_windows_owners *windows; /* opened with the first question to the Windows here */
    struct ph_holdings *before;        /* the first look at processes; NULL: none was taken */
    struct ph_holdings *now;           /* the newest one */
};

struct ph_error *ph_who_open(const struct ph_who_options *options, struct ph_who **who)
{
    PH_GUARD(ph_who_closep) struct ph_who *fresh = ph_zalloc(1, sizeof(*fresh));

    if (!fresh)
        return ph_error_nomem();
    fresh->options = *options;
    PH_TRY(ph_lists_open(options, &fresh->lists));
    *who = ph_steal(fresh);
    return NULL;
}

void ph_who_close(struct ph_who *who)
{
    if (!who)
        return;
    ph_lists_close(who->lists);
    if (who->have_drivers)
        ph_drivers_close(&who->drivers);
    ph_identifier_close(who->identifier);
    ph_linux_owners_close(who->modules);
    ph_windows_owners_close(who->windows);
    ph_holdings_free(who->before);
    ph_holdings_free(who->now);
    ph_free(who);
}

void ph_who_closep(struct ph_who **who)
{
    ph_who_close(*who);
}

bool ph_who_knows_drivers(void)
{
    return ph_nt_live() != NULL;
}

/* ------------------------------------------------------------------ what all questions share */

/* The drivers that files are looked up among; NULL: none. */
static const struct ph_drivers *drivers_of(const struct ph_who *who)
{
    if (who->windows)
        return ph_windows_owners_drivers(who->windows);
    return who->have_drivers ? &who->drivers : NULL;
}

static struct ph_error *identify(struct ph_who *who, struct ph_owner_report *report)
{
    bool any = false;

    for (size_t i = 0; i < report->owner_count; i++)
        any = any || report->owners[i].path;
    if (!any)
        return NULL;
    if (!who->identifier)
        PH_TRY(ph_identifier_open(&who->options.identity, &who->identifier));
    return ph_who_identify(who->identifier, drivers_of(who), report);
}

/* Ranks, identifies, matches known leaks, and advises. */
static struct ph_error *conclude(struct ph_who *who, bool windows, struct ph_slice tag,
                                 const char *growth, struct ph_owner_report *report)
{
    ph_who_rank(report);
    PH_TRY(identify(who, report));
    PH_TRY(ph_lists_add_leaks(who->lists, windows, tag, who->options.release, report));
    PH_TRY(ph_loss_merge(&report->losses, ph_lists_losses(who->lists), false));
    return ph_who_advise(report, growth);
}

static struct ph_error *set_tag(struct ph_owner_report *report, const struct ph_text *text)
{
    PH_TRY(ph_text_check(text));
    report->tag = ph_memdup(text->data ? text->data : "", text->size);
    return report->tag ? NULL : ph_error_nomem();
}

/* ------------------------------------------------------------------ Windows */

static struct ph_error *open_drivers(struct ph_who *who)
{
    if (who->have_drivers || !who->options.driver_count)
        return NULL;
    struct ph_drivers_options options = {
        .paths = who->options.drivers,
        .path_count = who->options.driver_count,
        .index = who->options.index,
        .progress = who->options.progress,
        .context = who->options.context,
    };
    PH_TRY(ph_drivers_open(&options, &who->drivers));
    who->have_drivers = true;
    return NULL;
}

static struct ph_error *open_windows(struct ph_who *who)
{
    return who->windows || !ph_who_nt(&who->options)
               ? NULL
               : ph_windows_owners_open(&who->options, &who->windows);
}

static struct ph_error *ask_pool_tag(struct ph_who *who, const uint8_t tag[4], const char *growth,
                                     struct ph_owner_report *report)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    uint8_t plain[4];

    memcpy(plain, tag, sizeof(plain));
    plain[3] &= 0x7f; /* the protected-pool bit */
    ph_tag_text(plain, &text);
    PH_TRY(set_tag(report, &text));
    report->is_pool_tag = true;
    memcpy(report->bytes, plain, sizeof(plain));
    PH_TRY(open_drivers(who));
    if (who->have_drivers) {
        PH_TRY(ph_who_search(&who->drivers, plain, who->options.weak, report));
        PH_TRY(ph_loss_merge(&report->losses, &who->drivers.losses, false));
    }
    PH_TRY(open_windows(who));
    if (who->windows)
        PH_TRY(ph_windows_owners_find(who->windows, plain, report));
    struct ph_slice slice = {(const char *)plain, sizeof(plain)};
    PH_TRY(ph_lists_add_entries(who->lists, plain, drivers_of(who), report));
    PH_TRY(ph_lists_add_known(who->lists, true, slice, report));
    return conclude(who, true, slice, growth, report);
}

struct ph_error *ph_who_pool_tag(struct ph_who *who, const uint8_t tag[4],
                                 struct ph_owner_report *report)
{
    return ask_pool_tag(who, tag, NULL, report);
}

/* ------------------------------------------------------------------ Linux */

enum { LOOK_LASTS_S = 10 }; /* several questions in a row need one look */

struct ph_error *ph_who_first_look(struct ph_who *who)
{
    PH_TRY(open_windows(who));
    if (who->windows)
        return ph_windows_owners_first_look(who->windows);
    if (!who->options.processes || who->before)
        return NULL;
    return ph_holdings_read(who->options.root, &who->before);
}

static struct ph_error *ask_processes(struct ph_who *who, const struct ph_linux_question *question,
                                      struct ph_owner_report *report)
{
    if (!who->options.processes || question->site)
        return NULL;
    if (who->now && !who->options.root &&
        ph_boottime_ns() - who->now->taken_ns > LOOK_LASTS_S * PH_SECOND) {
        ph_holdings_free(who->now);
        who->now = NULL;
    }
    if (!who->now)
        PH_TRY(ph_holdings_read(who->options.root, &who->now));
    return ph_holdings_owners(question->tag, question->aliases, who->before, who->now, report);
}

static struct ph_error *ask_linux(struct ph_who *who, const struct ph_linux_question *asked,
                                  const char *growth, struct ph_owner_report *report)
{
    struct ph_linux_question traced = *asked, *question = &traced;
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    traced.trace = who->options.trace;
    traced.here = who->options.processes || who->options.root;
    ph_text_escaped(&text, question->tag);
    PH_TRY(set_tag(report, &text));
    if (!who->modules)
        PH_TRY(ph_linux_owners_open(who->options.root, who->options.release, &who->modules));
    PH_TRY(ph_linux_owners_find(who->modules, question, report));
    PH_TRY(ask_processes(who, question, report));
    PH_TRY(ph_lists_add_known(who->lists, false, question->tag, report));
    return conclude(who, false, question->tag, growth, report);
}

struct ph_error *ph_who_linux(struct ph_who *who, struct ph_slice tag, const char *module,
                              const char *aliases, struct ph_owner_report *report)
{
    struct ph_linux_question question = {.tag = tag, .module = module, .aliases = aliases};

    return ask_linux(who, &question, NULL, report);
}

struct ph_error *ph_who_typed(struct ph_who *who, const char *text, struct ph_owner_report *report)
{
    bool windows =
        who->options.driver_count || who->options.tag_list_count || ph_who_nt(&who->options);
    uint8_t tag[4];

    if (windows) {
        PH_TRY(ph_tag_parse(text, tag));
        return ask_pool_tag(who, tag, NULL, report);
    }
    if (!text[0])
        return ph_errorf(PH_ERR_USAGE, "an empty tag names nothing");
    PH_TRY(ph_who_linux(who, ph_slice_of(text), NULL, NULL, report));
    if (report->owner_count || report->meaning_count)
        return NULL;
    /* Nothing of Linux is called so: a pool tag, then, of a machine whose drivers are not here. */
    struct ph_error *error = ph_tag_parse(text, tag);
    if (error) {
        ph_error_free(error);
        return NULL;
    }
    ph_owner_report_fini(report);
    return ask_pool_tag(who, tag, NULL, report);
}

/* ------------------------------------------------------------------ findings */

static bool is_windows(enum ph_origin origin)
{
    switch (origin) {
    case PH_ORIGIN_POOLMON:
    case PH_ORIGIN_MEMSNAP:
    case PH_ORIGIN_CLONE_CSV:
    case PH_ORIGIN_POOLTAG:
    case PH_ORIGIN_POOLTAG2:
    case PH_ORIGIN_DUMP:
        return true;
    default:
        return false;
    }
}

/* "The nonpaged pool tag 'Leak' grew by 12.3 KB per hour (95 % interval ...) over 3.2 d: LEAK." */
static void growth_words(const struct ph_series *series, const struct ph_finding *finding,
                         enum ph_time_kind time_kind, struct ph_text *out)
{
    double unit = time_kind == PH_TIME_ORDINAL ? 1 : 3600;

    ph_text_printf(out, "The %s memory of '", ph_pool_name(series->pool));
    ph_text_escaped(out, series->tag);
    ph_text_puts(out, "' grows");
    if (finding->have_rate) {
        ph_text_puts(out, " by ");
        ph_text_bytes(out, finding->rate * unit);
        ph_text_puts(out, time_kind == PH_TIME_ORDINAL ? " a reading" : " an hour");
        ph_text_puts(out, " (95 % interval ");
        ph_text_bytes(out, finding->rate_low * unit);
        ph_text_puts(out, " to ");
        ph_text_bytes(out, finding->rate_high * unit);
        ph_text_putc(out, ')');
    }
    if (time_kind != PH_TIME_ORDINAL) {
        ph_text_puts(out, ", watched for ");
        ph_text_duration(out, (double)finding->span_ns / 1e9);
    }
    ph_text_puts(out, "; it holds ");
    ph_text_bytes(out, (double)finding->last_bytes);
    if (finding->last_objects >= 0) {
        ph_text_puts(out, " in ");
        ph_text_grouped(out, finding->last_objects);
        ph_text_puts(out, " allocations");
    }
    ph_text_printf(out, ". Verdict: %s.", ph_verdict_name(finding->verdict, finding->urgent));
}

static bool pool_tag(const struct ph_series *series, uint8_t tag[4])
{
    if (!is_windows(series->origin) || !series->tag.size || series->tag.size > 4)
        return false;
    memset(tag, ' ', 4);
    memcpy(tag, series->tag.data, series->tag.size);
    return true;
}

static struct ph_error *ask_series(struct ph_who *who, const struct ph_series *series,
                                   const struct ph_growing_sites *growing, const char *growth,
                                   struct ph_owner_report *report)
{
    uint8_t tag[4];

    if (pool_tag(series, tag))
        return ask_pool_tag(who, tag, growth, report);
    struct ph_linux_question question = {
        .tag = series->tag,
        .module = series->module,
        .aliases = series->aliases,
        .cache = series->origin == PH_ORIGIN_SLABINFO,
        .site = series->origin == PH_ORIGIN_ALLOCINFO || series->origin == PH_ORIGIN_VMALLOCINFO,
        .growing = growing,
    };
    return ask_linux(who, &question, growth, report);
}

struct ph_error *ph_who_series(struct ph_who *who, const struct ph_series *series,
                               struct ph_owner_report *report)
{
    return ask_series(who, series, NULL, NULL, report);
}

const char *ph_who_component(const struct ph_who *who, const struct ph_series *series)
{
    uint8_t tag[4];

    if (!pool_tag(series, tag))
        return ph_lists_component(who->lists, is_windows(series->origin), series->tag);
    tag[3] &= 0x7f; /* the protected-pool bit */
    return ph_lists_component(who->lists, true, (struct ph_slice){(const char *)tag, sizeof(tag)});
}

static struct ph_error *ask_finding(struct ph_who *who, const struct ph_series *series,
                                    const struct ph_finding *finding,
                                    const struct ph_growing_sites *growing,
                                    enum ph_time_kind time_kind, struct ph_owner_report *report)
{
    PH_GUARD(ph_text_fini) struct ph_text growth = {0};

    growth_words(series, finding, time_kind, &growth);
    PH_TRY(ph_text_check(&growth));
    return ask_series(who, series, growing, growth.data, report);
}

struct ph_error *ph_who_finding(struct ph_who *who, const struct ph_series *series,
                                const struct ph_finding *finding, enum ph_time_kind time_kind,
                                struct ph_owner_report *report)
{
    return ask_finding(who, series, finding, NULL, time_kind, report);
}

struct ph_error *ph_who_judged(struct ph_who *who, const struct ph_catalog *catalog,
                               const struct ph_finding_list *findings, size_t at,
                               enum ph_time_kind time_kind, struct ph_owner_report *report)
{
    PH_GUARD(ph_growing_sites_fini) struct ph_growing_sites growing = {0};
    const struct ph_finding *finding = &findings->items[at];

    PH_TRY(ph_growing_sites_find(catalog, findings, finding, &growing));
    return ask_finding(who, &catalog->series[finding->series], finding, &growing, time_kind,
                       report);
}
