/* bpfids.c - lists the BPF programs that the kernel holds: id, type and name, one a line. Linked
 * statically and run in the guest: what is attached must be gone when poolhound is. With a word as
 * argument only names that begin with it. */
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static long bpf(enum bpf_cmd command, union bpf_attr *attr)
{
    return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

int main(int argc, char **argv)
{
    union bpf_attr next = {0};
    const char *wanted = argc > 1 ? argv[1] : "";

    for (; bpf(BPF_PROG_GET_NEXT_ID, &next) == 0; next.start_id = next.next_id) {
        union bpf_attr open = {.prog_id = next.next_id};
        struct bpf_prog_info info = {0};
        union bpf_attr ask = {.info = {.info_len = sizeof(info), .info = (__u64)(size_t)&info}};
        long fd = bpf(BPF_PROG_GET_FD_BY_ID, &open);

        if (fd < 0)
            continue; /* went meanwhile */
        ask.info.bpf_fd = (__u32)fd;
        if (bpf(BPF_OBJ_GET_INFO_BY_FD, &ask) == 0 &&
            strncmp(info.name, wanted, strlen(wanted)) == 0)
            printf("%u %u %.*s\n", info.id, info.type, (int)sizeof(info.name), info.name);
        close((int)fd);
    }
    return 0;
}
