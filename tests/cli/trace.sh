. ./cli.inc
# What cannot work says so in one line, before anything is traced.
for_nothing() { # PATTERN ARGUMENTS...
    pattern=$1
    shift
    run 2 trace "$@"
    one_line_error "$pattern"
    [ ! -s "$out" ] || fail "$last: prints something"
}
for_nothing 'follows the live kernel only' /var/tmp/saved
for_nothing "no such kind as 'slabs'" --kinds slabs
for_nothing "no such kind as ''" --kinds slab,,pages
for_nothing 'ends before it begins' --size 4k-512
for_nothing 'not a size' --size many
for_nothing 'not a size' --size -
for_nothing 'not a size' --size 8000000k
for_nothing 'not a power of two' --sample 12
for_nothing 'no such process' --process 4999999
for_nothing 'no such column' --sort tag
for_nothing 'exclude each other' --stacks --no-stacks
for_nothing 'exclude each other' --json --csv
for_nothing 'not between' --max-objects 12
for_nothing 'max-cpu' --max-cpu much
for_nothing 'trace has no option --root' --root /
run 0 help trace
has "$out" '^Usage: poolhound trace'
has "$out" 'but pages'
fits

# As nobody: one line that says what is missing.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    cp "$poolhound" "$work/poolhound" && chmod 755 "$work" "$work/poolhound"
    out=$work/out err=$work/err last='poolhound trace as nobody'
    setpriv --reuid 65534 --regid 65534 --clear-groups "$work/poolhound" trace -d 1s \
        >"$out" 2>"$err" </dev/null
    status=$?
    [ $status -eq 2 ] || fail "$last: exit status $status, wanted 2"
    one_line_error 'CAP_BPF\|root'
fi
[ "$failures" -eq 0 ] || exit 1

# Live, where this kernel lets us.
[ "$(id -u)" -eq 0 ] || skip 'the errors are right; tracing needs root'
"$poolhound" trace -q -d 100ms >"$work/first" 2>"$work/why" </dev/null
[ $? -ne 2 ] || skip "the errors are right; this kernel cannot be traced: $(cat "$work/why")"
last='poolhound trace -d 100ms' out=$work/first
fits
has "$out" '^Traced for '
has "$out" '^Site  *Module  *Cache  *Allocs  *Diff  *Bytes  *Oldest Age$'
command -v python3 >/dev/null || skip 'the errors and the table are right; the rest needs python3'

# A process opens 10 files a tenth of a second and closes every second one.
cat >"$work/holder.py" <<'P'
import os, time
kept = []
while len(kept) < 900:
    for i in range(10):
        file = os.open("/dev/null", 0)
        if i % 2:
            kept.append(file)
        else:
            os.close(file)
    time.sleep(0.1)
P
python3 "$work/holder.py" &
holder=$!
trap 'kill $holder 2>/dev/null; rm -rf "$work"' EXIT
"$poolhound" trace -v -d 5s -t 1s --max-cpu none -i filp --process $holder --json \
    >"$work/json" 2>"$work/err" </dev/null
status=$? last='poolhound trace --json'
[ $status -le 1 ] || fail "$last: exit status $status: $(cat "$work/err")"
has "$work/err" 'privileges kept: nothing'
python3 - "$work/json" $holder <<'P' || fail "$last: not what the process did"
import json, sys
trace = json.load(open(sys.argv[1]))
assert trace["kind"] == "trace" and trace["schema"] == "poolhound/1"
assert trace["sampled_one_of"] == 1 and trace["cpu_share_most"] is None
assert "caches filp" in trace["filters"] and f"process {sys.argv[2]}" in trace["filters"]
assert 4.9 < trace["traced_s"] < 30, trace["traced_s"]
assert trace["sites"], "no site"
for site in trace["sites"]:
    assert site["cache"] == "filp", site["cache"]
    assert site["kind"] == "cache" and not site["estimated"]
    assert site["diff"] == site["allocs"] - site["frees"]
    assert site["diff_low"] == site["diff"] == site["diff_high"]
allocs, diff = (sum(site[key] for site in trace["sites"]) for key in ("allocs", "diff"))
# 10 of 10 are opened, 5 stay; the machine may be slow, and close() frees a little later
assert 100 <= allocs <= 1000, allocs
assert 0.4 < diff / allocs < 0.7, (diff, allocs)
P

"$poolhound" trace -q -d 2s -x filp -n 3 -s allocs --csv --max-cpu none >"$work/csv" \
    2>"$work/err" </dev/null
last='poolhound trace --csv'
[ "$(wc -l <"$work/csv")" -le 4 ] || fail "$last -n 3: $(wc -l <"$work/csv") lines"
has "$work/csv" '^site,module,unloaded,via,kind,cache,allocs,'
has_not "$work/csv" ',filp,'

# Interrupted, it prints what it has.
"$poolhound" trace -d 1h --max-cpu none -t 200ms >"$work/out" 2>"$work/err" </dev/null &
traced=$!
tries=100
while ! grep -q tracing "$work/err" && [ $tries -gt 0 ]; do
    tries=$((tries - 1))
    sleep 0.1
done
kill -INT $traced
wait $traced
status=$? last='poolhound trace, interrupted' out=$work/out
[ $status -le 1 ] || fail "$last: exit status $status: $(cat "$work/err")"
has "$work/out" '^Traced for '
has "$work/err" 'tracing .* sites'
done_testing
