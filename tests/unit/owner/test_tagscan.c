/* owner/tagscan: drivers made byte by byte, with the truth known: wrappers, defaults, evidence,
 * what cannot be told, the weak classes, kinds of drivers, and memory that runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "owner/tagscan/apis.h"
#include "owner/tagscan/tagscan.h"
#include "unit/image/pe_build.h"

enum { ALLOCATE = DATA + 0x800, FREE = DATA + 0x808, GLOBAL = DATA + 0xc00 };

static struct pe_build build;
static uint32_t at; /* where the next code goes */

static void begin(uint16_t machine)
{
    build_pe(&build, machine);
    put_imports(&build);
    memset(build.bytes + build_at(TEXT), 0xcc, 0x1000);
    at = TEXT;
}

static void code(const char *bytes, size_t size)
{
    put_bytes(&build, at, bytes, size);
    at += (uint32_t)size;
}
#define CODE(bytes) code(bytes, sizeof(bytes) - 1)

/* An instruction that ends with the distance to `target`. */
static void code_to(const char *bytes, size_t size, uint32_t target)
{
    code(bytes, size);
    at += 4;
    put_32(&build, at - 4, target - at);
}
#define CODE_TO(bytes, target) code_to(bytes, sizeof(bytes) - 1, target)

static void next_function(void)
{
    at = (at + 16) & ~15u;
}

static struct ph_scan scan_as(const char *service)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    struct ph_tagscan_options options = {.service = service};
    struct ph_scan scan = {0};

    assert_null(ph_pe_parse("x.sys", build_file(&build), &pe));
    assert_null(ph_tagscan(&pe, &options, &scan));
    return scan;
}

static const struct ph_claim *claim_of(const struct ph_scan *scan, const char *tag)
{
    for (size_t i = 0; i < scan->claim_count; i++)
        if (!memcmp(scan->claims[i].tag, tag, 4))
            return &scan->claims[i];
    fail_msg("no claim of %s", tag);
    return NULL;
}

/* ------------------------------------------------------------------ call sites */

static void direct(void **state)
{
    (void)state;
    begin(PH_PE_X64);
    CODE("\x48\x83\xec\x28\x41\xb8Leak\xba\x40\0\0\0\x33\xc9"); /* sub rsp; r8d, edx, ecx */
    CODE_TO("\xff\x15", ALLOCATE);
    CODE("\x41\xb8Lea\xeb\xba\x80\0\0\0\xb9\x01\0\0\0"); /* the protected bit; paged */
    CODE_TO("\xff\x15", ALLOCATE);
    CODE("\x48\x83\xc4\x28\xc3");
    PH_GUARD(ph_scan_fini) struct ph_scan scan = scan_as(NULL);

    assert_int_equal(scan.machine, PH_PE_X64);
    assert_int_equal(scan.claim_count, 1);
    assert_int_equal(scan.sites, 2);
    assert_int_equal(scan.resolved, 2);
    const struct ph_claim *claim = claim_of(&scan, "Leak");
    assert_int_equal(claim->evidence, PH_EVIDENCE_SITE);
    assert_int_equal(claim->pool, PH_CLAIM_POOL_BOTH);
    assert_int_equal(claim->sites, 2);
    assert_int_equal(claim->wrappers, 0);
    assert_int_equal(claim->first_rva, TEXT + 17);
    assert_int_equal(claim->size_least, 64);
    assert_int_equal(claim->size_most, 128);
    assert_string_equal(claim->routine, "ExAllocatePoolWithTag");
    assert_true(claim->is_protected);
    assert_false(claim->partial);
}

