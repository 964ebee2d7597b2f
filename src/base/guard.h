/* guard.h - scope guards: what a scope acquired is released where the scope ends.
 *
 *     ph_autofree char *line = NULL;
 *     PH_GUARD(ph_sample_fini) struct ph_sample sample = {0};
 *
 * The guard function takes a pointer to the variable. Hand ownership out with ph_steal().
 */
#ifndef PH_BASE_GUARD_H
#define PH_BASE_GUARD_H

#include <stddef.h>

#define PH_GUARD(function) __attribute__((cleanup(function)))
#define ph_autofree __attribute__((cleanup(ph_freep)))
#define ph_autoerror __attribute__((cleanup(ph_error_freep)))

/* Takes the pointer out of a guarded variable, which becomes NULL. */
#define ph_steal(variable)                                                                         \
    ({                                                                                             \
        __typeof__(variable) ph_stolen = (variable);                                               \
        (variable) = NULL;                                                                         \
        ph_stolen;                                                                                 \
    })

#endif
