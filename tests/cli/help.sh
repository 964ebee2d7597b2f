. ./cli.inc
run 0 --version
has "$out" '^poolhound [0-9]'
run 0
has "$out" 'poolhound hunt'
run 0 help
fits
for command in hunt snap record leaks diff export demo help; do
    run 0 help $command
    has "$out" "^Usage: poolhound $command"
    fits
    run 0 $command --help
    has "$out" "^Usage: poolhound $command"
done
run 2 frobnicate
one_line_error "no command 'frobnicate'"
run 2 help frobnicate
one_line_error "no command 'frobnicate'"
run 2 snap --nonsense
one_line_error 'snap has no option --nonsense'
run 2 hunt -d tomorrow
one_line_error "'tomorrow' is not a duration"
run 2 record
one_line_error 'record needs FILE'
run 2 leaks
one_line_error 'leaks needs an input'
run 0 help --man
has "$out" '^.TH POOLHOUND 1'
if command -v man >/dev/null; then
    man --warnings -E UTF-8 -l -Tutf8 "$out" >"$work/man" 2>"$work/warnings" || fail 'man cannot format the page'
    [ ! -s "$work/warnings" ] || fail "the man page: $(head -1 "$work/warnings")"
fi
run 0 help --bash
bash -n "$out" || fail 'the completion is no bash'
"$poolhound" help 2>"$work/err" | true
run 2 snap /dev/null/nothing
one_line_error '/dev/null/nothing: '
"$poolhound" help >/dev/full 2>"$work/err"
[ $? -eq 2 ] || fail 'a full standard output is an error'
grep -q 'standard output: No space left' "$work/err" || fail "full output: $(cat "$work/err")"
done_testing
