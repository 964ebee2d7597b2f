# Idiom 17: a packed driver: its code is noise until it runs (here numbers of a generator), the
# import that unpacks is there, and nothing can be said about tags.
    .intel_syntax noprefix
    .section .vmp0, "xr"
    .globl DriverEntry
DriverEntry:
    jmp noise + 4096
    .set state, 20261122
noise:
    .rept 3072
    .set state, (state * 1103515245 + 12345) & 0xffffffff
    .long (state >> 8) & 0xffffff | ((state * 69069 + 1) & 0xff000000)
    .endr
    .section .vmp1, "xr"
import:
    jmp qword ptr [rip + __imp_MmGetSystemRoutineAddress]
