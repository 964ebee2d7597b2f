/* der.h - reading ASN.1 in its DER encoding: bytes and a length in, elements out.
 *
 * Why own: signatures are hostile bytes from anywhere, and this also has to run where OpenSSL is
 * not (Windows). Nothing here allocates but the texts; nothing recurses. What DER forbids
 * (indefinite lengths, lengths not in their shortest form) is refused, as are tags above 30, which
 * no format here uses. Source: ITU-T X.690.
 */
#ifndef PH_IDENTITY_DER_H
#define PH_IDENTITY_DER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"

/* Identifier octets. */
enum ph_der_tag {
    PH_DER_BOOLEAN = 0x01,
    PH_DER_INTEGER = 0x02,
    PH_DER_BITS = 0x03,
    PH_DER_OCTETS = 0x04,
    PH_DER_NULL = 0x05,
    PH_DER_OID = 0x06,
    PH_DER_UTF8 = 0x0c,
    PH_DER_NUMERIC = 0x12,
    PH_DER_PRINTABLE = 0x13,
    PH_DER_T61 = 0x14,
    PH_DER_IA5 = 0x16,
    PH_DER_UTC_TIME = 0x17,
    PH_DER_TIME = 0x18, /* GeneralizedTime */
    PH_DER_VISIBLE = 0x1a,
    PH_DER_BMP = 0x1e, /* UTF-16, high byte first */
    PH_DER_SEQUENCE = 0x30,
    PH_DER_SET = 0x31,
    PH_DER_CONTEXT = 0x80,       /* [0] IMPLICIT of a primitive; add the number */
    PH_DER_CONTEXT_OUTER = 0xa0, /* [0] EXPLICIT or of a constructed type; add the number */
};

struct ph_der {
    uint8_t tag;
    struct ph_slice content; /* within `whole` */
    struct ph_slice whole;   /* with tag and length */
};

/* Takes the next element off the front of `rest`. False, and nothing is taken, at the end and where
 * the bytes are no DER. */
bool ph_der_next(struct ph_slice *rest, struct ph_der *element);
/* The same when the next element has this tag; else false, and nothing is taken. */
bool ph_der_take(struct ph_slice *rest, uint8_t tag, struct ph_der *element);
/* An element that may be left out: takes it when it is there. */
void ph_der_skip(struct ph_slice *rest, uint8_t tag);

bool ph_slice_same(struct ph_slice a, struct ph_slice b);
/* "1.3.6.1.5.5.7.3.3" of an OID's content. */
void ph_der_oid_text(struct ph_slice oid, struct ph_text *out);
/* Seconds since 1970 of a UTCTime or GeneralizedTime in UTC; false = not one. */
bool ph_der_time(const struct ph_der *time, int64_t *seconds);
/* A string of any kind as UTF-8 without control characters (they are escaped); what is too long for
 * a name is cut. Owned by the caller. */
struct ph_error *ph_der_string(uint8_t tag, struct ph_slice content, char **text) PH_MUST_CHECK;
/* "2026-11-02" */
void ph_date_text(int64_t seconds, struct ph_text *out);

#endif
