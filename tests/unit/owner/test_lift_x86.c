/* test_lift_x86.c - x86 and x64 instructions, each as GNU as encodes it, against what they do in
 * words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "owner/tagscan/insn.h"
#include "unit/owner/op_text.h"

#define ADDRESS 0x10001000ull

static const char *register_name(unsigned reg, char name[8])
{
    static const char *const low[] = {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"};

    if (reg < 8)
        return low[reg];
    if (reg < PH_X86_VECTOR)
        snprintf(name, 8, "r%u", reg % 64);
    else if (reg < PH_X86_OWN)
        snprintf(name, 8, "xmm%u", (reg - PH_X86_VECTOR) % 64);
    else
        snprintf(name, 8, "t%u", (reg - PH_X86_OWN) % 64);
    return name;
}

/* "": it changes nothing; "invalid". */
static void describe(const char *bytes, size_t size, bool wide, struct text *text)
{
    struct ph_insn insn;

    *text = (struct text){.address = ADDRESS, .name = register_name};
    if (!ph_lift_x86((struct ph_slice){bytes, size}, ADDRESS, wide, &insn)) {
        PUT(text, "invalid");
        return;
    }
    assert_int_equal(insn.size, size);
    assert_int_equal(insn.address, ADDRESS);
    assert_in_range(insn.count, 0, PH_OPS_MOST);
    put_insn(text, &insn);
}

#define CODE(bytes) bytes, sizeof(bytes) - 1

