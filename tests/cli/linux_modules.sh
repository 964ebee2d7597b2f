# who and identify on Linux modules: a module of our own in a saved tree, with the truth known.
. ./cli.inc

command -v gcc >/dev/null || skip "needs gcc to make a module file"
[ "$(uname -m)" = x86_64 ] || skip "the module's code is for x86-64"

cat >"$work/fixmod.c" <<'END'
#define INFO(name, text) static const char name[] __attribute__((section(".modinfo"), used)) = text
INFO(license, "license=GPL");
INFO(author1, "author=First Author");
INFO(author2, "author=Second Author <second@example.org>");
INFO(version, "version=2.5");
INFO(source, "srcversion=ABCDEF0123456789ABCDEF0");
INFO(magic, "vermagic=6.1.0-test SMP mod_unload ");
INFO(module, "name=fixmod");
void *kmem_cache_create(const char *name, unsigned size, unsigned align, unsigned long flags, void *);
int snprintf(char *, unsigned long, const char *, ...);
void *vmalloc(unsigned long);
void *cache, *other, *made;
char buffer[32];
int init_module(void)
{
    cache = kmem_cache_create("fixmod_objects", 96, 0, 0, 0);
    other = kmem_cache_create("fixmod_bio-%u", 32, 0, 0, 0);
    vmalloc(1);
    return 0;
}
int late(int n)
{
    snprintf(buffer, sizeof(buffer), "%d", n);
    made = kmem_cache_create(buffer, 64, 0, 0, 0);
    return 0;
}
END
gcc -O2 -mcmodel=kernel -fno-pic -fno-pie -c -o "$work/fixmod.ko" "$work/fixmod.c" ||
    skip "gcc cannot make the module file"

tree=$work/tree
modules=$tree/lib/modules/6.1.0-test
mkdir -p "$tree/proc/sys/kernel" "$modules/kernel/drivers" "$modules/updates/dkms" \
    "$tree/sys/module/fixmod" "$tree/var/lib/dpkg/info"
echo 6.1.0-test >"$tree/proc/sys/kernel/osrelease"
printf 'fixmod 16384 0 - Live 0xffffffffc0000000 (OE)\n' >"$tree/proc/modules"
printf 'ffffffff81000000 T kernel_does\nffffffffc0000010 t fix_site\t[fixmod]\n' >"$tree/proc/kallsyms"
cp "$work/fixmod.ko" "$modules/kernel/drivers/fixmod.ko"

run 0 who fixmod_objects --root "$tree"
has "$out" '^fixmod_objects: fixmod\.$'
has "$out" "creates the cache 'fixmod_objects' by kmem_cache_create in"
has "$out" 'fixmod, loaded'
run 0 who fixmod_bio-200 --root "$tree"
has "$out" "creates the cache 'fixmod_bio-%u'"
run 1 who fixmod_nothing --root "$tree"
has "$out" '1 module; 1 module has caches whose names are made up'
run 0 who 'anything+0x1/0x2 [fixmod]' --root "$tree"
has "$out" "the call site is this module's"
run 0 who '/build/fix.c:16 [fixmod] func:fix_site' --root "$tree"
has "$out" "the call site is this module's"
run 0 who fix_site --root "$tree"
has "$out" 'the function fix_site'
run 0 who 0xffffffffc0000020 --root "$tree"
has "$out" 'fix_site'
mkdir -p "$work/hidden/proc"
printf '0000000000000000 T kernel_does\n' >"$work/hidden/proc/kallsyms"
run 1 who 0xffffffffc0000020 --root "$work/hidden"
has "$out" 'addresses of modules and symbols are hidden'
run 1 who kernel_does --root "$tree"
has "$out" "the kernel's own"
run 0 who fixmod_objects --root "$tree" --json
json
has "$out" '"evidence":"call-site"'

