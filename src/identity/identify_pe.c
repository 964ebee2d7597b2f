/* What a PE file says about itself, but for its signatures. */
#include "identity/identify.h"

#include <string.h>

#include "base/bytes.h"
#include "base/os.h"
#include "image/pe_hash.h"
#include "image/version.h"
#include "model/sample.h"

enum {
    TOOL_LINKER_14 = 0x102, /* the linker of Visual Studio 2015 and later, in the Rich header */
    EFI_FIRST = 10,         /* subsystems of firmware */
    EFI_LAST = 13
};

/* --- version resource --- */

/* Takes a string of the version resource, without the blanks that pad it in many drivers. */
static char *take_trimmed(char **string)
{
    char *text = ph_steal(*string);
    size_t size = text ? strlen(text) : 0;

    while (size && (text[size - 1] == ' ' || text[size - 1] == '\t'))
        text[--size] = 0;
    if (text && !size)
        ph_freep(&text);
    return text;
}

static struct ph_error *read_version(const struct ph_pe *pe, struct ph_identity *found)
{
    PH_GUARD(ph_version_fini) struct ph_version version = {0};

    PH_TRY(ph_version_read(pe, &version));
    found->company = take_trimmed(&version.strings[PH_VERSION_COMPANY]);
    found->description = take_trimmed(&version.strings[PH_VERSION_DESCRIPTION]);
    found->product = take_trimmed(&version.strings[PH_VERSION_PRODUCT]);
    found->product_version = take_trimmed(&version.strings[PH_VERSION_PRODUCT_VERSION]);
    found->file_version = take_trimmed(&version.strings[PH_VERSION_FILE_VERSION]);
    found->original_name = take_trimmed(&version.strings[PH_VERSION_ORIGINAL_NAME]);
    found->internal_name = take_trimmed(&version.strings[PH_VERSION_INTERNAL_NAME]);
    found->copyright = take_trimmed(&version.strings[PH_VERSION_COPYRIGHT]);
    found->comments = take_trimmed(&version.strings[PH_VERSION_COMMENTS]);
    if (version.damaged)
        PH_TRY(ph_loss_add(&found->losses, 0,
                           "the version resource does not follow its format: a part of it was left "
                           "out"));
    if (!version.fixed)
        return NULL;
    found->binary_version = ph_format("%u.%u.%u.%u", version.file[0], version.file[1],
                                      version.file[2], version.file[3]);
    return found->binary_version ? NULL : ph_error_nomem();
}

/* --- time of linking --- */

/* The first Windows with PE files is of 1993. A date to come is none, but the clock of this machine
 * may stand in the past: it is not trusted below the year this was written. */
static bool is_date(uint32_t seconds)
{
    const int64_t first = 725846400 /* 1993-01-01 */, clock_least = 1767225600 /* 2026-01-01 */;
    int64_t now = ph_realtime_ns() / PH_SECOND;

    return seconds >= first && seconds <= (now > clock_least ? now : clock_least) + 86400;
}

/* --- debug information --- */

/* The path as UTF-8: where it is not, bytes are written as \xNN, with its own backslashes kept. */
static struct ph_error *path_text(struct ph_slice path, char **text)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};

    while (path.size) {
        const char *slash = memchr(path.data, '\\', path.size);
        size_t size = slash ? (size_t)(slash - path.data) : path.size;
        ph_text_escaped(&out, (struct ph_slice){path.data, size});
        if (slash)
            ph_text_putc(&out, '\\');
        size += slash ? 1 : 0;
        path = (struct ph_slice){path.data + size, path.size - size};
    }
    PH_TRY(ph_text_check(&out));
    *text = ph_steal(out.data);
    return NULL;
}

/* As symbol servers name the folder of a PDB: the GUID's digits and the age, without separators. */
static struct ph_error *pdb_key(const struct ph_pe_pdb *pdb, char **key)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    const uint8_t *guid = pdb->guid;

    ph_text_printf(&out, "%08X", ph_le32(guid));
    if (!pdb->numbered) {
        ph_text_printf(&out, "%04X%04X", ph_le16(guid + 4), ph_le16(guid + 6));
        for (size_t i = 8; i < sizeof(pdb->guid); i++)
            ph_text_printf(&out, "%02X", guid[i]);
    }
    ph_text_printf(&out, "%X", pdb->age);
    PH_TRY(ph_text_check(&out));
    *key = ph_steal(out.data);
    return NULL;
}

