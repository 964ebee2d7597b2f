/* Writes every resource of a PE file to a file of its own: drivers and catalogs travel inside the
 * DLLs and installers that install them.
 *
 *     extract_resources FILE DIRECTORY
 *
 * A resource is named by its own name, or <type>-<id> where it has only numbers; letters, digits,
 * dots and dashes are kept, others become _.
 */
#include <stdio.h>

#include "base/guard.h"
#include "base/os.h"
#include "image/pe.h"

enum { FILE_MOST = 64 << 20 };

static void put_name(struct ph_text *out, uint32_t number, struct ph_slice name)
{
    if (!name.size)
        ph_text_printf(out, "%u", number);
    for (size_t i = 0; i + 1 < name.size; i += 2) {
        char c = name.data[i];
        bool kept = !name.data[i + 1] && ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                                          (c >= 'a' && c <= 'z') || c == '-' || (c == '.' && i));
        ph_text_putc(out, kept ? c : '_');
    }
}

static struct ph_error *write_resource(void *context, const struct ph_pe_resource *resource)
{
    PH_GUARD(ph_text_fini) struct ph_text path = {0};

    ph_text_printf(&path, "%s/", (const char *)context);
    if (!resource->id_name.size) {
        put_name(&path, resource->type, resource->type_name);
        ph_text_putc(&path, '-');
    }
    put_name(&path, resource->id, resource->id_name);
    PH_TRY(ph_text_check(&path));
    return ph_write_file(path.data, resource->data);
}

static struct ph_error *extract(const char *file, char *directory)
{
    PH_GUARD(ph_text_fini) struct ph_text bytes = {0};
    PH_GUARD(ph_pe_fini) struct ph_pe pe = {0};

    PH_TRY(ph_read_file(file, FILE_MOST, &bytes));
    PH_TRY(ph_pe_parse(file, (struct ph_slice){bytes.data, bytes.size}, &pe));
    PH_TRY(ph_make_directories(directory));
    return ph_pe_resources(&pe, write_resource, directory);
}

int main(int count, char **arguments)
{
    if (count != 3) {
        fprintf(stderr, "usage: extract_resources FILE DIRECTORY\n");
        return 2;
    }
    struct ph_error *error = extract(arguments[1], arguments[2]);
    if (error)
        fprintf(stderr, "extract_resources: %s\n", error->text);
    int status = error ? 1 : 0;
    ph_error_free(error);
    return status;
}
