/* WinVerifyTrust, the installed catalogs, and the policy for chains of certificates. */
#include "identity/system_trust.h"

#include <windows.h>

#include <wincrypt.h>

#include <bcrypt.h>
#include <mscat.h>
#include <softpub.h>
#include <string.h>
#include <wintrust.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/wide_windows.h"
#include "identity/trust_store.h"

enum { SUM_MOST = 64, CATALOGS_TRIED = 4 };

bool ph_system_trust_here(void)
{
    return true;
}

/* ------------------------------------------------------------------ roots */

static void store_close(HCERTSTORE *store)
{
    if (*store)
        (void)CertCloseStore(*store, 0);
}

/* What WinVerifyTrust builds chains to: the roots of the machine and those of the user. */
struct ph_error *ph_system_trust_roots(struct ph_trust_store *store)
{
    PH_GUARD(store_close)
    HCERTSTORE roots =
        CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0,
                      CERT_SYSTEM_STORE_CURRENT_USER | CERT_STORE_READONLY_FLAG, L"ROOT");
    PCCERT_CONTEXT at = NULL;
    struct ph_error *error = NULL;
    bool taken;

    if (!roots)
        return ph_error_windows(GetLastError(), "the system's trusted roots");
    while (!error && (at = CertEnumCertificatesInStore(roots, at)))
        error = ph_trust_store_add_der(
            store, (struct ph_slice){(const char *)at->pbCertEncoded, at->cbCertEncoded}, &taken);
    if (error)
        (void)CertFreeCertificateContext(at);
    return error;
}

bool ph_system_trust_keeps(const char *folder)
{
    wchar_t wide[MAX_PATH];
    UINT size = GetSystemDirectoryW(wide, MAX_PATH);

    if (!size || size >= MAX_PATH)
        return false;
    ph_autofree char *system = ph_narrow(wide);
    ph_autofree char *own = system ? ph_format("%s\\CatRoot", system) : NULL;
    return own && ph_same_file(own, folder);
}

/* ------------------------------------------------------------------ one question */

struct answer {
    uint32_t code, chain_code;
    bool chain_checked;
    char *signer; /* owned */
};

/* What a chain's status says that no policy for code forgives. Wine's policies overlook some. */
static uint32_t code_of_status(DWORD status)
{
    static const struct {
        DWORD bit;
        HRESULT code;
    } FAULTS[] = {
        {CERT_TRUST_IS_NOT_SIGNATURE_VALID, TRUST_E_CERT_SIGNATURE},
        {CERT_TRUST_IS_REVOKED, CERT_E_REVOKED},
        {CERT_TRUST_IS_EXPLICIT_DISTRUST, TRUST_E_EXPLICIT_DISTRUST},
        {CERT_TRUST_IS_UNTRUSTED_ROOT, CERT_E_UNTRUSTEDROOT},
        {CERT_TRUST_IS_PARTIAL_CHAIN, CERT_E_CHAINING},
        {CERT_TRUST_IS_NOT_VALID_FOR_USAGE, CERT_E_WRONG_USAGE},
        {CERT_TRUST_IS_NOT_TIME_VALID, CERT_E_EXPIRED},
    };

    for (size_t i = 0; i < sizeof(FAULTS) / sizeof(FAULTS[0]); i++)
        if (status & FAULTS[i].bit)
            return (uint32_t)FAULTS[i].code;
    return 0;
}

/* The one step of WinVerifyTrust that decides whom to trust, once more, with a chain of our own:
 * for signing code, at the time that the system judged for. Wine's leaves the step out for
 * certificates with a SHA-256 signature (softpub.c: a buffer of 20 bytes for their hash). */
static void check_chain(const CRYPT_PROVIDER_DATA *data, const CRYPT_PROVIDER_SGNR *signer,
                        PCCERT_CONTEXT leaf, struct answer *answer)
{
    char usage[] = szOID_PKIX_KP_CODE_SIGNING, *usages[] = {usage};
    CERT_CHAIN_PARA what = {
        .cbSize = sizeof(what),
        .RequestedUsage = {USAGE_MATCH_TYPE_AND, {1, usages}},
    };
    AUTHENTICODE_EXTRA_CERT_CHAIN_POLICY_PARA extra = {
        .cbSize = sizeof(extra),
        .pSignerInfo = signer->psSigner,
    };
    CERT_CHAIN_POLICY_PARA how = {.cbSize = sizeof(how), .pvExtraPolicyPara = &extra};
    CERT_CHAIN_POLICY_STATUS status = {.cbSize = sizeof(status)};
    FILETIME at = signer->sftVerifyAsOf;
    bool timed = at.dwLowDateTime || at.dwHighDateTime;
    PCCERT_CHAIN_CONTEXT chain = NULL;

    if (!CertGetCertificateChain(NULL, leaf, timed ? &at : NULL,
                                 data->chStores ? data->pahStores[0] : NULL, &what,
                                 CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL, NULL, &chain))
        return;
    if (CertVerifyCertificateChainPolicy(CERT_CHAIN_POLICY_AUTHENTICODE, chain, &how, &status)) {
        answer->chain_checked = true;
        answer->chain_code =
            status.dwError ? status.dwError : code_of_status(chain->TrustStatus.dwErrorStatus);
    }
    CertFreeCertificateChain(chain);
}

