/* bench_decode - decoders side by side over the code of real drivers: Zydis for x86 and x64 and our
 * own lifter for ARM64, which poolhound uses, against Capstone for all three.
 *
 *   speed          all bytes of all executable sections in sequence, operands included; CPU time,
 *                  median of the rounds. ratio = how many times as fast as Capstone
 *   lifted         x86 and x64: the same through ph_lift_x86, as the flow sees them
 *   instructions   how many each sees; a byte (ARM64: a word) that is none is stepped over
 *   disagreements  walked together: one has an instruction where the other has none ("refused":
 *                  only ours has none, which the flow would not see), another length, or another
 *                  target of a direct call or jump
 *
 *     bench_decode [-r ROUNDS] DRIVER...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <Zydis/Zydis.h>
#ifdef BENCH_CAPSTONE
#include <capstone/capstone.h>
#endif

#include "base/mem.h"
#include "base/os.h"
#include "image/pe.h"
#include "owner/tagscan/insn.h"

enum { ROUNDS = 7, ROUNDS_MOST = 99, FILE_LIMIT = 256 << 20, KINDS = 3, LONGEST = 15 };

/* The code of one kind of machine, section after section. */
struct section {
    struct ph_slice bytes;
    uint64_t address;
};

struct code {
    struct section *sections;
    size_t count, capacity, bytes, files;
};

static const struct {
    uint16_t machine;
    const char *name, *ours;
} kinds[KINDS] = {
    {PH_PE_X86, "x86", "Zydis"}, {PH_PE_X64, "x64", "Zydis"}, {PH_PE_ARM64, "ARM64", "poolhound"}};

struct decoder {
    uint16_t machine;
    ZydisDecoder zydis;
#ifdef BENCH_CAPSTONE
    csh capstone;
    cs_insn *insn;
#endif
};

/* What one decoder says of one place. */
struct decoded {
    unsigned size; /* 0: no instruction */
    bool direct;
    uint64_t target; /* of a direct call or jump */
};

static struct decoded by_lifter(struct decoder *decoder, struct ph_slice bytes, uint64_t address)
{
    struct ph_insn insn;
    struct decoded decoded = {0};
    bool valid = decoder->machine == PH_PE_ARM64
                     ? ph_lift_arm64(bytes, address, &insn)
                     : ph_lift_x86(bytes, address, decoder->machine == PH_PE_X64, &insn);

    if (!valid)
        return decoded;
    decoded.size = insn.size;
    if (insn.count) {
        const struct ph_op *last = &insn.ops[insn.count - 1];
        decoded.direct = last->kind >= PH_OP_CALL && last->kind <= PH_OP_BRANCH &&
                         last->target == PH_TARGET_DIRECT;
        decoded.target = last->target_address;
    }
    return decoded;
}

static struct decoded by_ours(struct decoder *decoder, struct ph_slice bytes, uint64_t address)
{
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    struct decoded decoded = {0};

    if (decoder->machine == PH_PE_ARM64)
        return by_lifter(decoder, bytes, address);
    if (!ZYAN_SUCCESS(
            ZydisDecoderDecodeFull(&decoder->zydis, bytes.data, bytes.size, &insn, operands)))
        return decoded;
    decoded.size = insn.length;
    if (insn.operand_count_visible && operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE &&
        operands[0].imm.is_relative) {
        decoded.direct = true;
        decoded.target = address + insn.length + operands[0].imm.value.u;
        if (decoder->machine == PH_PE_X86)
            decoded.target &= UINT32_MAX;
    }
    return decoded;
}

#ifdef BENCH_CAPSTONE
static struct decoded by_capstone(struct decoder *decoder, struct ph_slice bytes, uint64_t address)
{
    const uint8_t *at = (const uint8_t *)bytes.data;
    size_t size = bytes.size < LONGEST ? bytes.size : LONGEST;
    struct decoded decoded = {0};

