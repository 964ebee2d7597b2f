# A hunt goes on where counters end: what rises is traced, and its call sites are told.
. ./cli.inc
[ "$(uname)" = Linux ] || skip 'needs a Linux kernel'
[ "$(id -u)" -eq 0 ] || skip 'needs root to trace'
command -v python3 >/dev/null || skip 'python3 is not installed'
"$poolhound" trace -q -d 1s --top 1 >"$work/out" 2>"$work/err" || [ $? -eq 1 ] ||
    skip "this kernel is not traced: $(head -1 "$work/err")"

"$poolhound" demo -q --kind eventfd -d 60s -t 1s --rate 500 >"$work/demo" 2>&1 &
demo=$!
trap 'kill "$demo" 2>/dev/null; rm -rf "$work"' EXIT
sleep 1
kill -0 "$demo" 2>/dev/null || skip "the demo does not run: $(head -1 "$work/demo")"

# hunt ARGUMENTS...: output in $out; 0 and 1 are answers
hunt() {
    out=$work/out err=$work/err last="poolhound hunt $*"
    "$poolhound" hunt --no-keep -t 500ms "$@" >"$out" 2>"$err" </dev/null
    status=$?
    [ $status -le 1 ] || fail "$last: exit status $status: $(cat "$err")"
}
hunt -d 18s --max-cpu none --report "$work/report.json" --report "$work/report.md"
has "$out" '^Call sites\. Traced for '
has "$out" 'filp'
fits
has "$work/report.md" 'Call sites'
python3 - "$work/report.json" <<'END' || fail "$last: see above"
import json, sys
report = json.load(open(sys.argv[1]))
trace = report["trace"]
if not trace:
    sys.exit("nothing was traced: %s" % report["losses"])
# 500 a second for at least five seconds; the demo's own rate is what it can do at most
files = [site for site in trace["sites"] if site["cache"] == "filp"]
diff = sum(site["diff"] for site in files)
print("filp: %d living, %.0f s traced, %s" % (diff, trace["traced_s"],
      [(site["name"], site["age"]["verdict"]) for site in files]))
if diff < 500:
    sys.exit("too few files are seen to live")
if not any("file" in site["name"] or "eventfd" in site["name"] for site in files):
    sys.exit("no function that opens files: %s" % [site["name"] for site in files])
END
hunt -q -d 10s --no-trace --json
json
has "$out" '"trace":null'
kill "$demo"
wait "$demo" 2>/dev/null
run 2 hunt --max-cpu 0
one_line_error 'max-cpu 0'
run 2 hunt --max-cpu 1%
one_line_error 'max-cpu 1%'
done_testing
