#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "json_check.h"
#include "render/render.h"

static const struct ph_style STYLE = {.columns = 80};

static char *copy(const char *text)
{
    char *made = ph_strdup(text);

    assert_non_null(made);
    return made;
}

static struct ph_claim a_claim(void)
{
    return (struct ph_claim){.tag = "Leak",
                             .evidence = PH_EVIDENCE_SITE,
                             .pool = PH_CLAIM_POOL_NONPAGED,
                             .sites = 12,
                             .wrappers = 3,
                             .first_rva = 0x12a4,
                             .size_least = 64,
                             .size_most = 4096,
                             .routine = "ExAllocatePoolWithTag"};
}

static struct ph_signature a_signature(void)
{
    struct ph_signature signature = {.trust = PH_TRUST_UNANCHORED,
                                     .sentence = copy("signature intact, not anchored"),
                                     .digest = PH_DIGEST_SHA256,
                                     .stamp = PH_STAMP_RFC3161,
                                     .signed_s = 1600000000};
    struct ph_certificate certificate = {.subject = copy("Example \x1b[31m Ltd"),
                                         .issuer = copy("Example CA"),
                                         .serial = copy("0102"),
                                         .thumbprint = copy("ABCD"),
                                         .algorithm = copy("sha256RSA"),
                                         .valid_from_s = 1500000000,
                                         .valid_to_s = 1700000000,
                                         .status = copy("root not at hand")};

    assert_null(
        ph_grow(&signature.signers.items, &signature.signers.capacity, 1, sizeof(certificate)));
    signature.signers.items[signature.signers.count++] = certificate;
    return signature;
}

static struct ph_identity an_identity(void)
{
    struct ph_identity identity = {
        .path = copy("drivers/leaky \xff\n.sys"),
        .format = PH_FORMAT_PE,
        .machine = 0x8664,
        .size = 4711,
        .trust = PH_TRUST_UNANCHORED,
        .sentence = copy("signature intact, chain ends at X, not anchored"),
        .publisher = copy("Example, \"Ltd\""),
        .company = copy("Example"),
        .file_version = copy("1.2.3.4"),
        .module = {.loaded = -1},
    };
    struct ph_signature signature = a_signature();

    identity.sums[PH_DIGEST_MD5] = (struct ph_digest_sum){.bytes = {0xab, 0xcd}, .size = 16};
    assert_null(
        ph_grow(&identity.signatures.items, &identity.signatures.capacity, 1, sizeof(signature)));
    identity.signatures.items[identity.signatures.count++] = signature;
    return identity;
}

static void fill(struct ph_owner_report *report)
{
    struct ph_owner *owner;
    struct ph_tag_meaning *meaning;
    struct ph_leak_match *leak;
    struct ph_claim claim = a_claim();

    report->tag = copy("Leak");
    report->is_pool_tag = true;
    memcpy(report->bytes, "Leak", 4);
    assert_null(ph_owner_report_owner(report, &owner));
    owner->name = copy("leaky.sys");
    owner->path = copy("drivers/leaky.sys");
    owner->evidence = PH_EVIDENCE_SITE;
    owner->machine = 0x8664;
    owner->kinds = PH_DRIVER_WDF | PH_DRIVER_KERNEL;
    assert_null(ph_grow(&owner->claims, &owner->claim_capacity, 1, sizeof(claim)));
    owner->claims[owner->claim_count++] = claim;
    owner->identified = true;
    owner->identity = an_identity();
    assert_null(ph_owner_report_meaning(report, &meaning));
    meaning->pattern = copy("Lea?");
    meaning->component = copy("leaky");
    meaning->meaning = copy("what it is");
    meaning->on_behalf = true;
    assert_null(ph_owner_report_leak(report, &leak));
    leak->driver = copy("leaky.sys");
    leak->what = copy("leaks");
    leak->link = copy("https://example.org/1");
    report->drivers = 2;
    report->sites = 13;
    report->resolved = 12;
    report->doubtful = 1;
    report->next = copy("ask Example for a newer version");
}

