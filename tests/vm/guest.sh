# guest.sh SCENARIO...: runs in the guest, as its root. Each scenario is a function that leaves files
# in its folder below /tmp/out; the host judges them (check.py). Nothing here decides PASS or FAIL.
#
# Without a scenario it defines its functions and does nothing, for scripts that read it with `.`.
out=/tmp/out
leaky=/sys/module/leaky/parameters
steady=/sys/module/steady/parameters

# Runs a command: stdout to NAME.out, stderr to NAME.err, its exit status to NAME.status.
run() { # NAME COMMAND...
    (
        name=$1
        shift
        "$@" >"$name.out" 2>"$name.err" </dev/null
        echo $? >"$name.status"
    )
}

load() {
    for module in leaky steady; do
        [ -d /sys/module/$module ] || insmod "/lib/modules/$(uname -r)/extra/$module.ko"
    done
}

# Begins a round of leaks of 500 ticks.
leak() { # KINDS PERIOD_MS
    echo "$2" >$leaky/period_ms
    echo "$1" >$leaky/kinds
}

# Waits for the round to end: nothing was added for two seconds.
leak_ended() {
    last=
    while sleep 2; do
        now=$(cat /proc/leaky)
        [ "$now" != "$last" ] || return 0
        last=$now
    done
}

# The BPF programs of tracers: what is there beyond what was there at the start.
programs() {
    bpfids | wc -l
}

# Waits until a tracer has attached: its programs are there, and no more are added.
attached() { # PROGRAMS BEFORE
    last=-1
    for turn in $(seq 60); do
        sleep 0.5
        now=$(programs)
        [ "$now" -le "$1" ] || [ "$now" -ne "$last" ] || break
        last=$now
    done
    sleep 1.5
}

# Everything at once, by a tracer that may take what it wants: nothing sampled, every kind.
trace() {
    load
    before=$(programs)
    run trace poolhound trace --json -d 300s -t 1s --kinds slab,pages,vmalloc,percpu --max-cpu none &
    attached "$before"
    cat /proc/leaky >before
    echo 1 >$steady/on
    leak all 130
    sleep 12
    echo 1009 >$steady/step
    # soon after the leak: one that ended long ago is rightly called none
    leak_ended
    cat /proc/leaky >after
    killall -TERM poolhound
    wait
    echo 0 >$steady/on
    cat /proc/steady >steady.truth
    cat /proc/vmallocinfo >vmallocinfo
}

# Two tracers side by side: one of 1/16 of the addresses, one of one module only.
sampled() {
    load
    before=$(programs)
    run sampled poolhound trace --json -d 35s -t 1s --kinds slab,percpu --sample 16 --max-cpu none &
    run filtered poolhound trace --json -d 35s -t 1s --module leaky --max-cpu none &
    attached "$before"
    sleep 3 # the second one
    cat /proc/leaky >before
    leak all 20
    leak_ended
    cat /proc/leaky >after
    wait
}

# What an administrator types.
hunt() {
    load
    echo 1 >$steady/on
    leak kmalloc,vmalloc,cache 90
    run hunt poolhound hunt -d 40s --json
    echo 0 >$steady/on
    cat /proc/leaky >after
    run snap poolhound snap --json
    leak_ended
}

# Killed, it leaves nothing behind.
killed() {
    load
    programs >before
    poolhound trace --json -d 60s >killed.out 2>killed.err &
    tracer=$!
    attached "$(cat before)"
    programs >while
    kill -9 $tracer
    wait
    sleep 2 # programs go after a grace period
    programs >after
}

# A processor leaves and comes back while the tracer counts.
hotplug() {
    load
    before=$(programs)
    run hotplug poolhound trace --json -d 25s --max-cpu none &
    attached "$before"
    leak kmalloc 20
    sleep 3
    echo 0 >/sys/devices/system/cpu/cpu1/online
    sleep 3
    echo 1 >/sys/devices/system/cpu/cpu1/online
    leak_ended
    wait
    cat /proc/leaky >after
}

# By its path: the shell would take busybox's own setpriv, which cannot do that.
# Root without the rights to trace, and a kernel without BTF: one line, and a hunt goes on without.
refused() {
    load
    run norights.trace /bin/setpriv --bounding-set=-bpf,-sys_admin,-perfmon poolhound trace --json -d 5s
    run norights.hunt /bin/setpriv --bounding-set=-bpf,-sys_admin,-perfmon poolhound hunt --json -d 15s
    run nobody.trace /bin/setpriv --reuid=65534 --regid=65534 --clear-groups poolhound trace --json -d 5s
    mount -t tmpfs none /sys/kernel/btf
    run nobtf.trace poolhound trace --json -d 5s
    umount /sys/kernel/btf
    # A group that may take 64 MB: maps for a million objects take more than 100.
    echo +memory >/sys/fs/cgroup/cgroup.subtree_control
    mkdir /sys/fs/cgroup/small
    echo 64M >/sys/fs/cgroup/small/memory.max
    run memory.trace sh -c 'echo $$ >/sys/fs/cgroup/small/cgroup.procs
        exec poolhound trace --json -d 5s --max-objects 1000000'
    cat /sys/fs/cgroup/small/memory.events >memory.events
}

# The module goes while it is traced. It cannot come back: its caches are still there.
unload() {
    load
    before=$(programs)
    run unload poolhound trace --json -d 25s --max-cpu none &
    attached "$before"
    leak kmalloc,cache 10
    leak_ended
    cat /proc/leaky >after
    rmmod leaky
    wait
    cat /proc/modules >modules
}

# Raised while the kernel runs, and never lowered again: the last scenario of a boot.
lockdown() {
    echo confidentiality >/sys/kernel/security/lockdown
    cat /sys/kernel/security/lockdown >lockdown
    run trace poolhound trace --json -d 5s
    run hunt poolhound hunt --json -d 15s
}

# Needs slub_debug=U: who allocated what was there before poolhound began.
slubdebug() {
    load
    leak kmalloc,kvmalloc,mergeable 5
    leak_ended
    cat /proc/leaky >before
    run who poolhound who --json kmalloc-1k
    leak kmalloc 50
    run hunt poolhound hunt --json -d 25s
    cat /proc/leaky >after
    cat /sys/kernel/debug/slab/kmalloc-1k/alloc_traces >alloc_traces
}

# Needs memory allocation profiling.
allocinfo() {
    load
    echo 1 >$steady/on
    leak all 70
    run hunt poolhound hunt --json -d 30s
    echo 0 >$steady/on
    leak_ended
    cat /proc/leaky >after
    cat /proc/allocinfo >allocinfo
    run snap poolhound snap --json
}

# Whatever vm-run was asked to do.
script() {
    sh /test/script
}

[ $# -gt 0 ] || return 0
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
