#include "app/windows_blocks.h"

#include "base/mem.h"
#include "source/windows/bigpool_nt.h"
#include "source/windows/lookaside_nt.h"

/* "of a page and more: 1,234 nonpaged blocks (56.0 MB)" */
static void blocks_words(uint64_t blocks, uint64_t bytes, const char *pool, struct ph_text *out)
{
    if (!blocks)
        return;
    ph_text_puts(out, out->size ? ", " : "of a page and more: ");
    ph_text_grouped(out, (int64_t)blocks);
    ph_text_printf(out, " %s block%s (", pool, blocks == 1 ? "" : "s");
    ph_text_bytes(out, (double)bytes);
    ph_text_putc(out, ')');
}

/* "; largest: 3 of 16.0 MB, 1 of 512 KB" */
static void largest_words(const struct ph_nt_big *big, struct ph_text *out)
{
    for (size_t i = 0, next; i < big->largest_count; i = next) {
        for (next = i + 1; next < big->largest_count && big->largest[next] == big->largest[i];)
            next++;
        ph_text_printf(out, "%s%zu of ", i ? ", " : "; the largest: ", next - i);
        ph_text_bytes(out, (double)big->largest[i]);
    }
}

static struct ph_error *tell(const struct ph_nt_answer *answer, const uint8_t tag[4],
                             struct ph_owner_report *report)
{
    PH_GUARD(ph_text_fini) struct ph_text words = {0};
    struct ph_nt_big big = {0};

    PH_TRY(ph_nt_big_pool(answer, (const char *)tag, &big));
    if (big.missing)
        PH_TRY(ph_loss_add(&report->losses, big.missing,
                           "blocks of a page and more that the kernel tells of are not in its "
                           "answer"));
    if (!big.nonpaged_blocks && !big.paged_blocks)
        return NULL;
    blocks_words(big.nonpaged_blocks, big.nonpaged_bytes, "nonpaged", &words);
    blocks_words(big.paged_blocks, big.paged_bytes, "paged", &words);
    largest_words(&big, &words);
    PH_TRY(ph_text_check(&words));
    ph_free(report->blocks);
    report->blocks = ph_memdup(words.data, words.size);
    return report->blocks ? NULL : ph_error_nomem();
}

struct ph_error *ph_windows_blocks(const struct ph_nt *nt, const uint8_t tag[4],
                                   struct ph_owner_report *report)
{
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};
    uint32_t status = 0;
    char words[64];
    struct ph_error *error = ph_nt_ask(nt, PH_NT_BIG_POOL, &bytes, &status);

    if (error)
        return ph_loss_error(&report->losses, error);
    if (!bytes.size)
        return ph_loss_add(&report->losses, 0, "the largest blocks are not known: %s%s",
                           ph_nt_words(status, words),
                           status == PH_NT_ACCESS_DENIED ? "; run as administrator" : "");
    struct ph_nt_answer answer = {ph_text_slice(&bytes), (uintptr_t)bytes.data, nt->pointer_bytes};
    return ph_loss_error(&report->losses, tell(&answer, tag, report));
}

/* ------------------------------------------------------------------ lookaside lists */

static void kept_words(uint64_t blocks, uint64_t bytes, const char *pool, const char *before,
                       struct ph_text *out)
{
    if (!blocks)
        return;
    ph_text_puts(out, before);
    ph_text_grouped(out, (int64_t)blocks);
    ph_text_printf(out, " freed %s block%s (", pool, blocks == 1 ? "" : "s");
    ph_text_bytes(out, (double)bytes);
    ph_text_putc(out, ')');
}

/* "2 lists keep up to 512 freed nonpaged blocks (64.0 KB); the tag's bytes include them" */
static struct ph_error *tell_kept(const struct ph_nt_answer *answer, const uint8_t tag[4],
                                  struct ph_owner_report *report)
{
    PH_GUARD(ph_text_fini) struct ph_text words = {0};
    struct ph_nt_lookaside sum = {0};

    PH_TRY(ph_nt_lookaside(answer, (const char *)tag, &sum));
    if (!sum.nonpaged_blocks && !sum.paged_blocks)
        return NULL;
    ph_text_grouped(&words, (int64_t)sum.lists);
    ph_text_puts(&words, sum.lists == 1 ? " list keeps up to " : " lists keep up to ");
    kept_words(sum.nonpaged_blocks, sum.nonpaged_bytes, "nonpaged", "", &words);
    kept_words(sum.paged_blocks, sum.paged_bytes, "paged", sum.nonpaged_blocks ? " and " : "",
               &words);
    ph_text_puts(&words, "; the tag's bytes include them");
    PH_TRY(ph_text_check(&words));
    ph_free(report->lookaside);
    report->lookaside = ph_memdup(words.data, words.size);
    return report->lookaside ? NULL : ph_error_nomem();
}

struct ph_error *ph_windows_lookaside(const struct ph_nt *nt, const uint8_t tag[4],
                                      struct ph_owner_report *report)
{
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};
    uint32_t status = 0;
    char words[64];
    struct ph_error *error = ph_nt_ask(nt, PH_NT_LOOKASIDE, &bytes, &status);

    if (error)
        return ph_loss_error(&report->losses, error);
    if (status)
        return ph_loss_add(&report->losses, 0, "lookaside lists are not known: %s%s",
                           ph_nt_words(status, words),
                           status == PH_NT_ACCESS_DENIED ? "; run as administrator" : "");
    struct ph_nt_answer answer = {ph_text_slice(&bytes), (uintptr_t)bytes.data, nt->pointer_bytes};
    return ph_loss_error(&report->losses, tell_kept(&answer, tag, report));
}