/* One document that follows docs/schema.json. */
static void assert_json(const char *bytes, size_t size)
{
    static char text[1 << 18];
    FILE *file = fopen(TEST_DATA "/../../docs/schema.json", "rb");

    assert_non_null(file);
    struct json *schema = json_parse(text, fread(text, 1, sizeof(text), file));
    (void)fclose(file);
    struct json *document = json_parse(bytes, size);
    assert_non_null(schema);
    assert_non_null(document);
    assert_true(schema_holds(schema, schema, document, true));
    json_free(document);
    json_free(schema);
}

static void assert_has(const struct ph_text *text, const char *part)
{
    if (!strstr(text->data, part))
        fail_msg("'%s' is not in:\n%s", part, text->data);
}

static void owner_for_people(void **state)
{
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    fill(&report);
    assert_null(ph_render_text.owner(&report, &STYLE, &out));
    assert_has(&out, "Leak: allocated by leaky.sys, and the system does on behalf of others.");
    assert_has(&out, "12 call sites");
    assert_has(&out, "ExAllocatePoolWithTag");
    assert_has(&out, "12 of 13 call sites");
    assert_has(&out, "known leak");
    assert_null(strchr(out.data, '\x1b'));
    for (const char *at = out.data; *at; at += strcspn(at, "\n") + 1)
        assert_true(strcspn(at, "\n") <= 80);
}

static void fill_process(struct ph_owner_report *report)
{
    struct ph_owner *owner;

    report->tag = copy("filp");
    assert_null(ph_owner_report_owner(report, &owner));
    owner->name = copy("PID 812 (eventhog)");
    owner->path = copy("/usr/bin/eventhog");
    owner->evidence = PH_EVIDENCE_HOLDS;
    owner->reason = copy("holds 48,112 eventfds now");
    owner->process = (struct ph_process){.pid = 812,
                                         .command = copy("eventhog"),
                                         .user = copy("postgres"),
                                         .cgroup = copy("/system.slice/hog.service"),
                                         .package = copy("eventhog 1.0"),
                                         .age_s = 7200,
                                         .held = 48112,
                                         .grew = NAN,
                                         .holds = copy("48,112 eventfds")};
    assert_null(
        ph_owner_report_owner(report, &owner)); /* a driver may own the cache all the same */
    owner->name = copy("vfs");
    owner->evidence = PH_EVIDENCE_SITE;
    report->held = copy("processes hold 48,112 of about 48,300 objects");
    report->cgroup = copy("/system.slice/hog.service: kernel memory +412 MB");
}

static void a_process_is_no_driver(void **state)
{
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report report = {0};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    fill_process(&report);
    assert_true(ph_owner_is_named(&report));
    assert_int_equal(ph_owner_named(&report), 1);
    assert_null(ph_render_text.owner(&report, &STYLE, &out));
    assert_has(&out, "filp: held by PID 812 (eventhog), by no driver.");
    assert_has(&out, "user postgres, started 2 h ago, cgroup /system.slice/hog.service");
    assert_has(&out, "    program     /usr/bin/eventhog\n");
    assert_has(&out, "    package     eventhog 1.0\n");
    assert_has(&out, "processes hold 48,112 of about 48,300 objects");
    assert_has(&out, "kernel memory +412 MB");
    ph_text_clear(&out);
    assert_null(ph_render_json.owner(&report, &STYLE, &out));
    assert_json(out.data, out.size);
    assert_has(&out, "\"evidence\":\"holds\"");
    assert_has(&out, "\"pid\":812,\"command\":\"eventhog\"");
    assert_has(&out, "\"grew_objects\":null");
    ph_text_clear(&out);
    assert_null(ph_render_csv.owner(&report, &STYLE, &out));
    assert_has(&out, "filp,PID 812 (eventhog),/usr/bin/eventhog,,holds,");
}