static struct ph_error *name_signer(PCCERT_CONTEXT leaf, char **name)
{
    wchar_t wide[512];

    if (CertGetNameStringW(leaf, CERT_NAME_SIMPLE_DISPLAY_TYPE, 0, NULL, wide,
                           sizeof(wide) / sizeof(wide[0])) <= 1)
        return NULL;
    ph_free(*name);
    *name = ph_narrow(wide);
    return *name ? NULL : ph_error_nomem();
}

static struct ph_error *read_state(HANDLE state, struct answer *answer)
{
    CRYPT_PROVIDER_DATA *data = state ? WTHelperProvDataFromStateData(state) : NULL;
    CRYPT_PROVIDER_SGNR *signer = data ? WTHelperGetProvSignerFromChain(data, 0, FALSE, 0) : NULL;

    if (!signer || !signer->csCertChain || !signer->pasCertChain || !signer->pasCertChain[0].pCert)
        return NULL;
    check_chain(data, signer, signer->pasCertChain[0].pCert, answer);
    return name_signer(signer->pasCertChain[0].pCert, &answer->signer);
}

/* `question` = a file or a catalog's member; the rest of it is set here. */
static struct ph_error *verify(WINTRUST_DATA *question, struct answer *answer)
{
    GUID action = WINTRUST_ACTION_GENERIC_VERIFY_V2;
    HWND nobody = (HWND)INVALID_HANDLE_VALUE; /* nobody is there to be asked */

    question->cbStruct = sizeof(*question);
    question->dwUIChoice = WTD_UI_NONE;
    question->fdwRevocationChecks = WTD_REVOKE_NONE;
    question->dwProvFlags = WTD_CACHE_ONLY_URL_RETRIEVAL;
    question->dwStateAction = WTD_STATEACTION_VERIFY;
    answer->code = (uint32_t)WinVerifyTrust(nobody, &action, question);
    struct ph_error *error = read_state(question->hWVTStateData, answer);
    question->dwStateAction = WTD_STATEACTION_CLOSE;
    (void)WinVerifyTrust(nobody, &action, question);
    return error;
}

static void answer_fini(struct answer *answer)
{
    ph_free(answer->signer);
}

/* Takes an answer over, and the catalog it is from. */
static void take(struct ph_system_verdict *verdict, struct answer *answer, char *catalog)
{
    ph_free(verdict->signer);
    ph_free(verdict->catalog);
    verdict->asked = true;
    verdict->code = answer->code;
    verdict->chain_checked = answer->chain_checked;
    verdict->chain_code = answer->chain_code;
    verdict->signer = ph_steal(answer->signer);
    verdict->catalog = catalog;
}

/* ------------------------------------------------------------------ the file */

struct file {
    const char *path;
    wchar_t *wide; /* owned */
    HANDLE handle;
};

static void file_fini(struct file *file)
{
    ph_free(file->wide);
    if (file->handle && file->handle != INVALID_HANDLE_VALUE)
        (void)CloseHandle(file->handle);
}

static struct ph_error *ask_embedded(const struct file *file, struct ph_system_verdict *verdict)
{
    WINTRUST_FILE_INFO info = {
        .cbStruct = sizeof(info), .pcwszFilePath = file->wide, .hFile = file->handle};
    WINTRUST_DATA question = {.dwUnionChoice = WTD_CHOICE_FILE, .pFile = &info};
    PH_GUARD(answer_fini) struct answer answer = {0};

    PH_TRY(verify(&question, &answer));
    take(verdict, &answer, NULL);
    return NULL;
}

/* ------------------------------------------------------------------ catalogs */

/* Of Windows' parts and of drivers that were installed. */
static const GUID DRIVERS = DRIVER_ACTION_VERIFY;

struct search {
    HCATADMIN admin;
    HCATINFO at;
    BYTE sum[SUM_MOST];
    DWORD size;
};

static void search_fini(struct search *search)
{
    if (search->at)
        (void)CryptCATAdminReleaseCatalogContext(search->admin, search->at, 0);
    if (search->admin)
        (void)CryptCATAdminReleaseContext(search->admin, 0);
}

typedef BOOL(WINAPI *acquire_for)(HCATADMIN *, const GUID *, const wchar_t *,
                                  const CERT_STRONG_SIGN_PARA *, DWORD);
typedef BOOL(WINAPI *sum_of_file)(HCATADMIN, HANDLE, DWORD *, BYTE *, DWORD);

/* A function of wintrust that is not to be linked to: mingw-w64's library knows neither, Wine's has
 * not the second and of the first a stub, so that no catalog is found there. (Those before them
 * are of no use: SHA-1 only, and Wine's crash on catalogs whose members hold no hash.) */
