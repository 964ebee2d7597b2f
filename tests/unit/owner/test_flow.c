/* test_flow.c - small functions, as GNU as and LLVM's assembler encode them, and what the flow
 * finds out about the arguments of their calls.
 *
 * The functions stand at 0x10001000. 0x10002000 is the slot of import 0 (which takes 12 bytes off
 * x86's stack), +8 of import 1 (8 bytes), +16 of import 2 (unknown); at +0x100 lies read-only data,
 * "abcdefghijklmnop", at +0x200 a global of which nothing is known.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "image/pe.h"
#include "owner/tagscan/flow.h"

enum { CODE = 0x10001000, IMPORTS = 0x10002000, DATA = 0x10002100, GLOBALS = 0x10002200 };

struct rig {
    struct ph_slice code;
    uint16_t machine;
    const char *wanted; /* what to tell of a call: argument numbers, "*1+8" a field behind one */
    char text[1024];    /* what was told */
    size_t size;
    unsigned seen, calls;
    bool fail;
};

#define PUT(rig, ...)                                                                              \
    ((rig)->size +=                                                                                \
     (size_t)snprintf((rig)->text + (rig)->size, sizeof((rig)->text) - (rig)->size, __VA_ARGS__))

static void put_value(struct rig *rig, const struct ph_abs *value)
{
    static const char *const symbols[] = {"", "argument", "field", "stack", "import", "global"};
    const char *between = "";

    for (unsigned i = 0; i < value->count; i++, between = "|")
        PUT(rig, "%s%llx", between, (unsigned long long)value->constants[i]);
    if (value->from_data)
        PUT(rig, "(data)");
    assert_in_range(value->symbol, 0, PH_SYMBOL_GLOBAL);
    if (value->symbol == PH_SYMBOL_GLOBAL)
        PUT(rig, "%sglobal", between), between = "|";
    else if (value->symbol)
        PUT(rig, "%s%s%x%+lld", between, symbols[value->symbol], value->number,
            (long long)value->offset),
            between = "|";
    if (value->unknown)
        PUT(rig, "%s?", between);
}

static bool code(void *context, uint64_t address, struct ph_slice *bytes)
{
    const struct rig *rig = context;

    if (address < CODE || address - CODE >= rig->code.size)
        return false;
    *bytes = (struct ph_slice){rig->code.data + (address - CODE),
                               rig->code.size - (size_t)(address - CODE)};
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
    static const char data[] = "abcdefghijklmnop";
    struct ph_slice bytes;
    uint64_t constant = 0;

    if (address >= IMPORTS && address < DATA) {
        *value = ph_abs_symbol(PH_SYMBOL_IMPORT, (uint32_t)(address - IMPORTS) / 8, 0);
    } else if (address >= DATA && address < DATA + sizeof(data) - width) {
        memcpy(&constant, data + (address - DATA), width);
        *value = ph_abs_constant(constant);
        value->from_data = true;
    } else if (address >= GLOBALS) {
        *value = ph_abs_symbol(PH_SYMBOL_GLOBAL, 0, (int64_t)address);
    } else if (code(context, address, &bytes) && bytes.size >= width) {
        memcpy(&constant, bytes.data, width);
        *value = ph_abs_constant(constant);
    }
}

static void store(void *context, struct ph_flow *flow, uint64_t address, unsigned width,
                  const struct ph_abs *value)
{
    struct rig *rig = context;

    assert_true(ph_flow_is_final(flow));
    PUT(rig, "%s[%llx]%u=", rig->size ? "; " : "", (unsigned long long)address, width);
    put_value(rig, value);
}

static void put_wanted(struct rig *rig, const struct ph_flow *flow)
{
    char *rest;

    for (const char *at = rig->wanted; *at; at = *rest ? rest + 1 : rest) {
        bool field = *at == '*';
        unsigned number = (unsigned)strtoul(at + field, &rest, 0);
        struct ph_abs value;
        ph_flow_argument(flow, number, &value);
        if (field) {
            struct ph_abs pointer = value;
            ph_flow_memory(flow, &pointer, strtol(rest, &rest, 0), 4, &value);
        }
        PUT(rig, " ");
        put_value(rig, &value);
    }
}

