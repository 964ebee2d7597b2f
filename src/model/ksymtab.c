/* /proc/kallsyms, a line a symbol (kernel/kallsyms.c, s_show):
 *
 *     ffffffff81000000 T _text
 *     ffffffffc04ad010 t leaky_site<TAB>[leaky]
 *
 * address, 16 digits, all 0 for those who may not see it; type as nm(1) has it, capital = global;
 * name; module. The kernel's own come first and sorted, those of modules in the order of their
 * files. Sizes are not told: a function ends where the next symbol of any type begins.
 *
 * Left out: a/A (numbers, no addresses), `$x` and `.L` (marks within functions), and what stands
 * in the padding before a function (__pfx_, __cfi_); the latter still ends the function before.
 */
#include "model/ksymtab.h"

#include <string.h>

#include "base/mem.h"
#include "base/sort.h"

enum {
    NAME_MOST = 1024,              /* KSYM_NAME_LEN is 512 */
    UNSIZED_MOST = 64 << 10,       /* how far a function reaches whose end is not known */
    MODULE_SIZED_MOST = 256 << 10, /* larger: the next symbol is in another part of the module */
    PAGE_BYTES = 4096
};

/* How good a name is, best first: of several at one address one has to be picked. */
enum rank { RANK_GLOBAL, RANK_WEAK, RANK_LOCAL, RANK_PADDING, RANK_DATA };

struct symbol {
    uint64_t address;
    uint32_t name; /* offset in the text */
    uint32_t module;
    uint16_t length;
    uint8_t rank;
};

struct parsing {
    struct ph_ksymtab *table;
    const char *text;
    struct symbol *symbols;
    size_t count, capacity;
    uint32_t module; /* of the line before: modules come in blocks */
};

static void parsing_fini(struct parsing *parsing)
{
    ph_free(parsing->symbols);
}

/* ------------------------------------------------------------------ lines */

/* Names are of visible ASCII; whatever else there is must not reach a terminal. */
static bool is_name(struct ph_slice name)
{
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] <= ' ' || name.data[i] >= 0x7f)
            return false;
    return name.size > 0 && name.size <= NAME_MOST;
}

static bool rank_of(char type, struct ph_slice name, uint8_t *rank)
{
    static const char TYPES[] = "TWwt";
    static const uint8_t RANKS[] = {RANK_GLOBAL, RANK_WEAK, RANK_WEAK, RANK_LOCAL};
    const char *at = strchr(TYPES, type);

    if (type == 'a' || type == 'A' || name.data[0] == '$' || ph_slice_starts(name, ".L"))
        return false;
    if (!at)
        *rank = RANK_DATA;
    else if (ph_slice_starts(name, "__pfx_") || ph_slice_starts(name, "__cfi_"))
        *rank = RANK_PADDING;
    else
        *rank = RANKS[at - TYPES];
    return true;
}

static struct ph_error *add_module(struct ph_ksymtab *table, struct ph_slice name, uint32_t *number)
{
    struct ph_ksymtab_module module = {.pseudo = ph_slice_is(name, "bpf") ||
                                                 ph_slice_starts(name, "__builtin__")};

    PH_TRY(ph_grow(&table->modules, &table->module_capacity, table->module_count + 1,
                   sizeof(*table->modules)));
    if (name.size) {
        PH_TRY(ph_table_put(&table->numbers, name, (uint32_t)table->module_count));
        module.name = ph_memdup(name.data, name.size);
        if (!module.name)
            return ph_error_nomem();
    }
    *number = (uint32_t)table->module_count;
    table->modules[table->module_count++] = module;
    return NULL;
}

static struct ph_error *number_of(struct parsing *parsing, struct ph_slice name, uint32_t *number)
{
    struct ph_ksymtab *table = parsing->table;

    if (parsing->module && ph_slice_is(name, table->modules[parsing->module].name))
        *number = parsing->module;
    else if (!ph_table_find(&table->numbers, name, number))
        PH_TRY(add_module(table, name, number));
    parsing->module = *number;
    return NULL;
}

static bool in_brackets(struct ph_slice *word)
{
    if (word->size < 3 || word->data[0] != '[' || word->data[word->size - 1] != ']')
        return false;
    *word = (struct ph_slice){word->data + 1, word->size - 2};
    return true;
}

static struct ph_error *take_line(struct parsing *parsing, struct ph_slice line)
{
    struct symbol symbol = {0};
    struct ph_slice address, type, name, module;

    if (!ph_slice_word(&line, &address) || !ph_parse_hex(address, &symbol.address) ||
        !ph_slice_word(&line, &type) || type.size != 1 || !ph_slice_word(&line, &name) ||
        !is_name(name))
        return NULL;
    parsing->table->lines++;
    if (!rank_of(type.data[0], name, &symbol.rank))
        return NULL;
    parsing->table->hidden = parsing->table->hidden && !symbol.address;
    if (ph_slice_word(&line, &module) && in_brackets(&module) && is_name(module))
        PH_TRY(number_of(parsing, module, &symbol.module));
    symbol.name = (uint32_t)(name.data - parsing->text);
    symbol.length = (uint16_t)name.size;
    PH_TRY(ph_grow(&parsing->symbols, &parsing->capacity, parsing->count + 1,
                   sizeof(*parsing->symbols)));
    parsing->symbols[parsing->count++] = symbol;
    return NULL;
}

