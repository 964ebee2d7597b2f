# Every allocation checked: Wine fills and watches what lies behind and in freed blocks of a program whose
# GlobalFlag says so (0x10 tails, 0x20 freed blocks, 0x40 parameters, 0x80 all blocks at every call).
. ../cli/cli.inc
command -v wine >/dev/null || skip 'needs wine'
compiler=x86_64-w64-mingw32-gcc
tool=$(cd ../.. && pwd)/tools/run-wine
cd "$work" || exit 2
program=poolhound-heap-$$.exe
key="HKLM\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Image File Execution Options"
trap '"$tool" reg delete "$key\\$program" /f >/dev/null 2>&1; rm -rf "$work"' EXIT
"$tool" reg add "$key\\$program" /v GlobalFlag /t REG_DWORD /d 0xf0 /f >"$work/reg" 2>&1 ||
    skip "reg add: $(head -1 "$work/reg")"

# watched ARGUMENTS...: what the heap's checks found is in $work/heap
watched() {
    WINEDEBUG=-all,err+heap "$tool" "./$program" "$@" >"$work/out" 2>"$work/heap" </dev/null
    status=$?
}

# does the check find anything? A program that writes behind what it asked for.
if command -v $compiler >/dev/null; then
    cat >wrong.c <<'C'
#include <stdlib.h>
int main(void)
{
    char *volatile block = malloc(24);
    block[24] = 1;
    free(block);
    return 0;
}
C
    $compiler -O0 -s -o $program wrong.c 2>"$work/err" || fail "$compiler: $(head -1 "$work/err")"
    watched
    grep -q 'err:heap' "$work/heap" || skip 'this Wine does not check its heap'
    mv $program small.sys
fi
[ -e small.sys ] || head -c 4096 "$poolhound.exe" >small.sys

cp "$poolhound.exe" $program
make_log pool.log 30
# Not identify and who: Wine's stores of certificates and lists of handles would take minutes so.
while read -r wanted arguments; do
    # shellcheck disable=SC2086 # words
    watched $arguments
    [ "$status" -eq "$wanted" ] || fail "$arguments: exit status $status, wanted $wanted: $(head -1 "$work/heap")"
    ! grep 'heap:' "$work/heap" >"$work/found" || fail "$arguments: $(head -1 "$work/found")"
done <<A
0 help
0 help --man
2 frobnicate
2 leaks missing.log
0 leaks pool.log
0 leaks --json pool.log
0 leaks --csv pool.log
0 leaks pool.log --report r.html --report r.md --report r.json
0 snap pool.log
0 sys pool.log --png p.png --svg p.svg
0 record -q --from pool.log r.poolhound
0 leaks r.poolhound
0 diff r.poolhound r.poolhound
0 export r.poolhound
0 snap --json
0 sys
0 record -q -d 1s -t 100ms live.poolhound
2 hunt -q -d 1s -t 200ms --no-keep
0 scan --no-index small.sys
0 strings small.sys -n 12
A
done_testing
