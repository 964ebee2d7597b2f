/* sessionpool_nt.h - pool tags of sessions (desktops): two layouts are claimed. */
#ifndef PH_SOURCE_WINDOWS_SESSIONPOOL_NT_H
#define PH_SOURCE_WINDOWS_SESSIONPOOL_NT_H

#include "source/windows/pooltag_nt.h"

enum ph_nt_session_layout {
    PH_NT_SESSION_NONE,   /* empty: there is no session with a pool of its own */
    PH_NT_SESSION_CHAIN,  /* sessions one behind the other, each telling where the next begins */
    PH_NT_SESSION_SINGLE, /* one session, its count first */
    PH_NT_SESSION_UNSURE  /* the bytes fit both, or none: not read */
};

/* Which of the two readings the whole answer fits. */
enum ph_nt_session_layout ph_nt_session_layout(const struct ph_nt_answer *answer);

/* Goes from session to session: `*at` begins at 0. False: no more. Only for CHAIN and SINGLE. */
bool ph_nt_session_next(const struct ph_nt_answer *answer, enum ph_nt_session_layout layout,
                        size_t *at, uint32_t *session, struct ph_nt_tags *tags);

#endif
