/* owner/linux/kcaches: caches found in code written byte by byte, for x86-64 and arm64. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "owner/linux/kcaches.h"
#include "unit/image/elf_build.h"

/* Relocations of the psABIs, by number. */
enum { X64_64 = 1, X64_PC32 = 2, X64_PLT32 = 4, X64_32S = 11 };
enum { ARM64_PAGE = 275, ARM64_LOW = 277, ARM64_CALL = 283 };

struct module {
    struct elf_build build;
    uint32_t texts, create; /* symbols: the section of texts, kmem_cache_create */
};

static void start(struct module *module, uint16_t machine, const char *creator)
{
    elf_start(&module->build, machine);
    module->texts = elf_symbol(&module->build, "", 3, ELF_TEXTS, 0, 0);
    module->create = elf_symbol(&module->build, creator, 0, 0, 0, 0);
}

static uint64_t here(const struct module *module)
{
    return module->build.part[ELF_CODE].size;
}

/* `bytes` of an instruction and a field of `width` bytes behind them that is relocated. */
static void put(struct module *module, const char *bytes, size_t size, unsigned width,
                uint32_t type, uint32_t symbol, int64_t addend)
{
    elf_code(&module->build, bytes, size);
    elf_relocation(&module->build, here(module), type, symbol, addend);
    elf_code(&module->build, "\0\0\0\0\0\0\0\0", width);
}

static void put_arm64(struct module *module, const char *bytes, uint32_t type, uint32_t symbol,
                      int64_t addend)
{
    elf_relocation(&module->build, here(module), type, symbol, addend);
    elf_code(&module->build, bytes, 4);
}

static void call(struct module *module, uint32_t symbol)
{
    put(module, "\xe8", 1, 4, X64_PLT32, symbol, -4);
}

enum where { IN_RDI, IN_RDI_BY_LEA, IN_RDI_WIDE, IN_RSI };

static void load(struct module *module, enum where where, const char *text)
{
    int64_t at = elf_text(&module->build, text);

    switch (where) {
    case IN_RDI:
        put(module, "\x48\xc7\xc7", 3, 4, X64_32S, module->texts, at);
        break;
    case IN_RDI_BY_LEA:
        put(module, "\x48\x8d\x3d", 3, 4, X64_PC32, module->texts, at - 4);
        break;
    case IN_RDI_WIDE:
        put(module, "\x48\xbf", 2, 8, X64_64, module->texts, at);
        break;
    case IN_RSI:
        put(module, "\x48\xc7\xc6", 3, 4, X64_32S, module->texts, at);
        break;
    }
}

/* What was found: "name/function/routine" for each cache, with ! when it is certain, ~ when it is a
 * format only. */
static struct ph_error *see(void *context, const struct ph_kcache *cache)
{
    ph_text_printf(context, "%.*s/%.*s/%.*s%s ", (int)cache->name.size, cache->name.data,
                   (int)cache->function.size, cache->function.data, (int)cache->routine.size,
                   cache->routine.data,
                   cache->certain ? "!"
                   : cache->made  ? "~"
                                  : "");
    return ph_text_check(context);
}

static void assert_caches(struct module *module, const char *found, size_t unresolved)
{
    PH_GUARD(ph_elf_fini) struct ph_elf elf = {0};
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    size_t left = 99;

    assert_null(ph_elf_parse("owl.ko", elf_file(&module->build), &elf));
    assert_null(ph_kcaches_of(&elf, see, &text, &left));
    assert_string_equal(text.data ? text.data : "", found);
    assert_int_equal(left, unresolved);
    elf_end(&module->build);
}

static void every_form_of_x64(void **state)
{
    static const enum where FORMS[] = {IN_RDI, IN_RDI_BY_LEA, IN_RDI_WIDE};
    struct module module;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        start(&module, ELF_X64, "kmem_cache_create_usercopy");
        (void)elf_symbol(&module.build, "init_owl", 2, ELF_CODE, 0, 64);
        load(&module, FORMS[i], "owl_nodes");
        elf_code(&module.build, "\x31\xf6", 2);
        call(&module, module.create);
        assert_caches(&module, "owl_nodes/init_owl/kmem_cache_create_usercopy! ", 0);
    }
}

static void names_are_of_their_own_call(void **state)
{
    struct module module;

    (void)state;
    start(&module, ELF_X64, "kmem_cache_create");
    uint32_t other = elf_symbol(&module.build, "printk", 0, 0, 0, 0);
    load(&module, IN_RDI, "starting owls");
    call(&module, other);
    load(&module, IN_RDI, "owl_a");
    call(&module, module.create);
    load(&module, IN_RDI, "owl_b");
    load(&module, IN_RSI, "not the first argument");
    call(&module, module.create);
    call(&module, module.create); /* the name comes from somewhere else */
    assert_caches(&module, "owl_a//kmem_cache_create! owl_b//kmem_cache_create! ", 1);
}

static void another_register_is_weaker(void **state)
{
    struct module module;

    (void)state;
    start(&module, ELF_X64, "kmem_cache_create");
    load(&module, IN_RSI, "owl_moved");
    elf_code(&module.build, "\x48\x89\xf7", 3); /* mov %rsi, %rdi */
    call(&module, module.create);
    assert_caches(&module, "owl_moved//kmem_cache_create ", 0);
}