static struct ph_error *call(void *context, struct ph_flow *flow, uint64_t site,
                             const struct ph_abs *target, bool tail, struct ph_call_effect *effect)
{
    static const uint32_t cleanups[] = {12, 8, PH_CLEANUP_UNKNOWN};
    struct rig *rig = context;

    rig->calls++;
    if (rig->fail)
        return ph_errorf(PH_ERR_INTERNAL, "the hook fails");
    if (target->symbol == PH_SYMBOL_IMPORT && target->number < 3 && rig->machine == PH_PE_X86)
        effect->cleanup = cleanups[target->number];
    if (!ph_flow_is_final(flow))
        return NULL;
    PUT(rig, "%s%llx%s", rig->size ? "; " : "", (unsigned long long)(site - CODE),
        tail ? " tail" : "");
    if (target->symbol != PH_SYMBOL_IMPORT || target->number) {
        PUT(rig, " to ");
        put_value(rig, target);
    }
    put_wanted(rig, flow);
    return NULL;
}

static void seen(void *context, const struct ph_insn *insn)
{
    struct rig *rig = context;

    assert_in_range(insn->address, CODE, CODE + rig->code.size - 1);
    rig->seen++;
}

static struct ph_error *run(struct rig *rig, uint64_t entry, const uint64_t *entries,
                            size_t entry_count, struct ph_flow_stats *stats)
{
    struct ph_flow_hooks hooks = {.context = rig,
                                  .code = code,
                                  .inside = inside,
                                  .load = load,
                                  .store = store,
                                  .call = call,
                                  .seen = seen,
                                  .entries = entries,
                                  .entry_count = entry_count};

    return ph_flow_run(rig->machine, entry, &hooks, stats);
}

#define BYTES(bytes)                                                                               \
    {                                                                                              \
        bytes, sizeof(bytes) - 1                                                                   \
    }

