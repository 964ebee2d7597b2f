#include "owner/linux/kcaches.h"

#include <string.h>

#include "base/mem.h"
#include "base/sort.h"
#include "base/text.h"

/* ELF machine numbers and relocation types of the psABI supplements. */
enum { MACHINE_X86_64 = 62, MACHINE_ARM64 = 183 };
enum { X86_64_64 = 1, X86_64_PC32 = 2, X86_64_PLT32 = 4, X86_64_32S = 11 };
enum {
    ARM64_ADR_PREL_LO21 = 274,
    ARM64_ADR_PREL_PG_HI21 = 275,
    ARM64_JUMP26 = 282,
    ARM64_CALL26 = 283
};
enum {
    SECTION_EXECUTABLE = 4,
    SYMBOL_FUNCTION = 2,
    REACH = 512, /* bytes from the name to the call */
    SYMBOLS_MOST = 1 << 18,
    RELOCATIONS_MOST = 1 << 22, /* of all tables together: they may name the same bytes */
    CACHE_NAME_MOST = 64,
    FORMATS_REACH = 1000 /* relocations from a format to the call */
};

static bool is_creator(struct ph_slice name)
{
    static const char *const CREATORS[] = {
        "kmem_cache_create",     "kmem_cache_create_usercopy", "__kmem_cache_create_args",
        "kmem_cache_create_rcu", "kmem_cache_create_memcg",    "__kmem_cache_create",
    };

    for (size_t i = 0; i < sizeof(CREATORS) / sizeof(CREATORS[0]); i++)
        if (ph_slice_is(name, CREATORS[i]))
            return true;
    return false;
}

bool ph_is_kernel_allocator(struct ph_slice symbol)
{
    /* a * at the end stands for anything */
    static const char *const ALLOCATORS[] = {
        "kmalloc",
        "kmalloc_*",
        "__kmalloc*",
        "devm_kmalloc*",
        "krealloc*",
        "kmemdup*",
        "kstrdup*",
        "kstrndup*",
        "kasprintf",
        "kvasprintf*",
        "memdup_user*",
        "vmemdup_user*",
        "kvmalloc*",
        "__kvmalloc*",
        "kvmemdup*",
        "kvrealloc*",
        "vmalloc",
        "vmalloc_user*",
        "vmalloc_node*",
        "vmalloc_32*",
        "vmalloc_huge*",
        "vmalloc_noprof",
        "__vmalloc*",
        "vzalloc*",
        "vmap",
        "alloc_pages*",
        "__alloc_pages*",
        "folio_alloc*",
        "__folio_alloc*",
        "alloc_percpu*",
        "__alloc_percpu*",
        "pcpu_alloc*",
        "get_free_pages*",
        "__get_free_pages*",
        "get_zeroed_page*",
        "kmem_cache_create*",
        "__kmem_cache_create*",
        "kmem_cache_alloc*",
        "mempool_create*",
        "mempool_init*",
        "mempool_alloc*",
        "mempool_kmalloc",
        "dma_alloc_*",
        "dma_pool_create",
        "dma_pool_alloc",
        "dmam_pool_create",
        "dmam_alloc_*",
        "alloc_skb*",
        "__alloc_skb*",
        "napi_alloc_skb*",
        "__napi_alloc_skb*",
        "netdev_alloc_*",
        "__netdev_alloc_*",
        "skb_clone*",
        "skb_copy",
        "skb_copy_expand",
        "pskb_copy*",
        "__pskb_copy*",
        "page_frag_alloc*",
    };
    /* data, and functions that only ask for sizes */
    static const char *const OTHERS[] = {"kmalloc_caches*", "kmalloc_size*", "kmalloc_info",
                                         "kmalloc_fix_flags", "alloc_pages_bulk_*_free"};

    for (size_t i = 0; i < sizeof(OTHERS) / sizeof(OTHERS[0]); i++)
        if (ph_pattern_match(OTHERS[i], symbol))
            return false;

    for (size_t i = 0; i < sizeof(ALLOCATORS) / sizeof(ALLOCATORS[0]); i++)
        if (ph_pattern_match(ALLOCATORS[i], symbol))
            return true;
    return false;
}

/* ------------------------------------------------------------------ one executable section */

struct calls {
    const struct ph_elf *elf;
    const struct ph_elf_section *code;
    uint16_t code_index;
    struct ph_elf_relocation *items; /* by offset */
    size_t count, capacity;
    struct ph_error *(*visit)(void *context, const struct ph_kcache *cache);
    void *context;
    size_t *unresolved;
    size_t found;
    size_t *budget; /* relocations that may still be read */
};

static uint8_t byte_at(const struct calls *calls, uint64_t at)
{
    return at < calls->code->bytes.size ? (uint8_t)calls->code->bytes.data[at] : 0;
}

static bool is_call(const struct calls *calls, const struct ph_elf_relocation *relocation)
{
    if (calls->elf->machine == MACHINE_ARM64)
        return relocation->type == ARM64_CALL26 || relocation->type == ARM64_JUMP26;
    return (relocation->type == X86_64_PLT32 || relocation->type == X86_64_PC32) &&
           relocation->offset && (byte_at(calls, relocation->offset - 1) & 0xfe) == 0xe8;
}

