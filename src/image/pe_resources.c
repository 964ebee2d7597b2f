/* The resources of a PE file: a tree of three levels - type, name, language - and its leaves.
 *
 *     directory, 16 bytes: 12 named entries, 14 numbered entries (2 bytes each); entries follow
 *     entry, 8 bytes: number, or with bit 31 the offset of a name (2-byte length, UTF-16); offset
 * of a leaf, or with bit 31 of a directory; offsets count from the root leaf, 16 bytes: RVA, size,
 * code page, 0
 *
 * Cycles need no memory of what was seen: three levels end them, and a count of all entries bounds
 * directories that many entries share.
 */
#include "image/pe.h"

enum { DIRECTORY_SIZE = 16, ENTRY_SIZE = 8, LEAF_SIZE = 16, LEVELS = 3, NODES_MOST = 65536 };
#define HIGH_BIT 0x80000000u

struct tree {
    const struct ph_pe *pe;
    struct ph_slice root; /* from the root to the end of its section */
    size_t nodes;
    struct ph_error *(*visit)(void *context, const struct ph_pe_resource *resource);
    void *context;
};

static bool part(struct ph_slice root, size_t offset, size_t size, struct ph_slice *bytes)
{
    if (offset > root.size || size > root.size - offset)
        return false;
    *bytes = (struct ph_slice){root.data + offset, size};
    return true;
}

/* What an entry is called: by number or by name. */
static void read_name(const struct tree *tree, uint32_t value, uint32_t *number,
                      struct ph_slice *name)
{
    struct ph_slice bytes;
    size_t offset = value & ~HIGH_BIT;

    *name = (struct ph_slice){"", 0};
    *number = value & HIGH_BIT ? 0 : value;
    if (value & HIGH_BIT && part(tree->root, offset, 2, &bytes) &&
        part(tree->root, offset + 2, (size_t)ph_le16(bytes.data) * 2, &bytes))
        *name = bytes;
}

static struct ph_error *visit_leaf(struct tree *tree, size_t offset,
                                   struct ph_pe_resource *resource)
{
    struct ph_slice bytes;

    if (!part(tree->root, offset, LEAF_SIZE, &bytes) ||
        !ph_pe_bytes(tree->pe, ph_le32(bytes.data), ph_le32(bytes.data + 4), &resource->data))
        return NULL;
    return tree->visit(tree->context, resource);
}

struct level {
    size_t next; /* offset of the next entry */
    uint32_t left;
};

static bool enter(const struct tree *tree, size_t offset, struct level *level)
{
    struct ph_slice bytes;

    if (!part(tree->root, offset, DIRECTORY_SIZE, &bytes))
        return false;
    level->left = (uint32_t)ph_le16(bytes.data + 12) + ph_le16(bytes.data + 14);
    level->next = offset + DIRECTORY_SIZE;
    return true;
}

/* What a leaf below this entry is called; lower levels are not known yet. */
static void name_level(const struct tree *tree, size_t depth, uint32_t value,
                       struct ph_pe_resource *resource)
{
    const struct ph_slice unnamed = {"", 0};

    if (depth == 0) {
        read_name(tree, value, &resource->type, &resource->type_name);
        resource->id = 0;
        resource->id_name = unnamed;
    } else if (depth == 1) {
        read_name(tree, value, &resource->id, &resource->id_name);
    }
    resource->language = depth == 2 ? value : 0;
}

static struct ph_error *walk(struct tree *tree)
{
    struct level levels[LEVELS];
    struct ph_pe_resource resource = {0};
    struct ph_slice entry;
    size_t depth = 0;

    if (!enter(tree, 0, &levels[0]))
        return NULL;
    for (;;) {
        struct level *level = &levels[depth];
        if (!level->left || !part(tree->root, level->next, ENTRY_SIZE, &entry)) {
            if (!depth--)
                return NULL;
            continue;
        }
        if (tree->nodes++ >= NODES_MOST)
            return NULL;
        level->left--;
        level->next += ENTRY_SIZE;
        uint32_t value = ph_le32(entry.data), target = ph_le32(entry.data + 4);
        name_level(tree, depth, value, &resource);
        if (!(target & HIGH_BIT))
            PH_TRY(visit_leaf(tree, target, &resource));
        else if (depth + 1 < LEVELS && enter(tree, target & ~HIGH_BIT, &levels[depth + 1]))
            depth++;
    }
}

struct ph_error *ph_pe_resources(const struct ph_pe *pe,
                                 struct ph_error *(*visit)(void *context,
                                                           const struct ph_pe_resource *resource),
                                 void *context)
{
    struct tree tree = {.pe = pe, .visit = visit, .context = context};
    uint32_t rva = pe->directories[PH_PE_RESOURCE].rva;

    if (!rva || !ph_pe_rest(pe, rva, &tree.root))
        return NULL;
    return walk(&tree);
}
