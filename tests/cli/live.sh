. ./cli.inc
[ -r /proc/meminfo ] || skip 'this system has no /proc/meminfo'

"$poolhound" hunt -d 3s -t 200ms -k "$work/h.poolhound" >"$work/out" 2>"$work/err"
status=$? last='poolhound hunt' out=$work/out err=$work/err
[ $status -le 1 ] || fail "hunt: exit status $status: $(cat "$err")"
fits
has "$out" 'reclaimable'
has "$out" "$work/h.poolhound"
run 0 snap "$work/h.poolhound" --top 3
run 0 snap --top 3
fits
run 0 snap --json
json
"$poolhound" hunt -d 1s -t 200ms --json --no-keep >"$work/out" 2>/dev/null
json

# the default place, and a place that cannot be written to: the hunt goes on
"$poolhound" hunt -q -d 1s -t 200ms >"$work/out" 2>"$work/err"
[ "$(find "$XDG_STATE_HOME/poolhound" -name 'hunt-*.poolhound' | wc -l)" -eq 1 ] || fail 'no recording in the state directory'
[ ! -s "$work/err" ] || fail "--quiet says: $(cat "$work/err")"
"$poolhound" hunt -q -d 1s -t 200ms -k /proc/nowhere/x.poolhound >"$work/out" 2>"$work/err"
[ $? -le 1 ] || fail 'a recording that cannot be made ends the hunt'
has "$out" '/proc/nowhere'

# record: SIGINT and SIGTERM finish the sample and close the file; kill -9 loses nothing that was written
for signal in INT TERM KILL; do
    file=$work/$signal.poolhound
    "$poolhound" record -t 100ms "$file" 2>"$work/err" &
    pid=$!
    n=0
    while [ ! -s "$file" ] && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done
    sleep 1.5
    kill -$signal $pid
    wait $pid
    status=$?
    [ $signal = KILL ] || [ $status -eq 0 ] || fail "record ended by $signal: exit status $status: $(cat "$work/err")"
    run 0 export "$file" -i '(page tables)'
    rows=$(($(wc -l <"$out") - 1))
    [ $rows -ge 5 ] || fail "after $signal only $rows readings"
    [ $signal = KILL ] || [ ! -e "$file-wal" ] || fail "after $signal a -wal file is left"
done

# it continues, and two readers read while it writes
file=$work/INT.poolhound
rows_now() { "$poolhound" export "$file" -i '(page tables)' | wc -l; }
before=$(rows_now)
"$poolhound" record -q -t 100ms "$file" &
pid=$!
n=0
while [ "$(rows_now)" -le "$before" ] && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done
"$poolhound" export "$file" >"$work/one" 2>"$work/err1" & r1=$!
"$poolhound" export "$file" >"$work/two" 2>"$work/err2" & r2=$!
wait $r1 || fail "a reader beside the writer: $(cat "$work/err1")"
wait $r2 || fail "a second reader: $(cat "$work/err2")"
run 2 record -q -d 1s "$file"
one_line_error 'INT.poolhound'
sleep 1.5
kill -TERM $pid
wait $pid || fail 'the writer was disturbed'
after=$(rows_now)
[ "$after" -gt "$((before + 10))" ] || fail "continuing: $before rows before, $after after"

# an export whose reader went away ends at once, and quietly
"$poolhound" export "$file" 2>"$work/err" | head -n 1 >"$work/out"
has "$out" 'bytes'
[ ! -s "$work/err" ] || fail "export | head: $(cat "$work/err")"
done_testing