/* DriverEntry -> outer(tag) -> inner(size, tag) -> the routine, without unwind data */
static void wrappers(void **state)
{
    (void)state;
    uint32_t inner = TEXT + 0x100, outer = TEXT + 0x120;

    begin(PH_PE_X64);
    CODE("\x48\x83\xec\x28\xb9One_");
    CODE_TO("\xe8", outer);
    CODE("\xb9Two_");
    CODE_TO("\xe8", outer);
    CODE("\xb9\x20\0\0\0\xbaSolo"); /* the inner one itself */
    CODE_TO("\xe8", inner);
    CODE("\x48\x83\xc4\x28\xc3");
    at = inner;
    CODE("\x48\x83\xec\x28\x44\x8b\xc2\x8b\xd1\xb9\x01\0\0\0"); /* r8d = edx; edx = ecx; paged */
    CODE_TO("\xff\x15", ALLOCATE);
    CODE("\x48\x83\xc4\x28\xc3");
    at = outer;
    CODE("\x8b\xd1\xb9\x30\0\0\0"); /* edx = ecx; 48 bytes */
    CODE_TO("\xe9", inner);
    PH_GUARD(ph_scan_fini) struct ph_scan scan = scan_as(NULL);

    assert_int_equal(scan.claim_count, 3);
    assert_int_equal(scan.sites, 3);
    assert_int_equal(scan.resolved, 3);
    assert_int_equal(scan.unresolved_count, 0);
    const struct ph_claim *claim = claim_of(&scan, "One_");
    assert_int_equal(claim->evidence, PH_EVIDENCE_SITE);
    assert_int_equal(claim->pool, PH_CLAIM_POOL_PAGED);
    assert_int_equal(claim->wrappers, 1);
    assert_int_equal(claim->size_least, 48);
    assert_int_equal(claim->first_rva, TEXT + 9);
    assert_int_equal(claim_of(&scan, "Two_")->sites, 1);
    assert_int_equal(claim_of(&scan, "Solo")->size_most, 32);
}

/* What nobody can know is counted and said, never guessed. */
static void unknown(void **state)
{
    (void)state;
    begin(PH_PE_X64);
    CODE("\x48\x83\xec\x28");
    CODE_TO("\x44\x8b\x05", GLOBAL); /* a global that nobody sets */
    CODE_TO("\xff\x15", ALLOCATE);
    CODE("\x45\x33\xc0"); /* 0 */
    CODE_TO("\xff\x15", ALLOCATE);
    CODE("\x41\xb8\x01\x02\0\0"); /* no tag */
    CODE_TO("\xff\x15", ALLOCATE);
    CODE("\x44\x8b\x00"); /* from anywhere */
    CODE_TO("\xff\x15", ALLOCATE);
    CODE("\x48\x83\xc4\x28\xc3");
    next_function(); /* an argument, and nobody calls it */
    CODE("\x48\x83\xec\x28");
    CODE_TO("\xff\x15", ALLOCATE);
    CODE("\x48\x83\xc4\x28\xc3");
    PH_GUARD(ph_scan_fini) struct ph_scan scan = scan_as(NULL);

    assert_int_equal(scan.claim_count, 0);
    assert_int_equal(scan.sites, 5);
    assert_int_equal(scan.resolved, 0);
    assert_int_equal(scan.unresolved_count, 5);
    assert_string_equal(scan.unresolved[0].why, "the tag comes from memory written at run time");
    assert_string_equal(scan.unresolved[1].why, "the tag is 0");
    assert_string_equal(scan.unresolved[2].why, "the value is no tag");
    assert_string_equal(scan.unresolved[3].why,
                        "the tag is computed from values that are not known");
    assert_string_equal(scan.unresolved[4].why, "wrapper without a caller found");
    for (size_t i = 0; i < scan.unresolved_count; i++)
        assert_string_equal(scan.unresolved[i].routine, "ExAllocatePoolWithTag");
}

