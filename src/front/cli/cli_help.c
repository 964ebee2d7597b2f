/* help: texts made from the tables of commands and options. */
#include "front/front.h"

struct ph_error *ph_cli_help(const struct ph_arguments *arguments, enum ph_exit *status)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    if (arguments->man) {
        ph_help_man(&out);
    } else if (arguments->completion) {
        ph_help_completion(&out);
    } else if (arguments->operand_count) {
        const struct ph_command *command = ph_command_find(arguments->operands[0]);
        if (!command)
            return ph_errorf(PH_ERR_USAGE, "no command '%s'; 'poolhound help' lists them",
                             arguments->operands[0]);
        ph_help_command(command, &out);
    } else {
        ph_help_overview(&out);
    }
    *status = PH_EXIT_CLEAN;
    return ph_front_write(&out);
}
