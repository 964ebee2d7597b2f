/* The version resource: blocks within blocks, each at a multiple of 4 bytes from the resource's
 * start.
 *
 *     block: length 2 (of all of it), length of the value 2, type 2, key in UTF-16 with its 0,
 *       padding, value, padding, blocks
 *     VS_VERSION_INFO, value VS_FIXEDFILEINFO: 0 0xfeef04bd, 8 and 12 the file's version, 16 and 20
 *       the product's, two numbers of 16 bits in each 4 bytes, the high one first
 *       StringFileInfo
 *         <language 4 hex digits, code page 4>
 *           <name>: its text (tools disagree whether its length counts bytes or characters)
 *       VarFileInfo: not needed
 */
#include "image/version.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum {
    BLOCK_HEADER = 6,
    FIXED_SIZE = 52,
    TRIES_MOST = 64, /* version resources of one file that are looked at */
    US_ENGLISH = 0x0409
};
#define FIXED_MAGIC 0xfeef04bdu

static const char *const STRINGS[PH_VERSION_COUNT] = {
    [PH_VERSION_COMPANY] = "CompanyName",        [PH_VERSION_DESCRIPTION] = "FileDescription",
    [PH_VERSION_PRODUCT] = "ProductName",        [PH_VERSION_PRODUCT_VERSION] = "ProductVersion",
    [PH_VERSION_FILE_VERSION] = "FileVersion",   [PH_VERSION_ORIGINAL_NAME] = "OriginalFilename",
    [PH_VERSION_INTERNAL_NAME] = "InternalName", [PH_VERSION_COPYRIGHT] = "LegalCopyright",
    [PH_VERSION_COMMENTS] = "Comments",
};

/* A block; offsets count from the resource's start, because alignment does. */
struct block {
    struct ph_slice key; /* UTF-16LE without its 0 */
    size_t value, value_length, end;
};

static size_t aligned(size_t offset)
{
    return (offset + 3) & ~(size_t)3;
}

/* The size in bytes of the UTF-16 text between two offsets, up to its 0. */
static size_t text_size(struct ph_slice bytes, size_t from, size_t end, bool *ended)
{
    for (size_t at = from; at + 2 <= end; at += 2)
        if (!bytes.data[at] && !bytes.data[at + 1]) {
            *ended = true;
            return at - from;
        }
    *ended = false;
    return end > from ? (end - from) & ~(size_t)1 : 0;
}

struct walk {
    struct ph_slice bytes;
    struct ph_version *version;
};

/* Reads the block at `offset`. One that claims to go on behind `end` is cut there. False: there is
 * none. */
static bool read_block(struct walk *walk, size_t offset, size_t end, struct block *block)
{
    const char *data = walk->bytes.data;
    bool ended;

    if (offset > end || end - offset < BLOCK_HEADER)
        return false;
    size_t length = ph_le16(data + offset), key = offset + BLOCK_HEADER;
    if (length < BLOCK_HEADER)
        return false;
    bool cut = length > end - offset;
    block->end = cut ? end : offset + length;
    block->value_length = ph_le16(data + offset + 2);
    size_t size = text_size(walk->bytes, key, block->end, &ended);
    if (!ended)
        return false;
    walk->version->damaged |= cut;
    block->key = (struct ph_slice){data + key, size};
    block->value = aligned(key + size + 2);
    if (block->value > block->end)
        block->value = block->end;
    return true;
}

static bool key_is(const struct block *block, const char *name)
{
    size_t length = strlen(name);

    if (block->key.size != length * 2)
        return false;
    for (size_t i = 0; i < length; i++)
        if (block->key.data[i * 2] != name[i] || block->key.data[i * 2 + 1])
            return false;
    return true;
}

/* The language of a string table, from the first four hex digits of its key; 0 = not readable. */
static uint32_t key_language(const struct block *block)
{
    uint32_t language = 0;

    if (block->key.size < 8)
        return 0;
    for (size_t i = 0; i < 4; i++) {
        char c = block->key.data[i * 2];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A') + 10
                                                : 16;
        if (digit > 15)
            return 0;
        language = language << 4 | digit;
    }
    return language;
}

/* Takes the next block off; false at the end. What is left but no block, and not zeros, is damage.
 */
static bool next_block(struct walk *walk, size_t *at, size_t end, struct block *block)
{
    size_t from = aligned(*at);

    if (from >= end)
        return false;
    if (read_block(walk, from, end, block)) {
        *at = block->end;
        return true;
    }
    for (size_t i = from; i < end; i++)
        if (walk->bytes.data[i])
            walk->version->damaged = true;
    return false;
}

