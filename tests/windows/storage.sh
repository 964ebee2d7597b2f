# Where recordings lie: a full disk, a folder that is read-only, a recorder that is killed or interrupted.
. ../cli/cli.inc
cd "$work" || exit 2
make_log pool.log 96
make_log long.log 2000

# --- ended from outside: what was written stays, and the next recorder goes on
readings() {
    "$poolhound" sys --json "$1" 2>"$work/err" | sed -n '1s/.*"readings":\([0-9]*\).*/\1/p'
}
for signal in INT TERM KILL; do
    file=$signal.poolhound
    "$poolhound" record -q -t 100ms $file 2>"$work/err" &
    pid=$!
    n=0
    while [ ! -s $file ] && [ $n -lt 100 ]; do sleep 0.1 && n=$((n + 1)); done
    sleep 2
    kill -$signal $pid
    wait $pid 2>/dev/null
    status=$? last="record, ended by $signal"
    # Wine takes SIGINT for Ctrl-C, and ends a program that gets SIGTERM as it does by SIGKILL
    if [ $signal = INT ]; then
        [ $status -eq 0 ] || fail "$last: exit status $status: $(cat "$work/err")"
        [ ! -e $file-wal ] || fail "$last: a -wal file is left"
    fi
    before=$(readings $file)
    [ "${before:-0}" -ge 5 ] || fail "$last: only '$before' readings"
    run 0 record -q -d 1s -t 100ms $file
    [ "$(readings $file)" -gt "$before" ] || fail "$last: was not continued"
    [ ! -e $file-wal ] || fail "$last: a -wal file is left by the second"
done

# --- two readers beside the writer, and a second writer is refused
"$poolhound" record -q -t 100ms INT.poolhound 2>"$work/err" &
pid=$!
sleep 1.5
run 0 export INT.poolhound
run 0 sys INT.poolhound
run 2 record -q -d 1s INT.poolhound
one_line_error 'INT.poolhound'
kill -INT $pid
wait $pid || fail "the writer was disturbed: $(cat "$work/err")"

# --- file systems of our own
[ "$(id -u)" -eq 0 ] || { done_testing && skip 'mounting a small file system needs root'; }
mkdir small fixed
mount -t tmpfs -o size=300k none small 2>"$work/err" ||
    { done_testing && skip "cannot mount a tmpfs: $(cat "$work/err")"; }
trap 'umount "$work/small" "$work/fixed" 2>/dev/null; rm -rf "$work"' EXIT

run 2 record -q --from long.log small/r.poolhound
one_line_error 'stopped after [1-9][0-9]* readings, which are safe.*no space left'
[ "$(readings small/r.poolhound)" -ge 1 ] || fail 'no reading survived a full disk'
run 2 record -q --from pool.log small/second.poolhound
one_line_error 'small/second.poolhound: .*no space left'
run 2 leaks pool.log --report small/report.html
[ -s "$err" ] || fail 'a report that cannot be written is not told'
has "$err" 'small/report.html: .*[Nn]o space'
[ ! -e small/report.html ] || [ ! -s small/report.html ] || fail 'half a report is left'
"$poolhound" hunt -q -d 1s -t 100ms -k small/h.poolhound >"$out" 2>"$err"
has "$out" 'Not recorded: small/h.poolhound: .*no space'
(
    cd small && umask 077 && head -c 400000 /dev/zero >fill 2>/dev/null
    "$poolhound" leaks ../pool.log >out 2>"$work/err"
    [ $? -eq 2 ] && grep -q 'standard output: No space left' "$work/err"
) || fail "output to a full disk: $(cat "$work/err")"

mount -t tmpfs -o size=2m none fixed && cp pool.log INT.poolhound fixed/ && mount -o remount,ro fixed || exit 2
run 1 leaks --csv fixed/pool.log
run 0 sys fixed/INT.poolhound
run 2 record -q --from pool.log fixed/new.poolhound
one_line_error 'fixed/new.poolhound: .*\(Permission denied\|Read-only\)'
run 2 record -q -d 1s fixed/INT.poolhound
one_line_error 'fixed/INT.poolhound: .*\(Permission denied\|Read-only\)'
"$poolhound" hunt -q -d 1s -t 100ms -k fixed/h.poolhound >"$out" 2>"$err"
has "$out" 'Not recorded: fixed/h.poolhound: .*\(Permission denied\|Read-only\)'
run 2 leaks pool.log --report fixed/report.html
has "$err" 'fixed/report.html: '
done_testing
