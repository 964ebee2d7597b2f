# guest.sh SCENARIO...: runs in the guest, as its root. Each scenario is a function that leaves files
# in its folder below /tmp/out; the host judges them (check.py). Nothing here decides PASS or FAIL.
out=/tmp/out
leaky=/sys/module/leaky/parameters
steady=/sys/module/steady/parameters

# The log of every command: what ran, how long it took, how it ended.
run() { # NAME COMMAND...: stdout to NAME.out, stderr to NAME.err, exit status to NAME.status
    name=$1
    shift
    "$@" >"$name.out" 2>"$name.err" </dev/null
    echo $? >"$name.status"
}

load() {
    [ -d /sys/module/leaky ] || insmod "/lib/modules/$(uname -r)/extra/leaky.ko"
    [ -d /sys/module/steady ] || insmod "/lib/modules/$(uname -r)/extra/steady.ko"
}

# A round of leaks, to its end.
leak() { # KINDS PERIOD_MS
    echo "$2" >$leaky/period_ms
    echo "$1" >$leaky/kinds
}

leak_ended() {
    last=
    while sleep 2; do
        now=$(cat /proc/leaky)
        [ "$now" != "$last" ] || return 0
        last=$now
    done
}

module() { # the module's own truth, without poolhound
    load
    cat /proc/leaky >before
    cat /proc/slabinfo >slabinfo.before
    echo 1 >$steady/on
    leak all 5
    leak_ended
    echo 0 >$steady/on
    cat /proc/leaky >after
    cat /proc/steady >steady
    cat /proc/slabinfo >slabinfo.after
    cat /proc/vmallocinfo >vmallocinfo
}

hunt() {
    load
    echo 1 >$steady/on
    leak kmalloc 50
    run hunt poolhound hunt -d 20s --json
    echo 0 >$steady/on
    cat /proc/leaky >after
    run snap poolhound snap
}

# Whatever vm-run was asked to do.
script() {
    sh /test/script
}

[ $# -gt 0 ] || return 0 # read for its functions only
mkdir -p $out
dmesg -c >/dev/null 2>&1
for scenario in "$@"; do
    mkdir -p "$out/$scenario"
    cd "$out/$scenario"
    read -r up rest </proc/uptime
    echo "@@ scenario $scenario at $up s"
    $scenario >log 2>&1
    echo $? >status
    dmesg -c >dmesg 2>/dev/null
    read -r up rest </proc/uptime
    echo "$up" >uptime
    cd $out
    tar -c "$scenario" | gzip -1 >/dev/ttyS1
done
exit 0