static struct ph_error *read_origin(const struct ph_pe *pe, struct ph_identity *found)
{
    struct ph_pe_pdb pdb;

    ph_pe_pdb(pe, &pdb);
    found->link_is_hash = pdb.reproducible;
    if (!pdb.reproducible && is_date(pe->timestamp))
        found->link_s = pe->timestamp;
    if (!pdb.path.size)
        return NULL;
    PH_TRY(path_text(pdb.path, &found->pdb_path));
    return pdb_key(&pdb, &found->pdb_id);
}

/* --- tools --- */

/* Microsoft's linkers: version, the compiler that came with them, and the product. */
static const struct {
    uint8_t major, first_minor, last_minor;
    uint8_t compiler;
    const char *product;
} LINKERS[] = {
    {6, 0, 0, 12, "VS 6.0"},           {7, 0, 0, 13, "VS .NET 2002"},
    {7, 10, 10, 13, "VS .NET 2003"},   {8, 0, 0, 14, "VS 2005"},
    {9, 0, 0, 15, "VS 2008"},          {10, 0, 0, 16, "VS 2010"},
    {11, 0, 0, 17, "VS 2012"},         {12, 0, 0, 18, "VS 2013"},
    {14, 0, 0, 19, "VS 2015"},         {14, 10, 10, 19, "VS 2017 15.0"},
    {14, 11, 11, 19, "VS 2017 15.3"},  {14, 12, 12, 19, "VS 2017 15.5"},
    {14, 13, 13, 19, "VS 2017 15.6"},  {14, 14, 14, 19, "VS 2017 15.7"},
    {14, 15, 15, 19, "VS 2017 15.8"},  {14, 16, 16, 19, "VS 2017 15.9"},
    {14, 20, 20, 19, "VS 2019 16.0"},  {14, 21, 21, 19, "VS 2019 16.1"},
    {14, 22, 22, 19, "VS 2019 16.2"},  {14, 23, 23, 19, "VS 2019 16.3"},
    {14, 24, 24, 19, "VS 2019 16.4"},  {14, 25, 25, 19, "VS 2019 16.5"},
    {14, 26, 26, 19, "VS 2019 16.6"},  {14, 27, 27, 19, "VS 2019 16.7"},
    {14, 28, 29, 19, "VS 2019"},       {14, 30, 30, 19, "VS 2022 17.0"},
    {14, 31, 31, 19, "VS 2022 17.1"},  {14, 32, 32, 19, "VS 2022 17.2"},
    {14, 33, 33, 19, "VS 2022 17.3"},  {14, 34, 34, 19, "VS 2022 17.4"},
    {14, 35, 35, 19, "VS 2022 17.5"},  {14, 36, 36, 19, "VS 2022 17.6"},
    {14, 37, 37, 19, "VS 2022 17.7"},  {14, 38, 38, 19, "VS 2022 17.8"},
    {14, 39, 39, 19, "VS 2022 17.9"},  {14, 40, 40, 19, "VS 2022 17.10"},
    {14, 41, 41, 19, "VS 2022 17.11"}, {14, 42, 42, 19, "VS 2022 17.12"},
    {14, 43, 43, 19, "VS 2022 17.13"}, {14, 44, 44, 19, "VS 2022 17.14"},
};

/* Two releases of Visual Studio 2019 share each of the linkers 14.28 and 14.29. */
static const struct {
    uint8_t minor;
    uint16_t first_build, last_build;
    const char *product;
} SHARED_LINKERS[] = {
    {28, 29333, 29399, "VS 2019 16.8"},
    {28, 29910, 29999, "VS 2019 16.9"},
    {29, 30037, 30099, "VS 2019 16.10"},
    {29, 30133, 30159, "VS 2019 16.11"},
};

static const char *product_of(const struct ph_pe *pe, uint16_t build, size_t linker)
{
    for (size_t i = 0; i < sizeof(SHARED_LINKERS) / sizeof(SHARED_LINKERS[0]); i++)
        if (pe->linker_major == 14 && SHARED_LINKERS[i].minor == pe->linker_minor &&
            build >= SHARED_LINKERS[i].first_build && build <= SHARED_LINKERS[i].last_build)
            return SHARED_LINKERS[i].product;
    return LINKERS[linker].product;
}

