#include "identity/system_trust.h"

bool ph_system_trust_here(void)
{
    return false;
}

struct ph_error *ph_system_trust_roots(struct ph_trust_store *store)
{
    (void)store;
    return NULL;
}

struct ph_error *ph_system_trust_ask(const char *path, const struct ph_digest_sum *const *sums,
                                     size_t sum_count, struct ph_system_verdict *verdict)
{
    (void)path;
    (void)sums;
    (void)sum_count;
    (void)verdict;
    return NULL;
}

bool ph_system_trust_keeps(const char *folder)
{
    (void)folder;
    return false;
}
