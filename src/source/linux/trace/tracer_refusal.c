/* tracer_refusal.c - why a kernel does not let itself be traced, in one line each. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"
#include "source/linux/trace/tracer_parts.h"

#define INSTEAD                                                                                    \
    "; slub_debug=U on the kernel's command line tells call sites in /sys/kernel/debug/slab"

enum { CAP_SYS_ADMIN_BIT = 21, CAP_PERFMON_BIT = 38, CAP_BPF_BIT = 39 };

static uint64_t own_capabilities(void)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct ph_error *error = ph_read_file("/proc/self/status", 1 << 16, &text);
    const char *at = !error && text.data ? strstr(text.data, "\nCapEff:") : NULL;

    ph_error_free(error);
    return at ? strtoull(at + sizeof("\nCapEff:") - 1, NULL, 16) : UINT64_MAX;
}

static bool is_locked(void)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct ph_error *error = ph_read_file("/sys/kernel/security/lockdown", 4096, &text);
    bool locked = !error && text.data && strstr(text.data, "[confidentiality]");

    ph_error_free(error);
    return locked;
}

struct ph_error *ph_tracer_denial(uint64_t capabilities, bool locked)
{
    bool bpf = capabilities >> CAP_BPF_BIT & 1, perfmon = capabilities >> CAP_PERFMON_BIT & 1;

    if (locked)
        return ph_errorf(PH_ERR_ACCESS, "the kernel is locked down for confidentiality, which "
                                        "forbids to trace it" INSTEAD);
    if ((bpf && perfmon) || capabilities >> CAP_SYS_ADMIN_BIT & 1)
        return ph_errorf(PH_ERR_ACCESS,
                         "tracing is forbidden though the rights for it are there, as in a "
                         "container with a seccomp filter: run poolhound on the host itself");
    return ph_errorf(PH_ERR_ACCESS, "tracing needs %s%s%s: run poolhound as root",
                     bpf ? "" : "CAP_BPF", !bpf && !perfmon ? " and " : "",
                     perfmon ? "" : "CAP_PERFMON");
}

/* The verifier's reason is the last line before its statistics. */
static struct ph_slice reason_in(const char *words)
{
    const char *end = strstr(words, "\nprocessed ");

    if (!end)
        end = words + strlen(words);
    const char *begin = end;
    while (begin > words && begin[-1] != '\n')
        begin--;
    return (struct ph_slice){begin, (size_t)(end - begin)};
}

struct ph_error *ph_tracer_refusal(int code, const char *what, const char *words)
{
    /* locked down, programs that read the kernel's memory are said to be invalid */
    if (code != ENOSYS && code != ENOMEM && is_locked())
        return ph_tracer_denial(0, true);
    if (code == EPERM || code == EACCES) {
        /* EACCES is the verifier's word, too */
        bool verifier = strstr(words, "\nprocessed ") != NULL;
        if (!verifier)
            return ph_tracer_denial(own_capabilities(), false);
    }
    if (code == ENOSYS)
        return ph_errorf(PH_ERR_NOT_FOUND, "this kernel has no BPF (CONFIG_BPF_SYSCALL), so it "
                                           "cannot be traced" INSTEAD);
    if (code == ENOMEM)
        return ph_errorf(PH_ERR_FULL, "the kernel has no memory for the maps that tracing needs: "
                                      "try again with fewer objects (--max-objects)");
    struct ph_slice reason = reason_in(words);
    PH_GUARD(ph_text_fini) struct ph_text shown = {0};
    ph_text_escaped(&shown, reason);
    PH_TRY(ph_text_check(&shown));
    return ph_errorf(PH_ERR_NOT_FOUND, "this kernel refuses to be traced%s%s: %s (%.200s)" INSTEAD,
                     what ? " by " : "", what ? what : "", strerror(code), shown.data);
}

struct ph_error *ph_tracer_no_types(int code)
{
    if (ph_file_kind("/sys/kernel/btf/vmlinux") == PH_FILE_NONE)
        return ph_errorf(PH_ERR_NOT_FOUND,
                         "/sys/kernel/btf/vmlinux: not there; a kernel without type information "
                         "(CONFIG_DEBUG_INFO_BTF) cannot be traced" INSTEAD);
    return ph_error_errno(code, "/sys/kernel/btf/vmlinux: cannot be read, so there is no tracing");
}