static const struct {
    bool wide;
    const char *bytes;
    size_t size;
    const char *assembler, *expected;
} cases[] = {
    {true, CODE("\x48\x89\xcb"), "mov rbx,rcx", "set8 bx cx"},
    {true, CODE("\x41\x89\xd0"), "mov r8d,edx", "set4 r8 dx"},
    {true, CODE("\x41\xb8\x4c\x61\x6c\x4b"), "mov r8d,0x4b6c614c", "set4 r8 #4b6c614c"},
    {true, CODE("\x48\xb8\x44\x43\x42\x41\x4c\x61\x6c\x4b"), "movabs rax,0x4b6c614c41424344",
     "set8 ax #4b6c614c41424344"},
    {true, CODE("\x48\xc7\x44\x24\x20\xfe\xff\xff\xff"),
     "mov QWORD PTR [rsp+0x20],0xfffffffffffffffe", "store8  [sp+32] #fffffffffffffffe"},
    {true, CODE("\xc7\x44\x24\x28\x4e\x6f\x6e\x65"), "mov DWORD PTR [rsp+0x28],0x656e6f4e",
     "store4  [sp+40] #656e6f4e"},
    {true, CODE("\x4c\x8b\x4c\xc1\x10"), "mov r9,QWORD PTR [rcx+rax*8+0x10]",
     "load8 r9 [cx+ax*8+16]"},
    {true, CODE("\x8b\x0d\x00\x10\x00\x00"), "mov ecx,DWORD PTR [rip+0x1000]",
     "load4 cx [+268443654]"},
    {true, CODE("\x88\xc1"), "mov cl,al", "set1 cx ax"},
    {true, CODE("\x8a\x42\x08"), "mov al,BYTE PTR [rdx+0x8]", "load1 t1 [dx+8]; set1 ax t1"},
    {true, CODE("\x88\xe1"), "mov cl,ah", "shr4 t1 ax #8; set1 cx t1"},
    {true, CODE("\x88\xcc"), "mov ah,cl", "set1 t0 cx; insert1 ax@8 t0"},
    {true, CODE("\x66\x44\x89\x48\x04"), "mov WORD PTR [rax+0x4],r9w", "store2  [ax+4] r9"},
    {true, CODE("\x65\x48\x8b\x04\x25\x88\x01\x00\x00"), "mov rax,QWORD PTR gs:0x188",
     "load8 ax opaque[+392]"},
    {true, CODE("\x65\x48\x89\x04\x25\x10\x00\x00\x00"), "mov QWORD PTR gs:0x10,rax",
     "store8  opaque[+16] ax"},
    {true, CODE("\x44\x0f\x20\xc0"), "mov rax,cr8", "unknown8 ax"},
    {true, CODE("\x44\x0f\x22\xc1"), "mov cr8,rcx", ""},
    {true, CODE("\x0f\xb6\xc1"), "movzx eax,cl", "and4 ax cx #ff"},
    {true, CODE("\x0f\xb7\x41\x02"), "movzx eax,WORD PTR [rcx+0x2]", "load2 ax [cx+2]"},
    {true, CODE("\x0f\xbe\xc1"), "movsx eax,cl", "set1s ax cx; set4 ax ax"},
    {true, CODE("\x48\x0f\xbe\x51\x03"), "movsx rdx,BYTE PTR [rcx+0x3]", "load1s dx [cx+3]"},
    {true, CODE("\x48\x63\x0c\x82"), "movsxd rcx,DWORD PTR [rdx+rax*4]", "load4s cx [dx+ax*4+0]"},
    {true, CODE("\x48\x98"), "cdqe", "set4s ax ax"},
    {true, CODE("\x98"), "cwde", "set2s ax ax; set4 ax ax"},
    {true, CODE("\x99"), "cdq", "sar4 dx ax #1f"},
    {true, CODE("\x48\x99"), "cqo", "sar8 dx ax #3f"},
    {true, CODE("\x48\x8d\x4c\x24\x20"), "lea rcx,[rsp+0x20]", "address8 cx [sp+32]"},
    {true, CODE("\x8d\x44\x40\x01"), "lea eax,[rax+rax*2+0x1]", "address4 ax [ax+ax*2+1]"},
    {true, CODE("\x48\x8d\x15\x55\x00\x00\x00"), "lea rdx,[rip+0x55]", "address8 dx [+268439644]"},
    {true, CODE("\x48\x91"), "xchg rcx,rax", "set8 t1 cx; set8 cx ax; set8 ax t1"},
    {true, CODE("\x87\x02"), "xchg DWORD PTR [rdx],eax",
     "load4 t1 [dx+0]; store4  [dx+0] ax; set4 ax t1"},
    {true, CODE("\x48\x83\xc1\xf8"), "add rcx,0xfffffffffffffff8", "add8 cx cx #fffffffffffffff8"},
    {true, CODE("\x48\x29\xc4"), "sub rsp,rax", "sub8 sp sp ax"},
    {true, CODE("\x48\x83\xe4\xf0"), "and rsp,0xfffffffffffffff0", "and8 sp sp #fffffffffffffff0"},
    {true, CODE("\x83\xc8\xff"), "or eax,0xffffffff", "or4 ax ax #ffffffffffffffff"},
    {true, CODE("\x31\xc9"), "xor ecx,ecx", "xor4 cx cx cx"},
    {true, CODE("\x48\x31\xe0"), "xor rax,rsp", "xor8 ax ax sp"},
    {true, CODE("\x83\x43\x04\x05"), "add DWORD PTR [rbx+0x4],0x5",
     "load4 t0 [bx+4]; add4 t0 t0 #5; store4  [bx+4] t0"},
    {true, CODE("\x00\xcc"), "add ah,cl", "shr4 t0 ax #8; add1 t0 t0 cx; insert1 ax@8 t0"},
    {true, CODE("\xff\xc1"), "inc ecx", "add4 cx cx #1"},
    {true, CODE("\xff\x08"), "dec DWORD PTR [rax]",
     "load4 t0 [ax+0]; sub4 t0 t0 #1; store4  [ax+0] t0"},
    {true, CODE("\xf7\xd2"), "not edx", "not4 dx dx"},
    {true, CODE("\x48\xf7\xd8"), "neg rax", "neg8 ax ax"},
    {true, CODE("\xc1\xe0\x04"), "shl eax,0x4", "shl4 ax ax #4"},
    {true, CODE("\xd1\xe9"), "shr ecx,1", "shr4 cx cx #1"},
    {true, CODE("\x48\xd3\xfa"), "sar rdx,cl", "sar8 dx dx cx"},
    {true, CODE("\x48\x6b\xc8\x0c"), "imul rcx,rax,0xc", "mul8 cx ax #c"},
    {true, CODE("\x0f\xaf\xc1"), "imul eax,ecx", "mul4 ax ax cx"},
    {true, CODE("\x48\xf7\xe9"), "imul rcx", "unknown8 ax; unknown8 dx"},
    {true, CODE("\x19\xc0"), "sbb eax,eax", "choose4 ax #0 #ffffffffffffffff"},
    {true, CODE("\x19\xc8"), "sbb eax,ecx", "unknown8 ax"},
    {true, CODE("\x41\x83\xd0\x00"), "adc r8d,0x0",
     "add4 t0 r8 #1; add4 r8 r8 #0; choose4 r8 r8 t0"},
    {false, CODE("\x83\xda\x05"), "sbb edx,0x5", "sub4 t0 dx #6; sub4 dx dx #5; choose4 dx dx t0"},
    {true, CODE("\x11\xc8"), "adc eax,ecx", "unknown8 ax"},
    {true, CODE("\x83\xf8\x1f"), "cmp eax,0x1f", "compare4  ? #1f"},
    {true, CODE("\x83\x79\x08\x07"), "cmp DWORD PTR [rcx+0x8],0x7", "compare4  ? #7"},
    {true, CODE("\x48\x39\xc1"), "cmp rcx,rax", ""},
    {true, CODE("\x48\x85\xc0"), "test rax,rax", ""},
    {true, CODE("\x0f\x45\x15\x00\x01\x00\x00"), "cmovne edx,DWORD PTR [rip+0x100]",
     "load4 t0 [+268439815]; choose4 dx dx t0"},
    {true, CODE("\x48\x0f\x44\xc8"), "cmove rcx,rax", "choose8 cx cx ax"},
    {true, CODE("\x0f\x94\xc0"), "sete al", "choose1 ax #0 #1"},
    {true, CODE("\x0f\x92\x44\x24\x03"), "setb BYTE PTR [rsp+0x3]",
     "choose1 t0 #0 #1; store1  [sp+3] t0"},
    {true, CODE("\x53"), "push rbx", "sub8 sp sp #8; store8  [sp+0] bx"},
    {true, CODE("\x6a\x20"), "push 0x20", "sub8 sp sp #8; store8  [sp+0] #20"},
    {true, CODE("\xff\x70\x08"), "push QWORD PTR [rax+0x8]",
     "load8 t0 [ax+8]; sub8 sp sp #8; store8  [sp+0] t0"},
    {true, CODE("\x5b"), "pop rbx", "load8 t0 [sp+0]; add8 sp sp #8; set8 bx t0"},
    {true, CODE("\x8f\x40\x08"), "pop QWORD PTR [rax+0x8]",
     "load8 t0 [sp+0]; add8 sp sp #8; store8  [ax+8] t0"},
    {true, CODE("\x9c"), "pushf", "sub8 sp sp #8; store8  [sp+0] ?"},
    {true, CODE("\x9d"), "popf", "add8 sp sp #8"},
    {true, CODE("\xc9"), "leave", "set8 sp bp; load8 bp [sp+0]; add8 sp sp #8"},
    {true, CODE("\xf3\xab"), "rep stos DWORD PTR es:[rdi],eax",
     "store0  [di+0] ?; unknown8 di; set8 cx #0"},
    {true, CODE("\xab"), "stos DWORD PTR es:[rdi],eax", "store4  [di+0] ax; add8 di di #4"},
    {true, CODE("\xf3\xa4"), "rep movs BYTE PTR es:[rdi],BYTE PTR ds:[rsi]",
     "store0  [di+0] ?; unknown8 si; unknown8 di; set8 cx #0"},
    {true, CODE("\x48\xa5"), "movs QWORD PTR es:[rdi],QWORD PTR ds:[rsi]",
     "load8 t0 [si+0]; store8  [di+0] t0; add8 si si #8; add8 di di #8"},
    {true, CODE("\xac"), "lods al,BYTE PTR ds:[rsi]",
     "unknown8 ax; unknown8 si; unknown8 si; unknown8 di; unknown8 cx"},
    {true, CODE("\xf2\xae"), "repnz scas al,BYTE PTR es:[rdi]",
     "unknown8 cx; unknown8 si; unknown8 di; unknown8 cx"},
    {true, CODE("\x0f\x29\x44\x24\x20"), "movaps XMMWORD PTR [rsp+0x20],xmm0",
     "store16  [sp+32] xmm0"},
    {true, CODE("\x0f\x10\x1d\x00\x01\x00\x00"), "movups xmm3,XMMWORD PTR [rip+0x100]",
     "load16 xmm3 [+268439815]"},
    {true, CODE("\x66\x0f\x6f\xd1"), "movdqa xmm2,xmm1", "set16 xmm2 xmm1"},
    {true, CODE("\x66\x0f\x6e\xc1"), "movd xmm0,ecx", "set4 xmm0 cx"},
    {true, CODE("\x66\x48\x0f\x7e\xc0"), "movq rax,xmm0", "set8 ax xmm0"},
    {true, CODE("\xf3\x0f\x7e\x09"), "movq xmm1,QWORD PTR [rcx]", "load8 xmm1 [cx+0]"},
    {true, CODE("\xf2\x0f\x10\x09"), "movsd xmm1,QWORD PTR [rcx]", "load8 xmm1 [cx+0]"},
    {true, CODE("\xf3\x0f\x11\x52\x04"), "movss DWORD PTR [rdx+0x4],xmm2", "store4  [dx+4] xmm2"},
    {true, CODE("\xf3\x0f\x10\xd1"), "movss xmm2,xmm1", "unknown16 xmm2"},
    {true, CODE("\x0f\x57\xe4"), "xorps xmm4,xmm4", "set16 xmm4 #0"},
    {true, CODE("\x0f\x57\xec"), "xorps xmm5,xmm4", "unknown16 xmm5"},
    {true, CODE("\x0f\x58\xec"), "addps xmm5,xmm4", "unknown16 xmm5"},
    {true, CODE("\x0f\x13\x00"), "movlps QWORD PTR [rax],xmm0", "store8  [ax+0] ?"},
    {true, CODE("\xc5\xfa\x6f\x01"), "vmovdqu xmm0,XMMWORD PTR [rcx]", "load16 xmm0 [cx+0]"},
    {true, CODE("\xc5\xfe\x6f\x01"), "vmovdqu ymm0,YMMWORD PTR [rcx]", "unknown16 xmm0"},
    {true, CODE("\xc5\xfe\x7f\x02"), "vmovdqu YMMWORD PTR [rdx],ymm0", "store0  [dx+0] ?"},
    {true, CODE("\xc5\xf0\x57\xc9"), "vxorps xmm1,xmm1,xmm1", "set16 xmm1 #0"},
    {true, CODE("\xc5\xfc\x77"), "vzeroall", "unknown0 ?"},
    {true, CODE("\xe8\xfb\x00\x00\x00"), "call 0x100", "call +256"},
    {true, CODE("\xff\x15\x08\x00\x00\x00"), "call QWORD PTR [rip+0x8]", "call [+268439566]"},
    {true, CODE("\xff\xd0"), "call rax", "call ax"},
    {true, CODE("\xff\x90\xa0\x03\x00\x00"), "call QWORD PTR [rax+0x3a0]", "call [ax+928]"},
    {true, CODE("\xe8\x00\x00\x00\x00"), "call 0x5", "sub8 sp sp #8; store8  [sp+0] #10001005"},
    {true, CODE("\xeb\x1e"), "jmp 0x20", "jump +32"},
    {true, CODE("\xff\xe1"), "jmp rcx", "jump cx"},
    {true, CODE("\xff\x24\xc2"), "jmp QWORD PTR [rdx+rax*8]", "jump [dx+ax*8+0]"},
    {true, CODE("\x75\xee"), "jne 0xfffffffffffffff0", "branch -16"},
    {true, CODE("\xe2\x02"), "loop 0x4", "unknown8 cx; branch +4"},
    {true, CODE("\xe3\x02"), "jrcxz 0x4", "branch +4"},
    {true, CODE("\xc3"), "ret", "return"},
    {true, CODE("\xc2\x08\x00"), "ret 0x8", "return #8"},
    {true, CODE("\xcc"), "int3", "trap"},
    {true, CODE("\xcd\x29"), "int 0x29", "trap"},
    {true, CODE("\xcd\x2d"), "int 0x2d", "unknown8 ax"},
    {true, CODE("\x0f\x0b"), "ud2", "trap"},
    {true, CODE("\xf4"), "hlt", "trap"},
    {true, CODE("\x0f\xa2"), "cpuid", "unknown8 ax; unknown8 bx; unknown8 cx; unknown8 dx"},
    {true, CODE("\x0f\x32"), "rdmsr", "unknown8 ax; unknown8 dx"},
    {true, CODE("\xf7\xf1"), "div ecx", "unknown8 ax; unknown8 dx"},
    {true, CODE("\x0f\xc8"), "bswap eax", "unknown8 ax"},
    {true, CODE("\xc1\xc1\x03"), "rol ecx,0x3", "unknown8 cx"},
    {true, CODE("\xf0\x0f\xb1\x0a"), "lock cmpxchg DWORD PTR [rdx],ecx",
     "store4  [dx+0] ?; unknown8 ax"},
    {true, CODE("\xf0\x0f\xc1\x01"), "lock xadd DWORD PTR [rcx],eax",
     "store4  [cx+0] ?; unknown8 ax"},
    {true, CODE("\x0f\xba\xe8\x03"), "bts eax,0x3", "unknown8 ax"},
    {true, CODE("\x90"), "nop", ""},
    {true, CODE("\x66\x0f\x1f\x04\x00"), "nop WORD PTR [rax+rax*1]", ""},
    {true, CODE("\x0f\xae\x01"), "fxsave [rcx]", "store0  [cx+0] ?"},
    {true, CODE("\x67\x8b\x08"), "mov ecx,DWORD PTR [eax]", "load4 cx opaque[+0]"},
    {true, CODE("\xa1\x88\x77\x66\x55\x44\x33\x22\x11"), "movabs eax,ds:0x1122334455667788",
     "load4 ax [+1234605616436508552]"},
    {false, CODE("\xb8\x4c\x61\x6c\x4b"), "mov eax,0x4b6c614c", "set4 ax #4b6c614c"},
    {false, CODE("\x8b\x35\x00\x10\x00\x80"), "mov esi,DWORD PTR ds:0x80001000",
     "load4 si [-2147479552]"},
    {false, CODE("\xa3\x00\x20\x00\x80"), "mov ds:0x80002000,eax", "store4  [-2147475456] ax"},
    {false, CODE("\x8b\x4d\x08"), "mov ecx,DWORD PTR [ebp+0x8]", "load4 cx [bp+8]"},
    {false, CODE("\x8b\x04\x85\x00\x10\x40\x00"), "mov eax,DWORD PTR [eax*4+0x401000]",
     "load4 ax [+ax*4+4198400]"},
    {false, CODE("\x55"), "push ebp", "sub4 sp sp #4; store4  [sp+0] bp"},
    {false, CODE("\x54"), "push esp", "set4 t0 sp; sub4 sp sp #4; store4  [sp+0] t0"},
    {false, CODE("\x6a\xff"), "push 0xffffffff", "sub4 sp sp #4; store4  [sp+0] #ffffffffffffffff"},
    {false, CODE("\xff\x75\x10"), "push DWORD PTR [ebp+0x10]",
     "load4 t0 [bp+16]; sub4 sp sp #4; store4  [sp+0] t0"},
    {false, CODE("\x64\xff\x35\x00\x00\x00\x00"), "push DWORD PTR fs:0x0",
     "load4 t0 opaque[+0]; sub4 sp sp #4; store4  [sp+0] t0"},
    {false, CODE("\x5f"), "pop edi", "load4 t0 [sp+0]; add4 sp sp #4; set4 di t0"},
    {false, CODE("\x60"), "pusha",
     "sub4 sp sp #20; store4  [sp+28] ax; store4  [sp+24] cx; store4  [sp+20] dx; store4  [sp+16] "
     "bx; store4  [sp+12] ?; store4  [sp+8] bp; store4  [sp+4] si; store4  [sp+0] di"},
    {false, CODE("\x61"), "popa",
     "load4 ax [sp+28]; load4 cx [sp+24]; load4 dx [sp+20]; load4 bx [sp+16]; load4 bp [sp+8]; "
     "load4 si [sp+4]; load4 di [sp+0]; add4 sp sp #20"},
    {false, CODE("\xc9"), "leave", "set4 sp bp; load4 bp [sp+0]; add4 sp sp #4"},
    {false, CODE("\xc8\x08\x00\x00"), "enter 0x8,0x0",
     "unknown8 bp; unknown8 sp; store4  [sp+0] ?"},
    {false, CODE("\x83\xe4\xf8"), "and esp,0xfffffff8", "and4 sp sp #fffffffffffffff8"},
    {false, CODE("\x94"), "xchg esp,eax", "set4 t1 sp; set4 sp ax; set4 ax t1"},
    {false, CODE("\xe8\x0b\x00\x00\x00"), "call 0x10", "call +16"},
    {false, CODE("\xff\xd6"), "call esi", "call si"},
    {false, CODE("\xff\x15\x00\x20\x40\x00"), "call DWORD PTR ds:0x402000", "call [+4202496]"},
    {false, CODE("\xff\x24\x8d\x00\x30\x40\x00"), "jmp DWORD PTR [ecx*4+0x403000]",
     "jump [+cx*4+4206592]"},
    {false, CODE("\xc2\x0c\x00"), "ret 0xc", "return #c"},
    {false, CODE("\x8d\x45\xe8"), "lea eax,[ebp-0x18]", "address4 ax [bp-24]"},
    {false, CODE("\x0f\xb6\xd4"), "movzx edx,ah", "shr4 t0 ax #8; and4 dx t0 #ff"},
    {false, CODE("\xab"), "stos DWORD PTR es:[edi],eax", "store4  [di+0] ax; add4 di di #4"},
    {false, CODE("\xa5"), "movs DWORD PTR es:[edi],DWORD PTR ds:[esi]",
     "load4 t0 [si+0]; store4  [di+0] t0; add4 si si #4; add4 di di #4"},
    {false, CODE("\xc4\x08"), "les ecx,FWORD PTR [eax]", "unknown8 cx"},
    {false, CODE("\x40"), "inc eax", "add4 ax ax #1"},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text text;
        describe(cases[i].bytes, cases[i].size, cases[i].wide, &text);
        if (strcmp(text.data, cases[i].expected) != 0)
            fail_msg("%s: \"%s\" instead of \"%s\"", cases[i].assembler, text.data,
                     cases[i].expected);
    }
}