static const struct {
    const char *what;
    uint16_t machine;
    struct ph_slice code;
    const char *wanted, *expected;
} cases[] = {
    {"x64: a constant set before two branches and kept in a register", PH_PE_X64,
     BYTES("\x41\x55\x48\x83\xec\x20\x41\xbd\x4c\x61\x6c\x4b\x48\x85\xc9\x74\x07\xff\x15\xe9"
           "\x0f\x00\x00\x90\x45\x89\xe8\xff\x15\xdf\x0f\x00\x00\x48\x83\xc4\x20\x41\x5d\xc3"),
     "2", "11 argument2+0; 1b 4b6c614c"},
    {"x64: a volatile register does not survive a call", PH_PE_X64,
     BYTES("\x48\x83\xec\x28\x41\xb8\x4c\x61\x6c\x4b\xff\x15\xf0\x0f\x00\x00\xff\x15\xea\x0f"
           "\x00\x00\xc3"),
     "2", "a 4b6c614c; 10 ?"},
    {"x64: a wrapper that jumps: its argument 1 is the tag", PH_PE_X64,
     BYTES("\x41\x89\xd0\x89\xca\xb9\x00\x02\x00\x00\xff\x25\xf0\x0f\x00\x00"), "0 1 2",
     "a tail 200 argument0+0 argument1+0"},
    {"x64: a conditional jump out of the function", PH_PE_X64,
     BYTES("\x41\xb8\x4c\x61\x6c\x4b\x48\x85\xc9\x0f\x84\xfa\x1f\x00\x00\x41\xb8\x4b\x61\x6b"
           "\x4c\xff\x25\xe5\x0f\x00\x00"),
     "2", "9 tail to 10003009 4b6c614c; 15 tail 4c6b614b"},
    {"x64: arguments on the stack, an 8-byte store and a 4-byte store over it", PH_PE_X64,
     BYTES("\x48\x83\xec\x48\x48\xc7\x44\x24\x30\x00\x00\x00\x00\x48\x89\x4c\x24\x28\x48\xc7"
           "\x44\x24\x20\xff\xff\xff\xff\xc7\x44\x24\x30\x4c\x61\x6c\x4b\xff\x15\xd7\x0f\x00"
           "\x00\x48\x83\xc4\x48\xc3"),
     "4 5 6", "23 ffffffffffffffff argument0+0 4b6c614c"},
    {"x64: the caller's arguments on the stack", PH_PE_X64,
     BYTES("\x48\x8b\x4c\x24\x28\x8b\x54\x24\x30\x48\x83\xec\x28\x4c\x8b\x44\x24\x58\x4c\x89"
           "\x44\x24\x20\xff\x15\xe3\x0f\x00\x00\xc3"),
     "0 1 4", "17 argument4+0 argument5+0 argument5+0"},
    {"x64: a field of an argument's structure", PH_PE_X64,
     BYTES("\x44\x8b\x41\x08\x48\x8b\x4a\x10\x48\x83\xec\x28\xff\x15\xee\x0f\x00\x00\xc3"), "0 2",
     "c field1+16 field0+8"},
    {"x64: a structure on the stack, passed by its address, is readable at the call only",
     PH_PE_X64,
     BYTES("\x48\x83\xec\x48\x48\x8d\x54\x24\x20\xc7\x44\x24\x28\x4c\x61\x6c\x4b\xff\x15\xe9"
           "\x0f\x00\x00\x48\x8d\x54\x24\x20\xff\x15\xde\x0f\x00\x00\xc3"),
     "1 *1+8", "11 stack0-40 4b6c614c; 1c stack0-40 ?"},
    {"x64: a structure copied through a vector register, then changed", PH_PE_X64,
     BYTES("\x48\x83\xec\x48\x0f\x10\x05\xf5\x10\x00\x00\x48\x8d\x54\x24\x20\x0f\x29\x02\xc7"
           "\x42\x08\x4c\x61\x6c\x4b\xff\x15\xe0\x0f\x00\x00\xc3"),
     "*1+0 *1+4 *1+8 *1+12", "1a 64636261(data) 68676665(data) 4b6c614c 706f6e6d(data)"},
    {"x64: a vector register keeps arguments, and its own rules", PH_PE_X64,
     BYTES("\x48\x83\xec\x48\x66\x48\x0f\x6e\xf1\x48\x8d\x54\x24\x20\x0f\x11\x32\xff\x15\xe9"
           "\x0f\x00\x00\xc3"),
     "*1+0 *1+8", "11 argument0+0 0"},
    {"x64: a tag assembled from four bytes in data", PH_PE_X64,
     BYTES("\x48\x83\xec\x28\x0f\xbe\x05\xf5\x10\x00\x00\xc1\xe0\x08\x0f\xbe\x0d\xec\x10\x00"
           "\x00\x09\xc8\xc1\xe0\x08\x0f\xbe\x0d\xe1\x10\x00\x00\x09\xc8\xc1\xe0\x08\x0f\xbe"
           "\x0d\xd6\x10\x00\x00\x09\xc8\x41\x89\xc0\xff\x15\xc8\x0f\x00\x00\xc3"),
     "2", "32 61626364(data)"},
    {"x64: a choice of an argument and something unknown", PH_PE_X64,
     BYTES("\x48\x83\xec\x28\x41\x89\xd0\x48\x85\xc9\x44\x0f\x45\x05\xee\x11\x00\x00\xff\x15"
           "\xe8\x0f\x00\x00\xc3"),
     "2", "12 argument1+0|?"},
    {"x64: sbb, and, add: one of two", PH_PE_X64,
     BYTES("\x48\x83\xec\x28\xf7\xd9\x45\x19\xc0\x41\x83\xe0\x01\x41\x81\xc0\x4c\x61\x6c\x4b"
           "\xff\x15\xe6\x0f\x00\x00\xc3"),
     "2", "14 4b6c614c|4b6c614d"},
    {"x64: setcc over an unknown register, then a lea", PH_PE_X64,
     BYTES("\x48\x83\xec\x28\x8b\x05\xf6\x11\x00\x00\x85\xc9\x0f\x94\xc0\x0f\xb6\xc0\x44\x8d"
           "\x04\x85\x4c\x61\x6c\x4b\xff\x15\xe0\x0f\x00\x00\xc3"),
     "2", "1a 4b6c614c|4b6c6150"},
    {"x64: of two sets no value is made up", PH_PE_X64,
     BYTES("\x48\x83\xec\x28\x85\xc9\x0f\x94\xc0\x0f\xb6\xc0\xf7\xd8\x89\xc2\x25\x4c\x61\x6c"
           "\x4b\xf7\xd2\x81\xe2\x4b\x61\x6b\x4c\x09\xd0\x41\x89\xc0\xff\x15\xd8\x0f\x00\x00"
           "\xc3"),
     "2", "22 ?"},
    {"x64: two paths, two constants", PH_PE_X64,
     BYTES("\x48\x83\xec\x28\x41\xb8\x41\x41\x41\x41\x85\xc9\x74\x06\x41\xb8\x42\x42\x42\x42"
           "\xff\x15\xe6\x0f\x00\x00\xc3"),
     "2", "14 41414141|42424242"},
    {"x64: five constants are too many", PH_PE_X64,
     BYTES("\x48\x83\xec\x28\x41\xb8\x01\x00\x00\x00\x85\xc9\x74\x1e\x41\xb8\x02\x00\x00\x00"
           "\x78\x16\x41\xb8\x03\x00\x00\x00\x7a\x0e\x41\xb8\x04\x00\x00\x00\x70\x06\x41\xb8"
           "\x05\x00\x00\x00\xff\x15\xce\x0f\x00\x00\xc3"),
     "2", "2c 1|2|3|4|?"},
    {"x64: a counter in a loop is not its first value", PH_PE_X64,
     BYTES("\x53\x48\x83\xec\x20\x31\xdb\x41\x89\xd8\xba\x4c\x61\x6c\x4b\xff\x15\xeb\x0f\x00"
           "\x00\xff\xc3\x83\xfb\x64\x72\xeb\xc3"),
     "2 1", "f 0|1|2|3|? 4b6c614c"},
    {"x64: a loop that writes to the stack spoils what lies above", PH_PE_X64,
     BYTES("\x48\x83\xec\x48\x48\x8d\x54\x24\x20\xc7\x44\x24\x28\x4c\x61\x6c\x4b\xc7\x44\x24"
           "\x18\x07\x00\x00\x00\x48\x8d\x7c\x24\x20\x89\x07\x48\x83\xc7\x04\xff\xc9\x75\xf6"
           "\x44\x8b\x44\x24\x18\xff\x15\xcd\x0f\x00\x00\xc3"),
     "*1+0 *1+8", "2d ? ?"},
    {"x64: rep stos spoils what lies above", PH_PE_X64,
     BYTES("\x48\x83\xec\x48\x48\x8d\x54\x24\x20\xc7\x44\x24\x20\x4c\x61\x6c\x4b\xc7\x44\x24"
           "\x18\x4c\x61\x6c\x4b\x48\x89\xd7\xf3\x48\xab\xff\x15\xdb\x0f\x00\x00\xc3"),
     "*1+0 *1-8", "1f ? 4b6c614c"},
    {"x64: an array on the stack with an unknown index", PH_PE_X64,
     BYTES("\x48\x83\xec\x48\x48\x8d\x54\x24\x20\xc7\x44\x24\x20\x4c\x61\x6c\x4b\xc7\x44\x24"
           "\x18\x4c\x61\x6c\x4b\xc7\x44\x8c\x20\x01\x00\x00\x00\xff\x15\xd9\x0f\x00\x00\xc3"),
     "*1+0 *1-8", "21 ? 4b6c614c"},
    {"x64: a function pointer in a register, found in the import's slot", PH_PE_X64,
     BYTES("\x53\x48\x83\xec\x20\x48\x8b\x1d\xf4\x0f\x00\x00\x41\xb8\x4c\x61\x6c\x4b\xff\xd3"
           "\x41\xb8\x4d\x61\x6c\x4b\xff\xd3\xc3"),
     "2", "12 4b6c614c; 1a 4b6c614d"},
    {"x64: a switch by a table of 32-bit offsets from the image", PH_PE_X64,
     BYTES("\x48\x83\xec\x28\x83\xf9\x01\x77\x2a\x48\x8d\x15\xf0\xef\xff\xff\x48\x63\xc1\x8b"
           "\x8c\x82\x34\x10\x00\x00\x48\x01\xd1\xff\xe1\x41\xb8\x41\x41\x41\x41\xeb\x06\x41"
           "\xb8\x42\x42\x42\x42\xff\x15\xcd\x0f\x00\x00\xc3\x1f\x10\x00\x00\x27\x10\x00\x00"
           "\x00\x10\x00\x00"),
     "2", "2d 41414141|42424242"},
    {"x64: __chkstk keeps the arguments", PH_PE_X64,
     BYTES("\xb8\x00\x20\x00\x00\xe8\x0a\x00\x00\x00\x48\x29\xc4\xff\x15\xed\x0f\x00\x00\xc3"
           "\x48\x83\xec\x10\x4c\x89\x14\x24\x4c\x89\x5c\x24\x08\x4d\x31\xdb\x4c\x8d\x54\x24"
           "\x18\x49\x29\xc2\x4d\x0f\x42\xd3\x65\x4c\x8b\x1c\x25\x10\x00\x00\x00\x4d\x39\xda"
           "\x73\x16\x66\x41\x81\xe2\x00\xf0\x4d\x8d\x9b\x00\xf0\xff\xff\x41\xc6\x03\x00\x4d"
           "\x39\xda\x75\xf0\x4c\x8b\x14\x24\x4c\x8b\x5c\x24\x08\x48\x83\xc4\x10\xc3"),
     "0 1", "5 to 10001014 argument0+0 argument1+0; d argument0+0 argument1+0"},
    {"x64: a frame of unknown size: arguments are still found", PH_PE_X64,
     BYTES("\x55\x48\x89\xe5\x48\x29\xcc\x48\x83\xec\x30\xc7\x44\x24\x20\x4c\x61\x6c\x4b\xff"
           "\x15\xe7\x0f\x00\x00\xc9\xc3"),
     "4", "13 4b6c614c"},
    {"x64: a home of an argument", PH_PE_X64,
     BYTES("\x44\x89\x44\x24\x18\x48\x83\xec\x28\xff\x15\xf1\x0f\x00\x00\x44\x8b\x44\x24\x40"
           "\xff\x15\xe6\x0f\x00\x00\xc3"),
     "2", "9 argument2+0; 14 argument2+0"},
    {"x86: pushes with another call between them", PH_PE_X86,
     BYTES("\x55\x89\xe5\x68\x4c\x61\x6c\x4b\xff\x75\x08\x6a\x10\x6a\x20\xff\x15\x08\x20\x00"
           "\x10\x6a\x01\xff\x15\x00\x20\x00\x10\x5d\xc2\x04\x00"),
     "0 1 2", "f to import1+0 20 10 argument0+0; 17 1 argument0+0 4b6c614c"},
    {"x86: an unknown callee takes what was pushed", PH_PE_X86,
     BYTES("\x55\x89\xe5\x68\x4c\x61\x6c\x4b\xff\x75\x08\xff\x15\x10\x20\x00\x10\x50\x6a\x01"
           "\xff\x15\x00\x20\x00\x10\x68\x4c\x61\x6c\x4b\xff\x75\x0c\x6a\x01\xff\x15\x00\x20"
           "\x00\x10\xc9\xc2\x04\x00"),
     "0 1 2",
     "b to import2+0 argument0+0 4b6c614c argument85+0; 14 1 ? ?; 24 1 argument1+0 4b6c614c"},
    {"x86: the address of an import in a register", PH_PE_X86,
     BYTES("\x56\x8b\x35\x00\x20\x00\x10\x68\x41\x41\x41\x41\x6a\x01\x6a\x01\xff\xd6\x68\x42"
           "\x42\x42\x42\x6a\x01\x6a\x01\xff\xd6\x5e\xc3"),
     "2", "10 41414141; 1b 42424242"},
    {"x86: arguments in registers and on the stack go on", PH_PE_X86,
     BYTES("\xff\x74\x24\x08\x51\x56\xff\x15\x00\x20\x00\x10\xc3"), "0 1 2",
     "6 argument86+0 argument81+0 argument1+0"},
    {"x86: __SEH_prolog4", PH_PE_X86,
     BYTES("\x6a\x10\x68\x00\x21\x00\x10\xe8\x12\x00\x00\x00\x68\x4c\x61\x6c\x4b\xff\x75\x08"
           "\xff\x75\xe0\xff\x15\x00\x20\x00\x10\xc3\x68\x00\x10\x00\x10\x64\xff\x35\x00\x00"
           "\x00\x00\x8b\x44\x24\x10\x89\x6c\x24\x10\x8d\x6c\x24\x10\x29\xc4\x53\x56\x57\xa1"
           "\x00\x22\x00\x10\x31\x45\xfc\x31\xe8\x50\x89\x65\xe8\xff\x75\xf8\x8b\x45\xfc\xc7"
           "\x45\xfc\xfe\xff\xff\xff\x89\x45\xf8\x8d\x45\xf0\x64\xa3\x00\x00\x00\x00\xc3"),
     "0 1 2", "7 to 1000101e 10002100 10 ?; 17 ? argument0+0 4b6c614c"},
    {"x86: _chkstk", PH_PE_X86,
     BYTES("\x55\x89\xe5\xb8\x00\x20\x00\x00\xe8\x0f\x00\x00\x00\xff\x75\x08\x6a\x02\x6a\x03"
           "\xff\x15\x00\x20\x00\x10\xc9\xc3\x51\x8d\x4c\x24\x04\x29\xc1\x19\xc0\xf7\xd0\x21"
           "\xc1\x89\xe0\x25\x00\xf0\xff\xff\x39\xc1\x72\x0a\x89\xc8\x59\x94\x8b\x00\x89\x04"
           "\x24\xc3\x2d\x00\x10\x00\x00\x85\x00\xeb\xe9"),
     "0 1 2", "8 to 1000101c argument85+0 ? argument0+0; 14 3 2 argument0+0"},
    {"x86: an aligned frame", PH_PE_X86,
     BYTES("\x55\x89\xe5\x83\xe4\xf8\x83\xec\x18\x68\x4c\x61\x6c\x4b\xff\x75\x08\x6a\x02\xff"
           "\x15\x00\x20\x00\x10\xc9\xc3"),
     "0 1 2", "13 2 argument0+0 4b6c614c"},
    {"x86: a switch by a table of addresses", PH_PE_X86,
     BYTES("\x8b\x44\x24\x04\x83\xf8\x01\x77\x19\xff\x24\x85\x23\x10\x00\x10\x68\x41\x41\x41"
           "\x41\xeb\x05\x68\x42\x42\x42\x42\xff\x15\x00\x20\x00\x10\xc3\x10\x10\x00\x10\x17"
           "\x10\x00\x10"),
     "0", "1c 41414141|42424242"},
    {"arm64: movz, movk, and a register that callees keep", PH_PE_ARM64,
     BYTES("\xf3\x7b\xbf\xa9\x93\x29\x8c\x52\x93\x6d\xa9\x72\x80\x00\x00\xb4\x08\x00\x00\xb0"
           "\x08\x01\x40\xf9\x00\x01\x3f\xd6\xe2\x03\x13\x2a\x08\x00\x00\xb0\x08\x01\x40\xf9"
           "\x00\x01\x3f\xd6\xf3\x7b\xc1\xa8\xc0\x03\x5f\xd6"),
     "2", "18 argument2+0; 28 4b6c614c"},
    {"arm64: arguments 7 and 8 go on", PH_PE_ARM64,
     BYTES("\xe1\x03\x40\xb9\xe0\x03\x07\xaa\xff\x83\x00\xd1\xe7\x07\x00\xa9\x08\x00\x00\xb0"
           "\x08\x01\x40\xf9\x00\x01\x3f\xd6\xc0\x03\x5f\xd6"),
     "0 1 8", "18 argument7+0 argument8+0 argument7+0"},
    {"arm64: csel of two constants, and a wrapper by a jump", PH_PE_ARM64,
     BYTES("\x28\x08\x80\x52\x49\x08\x80\x52\x1f\x00\x00\x71\x02\x01\x89\x1a\x08\x00\x00\xb0"
           "\x08\x01\x40\xf9\x00\x01\x1f\xd6"),
     "2", "18 tail 41|42"},
    {"x64: stores to globals", PH_PE_X64,
     BYTES("\x48\x83\xec\x28\x89\x0d\xfa\x11\x00\x00\xc7\x05\xf4\x11\x00\x00\x4c\x61\x6c\x4b"
           "\x8b\x0d\xea\x11\x00\x00\xff\x15\xe0\x0f\x00\x00\x48\x89\x05\xe9\x11\x00\x00\xc3"),
     "0", "[10002204]4=argument0+0; [10002208]4=4b6c614c; 1a global; [10002210]8=?"},
    {"x64: a table of functions behind a made-up address", PH_PE_X64,
     BYTES("\x48\x8b\x05\xf9\x0f\x00\x00\x41\xb8\x4c\x61\x6c\x4b\xff\xa0\xa0\x03\x00\x00"), "2",
     "d tail to ? 4b6c614c"},
    {"x86: parts of registers: a byte put into what was known", PH_PE_X86,
     BYTES("\xb8\x00\x61\x6c\x4b\xb0\x4c\x8b\x0d\x00\x22\x00\x10\xb1\x4c\xb5\x61\x0f\xb7\xc9"
           "\x50\x51\xff\x15\x08\x20\x00\x10\xc3"),
     "0 1", "16 to import1+0 614c 4b6c614c"},
    {"x64: what a callee gave back is not the argument any more", PH_PE_X64,
     BYTES("\x48\x83\xec\x28\xbe\x4c\x61\x6c\x4b\xff\x15\xf1\x0f\x00\x00\x41\x89\xc0\x89\xf2"
           "\xff\x15\xe6\x0f\x00\x00\xc3"),
     "2 1", "9 argument2+0 argument1+0; 14 ? 4b6c614c"},
    {"x86: a stack argument that is changed", PH_PE_X86,
     BYTES("\x55\x89\xe5\x83\x7d\x08\x00\x75\x07\xc7\x45\x08\x4c\x61\x6c\x4b\xff\x75\x08\x6a"
           "\x01\xff\x75\x08\xff\x15\x00\x20\x00\x10\x5d\xc3"),
     "0", "18 4b6c614c|argument0+0"},
    {"x86: the address of a local is known to a callee for good", PH_PE_X86,
     BYTES("\x55\x89\xe5\x83\xec\x10\xc7\x45\xfc\x4c\x61\x6c\x4b\xc7\x45\xf0\x4c\x61\x6c\x4b"
           "\x8d\x45\xf8\x6a\x01\x50\xff\x15\x08\x20\x00\x10\xff\x75\xfc\xff\x75\xfc\x8d\x4d"
           "\xf8\x51\xff\x15\x00\x20\x00\x10\xc9\xc3"),
     "0 1 *0-8", "1a to import1+0 stack0-12 1 4b6c614c; 2a stack0-12 ? 4b6c614c"},
    {"x86: an import's address kept in a global and in a structure", PH_PE_X86,
     BYTES("\x83\xec\x08\xa1\x08\x20\x00\x10\xa3\x08\x22\x00\x10\x89\x44\x24\x04\x89\xe1\x6a"
           "\x01\x6a\x02\x51\xff\x15\x00\x20\x00\x10\x83\xc4\x08\xc3"),
     "*0+4", "[10002208]4=import1+0; 18 import1+0"},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig rig = {
            .code = cases[i].code, .machine = cases[i].machine, .wanted = cases[i].wanted};
        struct ph_flow_stats stats;
        assert_null(run(&rig, CODE, NULL, 0, &stats));
        assert_false(stats.gave_up);
        assert_int_equal(stats.instructions, rig.seen);
        if (strcmp(rig.text, cases[i].expected) != 0)
            fail_msg("%s: \"%s\" instead of \"%s\"", cases[i].what, rig.text, cases[i].expected);
    }
}

