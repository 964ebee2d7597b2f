. ./cli.inc
# a saved /proc tree with duplicate cache names, a merged cache and an unknown line
mkdir -p "$work/sos/proc" "$work/sos/sys/kernel/slab"
cat >"$work/sos/proc/slabinfo" <<'T'
slabinfo - version: 2.1
# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>
mlx5_fs_ftes           5      5    600   13    2 : tunables    0    0    0 : slabdata      1      1      0
mlx5_fs_ftes           7      7    600   13    2 : tunables    0    0    0 : slabdata      1      1      0
dentry            923895 923895    192   21    1 : tunables    0    0    0 : slabdata  43995  43995      0
kmalloc-64          7107   7296     64   64    1 : tunables    0    0    0 : slabdata    114    114      0
T
cat >"$work/sos/proc/meminfo" <<'T'
MemTotal:       24684084 kB
MemFree:        20892384 kB
MemAvailable:   21349172 kB
Buffers:            5332 kB
Cached:           656808 kB
Slab:             235600 kB
SReclaimable:     216128 kB
SUnreclaim:        19472 kB
KernelStack:        1268 kB
PageTables:         1404 kB
T
run 0 snap --root "$work/sos" -s tag
has "$out" 'dentry'
has "$out" 'mlx5_fs_ftes.* 12 '
has "$out" 'duplicate\|twice\|more than once'
fits
run 0 snap "$work/sos/proc" -i kmalloc-64
has "$out" 'kmalloc-64'
run 0 snap --json --root "$work/sos"
json
mkdir "$work/none"
run 2 snap --root "$work/none"
one_line_error 'none'
cp -r "$work/sos" "$work/later"
sed -i 's/^kmalloc-64 .*/kmalloc-64 9107 9296 64 64 1 : tunables 0 0 0 : slabdata 146 146 0/' "$work/later/proc/slabinfo"
run 0 diff "$work/sos" "$work/later"
has "$out" 'kmalloc-64'
has "$out" '125 KB\|128000\|128,000'
done_testing