/* Loads the first argument's register with the relocated address? */
static bool is_first_argument(const struct calls *calls, const struct ph_elf_relocation *relocation)
{
    uint64_t at = relocation->offset;

    if (calls->elf->machine == MACHINE_ARM64)
        return (byte_at(calls, at) & 0x1f) == 0; /* adrp x0, ... */
    if (at >= 3 && byte_at(calls, at - 3) == 0x48 &&
        ((byte_at(calls, at - 2) == 0xc7 && byte_at(calls, at - 1) == 0xc7) ||
         (byte_at(calls, at - 2) == 0x8d && byte_at(calls, at - 1) == 0x3d)))
        return true; /* mov $name, %rdi; lea name(%rip), %rdi */
    return at >= 2 && byte_at(calls, at - 2) == 0x48 && byte_at(calls, at - 1) == 0xbf;
}

/* The string that a relocation points to, when it points to one. */
static bool string_of(const struct calls *calls, const struct ph_elf_relocation *relocation,
                      struct ph_slice *string)
{
    const struct ph_elf *elf = calls->elf;
    struct ph_elf_symbol symbol;
    uint64_t addend = (uint64_t)relocation->addend; /* may be any bits */

    if (elf->machine == MACHINE_X86_64) {
        if (relocation->type == X86_64_PC32)
            addend += 4; /* counted from the end of the instruction */
        else if (relocation->type != X86_64_32S && relocation->type != X86_64_64)
            return false;
    } else if (relocation->type != ARM64_ADR_PREL_PG_HI21 &&
               relocation->type != ARM64_ADR_PREL_LO21) {
        return false;
    }
    if (!ph_elf_symbol(elf, relocation->symbol, &symbol) || !symbol.section ||
        symbol.section >= elf->section_count)
        return false;
    const struct ph_elf_section *section = &elf->sections[symbol.section];
    uint64_t at = symbol.value + addend;
    if ((section->flags & SECTION_EXECUTABLE) || at >= section->bytes.size)
        return false;
    const char *start = section->bytes.data + at;
    uint64_t left = section->bytes.size - at;
    const char *end = memchr(start, 0, left > CACHE_NAME_MOST ? CACHE_NAME_MOST + 1 : (size_t)left);
    if (!end || end == start)
        return false;
    for (const char *c = start; c < end; c++)
        if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
            return false;
    *string = (struct ph_slice){start, (size_t)(end - start)};
    return true;
}

/* The function that the code at `offset` belongs to; false = none that is named. */
static bool function_at(const struct calls *calls, uint64_t offset, struct ph_elf_symbol *function)
{
    for (size_t i = 0; i < SYMBOLS_MOST && ph_elf_symbol(calls->elf, i, function); i++)
        if (function->section == calls->code_index && function->type == SYMBOL_FUNCTION &&
            function->name.size && offset >= function->value &&
            offset - function->value < function->size)
            return true;
    *function = (struct ph_elf_symbol){.name = {"", 0}};
    return false;
}

static bool may_make_names(struct ph_slice format)
{
    return ph_kcache_literal(format) < format.size && !memchr(format.data, ' ', format.size);
}

/* The name is made at run time: any format that the function has may be the one. */
static struct ph_error *made_names(struct calls *calls, size_t at, struct ph_kcache *cache)
{
    struct ph_elf_symbol function;

    if (++*calls->unresolved > PH_KCACHES_MOST ||
        !function_at(calls, calls->items[at].offset, &function))
        return NULL;
    cache->function = function.name;
    cache->made = true;
    for (size_t i = at, left = FORMATS_REACH; i-- > 0 && left; left--) {
        if (calls->items[i].offset < function.value)
            break;
        if (string_of(calls, &calls->items[i], &cache->name) && may_make_names(cache->name))
            PH_TRY(calls->visit(calls->context, cache));
    }
    return NULL;
}

/* The name of the cache that the call at `at` creates: looked for backwards, not beyond another
 * call. */
static struct ph_error *one_call(struct calls *calls, size_t at, struct ph_slice routine)
{
    struct ph_kcache cache = {.routine = routine};
    struct ph_elf_symbol function;
    uint64_t offset = calls->items[at].offset;
    bool any = false;

    for (size_t i = at; i-- > 0 && offset - calls->items[i].offset <= REACH && !cache.certain;) {
        const struct ph_elf_relocation *relocation = &calls->items[i];
        struct ph_slice string;
        if (is_call(calls, relocation))
            break;
        if (!string_of(calls, relocation, &string))
            continue;
        bool certain = is_first_argument(calls, relocation);
        if (any && !certain)
            continue;
        cache.name = string;
        cache.certain = certain;
        any = true;
    }
    if (!any)
        return made_names(calls, at, &cache);
    (void)function_at(calls, offset, &function);
    cache.function = function.name;
    calls->found++;
    return calls->visit(calls->context, &cache);
}

