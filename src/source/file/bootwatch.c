#include "source/file/bootwatch.h"

#include "base/mem.h"

static bool went_down(uint64_t before, uint64_t now, unsigned bits)
{
    if (bits == 32)
        return (uint32_t)((uint32_t)now - (uint32_t)before) > UINT32_C(1) << 31;
    return now < before;
}

struct ph_error *ph_bootwatch_see(struct ph_bootwatch *watch, const struct ph_catalog *catalog,
                                  struct ph_sample *sample)
{
    size_t rose = 0, fell = 0;
    int64_t faults = sample->memory.page_faults;
    bool faults_fell = faults >= 0 && watch->page_faults &&
                       went_down((uint64_t)(watch->page_faults - 1), (uint64_t)faults, 32);

    size_t need = sample->count ? sample->values[sample->count - 1].series + (size_t)1 : 0;
    PH_TRY(ph_grow(&watch->allocs, &watch->capacity, need, sizeof(*watch->allocs)));
    for (; watch->count < need; watch->count++)
        watch->allocs[watch->count] = 0;
    for (size_t i = 0; i < sample->count; i++) {
        const struct ph_value *value = &sample->values[i];
        uint64_t *before = &watch->allocs[value->series];
        if (!(value->have & PH_HAVE_ALLOCS))
            continue;
        if (*before && *before - 1 != value->allocs) {
            bool down =
                went_down(*before - 1, value->allocs, catalog->series[value->series].counter_bits);
            fell += down;
            rose += !down;
        }
        *before = value->allocs + 1;
    }
    if (fell > rose || (faults_fell && fell * 4 > rose))
        watch->segment++;
    if (faults >= 0)
        watch->page_faults = faults + 1;
    sample->segment = watch->segment;
    return NULL;
}

void ph_bootwatch_fini(struct ph_bootwatch *watch)
{
    ph_free(watch->allocs);
    *watch = (struct ph_bootwatch){0};
}
