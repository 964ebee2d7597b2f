. ./cli.inc
make_log "$work/pool.log" 96
cp "$work/pool.log" "$work/before.log"

run 1 leaks "$work/pool.log"
has "$out" 'LEAK.*LeaK\|LeaK.*LEAK'
fits
has_not "$out" 'LEAK.*DayC'
run 1 leaks --json "$work/pool.log"
json
has "$out" '"LEAK_CONFIRMED"'
run 1 leaks --csv "$work/pool.log"
run 0 leaks -x LeaK "$work/pool.log"

# hours are not enough for a leak
make_log "$work/short.log" 5
run 0 leaks "$work/short.log"
has "$out" 'GROWING'
has_not "$out" 'LEAK '

# without time stamps: ordinal, never a leak; with a spacing: as good as stamps
make_log "$work/bare.log" 96 none
run 0 leaks "$work/bare.log"
has_not "$out" 'LEAK '
has_not "$out" '/h'
run 1 leaks --spacing 10m "$work/bare.log"

run 0 snap "$work/pool.log"
fits
has "$out" 'LeaK'
has "$out" 'Nonp'
run 0 snap "$work/pool.log" -p -p
has_not "$out" 'LeaK'
has "$out" 'DayC'
run 0 snap "$work/pool.log" -i 'L*' -i 'D*' -x DayC
has "$out" 'LeaK'
has_not "$out" 'DayC'
has_not "$out" 'Flat'
run 0 snap --csv "$work/pool.log" -i Io
has "$out" 'Io  '
run 0 snap --json "$work/pool.log"
json
run 0 snap --at 1 "$work/pool.log" -i LeaK
has "$out" ' 1000 \|1,000'
run 2 snap --at 9999 "$work/pool.log"
one_line_error 'has 577 readings, --at 9999 is past its end'

# a reading as CSV is an input again
"$poolhound" snap --at 1 --csv "$work/pool.log" >"$work/first.csv"
"$poolhound" snap --csv "$work/pool.log" >"$work/last.csv"
run 0 diff "$work/first.csv" "$work/last.csv"
has "$out" 'LeaK'
fits
run 0 diff --json "$work/first.csv" "$work/last.csv"
json

# a log becomes a recording, and is judged alike
run 0 record --from "$work/pool.log" "$work/log.poolhound"
run 1 leaks "$work/log.poolhound"
has "$out" 'LeaK'
run 0 export "$work/log.poolhound"
[ "$(wc -l <"$out")" -eq $((577 * 4 + 1)) ] || fail "export: $(wc -l <"$out") lines"
run 0 export --json -i LeaK "$work/log.poolhound"
[ "$(wc -l <"$out")" -eq 577 ] || fail "export --json: $(wc -l <"$out") lines"
if command -v sqlite3 >/dev/null; then
    "$poolhound" export --sql "$work/log.poolhound" | sqlite3 "$work/rows.db"
    count=$(sqlite3 "$work/rows.db" "SELECT count(*) FROM readings WHERE tag='LeaK'")
    [ "$count" = 577 ] || fail "export --sql: $count rows of LeaK"
fi
cmp -s "$work/pool.log" "$work/before.log" || fail 'the input was modified'
done_testing
