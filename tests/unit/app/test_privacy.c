/* app/privacy.c: what is private goes, what the report is for stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/privacy.h"
#include "base/mem.h"
#include "render/render.h"
#include "render/report_format.h"

static void must(struct ph_error *error)
{
    if (error)
        fail_msg("%s", error->text);
}

/* ------------------------------------------------------------------ texts */

static char *const some_names[] = {"web1.corp.example", "web1", "corp.example", "kim", "al"};
static char *const some_paths[] = {"captures/monday", "my logs/of today"};

static const struct ph_privacy known = {
    .names = (char **)some_names, .count = 5, .paths = (char **)some_paths, .path_count = 2};

static void becomes(const char *text, const char *want)
{
    ph_autofree char *got = ph_strdup(text);

    must(ph_privacy_text(&known, &got));
    if (strcmp(got, want))
        fail_msg("'%s' became\n'%s', not\n'%s'", text, got, want);
    must(ph_privacy_text(&known, &got)); /* twice is as once */
    assert_string_equal(got, want);
}

static void stays(const char *text)
{
    becomes(text, text);
}

static void unix_paths(void **state)
{
    (void)state;
    becomes("/home/pat/logs/a.log", ".../a.log");
    becomes("/home/pat", ".../(removed)");
    becomes("/home/pat/", ".../(removed)/");
    becomes("/Users/pat/x: cannot be read", ".../x: cannot be read");
    becomes("saved in /srv/dump/one.tar.gz.", "saved in .../one.tar.gz.");
    becomes("(/srv/dump/one) and '/srv/dump two/x y.log', too", "(.../one) and '.../x y.log', too");
    becomes("root=/dev/mapper/vg-secret ro", "root=.../vg-secret ro");
    becomes("/aa/b:/cc/d,/ee/f;/gg/h", ".../b:.../d,.../f;.../h");
    becomes("/srv/x.log:12: not a row", ".../x.log:12: not a row");
    becomes("/srv/deep//er/x", ".../x");
    becomes("pat@box:/srv/x/y", "pat@box:.../y");
    becomes("~/secret/x ./secret/x ../x", ".../x .../x .../x");
    becomes("file:///srv/dump/a.log is at ftp://box/a.log and smb://box",
            ".../a.log is at .../a.log and (removed)");
    becomes("/usr/lib/x(1)/y.so(main+0x1) x", ".../y.so(main+0x1) x");
    becomes("/srv/gr\xc3\xbc\xc3\x9f"
            "e/\xc3\xa4.log",
            ".../\xc3\xa4.log");
    becomes("/proc/../home/x", ".../(removed)");
    becomes("/sys/fs/cgroup/docker-x/memory.max", ".../memory.max");
    becomes("", "");
}

static void windows_paths(void **state)
{
    (void)state;
    becomes("C:\\Users\\pat\\a.sys", "...\\a.sys");
    becomes("c:/Users/pat", ".../(removed)");
    becomes("C:\\Program Files (x86)\\Foo Bar\\b.sys is loaded", "...\\b.sys is loaded");
    becomes("C:\\Users\\Pat Smith\\data\\b.sys and D:\\x\\c.sys", "...\\b.sys and ...\\c.sys");
    becomes("a:C:\\x\\b.sys,d:\\c.sys", "a:...\\b.sys,...\\c.sys");
    becomes("C:\\x\\b.sys or drivers\\c.sys", "...\\b.sys or ...\\c.sys");
    becomes("\\\\fileserver\\share\\d\\x.sys (1.2)", "...\\x.sys (1.2)");
    becomes("on \\\\fileserver it is", "on (removed) it is");
    becomes("\\SystemRoot\\System32\\drivers\\x.sys", "...\\x.sys");
    becomes("\\??\\C:\\Windows\\x.sys", "...\\x.sys");
    becomes("'\\Device\\HarddiskVolume3\\secret dir\\x.sys'", "'...\\x.sys'");
    becomes("System32\\drivers\\x.sys", "...\\x.sys");
    becomes("C:\\\\Users\\\\pat\\\\a.sys", "...\\a.sys"); /* as JSON has it */
    becomes("CORP.EXAMPLE\\kim", "(removed)\\(removed)");
    stays("C:\\");
}

