/* Any bytes as a function: the first byte picks the machine, the second where it begins; the rest
 * is code and, as the hooks have it, data. It ends, within its limits, and tells nothing odd. */
#include <stdlib.h>
#include <string.h>

#include "image/pe.h"
#include "owner/tagscan/flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BASE = 0x10001000 };

struct function {
    struct ph_slice code;
    unsigned calls;
};

static void want(bool condition)
{
    if (!condition)
        abort();
}

static void check(const struct ph_abs *value)
{
    want(value->count <= PH_ABS_CONSTANTS);
    want(value->symbol <= PH_SYMBOL_GLOBAL);
    for (unsigned i = 1; i < value->count; i++)
        want(value->constants[i - 1] < value->constants[i]);
}

static bool code(void *context, uint64_t address, struct ph_slice *bytes)
{
    const struct function *function = context;
    uint64_t skip = address - BASE;

    if (address < BASE || skip >= function->code.size)
        return false;
    *bytes = (struct ph_slice){function->code.data + skip, function->code.size - (size_t)skip};
    return true;
}

static bool inside(void *context, uint64_t entry, uint64_t address)
{
    struct ph_slice bytes;

    (void)entry;
    return code(context, address, &bytes);
}

static void load(void *context, uint64_t address, unsigned width, struct ph_abs *value)
{
    struct ph_slice bytes;
    uint64_t constant = 0;

    want(width == 1 || width == 2 || width == 4 || width == 8);
    if (code(context, address, &bytes) && bytes.size >= width) {
        memcpy(&constant, bytes.data, width);
        *value = ph_abs_constant(constant);
    } else if (address % 2) {
        *value = ph_abs_symbol(PH_SYMBOL_GLOBAL, 0, (int64_t)address);
    }
}

static void store(void *context, struct ph_flow *flow, uint64_t address, unsigned width,
                  const struct ph_abs *value)
{
    (void)context;
    (void)address;
    want(ph_flow_is_final(flow));
    want(width >= 1 && width <= 8);
    check(value);
}

static struct ph_error *call(void *context, struct ph_flow *flow, uint64_t site,
                             const struct ph_abs *target, bool tail, struct ph_call_effect *effect)
{
    static const unsigned numbers[] = {0,
                                       1,
                                       4,
                                       9,
                                       0x7f,
                                       PH_ARGUMENT_REGISTER,
                                       PH_ARGUMENT_REGISTER + 40,
                                       PH_ARGUMENT_REGISTER + 255};
    struct function *function = context;
    struct ph_abs value, behind;

    check(target);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        ph_flow_argument(flow, numbers[i], &value);
        check(&value);
        ph_flow_memory(flow, &value, 8, 4, &behind);
        check(&behind);
    }
    effect->no_return = site % 7 == 0 && !tail;
    effect->keeps_registers = site % 5 == 0;
    if (site % 3 == 0)
        effect->cleanup = (uint32_t)(site % 8) * 4;
    function->calls++;
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t machines[] = {PH_PE_X64, PH_PE_X86, PH_PE_ARM64};
    struct ph_flow_stats stats = {0};
    uint64_t entries[2];

    if (size < 3)
        return 0;
    struct function function = {.code = {(const char *)data + 2, size - 2}};
    entries[0] = BASE + data[1];
    entries[1] = BASE + (size - 2) / 2;
    struct ph_flow_hooks hooks = {.context = &function,
                                  .code = code,
                                  .inside = inside,
                                  .load = load,
                                  .store = store,
                                  .call = call,
                                  .entries = entries,
                                  .entry_count = data[0] & 4 ? 2 : 0};
    ph_error_free(ph_flow_run(machines[data[0] % 3], BASE, &hooks, &stats));
    want(stats.instructions <= size - 2);
    check(&stats.result);
    return 0;
}
