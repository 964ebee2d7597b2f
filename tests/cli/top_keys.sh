#!/bin/sh
# Every key on the help page of top is pressed, and must do what the page says: the keys are read from
# the page itself, and one without a check here fails the test.
. ./cli.inc
. ./tmux.inc

make_recording "$work/two-days.poolhound" 48
# A log with session pools, for the two meanings of s.
make_log "$work/plain.log" 2
awk '{ print }
     /^ Commit/ { print ""; print " All sessions pool information" }' "$work/plain.log" >"$work/sessions.log"

replay() { # at its end, the table on the screen
    terminal 80 45 "$poolhound top two-days.poolhound"
    shows 'LeaK'
}
# The cells of Windows' console know no reverse: there it is a light paper.
reverse='\[[0-9;]*7m'
[ -z "$windows" ] || reverse='\[\([0-9;]*;\)*\(47\|107\)m'
selected() { # the tag of the row in reverse
    mux capture-pane -e -p -t top | grep -e "^\([^a-zA-Z]\|\[[0-9;]*m\)*$reverse" | sed 's/\x1b\[[0-9;]*m//g' |
        awk 'NR == 1 { sub(/^[^A-Za-z]+/, ""); print $1 }' # without the mark of its verdict
}
selects() { # TAG
    tries=100
    while [ "$(selected)" != "$1" ] && [ "$tries" -gt 0 ]; do
        tries=$((tries - 1))
        sleep 0.1
    done
    [ "$(selected)" = "$1" ] || fail "$last: the selected row is '$(selected)', wanted '$1'"
}

# ------------------------------------------------------------------ the keys of the help page

replay
key h
shows 'sort by bytes'
screen >"$work/help"
shows 'Esc back'
keys=$(cut -c1-10 "$work/help" | sed 's/ *$//' | grep -v -e '^$' -e '^Esc back'
    cut -c40-49 "$work/help" | sed 's/ *$//' | grep -v '^$')
[ "$(echo "$keys" | wc -l)" -ge 35 ] || fail "the help page has only $(echo "$keys" | wc -l) keys"
key Escape
shows 'LeaK'

sorts() { # KEY COLUMN
    key "$1"
    shows "sorted by $2"
}

