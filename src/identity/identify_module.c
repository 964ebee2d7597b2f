/* A Linux kernel module: what its file says, who signed it, whether it is the one that is loaded,
 * and which package it came from. */
#include <string.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/path.h"
#include "identity/identify.h"
#include "identity/keyring.h"
#include "identity/modsig.h"
#include "identity/package.h"
#include "image/elf.h"

enum { SMALL = 64 << 10, KEYS_MOST = 4 << 20, CERTIFICATE_MOST = 1 << 20 };

static struct ph_error *copy(struct ph_slice text, char **to)
{
    *to = ph_memdup(text.data, text.size);
    return *to ? NULL : ph_error_nomem();
}

/* All values of a key, joined by ", "; NULL when there are none. */
static struct ph_error *modinfo(const struct ph_elf *elf, const char *key, char **to)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    struct ph_slice value;

    for (size_t n = 0; n < 64 && ph_elf_modinfo(elf, key, n, &value); n++) {
        value = ph_slice_trim(value);
        ph_text_puts(&text, n ? ", " : "");
        ph_text_add(&text, value.data, value.size);
    }
    PH_TRY(ph_text_check(&text));
    if (!text.size)
        return NULL;
    return copy((struct ph_slice){text.data, text.size}, to);
}

static bool has(const struct ph_elf *elf, const char *key)
{
    struct ph_slice value;

    return ph_elf_modinfo(elf, key, 0, &value);
}

/* ------------------------------------------------------------------ the file itself */

static struct ph_error *build_id(const struct ph_elf *elf, char **to)
{
    struct ph_slice id = ph_elf_build_id(elf);
    PH_GUARD(ph_text_fini) struct ph_text hex = {0};

    for (size_t i = 0; i < id.size && i < 64; i++)
        ph_text_printf(&hex, "%02x", (uint8_t)id.data[i]);
    PH_TRY(ph_text_check(&hex));
    if (!hex.size)
        return NULL;
    return copy((struct ph_slice){hex.data, hex.size}, to);
}

static struct ph_error *file_facts(const struct ph_elf *elf, struct ph_module_facts *module)
{
    const struct {
        const char *key;
        char **to;
    } KEYS[] = {
        {"name", &module->name},
        {"version", &module->version},
        {"srcversion", &module->srcversion},
        {"vermagic", &module->vermagic},
        {"license", &module->license},
        {"author", &module->author},
        {"depends", &module->depends},
    };

    for (size_t i = 0; i < sizeof(KEYS) / sizeof(KEYS[0]); i++)
        PH_TRY(modinfo(elf, KEYS[i].key, KEYS[i].to));
    module->in_tree = has(elf, "intree");
    module->staging = has(elf, "staging");
    module->retpoline = has(elf, "retpoline");
    return build_id(elf, &module->build_id);
}

/* The name of older modules is only that of their file. */
static struct ph_error *name_by_path(const char *path, struct ph_module_facts *module)
{
    const char *name = path ? ph_base_name(path) : NULL;

    if (module->name || !name)
        return NULL;
    PH_TRY(copy((struct ph_slice){name, strcspn(name, ".")}, &module->name));
    for (char *at = module->name; *at; at++)
        if (*at == '-')
            *at = '_';
    return NULL;
}

/* ------------------------------------------------------------------ the loaded one */

/* A file of sysfs without its newline; NULL when it is not there. */
static struct ph_error *sys_file(const char *root, const char *module, const char *file, char **to)
{
    PH_GUARD(ph_text_fini) struct ph_text text = {0};
    ph_autofree char *path = ph_format("%s/sys/module/%s/%s", root, module, file);

    if (!path)
        return ph_error_nomem();
    if (ph_file_kind(path) != PH_FILE_REGULAR)
        return NULL;
    struct ph_error *error = ph_read_file(path, SMALL, &text);
    if (error) {
        if (error->code == PH_ERR_NOMEM)
            return error;
        ph_error_free(error);
        return NULL;
    }
    struct ph_slice value = {text.data ? text.data : "", text.size};
    while (value.size && value.data[value.size - 1] == '\n')
        value.size--;
    return copy(value, to);
}