/* Every function cut anywhere, and begun anywhere: nothing outside it is looked at. */
static void test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t size = 0; size < cases[i].code.size; size++) {
            char *copy = ph_memdup(cases[i].code.data, size);
            struct rig rig = {.code = {copy, size}, .machine = cases[i].machine, .wanted = "0"};
            struct ph_flow_stats stats;
            assert_null(run(&rig, CODE, NULL, 0, &stats));
            assert_null(run(&rig, CODE + size / 2, NULL, 0, &stats));
            ph_free(copy);
        }
    }
}

static void test_stats(void **state)
{
    static const char x86[] = "\x85\xc9\x74\x06\xb8\x05\x00\x00\x00\xc3" /* eax = 5, ret */
                              "\xb8\x07\x00\x00\x00\xc2\x08\x00";        /* eax = 7, ret 8 */
    struct rig rig = {.code = BYTES(x86), .machine = PH_PE_X86, .wanted = ""};
    struct ph_flow_stats stats;

    (void)state;
    assert_null(run(&rig, CODE, NULL, 0, &stats));
    assert_int_equal(stats.instructions, 6);
    assert_int_equal(stats.cleanup, 8);
    assert_int_equal(stats.result.count, 2);
    assert_int_equal(stats.result.constants[0], 5);
    assert_int_equal(stats.result.constants[1], 7);
    assert_false(stats.result.unknown);
}

