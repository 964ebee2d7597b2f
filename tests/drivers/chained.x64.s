# Idiom 4: a function in two parts, as profile-guided MSVC splits it. The second part has unwind data
# of its own that is chained to the first's; the tag is set in the first and used in the second.
# And idiom 3: a function without unwind data at all, reached only by a pointer in data.
    .intel_syntax noprefix
    .text
    .globl DriverEntry
    .def DriverEntry; .scl 2; .type 32; .endef
    .seh_proc DriverEntry
DriverEntry:
    push rbx
    .seh_pushreg rbx
    push rsi
    .seh_pushreg rsi
    sub rsp, 0x28
    .seh_stackalloc 0x28
    .seh_endprologue
    mov ebx, 0x6e696843                 # "Chin"
    movzx esi, word ptr [rdx]
    test esi, esi
    jne cold
back:
    lea rax, [rip + table]
    mov ecx, esi
    call qword ptr [rax]
    xor eax, eax
    add rsp, 0x28
    pop rsi
    pop rbx
    ret
    .seh_startchained
    .seh_endprologue
cold:
    mov r8d, ebx
    mov edx, esi
    xor ecx, ecx
    call qword ptr [rip + __imp_ExAllocatePoolWithTag]
    mov qword ptr [rip + kept], rax
    jmp back
    .seh_endchained
    .seh_endproc

    .p2align 4, 0xcc
    int3
    .p2align 4, 0xcc
nameless:
    mov edx, ecx
    mov r8d, 0x656c614e                 # "Nale"
    mov ecx, 1
    jmp qword ptr [rip + __imp_ExAllocatePoolWithTag]

    .data
    .p2align 3
table:
    .quad nameless
kept:
    .quad 0
