#include "front/front.h"

struct ph_error *ph_cli_top(const struct ph_arguments *arguments, enum ph_exit *status)
{
    (void)arguments;
    (void)status;
    return ph_errorf(PH_ERR_INTERNAL, "top: not there yet");
}
