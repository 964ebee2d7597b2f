/* What the commands that name drivers share: the options of who from the command line. */
#include "base/os.h"
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

bool ph_front_has_drivers(const struct ph_arguments *arguments)
{
    return arguments->drivers.count || (ph_who_knows_drivers() && !arguments->root);
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
        .everything = arguments->all,
        .weak = arguments->text,
        .progress = ph_file_meter_progress,
        .context = meter,
    };
}

struct ph_error *ph_front_owner_files(const struct ph_arguments *arguments)
{
    const struct ph_words *const LISTS[] = {&arguments->drivers,    &arguments->tag_lists,
                                            &arguments->known_tags, &arguments->leak_rules,
                                            &arguments->roots,      &arguments->catalogs};

    for (size_t i = 0; i < sizeof(LISTS) / sizeof(LISTS[0]); i++)
        for (size_t k = 0; k < LISTS[i]->count; k++)
            if (ph_file_kind(LISTS[i]->items[k]) == PH_FILE_NONE)
                return ph_errorf(PH_ERR_NOT_FOUND, "%s: no such file or folder",
                                 LISTS[i]->items[k]);
    if (arguments->certificate && ph_file_kind(arguments->certificate) == PH_FILE_NONE)
        return ph_errorf(PH_ERR_NOT_FOUND, "%s: no such file", arguments->certificate);
    return NULL;
}