static bool find_function(const char *name, void *function)
{
    HMODULE library = GetModuleHandleW(L"wintrust.dll");
    FARPROC found = library ? GetProcAddress(library, name) : NULL;

    memcpy(function, &found, sizeof(found));
    return found != NULL;
}

static bool acquire(HCATADMIN *admin, const wchar_t *kind)
{
    acquire_for function;

    return find_function("CryptCATAdminAcquireContext2", &function) &&
           function(admin, &DRIVERS, kind, NULL, 0);
}

/* The hash by which catalogs know the file: the system's own, which knows how files are padded,
 * else ours. */
static bool find_sum(struct search *search, const struct file *file,
                     const struct ph_digest_sum *ours)
{
    sum_of_file function;

    search->size = sizeof(search->sum);
    if (find_function("CryptCATAdminCalcHashFromFileHandle2", &function) &&
        function(search->admin, file->handle, &search->size, search->sum, 0))
        return search->size > 0;
    if (!ours->size || ours->size > sizeof(search->sum))
        return false;
    memcpy(search->sum, ours->bytes, ours->size);
    search->size = (DWORD)ours->size;
    return true;
}

/* The members' names are their hashes, in capital letters. */
static void put_tag(const struct search *search, wchar_t tag[2 * SUM_MOST + 1])
{
    static const wchar_t DIGITS[] = L"0123456789ABCDEF";

    for (size_t i = 0; i < search->size; i++) {
        tag[2 * i] = DIGITS[search->sum[i] >> 4];
        tag[2 * i + 1] = DIGITS[search->sum[i] & 15];
    }
    tag[2 * search->size] = 0;
}

static struct ph_error *ask_catalog(struct search *search, const struct file *file,
                                    struct ph_system_verdict *verdict)
{
    wchar_t tag[2 * SUM_MOST + 1];
    CATALOG_INFO catalog = {.cbStruct = sizeof(catalog)};
    PH_GUARD(answer_fini) struct answer answer = {0};

    if (!CryptCATCatalogInfoFromContext(search->at, &catalog, 0))
        return NULL;
    put_tag(search, tag);
    WINTRUST_CATALOG_INFO info = {
        .cbStruct = sizeof(info),
        .pcwszCatalogFilePath = catalog.wszCatalogFile,
        .pcwszMemberTag = tag,
        .pcwszMemberFilePath = file->wide,
        .hMemberFile = file->handle,
        .pbCalculatedFileHash = search->sum,
        .cbCalculatedFileHash = search->size,
        .hCatAdmin = search->admin,
    };
    WINTRUST_DATA question = {.dwUnionChoice = WTD_CHOICE_CATALOG, .pCatalog = &info};
    PH_TRY(verify(&question, &answer));
    /* a catalog that does not hold is worth telling only where nothing else is known */
    if (answer.code && ph_system_code_trust(verdict->code) != PH_TRUST_UNSIGNED)
        return NULL;
    char *path = ph_narrow(catalog.wszCatalogFile);
    if (!path)
        return ph_error_nomem();
    take(verdict, &answer, path);
    return NULL;
}

static struct ph_error *ask_catalogs(const struct file *file, const wchar_t *kind,
                                     const struct ph_digest_sum *ours,
                                     struct ph_system_verdict *verdict)
{
    PH_GUARD(search_fini) struct search search = {0};

    if (!acquire(&search.admin, kind)) {
        search.admin = NULL; /* no service of catalogs, or not this kind of hash: none found */
        return NULL;
    }
    if (!find_sum(&search, file, ours))
        return NULL;
    for (int i = 0; i < CATALOGS_TRIED && verdict->code; i++) {
        HCATINFO before = search.at;
        search.at = CryptCATAdminEnumCatalogFromHash(search.admin, search.sum, search.size, 0,
                                                     before ? &before : NULL);
        if (!search.at)
            break;
        PH_TRY(ask_catalog(&search, file, verdict));
    }
    return NULL;
}

static const wchar_t *kind_name(enum ph_digest_kind kind)
{
    return kind == PH_DIGEST_SHA256 ? BCRYPT_SHA256_ALGORITHM
           : kind == PH_DIGEST_SHA1 ? BCRYPT_SHA1_ALGORITHM
                                    : NULL;
}

struct ph_error *ph_system_trust_ask(const char *path, const struct ph_digest_sum *const *sums,
                                     size_t sum_count, struct ph_system_verdict *verdict)
{
    PH_GUARD(file_fini) struct file file = {.path = path};

    PH_TRY(ph_wide_path(path, &file.wide));
    file.handle =
        CreateFileW(file.wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                    NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file.handle == INVALID_HANDLE_VALUE)
        return ph_error_windows(GetLastError(), "%s", path);
    PH_TRY(ask_embedded(&file, verdict));
    for (size_t i = 0; i < sum_count && verdict->code; i++)
        if (kind_name(sums[i]->kind))
            PH_TRY(ask_catalogs(&file, kind_name(sums[i]->kind), sums[i], verdict));
    return NULL;
}