static void relative_paths(void **state)
{
    (void)state;
    becomes("logs/secret/x", ".../x");
    becomes("secret/x.log", ".../x.log");
    becomes("secret/.bashrc", ".../.bashrc");
    becomes("C_drive/Windows/System32/drivers", ".../drivers");
    becomes("captures/monday: 3 readings", ".../monday: 3 readings");
    becomes("captures/monday/proc/slabinfo", ".../slabinfo");
    becomes("in my logs/of today", "in .../of today");
    becomes("secret/foo.c:12", ".../foo.c:12");
    becomes("drivers/foo.sys", ".../foo.sys");
}

static void no_paths(void **state)
{
    (void)state;
    stays("20.1 kB/s (19.6 to 20.7) and/or 5/10, n/a, N/A, I/O, bytes/reading, 19.6/20.7");
    stays("mm/slub.c:123 func:x, drivers/net/ethernet/x.c:7, include/linux/slab.h");
    stays("Debian GNU/Linux 12 (bookworm)");
    stays("https://github.com/openzfs/zfs/issues/3029 and http://x.org/a/b.html.");
    stays("docs.kernel.org/mm/slab.html; learn.microsoft.com/en-us/archive/blogs: part 1");
    becomes("wiki.corp7.example/mm/slab.html", ".../slab.html");
    stays("files in /dev/shm or /run that stay; /lib/modules");
    stays("2026/11/02 2026-11-02T14:05:00Z 1/2/3");
    stays("/proc/slabinfo, /proc/sys/fs/dentry-state and /sys/kernel/slab");
    stays("tag 'A/B/' in tcpip.sys/ndis.sys, \"\\x01\\x02ab\", L\\x31c\\x00");
    stays("/b or /iTag, as with poolmon; / is the root; press + - ~ . .. /");
    stays("kmalloc-64 [nf_conntrack] (unaccounted) <none>");
    stays("live kernel");
    stays("function+0x12/0x34 [module]");
}

static void names(void **state)
{
    (void)state;
    becomes("host web1, WEB1.corp.example, db.corp.example",
            "host (removed), (removed), db.(removed)");
    becomes("sosreport-web1-2026.tar web1_old", "sosreport-(removed)-2026.tar (removed)_old");
    becomes("kim@web1", "(removed)@(removed)");
    becomes("Kim's", "(removed)'s");
    stays("kimono skim web12 aweb1 wal");
    /* two letters are a name between separators only */
    becomes("al@box, al and \\al\\ in 'al'", "(removed)@box, al and \\(removed)\\ in '(removed)'");
    stays("al");
}

static void hostile_texts_take_no_time(void **state)
{
    static const char *const pieces[] = {"'/a", "/",  "C:\\a ", "\\\\", "a b\\", "(", ":",
                                         "'",   "\"", "/home/", "://",  "x",     " ", "\\x0"};

    (void)state;
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        for (size_t k = 0; k < sizeof(pieces) / sizeof(pieces[0]); k++) {
            PH_GUARD(ph_text_fini) struct ph_text text = {0};
            while (text.size < 30000) {
                ph_text_puts(&text, pieces[i]);
                ph_text_puts(&text, pieces[k]);
            }
            must(ph_text_check(&text));
            must(ph_privacy_text(&known, &text.data));
        }
    }
}

/* ------------------------------------------------------------------ a report full of secrets */

static const char *const secrets[] = {"kimberly",   "hidden-dir", "web77",
                                      "hq.example", "vault9",     "pat_doe"};

/* Each kind of place has its own words: a sentence may have all, a path only a path. */
static const char sentence[] =
    "seen on web77.hq.example by kimberly: /home/kimberly/hidden-dir/a.log, "
    "C:\\Users\\kimberly\\hidden-dir\\b.sys and \\\\vault9\\hidden-dir\\c.sys; also "
    "/Users/pat_doe/x and pat_doe@WEB77 in hidden-dir/d.log";
static const char a_path[] = "/home/kimberly/hidden-dir/leaky.ko";
static const char around[] = "/home/kimberly/hidden-dir/foo.c:12 func:leak";
static const char people[] = "root@web77 for kimberly";

static char *copy(const char *text)
{
    char *made = ph_strdup(text);

    assert_non_null(made);
    return made;
}

