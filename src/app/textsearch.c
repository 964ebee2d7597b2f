#include "app/textsearch.h"

#include <string.h>

#include "app/walk.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/sort.h"
#include "base/table.h"
#include "image/pe.h"

enum { HEADERS_MOST = 64 << 10 }; /* where headers and section table of a PE file must end */

/* Bytes from..to of a PE file belong to a section. */
struct range {
    uint64_t from, to;
    char name[9];
};

struct search {
    const struct ph_textsearch_options *options;
    struct ph_textsearch *result;
    struct ph_strings *strings;
    const char *path; /* of the file at hand */
    bool is_pe;
    uint64_t headers; /* bytes */
    struct range *ranges;
    size_t range_count, range_capacity;
};

static void search_fini(struct search *search)
{
    ph_strings_free(search->strings);
    ph_free(search->ranges);
}

/* ------------------------------------------------------------------ sections */

static int by_from(const void *left, const void *right)
{
    const struct range *a = left, *b = right;

    return a->from < b->from ? -1 : a->from > b->from;
}

static struct ph_error *read_sections(struct search *search, struct ph_handle *handle)
{
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};
    ph_autofree char *head = ph_alloc(HEADERS_MOST);
    size_t size;

    search->is_pe = false;
    search->range_count = 0;
    if (!head)
        return ph_error_nomem();
    PH_TRY(ph_handle_at(handle, 0, head, HEADERS_MOST, &size));
    struct ph_slice file = {head, size};
    if (!ph_pe_probe(file))
        return NULL;
    struct ph_error *error = ph_pe_parse(search->path, file, &pe);
    if (error && error->code != PH_ERR_NOMEM) { /* its texts are printed all the same */
        ph_error_free(error);
        return NULL;
    }
    PH_TRY(error);
    PH_TRY(ph_grow(&search->ranges, &search->range_capacity, pe.section_count + 1,
                   sizeof(*search->ranges)));
    for (size_t i = 0; i < pe.section_count; i++) {
        struct range *range = &search->ranges[search->range_count];
        const struct ph_pe_section *section = &pe.sections[i];
        if (!section->raw_size)
            continue;
        range->from = section->offset;
        range->to = (uint64_t)section->offset + section->raw_size;
        memcpy(range->name, section->name, sizeof(range->name));
        search->range_count++;
    }
    if (search->range_count)
        ph_sort(search->ranges, search->range_count, sizeof(*search->ranges), by_from);
    search->headers = pe.headers_size;
    search->is_pe = true;
    return NULL;
}

/* Of overlapping sections the one that begins last has the place. */
static const char *section_at(const struct search *search, uint64_t offset)
{
    size_t low = 0, high = search->range_count;

    if (!search->is_pe)
        return NULL;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (search->ranges[middle].from <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low && offset < search->ranges[low - 1].to)
        return search->ranges[low - 1].name;
    return low == 0 || offset < search->headers ? "headers" : "overlay";
}

/* ------------------------------------------------------------------ files */

static struct ph_error *visit(void *context, const struct ph_string *string)
{
    struct search *search = context;
    struct ph_textsearch_text text = {
        .path = search->path,
        .section = section_at(search, string->offset),
        .text = string->text,
        .offset = string->offset,
        .wide = string->wide,
    };

    search->result->texts++;
    return search->options->visit(search->options->context, &text);
}

/* Reads on. `*read_error` is what the system said when a piece could not be read. */
static struct ph_error *read_texts(struct search *search, struct ph_handle *handle,
                                   struct ph_error **read_error)
{
    uint64_t at = search->options->start, left = search->options->most;

    ph_strings_restart(search->strings, at);
    while (left && !ph_interrupted()) {
        size_t room, size;
        char *space = ph_strings_room(search->strings, &room);
        if (room > left)
            room = (size_t)left;
        *read_error = ph_handle_at(handle, at, space, room, &size);
        if (*read_error || !size)
            break;
        PH_TRY(ph_strings_take(search->strings, size));
        at += size;
        left -= size;
    }
    return ph_strings_end(search->strings);
}

static struct ph_error *search_file(struct search *search, const char *path)
{
    PH_GUARD(ph_handle_closep) struct ph_handle *handle = NULL;
    struct ph_error *read_error = NULL;

    search->path = path;
    search->is_pe = false;
    struct ph_error *error = ph_handle_open(path, &handle);
    if (!error && search->options->sections)
        error = read_sections(search, handle);
    if (error)
        return ph_loss_error(&search->result->losses, error);
    search->result->files++;
    error = read_texts(search, handle, &read_error);
    if (error) {
        ph_error_free(read_error);
        return error;
    }
    return ph_loss_error(&search->result->losses, read_error);
}

static struct ph_error *make_strings(struct search *search)
{
    const struct ph_textsearch_options *options = search->options;
    struct ph_strings_options wanted = {
        .least = options->least,
        .ascii = options->ascii,
        .wide = options->wide,
        .find = ph_slice_of(options->find ? options->find : ""),
        .ignore_case = options->ignore_case,
        .visit = visit,
        .context = search,
    };

    return ph_strings_new(&wanted, &search->strings);
}

static struct ph_error *run(struct search *search, struct ph_walk *walk)
{
    const struct ph_walk_options how = {.recurse = search->options->recurse};

    PH_TRY(make_strings(search));
    for (size_t i = 0; i < search->options->path_count; i++)
        PH_TRY(ph_loss_error(&search->result->losses,
                             ph_walk_add(walk, search->options->paths[i], &how)));
    for (size_t i = 0; i < walk->count && !ph_interrupted(); i++)
        PH_TRY(search_file(search, walk->files[i].path));
    return ph_loss_merge(&search->result->losses, &walk->losses, false);
}

bool ph_textsearch_is_several(const struct ph_textsearch_options *options)
{
    return options->path_count != 1 || ph_file_kind(options->paths[0]) == PH_FILE_DIRECTORY;
}

struct ph_error *ph_textsearch_run(const struct ph_textsearch_options *options,
                                   struct ph_textsearch *search)
{
    PH_GUARD(search_fini) struct search at_work = {.options = options, .result = search};
    PH_GUARD(ph_walk_fini) struct ph_walk walk = {0};

    return run(&at_work, &walk);
}

void ph_textsearch_fini(struct ph_textsearch *search)
{
    ph_loss_fini(&search->losses);
    *search = (struct ph_textsearch){0};
}
