#include "identity/trust_store.h"

#include "base/mem.h"
#include "base/os.h"

enum { ROOTS_MOST = 100000 };

static bool is_known(const struct ph_trust_store *store, const struct ph_x509 *x509)
{
    for (size_t i = 0; i < store->count; i++)
        if (ph_slice_same(store->roots[i].x509.whole, x509->whole))
            return true;
    return false;
}

struct ph_error *ph_trust_store_add_der(struct ph_trust_store *store, struct ph_slice bytes,
                                        bool *taken)
{
    struct ph_x509 x509;

    *taken = ph_x509_parse(bytes, &x509);
    if (!*taken || is_known(store, &x509))
        return NULL;
    if (store->count >= ROOTS_MOST)
        return ph_errorf(PH_ERR_FORMAT, "more than %d certificates", ROOTS_MOST);
    PH_TRY(ph_grow(&store->roots, &store->capacity, store->count + 1, sizeof(*store->roots)));
    char *copy = ph_memdup(x509.whole.data, x509.whole.size);
    if (!copy)
        return ph_error_nomem();
    struct ph_root *root = &store->roots[store->count];
    *root = (struct ph_root){.bytes = copy};
    (void)ph_x509_parse((struct ph_slice){copy, x509.whole.size}, &root->x509);
    store->count++;
    return NULL;
}

void ph_trust_store_clear(struct ph_trust_store *store)
{
    for (size_t i = 0; i < store->count; i++)
        ph_free(store->roots[i].bytes);
    ph_free(store->roots);
    store->roots = NULL;
    store->count = store->capacity = 0;
}

size_t ph_trust_store_count(const struct ph_trust_store *store)
{
    return store->count;
}

void ph_trust_store_freep(struct ph_trust_store **store)
{
    ph_trust_store_free(*store);
}

void ph_trust_store_set_now(struct ph_trust_store *store, int64_t now_s)
{
    store->now_s = now_s;
}

int64_t ph_trust_store_now(const struct ph_trust_store *store)
{
    return store->now_s ? store->now_s : ph_realtime_ns() / PH_SECOND;
}