/* The build of the linker, from the Rich header; 0 = not there. */
static uint16_t linker_build(const struct ph_pe_tool *tools, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (tools[i].id == TOOL_LINKER_14)
            return tools[i].build;
    return 0;
}

static void microsoft_tools(const struct ph_pe *pe, uint16_t build, struct ph_text *out)
{
    for (size_t i = 0; i < sizeof(LINKERS) / sizeof(LINKERS[0]); i++) {
        if (LINKERS[i].major != pe->linker_major || pe->linker_minor < LINKERS[i].first_minor ||
            pe->linker_minor > LINKERS[i].last_minor)
            continue;
        ph_text_printf(out, "MSVC %u.%02u", LINKERS[i].compiler, pe->linker_minor);
        if (build)
            ph_text_printf(out, ".%u", build);
        ph_text_printf(out, " (%s)", product_of(pe, build, i));
        return;
    }
    ph_text_printf(out, "Microsoft linker %u.%02u", pe->linker_major, pe->linker_minor);
}

static bool has_section(const struct ph_pe *pe, const char *name)
{
    for (size_t i = 0; i < pe->section_count; i++)
        if (strcmp(pe->sections[i].name, name) == 0)
            return true;
    return false;
}

/* "GCC: (GNU) 12.2.0", as the compiler leaves it in read-only data. */
static struct ph_slice compiler_note(const struct ph_pe *pe)
{
    const char *end = pe->file.data + pe->file.size;
    const char *note = ph_find_bytes(pe->file.data, pe->file.size, "GCC: (", 6);

    if (!note)
        return (struct ph_slice){"", 0};
    size_t window = (size_t)(end - note) < 80 ? (size_t)(end - note) : 80;
    size_t size = strnlen(note, window);
    return size < window ? (struct ph_slice){note + 5, size - 5} : (struct ph_slice){"", 0};
}

/* Without a Rich header only what the file shows: the version that the linker wrote, and its maker
 * where it left traces. GNU ld's versions are 2.x, and it makes sections that others do not; Go
 * writes 3.0 and leaves a build id. lld copies the numbers of Microsoft's linker. */
static void other_tools(const struct ph_pe *pe, struct ph_text *out)
{
    struct ph_slice note = compiler_note(pe);
    bool gnu = pe->linker_major == 2 && (note.size || has_section(pe, ".idata") ||
                                         has_section(pe, ".CRT") || has_section(pe, ".eh_fram"));
    const char *maker = gnu ? "GNU ld" : "linker";

    if (pe->linker_major == 3 && ph_find_bytes(pe->file.data, pe->file.size, "Go build ID: \"", 14))
        maker = "Go linker";
    if (!pe->linker_major && !pe->linker_minor)
        return;
    ph_text_printf(out, "%s %u.%u", maker, pe->linker_major, pe->linker_minor);
    if (gnu && note.size) {
        ph_text_puts(out, ", GCC ");
        ph_text_escaped(out, note);
    }
}

static struct ph_error *read_tools(const struct ph_pe *pe, struct ph_identity *found)
{
    PH_GUARD(ph_text_fini) struct ph_text out = {0};
    struct ph_pe_tool tools[PH_PE_TOOLS_MOST];
    size_t count = ph_pe_tools(pe, tools);

    if (count)
        microsoft_tools(pe, linker_build(tools, count), &out);
    else
        other_tools(pe, &out);
    PH_TRY(ph_text_check(&out));
    found->tools = ph_steal(out.data);
    return NULL;
}

/* --- minimum OS --- */

static const struct {
    uint16_t major, minor;
    const char *name;
} SYSTEMS[] = {
    {3, 10, "Windows NT 3.1"}, {3, 50, "Windows NT 3.5"}, {3, 51, "Windows NT 3.51"},
    {4, 0, "Windows NT 4.0"},  {5, 0, "Windows 2000"},    {5, 1, "Windows XP"},
    {5, 2, "Windows 2003"},    {6, 0, "Windows Vista"},   {6, 1, "Windows 7"},
    {6, 2, "Windows 8"},       {6, 3, "Windows 8.1"},     {10, 0, "Windows 10"},
};