static struct ph_identity an_identity(void)
{
    struct ph_identity identity = {
        .path = copy(a_path),
        .format = PH_FORMAT_PE,
        .machine = 0x8664,
        .trust = PH_TRUST_UNANCHORED,
        .sentence = copy(sentence),
        .catalog = copy(a_path),
        .publisher = copy("Contoso Ltd"),
        .company = copy("Contoso Ltd"),
        .description = copy(sentence),
        .product = copy(sentence),
        .product_version = copy(sentence),
        .file_version = copy(sentence),
        .binary_version = copy(sentence),
        .original_name = copy(around),
        .internal_name = copy(around),
        .comments = copy(sentence),
        .pdb_path = copy("C:\\Users\\kimberly\\hidden-dir\\leaky.pdb"),
        .module = {.present = true,
                   .name = copy(around),
                   .version = copy(sentence),
                   .vermagic = copy(sentence),
                   .author = copy(people),
                   .depends = copy(around),
                   .signer = copy("web77 Secure Boot Module Signature key"),
                   .loaded = 1,
                   .loaded_version = copy(sentence),
                   .taint_meaning = copy(sentence),
                   .package = copy(sentence),
                   .package_version = copy(sentence),
                   .maintainer = copy(people)},
    };
    struct ph_signature signature = {.trust = PH_TRUST_UNANCHORED,
                                     .sentence = copy(sentence),
                                     .catalog = copy(a_path),
                                     .program = copy(sentence),
                                     .url = copy("https://contoso.example/drivers/x.html"),
                                     .stamp_sentence = copy(sentence)};
    struct ph_certificate certificate = {.subject = copy("Contoso Ltd"),
                                         .issuer = copy("Contoso CA"),
                                         .serial = copy("01"),
                                         .thumbprint = copy("ab"),
                                         .algorithm = copy("sha256RSA"),
                                         .status = copy("Valid")};

    must(ph_grow(&signature.signers.items, &signature.signers.capacity, 1, sizeof(certificate)));
    signature.signers.items[signature.signers.count++] = certificate;
    must(ph_grow(&identity.signatures.items, &identity.signatures.capacity, 1, sizeof(signature)));
    identity.signatures.items[identity.signatures.count++] = signature;
    must(ph_loss_add(&identity.losses, 1, "%s", sentence));
    return identity;
}

static void fill_owner_report(struct ph_owner_report *report, const char *tag)
{
    struct ph_owner *owner;
    struct ph_tag_meaning *meaning;
    struct ph_leak_match *leak;

    must(ph_owner_report_owner(report, &owner));
    must(ph_owner_report_meaning(report, &meaning));
    must(ph_owner_report_leak(report, &leak));
    report->tag = copy(tag);
    report->next = copy(sentence);
    report->paragraph = copy(sentence);
    report->files = report->drivers = 1;
    report->all = true;
    must(ph_loss_add(&report->losses, 1, "%s", sentence));
    owner->name = copy("leaky");
    owner->path = copy(a_path);
    owner->loaded = 1;
    owner->evidence = PH_EVIDENCE_SITE;
    owner->reason = copy(sentence);
    owner->newer = copy(sentence);
    owner->identified = true;
    owner->identity = an_identity();
    owner->process = (struct ph_process){.pid = 812,
                                         .command = copy("eventhog"),
                                         .user = copy("kimberly"),
                                         .cgroup = copy("/user.slice/hidden-dir/app.scope"),
                                         .package = copy("eventhog 1.0"),
                                         .age_s = 7200,
                                         .held = 48112,
                                         .grew = 10,
                                         .holds = copy("48,112 eventfds")};
    report->held = copy(sentence);
    report->cgroup = copy(sentence);
    *meaning = (struct ph_tag_meaning){.kind = PH_EVIDENCE_LIST,
                                       .pattern = copy("CM??"),
                                       .component = copy(sentence),
                                       .meaning = copy(sentence),
                                       .growth = copy(sentence),
                                       .check = copy(sentence),
                                       .source = copy(sentence)};
    *leak = (struct ph_leak_match){.driver = copy(around),
                                   .what = copy(sentence),
                                   .fixed = copy(sentence),
                                   .link = copy("https://contoso.example/kb/1"),
                                   .sureness = copy(sentence),
                                   .certain = true};
}

