/* What the commands that name drivers share: the options of who from the command line. */
#include "front/front.h"

struct ph_identifier_options ph_front_identifier(const struct ph_arguments *arguments)
{
    return (struct ph_identifier_options){
        .roots = arguments->roots.items,
        .root_count = arguments->roots.count,
        .catalogs = arguments->catalogs.items,
        .catalog_count = arguments->catalogs.count,
        .tree = arguments->root,
        .certificate = arguments->certificate,
    };
}

struct ph_who_options ph_front_who(const struct ph_arguments *arguments, const char *index,
                                   struct ph_file_meter *meter)
{
    return (struct ph_who_options){
        .drivers = arguments->drivers.items,
        .driver_count = arguments->drivers.count,
        .tag_lists = arguments->tag_lists.items,
        .tag_list_count = arguments->tag_lists.count,
        .known_tags = arguments->known_tags.items,
        .known_tag_count = arguments->known_tags.count,
        .leak_rules = arguments->leak_rules.items,
        .leak_rule_count = arguments->leak_rules.count,
        .identity = ph_front_identifier(arguments),
        .index = index,
        .root = arguments->root,
        .weak = arguments->text,
        .progress = ph_file_meter_progress,
        .context = meter,
    };
}
