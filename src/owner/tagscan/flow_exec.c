/* flow_exec.c - what operations do to a state. */
#include "owner/tagscan/flow_run.h"

static const struct ph_machine *machine_of(const struct ph_flow *flow)
{
    return flow->space->machine;
}

static bool is_vector(const struct ph_flow *flow, unsigned reg)
{
    return reg >= machine_of(flow)->vectors &&
           reg < machine_of(flow)->vectors + machine_of(flow)->vector_count;
}

static int64_t vector_cells(const struct ph_flow *flow, unsigned reg)
{
    return PH_VECTOR_CELLS + 16 * (int64_t)(reg - machine_of(flow)->vectors);
}

/* Four characters: what pool tags are made of, and little else in a table. */
static bool is_text(uint64_t value)
{
    for (unsigned i = 0; i < 4; i++, value >>= 8)
        if ((value & 0x7f) < ' ' || (value & 0x7f) == 0x7f || ((value & 0x80) && i < 3))
            return false;
    return true;
}

/* The first entries of a table of tags whose index is not known. It may be longer: unknown stays.
 */
static struct ph_abs entries_of(const struct ph_flow *flow, const struct ph_abs *abs)
{
    struct ph_table table = ph_table_unpack(abs->number);
    struct ph_abs result = ph_abs_unknown();

    if (table.width != 4 || table.shift || abs->constants[0])
        return result;
    for (unsigned i = 0; i < PH_ABS_CONSTANTS; i++) {
        struct ph_abs entry = ph_abs_unknown();
        uint64_t value;
        flow->hooks->load(flow->hooks->context, (uint64_t)abs->offset + (uint64_t)i * table.stride,
                          4, &entry);
        if (!ph_abs_is_constant(&entry, &value) || !is_text(value))
            break;
        entry.from_data = true;
        ph_abs_join(&result, &entry);
    }
    return result;
}

struct ph_abs ph_flow_shown(const struct ph_flow *flow, const struct ph_abs *abs)
{
    struct ph_abs shown = *abs;

    if (shown.symbol == PH_SYMBOL_TABLE)
        return entries_of(flow, abs);
    if (shown.symbol == PH_SYMBOL_MIXED)
        shown.symbol = PH_SYMBOL_NONE; /* unknown is set */
    return shown;
}

/* --- registers --- */

static const struct ph_value *register_value(const struct ph_flow *flow, unsigned reg)
{
    uint32_t number = reg < PH_GENERAL ? flow->state->registers[reg] : PH_VALUE_UNKNOWN;

    return ph_values_at(&flow->space->values, number);
}

static void set_number(struct ph_flow *flow, unsigned reg, uint32_t number)
{
    if (reg >= PH_GENERAL)
        return;
    flow->state->registers[reg] = number;
    if (reg == machine_of(flow)->stack_register)
        ph_state_check_stack(flow->space, flow->state);
}

static void set_register(struct ph_flow *flow, unsigned reg, const struct ph_abs *abs)
{
    set_number(flow, reg,
               ph_abs_is_unknown(abs) ? PH_VALUE_UNKNOWN
                                      : ph_values_number(&flow->space->values, abs, 8));
}

/* A result of 1 or 2 bytes leaves the other bytes as they are. */
static void set_part(struct ph_flow *flow, unsigned reg, const struct ph_abs *abs, unsigned width)
{
    unsigned pointer = machine_of(flow)->pointer;
    const struct ph_value *old = register_value(flow, reg);
    struct ph_abs low = *abs, whole;

    if (width >= 4) {
        set_register(flow, reg, abs);
        return;
    }
    ph_abs_cut(&low, width, false, pointer);
    if (old->bytes == 8) {
        whole = ph_abs_insert(&old->abs, &low, width, 0, pointer);
        if (!whole.unknown) {
            set_register(flow, reg, &whole);
            return;
        }
    }
    set_number(flow, reg,
               ph_abs_is_unknown(&low) ? PH_VALUE_UNKNOWN
                                       : ph_values_number(&flow->space->values, &low, width));
}

struct ph_abs ph_flow_operand(struct ph_flow *flow, const struct ph_operand *operand,
                              unsigned width)
{
    if (!operand->is_register)
        return ph_abs_constant(operand->constant & ph_width_mask(machine_of(flow)->pointer));
    if (operand->reg == PH_REG_NONE)
        return ph_abs_unknown();
    if (is_vector(flow, operand->reg))
        return ph_cells_load(flow->space, flow->state, vector_cells(flow, operand->reg), width);
    const struct ph_value *value = register_value(flow, operand->reg);
    return value->bytes >= width ? value->abs : ph_abs_unknown();
}