static void every_output_is_well_formed(void **state)
{
    PH_GUARD(ph_owner_report_fini) struct ph_owner_report owner = {0};
    PH_GUARD(ph_identity_report_fini)
    struct ph_identity_report identities = {.extended = true, .hashes = true, .chain = true};
    struct ph_scan_report scans = {0};
    struct ph_scan_file file = {.path = "a\"b\\.sys"};
    struct ph_claim claim = a_claim();
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    fill(&owner);
    assert_null(ph_render_json.owner(&owner, &STYLE, &out));
    assert_json(out.data, out.size);
    ph_text_clear(&out);
    assert_null(ph_scan_add(&file.scan, &claim));
    assert_null(ph_scan_add_unresolved(&file.scan, 7, "ExAllocatePool2", "why"));
    scans.files = &file;
    scans.count = 1;
    scans.all = true;
    assert_null(ph_render_json.scan(&scans, &STYLE, &out));
    assert_json(out.data, out.size);
    ph_text_clear(&out);
    assert_null(ph_render_text.scan(&scans, &STYLE, &out));
    assert_has(&out, "Leak  Nonp ");
    assert_has(&out, "why");
    ph_text_clear(&out);
    assert_null(ph_render_csv.scan(&scans, &STYLE, &out));
    assert_has(&out, ",Leak,4c65616b,call-site,Nonp,ExAllocatePoolWithTag,12,3,64,4096,4772,");
    ph_text_clear(&out);
    assert_null(ph_render_localtag(&scans, &out));
    assert_has(&out, "Leak - a\"b\\.sys - ExAllocatePoolWithTag\n");
    ph_scan_fini(&file.scan);
    assert_null(ph_grow(&identities.items, &identities.capacity, 1, sizeof(*identities.items)));
    identities.items[identities.count++] = an_identity();
    ph_text_clear(&out);
    assert_null(ph_render_json.identity(&identities, &STYLE, &out));
    assert_json(out.data, out.size);
}

/* What scripts take from sigcheck. */
static void identity_as_sigcheck_has_it(void **state)
{
    PH_GUARD(ph_identity_report_fini)
    struct ph_identity_report report = {.extended = true, .hashes = true, .chain = true};
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    (void)state;
    assert_null(ph_grow(&report.items, &report.capacity, 1, sizeof(*report.items)));
    report.items[report.count++] = an_identity();
    assert_null(ph_render_text.identity(&report, &STYLE, &out));
    assert_has(&out, "drivers/leaky \\xff\\x0a.sys:\n\tVerified:\t");
    assert_has(&out, "\tSigning date:\t2020-09-13T12:26:40Z\n");
    assert_has(&out, "\tPublisher:\tExample, \"Ltd\"\n");
    assert_has(&out, "\tMachineType:\tx64\n");
    assert_has(&out, "\tMD5:\tABCD");
    assert_has(&out, "\tSigners:\n\t  Example \\x1b[31m Ltd\n\t\tCert Status:\troot not at hand\n");
    ph_text_clear(&out);
    assert_null(ph_render_csv.identity(&report, &STYLE, &out));
    assert_has(&out, "Path,Verified,Date,Publisher,Company,Description,Product,Product Version,"
                     "File Version,Machine Type,Binary Version,Original Name,Internal Name,"
                     "Copyright,Comments,Entropy,MD5,SHA1,PESHA1,PESHA256,SHA256,IMP\n");
    assert_has(&out, ",\"Example, \"\"Ltd\"\"\",");
    report.extended = report.hashes = false;
    report.tabs = true;
    ph_text_clear(&out);
    assert_null(ph_render_csv.identity(&report, &STYLE, &out));
    assert_has(&out, "Path\tVerified\tDate\tPublisher\tCompany\tDescription\tProduct\t"
                     "Product Version\tFile Version\tMachine Type\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_is_no_driver),
        cmocka_unit_test(owner_for_people),
        cmocka_unit_test(every_output_is_well_formed),
        cmocka_unit_test(identity_as_sigcheck_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
