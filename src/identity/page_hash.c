/* Page hashes within a signature:
 *
 *     SpcPeImageData ::= SEQUENCE { BIT STRING flags, [0] { link } }
 *     link ::= [1] { OCTET STRING class (16 bytes), OCTET STRING serialised }
 *     serialised ::= SET OF SEQUENCE { OID, SET { OCTET STRING table } }
 *     table: { offset 4 in the file, hash } for each page, ascending; the last has the offset where
 *            the pages end, and zeros for a hash
 *
 * The first page is the headers without CheckSum and directory entry 4; the others are pages of
 * sections as they stand in the file. What is short of a page is filled with zeros.
 */
#include "identity/page_hash.h"

#include "identity/certificate.h"
#include "identity/oids.h"

enum {
    PAGE = 4096,
    CLASS_SIZE = 16,
    SECTIONS_MOST = 96, /* Windows loads no image with more */
};

/* a6b586d5-b4a1-2466-ae05-a217da8e60d6 */
static const char CLASS[] = "\xa6\xb5\x86\xd5\xb4\xa1\x24\x66\xae\x05\xa2\x17\xda\x8e\x60\xd6";
static const char ZEROS[PAGE] = {0};

static bool find_serialised(struct ph_slice image_data, struct ph_slice *serialised)
{
    struct ph_der outer, link, object, class, octets;

    if (!ph_der_take(&image_data, PH_DER_SEQUENCE, &outer))
        return false;
    ph_der_skip(&outer.content, PH_DER_BITS);
    if (!ph_der_take(&outer.content, PH_DER_CONTEXT_OUTER, &link) ||
        !ph_der_take(&link.content, PH_DER_CONTEXT_OUTER + 1, &object) ||
        !ph_der_take(&object.content, PH_DER_OCTETS, &class) ||
        !ph_slice_same(class.content, (struct ph_slice){CLASS, CLASS_SIZE}) ||
        !ph_der_take(&object.content, PH_DER_OCTETS, &octets))
        return false;
    *serialised = octets.content;
    return true;
}

static bool find_table(struct ph_slice serialised, enum ph_digest_kind *kind,
                       struct ph_slice *table)
{
    struct ph_der set, entry, oid, values, octets;

    if (!ph_der_take(&serialised, PH_DER_SET, &set))
        return false;
    while (ph_der_take(&set.content, PH_DER_SEQUENCE, &entry)) {
        if (!ph_der_take(&entry.content, PH_DER_OID, &oid) ||
            !ph_der_take(&entry.content, PH_DER_SET, &values) ||
            !ph_der_take(&values.content, PH_DER_OCTETS, &octets))
            continue;
        *table = octets.content;
        *kind = PH_DIGEST_SHA1;
        if (ph_slice_same(oid.content, PH_OID_PAGE_HASHES_SHA1))
            return true;
        *kind = PH_DIGEST_SHA256;
        if (ph_slice_same(oid.content, PH_OID_PAGE_HASHES_SHA256))
            return true;
    }
    return false;
}

/* The headers, padded to a whole number of pages. */
static struct ph_error *sum_headers(const struct ph_pe *pe, enum ph_digest_kind kind,
                                    struct ph_digest_sum *sum)
{
    size_t end = pe->headers_size < pe->file.size ? pe->headers_size : pe->file.size;
    struct ph_slice pieces[4] = {{pe->file.data, pe->checksum_offset}};
    size_t from = pe->checksum_offset + 4, count = 1;

    if (pe->certificate_offset) {
        pieces[count++] = (struct ph_slice){pe->file.data + from, pe->certificate_offset - from};
        from = pe->certificate_offset + 8;
    }
    if (from > end) {
        sum->size = 0;
        return NULL;
    }
    pieces[count++] = (struct ph_slice){pe->file.data + from, end - from};
    pieces[count++] = (struct ph_slice){ZEROS, (PAGE - end % PAGE) % PAGE};
    return ph_sum_if_allowed(kind, pieces, count, sum);
}

/* The bytes of the page at `offset`: to the end of the section that it lies in, or a page's. */
static struct ph_error *sum_page(const struct ph_pe *pe, size_t offset, enum ph_digest_kind kind,
                                 struct ph_digest_sum *sum, size_t *page_end)
{
    size_t end = 0;

    for (size_t i = 0; i < pe->section_count && !end; i++) {
        uint64_t from = pe->sections[i].offset, to = from + pe->sections[i].raw_size;
        if (offset >= from && offset < to)
            end = to < pe->file.size ? (size_t)to : pe->file.size;
    }
    sum->size = 0;
    if (offset >= end)
        return NULL;
    size_t size = end - offset < PAGE ? end - offset : PAGE;
    const struct ph_slice pieces[] = {{pe->file.data + offset, size}, {ZEROS, PAGE - size}};
    *page_end = offset + size;
    return ph_sum_if_allowed(kind, pieces, 2, sum);
}

static bool all_zero(struct ph_slice bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        if (bytes.data[i])
            return false;
    return true;
}

struct ph_error *ph_page_hashes(const struct ph_pe *pe, struct ph_slice image_data, int *result)
{
    struct ph_slice serialised, table;
    struct ph_digest_sum sum;
    enum ph_digest_kind kind;
    size_t last = 0, page_end = 0;

    *result = 0;
    if (!find_serialised(image_data, &serialised) || !find_table(serialised, &kind, &table))
        return NULL;
    *result = -1;
    size_t entry = 4 + ph_digest_size(kind);
    if (table.size < 2 * entry || table.size % entry || ph_le32(table.data))
        return NULL;
    /* more pages than the file has would be hashed again and again */
    if (pe->section_count > SECTIONS_MOST ||
        table.size / entry > pe->file.size / PAGE + pe->section_count + 3)
        return NULL;
    for (size_t at = 0; at < table.size; at += entry) {
        size_t offset = ph_le32(table.data + at);
        struct ph_slice hash = {table.data + at + 4, entry - 4};
        if (at && offset <= last)
            return NULL;
        last = offset;
        if (at + entry == table.size) {
            *result = all_zero(hash) && offset == page_end ? 1 : -1;
            return NULL;
        }
        PH_TRY(at ? sum_page(pe, offset, kind, &sum, &page_end) : sum_headers(pe, kind, &sum));
        if (!ph_slice_same(hash, ph_sum_slice(&sum)))
            return NULL;
    }
    return NULL;
}