struct planted {
    struct ph_session session;
    struct ph_owners owners;
    struct ph_facts facts;
};

static void planted_fini(struct planted *planted)
{
    ph_owners_fini(&planted->owners);
    ph_session_fini(&planted->session);
    ph_facts_fini(&planted->facts);
}

static uint32_t add_tag(struct ph_session *session, const char *tag, struct ph_series like)
{
    uint32_t number = 0;

    like.tag = ph_slice_of(tag);
    must(ph_catalog_intern(&session->catalog, &like, &number));
    must(ph_sample_add(&session->last, &(struct ph_value){.series = number,
                                                          .have = PH_HAVE_BYTES | PH_HAVE_OBJECTS,
                                                          .objects = 10,
                                                          .bytes = 640}));
    must(ph_grow(&session->findings.items, &session->findings.capacity, session->findings.count + 1,
                 sizeof(*session->findings.items)));
    session->findings.items[session->findings.count++] =
        (struct ph_finding){.series = number,
                            .verdict = PH_VERDICT_GROWING,
                            .missing = PH_MISSING_SPAN,
                            .windows = 7,
                            .rose = 6,
                            .window_ns = 1000000000,
                            .have_rate = true,
                            .rate = 100,
                            .rate_low = 90,
                            .rate_high = 110,
                            .last_bytes = 640,
                            .last_objects = 10,
                            .samples = 10,
                            .span_ns = 9000000000};
    return number;
}

static void plant(struct planted *planted)
{
    struct ph_session *session = &planted->session;
    struct ph_fact_driver *driver;

    *planted = (struct planted){0};
    ph_sample_reset(&session->last);
    session->machine = (struct ph_machine){.host = "web77.hq.example",
                                           .system = "Linux",
                                           .release = "6.1.0-kimberly-web77",
                                           .boot_id = "b-4711",
                                           .memory_bytes = 1 << 30};
    add_tag(session, "dentry", (struct ph_series){.module = (char *)a_path});
    add_tag(session, around,
            (struct ph_series){.origin = PH_ORIGIN_ALLOCINFO, .pool = PH_POOL_SITE});
    add_tag(session, "A/B/", (struct ph_series){.origin = PH_ORIGIN_POOLMON});
    add_tag(session, "kmalloc-64", (struct ph_series){.aliases = (char *)around});
    must(ph_sample_finish(&session->last, &(size_t){0}));
    session->input_name = copy("web77/kimberly"); /* no path but for what is known of it */
    session->recording = copy("/home/kimberly/hidden-dir/week.poolhound");
    session->recording_note = copy("web77/kimberly: cannot be written");
    session->samples = 10;
    session->segments = 1;
    must(ph_loss_add(&session->losses, 2, "%s", sentence));
    must(ph_loss_add(&session->last.losses, 2, "web77/kimberly: line 3 was left out"));
    must(ph_event_add(&session->events, PH_EVENT_LOAD, 5, sentence));
    must(ph_event_add(&session->last.events, PH_EVENT_DAMAGE, 5, sentence));
    fill_owner_report(&planted->owners.reports[0], around);
    planted->owners.count = 1;
    planted->facts.os = copy(sentence);
    planted->facts.taint = copy(sentence);
    planted->facts.command = copy("slub_debug=U root=/dev/hidden-dir/x");
    must(ph_facts_driver(&planted->facts, &driver));
    driver->name = copy(around);
    driver->version = copy(sentence);
    driver->vendor = copy(people);
    driver->note = copy(sentence);
    driver->bytes = 4096;
    driver->loaded = true;
    must(ph_loss_add(&planted->facts.losses, 1, "%s", sentence));
}

static void render(struct planted *planted, struct ph_text *out)
{
    static const char *const ids[] = {"text", "json", "csv"};
    const struct ph_style wide = {.columns = 250};
    struct ph_hunt_report report = ph_session_report(&planted->session);

    report.all = true;
    report.owners = planted->owners.reports;
    report.owner_count = planted->owners.count;
    report.facts = &planted->facts;
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        const struct ph_renderer *renderer = ph_renderer_find(ids[i]);
        must(renderer->hunt(&report, &wide, out));
        if (renderer->owner)
            must(renderer->owner(&planted->owners.reports[0], &wide, out));
    }
    for (const struct ph_report_format *format = ph_report_formats; format->suffix; format++)
        must(format->render(&report, out));
}

