# The file itself: what it is linked to, how it is protected, what it says of itself.
. ../cli/cli.inc
exe=$poolhound.exe
last="poolhound.exe" out=$work/out err=$work/err
objdump=x86_64-w64-mingw32-objdump
command -v $objdump >/dev/null || skip "needs $objdump (mingw-w64's binutils)"
LC_ALL=C $objdump -p "$exe" >"$work/pe" 2>"$err" || fail "objdump: $(head -1 "$err")"

# One file of 3 MB at most, for every Windows from 10 1809 on: nothing but Windows' own libraries.
size=$(wc -c <"$exe")
[ "$size" -le 3145728 ] || fail "$size bytes, 3145728 are the limit"
sed -n 's/^[[:space:]]*DLL Name: //p' "$work/pe" | tr 'A-Z' 'a-z' | sort -u >"$work/dlls"
[ -s "$work/dlls" ] || fail 'no imports found'
grep -vx -e 'advapi32.dll' -e 'bcrypt.dll' -e 'crypt32.dll' -e 'kernel32.dll' -e 'msvcrt.dll' \
    -e 'ntdll.dll' -e 'ole32.dll' -e 'shell32.dll' -e 'user32.dll' -e 'wintrust.dll' "$work/dlls" >"$work/foreign" &&
    fail "needs $(tr '\n' ' ' <"$work/foreign")"

# Random addresses out of 64 bits, and no code in data.
has "$work/pe" 'HIGH_ENTROPY_VA'
has "$work/pe" 'DYNAMIC_BASE'
has "$work/pe" 'NX_COMPAT'
has "$work/pe" '^Subsystem.*(Windows CUI)'
# The same bytes from the same sources: no time in it, no path of the machine that built it.
has "$work/pe" '^Time/Date.*1970'
grep -a -q -F "$(cd ../.. && pwd)" "$exe" && fail 'holds the path of its sources'

# The manifest.
for word in 'level="asInvoker"' '>UTF-8</activeCodePage>' '>true</longPathAware>'; do
    grep -a -q -F "$word" "$exe" || fail "the manifest lacks $word"
done
# Its version, read by itself.
run 0 identify --json "$exe"
version=$("$poolhound" --version | sed -n '1s/^poolhound \([0-9.]*\).*/\1/p')
[ -n "$version" ] || fail 'tells no version'
has "$out" '"product": *"poolhound"'
has "$out" "$version"
done_testing
