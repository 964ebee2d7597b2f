. ./cli.inc
make_log "$work/good.log" 30

: >"$work/empty"
run 2 leaks "$work/empty"
one_line_error 'empty'
run 2 leaks "$work/missing"
one_line_error 'missing: .*No such file'
run 2 leaks "$work"
one_line_error "$work"
head -c 100000 /dev/urandom >"$work/random"
run 2 leaks "$work/random"
one_line_error 'random'
printf 'hello, world\n' >"$work/words"
run 2 leaks "$work/words"
one_line_error 'words'

# cut anywhere: what is whole is used
size=$(wc -c <"$work/good.log")
for part in 3 5 7 9; do
    head -c $((size * part / 10)) "$work/good.log" >"$work/cut.log"
    run 0 leaks "$work/cut.log"
    has "$out" 'LeaK'
done

# encodings and line ends
if command -v iconv >/dev/null; then
    iconv -f UTF-8 -t UTF-16LE "$work/good.log" >"$work/plain16"
    { printf '\377\376'; cat "$work/plain16"; } >"$work/marked16"
    for file in plain16 marked16; do
        run 0 leaks "$work/$file"
        has "$out" 'LeaK'
    done
fi
{ sed 's/$/\r/' "$work/good.log"; printf '\032'; } >"$work/dos.log"
run 0 leaks "$work/dos.log"
has "$out" 'LeaK'

# rows that are nonsense are counted and named, the rest is used
sed '40s/.*/ LeaK Nonp 99999999999999999999999 1 1 1 1/; 41s/.*/ Xxxx Nonp nonsense/' "$work/good.log" >"$work/odd.log"
run 0 leaks "$work/odd.log"
has "$out" 'LeaK'
has "$out" 'odd.log'

# recordings
run 0 record --from "$work/good.log" "$work/r.poolhound"
head -c 20000 "$work/r.poolhound" >"$work/cut.poolhound"
"$poolhound" leaks "$work/cut.poolhound" >"$work/out" 2>"$work/err"
[ $? -ne 139 ] || fail 'a cut recording crashes'
[ -s "$work/out" ] || [ "$(wc -l <"$work/err")" -eq 1 ] || fail 'a cut recording: no word, or too many'
for command in leaks snap; do # the lost tail is told
    "$poolhound" $command "$work/cut.poolhound" >"$work/out" 2>"$work/err"
    grep -q 'cut.poolhound' "$work/out" "$work/err" || fail "$command: a cut recording is not told"
done
if command -v sqlite3 >/dev/null; then
    cp "$work/r.poolhound" "$work/newer.poolhound"
    sqlite3 "$work/newer.poolhound" 'PRAGMA user_version=9999'
    run 2 leaks "$work/newer.poolhound"
    one_line_error 'newer'
    run 2 record --from "$work/good.log" "$work/newer.poolhound"
    one_line_error 'newer'
    sqlite3 "$work/other.db" 'CREATE TABLE t(x)'
    run 2 leaks "$work/other.db"
    one_line_error 'other.db'
fi
run 2 record --from "$work/good.log" "$work/words"
one_line_error 'words'
[ "$(cat "$work/words")" = 'hello, world' ] || fail 'record overwrote a foreign file'
run 2 record --from "$work/good.log" "$work/no/such/dir/r.poolhound"
one_line_error 'no/such/dir'
# A pipe cannot be read twice; nothing waits for one either.
mkfifo "$work/pipe"
run 2 leaks "$work/pipe"
one_line_error 'a pipe or a device'

done_testing