/* Letters of /sys/module/.../taint; source: the kernel's Documentation/admin-guide/tainted-kernels.
 */
static struct ph_error *taint_words(const char *letters, char **to)
{
    static const struct {
        char letter;
        const char *meaning;
    } TAINTS[] = {
        {'P', "proprietary"}, {'O', "out of tree"}, {'E', "unsigned"},  {'F', "loaded by force"},
        {'C', "staging"},     {'K', "live patch"},  {'X', "auxiliary"}, {'N', "in-kernel test"},
    };
    PH_GUARD(ph_text_fini) struct ph_text text = {0};

    for (; letters && *letters; letters++)
        for (size_t i = 0; i < sizeof(TAINTS) / sizeof(TAINTS[0]); i++)
            if (TAINTS[i].letter == *letters)
                ph_text_printf(&text, "%s%c (%s)", text.size ? ", " : "", *letters,
                               TAINTS[i].meaning);
    PH_TRY(ph_text_check(&text));
    if (!text.size)
        return NULL;
    return copy((struct ph_slice){text.data, text.size}, to);
}

static bool is_note_of(const char *root, const char *module, struct ph_slice id, bool *same)
{
    PH_GUARD(ph_text_fini) struct ph_text note = {0};
    ph_autofree char *path = ph_format("%s/sys/module/%s/notes/.note.gnu.build-id", root, module);

    if (!path || ph_file_kind(path) != PH_FILE_REGULAR)
        return false;
    struct ph_error *error = ph_read_file(path, SMALL, &note);
    bool read = !error && note.size > id.size;
    ph_error_free(error);
    if (!read)
        return false;
    *same = !memcmp(note.data + note.size - id.size, id.data, id.size);
    return true;
}

static struct ph_error *loaded_facts(const struct ph_elf *elf, const char *root,
                                     struct ph_module_facts *module)
{
    ph_autofree char *folder = ph_format("%s/sys/module/%s", root, module->name);
    ph_autofree char *state = NULL;
    ph_autofree char *all = ph_format("%s/sys/module", root);
    struct ph_slice id = ph_elf_build_id(elf);
    bool same = true;

    if (!folder || !all)
        return ph_error_nomem();
    if (ph_file_kind(all) != PH_FILE_DIRECTORY)
        return NULL; /* nothing is known of loaded modules */
    PH_TRY(sys_file(root, module->name, "initstate", &state));
    module->loaded = ph_file_kind(folder) == PH_FILE_DIRECTORY && state;
    if (!module->loaded)
        return NULL;
    PH_TRY(sys_file(root, module->name, "srcversion", &module->loaded_srcversion));
    PH_TRY(sys_file(root, module->name, "version", &module->loaded_version));
    PH_TRY(sys_file(root, module->name, "taint", &module->taint));
    PH_TRY(taint_words(module->taint, &module->taint_meaning));
    if (module->srcversion && module->loaded_srcversion)
        module->loaded_differs = strcmp(module->srcversion, module->loaded_srcversion) != 0;
    if (id.size && is_note_of(root, module->name, id, &same))
        module->loaded_differs = module->loaded_differs || !same;
    return NULL;
}

/* ------------------------------------------------------------------ the signature */

static struct ph_error *say(struct ph_identity *identity, enum ph_trust trust, const char *before,
                            const char *signer, const char *after)
{
    return ph_trust_say(&identity->trust, &identity->sentence, trust, "%s%s%s", before, signer,
                        after);
}

/* A file that need not be there; empty when it cannot be read. */
static struct ph_error *read_maybe(const char *root, const char *name, size_t limit,
                                   struct ph_text *out)
{
    ph_autofree char *path = ph_format("%s%s", root, name);

    ph_text_clear(out);
    if (!path)
        return ph_error_nomem();
    struct ph_error *error = ph_read_file(path, limit, out);
    if (error && error->code == PH_ERR_NOMEM)
        return error;
    if (error)
        ph_text_clear(out);
    ph_error_free(error);
    return NULL;
}

