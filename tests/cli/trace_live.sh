#!/bin/sh
# The live table of trace, on a terminal.
. ./cli.inc
. ./tmux.inc

[ "$(id -u)" -eq 0 ] || skip 'tracing needs root'
"$poolhound" trace -q -d 100ms >/dev/null 2>"$work/why" </dev/null
[ $? -ne 2 ] || skip "this kernel cannot be traced: $(cat "$work/why")"

for size in 80x24 120x40 76x12; do
    terminal "${size%x*}" "${size#*x}" "$poolhound trace -t 300ms --max-cpu none"
    shows '^Traced for '
    shows '^Site  *Module  *Cache .* Age$'
    shows '(kernel)'
    shows '^q end  h keys'
    key Enter
    shows '^Age:  '
    shows '^Esc back'
    key Escape
    shows '^Traced for '
    key h
    shows 'end, and print the table'
    key Escape
    shows '^Traced for '
    key n
    shows '^Kinds: '
    key Escape
    shows '^q end'
    key p
    shows '^Paused at'
    key p
    shows '^Traced for'
    key m
    key t
    key t
    key Down
    key End
    key Home
    key q
    shows '\[status [01]\]'
    shows 'more rows\{0,1\}; --top 0 shows all'
done

# It ends by itself, and where the terminal is of no use it says so.
terminal 80 24 "$poolhound trace -d 1s --max-cpu none"
shows '\[status [01]\]'
terminal 80 24 "TERM=nonsense $poolhound trace"
shows 'poolhound: .*TERM'
shows '\[status 2\]'
done_testing