/* --- addresses --- */

static struct ph_abs index_of(struct ph_flow *flow, const struct ph_memory_operand *memory)
{
    unsigned pointer = machine_of(flow)->pointer;
    struct ph_operand index = {.is_register = true, .reg = memory->index};
    struct ph_abs value = ph_flow_operand(flow, &index, memory->index_half ? 4 : pointer);
    struct ph_abs scale = ph_abs_constant(memory->scale);

    if (memory->index_half)
        ph_abs_cut(&value, 4, memory->index_signed, pointer);
    if (memory->scale > 1)
        value = ph_abs_binary(PH_OP_MUL, &value, &scale, false, pointer, pointer);
    return value;
}

static struct ph_abs address_of(struct ph_flow *flow, const struct ph_memory_operand *memory)
{
    unsigned pointer = machine_of(flow)->pointer;
    struct ph_abs address =
        ph_abs_constant((uint64_t)memory->displacement & ph_width_mask(pointer));

    if (memory->opaque)
        return ph_abs_unknown();
    if (memory->base != PH_REG_NONE) {
        struct ph_operand base = {.is_register = true, .reg = memory->base};
        struct ph_abs value = ph_flow_operand(flow, &base, pointer);
        address = memory->displacement
                      ? ph_abs_binary(PH_OP_ADD, &value, &address, false, pointer, pointer)
                      : value;
    }
    if (memory->index != PH_REG_NONE) {
        bool same = memory->index == memory->base && memory->displacement == 0;
        struct ph_abs index = index_of(flow, memory);
        if (memory->index == memory->base && !same && address.count > 1)
            return ph_abs_unknown();
        if (same && address.count > 1)
            return ph_abs_unknown();
        address = ph_abs_binary(PH_OP_ADD, &address, &index, false, pointer, pointer);
    }
    return address;
}

/* The constant part of an address whose other part is an index of which nothing is known. */
static bool table_of(struct ph_flow *flow, const struct ph_op *op, unsigned width,
                     struct ph_abs *entry)
{
    const struct ph_memory_operand *memory = &op->memory;
    unsigned pointer = machine_of(flow)->pointer;
    struct ph_operand base = {.is_register = true, .reg = memory->base};
    struct ph_operand index = {.is_register = true, .reg = memory->index};
    uint64_t start = 0, other;
    unsigned stride = memory->scale;

    if (memory->opaque || memory->index == PH_REG_NONE || width > 8)
        return false;
    struct ph_abs first =
        memory->base == PH_REG_NONE ? ph_abs_constant(0) : ph_flow_operand(flow, &base, pointer);
    struct ph_abs second = ph_flow_operand(flow, &index, pointer);
    if (ph_abs_is_constant(&first, &start)) {
        if (ph_abs_is_constant(&second, &other))
            return false;
    } else if (memory->scale == 1 && ph_abs_is_constant(&second, &start)) {
        stride = (uint8_t)width; /* the index was multiplied before */
    } else {
        return false;
    }
    start += (uint64_t)memory->displacement;
    if (start == 0 || stride == 0)
        return false;
    struct ph_table table = {
        .width = (uint8_t)width, .stride = (uint8_t)stride, .extend = op->extend};
    *entry = ph_abs_symbol(PH_SYMBOL_NONE, ph_table_pack(table),
                           (int64_t)(start & ph_width_mask(pointer)));
    entry->symbol = PH_SYMBOL_TABLE;
    return true;
}

/* --- memory --- */

struct ph_abs ph_flow_load(const struct ph_flow *flow, const struct ph_abs *address, unsigned width)
{
    struct ph_abs result = {0}, part;

    for (unsigned i = 0; i < address->count; i++) {
        part = ph_abs_unknown();
        flow->hooks->load(flow->hooks->context, address->constants[i], width, &part);
        ph_abs_join(&result, &part);
    }
    part = ph_abs_unknown();
    if (address->symbol == PH_SYMBOL_STACK && !address->unknown)
        part = ph_cells_load(flow->space, flow->state, address->offset, width);
    else if (address->symbol == PH_SYMBOL_ARGUMENT && width >= 4)
        part = ph_abs_symbol(PH_SYMBOL_FIELD, address->number, address->offset);
    if (address->symbol != PH_SYMBOL_NONE)
        ph_abs_join(&result, &part);
    part = ph_abs_unknown();
    if (address->unknown || (!address->count && address->symbol == PH_SYMBOL_NONE))
        ph_abs_join(&result, &part);
    return result;
}