static int by_offset(const void *left, const void *right)
{
    const struct ph_elf_relocation *a = left, *b = right;

    return (a->offset > b->offset) - (a->offset < b->offset);
}

static struct ph_error *load(struct calls *calls, const struct ph_elf_section *table)
{
    struct ph_elf_relocation relocation;
    bool sorted = true;

    for (size_t i = 0; *calls->budget && ph_elf_relocation(calls->elf, table, i, &relocation);
         i++, --*calls->budget) {
        PH_TRY(ph_grow(&calls->items, &calls->capacity, calls->count + 1, sizeof(*calls->items)));
        sorted =
            sorted && (!calls->count || calls->items[calls->count - 1].offset <= relocation.offset);
        calls->items[calls->count++] = relocation;
    }
    if (!sorted)
        ph_sort(calls->items, calls->count, sizeof(*calls->items), by_offset);
    return NULL;
}

/* Creators by symbol number, so that each relocation is a look into a small table. */
struct creators {
    uint32_t items[16];
    size_t count;
};

static void find_creators(const struct ph_elf *elf, struct creators *creators)
{
    struct ph_elf_symbol symbol;

    for (size_t i = 0; i < SYMBOLS_MOST && ph_elf_symbol(elf, i, &symbol); i++)
        if (!symbol.section && is_creator(symbol.name) && creators->count < 16)
            creators->items[creators->count++] = (uint32_t)i;
}

static struct ph_error *each_call(struct calls *calls, const struct creators *creators)
{
    for (size_t i = 0; i < calls->count && calls->found < PH_KCACHES_MOST; i++)
        for (size_t k = 0; k < creators->count; k++) {
            struct ph_elf_symbol symbol;
            if (calls->items[i].symbol == creators->items[k] && is_call(calls, &calls->items[i]) &&
                ph_elf_symbol(calls->elf, calls->items[i].symbol, &symbol))
                PH_TRY(one_call(calls, i, symbol.name));
        }
    return NULL;
}

struct ph_error *ph_kcaches_of(const struct ph_elf *elf,
                               struct ph_error *(*visit)(void *context,
                                                         const struct ph_kcache *cache),
                               void *context, size_t *unresolved)
{
    struct creators creators = {0};
    size_t budget = RELOCATIONS_MOST;

    *unresolved = 0;
    if (!elf->wide || (elf->machine != MACHINE_X86_64 && elf->machine != MACHINE_ARM64))
        return NULL;
    find_creators(elf, &creators);
    for (size_t i = 0; creators.count && i < elf->section_count; i++) {
        const struct ph_elf_section *table = &elf->sections[i];
        if ((table->type != 4 && table->type != 9) || table->info >= elf->section_count ||
            !(elf->sections[table->info].flags & SECTION_EXECUTABLE))
            continue;
        struct calls calls = {
            .elf = elf,
            .code = &elf->sections[table->info],
            .code_index = (uint16_t)table->info,
            .visit = visit,
            .context = context,
            .unresolved = unresolved,
            .budget = &budget,
        };
        struct ph_error *error = load(&calls, table);
        if (!error)
            error = each_call(&calls, &creators);
        ph_free(calls.items);
        PH_TRY(error);
    }
    *unresolved += creators.count && !budget; /* not all was read */
    return NULL;
}

/* ------------------------------------------------------------------ names made by printf */

/* The length of a conversion such as %d, %-5u, %llx, %pK at `format`; 0 = none. */
static size_t conversion(struct ph_slice format)
{
    size_t at = 1;

    if (!format.size || format.data[0] != '%')
        return 0;
    while (at < format.size && strchr("-+ #0123456789.*hlzjtL", format.data[at]))
        at++;
    return at < format.size && strchr("diuxXoscpS", format.data[at]) ? at + 1 : 0;
}

size_t ph_kcache_literal(struct ph_slice format)
{
    size_t literal = 0;

    while (format.size) {
        size_t taken = conversion(format);
        literal += !taken;
        format.data += taken ? taken : 1;
        format.size -= taken ? taken : 1;
    }
    return literal;
}

bool ph_kcache_fits(struct ph_slice format, struct ph_slice cache)
{
    PH_GUARD(ph_text_fini) struct ph_text pattern = {0};
    bool literal = true;

    while (format.size) {
        size_t taken = conversion(format);
        if (taken) {
            literal = false;
            ph_text_putc(&pattern, '*');
        } else if (format.data[0] == '*' || format.data[0] == '?') {
            return false; /* no name of a cache has these */
        } else {
            taken = 1;
            ph_text_putc(&pattern, format.data[0]);
        }
        format.data += taken;
        format.size -= taken;
    }
    if (pattern.failed || !pattern.size || (pattern.size == 1 && pattern.data[0] == '*'))
        return false; /* "%s" fits everything and says nothing */
    if (literal)
        return cache.size == pattern.size && !memcmp(cache.data, pattern.data, cache.size);
    return ph_pattern_match(pattern.data, cache);
}