/* Nothing to check the signature with: what the kernel's list of keys says. */
static struct ph_error *judge_unchecked(const struct ph_modsig *signature, const char *root,
                                        const char *signer, struct ph_identity *identity)
{
    static const char *const RINGS[] = {
        [PH_KEYRING_UNKNOWN] = "the kernel's keyrings cannot be read here",
        [PH_KEYRING_OTHERS] = "the kernel's keyrings hold no key of that name",
        [PH_KEYRING_NAME] = "the kernel's keyring holds a key of that name",
        [PH_KEYRING_ID] = "the kernel's keyring holds that key",
    };
    PH_GUARD(ph_text_fini) struct ph_text keys = {0};

    PH_TRY(read_maybe(root, "/proc/keys", KEYS_MOST, &keys));
    enum ph_keyring ring =
        ph_keyring_find(ph_text_slice(&keys), signature->signer, signature->serial);
    ph_autofree char *after =
        ph_format("%s; %s",
                  signature->other_key ? ", which is not the certificate given"
                                       : "; not checked: give its certificate (--certificate)",
                  RINGS[ring]);
    return after ? say(identity, PH_TRUST_UNCHECKED, "signed by ", signer, after)
                 : ph_error_nomem();
}

/* `own`: where this machine keeps the certificate that it was checked with; NULL = it was given. */
static struct ph_error *judge(const struct ph_modsig *signature, const char *root, const char *own,
                              struct ph_identity *identity)
{
    const char *signer = signature->signer   ? signature->signer
                         : signature->serial ? signature->serial
                                             : "an unnamed signer";

    if (!signature->checked)
        return judge_unchecked(signature, root, signer, identity);
    if (!signature->intact)
        return say(identity, PH_TRUST_TAMPERED, "the module's bytes are not those that ", signer,
                   " signed");
    if (!own)
        return say(identity, PH_TRUST_TRUSTED, "signature of ", signer,
                   " intact, checked with the certificate given");
    ph_autofree char *after = ph_format(" intact, checked with %s, the key that this machine signs "
                                        "modules with itself; not anchored",
                                        own);
    return after ? say(identity, PH_TRUST_UNANCHORED, "signature of ", signer, after)
                 : ph_error_nomem();
}

/* Where tools that sign modules on the machine itself keep their certificate: shim's and DKMS's of
 * Debian and Ubuntu, akmods' of Fedora. */
static const char *const OWN_KEYS[] = {
    "/var/lib/shim-signed/mok/MOK.der",
    "/var/lib/dkms/mok.pub",
    "/etc/pki/akmods/certs/public_key.der",
};

static struct ph_error *check_with_own_keys(struct ph_slice signed_part, struct ph_slice message,
                                            const char *root, struct ph_modsig *signature,
                                            const char **own)
{
    PH_GUARD(ph_text_fini) struct ph_text certificate = {0};

    for (size_t i = 0; !*own && i < sizeof(OWN_KEYS) / sizeof(OWN_KEYS[0]); i++) {
        PH_GUARD(ph_modsig_fini) struct ph_modsig other = {0};
        PH_TRY(read_maybe(root, OWN_KEYS[i], CERTIFICATE_MOST, &certificate));
        if (!certificate.size)
            continue;
        PH_TRY(ph_modsig_check(signed_part, message, ph_text_slice(&certificate), &other));
        if (!other.checked)
            continue;
        struct ph_modsig before = *signature;
        *signature = other;
        other = before;
        *own = OWN_KEYS[i];
    }
    return NULL;
}

static struct ph_error *check_signature(struct ph_slice signed_part, struct ph_slice message,
                                        const struct ph_module_context *context,
                                        struct ph_identity *identity)
{
    PH_GUARD(ph_modsig_fini) struct ph_modsig signature = {0};
    PH_GUARD(ph_text_fini) struct ph_text certificate = {0};
    const char *own = NULL;

    if (context->certificate)
        PH_TRY(ph_read_file(context->certificate, CERTIFICATE_MOST, &certificate));
    struct ph_error *error =
        ph_modsig_check(signed_part, message, ph_text_slice(&certificate), &signature);
    if (error) {
        if (error->code == PH_ERR_NOMEM)
            return error;
        struct ph_error *second = say(identity, PH_TRUST_MALFORMED, error->text, "", "");
        ph_error_free(error);
        return second;
    }
    if (!context->certificate)
        PH_TRY(check_with_own_keys(signed_part, message, context->root, &signature, &own));
    PH_TRY(judge(&signature, context->root, own, identity));
    identity->module.signer = ph_steal(signature.signer);
    identity->module.sig_key = ph_steal(signature.serial);
    identity->module.sig_hash = ph_steal(signature.hash);
    return NULL;
}