struct ph_abs ph_flow_load_op(struct ph_flow *flow, const struct ph_op *op, unsigned width)
{
    struct ph_abs address = address_of(flow, &op->memory), entry;

    if (ph_abs_is_unknown(&address) && table_of(flow, op, width, &entry))
        return entry;
    return ph_flow_load(flow, &address, width);
}

/* 16 bytes are two times 8. */
static void load_vector(struct ph_flow *flow, const struct ph_op *op)
{
    struct ph_abs address = address_of(flow, &op->memory);
    int64_t to = vector_cells(flow, op->dst);

    ph_cells_forget(flow->space, flow->state, to, 16);
    if (ph_abs_is_symbol(&address, PH_SYMBOL_STACK)) {
        ph_cells_copy(flow->space, flow->state, address.offset, to, op->width);
    } else {
        for (unsigned done = 0; done < op->width; done += 8) {
            unsigned width = op->width - done < 8 ? op->width : 8;
            struct ph_abs step = ph_abs_constant(done);
            struct ph_abs at = ph_abs_binary(PH_OP_ADD, &address, &step, false,
                                             machine_of(flow)->pointer, machine_of(flow)->pointer);
            struct ph_abs value = ph_flow_load(flow, &at, width);
            ph_cells_store(flow->space, flow->state, to + done, width,
                           ph_values_number(&flow->space->values, &value, 8));
        }
    }
    for (unsigned done = op->width; done < 16; done += done < 8 ? 4 : 8) {
        struct ph_abs zero = ph_abs_constant(0);
        ph_cells_store(flow->space, flow->state, to + done, done < 8 ? 4 : 8,
                       ph_values_number(&flow->space->values, &zero, 8));
    }
}

static void load(struct ph_flow *flow, const struct ph_op *op)
{
    if (is_vector(flow, op->dst)) {
        load_vector(flow, op);
        return;
    }
    struct ph_abs value = ph_flow_load_op(flow, op, op->width);
    ph_abs_cut(&value, op->width, op->extend, machine_of(flow)->pointer);
    set_register(flow, op->dst, &value);
}

static void store_global(struct ph_flow *flow, const struct ph_op *op, uint64_t address)
{
    unsigned pointer = machine_of(flow)->pointer;

    for (unsigned done = 0; done < op->width; done += 8) {
        unsigned width = op->width - done < 8 ? op->width - done : 8;
        struct ph_abs value =
            op->width == 16 && done ? ph_abs_unknown() : ph_flow_operand(flow, &op->a, width);
        if (op->width == 16 && op->a.is_register && is_vector(flow, op->a.reg))
            value = ph_cells_load(flow->space, flow->state, vector_cells(flow, op->a.reg) + done,
                                  width);
        ph_abs_cut(&value, width, false, width > pointer ? width : pointer);
        value = ph_flow_shown(flow, &value);
        flow->hooks->store(flow->hooks->context, flow, address + done, width, &value);
    }
}

static void store_stack(struct ph_flow *flow, const struct ph_op *op, int64_t at)
{
    if (op->width == 0) {
        ph_cells_forget_from(flow->state, at);
    } else if (op->a.is_register && is_vector(flow, op->a.reg)) {
        ph_cells_copy(flow->space, flow->state, vector_cells(flow, op->a.reg), at, op->width);
    } else if (op->width > 8) {
        ph_cells_forget(flow->space, flow->state, at, op->width);
    } else {
        struct ph_abs value = ph_flow_operand(flow, &op->a, 1);
        uint32_t bytes = 8;
        if (op->a.is_register && op->a.reg < PH_GENERAL)
            bytes = register_value(flow, op->a.reg)->bytes;
        ph_cells_store(flow->space, flow->state, at, op->width,
                       ph_abs_is_unknown(&value)
                           ? PH_VALUE_UNKNOWN
                           : ph_values_number(&flow->space->values, &value, bytes));
    }
}

