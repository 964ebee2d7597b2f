/* path.h - taking paths apart and joining them, with the separators of this system (os.h). */
#ifndef PH_BASE_PATH_H
#define PH_BASE_PATH_H

#include <stdbool.h>

/* The file name at the end of a path, within it. */
const char *ph_base_name(const char *path);
/* The folder that a file lies in: "." when the path has none, "/" or "C:\" for what lies there.
 * Owned by the caller; NULL: out of memory. */
char *ph_path_folder(const char *path);
/* A folder and a name in it. Owned by the caller; NULL: out of memory. */
char *ph_path_join(const char *folder, const char *name);
/* True when `path` continues with `part`, whose '/' stand for every separator; case does not count.
 */
bool ph_path_continues(const char *path, const char *part);

#endif
