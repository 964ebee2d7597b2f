/* What /proc tells of a process, as each of its files. */
#include <stddef.h>
#include <stdint.h>

#include "owner/linux/holders.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ph_error *count(void *context, uint64_t inode)
{
    *(uint64_t *)context += inode;
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_slice text = {(const char *)data, size}, rest = text, name;
    struct ph_process_stat stat;
    struct ph_cgroup_kernel kernel = {0};
    uint64_t sum = 0;
    uint32_t number;

    (void)ph_holdings_of_cache(text);
    (void)ph_cache_is_generic(text);
    enum ph_holding item, kind = ph_descriptor_kind(text, &sum);
    if (kind >= PH_HOLD_COUNT)
        __builtin_trap();
    for (kind = 0; kind < PH_HOLD_COUNT; kind++)
        if (ph_descriptor_lists(kind, &item) && ph_fdinfo_items(text, item) > size)
            __builtin_trap();
    if (ph_count_timers(text) > ph_count_lines(text))
        __builtin_trap();
    (void)ph_process_stat_parse(text, &stat);
    (void)ph_process_user(text, &number);
    if (ph_passwd_name(text, 1000, &name) && (!name.size || name.data < text.data))
        __builtin_trap();
    (void)ph_process_cgroup(text, &name);
    for (const struct ph_net_file *file = ph_net_files; file->name; file++)
        ph_error_free(ph_net_inodes(file->kind, text, count, &sum));
    while (ph_next_lock(&rest, &number))
        continue;
    rest = text;
    while (ph_next_shm(&rest, &number))
        continue;
    ph_cgroup_stat(text, &kernel);
    (void)ph_cgroup_total(&kernel);
    return 0;
}
