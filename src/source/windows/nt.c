#include "source/windows/nt.h"

#include <stdio.h>

enum { TRIES = 8, FIRST_ROOM = 64 << 10, MOST = 256 << 20 };

/* The names by which people search for them; what to do stands with who asks. */
static const struct {
    uint32_t status;
    const char *words;
} STATUSES[] = {
    {PH_NT_INFO_CLASS, "this Windows does not have it (STATUS_INVALID_INFO_CLASS)"},
    {PH_NT_LENGTH_MISMATCH, "it grows faster than it can be read (STATUS_INFO_LENGTH_MISMATCH)"},
    {PH_NT_ACCESS_DENIED, "access denied (STATUS_ACCESS_DENIED)"},
    {PH_NT_NOT_IMPLEMENTED, "this Windows does not tell it (STATUS_NOT_IMPLEMENTED)"},
    {PH_NT_PRIVILEGE_NOT_HELD, "a privilege is missing (STATUS_PRIVILEGE_NOT_HELD)"},
};

const char *ph_nt_words(uint32_t status, char buffer[64])
{
    for (size_t i = 0; i < sizeof(STATUSES) / sizeof(STATUSES[0]); i++)
        if (STATUSES[i].status == status)
            return STATUSES[i].words;
    (void)snprintf(buffer, 64, "Windows refuses it (status 0x%08X)", (unsigned)status);
    return buffer;
}

/* One question; `which` is no class when `types`. */
static uint32_t ask_once(const struct ph_nt *nt, bool types, uint32_t which, struct ph_text *answer,
                         size_t room, uint32_t *returned)
{
    *returned = 0;
    return types ? nt->object_types(nt->context, answer->data, room, returned)
                 : nt->system(nt->context, which, answer->data, room, returned);
}

static bool wants_more(uint32_t status)
{
    return status == PH_NT_LENGTH_MISMATCH || status == PH_NT_BUFFER_OVERFLOW ||
           status == PH_NT_BUFFER_TOO_SMALL;
}

/* The need grows while it is asked for, so a quarter is added; some classes tell no need at all,
 * and some want exactly the room of their structure. */
static struct ph_error *ask(const struct ph_nt *nt, bool types, uint32_t which,
                            struct ph_text *answer, uint32_t *status)
{
    ph_text_clear(answer);
    PH_TRY(ph_grow(&answer->data, &answer->capacity, FIRST_ROOM, 1));
    size_t room = answer->capacity - 1;
    for (unsigned i = 0; i < TRIES; i++) {
        uint32_t returned, result = ask_once(nt, types, which, answer, room, &returned);
        *status = result;
        if (!wants_more(result)) {
            /* errors have the two upper bits set */
            answer->size = result >> 30 == 3 ? 0 : returned < room ? returned : room;
            answer->data[answer->size] = 0;
            return NULL;
        }
        if (returned && returned < room) {
            room = returned;
            continue;
        }
        uint64_t need = returned > room ? returned : 2 * (uint64_t)room;
        need += need / 4;
        if (need > MOST)
            return ph_errorf(PH_ERR_FORMAT,
                             "Windows' answer to question %u is larger than the limit of %u MB",
                             (unsigned)which, MOST >> 20);
        PH_TRY(ph_grow(&answer->data, &answer->capacity, (size_t)need + 1, 1));
        room = answer->capacity - 1;
    }
    answer->data[0] = 0;
    return NULL;
}

struct ph_error *ph_nt_ask(const struct ph_nt *nt, uint32_t which, struct ph_text *answer,
                           uint32_t *status)
{
    return ask(nt, false, which, answer, status);
}

struct ph_error *ph_nt_ask_object_types(const struct ph_nt *nt, struct ph_text *answer,
                                        uint32_t *status)
{
    return ask(nt, true, 0, answer, status);
}
