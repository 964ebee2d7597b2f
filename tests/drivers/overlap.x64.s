# Idioms 5 and 10 as MSVC writes them: an 8-byte store over the structure's head and a 4-byte store
# into it, a store of a sign-extended immediate, arguments on the stack, the import's call with the
# prefix and the padding of a retpoline site, and a tag chosen with sbb, and, add.
    .intel_syntax noprefix
    .text
    .globl DriverEntry
    .def DriverEntry; .scl 2; .type 32; .endef
    .seh_proc DriverEntry
DriverEntry:
    push rbx
    .seh_pushreg rbx
    sub rsp, 0x60
    .seh_stackalloc 0x60
    .seh_endprologue
    movzx ebx, word ptr [rdx]

    # NET_BUFFER_POOL_PARAMETERS: {type, revision, size} and the tag in one store, "OvBp"
    mov rax, 0x7042764f000c0180
    mov qword ptr [rsp + 0x40], rax
    mov dword ptr [rsp + 0x48], ebx
    lea rdx, [rsp + 0x40]
    mov rcx, rbx
    .byte 0x48                          # REX.W
    call qword ptr [rip + __imp_NdisAllocateNetBufferPool]
    nop dword ptr [rax + rax]
    mov qword ptr [rip + kept], rax

    # NET_BUFFER_LIST_POOL_PARAMETERS: zeroes 16 bytes, then the tag's four, "OvLp"
    xorps xmm0, xmm0
    movups xmmword ptr [rsp + 0x40], xmm0
    mov qword ptr [rsp + 0x40], 0x00140180
    mov dword ptr [rsp + 0x48], 0x704c764f
    mov dword ptr [rsp + 0x50], 0
    lea rdx, [rsp + 0x40]
    mov rcx, rbx
    .byte 0x48                          # REX.W
    call qword ptr [rip + __imp_NdisAllocateNetBufferListPool]
    nop dword ptr [rax + rax]
    mov qword ptr [rip + kept], rax

    # the seventh argument as a sign-extended 8-byte store, "OvLx"
    and qword ptr [rsp + 0x38], 0
    mov qword ptr [rsp + 0x30], 0x784c764f
    mov qword ptr [rsp + 0x28], 0x40
    and dword ptr [rsp + 0x20], 0
    mov r9d, 0x200
    xor r8d, r8d
    xor edx, edx
    lea rcx, [rip + list]
    .byte 0x48                          # REX.W
    call qword ptr [rip + __imp_ExInitializeLookasideListEx]
    nop dword ptr [rax + rax]

    # "SbbA" or "SbbB"
    cmp ebx, 5
    sbb r8d, r8d
    and r8d, 0xff000000                 # 'A' - 'B' in the last letter
    add r8d, 0x42626253
    mov edx, ebx
    mov ecx, 0x200
    .byte 0x48                          # REX.W
    call qword ptr [rip + __imp_ExAllocatePoolWithTag]
    nop dword ptr [rax + rax]
    mov qword ptr [rip + kept], rax
    xor eax, eax
    add rsp, 0x60
    pop rbx
    ret
    .seh_endproc

    .bss
    .p2align 4
kept:
    .skip 16
list:
    .skip 128
