#!/bin/sh
# The screen of top on Windows, painted in both ways: by cells into Wine's console, and by sequences into
# a pipe, as Wine's console follows none. Both must show what the Linux program shows, character for
# character.
. ../cli/cli.inc
. ../cli/tmux.inc

tools=$(cd ../../tools && pwd)
make_recording "$work/two-days.poolhound" 48

painted() { # MODE COLUMNS ROWS ARGUMENTS: top, painted in one of the ways
    case $1 in
    console) terminal "$2" "$3" "$poolhound top --screen=console $4" ;;
    vt) terminal "$2" "$3" "$poolhound top --screen=vt $4 | cat" ;;
    *) terminal "$2" "$3" "$poolhound top $4" ;; # cells, in Wine
    esac
}

# ------------------------------------------------------------------ the Linux program's golden screens
for size in 80x24 120x40; do
    for mode in console vt auto; do
        painted $mode ${size%x*} ${size#*x} two-days.poolhound
        shows LeaK
        shows '289 of 289'
        golden "top-$size"
        key Down
        key Enter
        shows 'Esc back'
        golden "top-detail-$size"
        key Escape
        shows LeaK
        key h
        shows 'sort by bytes'
        golden "top-help-$size"
        key Escape
        shows LeaK
        golden_after=$failures
        key Up
        golden "top-$size"
        [ "$failures" -eq "$golden_after" ] || fail "$mode: another screen after the way back"
    done
done

# Characters that are wide, and one of two UTF-16 units, for which a console's cells have no room.
cp "$work/two-days.poolhound" "$work/日本é😀.poolhound"
painted vt 80 24 '日本é😀.poolhound'
shows '^ 日本é😀.poolhound, 2026-11-04T00:00:00Z  .* at the end, reading 289 of 289$'
painted console 80 24 '日本é😀.poolhound'
shows '^ 日本é� .poolhound, 2026-11-04T00:00:00Z  .* at the end, reading 289 of 289$'

# ------------------------------------------------------------------ another size of the window
windows_path() {
    printf 'Z:%s' "$1" | tr / '\\'
}
exe=$(windows_path "$poolhound.exe")
size=$(windows_path "$(dirname "$poolhound")/tests/console_size.exe")
terminal 80 24 "$tools/run-wine cmd /c 'start /b $size 60 12 smaller & start /b $size 80 24 larger & $exe top two-days.poolhound'"
shows '289 of 289'
golden top-80x24
: >"$work/smaller"
shows '^!LeaK .*  11M (33792)'
: >"$work/larger"
golden top-80x24
key q
gone LeaK

# ------------------------------------------------------------------ keys
for mode in console vt; do
    painted $mode 80 24 two-days.poolhound
    shows '289 of 289'
    key i 'LxKx' # a prompt: characters, backspace, arrows, delete, home, end
    shows 'empty = all.*LxKx'
    key BSpace Left Left DC Left
    shows 'empty = all.*LK'
    key Right ea End '*' Enter
    gone Flat
    shows LeaK
    key i Home C-u 'é€%.' # characters that have the number of a key, and beyond ASCII
    shows 'é€%\.'
    key Escape
    shows LeaK
    key h PageDown End Home PageUp Escape
    shows LeaK
done

# ------------------------------------------------------------------ looks
looks() {
    mux capture-pane -e -p -t top | grep -o "$(printf '\033')\[[0-9;]*m" | sort -u
}
for mode in console vt; do
    painted $mode 80 24 '--colour always two-days.poolhound'
    shows '289 of 289'
    looks | grep -q '\[[0-9;]*[39]1[;m]' || fail "$mode: the leak is not red: $(looks | tr '\033\n' '^ ')"
    painted $mode 80 24 '--colour never two-days.poolhound'
    shows '289 of 289'
    looks | grep -q '\[[0-9;]*[39][1-6][;m]' && fail "$mode: colours, though forbidden"
    looks | grep -q '\[[0-9;]*[1479]' || fail "$mode: nothing is bright or reverse"
done

# ------------------------------------------------------------------ the terminal comes back
for mode in console vt; do
    for ending in q C-c; do
        case $mode in
        console) command="$poolhound top --screen=console two-days.poolhound" ;;
        vt) command="{ $poolhound top --screen=vt two-days.poolhound; echo \$? >status; } | (trap '' INT; cat); (exit \$(cat status))" ;;
        esac
        terminal 80 24 "echo BEFORE; stty -a >stty.before; $command; r=\$?; stty -a >stty.after; (exit \$r)"
        shows '289 of 289'
        key $ending
        shows 'status 0'
        [ $mode = console ] || shows BEFORE # Wine's console begins with an empty screen
        screen | grep -q LeaK && fail "$mode, $ending: its screen stays"
        cmp -s "$work/stty.before" "$work/stty.after" || fail "$mode, $ending: the terminal's settings changed"
    done
done

# What a console held before, which only those who are in it together know, comes back.
for ending in q C-c; do
    terminal 80 24 "$tools/run-wine cmd /c 'echo BEFORE & $exe top two-days.poolhound & echo AFTER & pause'"
    shows '289 of 289'
    gone BEFORE
    key $ending
    shows '^BEFORE'
    screen | grep -q LeaK && fail "$ending: its screen stays"
    [ $ending = q ] || continue # the shell took Ctrl-C as well
    shows '^AFTER'              # where the cursor stood
    [ "$(screen | sed -n '/^BEFORE/{n;p;}' | tr -d ' ')" = AFTER ] || fail "$ending: the cursor did not come back"
done

# Nobody takes the sequences any more: it ends.
terminal 80 24 "{ $poolhound top --screen=vt two-days.poolhound; echo \$? >status; } | head -c 100 >/dev/null; cat status"
sleep 2
key h h
shows 'status 0'

# ------------------------------------------------------------------ what is no console
run 2 top "$work/two-days.poolhound"
one_line_error 'standard input is no console.*poolhound snap'
run 2 top --screen=vt "$work/two-days.poolhound"
one_line_error 'standard input is no console'
terminal 80 24 "$poolhound top two-days.poolhound 2>err | cat; cat err"
shows 'standard output is no console: .poolhound snap'
run 2 top --screen=curses "$work/two-days.poolhound"
one_line_error 'screen curses: auto, vt or console'
done_testing