/* Code that no path reaches is looked at when it is named, with nothing known about its frame. */
static void test_entries(void **state)
{
    static const char x64[] = "\xc3"                     /* ret */
                              "\x41\xb8\x4c\x61\x6c\x4b" /* mov r8d, tag */
                              "\xff\x15\xf3\x0f\x00\x00" /* call [0x10002000] */
                              "\xc3";
    const uint64_t entry = CODE + 1;
    struct rig rig = {.code = BYTES(x64), .machine = PH_PE_X64, .wanted = "2 0"};
    struct ph_flow_stats stats;

    (void)state;
    assert_null(run(&rig, CODE, NULL, 0, &stats));
    assert_string_equal(rig.text, "");
    assert_null(run(&rig, CODE, &entry, 1, &stats));
    assert_string_equal(rig.text, "7 4b6c614c ?");
}

/* Too large: what is known between two jumps is still told, and nothing that was known before. */
static void test_too_large(void **state)
{
    static const char begin[] = "\x48\x85\xc9\x74\x00"     /* test rcx, rcx; je to what follows */
                                "\x41\xb8\x4c\x61\x6c\x4b" /* mov r8d, tag */
                                "\xff\x15\xef\x0f\x00\x00" /* call [0x10002000] */;
    enum { NOPS = 100000 };
    char *bytes = ph_alloc(NOPS);
    struct rig rig = {.code = {bytes, NOPS}, .machine = PH_PE_X64, .wanted = "2 0"};
    struct ph_flow_stats stats;

    (void)state;
    memset(bytes, 0x90, NOPS);
    memcpy(bytes, begin, sizeof(begin) - 1);
    assert_null(run(&rig, CODE, NULL, 0, &stats));
    assert_true(stats.gave_up);
    assert_string_equal(rig.text, "b 4b6c614c ?");
    ph_free(bytes);
}