    if (!cs_disasm_iter(decoder->capstone, &at, &size, &address, decoder->insn))
        return decoded;
    const cs_detail *detail = decoder->insn->detail;
    decoded.size = decoder->insn->size;
    if (decoder->machine == PH_PE_ARM64) {
        const cs_arm64 *arm = &detail->arm64;
        unsigned id = decoder->insn->id;
        decoded.direct = id == ARM64_INS_B || id == ARM64_INS_BL || id == ARM64_INS_CBZ ||
                         id == ARM64_INS_CBNZ || id == ARM64_INS_TBZ || id == ARM64_INS_TBNZ;
        if (decoded.direct)
            decoded.target = (uint64_t)arm->operands[arm->op_count - 1].imm;
        return decoded;
    }
    for (unsigned i = 0; i < detail->groups_count; i++)
        decoded.direct |= detail->groups[i] == CS_GRP_BRANCH_RELATIVE;
    if (decoded.direct && detail->x86.op_count && detail->x86.operands[0].type == X86_OP_IMM)
        decoded.target = (uint64_t)detail->x86.operands[0].imm;
    if (decoder->machine == PH_PE_X86)
        decoded.target &= UINT32_MAX;
    return decoded;
}

static bool open_capstone(struct decoder *decoder)
{
    bool arm = decoder->machine == PH_PE_ARM64;
    cs_mode mode = arm                             ? CS_MODE_LITTLE_ENDIAN
                   : decoder->machine == PH_PE_X64 ? CS_MODE_64
                                                   : CS_MODE_32;

    if (cs_open(arm ? CS_ARCH_ARM64 : CS_ARCH_X86, mode, &decoder->capstone) != CS_ERR_OK)
        return false;
    cs_option(decoder->capstone, CS_OPT_DETAIL, CS_OPT_ON);
    decoder->insn = cs_malloc(decoder->capstone);
    return decoder->insn;
}
#else
static struct decoded by_capstone(struct decoder *decoder, struct ph_slice bytes, uint64_t address)
{
    (void)decoder;
    (void)bytes;
    (void)address;
    return (struct decoded){0};
}

static bool open_capstone(struct decoder *decoder)
{
    (void)decoder;
    return false;
}
#endif

/* --- the walks --- */

typedef struct decoded (*decode_function)(struct decoder *, struct ph_slice, uint64_t);

static struct ph_slice rest(const struct section *section, size_t at)
{
    return (struct ph_slice){section->bytes.data + at, section->bytes.size - at};
}

static size_t sweep(struct decoder *decoder, const struct code *code, decode_function decode)
{
    size_t instructions = 0, step = decoder->machine == PH_PE_ARM64 ? 4 : 1;

    for (size_t i = 0; i < code->count; i++) {
        const struct section *section = &code->sections[i];
        for (size_t at = 0; at < section->bytes.size;) {
            unsigned size = decode(decoder, rest(section, at), section->address + at).size;
            instructions += size != 0;
            at += size ? size : step;
        }
    }
    return instructions;
}

struct difference {
    size_t presence, length, target, refused;
};

