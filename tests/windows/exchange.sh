# Evidence that goes from one system to the other: recordings and drivers, read by poolhound.exe and by
# the Linux program, which say the same of them.
. ../cli/cli.inc
linux=${POOLHOUND_LINUX:-$(cd ../.. && pwd)/build/poolhound}
drivers=$(cd ../.. && pwd)/build/drivers
[ -x "$linux" ] || skip 'needs the Linux program, of the same sources: make'
cd "$work" || exit 2

# alike STATUS ARGUMENTS...: both programs end with it and write the same bytes
alike() {
    wanted=$1
    shift
    run "$wanted" "$@"
    "$linux" "$@" >"$work/linux-out" 2>"$work/linux-err" </dev/null
    status=$?
    [ $status -eq "$wanted" ] || fail "on Linux: poolhound $*: exit status $status, wanted $wanted"
    cmp -s "$out" "$work/linux-out" || {
        fail "poolhound $*: not the same as on Linux:"
        diff "$work/linux-out" "$out" | cut -c 1-300 | head -10 >&2
    }
    cmp -s "$err" "$work/linux-err" || fail "poolhound $*: says $(head -1 "$err"), on Linux $(head -1 "$work/linux-err")"
}

# --- a log; what each system records of it, judged by both
make_log pool.log 96
alike 1 leaks pool.log
alike 1 leaks --json pool.log
alike 1 leaks --csv pool.log
alike 0 snap --json pool.log
alike 0 sys --json pool.log
alike 0 export pool.log
run 0 record -q --from pool.log windows.poolhound
"$linux" record -q --from pool.log linux.poolhound || fail 'on Linux: record --from'
for made in windows linux; do
    alike 1 leaks $made.poolhound
    alike 1 leaks --json $made.poolhound
    alike 0 snap --json $made.poolhound
    alike 0 sys --json $made.poolhound
    alike 0 export $made.poolhound
done
run 1 leaks --json windows.poolhound
sed 's/windows[.]poolhound/linux.poolhound/g' "$out" >one
run 1 leaks --json linux.poolhound
cmp -s one "$out" || fail 'the recordings of both systems are not judged alike'
run 0 diff --json windows.poolhound linux.poolhound
has "$out" '"tag":"LeaK"'
has_not "$out" '"change_bytes":[1-9-]'

# --- of the live system: Wine's kernel has totals only
run 0 record -q -d 2s -t 200ms here.poolhound
"$linux" record -q -d 2s -t 200ms there.poolhound || fail 'on Linux: record'
alike 2 leaks --json here.poolhound
alike 0 leaks --json there.poolhound
for made in here there; do
    alike 0 sys --json $made.poolhound
    alike 0 export $made.poolhound
done
run 0 sys --json here.poolhound
has "$out" '"system":"Windows"'
run 0 sys --json there.poolhound
has "$out" '"system":"Linux"'
# begun on one system and continued on the other: another boot, whose counters are not compared
cp there.poolhound on.poolhound
run 0 record -q -d 1s -t 200ms on.poolhound
alike 0 leaks --json on.poolhound
alike 0 export on.poolhound

# --- real drivers: the same code in them, whoever looks. Roots and verdicts are the systems' own.
if [ ! -d "$drivers/x64" ]; then
    echo 'without real drivers: tools/fetch-drivers'
    done_testing
    exit 0
fi
cd "$drivers" || exit 2
same_but_for_paths() { # ARGUMENTS...
    "$poolhound" "$@" 2>"$err" | sed 's,\\\\,/,g' >"$out"
    "$linux" "$@" >"$work/linux-out" 2>"$work/linux-err"
    [ -s "$out" ] || fail "poolhound $*: nothing"
    cmp -s "$out" "$work/linux-out" || {
        fail "poolhound $*: not the same as on Linux:"
        diff "$work/linux-out" "$out" | cut -c 1-300 | head -10 >&2
    }
}
for folder in x64 arm64 x86 arm itanium wine; do
    [ ! -d $folder ] || same_but_for_paths scan --no-index --json $folder
done
same_but_for_paths scan --no-index --localtag x64
same_but_for_paths strings x64/wireguard.sys
cat >"$work/alike.py" <<'P'
import json, sys

TRUST = {"trust", "publisher", "paragraph", "sentence", "system_verdict", "catalog", "next", "chain", "verdict", "time_stamp_sentence",
         "stamp_sentence"}


def bare(value):
    if isinstance(value, dict):
        return {key: bare(inner) for key, inner in value.items() if key not in TRUST}
    if isinstance(value, list):
        return [bare(inner) for inner in value]
    if isinstance(value, str):  # roots are the systems' own
        value = value.replace("\\", "/").replace(", its issuer is not at hand", "")
        return value.replace("not anchored: that root is not at hand (--roots DIR)", "which is trusted")
    return value


def difference(a, b, at=""):
    if type(a) != type(b):
        return f"{at}: {a!r}, on Linux {b!r}"
    if isinstance(a, dict):
        for key in sorted(set(a) | set(b)):
            found = difference(a.get(key), b.get(key), f"{at}.{key}")
            if found:
                return found
    elif isinstance(a, list):
        if len(a) != len(b) and not at.endswith("signers"):  # chains end at the roots that are at hand
            return f"{at}: {len(a)} parts, on Linux {len(b)}"
        for i, (one, other) in enumerate(zip(a, b)):
            found = difference(one, other, f"{at}[{i}]")
            if found:
                return found
    elif a != b:
        return f"{at}: {a!r}, on Linux {b!r}"
    return None


sys.exit(difference(*(bare(json.load(open(name, encoding="utf-8"))) for name in sys.argv[1:])))
P
if command -v python3 >/dev/null; then
    while read -r arguments; do
        # shellcheck disable=SC2086 # words
        "$poolhound" $arguments >"$out" 2>"$err"
        # shellcheck disable=SC2086 # words
        "$linux" $arguments >"$work/linux-out" 2>"$work/linux-err"
        python3 "$work/alike.py" "$out" "$work/linux-out" 2>"$work/why" ||
            fail "poolhound $arguments: $(tail -1 "$work/why")"
    done <<'A'
identify --json x64
identify --json arm64
identify --json arm
identify --json wine
who --json --no-index -D x64 WDiv
who --json --no-index -D x64 wgnt
who --json --no-index -D x64 -D arm64 -D x86 wtun
who --json --no-index -D . KOOK
who --json --no-index -D x64 Nono
A
fi
done_testing