/* A tag in a variable is weaker than one in code; who only frees is no owner. */
static void evidence(void **state)
{
    (void)state;
    begin(PH_PE_X64);
    put_bytes(&build, GLOBAL, "Glob", 4);
    CODE("\x48\x83\xec\x28");
    CODE_TO("\x44\x8b\x05", GLOBAL);
    CODE_TO("\xff\x15", ALLOCATE);
    CODE("\xba"
         "Free");
    CODE_TO("\xff\x15", FREE);
    CODE("\xba"
         "Glob"); /* frees what it owns: nothing new */
    CODE_TO("\xff\x15", FREE);
    CODE("\x48\x83\xc4\x28\xc3");
    PH_GUARD(ph_scan_fini) struct ph_scan scan = scan_as(NULL);

    assert_int_equal(scan.claim_count, 2);
    assert_int_equal(scan.sites, 1);
    assert_int_equal(scan.claims[0].evidence, PH_EVIDENCE_TABLE);
    assert_memory_equal(scan.claims[0].tag, "Glob", 4);
    assert_int_equal(scan.claims[1].evidence, PH_EVIDENCE_IMMEDIATE);
    assert_memory_equal(scan.claims[1].tag, "Free", 4);
    assert_string_equal(scan.claims[1].routine, "ExFreePoolWithTag");
}

/* Code behind a jump that is not understood still counts. */
static void unreached(void **state)
{
    (void)state;
    begin(PH_PE_X64);
    CODE("\x48\x83\xec\x28\x85\xc9\x74\x1a\xff\xe0"); /* je behind; jmp rax */
    CODE("\x41\xb8Hid1\x33\xc9");
    CODE_TO("\xff\x15", ALLOCATE);
    CODE("\x48\x83\xc4\x28\xc3\x90\x90\x90\x90\x90\x90\x90\x48\x83\xc4\x28\xc3");
    PH_GUARD(ph_scan_fini) struct ph_scan scan = scan_as(NULL);

    assert_int_equal(scan.claim_count, 1);
    assert_int_equal(claim_of(&scan, "Hid1")->evidence, PH_EVIDENCE_SITE);
    assert_int_equal(scan.unresolved_count, 0);
}

/* x86: imports in registers, internal functions that clean up, arguments in registers. */
static void narrow(void **state)
{
    (void)state;
    enum { SLOT = DATA + 0x800, INNER = TEXT + 0x80, OWN = TEXT + 0xa0 };
    begin(PH_PE_X86);
    CODE("\x55\x8b\xec\x56\x8b\x35"); /* push ebp; mov ebp, esp; push esi; mov esi, [slot] */
    at += 4;
    put_32(&build, at - 4, 0x40000000 + SLOT);
    CODE("\x68Regi\x6a\x10\x6a\x01\xff\xd6"); /* call esi */
    CODE("\x68Stak\x6a\x20");
    CODE_TO("\xe8", INNER);
    CODE("\xb9"
         "Ecx_");
    CODE_TO("\xe8", OWN);
    CODE("\x5e\x5d\xc3");
    at = INNER;
    CODE("\xff\x74\x24\x08\xff\x74\x24\x08\x6a\x00\xff\x15"); /* push [esp+8] twice */
    at += 4;
    put_32(&build, at - 4, 0x40000000 + SLOT);
    CODE("\xc2\x08\x00");
    at = OWN;
    CODE("\x51\x6a\x30\x6a\x00\xff\x15");
    at += 4;
    put_32(&build, at - 4, 0x40000000 + SLOT);
    CODE("\xc3");
    PH_GUARD(ph_scan_fini) struct ph_scan scan = scan_as(NULL);

    assert_int_equal(scan.claim_count, 3);
    assert_int_equal(scan.resolved, 3);
    assert_int_equal(claim_of(&scan, "Regi")->pool, PH_CLAIM_POOL_PAGED);
    assert_int_equal(claim_of(&scan, "Stak")->size_least, 32);
    assert_int_equal(claim_of(&scan, "Stak")->wrappers, 1);
    assert_int_equal(claim_of(&scan, "Ecx_")->size_least, 48);
    assert_int_equal(scan.unresolved_count, 0);
}