/* No signature at the end: was there one? What stands behind the ELF file tells. */
static struct ph_error *no_signature(const struct ph_elf *elf, struct ph_identity *identity)
{
    struct ph_slice file = elf->file;
    size_t end = ph_elf_end(elf), behind = file.size - end, at;

    if (behind >= 2 && !memcmp(file.data + end, "\x30\x82", 2)) { /* a PKCS #7 message starts so */
        if (!ph_modsig_mark(file, &at))
            return say(identity, PH_TRUST_CUT_SHORT, "the file ends within its signature", "", "");
        identity->trailing_bytes = file.size - at;
        return say(identity, PH_TRUST_UNSIGNED,
                   "bytes follow the signature: the kernel takes this module for unsigned", "", "");
    }
    identity->trailing_bytes = behind;
    return say(identity, PH_TRUST_UNSIGNED, "no signature is appended to this module", "", "");
}

static struct ph_error *signature(const struct ph_elf *elf, const struct ph_module_context *context,
                                  struct ph_identity *identity)
{
    struct ph_slice signed_part, message;

    switch (ph_modsig_split(elf->file, &signed_part, &message)) {
    case PH_MODSIG_FOUND:
        return check_signature(signed_part, message, context, identity);
    case PH_MODSIG_CUT:
        return say(identity, PH_TRUST_CUT_SHORT,
                   "the end of a signature is there, the signature is not whole", "", "");
    case PH_MODSIG_OLD:
        return say(identity, PH_TRUST_UNCHECKED,
                   "signed in a way that kernels before 4.3 used; not checked", "", "");
    case PH_MODSIG_NONE:
        break;
    }
    return no_signature(elf, identity);
}

/* ------------------------------------------------------------------ the whole */

/* The path as the system under `root` sees it. */
static const char *within(const char *root, const char *path)
{
    size_t length = strlen(root);

    while (length && root[length - 1] == '/')
        length--;
    return length && !strncmp(path, root, length) && path[length] == '/' ? path + length : path;
}

static struct ph_error *package(const char *path, const struct ph_module_context *context,
                                struct ph_module_facts *module)
{
    PH_GUARD(ph_package_fini) struct ph_package package = {0};
    ph_autofree char *here = NULL;
    ph_autofree char *whole = NULL;

    if (!path)
        return NULL;
    if (context->live && path[0] != '/') { /* packages know absolute paths */
        PH_TRY(ph_current_directory(&here));
        whole = ph_format("%s/%s", here, path);
        if (!whole)
            return ph_error_nomem();
        path = whole;
    }
    PH_TRY(ph_package_of(context->root, context->live, within(context->root, path), module->name,
                         &package));
    module->package = ph_steal(package.name);
    module->package_version = ph_steal(package.version);
    module->maintainer = ph_steal(package.maintainer);
    return NULL;
}

struct ph_error *ph_identify_module(struct ph_slice bytes, const char *path,
                                    const struct ph_module_context *context,
                                    struct ph_identity *identity)
{
    PH_GUARD(ph_elf_fini) struct ph_elf elf = {0};
    struct ph_module_facts *module = &identity->module;

    PH_TRY(ph_elf_parse(path ? path : "module", bytes, &elf));
    identity->format = PH_FORMAT_ELF;
    identity->machine = elf.machine;
    module->present = true;
    module->loaded = -1;
    PH_TRY(file_facts(&elf, module));
    PH_TRY(name_by_path(path, module));
    if (!ph_elf_section(&elf, ".modinfo"))
        return say(identity, PH_TRUST_UNCHECKED, "an ELF file, but no kernel module", "", "");
    PH_TRY(signature(&elf, context, identity));
    if (module->name && !strchr(module->name, '/')) /* the file may say anything */
        PH_TRY(loaded_facts(&elf, context->root, module));
    return package(path, context, module);
}
