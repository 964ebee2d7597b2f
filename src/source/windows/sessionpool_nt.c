/* Class 67, SYSTEM_SESSION_POOLTAG_INFORMATION. phnt (ntexapi.h) has
 *
 *                        x86       x64
 *     NextEntryOffset    0 u32     0 u64    from the entry's start; 0 = the last one
 *     SessionId          4 u32     8 u32
 *     Count              8 u32     12 u32
 *     TagInfo            12        16       as class 22
 *
 * while an issue of yardenshafir/InformationClasses saw, on Windows 10 19045, u32 Count, u32
 * SessionId, TagInfo at 8 (x86 and x64). An answer is read only when it fits exactly one of them,
 * to its last byte.
 */
#include "source/windows/sessionpool_nt.h"

enum { SESSIONS_MOST = 4096, SINGLE_FIRST = 8 };

static size_t chain_first(const struct ph_nt_answer *answer)
{
    return ph_nt_is_64(answer) ? 16 : 12;
}

/* The end of the entry at `at`, or 0 when it does not fit. */
static size_t chain_end(const struct ph_nt_answer *answer, size_t at, bool *last)
{
    size_t first = chain_first(answer);

    if (!ph_nt_has(answer, at, first))
        return 0;
    uint64_t next = ph_nt_pointer(answer, at);
    uint64_t count = ph_nt_u32(answer, at + first - 4);
    uint64_t need = first + count * ph_nt_tag_bytes(answer);
    uint64_t left = answer->bytes.size - at;
    *last = next == 0;
    if (*last)
        return need == left ? answer->bytes.size : 0;
    return next >= need && next < need + 16 && next < left ? at + (size_t)next : 0;
}

static bool is_chain(const struct ph_nt_answer *answer)
{
    bool last = false;
    size_t at = 0;

    for (unsigned i = 0; i < SESSIONS_MOST && !last; i++) {
        at = chain_end(answer, at, &last);
        if (!at)
            return false;
    }
    return last;
}

static bool is_single(const struct ph_nt_answer *answer)
{
    return ph_nt_has(answer, 0, SINGLE_FIRST) &&
           SINGLE_FIRST + (uint64_t)ph_nt_u32(answer, 0) * ph_nt_tag_bytes(answer) ==
               answer->bytes.size;
}

enum ph_nt_session_layout ph_nt_session_layout(const struct ph_nt_answer *answer)
{
    if (!answer->bytes.size)
        return PH_NT_SESSION_NONE;
    bool chain = is_chain(answer), single = is_single(answer);
    if (chain == single)
        return PH_NT_SESSION_UNSURE;
    return chain ? PH_NT_SESSION_CHAIN : PH_NT_SESSION_SINGLE;
}

bool ph_nt_session_next(const struct ph_nt_answer *answer, enum ph_nt_session_layout layout,
                        size_t *at, uint32_t *session, struct ph_nt_tags *tags)
{
    size_t first = chain_first(answer);
    bool last = false;

    if (*at >= answer->bytes.size)
        return false;
    if (layout == PH_NT_SESSION_SINGLE) {
        *session = ph_nt_u32(answer, 4);
        ph_nt_tags_within(answer, SINGLE_FIRST, answer->bytes.size, ph_nt_u32(answer, 0), tags);
        *at = answer->bytes.size;
        return true;
    }
    size_t end = chain_end(answer, *at, &last);
    if (!end)
        return false;
    *session = ph_nt_u32(answer, *at + answer->pointer_bytes);
    ph_nt_tags_within(answer, *at + first, end, ph_nt_u32(answer, *at + first - 4), tags);
    *at = end;
    return true;
}
