#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#ifdef __clang_analyzer__ /* see error.h */
#undef ph_errorf
#undef ph_error_nomem
#undef ph_error_errno
#undef ph_error_wrap
#endif

static char nomem_text[] = "out of memory";
static struct ph_error nomem = {PH_ERR_NOMEM, nomem_text};

struct ph_error *ph_error_nomem(void)
{
    return &nomem;
}

static struct ph_error *make(enum ph_error_code code, char *text)
{
    struct ph_error *error = text ? ph_alloc(sizeof(*error)) : NULL;

    if (!error) {
        ph_free(text);
        return &nomem;
    }
    error->code = code;
    error->text = text;
    return error;
}

struct ph_error *ph_errorf(enum ph_error_code code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *text = ph_vformat(format, args);
    va_end(args);
    return make(code, text);
}

static enum ph_error_code code_of_errno(int errno_value)
{
    switch (errno_value) {
    case ENOMEM:
        return PH_ERR_NOMEM;
    case EACCES:
    case EPERM:
    case EROFS:
        return PH_ERR_ACCESS;
    case ENOENT:
    case ENOTDIR:
        return PH_ERR_NOT_FOUND;
    case ENOSPC:
    case EFBIG:
#ifdef EDQUOT
    case EDQUOT:
#endif
        return PH_ERR_FULL;
    case EBUSY:
    case EAGAIN:
        return PH_ERR_BUSY;
    default:
        return PH_ERR_IO;
    }
}

struct ph_error *ph_error_errno(int errno_value, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *what = ph_vformat(format, args);
    va_end(args);
    if (!what)
        return &nomem;
    char *text = ph_format("%s: %s", what, strerror(errno_value));
    ph_free(what);
    return make(code_of_errno(errno_value), text);
}

struct ph_error *ph_error_wrap(struct ph_error *lower, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *what = ph_vformat(format, args);
    va_end(args);
    if (!what) {
        ph_error_free(lower);
        return &nomem;
    }
    char *text = ph_format("%s: %s", what, lower->text);
    enum ph_error_code code = lower->code;
    ph_free(what);
    ph_error_free(lower);
    return make(code, text);
}

void ph_error_free(struct ph_error *error)
{
    if (!error || error == &nomem)
        return;
    ph_free(error->text);
    ph_free(error);
}

void ph_error_freep(struct ph_error **error)
{
    ph_error_free(*error);
}