/* ------------------------------------------------------------------ the framework */

/* WdfDriverCreate with `tag` in its configuration, then WdfMemoryCreate with tag 0. */
static void framework(uint32_t minor, const char *tag)
{
    enum { NAME = DATA + 0x900, BIND = DATA + 0x940, TABLE = DATA + 0x9c0 };
    static const char name[] = "K\0m\0d\0f\0L\0i\0b\0r\0a\0r\0y\0\0";
    begin(PH_PE_X64);
    put_bytes(&build, NAME, name, sizeof(name));
    put_word(&build, BIND + 8, 0x140000000 + NAME);
    put_32(&build, BIND + 0x10, 1);
    put_32(&build, BIND + 0x14, minor);
    put_32(&build, BIND + 0x1c, 400);
    put_word(&build, BIND + 0x20, 0x140000000 + TABLE);
    CODE("\x48\x83\xec\x68\x48\x8d\x44\x24\x40\x48\x89\x44\x24\x20\xc7\x44\x24\x5c");
    code(tag, 4); /* the configuration at rsp + 0x40, its tag at + 0x1c */
    CODE_TO("\x48\x8b\x05", TABLE);
    CODE("\xff\x90\xa0\x03\0\0");
    CODE("\x45\x33\xc9\x41\xb8\x01\0\0\0"); /* tag 0, paged */
    CODE_TO("\x48\x8b\x05", TABLE);
    CODE("\xff\x90\0\x06\0\0\x48\x83\xc4\x68\xc3");
}

static void framework_tag(void **state)
{
    (void)state;
    framework(33, "MyDr");
    PH_GUARD(ph_scan_fini) struct ph_scan scan = scan_as("whatever");

    assert_int_equal(scan.claim_count, 2);
    assert_int_equal(scan.resolved, 2);
    assert_int_equal(scan.claims[0].evidence, PH_EVIDENCE_SITE);
    assert_string_equal(scan.claims[0].routine, "WdfDriverCreate");
    assert_memory_equal(scan.claims[0].tag, "MyDr", 4);
    assert_string_equal(scan.claims[1].routine, "WdfMemoryCreate");
    assert_memory_equal(scan.claims[1].tag, "MyDr", 4);
    assert_int_equal(scan.claims[1].pool, PH_CLAIM_POOL_PAGED);
}

static void framework_default(void **state)
{
    static const struct {
        const char *service, *tag;
    } cases[] = {{"serenum", "sere"}, {"WdfAbcde", "Abcd"}, {"WDFabcd", "abcd"}, {"wdfxyz", "FxDr"},
                 {"abc", "FxDr"},     {"", "FxDr"},         {NULL, "FxDr"},      {"abcd", "abcd"}};

    (void)state;
    framework(33, "\0\0\0");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        PH_GUARD(ph_scan_fini) struct ph_scan scan = scan_as(cases[i].service);
        assert_int_equal(scan.claim_count, 2);
        for (size_t k = 0; k < 2; k++) {
            assert_memory_equal(scan.claims[k].tag, cases[i].tag, 4);
            assert_int_equal(scan.claims[k].evidence, PH_EVIDENCE_TABLE);
        }
    }
}

/* ------------------------------------------------------------------ tables of facts */