/* The subsystem's version is what Windows compares with its own when it loads a file. */
static struct ph_error *read_minimum_os(const struct ph_pe *pe, struct ph_identity *found)
{
    const char *name = "Windows";

    if (pe->subsystem >= EFI_FIRST && pe->subsystem <= EFI_LAST)
        return NULL;
    if (!pe->subsystem_major && !pe->subsystem_minor)
        return NULL;
    for (size_t i = 0; i < sizeof(SYSTEMS) / sizeof(SYSTEMS[0]); i++)
        if (SYSTEMS[i].major == pe->subsystem_major && SYSTEMS[i].minor == pe->subsystem_minor)
            name = SYSTEMS[i].name;
    found->minimum_os = ph_format("%s (%u.%u)", name, pe->subsystem_major, pe->subsystem_minor);
    return found->minimum_os ? NULL : ph_error_nomem();
}

/* --- sums --- */

/* A sum that the provider refuses (MD5 where FIPS rules are on) is a loss, not the end. */
static struct ph_error *unless_refused(struct ph_error *error, struct ph_loss_list *losses)
{
    if (!error || error->code != PH_ERR_ACCESS)
        return error;
    struct ph_error *lower = ph_loss_add(losses, 0, "%s", error->text);
    ph_error_free(error);
    return lower;
}

static struct ph_error *read_sums(const struct ph_pe *pe, struct ph_identity *found)
{
    static const enum ph_digest_kind KINDS[] = {PH_DIGEST_MD5, PH_DIGEST_SHA1, PH_DIGEST_SHA256};
    struct ph_loss_list *losses = &found->losses;

    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
        PH_TRY(unless_refused(ph_digest(KINDS[i], &pe->file, 1, &found->sums[KINDS[i]]), losses));
    PH_TRY(unless_refused(ph_pe_image_hash(pe, PH_DIGEST_SHA1, true, &found->pe_sha1), losses));
    PH_TRY(unless_refused(ph_pe_image_hash(pe, PH_DIGEST_SHA256, true, &found->pe_sha256), losses));
    PH_TRY(unless_refused(ph_pe_import_hash(pe, &found->import_hash), losses));
    found->entropy = ph_entropy(pe->file);
    return NULL;
}

static void put_string(char **to, char **from)
{
    ph_free(*to);
    *to = ph_steal(*from);
}

/* Moves what was found over; everything else of `identity` stays. */
static void put(struct ph_identity *identity, struct ph_identity *found)
{
    put_string(&identity->company, &found->company);
    put_string(&identity->description, &found->description);
    put_string(&identity->product, &found->product);
    put_string(&identity->product_version, &found->product_version);
    put_string(&identity->file_version, &found->file_version);
    put_string(&identity->binary_version, &found->binary_version);
    put_string(&identity->original_name, &found->original_name);
    put_string(&identity->internal_name, &found->internal_name);
    put_string(&identity->copyright, &found->copyright);
    put_string(&identity->comments, &found->comments);
    put_string(&identity->pdb_path, &found->pdb_path);
    put_string(&identity->pdb_id, &found->pdb_id);
    put_string(&identity->tools, &found->tools);
    put_string(&identity->minimum_os, &found->minimum_os);
    memcpy(identity->sums, found->sums, sizeof(identity->sums));
    identity->pe_sha1 = found->pe_sha1;
    identity->pe_sha256 = found->pe_sha256;
    identity->import_hash = found->import_hash;
    identity->entropy = found->entropy;
    identity->link_s = found->link_s;
    identity->link_is_hash = found->link_is_hash;
}

struct ph_error *ph_identify_pe(const struct ph_pe *pe, struct ph_identity *identity)
{
    PH_GUARD(ph_identity_fini) struct ph_identity found = {0};

    PH_TRY(read_version(pe, &found));
    PH_TRY(read_origin(pe, &found));
    PH_TRY(read_tools(pe, &found));
    PH_TRY(read_minimum_os(pe, &found));
    PH_TRY(read_sums(pe, &found));
    PH_TRY(ph_loss_merge(&identity->losses, &found.losses, true));
    put(identity, &found);
    identity->format = PH_FORMAT_PE;
    identity->machine = pe->machine;
    identity->size = pe->file.size;
    return NULL;
}