static bool contains(const struct ph_text *text, const char *word)
{
    size_t size = strlen(word);

    for (size_t i = 0; i + size <= text->size; i++) {
        size_t k = 0;
        while (k < size && (text->data[i + k] | 0x20) == (word[k] | 0x20))
            k++;
        if (k == size)
            return true;
    }
    return false;
}

static void no_secret_is_left(void **state)
{
    PH_GUARD(planted_fini) struct planted planted;
    PH_GUARD(ph_privacy_fini) struct ph_privacy privacy = {0};
    PH_GUARD(ph_text_fini) struct ph_text before = {0};
    PH_GUARD(ph_text_fini) struct ph_text after = {0};

    (void)state;
    plant(&planted);
    render(&planted, &before);
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
        if (!contains(&before, secrets[i]))
            fail_msg("'%s' was not planted", secrets[i]);
    must(ph_privacy_open(&planted.session, &privacy));
    PH_GUARD(ph_text_fini) struct ph_text untouched = {0};
    render(&planted, &untouched); /* opening changes nothing */
    assert_int_equal(untouched.size, before.size);
    assert_memory_equal(untouched.data, before.data, before.size);

    must(ph_privacy_apply(&privacy, &planted.session, &planted.owners, &planted.facts));
    render(&planted, &after);
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
        if (contains(&after, secrets[i]))
            fail_msg("'%s' is left in:\n%s", secrets[i], after.data);
    /* what the report is for */
    static const char *const kept[] = {"dentry",         "app.scope",
                                       "eventhog 1.0",   "48,112 eventfds",
                                       "A/B/",           "kmalloc-64",
                                       "leaky.ko",       "Contoso",
                                       "foo.c:12",       "https://contoso.example/kb/1",
                                       "week.poolhound", "a.log"};
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        if (!contains(&after, kept[i]))
            fail_msg("'%s' is gone from:\n%s", kept[i], after.data);
    assert_string_equal(planted.session.machine.host, "");
    assert_string_equal(planted.session.machine.boot_id, "");
    assert_string_equal(planted.session.machine.release, "6.1.0-(removed)-(removed)");
    assert_string_equal(planted.owners.reports[0].owners[0].identity.module.signer,
                        "(removed) Secure Boot Module Signature key");
    assert_string_equal(planted.facts.command, "slub_debug=U root=.../x");
    assert_string_equal(planted.session.recording, ".../week.poolhound");
}

/* Fields that no renderer of this test shows may be shown by another. */
static void no_secret_is_left_in_any_field(void **state)
{
    PH_GUARD(planted_fini) struct planted planted;
    PH_GUARD(ph_privacy_fini) struct ph_privacy privacy = {0};
    PH_GUARD(ph_text_fini) struct ph_text all = {0};

    (void)state;
    plant(&planted);
    must(ph_privacy_open(&planted.session, &privacy));
    must(ph_privacy_apply(&privacy, &planted.session, &planted.owners, &planted.facts));
    const struct ph_owner_report *report = &planted.owners.reports[0];
    const struct ph_owner *owner = &report->owners[0];
    const struct ph_identity *id = &owner->identity;
    const struct ph_module_facts *m = &id->module;
    const struct ph_signature *signature = &id->signatures.items[0];
    const struct ph_tag_meaning *meaning = &report->meanings[0];
    const struct ph_leak_match *leak = &report->leaks[0];
    const struct ph_facts *facts = &planted.facts;
    const char *const texts[] = {report->tag,
                                 report->next,
                                 report->paragraph,
                                 report->losses.items[0].what,
                                 owner->path,
                                 owner->reason,
                                 owner->newer,
                                 id->path,
                                 id->sentence,
                                 id->catalog,
                                 id->description,
                                 id->product,
                                 id->product_version,
                                 id->file_version,
                                 id->binary_version,
                                 id->original_name,
                                 id->internal_name,
                                 id->comments,
                                 id->pdb_path,
                                 id->losses.items[0].what,
                                 m->name,
                                 m->version,
                                 m->vermagic,
                                 m->author,
                                 m->depends,
                                 m->signer,
                                 m->loaded_version,
                                 m->taint_meaning,
                                 m->package,
                                 m->package_version,
                                 m->maintainer,
                                 signature->sentence,
                                 signature->catalog,
                                 signature->program,
                                 signature->stamp_sentence,
                                 meaning->component,
                                 meaning->meaning,
                                 meaning->growth,
                                 meaning->check,
                                 meaning->source,
                                 leak->driver,
                                 leak->what,
                                 leak->fixed,
                                 leak->sureness,
                                 facts->os,
                                 facts->taint,
                                 facts->command,
                                 facts->drivers[0].name,
                                 facts->drivers[0].version,
                                 facts->drivers[0].vendor,
                                 facts->drivers[0].note,
                                 facts->losses.items[0].what,
                                 planted.session.input_name,
                                 planted.session.recording,
                                 planted.session.recording_note,
                                 planted.session.losses.items[0].what,
                                 planted.session.last.losses.items[0].what,
                                 planted.session.events.items[0].text,
                                 planted.session.last.events.items[0].text,
                                 planted.session.catalog.series[0].module,
                                 planted.session.catalog.series[3].aliases};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        ph_text_clear(&all);
        ph_text_puts(&all, texts[i]);
        for (size_t k = 0; k < sizeof(secrets) / sizeof(secrets[0]); k++)
            if (contains(&all, secrets[k]))
                fail_msg("text %zu: '%s' is left in '%s'", i, secrets[k], texts[i]);
    }
}

