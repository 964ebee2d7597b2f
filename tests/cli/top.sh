#!/bin/sh
# The screen of top: golden screens in three sizes, resizing, and terminals of all kinds.
. ./cli.inc
. ./tmux.inc

make_recording "$work/two-days.poolhound" 48

# ------------------------------------------------------------------ golden screens
for size in 80x24 120x40 200x60; do
    columns=${size%x*} rows=${size#*x}
    terminal "$columns" "$rows" "$poolhound top two-days.poolhound"
    shows LeaK
    shows '289 of 289'
    golden "top-$size"
    key Down
    key Enter
    shows 'Esc back'
    golden "top-detail-$size"
    key Escape
    shows LeaK
    key y
    shows 'Esc back'
    golden "top-system-$size"
    key h
    shows 'sort by bytes'
    golden "top-help-$size"
done

# Options, filters and the middle of a replay.
terminal 80 24 "$poolhound top -e --sort tag -p two-days.poolhound"
shows LeaK
key g
key 100 Enter
shows '100 of 289'
golden top-options

# Without UTF-8 nothing else than ASCII reaches the terminal.
terminal 80 24 "env LC_ALL=C $poolhound top two-days.poolhound"
shows '289 of 289'
golden top-ascii
screen | LC_ALL=C grep -q '[^ -~]' && fail 'LC_ALL=C: not all is ASCII'

# poolmon's own command line.
terminal 80 24 "$poolhound top -t -iLe* /iDay* two-days.poolhound"
shows DayC
gone Flat
shows LeaK

# A plain log is as good as a recording; one without times, too.
make_log "$work/plain.log" 3
make_log "$work/none.log" 3 none
for log in plain none; do
    terminal 80 24 "$poolhound top $log.log"
    shows '19 of 19'
    shows LeaK
    key Enter
    shows 'Esc back'
    key y
    shows Commit
done

# Played from its beginning, as fast as it goes, it ends.
terminal 80 24 "$poolhound top --speed 0 two-days.poolhound"
shows '289 of 289'
golden top-80x24

# ------------------------------------------------------------------ sizes
terminal 80 24 "$poolhound top two-days.poolhound"
shows '289 of 289'
mux resize-window -t top -x 120 -y 40
golden top-120x40
mux resize-window -t top -x 80 -y 24
golden top-80x24
for size in '20 3' '1 1' '300 100' '40 8'; do
    mux resize-window -t top -x "${size% *}" -y "${size#* }"
    sleep 0.2
done
shows LeaK
key h Down End PageUp Escape y End Escape Enter End PageDown Up Escape
mux resize-window -t top -x 80 -y 24
golden top-80x24

# ------------------------------------------------------------------ colours
looks() { # which SGR sequences the screen holds
    mux capture-pane -e -p -t top | grep -o "$(printf '\033')\[[0-9;]*m" | sort -u
}
colours='\[3[1-7]m\|\[3[1-7];\|;3[1-7]m'
terminal 80 24 "env -u NO_COLOR $poolhound top two-days.poolhound"
shows '289 of 289'
looks | grep -q "$colours" || fail 'no colours, though nobody forbade them'
terminal 80 24 "env NO_COLOR=1 $poolhound top two-days.poolhound"
shows '289 of 289'
looks | grep -q "$colours" && fail "NO_COLOR: $(looks | tr '\033\n' '^ ')"
looks | grep -q '\[1m\|\[7m' || fail 'NO_COLOR: nothing is bold or reverse'
terminal 80 24 "env -u NO_COLOR $poolhound top --colour never two-days.poolhound"
shows '289 of 289'
looks | grep -q "$colours" && fail '--colour never: there are colours'
terminal 80 24 "env -u NO_COLOR TERM=vt100 $poolhound top two-days.poolhound"
shows '289 of 289'
golden top-80x24
looks | grep -q "$colours" && fail 'vt100: there are colours'

# ------------------------------------------------------------------ the terminal comes back
comes_back() { # HOW: what ends it; $1 is for messages
    shows 'status'
    shows BEFORE
    screen | grep -q LeaK && fail "$1: the screen before did not come back"
    cmp -s "$work/stty.before" "$work/stty.after" || {
        fail "$1: the terminal's settings changed"
        diff "$work/stty.before" "$work/stty.after" >&2
    }
}
start() {
    rm -f "$work/stty.after" "$work/pid"
    terminal 80 24 "echo BEFORE; stty -a >stty.before; sh -c 'echo \$\$ >pid; exec $poolhound top $1'; r=\$?; stty -a >stty.after; (exit \$r)"
    shows LeaK
}
for ending in q C-c; do
    start two-days.poolhound
    key $ending
    comes_back "$ending"
    shows 'status 0'
done
for signal in TERM HUP INT; do
    start two-days.poolhound
    kill -$signal "$(cat "$work/pid")"
    comes_back "SIG$signal"
done
# A kill amid a replay, a prompt, a help page.
start '--speed 50 two-days.poolhound'
key i abc
shows 'empty = all.*abc'
kill -TERM "$(cat "$work/pid")"
comes_back 'SIGTERM in a prompt'

# A terminal that is stopped: a key wants a new screen, and nobody takes it.
start two-days.poolhound
key C-s
key h
sleep 0.5
kill -TERM "$(cat "$work/pid")"
comes_back 'SIGTERM at a stopped terminal'

# The terminal goes away altogether: so does the program.
start two-days.poolhound
pid=$(cat "$work/pid")
mux kill-session -t top
tries=100
while kill -0 "$pid" 2>/dev/null && [ "$tries" -gt 0 ]; do
    sleep 0.1
    tries=$((tries - 1))
done
kill -0 "$pid" 2>/dev/null && fail 'the program outlives its terminal'

# Suspended and continued by a shell.
terminal 80 24 "stty -a >stty.before; PS1='READY ' sh -i"
shows READY
key "$poolhound top two-days.poolhound" Enter
shows '289 of 289'
key C-z
gone '289 of 289'
key C-u 'stty -a >stty.after; echo STO''PPED' Enter
shows '^STOPPED'
[ "$(grep -o ' -*icanon\| -*echo ' "$work/stty.before")" = "$(grep -o ' -*icanon\| -*echo ' "$work/stty.after")" ] ||
    fail 'Ctrl-Z: the terminal was not given back'
key 'fg' Enter
shows '289 of 289'
golden top-80x24

# ------------------------------------------------------------------ what is no terminal
run 2 top "$work/two-days.poolhound"
one_line_error 'no terminal.*poolhound snap'
for name in dumb no-such-terminal ''; do
    terminal 80 24 "TERM=$name $poolhound top two-days.poolhound 2>err"
    shows 'status 2'
    err="$work/err"
    one_line_error TERM
done
run 2 top "$work/no-such-file"
one_line_error 'no-such-file'
run 2 top --sort colour "$work/two-days.poolhound"
has "$err" 'sort colour: no such column'
run 2 top --speed fast "$work/two-days.poolhound"
has "$err" 'speed fast'
run 2 top --session x "$work/two-days.poolhound"
has "$err" 'session x'
done_testing