static void routines(void **state)
{
    uint32_t bytes;
    bool no_return;

    (void)state;
    assert_true(ph_is_allocator(ph_slice_of("ndis.sys"), ph_slice_of("NdisAllocateMemoryWithTag")));
    assert_true(ph_is_allocator(ph_slice_of("ntoskrnl.exe"), ph_slice_of("ExAllocatePool")));
    assert_false(ph_is_allocator(ph_slice_of("ntoskrnl.exe"), ph_slice_of("ExFreePoolWithTag")));
    assert_false(ph_is_allocator(ph_slice_of("fltmgr.sys"), ph_slice_of("FltRegisterFilter")));
    assert_false(ph_is_allocator(ph_slice_of("ntoskrnl.exe"), ph_slice_of("")));
    const struct ph_api *api = ph_api_by_name(ph_slice_of("ExAllocatePool2"));
    assert_int_equal(ph_argument_of(api->tag, true), 2);
    assert_int_equal(ph_argument_of(api->tag, false), 3); /* the flags take two dwords */
    assert_true(ph_import_cleanup(ph_slice_of("ExAllocatePool2"), &bytes, &no_return));
    assert_int_equal(bytes, 16);
    assert_true(ph_import_cleanup(ph_slice_of("IofCallDriver"), &bytes, &no_return));
    assert_int_equal(bytes, 0);
    assert_true(ph_import_cleanup(ph_slice_of("KeWaitForSingleObject"), &bytes, &no_return));
    assert_int_equal(bytes, 20);
    assert_true(ph_import_cleanup(ph_slice_of("KeBugCheckEx"), &bytes, &no_return));
    assert_int_equal(bytes, 20);
    assert_true(no_return);
    assert_false(ph_import_cleanup(ph_slice_of("KeWait"), &bytes, &no_return));
    assert_false(ph_import_cleanup(ph_slice_of("NoSuchRoutine"), &bytes, &no_return));
}

static uint32_t kinds_now(void)
{
    PH_GUARD(ph_scan_fini) struct ph_scan scan = scan_as(NULL);

    return scan.kinds;
}

static void kinds(void **state)
{
    uint32_t noise = 1;

    (void)state;
    begin(PH_PE_X64);
    assert_int_equal(kinds_now(), PH_DRIVER_KERNEL | PH_DRIVER_NDIS);
    for (size_t i = 0; i < 0x1000; i++) { /* noise where code should be */
        noise = noise * 1103515245 + 12345;
        build.bytes[build_at(TEXT) + i] = (uint8_t)(noise >> 16);
    }
    assert_int_equal(kinds_now(), PH_DRIVER_KERNEL | PH_DRIVER_NDIS | PH_DRIVER_PACKED);
    begin(PH_PE_X64);
    memcpy(build.bytes + build_section(&build, 0), ".vmp0\0\0", 8);
    assert_int_equal(kinds_now(), PH_DRIVER_KERNEL | PH_DRIVER_NDIS | PH_DRIVER_PACKED);
}

/* Machines whose code is not read: said, when the driver allocates. */
static void other_machine(void **state)
{
    (void)state;
    begin(PH_PE_ARM);
    PH_GUARD(ph_scan_fini) struct ph_scan scan = scan_as(NULL);

    assert_int_equal(scan.claim_count, 0);
    assert_int_equal(scan.sites, 0);
    assert_int_equal(scan.losses.count, 1);
}

/* ------------------------------------------------------------------ the weak classes */

static uint32_t raw_sites(enum ph_evidence wanted)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    PH_GUARD(ph_scan_fini) struct ph_scan scan = {0};
    uint32_t sites = 0;

    assert_null(ph_pe_parse("x.sys", build_file(&build), &pe));
    assert_null(ph_tagscan_raw(&pe, (const uint8_t *)"Leak", &scan));
    for (size_t i = 0; i < scan.claim_count; i++) {
        assert_true(i == 0 || scan.claims[i - 1].evidence < scan.claims[i].evidence);
        assert_string_equal(scan.claims[i].routine, "");
        if (scan.claims[i].evidence == wanted)
            sites = scan.claims[i].sites;
    }
    return sites;
}

