# A process that piles up kernel objects is named, and no driver is.
. ./cli.inc
[ "$(uname)" = Linux ] || skip 'needs /proc of Linux'
"$poolhound" demo -q --kind eventfd -d 20s -t 1s --rate 3000 >"$work/demo" 2>&1 &
demo=$!
trap 'kill "$demo" 2>/dev/null; rm -rf "$work"' EXIT
hog=
for i in 1 2 3 4 5 6 7 8 9 10; do
    sleep 0.5
    hog=$(pgrep -P "$demo" | head -1)
    [ -n "$hog" ] && [ "$(ls "/proc/$hog/fd" 2>/dev/null | wc -l)" -gt 1000 ] && break
done
[ -n "$hog" ] || skip 'the demo did not start'
out=$work/out err=$work/err
"$poolhound" who filp --json >"$out" 2>"$err"
last='poolhound who filp --json'
json
has "$out" "\"driver\":\"PID $hog ("
has "$out" "\"pid\":$hog,.*[0-9] eventfds"
has "$out" '"held_by_processes":"processes hold '
"$poolhound" who filp --all >"$out" 2>"$err"
fits
has "$out" "PID $hog ("
kill "$demo"
wait "$demo" 2>/dev/null
run 1 who nf_conntrack_not_there
has_not "$out" 'PID '
# a saved tree without processes accuses none of this machine
mkdir -p "$work/tree/proc"
printf 'slabinfo - version: 2.1\n' >"$work/tree/proc/slabinfo"
run 1 who filp --root "$work/tree"
has_not "$out" 'PID '
# what a saved tree tells of its own processes
mkdir -p "$work/tree/proc/812/fd" "$work/tree/proc/812/fdinfo"
printf '812 (hog) S 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 100 1000 5 0\n' >"$work/tree/proc/812/stat"
i=0
while [ "$i" -lt 1200 ]; do
    ln -s 'anon_inode:[timerfd]' "$work/tree/proc/812/fd/$i"
    i=$((i + 1))
done
run 0 who filp --root "$work/tree"
has "$out" '^filp: held by PID 812 (hog), by no driver'
has "$out" '1,200 timerfds'
done_testing
