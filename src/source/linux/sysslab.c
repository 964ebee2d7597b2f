#include "source/linux/sysslab.h"

#include <string.h>

#include "base/os.h"

static struct ph_error *group_of(struct ph_sysslab *sysslab, struct ph_slice target,
                                 uint32_t *group)
{
    if (ph_table_find(&sysslab->ids, target, group))
        return NULL;
    PH_TRY(ph_grow(&sysslab->groups, &sysslab->group_capacity, sysslab->group_count + 1,
                   sizeof(*sysslab->groups)));
    *group = (uint32_t)sysslab->group_count;
    sysslab->groups[sysslab->group_count++] = (struct ph_text){0};
    return ph_table_put(&sysslab->ids, target, *group);
}

static struct ph_error *visit(void *context, const char *name, enum ph_file_kind kind)
{
    struct ph_sysslab *sysslab = context;

    if (kind != PH_FILE_LINK)
        return NULL;
    ph_autofree char *path = ph_format("%s/%s", sysslab->directory, name);
    ph_autofree char *target = NULL;
    if (!path)
        return ph_error_nomem();
    struct ph_error *error = ph_read_link(path, &target);
    if (error) { /* it went away meanwhile */
        bool fatal = error->code == PH_ERR_NOMEM;
        ph_error_free(error);
        return fatal ? ph_error_nomem() : NULL;
    }
    const char *slash = strrchr(target, '/');
    uint32_t group = 0;
    PH_TRY(group_of(sysslab, ph_slice_of(slash ? slash + 1 : target), &group));
    struct ph_text *names = &sysslab->groups[group];
    if (names->size)
        ph_text_putc(names, ' ');
    ph_text_puts(names, name);
    PH_TRY(ph_text_check(names));
    return ph_table_put(&sysslab->targets, ph_slice_of(name), group);
}

struct ph_error *ph_sysslab_load(struct ph_sysslab *sysslab, const char *root)
{
    ph_sysslab_fini(sysslab);
    sysslab->directory = ph_format("%s/sys/kernel/slab", root);
    if (!sysslab->directory)
        return ph_error_nomem();
    sysslab->present = ph_file_kind(sysslab->directory) == PH_FILE_DIRECTORY;
    if (!sysslab->present)
        return NULL;
    struct ph_error *error = ph_list_directory(sysslab->directory, visit, sysslab);
    if (error && error->code != PH_ERR_NOMEM) {
        sysslab->present = false; /* not readable counts as not there */
        ph_error_free(error);
        error = NULL;
    }
    return error;
}

void ph_sysslab_aliases(const struct ph_sysslab *sysslab, struct ph_slice name,
                        struct ph_text *aliases)
{
    uint32_t group;
    struct ph_slice alias;

    if (!ph_table_find(&sysslab->targets, name, &group))
        return;
    struct ph_slice rest = {sysslab->groups[group].data, sysslab->groups[group].size};
    while (ph_slice_word(&rest, &alias)) {
        if (alias.size == name.size && !memcmp(alias.data, name.data, name.size))
            continue;
        if (aliases->size)
            ph_text_putc(aliases, ' ');
        ph_text_add(aliases, alias.data, alias.size);
    }
}

bool ph_sysslab_number(const struct ph_sysslab *sysslab, struct ph_slice name, const char *file,
                       uint64_t *number)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    if (!sysslab->present || memchr(name.data, '/', name.size))
        return false;
    ph_autofree char *path =
        ph_format("%s/%.*s/%s", sysslab->directory, (int)name.size, name.data, file);
    if (!path)
        return false;
    struct ph_error *error = ph_read_file(path, 4096, &text);
    if (error) {
        ph_error_free(error);
        return false;
    }
    struct ph_slice rest = {text.data, strcspn(text.data, "\n")}, word;
    return ph_slice_word(&rest, &word) && ph_parse_u64(word, number) == PH_NUMBER_OK;
}

void ph_sysslab_fini(struct ph_sysslab *sysslab)
{
    for (size_t i = 0; i < sysslab->group_count; i++)
        ph_text_fini(&sysslab->groups[i]);
    ph_free(sysslab->groups);
    ph_free(sysslab->directory);
    ph_table_fini(&sysslab->targets);
    ph_table_fini(&sysslab->ids);
    *sysslab = (struct ph_sysslab){0};
}
