# scan, who and identify on files that are no drivers, cut, in circles, or not there at all.
. ./cli.inc

mkdir -p "$work/d/sub"
printf 'not a driver at all' >"$work/d/text.sys"
: >"$work/d/empty.sys"
printf 'MZ' >"$work/d/two.sys"
head -c 4096 /dev/urandom >"$work/d/random.sys"
ln -s .. "$work/d/sub/circle"
if [ -z "$windows" ]; then # no such names there, and Wine hides links to nothing
    ln -s nowhere "$work/d/dangling.sys"
    printf 'MZ' >"$work/d/$(printf 'bad\377\033[31mname.sys')"
fi

run 2 scan "$work/nothing"
one_line_error 'nothing: no such file or folder'
run 2 who LeaK -D "$work/nothing"
one_line_error 'nothing: no such file or folder'
run 2 identify "$work/nothing"
one_line_error 'nothing: no such file or folder'
run 2 who TooLongForATag -D "$work/d"
one_line_error "a pool tag is one to four characters"
run 2 who '' -D "$work/d"

# Every file is told of, what cannot be read is a loss, nothing of a name reaches the terminal raw.
[ "$windows" ] && status=0 || status=2
run $status scan "$work/d"
for name in text empty two random; do has "$out" "$name.sys"; done
[ "$windows" ] || has "$out" 'dangling.sys: is gone, or a link to nothing'
has_not "$out" "$(printf '\033')"
fits
rm -f "$work/d/dangling.sys"
run 0 scan "$work/d"
run 0 scan --json "$work/d"
json
run 0 scan --csv "$work/d"
run 0 scan --localtag "$work/d"
run 2 scan --localtag --json "$work/d"
one_line_error 'exclude each other'
run 1 who LeaK -D "$work/d"
has "$out" 'LeaK'
fits
run 1 who --json LeaK -D "$work/d"
json

# Copies are known by their content, unchanged files by their path, size and time.
run 0 scan --json "$work/d/text.sys"
has "$out" '"files_read_now":0'
printf 'changed, longer than before' >"$work/d/text.sys"
run 0 scan --json "$work/d/text.sys"
has "$out" '"files_read_now":1'
run 0 scan --no-index --json "$work/d/text.sys"
has "$out" '"files_read_now":1'

# An index that is none of ours is left alone and the work goes on without one; a damaged one is made anew.
printf 'a letter to my mother' >"$work/letter"
run 2 scan --index "$work/letter" "$work/d/text.sys"
has "$out" 'not an index of poolhound'
[ "$(cat "$work/letter")" = 'a letter to my mother' ] || fail "the letter was changed"
index=$XDG_STATE_HOME/poolhound/drivers.index
[ -s "$index" ] || fail "no index at $index"
printf 'damage' | dd of="$index" bs=1 seek=5000 conv=notrunc 2>/dev/null
rm -f "$index-wal" "$index-shm"
"$poolhound" scan "$work/d" >"$work/out" 2>"$work/err" || [ $? -eq 2 ] || fail "a damaged index crashed"

run 0 identify "$work/d/text.sys"
has "$out" 'neither a PE file nor a Linux module'
run 0 identify -h -s "$work/d"
has "$out" 'SHA256:'
run 0 identify -e -s "$work/d"
run 0 identify --json -s "$work/d"
json
run 0 identify -c -a -h "$work/d/text.sys"
has "$out" '^Path,Verified,Date,.*,Entropy,MD5,SHA1,PESHA1,PESHA256,SHA256,IMP$'
run 0 identify -ct "$work/d/text.sys"
has "$out" "^Path	Verified	Date	"
run 2 identify -t "$work/d/text.sys"
one_line_error 'needs -c'

if [ "$(id -u)" -ne 0 ]; then
    mkdir "$work/d/closed"
    chmod 0 "$work/d/closed"
    run 2 scan "$work/d"
    has "$out" 'closed: cannot list: Permission denied'
    chmod 700 "$work/d/closed"
fi
done_testing
