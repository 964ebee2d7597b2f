/* error.h - errors that say what, which, why, and what to do next.
 *
 * A function that can fail returns `struct ph_error *`: NULL on success, otherwise an error that
 * the caller owns and must pass on or free. Outputs are written only on success. Out of memory is
 * an error like another: a static one, so that reporting it needs no memory.
 */
#ifndef PH_BASE_ERROR_H
#define PH_BASE_ERROR_H

#include <stdarg.h>

#define PH_MUST_CHECK __attribute__((warn_unused_result))
#define PH_NEVER_NULL __attribute__((returns_nonnull))
#ifdef _WIN32 /* mingw's own printf(), which knows C17's conversions, not that of msvcrt */
#define PH_PRINTF(fmt, args) __attribute__((format(gnu_printf, fmt, args)))
#else
#define PH_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#endif

enum ph_error_code {
    PH_ERR_NOMEM,     /* an allocation failed */
    PH_ERR_IO,        /* the system refused a read, write or open */
    PH_ERR_ACCESS,    /* a privilege is missing */
    PH_ERR_NOT_FOUND, /* the file, source or tag does not exist */
    PH_ERR_FORMAT,    /* foreign bytes do not follow their format */
    PH_ERR_VERSION,   /* written by a newer poolhound */
    PH_ERR_FULL,      /* no space left on the device */
    PH_ERR_USAGE,     /* the caller's request makes no sense */
    PH_ERR_BUSY,      /* somebody else holds the file */
    PH_ERR_INTERNAL,  /* a bug of ours */
};

struct ph_error {
    enum ph_error_code code;
    char *text; /* one line, no newline at the end */
};

/* Makes an error with a printf-style one-line text. Never returns NULL. */
struct ph_error *ph_errorf(enum ph_error_code code, const char *format, ...)
    PH_PRINTF(2, 3) PH_MUST_CHECK PH_NEVER_NULL;

/* The static out-of-memory error; freeing it is harmless. */
struct ph_error *ph_error_nomem(void) PH_MUST_CHECK PH_NEVER_NULL;

/* Makes an error from an errno value: "<text>: <strerror>", its code derived from errno. */
struct ph_error *ph_error_errno(int errno_value, const char *format, ...)
    PH_PRINTF(2, 3) PH_MUST_CHECK PH_NEVER_NULL;

/* Puts "<text>: " before `lower`'s text and keeps its code. Takes ownership of `lower`. */
struct ph_error *ph_error_wrap(struct ph_error *lower, const char *format, ...)
    PH_PRINTF(2, 3) PH_MUST_CHECK PH_NEVER_NULL;

#ifdef __clang_analyzer__
/* clang's analyzer does not believe PH_NEVER_NULL: it would follow paths behind PH_TRY on which a
 * function failed and yet gave no error. */
static inline struct ph_error *ph_error_surely(struct ph_error *error)
{
    if (!error)
        __builtin_unreachable();
    return error;
}
#define ph_errorf(...) ph_error_surely(ph_errorf(__VA_ARGS__))
#define ph_error_nomem() ph_error_surely(ph_error_nomem())
#define ph_error_errno(...) ph_error_surely(ph_error_errno(__VA_ARGS__))
#define ph_error_wrap(...) ph_error_surely(ph_error_wrap(__VA_ARGS__))
#endif

/* Frees an error; NULL is allowed. */
void ph_error_free(struct ph_error *error);

/* Guard for error variables: see guard.h. */
void ph_error_freep(struct ph_error **error);

/* Returns from the current function with the error, if there is one. */
#define PH_TRY(expression)                                                                         \
    do {                                                                                           \
        struct ph_error *ph_try_error = (expression);                                              \
        if (ph_try_error)                                                                          \
            return ph_try_error;                                                                   \
    } while (0)

#endif