static void compare(struct decoder *decoder, const struct code *code, struct difference *difference)
{
    size_t step = decoder->machine == PH_PE_ARM64 ? 4 : 1;

    for (size_t i = 0; i < code->count; i++) {
        const struct section *section = &code->sections[i];
        for (size_t at = 0; at < section->bytes.size;) {
            uint64_t address = section->address + at;
            struct decoded ours = by_ours(decoder, rest(section, at), address);
            struct decoded other = by_capstone(decoder, rest(section, at), address);
            if (!ours.size != !other.size)
                difference->presence++;
            else if (ours.size != other.size)
                difference->length++;
            else if (ours.direct != other.direct || (ours.direct && ours.target != other.target))
                difference->target++;
            difference->refused += !ours.size && other.size;
            at += ours.size ? ours.size : step;
        }
    }
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static double rate(struct decoder *decoder, const struct code *code, decode_function decode,
                   size_t rounds, size_t *instructions)
{
    double rates[ROUNDS_MOST];

    for (size_t round = 0; round < rounds; round++) {
        int64_t start = ph_cpu_ns();
        *instructions = sweep(decoder, code, decode);
        rates[round] = (double)code->bytes * 1e3 / (double)(ph_cpu_ns() - start);
    }
    qsort(rates, rounds, sizeof(*rates), by_size);
    return rates[rounds / 2];
}

static void bench_lifter(struct decoder *decoder, const struct code *code, size_t rounds)
{
    size_t instructions;

    if (decoder->machine == PH_PE_ARM64)
        return;
    double lifted = rate(decoder, code, by_lifter, rounds, &instructions);
    printf("%-23s %-9s %9.1f %12zu\n", "", "lifted", lifted, instructions);
}

static void bench(size_t kind, const struct code *code, size_t rounds)
{
    struct decoder decoder = {.machine = kinds[kind].machine};
    struct difference difference = {0};
    size_t ours, theirs;

    if (!code->count)
        return;
    ZydisDecoderInit(&decoder.zydis,
                     decoder.machine == PH_PE_X64 ? ZYDIS_MACHINE_MODE_LONG_64
                                                  : ZYDIS_MACHINE_MODE_LEGACY_32,
                     decoder.machine == PH_PE_X64 ? ZYDIS_STACK_WIDTH_64 : ZYDIS_STACK_WIDTH_32);
    double rate_ours = rate(&decoder, code, by_ours, rounds, &ours);
    printf("%-6s %5zu %9zu  %-9s %9.1f %12zu", kinds[kind].name, code->files, code->bytes,
           kinds[kind].ours, rate_ours, ours);
    if (!open_capstone(&decoder)) {
        printf(" %9s %12s %6s   %s\n", "-", "-", "-", "-");
        bench_lifter(&decoder, code, rounds);
        return;
    }
    double rate_theirs = rate(&decoder, code, by_capstone, rounds, &theirs);
    compare(&decoder, code, &difference);
    printf(" %9.1f %12zu %6.2f   presence %zu (refused %zu), length %zu, target %zu\n", rate_theirs,
           theirs, rate_ours / rate_theirs, difference.presence, difference.refused,
           difference.length, difference.target);
    bench_lifter(&decoder, code, rounds);
#ifdef BENCH_CAPSTONE
    cs_free(decoder.insn, 1);
    cs_close(&decoder.capstone);
#endif
}

/* --- the drivers --- */

static struct ph_error *add_code(struct code *code, const struct ph_pe *pe)
{
    for (size_t i = 0; i < pe->span_count; i++) {
        struct section section = {.address = pe->base + pe->spans[i].begin};
        if (!(pe->sections[pe->spans[i].section].flags & PH_PE_CODE) ||
            !ph_pe_rest(pe, pe->spans[i].begin, &section.bytes))
            continue;
        PH_TRY(ph_grow(&code->sections, &code->capacity, code->count + 1, sizeof(section)));
        code->sections[code->count++] = section;
        code->bytes += section.bytes.size;
    }
    code->files++;
    return NULL;
}

static struct ph_error *read_driver(const char *path, struct ph_text *file, struct code *codes)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};

    PH_TRY(ph_read_file(path, FILE_LIMIT, file));
    PH_TRY(ph_pe_parse(path, (struct ph_slice){file->data, file->size}, &pe));
    for (size_t kind = 0; kind < KINDS; kind++)
        if (pe.machine == kinds[kind].machine)
            return add_code(&codes[kind], &pe);
    return ph_errorf(PH_ERR_FORMAT, "%s: no code for x86, x64 or ARM64", path);
}

int main(int argc, char **argv)
{
    struct code codes[KINDS] = {0};
    size_t rounds = ROUNDS;
    int first = 1;

    if (argc > 2 && strcmp(argv[1], "-r") == 0) {
        rounds = strtoul(argv[2], NULL, 10);
        first = 3;
    }
    if (first >= argc || rounds < 1 || rounds > ROUNDS_MOST) {
        fprintf(stderr, "usage: bench_decode [-r ROUNDS] DRIVER...\n"
                        "Drivers can be had with tools/fetch-drivers: make bench-decode "
                        "ARGS=\"OUTDIR/*/*.sys\"\n");
        return 2;
    }
    ph_autofree struct ph_text *files = ph_zalloc((size_t)argc, sizeof(*files));
    if (!files)
        return 2;
    for (int i = first; i < argc; i++) {
        ph_autoerror struct ph_error *error = read_driver(argv[i], &files[i], codes);
        if (error)
            fprintf(stderr, "bench_decode: %s\n", error->text);
    }
#ifndef BENCH_CAPSTONE
    printf("Capstone is missing (libcapstone-dev): its columns are empty\n");
#endif
    printf("%-6s %5s %9s  %-9s %9s %12s %9s %12s %6s   disagreements\n", "code", "files", "bytes",
           "decoder", "MB/s", "instructions", "Capstone", "instructions", "ratio");
    for (size_t kind = 0; kind < KINDS; kind++) {
        bench(kind, &codes[kind], rounds);
        ph_free(codes[kind].sections);
    }
    for (int i = first; i < argc; i++)
        ph_text_fini(&files[i]);
    return 0;
}
