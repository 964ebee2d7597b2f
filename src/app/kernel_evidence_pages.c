/* page_owner as evidence: its list by stacks where the kernel keeps one (6.9 and later); otherwise
 * the list of all pages, from saved evidence only: to make it, the kernel walks all memory. */
#include <string.h>

#include "app/evidence_sites.h"
#include "app/kernel_evidence.h"
#include "app/kernel_evidence_parts.h"
#include "base/mem.h"
#include "base/os.h"
#include "source/linux/pageowner.h"

enum { PIECE = 4 << 20, PIECES_MOST = 1024, PAGE_BYTES = 4096 };

static const char STACKS[] = "/sys/kernel/debug/page_owner_stacks/show_stacks";
static const char WHOLE[] = "/sys/kernel/debug/page_owner";

bool ph_kernel_evidence_of_pages(struct ph_slice tag)
{
    return ph_slice_is(tag, "(unaccounted)");
}

bool ph_kernel_evidence_has_pages(const char *root)
{
    ph_autofree char *stacks = ph_format("%s%s", root ? root : "", STACKS);
    ph_autofree char *whole = ph_format("%s%s", root ? root : "", WHOLE);

    return (stacks && ph_file_kind(stacks) == PH_FILE_REGULAR) ||
           (root && whole && ph_file_kind(whole) == PH_FILE_REGULAR);
}

struct pages {
    struct ph_evidence_sites sites;
    uint64_t elsewhere, bad;
    double page_bytes;
};

static void pages_fini(struct pages *pages)
{
    ph_evidence_sites_fini(&pages->sites);
}

/* Returns how many bytes of the piece are done: up to the last empty line, or all of it. */
static struct ph_error *take(struct ph_slice text, bool last, struct pages *pages,
                             bool (*next)(struct ph_reader *reader, struct ph_page_owner *owner,
                                          uint64_t *bad),
                             size_t *done)
{
    struct ph_page_owner owner;
    size_t size = text.size;

    while (!last && size >= 2 && (text.data[size - 1] != '\n' || text.data[size - 2] != '\n'))
        size--;
    if (size < 2)
        size = text.size; /* a record as long as the piece is none */
    struct ph_reader reader = ph_reader_of("page_owner", text.data, size);
    while (next(&reader, &owner, &pages->bad)) {
        struct ph_evidence_record record = {
            .caller = {"", 0},
            .module = {"", 0},
            .frames = owner.frames,
            .frame_count = owner.frame_count,
            .objects = (double)owner.pages,
            .bytes = (double)owner.pages * pages->page_bytes,
            .oldest_ns = -1,
        };
        if (owner.elsewhere)
            pages->elsewhere += owner.pages;
        else
            PH_TRY(ph_evidence_sites_add(&pages->sites, &record));
    }
    *done = size;
    return NULL;
}

/* Piece by piece: the file has a record for every page of the machine. */
static struct ph_error *stream(const struct ph_evidence_question *question, const char *path,
                               struct pages *pages)
{
    PH_GUARD(ph_handle_closep) struct ph_handle *handle = NULL;
    ph_autofree char *piece = ph_alloc(PIECE);
    uint64_t offset = 0;

    if (!piece)
        return ph_error_nomem();
    PH_TRY(ph_handle_open(path, &handle));
    for (unsigned i = 0; !ph_interrupted(); i++) {
        size_t size = 0, done = 0;
        if (i == PIECES_MOST)
            return ph_loss_add(question->losses, 0, "%s: only the first %d MB were read", path,
                               PIECE / (1 << 20) * PIECES_MOST);
        PH_TRY(ph_handle_at(handle, offset, piece, PIECE, &size));
        if (!size)
            return NULL;
        struct ph_slice text = {piece, size};
        PH_TRY(take(text, size < PIECE, pages, ph_page_owner_next, &done));
        offset += done;
    }
    return ph_loss_add(question->losses, 0, "interrupted: %s was not read to its end", path);
}

static struct ph_error *read_lists(const struct ph_evidence_question *question, struct pages *pages)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    ph_autofree char *whole = ph_format("%s%s", question->root, WHOLE);
    size_t done;
    bool there;

    if (!whole)
        return ph_error_nomem();
    PH_TRY(ph_evidence_read(question, STACKS, PH_EVIDENCE_LIST_MOST, &text, &there));
    if (there)
        return take(ph_text_slice(&text), true, pages, ph_page_stacks_next, &done);
    if (question->root[0] && ph_file_kind(whole) == PH_FILE_REGULAR)
        return ph_loss_error(question->losses, stream(question, whole, pages));
    return NULL;
}

struct ph_error *ph_evidence_pages(const struct ph_evidence_question *question,
                                   struct ph_trace *found)
{
    PH_GUARD(pages_fini)
    struct pages pages = {
        .sites = {.trace = found, .origin = PH_FROM_PAGE_OWNER, .kind = PH_TRACE_PAGES},
        .page_bytes = PAGE_BYTES,
    };
    struct ph_os_facts facts;

    if (!question->root[0]) {
        ph_os_facts(&facts);
        pages.page_bytes = facts.page_bytes ? facts.page_bytes : PAGE_BYTES;
    }
    PH_TRY(read_lists(question, &pages));
    if (pages.elsewhere)
        PH_TRY(ph_loss_add(question->losses, pages.elsewhere,
                           "page_owner: pages that other sources count (slab, page cache, user "
                           "memory, page tables, vmalloc, per-CPU, kernel stacks) are left out"));
    return pages.bad ? ph_loss_add(question->losses, pages.bad,
                                   "page_owner: records without a number of pages")
                     : NULL;
}