/* Jumps from everywhere to everywhere, with another value in each place: it ends, and soon. */
static void test_restless(void **state)
{
    enum { BLOCKS = 3000, SIZE = 12 };
    char *bytes = ph_alloc(BLOCKS * SIZE + 1);
    struct rig rig = {.code = {bytes, BLOCKS * SIZE + 1}, .machine = PH_PE_X64, .wanted = ""};
    struct ph_flow_stats stats;
    uint32_t random = 1;

    (void)state;
    for (size_t i = 0; i < BLOCKS; i++) {
        char *at = bytes + i * SIZE;
        random = random * 1664525 + 1013904223;
        int32_t jump = (int32_t)((random >> 8) % BLOCKS * SIZE) - (int32_t)(i * SIZE + SIZE);
        // NOLINTNEXTLINE(bugprone-not-null-terminated-result): code, not text
        memcpy(at, i % 3 ? "\x48\x83\xc0\x01" : i % 2 ? "\x50\x58\x90\x51" : "\x48\x83\xec\x08", 4);
        // NOLINTNEXTLINE(bugprone-not-null-terminated-result)
        memcpy(at + 4, "\x90\x90\x0f\x84", 4);
        memcpy(at + 8, &jump, 4);
    }
    bytes[BLOCKS * SIZE] = '\xc3';
    assert_null(run(&rig, CODE, NULL, 0, &stats));
    assert_in_range(stats.passes, 1000, 70 * BLOCKS);
    ph_free(bytes);
}

