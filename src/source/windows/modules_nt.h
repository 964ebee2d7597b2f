/* modules_nt.h - the loaded drivers, as the kernel lists them. Bytes in, names out. */
#ifndef PH_SOURCE_WINDOWS_MODULES_NT_H
#define PH_SOURCE_WINDOWS_MODULES_NT_H

#include "base/error.h"
#include "source/windows/nt_fields.h"

struct ph_nt_module {
    struct ph_slice path; /* as the kernel has it, in the system's code page; within the answer */
    uint64_t address;     /* where it is loaded; 0 = not shown to us */
    uint32_t bytes;       /* of its image in memory */
};

/* How many entries an answer has, and how many more it claims than its bytes hold. Error: too short
 * to be one. */
struct ph_error *ph_nt_modules_count(const struct ph_nt_answer *answer, size_t *count,
                                     uint64_t *missing) PH_MUST_CHECK;
/* Entry `at`, which is below the count. */
void ph_nt_modules_at(const struct ph_nt_answer *answer, size_t at, struct ph_nt_module *module);

/* The ordinary path of what the kernel, or a service's ImagePath, calls a file; `utf8` may be
 *
 *     \SystemRoot\system32\drivers\a.sys   below the Windows folder
 *     \??\C:\Tools\b.sys                   behind the prefix
 *     \Windows\system32\ntoskrnl.exe       on the drive of Windows (begun by the loader)
 *     \Device\HarddiskVolume3\c.sys        by the device, as Win32 can open it
 *     system32\drivers\d.sys               below the Windows folder
 *     e.sys                                in system32\drivers
 *     %SystemRoot%\... , C:\..., \\server\...
 *
 * `windows` is the Windows folder, "C:\Windows". The caller owns `*path`. Error: out of memory. */
struct ph_error *ph_nt_path(struct ph_slice utf8, const char *windows, char **path) PH_MUST_CHECK;

#endif
