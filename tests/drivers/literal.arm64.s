// ARM64 as MSVC writes it: half of the tags are built by movz and movk, the others are loaded from a
// literal pool behind the function; and a constant in a register that calls preserve.
    .text
    .globl DriverEntry
    .p2align 2
    .seh_proc DriverEntry
DriverEntry:
    stp x29, x30, [sp, #-32]!
    .seh_save_fplr_x 32
    stp x19, x20, [sp, #16]
    .seh_save_regp x19, 16
    .seh_endprologue
    ldrh w19, [x1]
    ldr w20, pool                       // "Lit1"

    mov w0, #0x200
    mov x1, x19
    mov w2, w20
    adrp x8, __imp_ExAllocatePoolWithTag
    ldr x8, [x8, :lo12:__imp_ExAllocatePoolWithTag]
    blr x8
    adrp x9, kept
    str x0, [x9, :lo12:kept]

    mov w0, #1
    mov x1, x19
    ldr w2, pool + 4                    // "Lit2"
    adrp x8, __imp_ExAllocatePoolWithTag
    ldr x8, [x8, :lo12:__imp_ExAllocatePoolWithTag]
    blr x8
    adrp x9, kept
    str x0, [x9, :lo12:kept]

    mov w0, #0x200
    mov x1, x19
    mov w2, #0x6f4d                     // "MovK": the halves
    movk w2, #0x4b76, lsl #16
    adrp x8, __imp_ExAllocatePoolWithTag
    ldr x8, [x8, :lo12:__imp_ExAllocatePoolWithTag]
    blr x8
    adrp x9, kept
    str x0, [x9, :lo12:kept]

    mov w8, w20                         // "Lit1" again, where w19 is 0
    ldr w9, pool + 8                    // "Lit3"
    cmp w19, #0
    csel w2, w8, w9, eq
    mov w0, #1
    mov x1, x19
    adrp x8, __imp_ExAllocatePoolWithTag
    ldr x8, [x8, :lo12:__imp_ExAllocatePoolWithTag]
    blr x8

    mov w0, #0
    ldp x19, x20, [sp, #16]
    ldp x29, x30, [sp], #32
    ret
    .seh_endproc
    .p2align 2
pool:
    .ascii "Lit1"
    .ascii "Lit2"
    .ascii "Lit3"

    .bss
    .p2align 3
kept:
    .skip 8
