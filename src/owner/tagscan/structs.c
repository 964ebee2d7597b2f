/* structs.c - see structs.h. Layouts from Microsoft's public reference.
 *
 * FLT_REGISTRATION: Size and Version (2 bytes each), Flags (4), ContextRegistration (pointer).
 * FLT_CONTEXT_REGISTRATION (offsets with 8-byte, 4-byte pointers); the table ends with the type
 * 0xffff:
 *
 *     00  00  ContextType, Flags: 2 bytes each
 *     08  04  cleanup callback
 *     10  08  Size; -1 = varies
 *     18  0c  PoolTag
 *     20  10  allocate, free callbacks, one reserved: 0x38, 0x1c bytes in all
 */
#include "owner/tagscan/structs.h"

#include "base/text.h"

enum { CONTEXT_TABLE = 8, CONTEXT_END = 0xffff, NAME_MOST = 64 };

int ph_filter_contexts(const struct ph_flow *flow, const struct ph_program *program,
                       const struct ph_abs *registration,
                       struct ph_context contexts[PH_CONTEXTS_MOST])
{
    unsigned pointer = ph_program_pointer(program);
    struct ph_abs table, type;
    uint64_t address, kind;

    ph_flow_memory(flow, registration, CONTEXT_TABLE, pointer, &table);
    if (ph_abs_is_constant(&table, &address) && !address)
        return 0;
    if (!table.count && (table.unknown || table.symbol == PH_SYMBOL_GLOBAL))
        return -1;
    for (int i = 0; i < PH_CONTEXTS_MOST; i++) {
        int64_t at = (int64_t)i * 7 * pointer;
        ph_flow_memory(flow, &table, at, 2, &type);
        if (!ph_abs_is_constant(&type, &kind))
            return i ? i : -1;
        if (kind == CONTEXT_END)
            return i;
        ph_flow_memory(flow, &table, at + 2 * pointer, pointer, &contexts[i].size);
        ph_flow_memory(flow, &table, at + 3 * pointer, 4, &contexts[i].tag);
    }
    return PH_CONTEXTS_MOST;
}

const struct ph_api *ph_named_api(const struct ph_program *program, uint64_t address, bool wide,
                                  uint32_t size)
{
    unsigned step = wide ? 2 : 1;
    char name[NAME_MOST];
    struct ph_slice bytes;
    size_t count = 0;
    uint32_t rva;

    if (!ph_program_rva(program, address, &rva) || !ph_pe_rest(program->pe, rva, &bytes))
        return NULL;
    if (size && size < bytes.size)
        bytes.size = size;
    for (; (count + 1) * step <= bytes.size; count++) {
        const char *at = bytes.data + count * step;
        if (!at[0])
            break;
        if (count == NAME_MOST || (wide && at[1]))
            return NULL;
        name[count] = at[0];
    }
    return ph_api_by_name((struct ph_slice){name, count});
}