static struct ph_error *read_string(struct walk *walk, const struct block *block)
{
    struct ph_version *version = walk->version;

    for (size_t i = 0; i < PH_VERSION_COUNT; i++) {
        if (!key_is(block, STRINGS[i]) || version->strings[i])
            continue;
        bool ended;
        size_t size = text_size(walk->bytes, block->value, block->end, &ended);
        struct ph_slice value = {walk->bytes.data + block->value, size};
        uint64_t replaced;
        if (size)
            PH_TRY(ph_utf16_to_utf8(value, false, &version->strings[i], &size, &replaced));
    }
    return NULL;
}

static struct ph_error *read_table(struct walk *walk, const struct block *table)
{
    struct block block;

    for (size_t at = table->value; next_block(walk, &at, table->end, &block);)
        PH_TRY(read_string(walk, &block));
    return NULL;
}

static bool has_strings(const struct ph_version *version)
{
    for (size_t i = 0; i < PH_VERSION_COUNT; i++)
        if (version->strings[i])
            return true;
    return false;
}

static void drop_strings(struct ph_version *version)
{
    for (size_t i = 0; i < PH_VERSION_COUNT; i++)
        ph_free(ph_steal(version->strings[i]));
}

/* All the tables of a StringFileInfo; US English replaces what another language gave. */
static struct ph_error *read_tables(struct walk *walk, const struct block *info)
{
    struct block table;
    bool english = false;

    for (size_t at = info->value; !english && next_block(walk, &at, info->end, &table);) {
        english = key_language(&table) == US_ENGLISH;
        if (has_strings(walk->version)) {
            if (!english)
                continue;
            drop_strings(walk->version);
        }
        PH_TRY(read_table(walk, &table));
    }
    return NULL;
}

static void read_numbers(const char *at, uint16_t numbers[4])
{
    numbers[0] = ph_le16(at + 2);
    numbers[1] = ph_le16(at);
    numbers[2] = ph_le16(at + 6);
    numbers[3] = ph_le16(at + 4);
}

static void read_fixed(struct walk *walk, const struct block *root)
{
    const char *at = walk->bytes.data + root->value;

    if (!root->value_length)
        return;
    if (root->value_length < FIXED_SIZE || root->end - root->value < FIXED_SIZE ||
        ph_le32(at) != FIXED_MAGIC) {
        walk->version->damaged = true;
        return;
    }
    walk->version->fixed = true;
    read_numbers(at + 8, walk->version->file);
    read_numbers(at + 16, walk->version->product);
}

static struct ph_error *read_root(struct walk *walk)
{
    struct block root, block;

    if (!read_block(walk, 0, walk->bytes.size, &root) || !key_is(&root, "VS_VERSION_INFO")) {
        walk->version->damaged = true;
        return NULL;
    }
    read_fixed(walk, &root);
    size_t at = root.value + root.value_length;
    while (next_block(walk, &at, root.end, &block))
        if (key_is(&block, "StringFileInfo"))
            PH_TRY(read_tables(walk, &block));
    return NULL;
}

struct ph_error *ph_version_parse(struct ph_slice resource, struct ph_version *version)
{
    PH_GUARD(ph_version_fini) struct ph_version found = {.found = true};
    struct walk walk = {resource, &found};

    PH_TRY(read_root(&walk));
    *version = found;
    found = (struct ph_version){0};
    return NULL;
}

/* --- which one --- */

struct choice {
    struct ph_version best;
    bool english;
    int tries;
};

/* Strings count most, then US English, then coming first. */
static struct ph_error *consider(void *context, const struct ph_pe_resource *resource)
{
    struct choice *choice = context;
    PH_GUARD(ph_version_fini) struct ph_version version = {0};
    bool english = resource->language == US_ENGLISH;

    if (resource->type != PH_PE_RESOURCE_VERSION || choice->tries++ >= TRIES_MOST)
        return NULL;
    PH_TRY(ph_version_parse(resource->data, &version));
    bool better = has_strings(&version)
                      ? !has_strings(&choice->best) || (english && !choice->english)
                      : !choice->best.found;
    if (better) {
        struct ph_version worse = choice->best;
        choice->best = version;
        choice->english = english;
        version = worse;
    }
    return NULL;
}

struct ph_error *ph_version_read(const struct ph_pe *pe, struct ph_version *version)
{
    struct choice choice = {0};
    struct ph_error *error = ph_pe_resources(pe, consider, &choice);

    if (error) {
        ph_version_fini(&choice.best);
        return error;
    }
    *version = choice.best;
    return NULL;
}

void ph_version_fini(struct ph_version *version)
{
    drop_strings(version);
    *version = (struct ph_version){0};
}
