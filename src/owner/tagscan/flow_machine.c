/* flow_machine.c - the calling conventions of Windows drivers.
 *
 *            arguments               changed by callees              on the stack
 *   x86      stack, dwords           eax ecx edx, xmm0-7             argument n at esp + 4 + 4n
 *   x64      rcx rdx r8 r9, stack    rax rcx rdx r8-r11, xmm0-5      argument n at rsp + 8 + 8n
 *   ARM64    x0-x7, stack            x0-x17, x30, v0-v7, v16-v31     argument n at sp + 8(n - 8)
 *
 * (as the callee finds the stack). Of v8-v15 callees keep the lower half only, so that they count
 * as changed, too.
 */
#include "owner/tagscan/flow_state.h"

#include "image/pe.h"

static bool lift_x86(struct ph_slice bytes, uint64_t address, struct ph_insn *insn)
{
    return ph_lift_x86(bytes, address, false, insn);
}

static bool lift_x64(struct ph_slice bytes, uint64_t address, struct ph_insn *insn)
{
    return ph_lift_x86(bytes, address, true, insn);
}

static const struct ph_machine x86 = {
    .pointer = 4,
    .stack_register = PH_X86_SP,
    .result_register = PH_X86_AX,
    .vectors = PH_X86_VECTOR,
    .vector_count = 16,
    .changed = 0x7,
    .changed_vectors = 0xffff,
    /* functions of the driver's own may take arguments in any register */
    .passes = 0xcf,
    .first_slot = 4,
    .return_size = 4,
    .lift = lift_x86,
};

static const struct ph_machine x64 = {
    .pointer = 8,
    .stack_register = PH_X86_SP,
    .result_register = PH_X86_AX,
    .vectors = PH_X86_VECTOR,
    .vector_count = 16,
    .changed = 0xf07,
    .changed_vectors = 0x3f,
    .passes = 0x306,
    .arguments = {1, 2, 8, 9},
    .argument_count = 4,
    .first_slot = 8,
    .return_size = 8,
    .lift = lift_x64,
};

static const struct ph_machine arm64 = {
    .pointer = 8,
    .stack_register = PH_ARM_SP,
    .result_register = 0,
    .vectors = PH_ARM_VECTOR,
    .vector_count = 32,
    .changed = 0x4003ffff,
    .changed_vectors = 0xffffffff,
    .passes = 0x1ff,
    .arguments = {0, 1, 2, 3, 4, 5, 6, 7},
    .argument_count = 8,
    .first_slot = -64,
    .lift = ph_lift_arm64,
};

const struct ph_machine *ph_machine_of(uint16_t machine)
{
    switch (machine) {
    case PH_PE_X86:
        return &x86;
    case PH_PE_X64:
        return &x64;
    case PH_PE_ARM64:
        return &arm64;
    default:
        return NULL;
    }
}

unsigned ph_machine_argument(const struct ph_machine *machine, unsigned reg)
{
    for (unsigned i = 0; i < machine->argument_count; i++) {
        if (machine->arguments[i] == reg)
            return i;
    }
    return PH_ARGUMENT_REGISTER + reg;
}
