# snap -n: poolmon's own layout, byte for byte, appended, and read back.
. ./cli.inc
data=../data

run 0 snap -n "$work/pool.log" $data/logs/poolmon-wdk-wide.log -q
[ ! -s "$out" ] && [ ! -s "$err" ] || fail "$last: prints something"
lf "$work/pool.log"
cp $data/logs/poolmon-wdk-wide.log "$work/want"
cmp -s "$work/pool.log" "$work/want" || {
    fail "$last: is not what poolmon wrote"
    diff "$work/want" "$work/pool.log" >&2
}

# a second one is appended, as poolmon does; filters and the order shape it
run 0 snap -n "$work/pool.log" -i Toke $data/logs/poolmon-wdk-wide.log
has "$err" '^poolhound: 1 row appended to .*pool.log'
lf "$work/pool.log"
cat "$work/want" >"$work/both"
sed '/FMfn/d' "$work/want" >>"$work/both"
cmp -s "$work/pool.log" "$work/both" || fail "$last: is not the first snapshot and the second"
run 0 snap --at 1 --csv "$work/pool.log"
[ "$(wc -l <"$out")" -eq 3 ] || fail "$last: $(wc -l <"$out") lines"
has "$out" '^1,poolmon,paged,FMfn,,8665967,5982729,2683238,1495080176,557$'
run 0 snap --at 2 --csv "$work/pool.log"
[ "$(wc -l <"$out")" -eq 2 ] || fail "$last: $(wc -l <"$out") lines"
run 2 snap --at 3 "$work/pool.log"

# every row of another layout comes back with its numbers
run 0 snap -n "$work/again.log" $data/logs/poolmon-win10.log
run 0 snap --csv --sort tag $data/logs/poolmon-win10.log
cp "$out" "$work/want"
run 0 snap --csv --sort tag "$work/again.log"
cmp -s "$out" "$work/want" || fail "$last: other numbers than those that were written"

# Linux: what is longer than poolmon's four characters is cut, and told
run 0 snap -n "$work/linux.log" $data/proc-trees/linux-6.18
lf "$work/linux.log"
has "$err" '^poolhound: [0-9]* tags are longer than four characters'
has "$err" '^poolhound: [0-9]* rows have numbers that the source does not tell'
has "$work/linux.log" '^ dent Paged .* \[dentry\]$'
has "$work/linux.log" '^ Memory: *[0-9]*K Avail: *[0-9]*K  PageFlts:94340693   InRam '
has_not "$work/linux.log" '[^ -~]'
grep -v -e '^ [ -~]\{4\} \(Nonp \|Paged\)\( *[0-9]*\)\{5\}\( \[.*\]\)\{0,1\}$' "$work/linux.log" |
    sed 1,5d >"$work/odd"
[ ! -s "$work/odd" ] || fail "$last: lines of another form: $(head -3 "$work/odd")"

# poolmon's own command line does the same
for words in "-e -b -r -n" "/b /e /r /n"; do
    rm -f "$work/top.log"
    # shellcheck disable=SC2086 # several words
    run 0 top $words "$work/top.log" $data/logs/poolmon-wdk-wide.log
    has "$err" '^poolhound: -r: poolmon takes it'
    has "$err" '^poolhound: -e: about the screen'
    lf "$work/top.log"
    cmp -s "$work/top.log" $data/logs/poolmon-wdk-wide.log || fail "$last: another snapshot"
done
run 2 top /z
one_line_error '/z: no such switch'

# a file that cannot be written is one line of error
run 2 snap -n "$work/no/such/folder.log" $data/logs/poolmon-win10.log
one_line_error 'no/such/folder.log'
run 2 snap -n 20 $data/logs/poolmon-win10.log
one_line_error 'say --top 20'

done_testing
