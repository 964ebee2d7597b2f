/* SystemModuleInformation (class 11): RTL_PROCESS_MODULES, as phnt (ntldr.h) has it and
 * geoffchappell.com ("RTL_PROCESS_MODULES") measured it:
 *
 *                               x86     x64
 *     NumberOfModules   u32       0       0
 *     Modules[]                   4       8
 *       Section         pointer   0       0     0 in user mode
 *       MappedBase      pointer   4       8
 *       ImageBase       pointer   8      16     0 for callers who may not see addresses (24H2)
 *       ImageSize       u32      12      24
 *       Flags           u32      16      28
 *       LoadOrderIndex  u16      20      32
 *       InitOrderIndex  u16      22      34
 *       LoadCount       u16      24      36
 *       OffsetToFileName u16     26      38
 *       FullPathName    char[256] 28     40     ANSI, cut when longer
 *       (size)                  284     296
 */
#include "source/windows/modules_nt.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"

enum { PATH_ROOM = 256 };

struct layout {
    size_t first, base, size, path, entry;
};

static const struct layout *layout_of(const struct ph_nt_answer *answer)
{
    static const struct layout X86 = {4, 8, 12, 28, 284}, X64 = {8, 16, 24, 40, 296};

    return ph_nt_is_64(answer) ? &X64 : &X86;
}

struct ph_error *ph_nt_modules_count(const struct ph_nt_answer *answer, size_t *count,
                                     uint64_t *missing)
{
    const struct layout *layout = layout_of(answer);

    if (!ph_nt_has(answer, 0, layout->first))
        return ph_errorf(PH_ERR_FORMAT,
                         "the kernel's list of loaded drivers: %zu bytes are too few for one",
                         answer->bytes.size);
    uint32_t told = ph_nt_u32(answer, 0);
    size_t fit = (answer->bytes.size - layout->first) / layout->entry;
    *count = told < fit ? told : fit;
    *missing = told - *count;
    return NULL;
}

void ph_nt_modules_at(const struct ph_nt_answer *answer, size_t at, struct ph_nt_module *module)
{
    const struct layout *layout = layout_of(answer);
    size_t entry = layout->first + at * layout->entry;
    const char *path = answer->bytes.data + entry + layout->path;

    *module = (struct ph_nt_module){
        .path = {path, strnlen(path, PATH_ROOM)},
        .address = ph_nt_pointer(answer, entry + layout->base),
        .bytes = ph_nt_u32(answer, entry + layout->size),
    };
}

/* ------------------------------------------------------------------ paths */

static bool starts(struct ph_slice text, const char *prefix)
{
    size_t length = strlen(prefix);

    return text.size >= length && !strncasecmp(text.data, prefix, length);
}

static bool has_separator(struct ph_slice text)
{
    return memchr(text.data, '\\', text.size) || memchr(text.data, '/', text.size);
}

/* How the names of files begin in the kernel and in the registry, and what stands for that in an
 * ordinary path. The first that fits counts. */
enum instead { NOTHING, SHARE, WINDOWS, DRIVE, DEVICE, BELOW_WINDOWS, AMONG_DRIVERS };

static const struct {
    const char *prefix;
    size_t keep; /* bytes at the end of the prefix that stay */
    enum instead instead;
} ROOTS[] = {
    {"\\SystemRoot\\", 1, WINDOWS},
    {"%SystemRoot%\\", 1, WINDOWS},
    {"%windir%\\", 1, WINDOWS},
    {"\\??\\UNC\\", 1, SHARE},
    {"\\??\\", 0, NOTHING},
    {"\\GLOBAL??\\", 0, NOTHING},
    {"\\DosDevices\\", 0, NOTHING},
    {"\\Device\\", 8, DEVICE},
    {"\\\\", 2, NOTHING},
    {"\\", 1, DRIVE},
    {"/", 1, NOTHING},
};

static enum instead root_of(struct ph_slice text, size_t *off)
{
    *off = 0;
    for (size_t i = 0; i < sizeof(ROOTS) / sizeof(ROOTS[0]); i++)
        if (starts(text, ROOTS[i].prefix)) {
            *off = strlen(ROOTS[i].prefix) - ROOTS[i].keep;
            return ROOTS[i].instead;
        }
    if (text.size > 1 && text.data[1] == ':')
        return NOTHING;
    return has_separator(text) ? BELOW_WINDOWS : AMONG_DRIVERS;
}

struct ph_error *ph_nt_path(struct ph_slice utf8, const char *windows, char **path)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    size_t off;
    enum instead instead = root_of(utf8, &off);

    if (instead == SHARE)
        ph_text_puts(&out, "\\");
    if (instead == WINDOWS || instead == BELOW_WINDOWS || instead == AMONG_DRIVERS)
        ph_text_puts(&out, windows);
    if (instead == BELOW_WINDOWS)
        ph_text_puts(&out, "\\");
    if (instead == AMONG_DRIVERS)
        ph_text_puts(&out, "\\system32\\drivers\\");
    if (instead == DRIVE && windows[0] && windows[1] == ':')
        ph_text_add(&out, windows, 2);
    if (instead == DEVICE)
        ph_text_puts(&out, "\\\\?\\GLOBALROOT");
    ph_text_add(&out, utf8.data + off, utf8.size - off);
    PH_TRY(ph_text_check(&out));
    *path = ph_memdup(out.data ? out.data : "", out.size);
    return *path ? NULL : ph_error_nomem();
}