static void arm64_loads_by_two_instructions(void **state)
{
    struct module module;

    (void)state;
    for (unsigned reg = 0; reg < 2; reg++) {
        start(&module, ELF_ARM64, "__kmem_cache_create_args");
        (void)elf_symbol(&module.build, "init_owl", 2, ELF_CODE, 0, 64);
        int64_t at = elf_text(&module.build, "owl_arm");
        put_arm64(&module, reg ? "\x01\0\0\x90" : "\0\0\0\x90", ARM64_PAGE, module.texts, at);
        put_arm64(&module, reg ? "\x21\0\0\x91" : "\0\0\0\x91", ARM64_LOW, module.texts, at);
        put_arm64(&module, "\0\0\0\x94", ARM64_CALL, module.create, 0);
        assert_caches(&module,
                      reg ? "owl_arm/init_owl/__kmem_cache_create_args "
                          : "owl_arm/init_owl/__kmem_cache_create_args! ",
                      0);
    }
}

static void what_is_no_name(void **state)
{
    struct module module;

    (void)state;
    start(&module, ELF_X64, "kmem_cache_create");
    load(&module, IN_RDI, "");
    call(&module, module.create);
    load(&module, IN_RDI, "bell\a");
    call(&module, module.create);
    load(&module, IN_RDI,
         "a name of more than sixty-four characters is none: the kernel cuts them");
    call(&module, module.create);
    put(&module, "\x48\xc7\xc7", 3, 4, X64_32S, module.texts, 1 << 20); /* behind the texts */
    call(&module, module.create);
    put(&module, "\x48\xc7\xc7", 3, 4, X64_32S, 0xffffff, 0); /* no such symbol */
    call(&module, module.create);
    assert_caches(&module, "", 5);
}

static void names_made_at_run_time(void **state)
{
    struct module module;

    (void)state;
    start(&module, ELF_X64, "kmem_cache_create");
    uint32_t print = elf_symbol(&module.build, "snprintf", 0, 0, 0, 0);
    load(&module, IN_RSI, "owl_of_another_function-%u");
    call(&module, print);
    (void)elf_symbol(&module.build, "make_owl", 2, ELF_CODE, here(&module), 64);
    load(&module, IN_RSI, "owl_cache-%u");
    load(&module, IN_RSI, "owl number %u, a message");
    load(&module, IN_RSI, "no_format");
    call(&module, print);
    elf_code(&module.build, "\x48\x89\xdf", 3); /* mov %rbx, %rdi */
    call(&module, module.create);
    assert_caches(&module, "owl_cache-%u/make_owl/kmem_cache_create~ ", 1);
}

static void other_functions_create_nothing(void **state)
{
    struct module module;

    (void)state;
    start(&module, ELF_X64, "kmem_cache_created");
    load(&module, IN_RDI, "owl");
    call(&module, module.create);
    assert_caches(&module, "", 0);
    start(&module, ELF_X86, "kmem_cache_create"); /* 32-bit: not read */
    assert_caches(&module, "", 0);
}

static void many_caches_are_bounded(void **state)
{
    PH_GUARD(ph_elf_fini) struct ph_elf elf = {0};
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct module module;
    size_t left;

    (void)state;
    start(&module, ELF_X64, "kmem_cache_create");
    for (unsigned i = 0; i < 2000; i++) {
        load(&module, IN_RDI, "x");
        call(&module, module.create);
    }
    assert_null(ph_elf_parse("owl.ko", elf_file(&module.build), &elf));
    assert_null(ph_kcaches_of(&elf, see, &text, &left));
    assert_int_equal(text.size, PH_KCACHES_MOST * strlen("x//kmem_cache_create! "));
    elf_end(&module.build);
}

static struct ph_error *refuse(void *context, const struct ph_kcache *cache)
{
    (void)context;
    return ph_errorf(PH_ERR_USAGE, "%.*s", (int)cache->name.size, cache->name.data);
}

static void errors_come_through(void **state)
{
    PH_GUARD(ph_elf_fini) struct ph_elf elf = {0};
    struct module module;
    size_t left;
    bool done = false;

    (void)state;
    start(&module, ELF_X64, "kmem_cache_create");
    load(&module, IN_RDI, "owl");
    call(&module, module.create);
    assert_null(ph_elf_parse("owl.ko", elf_file(&module.build), &elf));
    ph_autoerror struct ph_error *refused = ph_kcaches_of(&elf, refuse, NULL, &left);
    assert_non_null(refused);
    assert_string_equal(refused->text, "owl");
    for (long n = 0; !done; n++) {
        PH_GUARD(ph_text_fini) struct ph_text text = {0};
        ph_mem_fail_after(n);
        struct ph_error *error = ph_kcaches_of(&elf, see, &text, &left);
        ph_mem_fail_after(-1);
        done = !error;
        assert_true(done || error->code == PH_ERR_NOMEM);
        ph_error_free(error);
    }
    elf_end(&module.build);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_x64),
        cmocka_unit_test(names_are_of_their_own_call),
        cmocka_unit_test(another_register_is_weaker),
        cmocka_unit_test(arm64_loads_by_two_instructions),
        cmocka_unit_test(what_is_no_name),
        cmocka_unit_test(names_made_at_run_time),
        cmocka_unit_test(other_functions_create_nothing),
        cmocka_unit_test(many_caches_are_bounded),
        cmocka_unit_test(errors_come_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
