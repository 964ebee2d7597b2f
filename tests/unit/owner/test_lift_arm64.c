/* test_lift_arm64.c - ARM64 instructions, each as LLVM's assembler encodes it, against what they do
 * in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "owner/tagscan/insn.h"
#include "unit/owner/op_text.h"

#define ADDRESS 0x140001004ull

static const char *register_name(unsigned reg, char name[8])
{
    if (reg == PH_ARM_SP)
        return "sp";
    snprintf(name, 8, "%c%u", reg < PH_ARM_VECTOR ? 'x' : 'v', reg % 32);
    return name;
}

/* "": it changes nothing; "invalid". */
static void describe(uint32_t word, struct text *text)
{
    const unsigned char bytes[4] = {(unsigned char)word, (unsigned char)(word >> 8),
                                    (unsigned char)(word >> 16), (unsigned char)(word >> 24)};
    struct ph_insn insn;

    *text = (struct text){.address = ADDRESS, .name = register_name};
    if (!ph_lift_arm64((struct ph_slice){(const char *)bytes, 4}, ADDRESS, &insn)) {
        PUT(text, "invalid");
        return;
    }
    assert_int_equal(insn.size, 4);
    assert_int_equal(insn.address, ADDRESS);
    put_insn(text, &insn);
}

static const struct {
    uint32_t word;
    const char *assembler, *expected;
} cases[] = {
    {0x528dcea2, "movz w2, #0x6e75", "set4 x2 #6e75"},
    {0x72ae8ee2, "movk w2, #0x7477, lsl #16", "insert2 x2@16 #7477; set4 x2 x2"},
    {0x92800023, "movn x3, #1", "set8 x3 #fffffffffffffffe"},
    {0x12a00023, "movn w3, #1, lsl #16", "set4 x3 #fffeffff"},
    {0xf2e000a4, "movk x4, #5, lsl #48", "insert2 x4@48 #5"},
    {0xd280003f, "movz xzr, #1", ""},
    {0x91448c20, "add x0, x1, #0x123, lsl #12", "add8 x0 x1 #123000"},
    {0xd10103ff, "sub sp, sp, #0x40", "sub8 sp sp #40"},
    {0x910003fd, "mov x29, sp", "set8 x29 sp"},
    {0xf1000c3f, "cmp x1, #3", "compare8  x1 #3"},
    {0x71000c41, "subs w1, w2, #3", "sub4 x1 x2 #3"},
    {0x32089fe0, "orr w0, wzr, #0xff00ff00", "set4 x0 #ff00ff00"},
    {0x92410420, "and x0, x1, #0x8000000000000001", "and8 x0 x1 #8000000000000001"},
    {0x927cec3f, "and sp, x1, #0xfffffffffffffff0", "and8 sp x1 #fffffffffffffff0"},
    {0x7200003f, "tst w1, #1", ""},
    {0x52007883, "eor w3, w4, #0x7fffffff", "xor4 x3 x4 #7fffffff"},
    {0x531d7041, "lsl w1, w2, #3", "shl4 x1 x2 #3"},
    {0xd37ffc41, "lsr x1, x2, #63", "shr8 x1 x2 #3f"},
    {0x131f7c41, "asr w1, w2, #31", "sar4 x1 x2 #1f"},
    {0x53083c41, "ubfx w1, w2, #8, #8", "shr4 x1 x2 #8; and4 x1 x1 #ff"},
    {0xd37c1c41, "ubfiz x1, x2, #4, #8", "and8 x1 x2 #ff; shl8 x1 x1 #4"},
    {0x53001c41, "uxtb w1, w2", "and4 x1 x2 #ff"},
    {0x13001c41, "sxtb w1, w2", "set1s x1 x2; set4 x1 x1"},
    {0x93403c41, "sxth x1, w2", "set2s x1 x2"},
    {0x93407c41, "sxtw x1, w2", "set4s x1 x2"},
    {0x93442c41, "sbfx x1, x2, #4, #8", "shl8 x1 x2 #34; sar8 x1 x1 #38"},
    {0x937c1c41, "sbfiz x1, x2, #4, #8", "shl8 x1 x2 #38; sar8 x1 x1 #34"},
    {0x33181c41, "bfi w1, w2, #8, #8", "insert1 x1@8 x2; set4 x1 x1"},
    {0xb37d1c41, "bfi x1, x2, #3, #8", "insert1 x1@3 x2"},
    {0xb3403c41, "bfxil x1, x2, #0, #16", "insert2 x1@0 x2"},
    {0x93c30041, "extr x1, x2, x3, #0", "set8 x1 x3"},
    {0x13821441, "ror w1, w2, #5", "unknown8 x1"},
    {0x10000060, "adr x0, #12", "set8 x0 #140001010"},
    {0xf0000000, "adrp x0, #0x3000", "set8 x0 #140004000"},
    {0xaa0603e5, "mov x5, x6", "set8 x5 x6"},
    {0x2a1f03e5, "mov w5, wzr", "set4 x5 #0"},
    {0x2a2603e5, "mvn w5, w6", "not4 x5 x6"},
    {0xaa031041, "orr x1, x2, x3, lsl #4", "shl8 x1 x3 #4; or8 x1 x2 x1"},
    {0xaa031021, "orr x1, x1, x3, lsl #4", "unknown8 x1"},
    {0x0a230041, "bic w1, w2, w3", "not4 x1 x3; and4 x1 x2 x1"},
    {0x8ac30c41, "and x1, x2, x3, ror #3", "unknown8 x1"},
    {0xca430be1, "eor x1, xzr, x3, lsr #2", "shr8 x1 x3 #2"},
    {0x6a02003f, "ands wzr, w1, w2", ""},
    {0x8b030041, "add x1, x2, x3", "add8 x1 x2 x3"},
    {0x8b030c21, "add x1, x1, x3, lsl #3", "address8 x1 [x1+x3*8+0]"},
    {0x8b032421, "add x1, x1, x3, lsl #9", "unknown8 x1"},
    {0xcb831041, "sub x1, x2, x3, asr #4", "sar8 x1 x3 #4; sub8 x1 x2 x1"},
    {0xcb0203e1, "neg x1, x2", "neg8 x1 x2"},
    {0xeb02003f, "cmp x1, x2", ""},
    {0x8b234841, "add x1, x2, w3, uxtw #2", "and8 x1 x3 #ffffffff; shl8 x1 x1 #2; add8 x1 x2 x1"},
    {0x8b234821, "add x1, x1, w3, uxtw #2", "unknown8 x1"},
    {0x8b2363ff, "add sp, sp, x3", "add8 sp sp x3"},
    {0x0b238041, "add w1, w2, w3, sxtb", "set1s x1 x3; add4 x1 x2 x1"},
    {0xcb23e441, "sub x1, x2, x3, sxtx #1", "shl8 x1 x3 #1; sub8 x1 x2 x1"},
    {0x9a830041, "csel x1, x2, x3, eq", "choose8 x1 x2 x3"},
    {0x1a9f07e1, "cset w1, ne", "choose4 x1 #0 #1"},
    {0xda9f03e1, "csetm x1, ne", "choose8 x1 #0 #ffffffffffffffff"},
    {0x1a821441, "cinc w1, w2, eq", "add4 x1 x2 #1; choose4 x1 x2 x1"},
    {0x1a811421, "cinc w1, w1, eq", "unknown8 x1"},
    {0xda821441, "cneg x1, x2, eq", "neg8 x1 x2; choose8 x1 x2 x1"},
    {0xda9f0041, "csinv x1, x2, xzr, eq", "choose8 x1 x2 #ffffffffffffffff"},
    {0x5a9f07e1, "csneg w1, wzr, wzr, eq", "choose4 x1 #0 #0"},
    {0xfa420820, "ccmp x1, #2, #0, eq", ""},
    {0x9b037c41, "mul x1, x2, x3", "mul8 x1 x2 x3"},
    {0x9b031041, "madd x1, x2, x3, x4", "mul8 x1 x2 x3; add8 x1 x4 x1"},
    {0x9b030441, "madd x1, x2, x3, x1", "unknown8 x1"},
    {0x1b03fc41, "mneg w1, w2, w3", "mul4 x1 x2 x3; neg4 x1 x1"},
    {0x9b237c41, "smull x1, w2, w3", "unknown8 x1"},
    {0x9ac30841, "udiv x1, x2, x3", "unknown8 x1"},
    {0x9ac32041, "lsl x1, x2, x3", "shl8 x1 x2 x3"},
    {0x1ac32841, "asr w1, w2, w3", "sar4 x1 x2 x3"},
    {0xdac00c41, "rev x1, x2", "unknown8 x1"},
    {0x9a030041, "adc x1, x2, x3", "unknown8 x1"},
    {0xf9400441, "ldr x1, [x2, #8]", "load8 x1 [x2+8]"},
    {0xb9402be1, "ldr w1, [sp, #0x28]", "load4 x1 [sp+40]"},
    {0x39400041, "ldrb w1, [x2]", "load1 x1 [x2+0]"},
    {0x39c00441, "ldrsb w1, [x2, #1]", "load1s x1 [x2+1]; set4 x1 x1"},
    {0x79800441, "ldrsh x1, [x2, #2]", "load2s x1 [x2+2]"},
    {0xb89fc041, "ldrsw x1, [x2, #-4]", "load4s x1 [x2-4]"},
    {0xb900045f, "str wzr, [x2, #4]", "store4  [x2+4] #0"},
    {0xf81f8c41, "str x1, [x2, #-8]!", "add8 x2 x2 #fffffffffffffff8; store8  [x2+0] x1"},
    {0xf8410441, "ldr x1, [x2], #16", "load8 x1 [x2+0]; add8 x2 x2 #10"},
    {0x3dc00841, "ldr q1, [x2, #32]", "load16 v1 [x2+32]"},
    {0x3d8007e1, "str q1, [sp, #16]", "store16  [sp+16] v1"},
    {0xfd000462, "str d2, [x3, #8]", "store8  [x3+8] v2"},
    {0xbd000462, "str s2, [x3, #4]", "store4  [x3+4] v2"},
    {0xf8637841, "ldr x1, [x2, x3, lsl #3]", "load8 x1 [x2+x3*8+0]"},
    {0xb8635841, "ldr w1, [x2, w3, uxtw #2]", "load4 x1 [x2+x3.half*4+0]"},
    {0xb823c841, "str w1, [x2, w3, sxtw]", "store4  [x2+x3.half.signed*1+0] x1"},
    {0x58000100, "ldr x0, #0x20", "load8 x0 [+5368713252]"},
    {0x18000101, "ldr w1, #0x20", "load4 x1 [+5368713252]"},
    {0x98ffff01, "ldrsw x1, #-0x20", "load4s x1 [+5368713188]"},
    {0x9c000083, "ldr q3, #0x10", "load16 v3 [+5368713236]"},
    {0xf9800040, "prfm pldl1keep, [x2]", ""},
    {0xa8c27bfd, "ldp x29, x30, [sp], #32", "load8 x29 [sp+0]; load8 x30 [sp+8]; add8 sp sp #20"},
    {0xa9be7bfd, "stp x29, x30, [sp, #-32]!",
     "add8 sp sp #ffffffffffffffe0; store8  [sp+0] x29; store8  [sp+8] x30"},
    {0xa9400400, "ldp x0, x1, [x0]", "load8 x1 [x0+8]; load8 x0 [x0+0]"},
    {0x297f0861, "ldp w1, w2, [x3, #-8]", "load4 x1 [x3-8]; load4 x2 [x3-4]"},
    {0x69400861, "ldpsw x1, x2, [x3]", "load4s x1 [x3+0]; load4s x2 [x3+4]"},
    {0xad0107e0, "stp q0, q1, [sp, #32]", "store16  [sp+32] v0; store16  [sp+48] v1"},
    {0xa9007d1f, "stp xzr, xzr, [x8]", "store8  [x8+0] #0; store8  [x8+8] #0"},
    {0x885f7c41, "ldxr w1, [x2]", "unknown8 x1"},
    {0x8801fc62, "stlxr w1, w2, [x3]", "store4  [x3+0] ?; unknown8 x1"},
    {0xc87f8861, "ldaxp x1, x2, [x3]", "unknown8 x1; unknown8 x2"},
    {0xc8dffc41, "ldar x1, [x2]", "load8 x1 [x2+0]"},
    {0x889ffc41, "stlr w1, [x2]", "store4  [x2+0] x1"},
    {0x4cdfa020, "ld1 {v0.16b, v1.16b}, [x1], #32",
     "load16 v0 [x1+0]; load16 v1 [x1+16]; add8 x1 x1 #20"},
    {0x0c82a03f, "st1 {v31.8b, v0.8b}, [x1], x2",
     "store8  [x1+0] v31; store8  [x1+8] v0; add8 x1 x1 x2"},
    {0x0c400060, "ld4 {v0.8b, v1.8b, v2.8b, v3.8b}, [x3]",
     "unknown16 v0; unknown16 v1; unknown16 v2; unknown16 v3"},
    {0x4c008820, "st2 {v0.4s, v1.4s}, [x1]", "store16  [x1+0] ?; store16  [x1+16] ?"},
    {0x0dbfb040, "st4 {v0.s, v1.s, v2.s, v3.s}[1], [x2], #16",
     "store4  [x2+0] ?; store4  [x2+4] ?; store4  [x2+8] ?; store4  [x2+12] ?; add8 x2 x2 #10"},
    {0x4d40c841, "ld1r {v1.4s}, [x2]", "unknown16 v1"},
    {0x6f00e400, "movi v0.2d, #0", "set16 v0 #0"},
    {0x4f00e421, "movi v1.16b, #1", "unknown16 v1"},
    {0x4ea21c41, "mov v1.16b, v2.16b", "set16 v1 v2"},
    {0x6e231c63, "eor v3.16b, v3.16b, v3.16b", "set16 v3 #0"},
    {0x9e660041, "fmov x1, d2", "set8 x1 v2"},
    {0x9e670041, "fmov d1, x2", "set8 v1 x2"},
    {0x1e260041, "fmov w1, s2", "set4 x1 v2"},
    {0x9e780041, "fcvtzs x1, d2", "unknown8 x1"},
    {0x0e0c3c41, "umov w1, v2.s[1]", "unknown8 x1"},
    {0x4e032c41, "smov x1, v2.b[1]", "unknown8 x1"},
    {0x9e620041, "scvtf d1, x2", "unknown16 v1"},
    {0x4ea38441, "add v1.4s, v2.4s, v3.4s", "unknown16 v1"},
    {0x4e040c41, "dup v1.4s, w2", "unknown16 v1"},
    {0x14000002, "b #8", "jump +8"},
    {0x97fffffe, "bl #-8", "call -8"},
    {0x54000080, "b.eq #16", "branch +16"},
    {0xb40000a1, "cbz x1, #20", "branch +20"},
    {0x371fff41, "tbnz w1, #3, #-24", "branch -24"},
    {0xd61f0100, "br x8", "jump x8"},
    {0xd63f0100, "blr x8", "call x8"},
    {0xd65f03c0, "ret", "return"},
    {0xd43e0000, "brk #0xf000", "trap"},
    {0xd4400000, "hlt #0", "trap"},
    {0xd4000001, "svc #0", "call ?"},
    {0x00000000, "udf #0", "trap"},
    {0xd503201f, "nop", ""},
    {0xd5033bbf, "dmb ish", ""},
    {0xd538d081, "mrs x1, tpidr_el1", "unknown8 x1"},
    {0xd518d081, "msr tpidr_el1, x1", ""},
    {0xd50b7421, "dc zva, x1",
     "store16  [x1+0] ?; store16  [x1+16] ?; store16  [x1+32] ?; store16  [x1+48] ?"},
    {0xd69f03e0, "eret", "return"},
    {0xb8210062, "ldadd w1, w2, [x3]", "store4  [x3+0] ?; unknown8 x2"},
    {0xb821007f, "stadd w1, [x3]", "store4  [x3+0] ?"},
    {0xf8e18062, "swpal x1, x2, [x3]", "store8  [x3+0] ?; unknown8 x2"},
    {0x88a17c62, "cas w1, w2, [x3]", "store4  [x3+0] ?; unknown8 x1"},
    {0x48227cc4, "casp x2, x3, x4, x5, [x6]", "store16  [x6+0] ?; unknown8 x2; unknown8 x3"},
    {0xf8bfc041, "ldapr x1, [x2]", "load8 x1 [x2+0]"},
    {0x995fc041, "ldapur w1, [x2, #-4]", "load4 x1 [x2-4]"},
    {0xf8201c41, "ldraa x1, [x2, #8]!", "unknown8 x1; unknown8 x2"},
    {0xd503233f, "paciasp", ""},
    {0xd503237f, "pacibsp", ""},
    {0xd503211f, "pacia1716", "unknown8 x17"},
    {0xdac11041, "autia x1, x2", "unknown8 x1"},
    {0xdac143e1, "xpaci x1", "unknown8 x1"},
    {0xd65f0bff, "retaa", "return"},
    {0xd71f0822, "braa x1, x2", "jump x1"},
    {0xd63f087f, "blraaz x3", "call x3"},
};

