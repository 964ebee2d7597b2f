/* identity/identify_module: modules made byte by byte and signed here, in saved trees made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/mem.h"
#include "identity/identify.h"
#include "identity/modsig.h"
#include "unit/identity/tree_build.h"
#include "unit/image/elf_build.h"

static const char PATH[] = "/lib/modules/6.1.0-9/kernel/owl.ko";
static const char MARK[] = "~Module signature appended~\n";

static struct {
    EVP_PKEY *key;
    X509 *certificate;
} keys[2];
static struct ph_text plain, der; /* the module, and the first key's certificate */

static X509 *make_certificate(EVP_PKEY *key, const char *name, long serial)
{
    X509 *certificate = X509_new();
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509V3_CTX context;

    (void)X509_set_version(certificate, 2);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
    (void)X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    (void)X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    (void)X509_set_pubkey(certificate, key);
    (void)X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
                                     -1, 0);
    (void)X509_set_issuer_name(certificate, subject);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *id = X509V3_EXT_conf_nid(NULL, &context, NID_subject_key_identifier, "hash");
    (void)X509_add_ext(certificate, id, -1);
    X509_EXTENSION_free(id);
    return X509_sign(certificate, key, EVP_sha256()) ? certificate : NULL;
}

/* The module with its signature behind it, as the kernel's scripts/sign-file makes it. */
static struct ph_text signed_by(size_t which, unsigned flags)
{
    struct ph_text file = {0};
    unsigned char *message = NULL;
    BIO *content = BIO_new_mem_buf(plain.data, (int)plain.size);
    CMS_ContentInfo *cms =
        CMS_sign(NULL, NULL, NULL, NULL, CMS_BINARY | CMS_DETACHED | CMS_PARTIAL | CMS_STREAM);

    assert_non_null(
        CMS_add1_signer(cms, keys[which].certificate, keys[which].key, EVP_sha256(),
                        CMS_NOCERTS | CMS_BINARY | CMS_NOSMIMECAP | CMS_NOATTR | flags));
    assert_int_equal(CMS_final(cms, content, NULL, CMS_NOCERTS | CMS_BINARY), 1);
    int size = i2d_CMS_ContentInfo(cms, &message);
    assert_true(size > 0);
    ph_text_add(&file, plain.data, plain.size);
    ph_text_add(&file, message, (size_t)size);
    ph_text_add(&file, "\0\0\2\0\0\0\0\0\0\0", 10);
    ph_text_putc(&file, (char)(size >> 8));
    ph_text_putc(&file, (char)size);
    ph_text_puts(&file, MARK);
    OPENSSL_free(message);
    CMS_ContentInfo_free(cms);
    BIO_free(content);
    return file;
}

static int setup(void **state)
{
    static const char *const NAMES[] = {"Owl key", "Other key"};
    struct elf_build build;
    unsigned char *bytes = NULL;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        keys[i].key = EVP_RSA_gen(2048);
        keys[i].certificate =
            keys[i].key ? make_certificate(keys[i].key, NAMES[i], 0xab1234) : NULL;
        if (!keys[i].certificate)
            return 1;
    }
    int size = i2d_X509(keys[0].certificate, &bytes);
    ph_text_add(&der, bytes, size > 0 ? (size_t)size : 0);
    OPENSSL_free(bytes);
    elf_start(&build, ELF_X64);
    elf_info(&build, "name=owl");
    elf_info(&build, "version= 2.5 ");
    elf_info(&build, "license=GPL");
    elf_info(&build, "author=First Owl");
    elf_info(&build, "author=Second Owl");
    elf_info(&build, "srcversion=ABC");
    elf_info(&build, "vermagic=6.1.0-9 SMP");
    elf_info(&build, "intree=Y");
    elf_info(&build, "retpoline=Y");
    elf_build_id(&build, "\x01\xab\xff\x7f", 4);
    struct ph_slice file = elf_file(&build);
    ph_text_add(&plain, file.data, file.size);
    elf_end(&build);
    return ph_text_check(&plain) || ph_text_check(&der) ? 1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        X509_free(keys[i].certificate);
        EVP_PKEY_free(keys[i].key);
    }
    ph_text_fini(&plain);
    ph_text_fini(&der);
    return 0;
}

static struct ph_identity identity_of(const struct ph_text *file, const char *path,
                                      const struct tree *tree, const char *certificate)
{
    struct ph_module_context context = {.root = tree->root, .certificate = certificate};
    struct ph_identity identity = {0};
    /* in memory of its own, so that a read past its end is seen */
    ph_autofree char *copy = ph_alloc(file->size);

    memcpy(copy, file->data, file->size);
    assert_null(ph_identify_module((struct ph_slice){copy, file->size}, path, &context, &identity));
    return identity;
}