/* A pointer of which nothing is known is taken not to lead into the function's own frame: otherwise
 * next to nothing could be told of structures on the stack. Callees are not trusted so far. */
static void store(struct ph_flow *flow, const struct ph_op *op)
{
    struct ph_abs address = address_of(flow, &op->memory);
    uint64_t constant;

    /* the stack pointer itself is kept where handlers of exceptions find it: nobody writes there */
    if (op->a.is_register && op->a.reg < PH_GENERAL && !op->memory.opaque &&
        op->a.reg != machine_of(flow)->stack_register)
        ph_state_escape(flow->state, &register_value(flow, op->a.reg)->abs);
    if (ph_abs_is_symbol(&address, PH_SYMBOL_STACK))
        store_stack(flow, op, address.offset);
    else if (address.symbol == PH_SYMBOL_STACK)
        ph_cells_forget_from(flow->state, address.offset);
    else if (ph_abs_is_constant(&address, &constant) && flow->final && flow->hooks->store)
        store_global(flow, op, constant);
}

/* --- moves --- */

static void set_vector(struct ph_flow *flow, const struct ph_op *op)
{
    int64_t to = vector_cells(flow, op->dst);
    struct ph_abs zero = ph_abs_constant(0);
    uint32_t none = ph_values_number(&flow->space->values, &zero, 8);
    unsigned width = op->width;

    if (op->a.is_register && is_vector(flow, op->a.reg)) {
        if (op->a.reg != op->dst)
            ph_cells_copy(flow->space, flow->state, vector_cells(flow, op->a.reg), to, width);
    } else {
        struct ph_abs value = ph_flow_operand(flow, &op->a, width < 8 ? width : 8);
        width = width < 8 ? width : 8;
        ph_cells_store(flow->space, flow->state, to, width,
                       ph_values_number(&flow->space->values, &value, 8));
    }
    for (unsigned done = width; done < 16; done += done < 8 ? 4 : 8)
        ph_cells_store(flow->space, flow->state, to + done, done < 8 ? 4 : 8, none);
}

static void set(struct ph_flow *flow, const struct ph_op *op)
{
    unsigned pointer = machine_of(flow)->pointer;

    if (is_vector(flow, op->dst)) {
        set_vector(flow, op);
        return;
    }
    if (op->width == pointer && op->a.is_register && op->a.reg < machine_of(flow)->vectors) {
        set_number(flow, op->dst,
                   op->a.reg < PH_GENERAL ? flow->state->registers[op->a.reg] : PH_VALUE_UNKNOWN);
        return;
    }
    struct ph_abs value = ph_flow_operand(flow, &op->a, op->width);
    ph_abs_cut(&value, op->width, op->extend, pointer);
    if (op->extend)
        set_register(flow, op->dst, &value);
    else
        set_part(flow, op->dst, &value, op->width);
}

static void insert(struct ph_flow *flow, const struct ph_op *op)
{
    const struct ph_value *old = register_value(flow, op->dst);
    struct ph_abs part = ph_flow_operand(flow, &op->a, op->width), low = old->abs;
    unsigned bytes = old->bytes, reach = op->shift / 8u + op->width;

    if (bytes < 8 && op->shift / 8u > bytes) {
        set_number(flow, op->dst, PH_VALUE_UNKNOWN);
        return;
    }
    /* bytes that were not known before may be known now */
    if (bytes < 8 && reach > bytes)
        bytes = reach;
    if (bytes < 8)
        ph_abs_cut(&low, old->bytes, false, machine_of(flow)->pointer);
    struct ph_abs result =
        ph_abs_insert(&low, &part, op->width, op->shift, machine_of(flow)->pointer);
    if (bytes < 8)
        set_number(flow, op->dst,
                   bytes == 2 && !ph_abs_is_unknown(&result)
                       ? ph_values_number(&flow->space->values, &result, bytes)
                       : PH_VALUE_UNKNOWN);
    else
        set_register(flow, op->dst, &result);
}

/* --- arithmetic --- */

/* Of a register of which the low bytes are known a mask or a shift may leave just these. */
static struct ph_abs masked_operand(struct ph_flow *flow, const struct ph_op *op)
{
    unsigned width = op->width;

