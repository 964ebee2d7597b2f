/* identity.h - whose driver a file is: version, vendor, hashes, signatures, package. */
#ifndef PH_MODEL_IDENTITY_H
#define PH_MODEL_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "model/sample.h"

enum ph_file_format { PH_FORMAT_OTHER, PH_FORMAT_PE, PH_FORMAT_ELF };

/* What can be said about a signature, or about the file when it has none. */
enum ph_trust {
    PH_TRUST_TRUSTED,      /* intact, the chain ends at a root that was given */
    PH_TRUST_CROSS_SIGNED, /* intact, chain over Microsoft's kernel cross-certificates (ended 2021)
                            */
    PH_TRUST_UNANCHORED,   /* intact, but the root of its chain is not at hand */
    PH_TRUST_EXPIRED,      /* intact, but a certificate was not valid when it was signed (or now) */
    PH_TRUST_WRONG_USE,    /* intact, but a certificate is not for signing code */
    PH_TRUST_REVOKED,
    PH_TRUST_REFUSED,       /* the operating system refuses it: distrusted there, or by its rules */
    PH_TRUST_TAMPERED,      /* the file's bytes are not those that were signed */
    PH_TRUST_BAD_SIGNATURE, /* the signature does not fit its certificate */
    PH_TRUST_MALFORMED,     /* signature data that does not follow its format */
    PH_TRUST_CUT_SHORT,     /* the file ends before its signature does */
    PH_TRUST_STRIPPED,      /* the signature's reference was removed, its bytes are still there */
    PH_TRUST_UNSIGNED,      /* no embedded signature, in no catalog that was looked at */
    PH_TRUST_UNCHECKED,     /* could not be checked: see the sentence */
    PH_TRUST_COUNT
};
const char *ph_trust_id(enum ph_trust trust);   /* "trusted", "cross-signed", ... */
const char *ph_trust_name(enum ph_trust trust); /* one line for people */
/* Replaces a verdict and its sentence. Error: out of memory. */
struct ph_error *ph_trust_say(enum ph_trust *trust, char **sentence, enum ph_trust verdict,
                              const char *format, ...) PH_PRINTF(4, 5) PH_MUST_CHECK;

struct ph_certificate {
    char *subject, *issuer; /* common names (else organisation), UTF-8; owned, as all below */
    char *organisation;     /* NULL = none */
    char *serial;           /* hex */
    char *thumbprint;       /* SHA-1 of the certificate, hex */
    char *algorithm;        /* of its signature: "sha256RSA" */
    char *usages;           /* "Code Signing, WHQL Driver"; NULL = all */
    int64_t valid_from_s, valid_to_s; /* since 1970 */
    char *status;                     /* "Valid", "Expired", "root not at hand", ... */
};
struct ph_certificate_list {
    struct ph_certificate *items;
    size_t count, capacity;
};

enum ph_time_stamp { PH_STAMP_NONE, PH_STAMP_LEGACY, PH_STAMP_RFC3161 };

struct ph_signature {
    enum ph_trust trust;
    char *sentence;             /* why: "signature intact, chain ends at X, not anchored" */
    enum ph_digest_kind digest; /* of the file */
    bool nested;                /* within another signature */
    char *catalog;              /* path of the catalog that holds it; NULL = embedded */
    char *program, *url;        /* as the signer names them; NULL */
    char *chain_end;            /* name of the last certificate that was found, or of its issuer */
    bool whql, attested;        /* Microsoft's hardware program signed it */
    enum ph_time_stamp stamp;
    int64_t signed_s;                    /* since 1970; 0 = no verified time stamp */
    char *stamp_sentence;                /* what is wrong with the time stamp; NULL = nothing */
    int page_hashes;                     /* 0 none, 1 all match, -1 differ */
    struct ph_certificate_list signers;  /* leaf first */
    struct ph_certificate_list stampers; /* of the time stamp, leaf first */
};
struct ph_signature_list {
    struct ph_signature *items;
    size_t count, capacity;
};

/* What the operating system itself says of a file. The codes are Windows' HRESULTs; 0: trusted. */
struct ph_system_verdict {
    bool asked;
    uint32_t code;       /* of WinVerifyTrust */
    bool chain_checked;  /* its chain was built and held against the policy for code once more */
    uint32_t chain_code; /* the result of that */
    char *signer;        /* as the system names him; owned, as all below; NULL = not told */
    char *catalog;       /* path of the catalog that the system found; NULL = embedded, or none */
    char *words;         /* the verdict for people */
    char *differs; /* where it differs from what poolhound's own check finds; NULL = nowhere */
};

/* A Linux module's own facts; strings owned, NULL = not given. */
struct ph_module_facts {
    bool present;
    char *name, *version, *srcversion, *vermagic, *license, *author, *depends, *build_id;
    char *signer, *sig_key, *sig_hash; /* of the appended signature */
    bool in_tree, staging, retpoline;
    int loaded;          /* 1 loaded, 0 not, -1 unknown */
    bool loaded_differs; /* the loaded one has another srcversion or build id */
    char *loaded_version, *loaded_srcversion, *taint, *taint_meaning;
    char *package, *package_version, *maintainer;
};

struct ph_identity {
    char *path; /* owned, as every string below; NULL = not given */
    enum ph_file_format format;
    uint64_t size;
    int64_t modified_ns;
    struct ph_digest_sum sums[PH_DIGEST_COUNT];
    double entropy; /* bits a byte */

    enum ph_trust trust; /* of the file: its best signature, or why there is none */
    char *sentence;
    char *catalog;
    struct ph_system_verdict system;
    struct ph_signature_list signatures;
    size_t trailing_bytes; /* behind the signature, signed by nobody */

    /* PE */
    uint16_t machine;
    uint32_t kinds; /* enum ph_driver_kind */
    int64_t link_s; /* since 1970; 0 = unknown or a hash */
    bool link_is_hash;
    char *publisher, *company, *description, *product, *product_version, *file_version;
    char *binary_version, *original_name, *internal_name, *copyright, *comments;
    struct ph_digest_sum pe_sha1, pe_sha256, import_hash;
    char *pdb_path, *pdb_id; /* GUID and age as symbol servers use them */
    char *tools;             /* "MSVC 19.29 (VS 2019 16.11)", "GNU ld 2.40" */
    char *minimum_os;        /* "Windows 10 (10.0)" */
    char *allocators;        /* the imports that allocate, separated by ", " */

    struct ph_module_facts module; /* ELF */
    struct ph_loss_list losses;    /* what could not be read or looked at */
};
void ph_certificate_list_fini(struct ph_certificate_list *list);
void ph_signature_list_fini(struct ph_signature_list *list);
void ph_identity_fini(struct ph_identity *identity);

#endif
