/* The kernel's answers about memory: the first byte says which, the second how wide pointers are.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/guard.h"
#include "source/windows/bigpool_nt.h"
#include "source/windows/drivers_seen.h"
#include "source/windows/lookaside_nt.h"
#include "source/windows/performance_nt.h"
#include "source/windows/pooltag_nt.h"
#include "source/windows/sessionpool_nt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t read_tags(const struct ph_nt_tags *tags)
{
    uint64_t sum = tags->missing;

    for (size_t i = 0; i < tags->count; i++) {
        struct ph_nt_tag tag;
        ph_nt_tags_at(tags, i, &tag);
        sum += (uint64_t)tag.tag[0] + tag.paged.bytes + tag.nonpaged.bytes +
               (uint64_t)ph_nt_tag_objects(&tag.nonpaged, tags->counter_bits) +
               ph_nt_tag_possible(tags, &tag.paged);
    }
    return sum;
}

static struct ph_error *tags(const struct ph_nt_answer *answer, bool second)
{
    struct ph_nt_tags list;

    PH_TRY(ph_nt_tags_open(answer, second, &list));
    (void)read_tags(&list);
    return NULL;
}

static void sessions(const struct ph_nt_answer *answer)
{
    enum ph_nt_session_layout layout = ph_nt_session_layout(answer);
    struct ph_nt_tags list;
    uint32_t session;
    size_t at = 0;

    if (layout == PH_NT_SESSION_CHAIN || layout == PH_NT_SESSION_SINGLE)
        while (ph_nt_session_next(answer, layout, &at, &session, &list))
            (void)read_tags(&list);
}

static struct ph_error *drivers(const struct ph_nt_answer *answer)
{
    PH_GUARD(ph_drivers_seen_fini) struct ph_drivers_seen seen = {0};
    PH_GUARD(ph_event_fini) struct ph_event_list events = {0};
    struct ph_nt_answer half = *answer;

    PH_TRY(ph_drivers_seen_take(&seen, answer, 1, &events));
    half.bytes.size /= 2;
    return ph_drivers_seen_take(&seen, &half, 2, &events);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ph_nt_performance performance;
    struct ph_nt_lists lists;
    struct ph_nt_big big;
    struct ph_nt_lookaside kept;
    struct ph_error *error = NULL;

    if (size < 2)
        return 0;
    const struct ph_nt_answer answer = {.bytes = {(const char *)data + 2, size - 2},
                                        .pointer_bytes = data[1] & 1 ? 4 : 8};
    switch (data[0] % 8) {
    case 0:
        error = tags(&answer, false);
        break;
    case 1:
        error = tags(&answer, true);
        break;
    case 2:
        sessions(&answer);
        break;
    case 3:
        error = ph_nt_big_pool(&answer, "LeaK", &big);
        break;
    case 4:
        error = ph_nt_performance(&answer, &performance);
        break;
    case 5:
        error = ph_nt_memory_lists(&answer, &lists);
        break;
    case 6:
        error = ph_nt_lookaside(&answer, "LeaK", &kept);
        break;
    default:
        error = drivers(&answer);
        break;
    }
    ph_error_free(error);
    return 0;
}