static void test_errors(void **state)
{
    struct rig rig = {.code = cases[0].code, .machine = PH_PE_ARM, .wanted = "2", .fail = true};
    struct ph_flow_stats stats = {.passes = 77};

    (void)state;
    struct ph_error *error = run(&rig, CODE, NULL, 0, &stats);
    assert_non_null(error);
    assert_int_equal(error->code, PH_ERR_USAGE);
    ph_error_free(error);
    rig.machine = cases[0].machine;
    error = run(&rig, CODE, NULL, 0, &stats);
    assert_non_null(error);
    assert_string_equal(error->text, "the hook fails");
    ph_error_free(error);
    assert_int_equal(stats.passes, 77);
}

static void test_no_memory(void **state)
{
    long n = 0;
    struct ph_error *error;

    (void)state;
    do {
        struct rig rig = {
            .code = cases[0].code, .machine = cases[0].machine, .wanted = cases[0].wanted};
        struct ph_flow_stats stats;
        ph_mem_fail_after(n++);
        error = run(&rig, CODE, NULL, 0, &stats);
        ph_mem_fail_after(-1);
        if (error)
            assert_int_equal(error->code, PH_ERR_NOMEM);
        else
            assert_string_equal(rig.text, cases[0].expected);
        ph_error_free(error);
    } while (error);
    assert_true(n > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),     cmocka_unit_test(test_cut),
        cmocka_unit_test(test_stats),     cmocka_unit_test(test_entries),
        cmocka_unit_test(test_too_large), cmocka_unit_test(test_restless),
        cmocka_unit_test(test_errors),    cmocka_unit_test(test_no_memory)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
