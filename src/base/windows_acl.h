/* windows_acl.h - who may write where, on Windows; for *_windows.c only. */
#ifndef PH_BASE_WINDOWS_ACL_H
#define PH_BASE_WINDOWS_ACL_H

#include <stdbool.h>

#include "base/error.h"

/* SDDL (learn.microsoft.com, "Security Descriptor String Format"): protected, full access for the
 * system and administrators, passed on to all below; users may read nothing. */
#define PH_ACL_ADMINISTRATORS "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"

/* Makes a folder and its parents; the folder gets `rules` (SDDL) when it is new. */
struct ph_error *ph_make_guarded_directory(const char *path, const char *rules) PH_MUST_CHECK;
/* True when the system, the administrators or this user own the folder. */
bool ph_is_guarded(const char *path);
/* True when this process has an administrator's rights in force. */
bool ph_is_elevated(void);

#endif
