/* abs.h - arithmetic on sets of possible values. Internal to the data flow.
 *
 * A symbol stands for all bytes of a register. Cut to 4 bytes an argument, a field and a global
 * still count as themselves: their low 4 bytes are, and nobody uses them as pointers afterwards.
 */
#ifndef PH_OWNER_ABS_H
#define PH_OWNER_ABS_H

#include "owner/tagscan/flow.h"

/* A symbol that hooks never see: read from a table at `offset` by an unknown index; `number` is a
 * packed struct ph_table; constants[0] was added since (count stays 0). */
enum { PH_SYMBOL_TABLE = 100 };

/* What an entry of a table of jump targets is: packed into ph_abs.number. */
struct ph_table {
    uint8_t width, stride, shift; /* shift: multiplied by 2^shift since it was read */
    bool extend;
};
uint32_t ph_table_pack(struct ph_table table);
struct ph_table ph_table_unpack(uint32_t number);

uint64_t ph_width_mask(unsigned width); /* of 1, 2, 4 or 8 bytes */
uint64_t ph_sign_extend(uint64_t value, unsigned width);
/* Unknown, and nothing else. */
bool ph_abs_is_unknown(const struct ph_abs *abs);
/* Exactly one symbol of this kind. */
bool ph_abs_is_symbol(const struct ph_abs *abs, unsigned symbol);
/* Somewhere on the stack. */
struct ph_abs ph_abs_wild_stack(void);
/* The low `width` bytes, with `extend` sign-extended to `pointer` bytes (4 or 8, the machine's). */
void ph_abs_cut(struct ph_abs *abs, unsigned width, bool extend, unsigned pointer);
/* a op b on `width` bytes. `same`: both are the same register. Two sets of several constants each
 * give unknown: they may depend on each other, and no value may be made up. */
struct ph_abs ph_abs_binary(enum ph_op_kind kind, const struct ph_abs *a, const struct ph_abs *b,
                            bool same, unsigned width, unsigned pointer);
/* PH_OP_NOT, PH_OP_NEG */
struct ph_abs ph_abs_unary(enum ph_op_kind kind, const struct ph_abs *a, unsigned width,
                           unsigned pointer);
/* `width` bytes at bit `shift` of `into` replaced by those of `part`. */
struct ph_abs ph_abs_insert(const struct ph_abs *into, const struct ph_abs *part, unsigned width,
                            unsigned shift, unsigned pointer);
/* `width` bytes from byte `skip` on, of a value of `size` bytes. */
struct ph_abs ph_abs_extract(const struct ph_abs *abs, unsigned skip, unsigned width, unsigned size,
                             unsigned pointer);

#endif