static void test_cases(void **state)
{
    struct text text;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        describe(cases[i].word, &text);
        if (strcmp(text.data, cases[i].expected) != 0)
            fail_msg("%08x %s: \"%s\", not \"%s\"", cases[i].word, cases[i].assembler, text.data,
                     cases[i].expected);
    }
}

/* Encodings that no processor has, or that count as none (see lift_arm64.c). */
static void test_invalid(void **state)
{
    static const uint32_t words[] = {
        0x00010000, /* reserved */
        0x04000000, /* SVE */
        0x80800000, /* SME */
        0x52ffffff, /* movz w, shifted by 48 */
        0x32400000, /* a 64-bit mask in a 32-bit register */
        0x9240fc00, /* a mask of all ones */
        0x53408000, /* a 64-bit field of a 32-bit register */
        0x0b008000, /* shifted by 32 in 32 bits */
        0x0bc00000, /* add with ror */
        0x8b201400, /* extended and shifted by 5 */
        0xe8c00000, /* ldp of a fourth size */
        0x0d00e000, /* one element for a store, repeated */
        0x0c001000, /* structures of no such number */
        0xd6000000, /* br without its ones */
        0x19600c00, /* memory copies */
        0xd9200400, /* memory tags */
        0xf8c00000, /* a signed load of 8 bytes into 4 */
        0xff000000, /* vectors with the top bit */
    };
    struct text text;

    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        describe(words[i], &text);
        if (strcmp(text.data, "invalid") != 0)
            fail_msg("%08x: \"%s\"", words[i], text.data);
    }
}