# Nothing but the name: a format where names are made, a module that is loaded or built in.
cat >"$work/late.c" <<'END'
__attribute__((section(".modinfo"), used)) static const char license[] = "license=GPL";
void *kmem_cache_create(const char *name, unsigned size, unsigned align, unsigned long flags, void *);
int snprintf(char *, unsigned long, const char *, ...);
char buffer[32];
void *made;
int late(int n)
{
    char *name = buffer + n;
    snprintf(name, 9, "late_pool-%d", n);
    made = kmem_cache_create(name, 64, 0, 0, 0);
    return 0;
}
END
gcc -O2 -mcmodel=kernel -fno-pic -fno-pie -c -o "$modules/kernel/drivers/late.ko" "$work/late.c"
run 1 who late_pool-7 --root "$tree"
has "$out" "has the format 'late_pool-%d'"
has "$out" 'weaker evidence'
printf 'kernel/fs/nightfs/nightfs.ko\nkernel/lib/ni.ko\n' >"$modules/modules.builtin"
run 1 who nightfs_inode_cache --root "$tree"
has "$out" 'nightfs, loaded'
has "$out" "name begins with that of this module, which is built"
run 1 who nightfsx --root "$tree"
run 1 who fixmod_unheard_of --root "$tree"
has "$out" "name begins with that of this module"
rm "$modules/kernel/drivers/late.ko"

# modules.dep tells which of two files is taken.
mkdir -p "$modules/kernel/other"
cp "$work/fixmod.ko" "$modules/kernel/other/fixmod.ko"
printf 'kernel/other/fixmod.ko: kernel/lib/x.ko\n' >"$modules/modules.dep"
cp "$work/fixmod.ko" "$modules/updates/dkms/fixmod.ko"
run 0 who fixmod_objects --root "$tree"
has "$out" 'kernel/other/fixmod.ko'
rm "$modules/modules.dep" "$modules/kernel/other/fixmod.ko" "$modules/updates/dkms/fixmod.ko"