static void assert_trust(const struct ph_text *file, const struct tree *tree,
                         const char *certificate, enum ph_trust trust, const char *sentence)
{
    PH_GUARD(ph_identity_fini)
    struct ph_identity identity = identity_of(file, PATH, tree, certificate);

    if (identity.trust != trust || !strstr(identity.sentence, sentence))
        fail_msg("%s: '%s', not %s: '%s'", ph_trust_id(identity.trust), identity.sentence,
                 ph_trust_id(trust), sentence);
}

static void the_file_speaks(void **state)
{
    struct tree *tree = tree_make();
    PH_GUARD(ph_identity_fini) struct ph_identity identity = identity_of(&plain, PATH, tree, NULL);
    const struct ph_module_facts *module = &identity.module;

    (void)state;
    assert_int_equal(identity.format, PH_FORMAT_ELF);
    assert_int_equal(identity.machine, ELF_X64);
    assert_true(module->present);
    assert_string_equal(module->name, "owl");
    assert_string_equal(module->version, "2.5");
    assert_string_equal(module->author, "First Owl, Second Owl");
    assert_string_equal(module->license, "GPL");
    assert_string_equal(module->vermagic, "6.1.0-9 SMP");
    assert_string_equal(module->build_id, "01abff7f");
    assert_null(module->depends);
    assert_true(module->in_tree && module->retpoline && !module->staging);
    assert_int_equal(module->loaded, -1); /* the tree says nothing of loaded modules */
    assert_int_equal(identity.trust, PH_TRUST_UNSIGNED);
    assert_int_equal(identity.trailing_bytes, 0);
    assert_null(module->signer);
    tree_drop(tree);
}

static void the_loaded_one_is_compared(void **state)
{
    static const char SAME[] = "\4\0\0\0\4\0\0\0\3\0\0\0GNU\0\x01\xab\xff\x7f";
    struct tree *tree = tree_make();

    (void)state;
    tree_file(tree, "/sys/module/other/initstate", "live\n");
    PH_GUARD(ph_identity_fini) struct ph_identity absent = identity_of(&plain, PATH, tree, NULL);
    assert_int_equal(absent.module.loaded, 0);

    tree_file(tree, "/sys/module/owl/initstate", "live\n");
    tree_file(tree, "/sys/module/owl/srcversion", "ABC\n");
    tree_file(tree, "/sys/module/owl/version", "2.5\n");
    tree_file(tree, "/sys/module/owl/taint", "POE\n");
    tree_bytes(tree, "/sys/module/owl/notes/.note.gnu.build-id",
               (struct ph_slice){SAME, sizeof(SAME) - 1});
    PH_GUARD(ph_identity_fini) struct ph_identity same = identity_of(&plain, PATH, tree, NULL);
    assert_int_equal(same.module.loaded, 1);
    assert_false(same.module.loaded_differs);
    assert_string_equal(same.module.loaded_srcversion, "ABC");
    assert_string_equal(same.module.loaded_version, "2.5");
    assert_string_equal(same.module.taint, "POE");
    assert_string_equal(same.module.taint_meaning,
                        "P (proprietary), O (out of tree), E (unsigned)");

    tree_bytes(tree, "/sys/module/owl/notes/.note.gnu.build-id",
               (struct ph_slice){"\4\0\0\0\4\0\0\0\3\0\0\0GNU\0zzzz", 20});
    PH_GUARD(ph_identity_fini) struct ph_identity other = identity_of(&plain, PATH, tree, NULL);
    assert_true(other.module.loaded_differs);
    tree_drop(tree);
}

static void the_signature_is_checked_with_a_certificate(void **state)
{
    struct tree *tree = tree_make();
    PH_GUARD(ph_text_fini) struct ph_text ours = signed_by(0, 0);
    PH_GUARD(ph_text_fini) struct ph_text theirs = signed_by(1, 0);
    ph_autofree char *certificate = ph_format("%s/cert.der", tree->root);

    (void)state;
    tree_bytes(tree, "/cert.der", (struct ph_slice){der.data, der.size});
    assert_trust(&ours, tree, certificate, PH_TRUST_TRUSTED, "signature of Owl key intact");
    assert_trust(&theirs, tree, certificate, PH_TRUST_UNCHECKED, "not the certificate given");
    PH_GUARD(ph_identity_fini)
    struct ph_identity identity = identity_of(&ours, PATH, tree, certificate);
    assert_string_equal(identity.module.signer, "Owl key");
    assert_string_equal(identity.module.sig_key, "AB:12:34");
    assert_string_equal(identity.module.sig_hash, "sha256");
    for (size_t at = 0; at < plain.size; at += 97) {
        ours.data[at] ^= 1;
        struct ph_module_context context = {.root = tree->root, .certificate = certificate};
        PH_GUARD(ph_identity_fini) struct ph_identity changed = {0};
        ph_autoerror struct ph_error *error =
            ph_identify_module((struct ph_slice){ours.data, ours.size}, PATH, &context, &changed);
        /* no ELF file any more, no module any more, or changed; never as if nothing had been */
        assert_true(error || changed.trust == PH_TRUST_TAMPERED ||
                    changed.trust == PH_TRUST_UNCHECKED);
        ours.data[at] ^= 1;
    }
    ours.data[ours.size - sizeof(MARK) + 1 - 12 - 20] ^= 1; /* in the signature itself */
    assert_trust(&ours, tree, certificate, PH_TRUST_TAMPERED, "not those that Owl key signed");
    tree_file(tree, "/cert.der", "no certificate");
    assert_trust(&theirs, tree, certificate, PH_TRUST_UNCHECKED, "signed by Other key");
    tree_drop(tree);
}

