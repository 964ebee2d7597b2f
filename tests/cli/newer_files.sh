# A newer file of the same driver on the machine: another kernel's module, Windows' driver store.
. ./cli.inc

module() { # FILE VERSION SRCVERSION
    cat >"$work/m.c" <<END
#define INFO(name, text) static const char name[] __attribute__((section(".modinfo"), used)) = text
INFO(license, "license=GPL");
INFO(name, "name=new_mod");
$([ -z "$2" ] || echo "INFO(version, \"version=$2\");")
INFO(source, "srcversion=$3");
void *kmem_cache_create(const char *name, unsigned size, unsigned align, unsigned long flags, void *);
void *cache;
int init_module(void)
{
    cache = kmem_cache_create("new_mod_objects", 96, 0, 0, 0);
    return 0;
}
END
    mkdir -p "${1%/*}"
    gcc -O2 -mcmodel=kernel -fno-pic -fno-pie -c -o "$1" "$work/m.c" || fail "no module file"
}

driver() { # FILE VERSION, with commas
    cat >"$work/d.rc" <<RESOURCE
1 VERSIONINFO
FILEVERSION $2
PRODUCTVERSION $2
BEGIN
    BLOCK "StringFileInfo"
    BEGIN
        BLOCK "040904b0"
        BEGIN
            VALUE "CompanyName", "Leaky Inc"
            VALUE "FileDescription", "Leaky driver"
        END
    END
END
RESOURCE
    cat >"$work/d.c" <<'END'
__declspec(dllimport) void *__stdcall ExAllocatePoolWithTag(int type, unsigned long long size, unsigned tag);
int DriverEntry(void)
{
    return ExAllocatePoolWithTag(0, 64, 0x4b61654c) != 0;
}
END
    mkdir -p "${1%/*}"
    x86_64-w64-mingw32-windres "$work/d.rc" "$work/d.res.o" &&
        x86_64-w64-mingw32-gcc -O2 -nostdlib -Wl,--subsystem,native -Wl,-e,DriverEntry -o "$1" \
            "$work/d.c" "$work/d.res.o" -lntoskrnl || fail "no driver file"
}

if command -v gcc >/dev/null && [ "$(uname -m)" = x86_64 ]; then
    tree=$work/tree
    modules=$tree/lib/modules
    mkdir -p "$tree/proc/sys/kernel"
    echo 6.1.0-18-amd64 >"$tree/proc/sys/kernel/osrelease"
    printf 'new_mod 16384 0 - Live 0xffffffffc0000000\n' >"$tree/proc/modules"
    : >"$tree/proc/kallsyms"
    module "$modules/6.1.0-18-amd64/kernel/drivers/new-mod.ko" '' AAAA
    run 0 who new_mod_objects --root "$tree"
    has_not "$out" 'newer file'
    # The same source under a newer kernel is no newer driver, an older kernel's is none either.
    module "$modules/6.1.0-25-amd64/kernel/drivers/new-mod.ko" '' AAAA
    module "$modules/6.1.0-9-amd64/kernel/drivers/new-mod.ko" '' BBBB
    run 0 who new_mod_objects --root "$tree"
    has_not "$out" 'newer file'
    module "$modules/6.1.0-25-amd64/kernel/drivers/new-mod.ko" '' CCCC
    module "$modules/6.5.0-1-amd64/updates/dkms/new-mod.ko" '' DDDD
    run 0 who new_mod_objects --root "$tree" --json
    json
    has "$out" '"newer_file":"[^"]*/6.5.0-1-amd64/updates/dkms/new-mod.ko, for kernel 6.5.0-1-amd64"'
    # Versions count before kernels.
    module "$modules/6.1.0-18-amd64/kernel/drivers/new-mod.ko" 2.1 AAAA
    module "$modules/6.1.0-9-amd64/kernel/drivers/new-mod.ko" 2.10 BBBB
    module "$modules/6.1.0-25-amd64/kernel/drivers/new-mod.ko" 2.2 CCCC
    module "$modules/6.5.0-1-amd64/updates/dkms/new-mod.ko" 1.9 DDDD
    run 0 who new_mod_objects --root "$tree" --json
    has "$out" '6.1.0-9-amd64/kernel/drivers/new-mod.ko, version 2.10, for kernel 6.1.0-9-amd64 (this one is 2.1)"'
    # What the link `build` leads to are no modules of this kernel.
    mkdir -p "$work/elsewhere"
    cp "$modules/6.1.0-18-amd64/kernel/drivers/new-mod.ko" "$work/elsewhere/other_mod.ko"
    ln -s "$work/elsewhere" "$modules/6.1.0-18-amd64/build"
    run 0 who new_mod_objects --root "$tree"
    has_not "$out" 'other_mod'
else
    echo "no gcc for x86-64: modules left out"
fi

if command -v x86_64-w64-mingw32-gcc >/dev/null && command -v x86_64-w64-mingw32-windres >/dev/null; then
    system=$work/c/Windows/System32
    driver "$system/drivers/leaky.sys" 1,2,0,9
    run 0 who LeaK -D "$system/drivers"
    has "$out" '^LeaK: allocated by leaky.sys'
    has_not "$out" 'newer file'
    driver "$system/DriverStore/FileRepository/leaky.inf_amd64_1/leaky.sys" 1,2,0,3
    run 0 who LeaK -D "$system/drivers"
    has_not "$out" 'newer file'
    driver "$system/DriverStore/FileRepository/leaky.inf_amd64_2/amd64/Leaky.SYS" 1,2,0,10
    driver "$system/DriverStore/FileRepository/other.inf_amd64_2/other.sys" 9,0,0,0
    run 0 who LeaK -D "$system/drivers" --json
    json
    has "$out" '"newer_file":"[^"]*/leaky.inf_amd64_2/amd64/Leaky.SYS, version 1.2.0.10 (this one is 1.2.0.9)"'
    has "$out" '"next":"a newer file of leaky.sys lies on this machine'
    # A file that is named twice is there once.
    run 0 who LeaK -D "$system/drivers/leaky.sys" -D "$system/drivers" --json
    has "$out" '"copies":0'
    run 0 scan --json "$system/drivers/leaky.sys" "$system/drivers" "$system/drivers/leaky.sys"
    has "$out" '"files_looked_at":1'
    has "$out" '"files_read_now":0'
else
    echo "no mingw-w64: the driver store left out"
fi
done_testing