# Packed modules, and the one that depmod prefers.
for packer in xz zstd gzip; do
    command -v $packer >/dev/null || continue
    case $packer in xz) end=xz ;; zstd) end=zst ;; gzip) end=gz ;; esac
    rm -f "$modules"/updates/dkms/*
    $packer -c <"$work/fixmod.ko" >"$modules/updates/dkms/fixmod.ko.$end"
    run 0 who fixmod_objects --root "$tree"
    has "$out" "updates/dkms/fixmod.ko.$end"
    run 0 identify --root "$tree" "$modules/updates/dkms/fixmod.ko.$end"
    has "$out" 'Version:	2.5'
    head -c 300 "$modules/updates/dkms/fixmod.ko.$end" >"$work/cut.ko.$end"
    run 0 identify "$work/cut.ko.$end"
    has "$out" 'damaged or cut short'
done

# What the file says, what is loaded, which package.
echo live >"$tree/sys/module/fixmod/initstate"
echo OTHER >"$tree/sys/module/fixmod/srcversion"
echo OE >"$tree/sys/module/fixmod/taint"
printf '/.\n/lib/modules/6.1.0-test/kernel/drivers/fixmod.ko\n' >"$tree/var/lib/dpkg/info/fixmod-modules.list"
printf 'Package: another\nVersion: 1\n\nPackage: fixmod-modules\nMaintainer: Fix Team <fix@example.org>\nVersion: 2.5-1\n' \
    >"$tree/var/lib/dpkg/status"
run 0 identify -a -h --root "$tree" "$modules/kernel/drivers/fixmod.ko"
has "$out" 'Author:	.*First Author'
has "$out" 'Author:	.*Second Author'
has "$out" 'Srcversion:	ABCDEF0123456789ABCDEF0'
has "$out" 'In tree:	no'
has "$out" 'Loaded:	yes, but ANOTHER build'
has "$out" 'Taints:	O (out of tree), E (unsigned)'
has "$out" 'Package:	fixmod-modules'
has "$out" 'Package version:	2.5-1'
has "$out" 'Maintainer:	Fix Team'
has "$out" 'Allocates by:	.*kmem_cache_create'
has "$out" 'Verified:	Unsigned'
run 0 identify --json --root "$tree" "$modules/kernel/drivers/fixmod.ko"
json

# Built by DKMS: by its dkms.conf, in the version that was built for this kernel.
dkms=$tree/var/lib/dkms
mkdir -p "$dkms/fix-source/1.0/source" "$dkms/fix-source/2.5/6.1.0-test/x86_64/module" "$dkms/fix-source/2.5/source" \
    "$dkms/fix-source/3.0/source" "$dkms/aaa/9/source"
for version in 1.0 2.5 3.0; do
    printf 'BUILT_MODULE_NAME[0]="other"\nBUILT_MODULE_NAME[1]="fixmod"\n' >"$dkms/fix-source/$version/source/dkms.conf"
done
printf 'PACKAGE_NAME="aaa"\nBUILT_MODULE_NAME[0]="fixmod_more" # fixmod\n' >"$dkms/aaa/9/source/dkms.conf"
cp "$work/fixmod.ko" "$modules/updates/dkms/fixmod.ko"
cp "$work/fixmod.ko" "$dkms/fix-source/2.5/6.1.0-test/x86_64/module/fixmod.ko"
run 0 identify --root "$tree/" "$modules/updates/dkms/fixmod.ko"
has "$out" 'Package:	fix-source (DKMS)'
has "$out" 'Package version:	2.5'
rm "$modules/updates/dkms/fixmod.ko"

# Every cut of a module, and a byte changed anywhere: one answer, no crash.
size=$(wc -c <"$work/fixmod.ko")
at=0
while [ $at -lt "$size" ]; do
    head -c $at "$work/fixmod.ko" >"$work/part.ko"
    "$poolhound" identify "$work/part.ko" >"$out" 2>"$err" || [ $? -eq 2 ] || fail "cut at $at: status $?"
    at=$((at + size / 12 + 1))
done

if command -v openssl >/dev/null; then
    openssl req -x509 -newkey rsa:2048 -nodes -subj '/CN=Test module key' -days 30 \
        -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
    openssl cms -sign -binary -noattr -nocerts -nosmimecap -md sha256 -outform DER -signer "$work/cert.pem" \
        -inkey "$work/key.pem" -in "$work/fixmod.ko" -out "$work/signature" 2>/dev/null
    size=$(wc -c <"$work/signature")
    {
        cat "$work/fixmod.ko" "$work/signature"
        printf '\000\000\002\000\000\000\000\000\000\000'
        # shellcheck disable=SC2059 # the length, big-endian
        printf "\\$(printf %03o $((size / 256)))\\$(printf %03o $((size % 256)))"
        printf '~Module signature appended~\n'
    } >"$work/signed.ko"
    run 0 identify --certificate "$work/cert.pem" "$work/signed.ko"
    has "$out" 'Verified:	Signed'
    has "$out" 'Signer:	Test module key'
    has "$out" 'Hash:	sha256'
    run 0 identify "$work/signed.ko"
    has "$out" 'Verified:	Not checked'
    has "$out" 'give its certificate'
    printf 'X' | dd of="$work/signed.ko" bs=1 seek=100 conv=notrunc 2>/dev/null
    run 1 identify --certificate "$work/cert.pem" "$work/signed.ko"
    has "$out" 'Verified:	Changed after signing'
    { cat "$work/fixmod.ko"; printf '~Module signature appended~\n'; } >"$work/odd.ko"
    run 0 identify "$work/odd.ko" || true
    { printf '\177ELF'; printf '~Module signature appended~\n'; } >"$work/odd.ko"
    "$poolhound" identify "$work/odd.ko" >"$out" 2>"$err" || [ $? -le 2 ] || fail "odd.ko"
fi
done_testing