/* ------------------------------------------------------------------ the table */

static int by_address(const void *left, const void *right)
{
    const struct symbol *a = left, *b = right;

    if (a->address != b->address)
        return a->address < b->address ? -1 : 1;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    if (a->length != b->length)
        return a->length < b->length ? -1 : 1;
    return a->name < b->name ? -1 : a->name > b->name;
}

/* How far a function reaches when the next symbol is `next` (NULL = none). What follows the last
 * function of a module is not told, unless by a symbol of its own on the same page: text and data
 * share none, and since 6.4 lie apart. */
static void measure(const struct ph_ksymtab *table, const struct symbol *symbol,
                    const struct symbol *next, struct ph_kfunction *function)
{
    const struct ph_ksymtab_module *module = &table->modules[symbol->module];
    uint64_t distance = next ? next->address - symbol->address : UNSIZED_MOST;
    bool known = next && next->module == symbol->module && distance <= UINT32_MAX;

    if (symbol->module && known) {
        bool same_part =
            next->rank < RANK_DATA || next->address / PAGE_BYTES == symbol->address / PAGE_BYTES;
        known = !module->pseudo && same_part && distance <= MODULE_SIZED_MOST;
    }
    if (!known && distance > UNSIZED_MOST)
        distance = UNSIZED_MOST;
    if (distance > UINT64_MAX - symbol->address)
        distance = UINT64_MAX - symbol->address;
    function->reach = symbol->address ? (uint32_t)distance : 0;
    function->sized = known && symbol->address;
}

static void cover(struct ph_ksymtab_module *module, const struct ph_kfunction *function)
{
    uint64_t end = function->address + function->reach;

    if (!function->address)
        return;
    if (!module->low || function->address < module->low)
        module->low = function->address;
    if (end > module->high)
        module->high = end;
}

static struct ph_error *fill(struct parsing *parsing)
{
    struct ph_ksymtab *table = parsing->table;
    const struct symbol *end, *next = parsing->symbols;
    size_t functions = 0, bytes = 0;

    if (!parsing->count) /* nothing may be added to NULL */
        return NULL;
    end = parsing->symbols + parsing->count;
    for (const struct symbol *symbol = parsing->symbols; symbol < end; symbol++)
        if (symbol->rank < RANK_PADDING) {
            functions++;
            bytes += symbol->length + 1u;
        }
    table->items = ph_alloc(functions * sizeof(*table->items));
    table->names.data = ph_alloc(bytes + 1);
    if (!table->items || !table->names.data)
        return ph_error_nomem();
    table->names.capacity = bytes + 1;
    for (const struct symbol *symbol = parsing->symbols; symbol < end; symbol++) {
        while (next < end && next->address <= symbol->address)
            next++;
        if (symbol->rank >= RANK_PADDING)
            continue;
        struct ph_kfunction *function = &table->items[table->count++];
        *function = (struct ph_kfunction){.address = symbol->address,
                                          .name = (uint32_t)table->names.size,
                                          .module = symbol->module & 0x7fffffff};
        measure(table, symbol, next < end ? next : NULL, function);
        cover(&table->modules[symbol->module], function);
        ph_text_add(&table->names, parsing->text + symbol->name, symbol->length);
        ph_text_putc(&table->names, 0);
    }
    return ph_text_check(&table->names);
}

struct ph_error *ph_ksymtab_parse(struct ph_slice text, struct ph_ksymtab *table)
{
    PH_GUARD(parsing_fini) struct parsing parsing = {.table = table, .text = text.data};
    struct ph_reader reader = ph_reader_of("/proc/kallsyms", text.data, text.size);
    struct ph_slice line;
    uint32_t number;

    if (text.size >= UINT32_MAX)
        return ph_errorf(PH_ERR_FORMAT, "/proc/kallsyms: %zu bytes: longer than 4 GB", text.size);
    PH_TRY(add_module(table, (struct ph_slice){"", 0}, &number));
    table->hidden = true;
    while (ph_reader_line(&reader, &line))
        PH_TRY(take_line(&parsing, line));
    table->hidden = table->hidden && table->lines;
    if (parsing.count)
        ph_sort(parsing.symbols, parsing.count, sizeof(*parsing.symbols), by_address);
    return fill(&parsing);
}

void ph_ksymtab_fini(struct ph_ksymtab *table)
{
    for (size_t i = 0; i < table->module_count; i++)
        ph_free(table->modules[i].name);
    ph_free(table->modules);
    ph_table_fini(&table->numbers);
    ph_text_fini(&table->names);
    ph_free(table->items);
    *table = (struct ph_ksymtab){0};
}

/* ------------------------------------------------------------------ looking up */

/* How many functions begin before an address. */
static size_t before(const struct ph_ksymtab *table, uint64_t address)
{
    size_t low = 0, high = table->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->items[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct ph_kfunction *ph_ksymtab_find(const struct ph_ksymtab *table, uint64_t address)
{
    if (!address)
        return NULL;
    size_t at = before(table, address);
    if (at == table->count || table->items[at].address != address) {
        if (!at)
            return NULL;
        at = before(table, table->items[at - 1].address);
    }
    const struct ph_kfunction *function = &table->items[at];
    return address - function->address < function->reach ? function : NULL;
}

const char *ph_ksymtab_name(const struct ph_ksymtab *table, const struct ph_kfunction *function)
{
    return table->names.data + function->name;
}
