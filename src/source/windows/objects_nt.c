/* ObjectTypesInformation (class 3 of NtQueryObject): OBJECT_TYPES_INFORMATION, as phnt (ntobapi.h)
 * has it.
 *
 *                                      x86     x64
 *     NumberOfTypes              u32     0       0
 *     first OBJECT_TYPE_INFORMATION      4       8
 *       TypeName      UNICODE_STRING     0       0
 *       TotalNumberOfObjects     u32     8      16
 *       TotalNumberOfHandles     u32    12      20
 *       four usages of memory    u32    16      24    always 0
 *       HighWaterNumberOfObjects u32    32      40
 *       HighWaterNumberOfHandles u32    36      44
 *       four usages at most      u32    40      48    always 0
 *       InvalidAttributes        u32    56      64
 *       GenericMapping         4 u32    60      68
 *       ValidAccessMask          u32    76      84
 *       SecurityRequired          u8    80      88
 *       MaintainHandleCount       u8    81      89
 *       TypeIndex                 u8    82      90    since Windows 8.1; 0 before: place + 2
 *       PoolType                 u32    84      92
 *       DefaultPagedPoolCharge   u32    88      96
 *       DefaultNonPagedPoolCharge u32   92     100
 *       (size)                          96     104
 *
 * The name's characters follow each structure; the next one begins behind their room
 * (MaximumLength), aligned as a pointer.
 */
#include "source/windows/objects_nt.h"

#include "base/mem.h"
#include "base/text.h"

/* Windows 11 has about 70; the index of a type is one byte. */
enum { TYPES_MOST = 256, INDEX_OF_FIRST = 2 };

struct layout {
    size_t objects, handles, objects_most, handles_most, index, size;
};

static const struct layout *layout_of(const struct ph_nt_answer *answer)
{
    static const struct layout X86 = {8, 12, 32, 36, 82, 96}, X64 = {16, 20, 40, 44, 90, 104};

    return ph_nt_is_64(answer) ? &X64 : &X86;
}

static struct ph_error *broken(size_t type, size_t offset)
{
    return ph_errorf(PH_ERR_FORMAT,
                     "the kernel's types of objects: type %zu at byte %zu does not lie within the "
                     "answer",
                     type, offset);
}

static struct ph_error *take(const struct ph_nt_answer *answer, size_t at,
                             struct ph_nt_types *types, size_t *end)
{
    const struct layout *layout = layout_of(answer);
    struct ph_nt_type *type;
    struct ph_slice name;
    uint64_t replaced;
    size_t size;

    if (!ph_nt_has(answer, at, layout->size) || !ph_nt_string(answer, at, &name, end) ||
        *end < at + layout->size)
        return broken(types->count, at);
    PH_TRY(ph_grow(&types->items, &types->capacity, types->count + 1, sizeof(*types->items)));
    type = &types->items[types->count];
    *type = (struct ph_nt_type){
        .index = (uint8_t)answer->bytes.data[at + layout->index],
        .objects = ph_nt_u32(answer, at + layout->objects),
        .handles = ph_nt_u32(answer, at + layout->handles),
        .objects_most = ph_nt_u32(answer, at + layout->objects_most),
        .handles_most = ph_nt_u32(answer, at + layout->handles_most),
    };
    if (!type->index)
        type->index = (uint32_t)types->count + INDEX_OF_FIRST;
    PH_TRY(ph_utf16_to_utf8(name, false, &type->name, &size, &replaced));
    types->count++;
    return NULL;
}

static struct ph_error *parse(const struct ph_nt_answer *answer, struct ph_nt_types *types)
{
    size_t align = answer->pointer_bytes, at = align;

    if (!ph_nt_has(answer, 0, align))
        return broken(0, 0);
    uint32_t count = ph_nt_u32(answer, 0);
    if (count > TYPES_MOST)
        return ph_errorf(PH_ERR_FORMAT, "the kernel's types of objects: %u of them cannot be",
                         (unsigned)count);
    while (types->count < count) {
        struct ph_error *error = take(answer, at, types, &at);
        if (error && error->code == PH_ERR_FORMAT && types->count) {
            types->missing = count - types->count;
            ph_error_free(error);
            return NULL;
        }
        PH_TRY(error);
        at = (at + align - 1) & ~(align - 1);
    }
    return NULL;
}

struct ph_error *ph_nt_types_parse(const struct ph_nt_answer *answer, struct ph_nt_types *types)
{
    PH_GUARD(ph_nt_types_fini) struct ph_nt_types fresh = {0};

    PH_TRY(parse(answer, &fresh));
    *types = fresh;
    fresh = (struct ph_nt_types){0};
    return NULL;
}

void ph_nt_types_fini(struct ph_nt_types *types)
{
    for (size_t i = 0; i < types->count; i++)
        ph_free(types->items[i].name);
    ph_free(types->items);
    *types = (struct ph_nt_types){0};
}
