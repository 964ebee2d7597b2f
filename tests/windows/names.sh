# Names of files: long ones, ones outside every code page, drives, devices, wildcards.
. ../cli/cli.inc
cd "$work" || exit 2
make_log pool.log 96
drive=$(printf '%s' "$work" | sed 's,/,\\,g') # Wine has / as drive Z:

# judged FILE: it is read, and named as it was given
judged() {
    run 1 leaks --csv "$1"
    has "$out" 'LeaK'
}

# --- every way to write a path
for name in ./pool.log '.\pool.log' "Z:$drive\\pool.log" "z:$work/pool.log" "$drive\\pool.log" Z:pool.log \
    "\\\\?\\Z:$drive\\pool.log" "$work//pool.log" "$work/./x/../pool.log"; do
    judged "$name"
done
run 1 leaks "Z:$drive\\pool.log"
has "$out" '^Z:.*pool'

# --- longer than 260 characters, and than what one name may have
long=$work
for i in 1 2 3 4 5 6; do long=$long/$(printf 'folder-%060d' $i); done
mkdir -p "$long" || exit 2
cp pool.log "$long/"
long_drive=Z:$(printf '%s' "$long" | sed 's,/,\\,g')
judged "$long/pool.log"
judged "$long_drive\\pool.log"
judged "\\\\?\\$long_drive\\pool.log"
run 0 record -q --from "$long/pool.log" "$long/r.poolhound"
judged "$long/r.poolhound"
run 0 record -q -d 1s -t 100ms "$long_drive\\live.poolhound"
[ ! -e "$long/live.poolhound-wal" ] || fail 'a -wal file is left'
run 1 leaks "$long/pool.log" --report "$long/report.html"
has "$long/report.html" '<p class="badge">LEAK</p>'
run 0 snap --csv --at 1 "$long/pool.log"
run 2 leaks "$work/$(printf '%0300d' 0)"
one_line_error '0000: '
run 2 leaks "$(printf '%0300d/' 1 2 3 4 5 6 7 8 9)x"
one_line_error '/x: cannot open: No such file'

# --- outside the code page, and outside 16 bits
wide='größe 日本 😀'
mkdir "$wide" || exit 2
cp pool.log "$wide/ü.log"
judged "$wide/ü.log"
run 0 record -q --from "$wide/ü.log" "$wide/録.poolhound"
judged "$wide/録.poolhound"
[ -s "$wide/録.poolhound" ] || fail 'no such recording'
run 1 leaks "$wide/ü.log" --report "$wide/ß.md"
has "$wide/ß.md" 'LeaK'
run 1 leaks --json "$wide/ü.log"
json
has "$out" "größe 日本 😀/ü.log"
run 2 leaks "$wide/nö.log"
one_line_error "größe 日本 😀/nö.log: .*No such file"
run 1 leaks "$wide/ü.log" -x 'ü*'
cp "$poolhound.exe" "$wide/größe.sys"
run 0 scan "$wide/größe.sys" --index "$wide/索引"
has "$out" 'größe.sys'
[ -s "$wide/索引" ] || fail 'no such index'
run 2 leaks "$(printf 'pool\377.log')"
[ -s "$err" ] || fail 'nothing is said of a name that is not UTF-8'

# --- wildcards are the program's own to expand there
judged 'p?ol.log'
judged '*.log'
judged "$work/p*.log"
run 2 leaks 'q*.log'
one_line_error '^poolhound: q\*[.]log: '
run 0 snap --csv pool.log -i 'L*'
has "$out" 'LeaK'
has_not "$out" 'Flat'

# --- what is no file, or none that can be
for device in NUL nul CON nul.log COM1; do
    run 2 leaks "$device"
    one_line_error "^poolhound: $device: "
    run 2 record -q --from pool.log "$device"
    one_line_error "^poolhound: $device: "
done
for name in 'a<b' 'a|b.log' 'Q:\x' '\\server\share\x' /nowhere/x 'x:y' ' '; do
    run 2 leaks "$name"
    one_line_error '^poolhound: '
done
run 2 leaks ''
one_line_error 'empty'
run 2 leaks .
one_line_error '^poolhound: [.]: '
run 2 record -q --from pool.log "$work"
one_line_error '^poolhound: '
run 1 leaks pool.log --csv --report report.txt
[ -s report.txt ] || fail 'no report'

# --- what is written to a file or a pipe: UTF-8 without a mark; lines end as those of Linux do
run 1 leaks pool.log
has_not "$out" "$(printf '\r')"
[ "$(head -c 3 "$out" | od -An -tx1 | tr -d ' \n')" != efbbbf ] || fail 'a byte order mark'
"$poolhound" leaks "$wide/ü.log" | cat >"$work/piped"
grep -q "größe 日本 😀/ü.log" "$work/piped" || fail 'a pipe does not get UTF-8'
iconv -f UTF-8 -t UTF-8 "$work/piped" >/dev/null 2>&1 || fail 'a pipe gets what is not UTF-8'
"$poolhound" help | head -1 >"$work/first"
[ -s "$work/first" ] || fail 'nothing goes through a pipe that is closed early'
done_testing
