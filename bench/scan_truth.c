#include "scan_truth.h"

#include <stdlib.h>
#include <string.h>

#include "base/guard.h"
#include "base/mem.h"
#include "base/os.h"
#include "model/claim.h"

const char *const SCAN_MACHINE_NAMES[SCAN_MACHINES] = {"x86", "x64", "arm64"};

enum { MANIFEST_MOST = 1 << 20, COLUMNS = 7 };
enum column { DRIVER, MACHINE, TAG, EVIDENCE };

struct ph_error *scan_pairs_add(struct scan_pairs *pairs, size_t file, const uint8_t tag[4])
{
    PH_TRY(ph_grow(&pairs->items, &pairs->capacity, pairs->count + 1, sizeof(*pairs->items)));
    struct scan_pair *pair = &pairs->items[pairs->count++];
    pair->file = file;
    memcpy(pair->tag, tag, sizeof(pair->tag));
    return NULL;
}

static int by_file_and_tag(const void *a, const void *b)
{
    const struct scan_pair *left = a, *right = b;

    if (left->file != right->file)
        return left->file < right->file ? -1 : 1;
    return memcmp(left->tag, right->tag, sizeof(left->tag));
}

void scan_pairs_sort(struct scan_pairs *pairs)
{
    size_t kept = 0;

    if (!pairs->count)
        return;
    qsort(pairs->items, pairs->count, sizeof(*pairs->items), by_file_and_tag);
    for (size_t i = 1; i < pairs->count; i++)
        if (by_file_and_tag(&pairs->items[kept], &pairs->items[i]))
            pairs->items[++kept] = pairs->items[i];
    pairs->count = kept + 1;
}

bool scan_pairs_has(const struct scan_pairs *sorted, const struct scan_pair *pair)
{
    return sorted->count &&
           bsearch(pair, sorted->items, sorted->count, sizeof(*pair), by_file_and_tag);
}

void scan_pairs_fini(struct scan_pairs *pairs)
{
    ph_free(pairs->items);
    *pairs = (struct scan_pairs){0};
}

/* The last folder of a path and its file's name up to the first dash or dot. */
static void name_of(const char *path, struct ph_slice *folder, struct ph_slice *stem)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *start = slash ? slash : path;

    while (start > path && start[-1] != '/')
        start--;
    *folder = (struct ph_slice){start, slash ? (size_t)(slash - start) : 0};
    *stem = (struct ph_slice){name, strcspn(name, "-.")};
}

enum scan_machine scan_machine_of(const char *path)
{
    struct ph_slice folder, stem;

    name_of(path, &folder, &stem);
    for (enum scan_machine machine = 0; machine < SCAN_MACHINES; machine++)
        if (ph_slice_is(folder, SCAN_MACHINE_NAMES[machine]))
            return machine;
    return SCAN_X64; /* Wine's */
}

static bool same(struct ph_slice a, struct ph_slice b)
{
    return a.size == b.size && !memcmp(a.data, b.data, a.size);
}

static struct ph_error *add_row(const struct ph_slice columns[COLUMNS], const struct ph_walk *walk,
                                struct scan_pairs *truth, struct scan_pairs *tags)
{
    uint8_t tag[4];
    char text[32] = "";

    if (!columns[TAG].size || columns[TAG].size >= sizeof(text))
        return NULL; /* a line about unresolved sites */
    memcpy(text, columns[TAG].data, columns[TAG].size);
    PH_TRY(ph_tag_parse(text, tag));
    PH_TRY(scan_pairs_add(tags, 0, tag));
    if (!ph_slice_starts(columns[EVIDENCE], "call-site") &&
        !ph_slice_starts(columns[EVIDENCE], "table"))
        return NULL;
    for (size_t i = 0; i < walk->count; i++) {
        struct ph_slice folder, stem;
        name_of(walk->files[i].path, &folder, &stem);
        if (same(stem, columns[DRIVER]) &&
            (ph_slice_is(columns[MACHINE], "any") || same(folder, columns[MACHINE])))
            PH_TRY(scan_pairs_add(truth, i, tag));
    }
    return NULL;
}

struct ph_error *scan_truth_load(const char *manifest, const struct ph_walk *walk,
                                 struct scan_pairs *truth, struct scan_pairs *tags)
{
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};
    struct ph_slice line;

    PH_TRY(ph_read_file(manifest, MANIFEST_MOST, &bytes));
    struct ph_reader reader = ph_reader_of(manifest, bytes.data, bytes.size);
    while (ph_reader_line(&reader, &line)) {
        PH_GUARD(ph_text_fini) struct ph_text scratch = {0};
        struct ph_slice columns[COLUMNS] = {{0}};
        bool more = true;
        if (!line.size || line.data[0] == '#')
            continue;
        for (size_t i = 0; i < COLUMNS && more; i++)
            if (!ph_slice_csv(&line, ',', &scratch, &columns[i], &more))
                break;
        PH_TRY(add_row(columns, walk, truth, tags));
    }
    scan_pairs_sort(truth);
    scan_pairs_sort(tags);
    return NULL;
}

void scan_score(const struct ph_walk *walk, const struct scan_pairs *truth,
                const struct scan_pairs *answers, struct scan_score scores[SCAN_MACHINES])
{
    memset(scores, 0, SCAN_MACHINES * sizeof(*scores));
    for (size_t i = 0; i < truth->count; i++) {
        const struct scan_pair *pair = &truth->items[i];
        struct scan_score *score = &scores[scan_machine_of(walk->files[pair->file].path)];
        score->truths++;
        score->found += scan_pairs_has(answers, pair);
    }
    for (size_t i = 0; i < answers->count; i++) {
        const struct scan_pair *pair = &answers->items[i];
        scores[scan_machine_of(walk->files[pair->file].path)].wrong += !scan_pairs_has(truth, pair);
    }
}