static void raw(void **state)
{
    (void)state;
    begin(PH_PE_X64);
    assert_int_equal(raw_sites(PH_EVIDENCE_TEXT), 0);
    CODE("\x3dLeak\x90\x90\x81\xfbLeak\x68Leak\x90\x90"); /* cmp, cmp, push */
    CODE("\xc7\x44\x24\x20Leak\x41\xb9Leak\x90\x90");     /* mov to the stack, mov r9d */
    assert_int_equal(raw_sites(PH_EVIDENCE_IMMEDIATE), 5);
    assert_int_equal(raw_sites(PH_EVIDENCE_DATA), 0);
    CODE("\x90\x90\x90\x90\x90\x90Leak\x90\x90"); /* in code, in no instruction's place */
    put_bytes(&build, RSRC + 0x10, "\1\2Leak\3\4", 8);
    assert_int_equal(raw_sites(PH_EVIDENCE_DATA), 2);
    put_bytes(&build, RSRC + 0x20, "a Leak", 6);
    put_bytes(&build, RSRC + 0x30, "Leaks.", 6);
    put_bytes(&build, RSRC + 0x40, "L\0e\0a\0k", 8);
    assert_int_equal(raw_sites(PH_EVIDENCE_TEXT), 3);
    assert_int_equal(raw_sites(PH_EVIDENCE_DATA), 2);
    assert_int_equal(raw_sites(PH_EVIDENCE_IMMEDIATE), 5);
    put_bytes(&build, PE_FILE_SIZE - PE_HEADERS_SIZE + TEXT, "Leak", 4); /* behind all sections */
    build.size = PE_FILE_SIZE + 4;
    assert_int_equal(raw_sites(PH_EVIDENCE_DATA), 2);
}

static void raw_arm64(void **state)
{
    static const uint32_t words[] = {
        0x52800000 | 0x654c << 5 | 1, /* movz w1, #"Le" */
        0xd503201f,                   /* nop */
        0x72a00000 | 0x6b61 << 5 | 1, /* movk w1, #"ak", lsl 16 */
        0x52800000 | 0x654c << 5 | 2, /* movz w2 ... */
        0x72a00000 | 0x6b61 << 5 | 3, /* ... movk w3: another register */
        0x52a00000 | 0x6b61 << 5 | 4,
        0x72800000 | 0x654c << 5 | 4, /* the other way round */
    };

    (void)state;
    begin(PH_PE_ARM64);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++, at += 4)
        put_32(&build, at, words[i]);
    assert_int_equal(raw_sites(PH_EVIDENCE_IMMEDIATE), 2);
    put_bytes(&build, TEXT + 0x100, "Leak", 4); /* a literal pool */
    assert_int_equal(raw_sites(PH_EVIDENCE_DATA), 1);
}

/* ------------------------------------------------------------------ memory runs out */

static void out_of_memory(void **state)
{
    struct ph_tagscan_options options = {.service = "x"};
    bool done = false;

    (void)state;
    framework(33, "MyDr");
    for (long n = 0; n < 2000 && !done; n++) {
        PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
        PH_GUARD(ph_scan_fini) struct ph_scan scan = {0};
        assert_null(ph_pe_parse("x.sys", build_file(&build), &pe));
        ph_mem_fail_after(n);
        struct ph_error *error = ph_tagscan(&pe, &options, &scan);
        if (!error)
            error = ph_tagscan_raw(&pe, (const uint8_t *)"MyDr", &scan);
        ph_mem_fail_after(-1);
        done = !error;
        if (error)
            assert_int_equal(error->code, PH_ERR_NOMEM);
        ph_error_free(error);
    }
    assert_true(done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(direct),        cmocka_unit_test(wrappers),
        cmocka_unit_test(unknown),       cmocka_unit_test(evidence),
        cmocka_unit_test(unreached),     cmocka_unit_test(narrow),
        cmocka_unit_test(framework_tag), cmocka_unit_test(framework_default),
        cmocka_unit_test(routines),      cmocka_unit_test(kinds),
        cmocka_unit_test(other_machine), cmocka_unit_test(raw),
        cmocka_unit_test(raw_arm64),     cmocka_unit_test(out_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