/* Every instruction cut short is none, and nothing behind its end is looked at. */
static void test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t size = 0; size < cases[i].size; size++) {
            struct ph_insn insn;
            if (ph_lift_x86((struct ph_slice){cases[i].bytes, size}, ADDRESS, cases[i].wide, &insn))
                assert_in_range(insn.size, 1, size);
        }
    }
}

/* Any bytes: no more operations than there is room for, a transfer of control comes last, and a
 * jump's place in the list of kinds is what the flow relies on. */
static void test_any_bytes(void **state)
{
    uint64_t random = 0x9E3779B97F4A7C15ull;

    (void)state;
    for (int i = 0; i < 400000; i++) {
        char bytes[16];
        struct ph_insn insn;
        for (size_t k = 0; k < sizeof(bytes); k++) {
            random ^= random << 13, random ^= random >> 7, random ^= random << 17;
            bytes[k] = (char)random;
        }
        if (!ph_lift_x86((struct ph_slice){bytes, sizeof(bytes)}, ADDRESS, i & 1, &insn))
            continue;
        assert_in_range(insn.size, 1, 15);
        assert_in_range(insn.count, 0, PH_OPS_MOST);
        for (unsigned k = 0; k + 1 < insn.count; k++)
            assert_true(insn.ops[k].kind < PH_OP_CALL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_cut),
                                       cmocka_unit_test(test_any_bytes)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