static void the_kernels_keyring_is_asked(void **state)
{
    static const char OTHERS[] =
        "001 I------     1 perm 1f0b0000     0     0 keyring   .builtin_trusted_keys: 1\n"
        "002 I------     1 perm 1f010000     0     0 asymmetri Owl keys: 11aa: X509.rsa 11aa []\n";
    static const char NAMED[] = "002 I------     1 perm 1f010000     0     0 asymmetri Owls: Owl "
                                "key: 11aa: X509.rsa 11 []\n";
    struct tree *tree = tree_make();
    PH_GUARD(ph_text_fini) struct ph_text file = signed_by(0, 0);
    PH_GUARD(ph_text_fini) struct ph_text by_id = signed_by(0, CMS_USE_KEYID);
    PH_GUARD(ph_text_fini) struct ph_text line = {0};

    (void)state;
    assert_trust(&file, tree, NULL, PH_TRUST_UNCHECKED, "cannot be read here");
    tree_file(tree, "/proc/keys", "001 I------ 1 perm 1f0b0000 0 0 keyring _ses: 1\n");
    assert_trust(&file, tree, NULL, PH_TRUST_UNCHECKED, "cannot be read here");
    tree_file(tree, "/proc/keys", OTHERS);
    assert_trust(&file, tree, NULL, PH_TRUST_UNCHECKED, "hold no key of that name");
    tree_file(tree, "/proc/keys", NAMED);
    assert_trust(&file, tree, NULL, PH_TRUST_UNCHECKED, "holds a key of that name");
    assert_trust(&by_id, tree, NULL, PH_TRUST_UNCHECKED, "hold no key of that name");

    const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(keys[0].certificate);
    ph_text_puts(&line, "002 I------ 1 perm 1f010000 0 0 asymmetri A: name: ");
    for (int i = 0; i < ASN1_STRING_length(id); i++)
        ph_text_printf(&line, "%02x", ASN1_STRING_get0_data(id)[i]);
    ph_text_puts(&line, ": X509.rsa 1 []\n");
    tree_file(tree, "/proc/keys", line.data);
    assert_trust(&by_id, tree, NULL, PH_TRUST_UNCHECKED, "the kernel's keyring holds that key");
    tree_drop(tree);
}

static void the_machines_own_key_anchors_nothing(void **state)
{
    struct tree *tree = tree_make();
    PH_GUARD(ph_text_fini) struct ph_text ours = signed_by(0, 0);
    PH_GUARD(ph_text_fini) struct ph_text theirs = signed_by(1, 0);

    (void)state;
    tree_bytes(tree, "/var/lib/dkms/mok.pub", (struct ph_slice){der.data, der.size});
    assert_trust(&ours, tree, NULL, PH_TRUST_UNANCHORED, "/var/lib/dkms/mok.pub");
    assert_trust(&theirs, tree, NULL, PH_TRUST_UNCHECKED, "give its certificate");
    ours.data[plain.size / 2] ^= 1;
    assert_trust(&ours, tree, NULL, PH_TRUST_TAMPERED, "not those");
    tree_drop(tree);
}

static struct ph_text joined(const struct ph_text *first, size_t size, const char *bytes,
                             size_t more)
{
    struct ph_text file = {0};

    ph_text_add(&file, first->data, size);
    ph_text_add(&file, bytes, more);
    assert_null(ph_text_check(&file));
    return file;
}

