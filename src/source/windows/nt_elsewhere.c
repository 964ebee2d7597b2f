#include "source/windows/nt.h"

const struct ph_nt *ph_nt_live(void)
{
    return NULL;
}
