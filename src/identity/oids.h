/* oids.h - the object identifiers that signatures use, as the content octets of their encoding. */
#ifndef PH_IDENTITY_OIDS_H
#define PH_IDENTITY_OIDS_H

#include "base/bytes.h"

#define PH_OID(octets)                                                                             \
    (struct ph_slice)                                                                              \
    {                                                                                              \
        octets, sizeof(octets) - 1                                                                 \
    }

/* 1.2.840.113549: RSA's. */
#define PH_OID_RSADSI "\x2a\x86\x48\x86\xf7\x0d"
#define PH_OID_DATA PH_OID(PH_OID_RSADSI "\x01\x07\x01")
#define PH_OID_SIGNED_DATA PH_OID(PH_OID_RSADSI "\x01\x07\x02")
#define PH_OID_CONTENT_TYPE PH_OID(PH_OID_RSADSI "\x01\x09\x03")
#define PH_OID_MESSAGE_DIGEST PH_OID(PH_OID_RSADSI "\x01\x09\x04")
#define PH_OID_SIGNING_TIME PH_OID(PH_OID_RSADSI "\x01\x09\x05")
#define PH_OID_COUNTERSIGNATURE PH_OID(PH_OID_RSADSI "\x01\x09\x06")
#define PH_OID_TST_INFO PH_OID(PH_OID_RSADSI "\x01\x09\x10\x01\x04")
#define PH_OID_SIGNING_CERTIFICATE PH_OID(PH_OID_RSADSI "\x01\x09\x10\x02\x0c")
#define PH_OID_TIME_STAMP_TOKEN PH_OID(PH_OID_RSADSI "\x01\x09\x10\x02\x0e")
#define PH_OID_SIGNING_CERTIFICATE_2 PH_OID(PH_OID_RSADSI "\x01\x09\x10\x02\x2f")
#define PH_OID_RSA PH_OID(PH_OID_RSADSI "\x01\x01\x01")
#define PH_OID_RSA_PSS PH_OID(PH_OID_RSADSI "\x01\x01\x0a")

/* Keys on elliptic curves (RFC 5480). */
#define PH_OID_EC_KEY PH_OID("\x2a\x86\x48\xce\x3d\x02\x01")

/* 1.3.6.1.4.1.311: Microsoft's. */
#define PH_OID_MICROSOFT "\x2b\x06\x01\x04\x01\x82\x37"
#define PH_OID_INDIRECT_DATA PH_OID(PH_OID_MICROSOFT "\x02\x01\x04")
#define PH_OID_OPUS_INFO PH_OID(PH_OID_MICROSOFT "\x02\x01\x0c")
#define PH_OID_PE_IMAGE_DATA PH_OID(PH_OID_MICROSOFT "\x02\x01\x0f")
#define PH_OID_PAGE_HASHES_SHA1 PH_OID(PH_OID_MICROSOFT "\x02\x03\x01")
#define PH_OID_PAGE_HASHES_SHA256 PH_OID(PH_OID_MICROSOFT "\x02\x03\x02")
#define PH_OID_NESTED PH_OID(PH_OID_MICROSOFT "\x02\x04\x01")
#define PH_OID_MS_TIME_STAMP PH_OID(PH_OID_MICROSOFT "\x03\x03\x01")
#define PH_OID_CTL PH_OID(PH_OID_MICROSOFT "\x0a\x01")
#define PH_OID_WHQL PH_OID(PH_OID_MICROSOFT "\x0a\x03\x05")
#define PH_OID_ATTESTED PH_OID(PH_OID_MICROSOFT "\x0a\x03\x05\x01")
#define PH_OID_LIFETIME_SIGNING PH_OID(PH_OID_MICROSOFT "\x0a\x03\x0d")
#define PH_OID_CATALOG_LIST PH_OID(PH_OID_MICROSOFT "\x0c\x01\x01")

/* 1.3.6.1.5.5.7.3: usages of keys; 2.5: names and extensions. */
#define PH_OID_CODE_SIGNING PH_OID("\x2b\x06\x01\x05\x05\x07\x03\x03")
#define PH_OID_TIME_STAMPING PH_OID("\x2b\x06\x01\x05\x05\x07\x03\x08")
#define PH_OID_ANY_USAGE PH_OID("\x55\x1d\x25\x00")
#define PH_OID_EXTENDED_USAGE PH_OID("\x55\x1d\x25")
#define PH_OID_KEY_USAGE PH_OID("\x55\x1d\x0f")
#define PH_OID_BASIC_CONSTRAINTS PH_OID("\x55\x1d\x13")
#define PH_OID_NAME_CONSTRAINTS PH_OID("\x55\x1d\x1e")
#define PH_OID_KEY_ID PH_OID("\x55\x1d\x0e")
#define PH_OID_COMMON_NAME PH_OID("\x55\x04\x03")
#define PH_OID_ORGANISATION PH_OID("\x55\x04\x0a")
#define PH_OID_UNIT PH_OID("\x55\x04\x0b")

#endif