static void cut_odd_and_followed(void **state)
{
    struct tree *tree = tree_make();
    PH_GUARD(ph_text_fini) struct ph_text file = signed_by(0, 0);
    size_t tail = 12 + sizeof(MARK) - 1;

    (void)state;
    /* each cut within the signature */
    for (size_t size = plain.size + 2; size < file.size; size++) {
        PH_GUARD(ph_text_fini) struct ph_text part = joined(&file, size, "", 0);
        assert_trust(&part, tree, NULL, PH_TRUST_CUT_SHORT, "ends within its signature");
    }
    PH_GUARD(ph_text_fini) struct ph_text followed = joined(&file, file.size, "xyz", 3);
    assert_trust(&followed, tree, NULL, PH_TRUST_UNSIGNED, "bytes follow the signature");
    PH_GUARD(ph_identity_fini) struct ph_identity behind = identity_of(&followed, PATH, tree, NULL);
    assert_int_equal(behind.trailing_bytes, 3);

    PH_GUARD(ph_text_fini) struct ph_text padded = joined(&plain, plain.size, "padding", 7);
    assert_trust(&padded, tree, NULL, PH_TRUST_UNSIGNED, "no signature");
    PH_GUARD(ph_text_fini) struct ph_text bare = joined(&plain, plain.size, MARK, sizeof(MARK) - 1);
    PH_GUARD(ph_identity_fini) struct ph_identity odd = identity_of(&bare, PATH, tree, NULL);
    assert_true(odd.trust == PH_TRUST_CUT_SHORT || odd.trust == PH_TRUST_UNCHECKED);

    file.data[file.size - tail + 8] = 0x7f; /* a length of 2 GB */
    assert_trust(&file, tree, NULL, PH_TRUST_CUT_SHORT, "not whole");
    file.data[file.size - tail + 8] = 0;
    file.data[file.size - tail + 2] = 1; /* not PKCS #7 */
    assert_trust(&file, tree, NULL, PH_TRUST_UNCHECKED, "before 4.3");
    file.data[file.size - tail + 2] = 2;
    file.data[plain.size] = 0x31;
    assert_trust(&file, tree, NULL, PH_TRUST_MALFORMED, "PKCS #7");
    tree_drop(tree);
}

static void names_of_files(void **state)
{
    struct tree *tree = tree_make();
    struct elf_build build;

    (void)state;
    elf_start(&build, ELF_X64);
    elf_info(&build, "license=GPL");
    (void)elf_file(&build);
    PH_GUARD(ph_identity_fini)
    struct ph_identity named = identity_of(&build.file, "/x/night-owl.ko.xz", tree, NULL);
    assert_string_equal(named.module.name, "night_owl");
    PH_GUARD(ph_identity_fini)
    struct ph_identity unnamed = identity_of(&build.file, NULL, tree, NULL);
    assert_null(unnamed.module.name);
    elf_end(&build);

    elf_start(&build, ELF_X64);
    elf_info(&build, "name=../../etc/owl"); /* the file may say anything */
    (void)elf_file(&build);
    tree_file(tree, "/sys/module/owl/initstate", "live\n");
    tree_file(tree, "/sys/etc/owl/initstate", "live\n");
    PH_GUARD(ph_identity_fini)
    struct ph_identity odd = identity_of(&build.file, NULL, tree, NULL);
    assert_int_equal(odd.module.loaded, -1);
    elf_end(&build);
    tree_drop(tree);
}

static void short_memory_is_an_error(void **state)
{
    struct tree *tree = tree_make();
    PH_GUARD(ph_text_fini) struct ph_text file = signed_by(0, 0);
    struct ph_module_context context = {.root = tree->root};
    bool done = false;

    (void)state;
    tree_file(tree, "/sys/module/owl/initstate", "live\n");
    tree_file(tree, "/sys/module/owl/taint", "OE\n");
    tree_bytes(tree, "/var/lib/dkms/mok.pub", (struct ph_slice){der.data, der.size});
    tree_file(tree, "/var/lib/dpkg/info/linux-image-6.1.0-9.list", PATH);
    tree_file(tree, "/var/lib/dpkg/status", "Package: linux-image-6.1.0-9\nVersion: 1\n");
    for (long n = 0; !done; n++) {
        PH_GUARD(ph_identity_fini) struct ph_identity identity = {0};
        ph_mem_fail_after(n);
        struct ph_error *error =
            ph_identify_module((struct ph_slice){file.data, file.size}, PATH, &context, &identity);
        ph_mem_fail_after(-1);
        done = !error;
        if (done) {
            assert_int_equal(identity.trust, PH_TRUST_UNANCHORED);
            assert_string_equal(identity.module.package, "linux-image-6.1.0-9");
        } else {
            assert_int_equal(error->code, PH_ERR_NOMEM);
        }
        ph_error_free(error);
        assert_true(n < 10000);
    }
    tree_drop(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_speaks),
        cmocka_unit_test(the_loaded_one_is_compared),
        cmocka_unit_test(the_signature_is_checked_with_a_certificate),
        cmocka_unit_test(the_kernels_keyring_is_asked),
        cmocka_unit_test(the_machines_own_key_anchors_nothing),
        cmocka_unit_test(cut_odd_and_followed),
        cmocka_unit_test(names_of_files),
        cmocka_unit_test(short_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
