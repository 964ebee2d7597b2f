#!/bin/sh
# The page of a slab cache in top shows who allocates from it, live, and only there.
. ./cli.inc
. ./tmux.inc

[ "$(uname)" = Linux ] || skip 'traces Linux'
# A recording is not traced, and its page says nothing of it.
make_recording "$work/r.poolhound" 3
terminal 80 45 "$poolhound top r.poolhound"
shows LeaK
key Enter
shows '^Owner'
! screen | grep -q '^Call sites' || fail "$last: the page of a recording has call sites"
key q q

[ "$(id -u)" -eq 0 ] || skip 'the rest needs root'
grep -q '^filp ' /proc/slabinfo || skip 'this kernel has no cache filp of its own'

# One line says what is missing where there are no rights: the bounding set is all a program gets.
if command -v setpriv >/dev/null && setpriv --bounding-set -bpf,-perfmon,-sys_admin true 2>/dev/null; then
    terminal 100 90 "setpriv --bounding-set -bpf,-perfmon,-sys_admin $poolhound top -i filp"
    shows 'filp  *Unrec'
    key Enter
    shows '^Call sites'
    shows '^  not traced: tracing needs CAP_BPF'
    shows '^Owner'
    key q q
    shows '\[status 0\]'
fi

"$poolhound" trace -q -d 100ms >/dev/null 2>"$work/why" </dev/null
[ $? -ne 2 ] || skip "this kernel cannot be traced: $(cat "$work/why")"
"$poolhound" demo -q --kind eventfd -d 100s -t 1s --rate 500 >/dev/null 2>&1 &
demo=$!
trap 'kill "$demo" 2>/dev/null; mux kill-server 2>/dev/null; rm -rf "$work"' EXIT

terminal 100 120 "$poolhound top -i filp --interval 1s"
shows 'filp  *Unrec'
key Enter
shows '^Call sites'
shows '^  Traced for [1-9]'
shows '^Site  *Module  *Cache '
shows '^\(do_eventfd via \)\{0,1\}alloc_em[^ ]* .*filp '
shows '^Stacks since they were asked for'
shows 'do_eventfd+0x'
# Who looks at the table for a moment finds it again, longer traced.
key Escape
shows '^ *Tag '
key Enter
shows '^  Traced for [1-9]'
# The rights are with the thread that traces alone, and out of force.
top=$(pgrep -f "^$poolhound top -i filp" | head -1)
if [ -n "$top" ]; then
    grep -h '^CapEff' "/proc/$top/task/"*/status >"$work/effective"
    has_not "$work/effective" '[1-9a-f]$'
    [ "$(grep -l '^CapPrm:.*c4[0-9a-f]*$' "/proc/$top/task/"*/status | wc -l)" -le 1 ] ||
        fail "more than one thread of top kept the rights to trace"
fi
key q q
shows '\[status 0\]'

terminal 100 120 "$poolhound top -i filp --interval 1s --no-trace --max-cpu 2"
shows 'filp  *Unrec'
key Enter
shows '^Owner'
! screen | grep -q '^Call sites' || fail "$last: --no-trace traces"
key q q
shows '\[status 0\]'
done_testing