static void test_cut(void **state)
{
    struct ph_insn insn;

    (void)state;
    for (size_t size = 0; size < 4; size++)
        assert_false(ph_lift_arm64((struct ph_slice){"\x1f\x20\x03\xd5", size}, ADDRESS, &insn));
}

static bool is_reg(unsigned reg)
{
    return reg < PH_REG_COUNT || reg == PH_REG_NONE;
}

/* Whatever the word: registers that exist, widths that exist, one transfer at the end. */
static void test_any_word(void **state)
{
    uint64_t random = 88172645463325252ull;
    struct ph_insn insn;

    (void)state;
    for (int round = 0; round < 2000000; round++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        if (!ph_lift_arm64((struct ph_slice){(const char *)&random, 4}, ADDRESS, &insn))
            continue;
        assert_true(insn.count <= PH_OPS_MOST);
        for (unsigned i = 0; i < insn.count; i++) {
            const struct ph_op *op = &insn.ops[i];
            bool writes =
                op->kind < PH_OP_CALL && op->kind != PH_OP_STORE && op->kind != PH_OP_COMPARE;
            assert_true(op->kind != PH_OP_NONE && op->kind <= PH_OP_TRAP);
            assert_true(writes ? op->dst < PH_REG_COUNT : op->dst == PH_REG_NONE);
            assert_true(op->kind < PH_OP_CALL || i + 1 == insn.count);
            assert_true(op->kind >= PH_OP_CALL ||
                        (op->width && op->width <= 16 && !(op->width & (op->width - 1))));
            assert_true(is_reg(op->memory.base) && is_reg(op->memory.index));
            assert_true(!op->a.is_register || is_reg(op->a.reg));
            assert_true(!op->b.is_register || is_reg(op->b.reg));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_any_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
