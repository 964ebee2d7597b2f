#!/bin/sh
# poolhound strings: against GNU strings, --find, several files, what cannot be read.
. ./cli.inc

printf 'ab\001Leak\002x\001L\000e\000a\000k\000\001quote"d\ttab\001leak of memory' >"$work/one"
run 0 strings "$work/one"
[ "$(cat "$out")" = "$(printf 'Leak\nLeak\nquote"d\ttab\nleak of memory')" ] || fail "$last: $(cat "$out")"
run 0 strings -a -n 2 "$work/one"
has "$out" '^ab$'
run 0 strings -u -o "$work/one"
[ "$(cat "$out")" = '10: Leak' ] || fail "$last: $(cat "$out")"
run 0 strings -f 4 -b 5 "$work/one"
[ "$(cat "$out")" = 'eak' ] || fail "$last: $(cat "$out")"
run 0 strings --find Leak "$work/one"
[ "$(wc -l <"$out")" -eq 2 ] || fail "$last: $(cat "$out")"
run 0 strings -a -i --find LEAK "$work/one"
[ "$(cat "$out")" = "$(printf 'Leak\nleak of memory')" ] || fail "$last: $(cat "$out")"
run 1 strings --find 'Leak ' "$work/one" # blanks count
run 1 strings --find 'L..k' "$work/one"  # no patterns
run 0 strings "$work/one" -n 99
[ ! -s "$out" ] || fail "$last: prints something"

# machine-readable
run 0 strings --json "$work/one"
json
has "$out" '"offset":3,"section":null,"encoding":"ascii","text":"Leak"'
has "$out" '"text":"quote\\"d\\u0009tab"'
run 0 strings --csv "$work/one"
has "$out" '^path,offset,section,encoding,text$'
has "$out" '/one,10,,utf-16,"Leak"$'
has "$out" '"quote""d	tab"$'

# sections of a PE file (x64, one section: bytes 0x200 to 0x280), and what lies around it
zeros() {
    head -c "$1" /dev/zero
}
{
    printf 'MZ' && zeros 58 && printf '@\000\000\000PE\000\000'
    printf '\144\206\001\000' && zeros 12 && printf '\360\000\042\000' # x64, 1 section, 240 bytes follow
    printf '\013\002' && zeros 30 && printf '\000\020\000\000\000\002\000\000' && zeros 16
    printf '\000\040\000\000\000\002\000\000' && zeros 44 && printf '\020\000\000\000' && zeros 128
    printf '.secrets\000\020\000\000\000\020\000\000\200\000\000\000\000\002\000\000' && zeros 16
    zeros 144 && printf 'inside the section' && zeros 110 && printf 'behind it'
} >"$work/pe"
run 0 strings -a -o -n 8 "$work/pe"
[ "$(cat "$out")" = "$(printf '328:headers: .secrets\n512:.secrets: inside the section\n640:overlay: behind it')" ] ||
    fail "$last: $(cat "$out")"
run 0 strings -a --find 'behind' --json "$work/pe"
has "$out" '"section":"overlay"'

# several files: the path stands before each text; folders, with -s what is below them
mkdir -p "$work/dir/below"
cp "$work/one" "$work/dir/two"
cp "$work/one" "$work/dir/below/three"
ln -s .. "$work/dir/below/circle"
run 0 strings -a --find 'leak of' "$work/dir"
[ "$(cat "$out")" = "$work/dir/two: leak of memory" ] || fail "$last: $(cat "$out")"
run 0 strings -a -s --find 'leak of' "$work/one" "$work/dir"
[ "$(sed "s|^$work/||; s|:.*||" "$out" | tr '\n' ' ')" = 'one dir/below/three dir/two ' ] || fail "$last: $(cat "$out")"

# what cannot be read is told in a line, the rest is searched
run 2 strings -a --find 'leak of' "$work/missing" "$work/one"
one_line_error 'missing: no such file'
has "$out" 'one: leak of memory$'
if [ -z "$windows" ]; then # Wine hides links to nothing and opens pipes
    ln -s nowhere "$work/dir/dangling"
    run 2 strings --find 'leak of' "$work/dir"
    one_line_error 'dangling'
    mkfifo "$work/pipe"
    run 2 strings "$work/pipe" "$work/one"
    one_line_error 'pipe: a pipe'
fi
if [ "$(id -u)" -ne 0 ]; then
    cp "$work/one" "$work/secret"
    chmod 0 "$work/secret"
    run 2 strings --find 'leak of' "$work/secret" "$work/one"
    one_line_error 'secret: cannot open'
    has "$out" 'one: leak of memory$'
fi

# usage
run 2 strings
one_line_error 'needs PATH'
run 2 strings --find '' "$work/one"
one_line_error 'empty'
run 2 strings --find "$(printf 'caf\303\251')" "$work/one"
one_line_error 'only printable ASCII'
run 2 strings -n 0 "$work/one"
one_line_error 'at least one'
run 2 strings -i "$work/one"
one_line_error 'belongs to --find'

# a reader that goes away is no error
"$poolhound" strings -n 1 "$poolhound" 2>"$work/broken" | head -1 >/dev/null
[ ! -s "$work/broken" ] || fail "a closed pipe: $(cat "$work/broken")"

# the same texts at the same places as GNU strings finds
if command -v strings >/dev/null; then
    for n in 1 2 3 4 8; do
        for file in "$poolhound" "$(command -v strings)" "$work/one"; do
            strings -a -t d -n "$n" "$file" | sed 's/^ *\([0-9]*\) /\1: /' >"$work/want"
            run 0 strings -a -o -n "$n" "$file"
            cmp -s "$work/want" "$out" || fail "$last: not what GNU strings finds"
            strings -a -e l -t d -n "$n" "$file" | sed 's/^ *\([0-9]*\) /\1: /' >"$work/want"
            run 0 strings -u -o -n "$n" "$file"
            cmp -s "$work/want" "$out" || fail "$last: not what GNU strings -e l finds"
        done
    done
fi

done_testing