static void names_come_from_everywhere(void **state)
{
    struct ph_session session = {.machine = {.host = "rec9.lab.example.net"}};
    PH_GUARD(ph_privacy_fini) struct ph_privacy privacy = {0};
    ph_autofree char *text =
        ph_strdup("rec9, lab.example.net, grace, heidi, root, localhost, ivan, web and 'ju'");

    (void)state;
    assert_int_equal(setenv("USER", "grace", 1), 0);
    assert_int_equal(setenv("LOGNAME", "root", 1), 0);
    assert_int_equal(setenv("SUDO_USER", "heidi", 1), 0);
    assert_int_equal(setenv("HOME", "/home/ju", 1), 0);
    session.input_name = copy("/home/ivan/x.log");
    must(ph_privacy_open(&session, &privacy));
    ph_free(session.input_name);
    must(ph_privacy_text(&privacy, &text));
    assert_string_equal(text, "(removed), (removed), (removed), (removed), root, localhost, "
                              "(removed), web and '(removed)'");
    char *nothing = NULL;
    must(ph_privacy_text(&privacy, &nothing));
    assert_null(nothing);
}

static void owners_and_facts_may_be_missing(void **state)
{
    PH_GUARD(planted_fini) struct planted planted;
    PH_GUARD(ph_privacy_fini) struct ph_privacy privacy = {0};

    (void)state;
    plant(&planted);
    must(ph_privacy_open(&planted.session, &privacy));
    must(ph_privacy_apply(&privacy, &planted.session, NULL, NULL));
    assert_string_equal(planted.session.input_name, ".../(removed)");
}

static void out_of_memory(void **state)
{
    (void)state;
    for (long n = 0;; n += 1 + n / 50) {
        PH_GUARD(planted_fini) struct planted planted;
        PH_GUARD(ph_privacy_fini) struct ph_privacy privacy = {0};
        plant(&planted);
        ph_mem_fail_after(n);
        struct ph_error *error = ph_privacy_open(&planted.session, &privacy);
        if (!error)
            error = ph_privacy_apply(&privacy, &planted.session, &planted.owners, &planted.facts);
        ph_mem_fail_after(-1);
        if (!error)
            break;
        assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
        assert_true(n < 1000000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unix_paths),
        cmocka_unit_test(windows_paths),
        cmocka_unit_test(relative_paths),
        cmocka_unit_test(no_paths),
        cmocka_unit_test(names),
        cmocka_unit_test(hostile_texts_take_no_time),
        cmocka_unit_test(no_secret_is_left),
        cmocka_unit_test(no_secret_is_left_in_any_field),
        cmocka_unit_test(names_come_from_everywhere),
        cmocka_unit_test(owners_and_facts_may_be_missing),
        cmocka_unit_test(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