    if (op->kind == PH_OP_AND && !op->b.is_register && op->b.constant <= 0xffff)
        width = op->b.constant <= 0xff ? 1 : 2;
    if (op->kind == PH_OP_SHL && !op->b.is_register && op->b.constant / 8 < width)
        width -= (unsigned)op->b.constant / 8;
    struct ph_abs value = ph_flow_operand(flow, &op->a, width < op->width ? width : op->width);
    if (width < op->width && value.symbol == PH_SYMBOL_NONE)
        ph_abs_cut(&value, width, false, machine_of(flow)->pointer);
    return value;
}

static void binary(struct ph_flow *flow, const struct ph_op *op)
{
    bool same = op->a.is_register && op->b.is_register && op->a.reg == op->b.reg &&
                op->a.reg != PH_REG_NONE;
    struct ph_abs a = masked_operand(flow, op), b = ph_flow_operand(flow, &op->b, op->width);
    /* of a shift's count only the low byte matters */
    if (op->kind >= PH_OP_SHL && op->kind <= PH_OP_SAR && op->b.is_register)
        b = ph_flow_operand(flow, &op->b, 1);
    struct ph_abs result =
        ph_abs_binary(op->kind, &a, &b, same, op->width, machine_of(flow)->pointer);
    set_part(flow, op->dst, &result, op->width);
}

static void unary(struct ph_flow *flow, const struct ph_op *op)
{
    struct ph_abs a = ph_flow_operand(flow, &op->a, op->width);
    struct ph_abs result = ph_abs_unary(op->kind, &a, op->width, machine_of(flow)->pointer);

    set_part(flow, op->dst, &result, op->width);
}

/* A symbol survives beside something unknown when it comes first. */
static void choose(struct ph_flow *flow, const struct ph_op *op)
{
    struct ph_abs a = ph_flow_operand(flow, &op->a, op->width);
    struct ph_abs b = ph_flow_operand(flow, &op->b, op->width);
    unsigned pointer = machine_of(flow)->pointer;

    ph_abs_cut(&a, op->width, false, pointer);
    ph_abs_cut(&b, op->width, false, pointer);
    struct ph_abs *first = a.symbol ? &a : &b, *second = a.symbol ? &b : &a;
    ph_abs_join(first, second);
    set_part(flow, op->dst, first, op->width);
}

static void compare(struct ph_flow *flow, const struct ph_op *op)
{
    enum { MOST = 4096 };

    flow->state->bound = op->b.constant < MOST ? (uint32_t)op->b.constant + 1 : 0;
}

static void forget(struct ph_flow *flow, const struct ph_op *op)
{
    if (op->dst == PH_REG_NONE)
        ph_cells_forget(flow->space, flow->state, PH_VECTOR_CELLS,
                        16 * machine_of(flow)->vector_count);
    else if (is_vector(flow, op->dst))
        ph_cells_forget(flow->space, flow->state, vector_cells(flow, op->dst), 16);
    else
        set_number(flow, op->dst, PH_VALUE_UNKNOWN);
}

static void take_address(struct ph_flow *flow, const struct ph_op *op)
{
    struct ph_abs address = address_of(flow, &op->memory);

    ph_abs_cut(&address, op->width, false, machine_of(flow)->pointer);
    set_register(flow, op->dst, &address);
}

typedef void executor(struct ph_flow *flow, const struct ph_op *op);

static executor *const executors[] = {[PH_OP_SET] = set,
                                      [PH_OP_LOAD] = load,
                                      [PH_OP_STORE] = store,
                                      [PH_OP_ADD] = binary,
                                      [PH_OP_ADDRESS] = take_address,
                                      [PH_OP_SUB] = binary,
                                      [PH_OP_AND] = binary,
                                      [PH_OP_OR] = binary,
                                      [PH_OP_XOR] = binary,
                                      [PH_OP_SHL] = binary,
                                      [PH_OP_SHR] = binary,
                                      [PH_OP_SAR] = binary,
                                      [PH_OP_MUL] = binary,
                                      [PH_OP_NOT] = unary,
                                      [PH_OP_NEG] = unary,
                                      [PH_OP_INSERT] = insert,
                                      [PH_OP_CHOOSE] = choose,
                                      [PH_OP_COMPARE] = compare,
                                      [PH_OP_UNKNOWN] = forget};

void ph_flow_execute(struct ph_flow *flow, const struct ph_op *op)
{
    executor *execute =
        op->kind < sizeof(executors) / sizeof(executors[0]) ? executors[op->kind] : NULL;

    if (execute)
        execute(flow, op);
}
