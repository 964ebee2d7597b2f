# Idiom 6 as older MSVC writes it on x86: a frame that a helper makes (it returns with another stack
# pointer than it was called with), pushes of one call's arguments around another call, the import's
# address in esi, the tag in edi, and arguments of internal functions in eax and ecx.
# The symbol says that there are no exception handlers to register.
    .intel_syntax noprefix
    .globl @feat.00
    .set @feat.00, 1
    .text
    .globl _DriverEntry@8
    .def _DriverEntry@8; .scl 2; .type 32; .endef
_DriverEntry@8:
    push 0x18                           # size of the frame
    call make_frame
    mov eax, [ebp + 12]
    movzx ebx, word ptr [eax]
    mov esi, dword ptr [__imp__ExAllocatePoolWithTag@12]
    mov edi, 0x31747350                 # "Pst1"

    push edi                            # the tag of the outer call
    push edi
    push 0x20
    push 1
    call esi
    mov [ebp - 4], eax
    push ebx
    push 0
    call esi                            # its tag was pushed before the inner call
    mov [ebp - 8], eax

    mov eax, ebx
    mov ecx, 0x32747350                 # "Pst2"
    call registers
    xor eax, eax
    call drop_frame
    ret 8

# Makes a frame of the size on the stack: the caller's ebp is saved, ebx, esi, edi are saved, esp
# ends below the frame. Afterwards: [ebp] saved ebp, [ebp+4] return address of the caller.
make_frame:
    pop ecx                             # where to return to
    mov eax, [esp]                      # the size
    mov [esp], ebp                      # the slot becomes the saved ebp
    mov ebp, esp
    sub esp, eax
    push ebx
    push esi
    push edi
    sub esp, 0x10
    jmp ecx

drop_frame:
    pop ecx
    lea esp, [ebp - 0x24]
    pop edi
    pop esi
    pop ebx
    mov esp, ebp
    pop ebp
    jmp ecx

registers:
    push ecx
    push eax
    push 0
    call dword ptr ds:[__imp__ExAllocatePoolWithTag@12]
    mov dword ptr [kept], eax
    ret

    .bss
    .p2align 2
kept:
    .skip 4
