# hunt and leaks --report: the file says what the JSON of the same hunt says.
. ./cli.inc

checker=../tools/check-report.py
command -v python3 >/dev/null || echo "no python3: the structure of the reports is not checked"
check() { # HTML [JSON]
    if command -v python3 >/dev/null; then
        python3 "$checker" "$@" >"$work/problems" 2>&1 || fail "$last: $(cat "$work/problems")"
    fi
}

make_log "$work/pool.log" 100
mkdir -p "$work/drivers"
printf 'LeaK - leaky.sys - what Leaky allocates\n' >"$work/pooltag.txt"
printf 'MZ' >"$work/drivers/Leaky.sys"

# All formats at once; what is on the screen stays what it is.
run 1 leaks "$work/pool.log" --tag-list "$work/pooltag.txt" --report "$work/leak.html" \
    --report "$work/leak.md" --report "$work/leak.JSON" --report "$work/leak.txt"
has "$out" '^1 tag leaks: LeaK'
check "$work/leak.html" "$work/leak.JSON"
has "$work/leak.html" '<p class="badge">LEAK</p>'
has "$work/leak.html" '<h1>1 tag leaks: LeaK, .*Owner: '
has "$work/leak.html" 'pooltag.txt, line 1'
has "$work/leak.html" '<figure>'
has "$work/leak.html" '<code>Io  </code>'
has "$work/leak.md" '^\*\*LEAK\*\* 1 tag leaks: LeaK'
has "$work/leak.md" '^| `LeaK` | \*\*LEAK\*\* | nonpaged |'
has "$work/leak.txt" '^1 tag leaks: LeaK'
has "$work/leak.JSON" '"kind":"hunt"'

# Each verdict has its own head.
make_log "$work/short.log" 1
run 0 leaks "$work/short.log" -i 'Io*' --report "$work/calm.html" --report "$work/calm.json"
check "$work/calm.html" "$work/calm.json"
has "$work/calm.html" '<p class="badge">NO LEAK</p>'
has "$work/calm.html" '<h1>Nothing leaks: '
has_not "$work/calm.html" 'id="send"'
make_log "$work/untimed.log" 20 none
run 0 leaks "$work/untimed.log" --report "$work/untimed.html" --report "$work/untimed.json"
check "$work/untimed.html" "$work/untimed.json"
has "$work/untimed.html" 'no times'
has_not "$work/untimed.html" '>LEAK</p>'

# What cannot be written is said before an hour of readings, in one line.
run 2 leaks "$work/pool.log" --report "$work/leak.pdf"
one_line_error '\.html, \.md, \.json or \.txt'
run 2 leaks "$work/pool.log" --report "$work/nowhere/leak.html"
one_line_error 'nowhere/leak.html'

# The input is not overwritten, whatever name it is called by.
cp "$work/short.log" "$work/only.txt"
ln -s only.txt "$work/link.txt"
for name in only.txt link.txt ./only.txt; do
    run 2 leaks "$work/only.txt" --report "$work/$name"
    one_line_error 'is what is to be read'
done
cmp -s "$work/short.log" "$work/only.txt" || fail "a report took the place of its input"

# What only the readings tell of the machine is in the JSON too; the table says what it leaves out.
has "$work/leak.JSON" '"memory_bytes":16863805440'
has "$work/leak.html" 'the newest 14 of 1[5-9]'

# Names that mean something to HTML.
hostile="$work/h<i>\"x&.log"
[ -z "$windows" ] || hostile="$work/h'i;x&.log" # what a name may have there
sed -e 's/LeaK/<b>k/' -e 's/DayC/"\&|`/' "$work/pool.log" >"$hostile"
run 1 leaks "$hostile" --report "$work/hostile.html" --report "$work/hostile.json" \
    --report "$work/hostile.md"
check "$work/hostile.html" "$work/hostile.json"
has "$work/hostile.html" '<h1>1 tag leaks: &lt;b&gt;k,'
has_not "$work/hostile.html" '<b>'
has "$work/hostile.md" '1 tag leaks: \\<b\\>k,'

# --private: neither the host nor the folders.
run 1 leaks "$work/pool.log" --private --report "$work/private.html" --report "$work/private.md"
check "$work/private.html"
has "$work/private.html" 'were taken out of this report'
has_not "$work/private.html" "$work/"
has_not "$work/private.md" "$work/"
case $(uname -n) in
??????*) has_not "$work/private.html" "$(uname -n)" ;; # shorter ones are parts of other words
esac

# The live kernel, where it can be read.
"$poolhound" hunt --duration 3 --no-keep --report "$work/live.html" --report "$work/live.json" \
    >"$work/live.out" 2>"$work/live.err"
status=$?
if [ $status -eq 2 ]; then
    echo "no live kernel here: $(head -1 "$work/live.err")"
else
    last='poolhound hunt --report'
    check "$work/live.html" "$work/live.json"
    has "$work/live.html" 'id="system"'
fi
done_testing
