# The live system, which in Wine has processes, handles and totals, but no pool tags: each command says
# so in one line and shows the rest. What a Windows tells is tested with recorded answers (tests/unit).
. ../cli/cli.inc
cd "$work" || exit 2
no_tags='pool tags: this Windows does not have it'

run 0 snap
has "$out" "$no_tags"
[ "$(grep -c "$no_tags" "$out")" -eq 1 ] || fail 'snap: not exactly one line about tags'
has "$out" '(Windows 10[.]0[.][0-9]*)'
fits
run 0 snap --json
json
has "$out" '"system":"Windows"'
has "$out" "$no_tags"
run 0 sys
has "$out" '^ RAM  *[0-9]'
has "$out" '^ Committed  *[0-9]'
fits
run 0 sys --json
json

# a hunt of which nothing can be judged is no "nothing leaks"
run 2 hunt -q -d 1s -t 200ms -k h.poolhound
one_line_error 'nothing was judged: .*pool tags'
[ -s h.poolhound ] || fail 'hunt -k keeps no recording'
run 2 hunt -q -d 1s -t 200ms --no-keep --json
json
has "$out" "$no_tags"
run 0 sys --json h.poolhound
json
run 0 record -q -d 1s -t 200ms r.poolhound
run 0 snap r.poolhound
run 0 export r.poolhound

# processes by the handles they have
run 1 who Proc --json
json
has "$out" '"holds":"[1-9]'
has "$out" '"held_by_processes":"[1-9]'
# the drivers that are loaded are searched
has "$out" '"searched":{"files":[1-9]'
run 2 who
one_line_error 'who needs'
run 2 scan
one_line_error 'scan needs PATH'

run 2 record -q /nowhere/there/r.poolhound
one_line_error '/nowhere/there/r.poolhound: '
run 2 snap --root nowhere
one_line_error 'nowhere'
done_testing