check() {
    case $1 in
    b) sorts b Bytes && selects LeaK ;;
    d) sorts d Diff ;;
    'a f') sorts a Allocs && sorts f Frees ;;
    'm t') sorts m 'Per Alloc' && sorts t Tag && selects DayC ;;
    'r %') sorts r Rate && sorts % '%' ;;
    'v o') sorts v Verdict && sorts o Owner ;;
    '< >')
        sorts b Bytes
        sorts '<' Diff
        sorts '>' Bytes
        ;;
    '( )')
        key '('
        shows 'its change'
        key ')'
        gone 'its change'
        ;;
    R)
        sorts t Tag
        shows 'a to z'
        key R
        shows 'z to a'
        key R b
        ;;
    p)
        key p
        shows 'nonpaged pool only'
        gone 'DayC'
        key p
        shows 'paged pool only'
        gone 'LeaK'
        key p
        shows 'all pools'
        shows LeaK
        shows DayC
        ;;
    s)
        key t s
        shows 'sorted by Diff.*S '
        ;;
    S)
        key S
        shows 'no session pools; s sorts'
        terminal 80 45 "$poolhound top sessions.log"
        shows 'Tag'
        key s
        shows 'all session pools.*S sorts by Diff'
        shows LeaK
        key s
        shows "the system's pools.*S sorts by Diff"
        key S
        shows 'sorted by Diff.*s shows'
        ;;
    0-9)
        for digit in 0 1 2 3 4 5 6 7 8 9; do
            key $digit
            shows "session $digit"
        done
        replay
        key 3
        shows 'no session pools'
        # a runbook's -s0 where there are no sessions: s leads back
        terminal 80 45 "$poolhound top -s0 two-days.poolhound"
        shows "No tag of these session pools; s shows the system's"
        key s
        shows "the system's pools; this input has no session pools"
        shows LeaK
        replay
        ;;
    i)
        key i
        shows 'Only .*empty = all'
        key "Le*" Enter
        gone DayC
        shows LeaK
        key i C-u Enter
        shows DayC
        key i "'Io  '" Enter
        gone LeaK
        shows 'Io'
        key i "'" Enter
        shows 'quote'
        key i C-u Escape
        gone 'Only .*empty'
        key i C-u Enter
        shows LeaK
        ;;
    x)
        key x
        shows 'Leave out'
        key "Le*" Space "D*" Enter
        gone LeaK
        gone DayC
        key x C-u Enter
        shows LeaK
        ;;
    e)
        key e
        shows 'a line with the sums'
        key e
        shows 'no sums'
        ;;
    l)
        key l
        shows 'do not stand out'
        key l
        shows 'that changed stand out'
        ;;
    /)
        key Home
        key /
        shows '^Find:'
        key day Enter
        selects DayC
        key / C-u
        key nothing-like-it Enter
        shows 'holds nothing-like-it'
        key i C-u # in a table without rows, too
        key nothing-like-it Enter
        gone LeaK
        key / C-u
        key a Enter
        shows 'holds a$'
        key Down Enter
        shows 'no row is selected'
        key i C-u Enter
        shows LeaK
        key / C-u
        key a Enter
        ;;
    'n N')
        first=$(selected)
        key n
        shows 'finds the next a'
        [ "$(selected)" != "$first" ] || fail "n stays on $first"
        key N
        selects "$first"
        ;;
    Enter)
        key Home
        key Enter
        shows 'Esc back'
        shows 'LeaK'
        gone 'DayC.*Paged'
        key Enter
        shows 'DayC'
        key b Home Down Enter # of the new row, however fast they come
        shows 'pool  *paged'
        key Escape
        shows 'DayC'
        ;;
    y)
        key y
        shows 'Esc back'
        shows 'Commit'
        key y
        shows 'LeaK'
        ;;
    'Up Down')
        key b Home
        selects LeaK
        key Down
        second=$(selected)
        tries=50
        while [ "$second" = LeaK ] && [ $tries -gt 0 ]; do
            sleep 0.1
            second=$(selected)
            tries=$((tries - 1))
        done
        [ "$second" != LeaK ] || fail 'Down stays on the first row'
        key Up
        selects LeaK
        key b Home Down t # the tag stays selected in another order
        shows 'sorted by Tag'
        selects DayC
        key b Home
        selects LeaK
        ;;
    'PgUp PgDn' | 'Home End')
        case $1 in Home*) up=Home down=End ;; *) up=PageUp down=PageDown ;; esac
        key t $up
        selects DayC
        key $down
        selects LeaK
        key $up
        selects DayC
        ;;
    Space)
        key Space
        shows 'this is the end of the replay'
        terminal 80 45 "$poolhound top --speed 1 two-days.poolhound"
        shows LeaK
        key Space
        shows 'paused'
        key Space
        shows 'going on'
        replay
        ;;
    '+ -')
        key +
        shows 'a replay has no interval'
        if [ -r /proc/slabinfo ] && head -1 /proc/slabinfo >/dev/null 2>&1; then
            terminal 80 45 "$poolhound top"
            shows 'Tag'
            key +
            shows 'every 5 s'
            key - -
            shows 'every 1 s'
            key -
            shows 'every 1 s'
            key Space
            shows 'paused; Space'
            key u
            key '['
            shows 'only in a replay'
            key z
            shows 'from here on'
            replay
        fi
        ;;
    u)
        key u
        shows LeaK
        ;;
    Ctrl-L)
        key C-l
        shows LeaK
        ;;
    z)
        key z
        shows 'changes are counted from here on'
        key '{'
        shows 'before the mark, which is gone'
        gone 'change since'
        key '}'
        shows '289 of 289'
        ;;
    Z)
        key Z
        shows 'since the reading before'
        ;;
    '[ ]')
        key '['
        shows '288 of 289'
        key ']'
        shows 'at the end, reading 289 of 289'
        key ']'
        shows 'this is the last reading'
        ;;
    '{ }')
        key '{'
        shows '2[56][0-9] of 289'
        key '}'
        shows '289 of 289'
        ;;
    ', .')
        key .
        shows '1000 times as fast'
        key ,
        shows '500 times as fast'
        ;;
    g)
        key g
        shows 'Go to'
        key 50% Enter
        shows '14[0-9] of 289'
        key g
        key 7 Enter
        shows 'reading 7 of 289'
        key g
        key 290 Enter
        shows 'there are 289 readings'
        key g
        key 12x Enter
        shows 'neither a share'
        key g
        key 100% Enter
        shows '289 of 289'
        ;;
    w)
        key w
        shows 'Write this screen to: poolhound-20261104T000000Z.txt'
        key C-u
        key s.txt Enter
        shows 'wrote this screen to s.txt'
        grep -q LeaK "$work/s.txt" || fail 'w: no LeaK in the file'
        key w
        key C-u
        key s.txt Enter
        shows 'overwrite it'
        key n
        shows 'not written'
        key w
        key C-u
        key s.txt Enter
        shows 'overwrite it'
        key y
        shows 'wrote this screen to s.txt'
        key w
        key C-u
        key nowhere/s.txt Enter
        shows 'nowhere.*No such file'
        ;;
    W)
        key W
        shows "^Write a report (or poolmon's .log) to: poolhound-20261104T000000Z.html"
        key C-u
        key r.html Enter
        shows 'wrote a report to r.html'
        grep -q '<svg' "$work/r.html" || fail 'W: no plot in the report'
        key W
        key C-u
        key r.json Enter
        shows 'wrote a report to r.json'
        key W
        key C-u
        key pool.log Enter
        shows 'wrote 4 tags as poolmon does to pool.log'
        run 0 snap "$work/pool.log"
        has "$out" LeaK
        key W
        key C-u
        key leak.htm Enter
        shows 'end the name with .html .md .json .txt'
        [ ! -e "$work/leak.htm" ] || fail 'W: leak.htm was written'
        ;;
    'h ?')
        key '?'
        shows 'sort by bytes'
        key h
        shows LeaK
        ;;
    Esc | q)
        press=q
        [ "$1" = q ] || press=Escape
        key h
        shows 'sort by bytes'
        key $press
        shows LeaK
        key $press
        shows 'status 0'
        replay
        ;;
    *) fail "the key '$1' is on the help page, but nothing here tests it" ;;
    esac
}

echo "$keys" >"$work/keys"
while IFS= read -r label <&3; do
    check "$label"
done 3<"$work/keys"

# A key without a meaning says so, and changes nothing.
key k
shows 'no meaning here'
done_testing
