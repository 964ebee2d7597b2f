. ./cli.inc
# the panel of a log: a table of 80 columns, limits with their sources, plots
make_log "$work/pool.log" 30
run 0 sys "$work/pool.log"
fits
has "$out" '^Kernel pools'
has "$out" '^ Nonpaged pool .* ? [a-z] .*+33.0 KB'
has "$out" '^ Committed .*3.91 GB .*11.1 GB .*16.7 GB'
has "$out" '^ Driver locked pages *?  not in this input'
has "$out" 'the input does not tell the version of Windows'
has "$out" 'Changes are over 10 min'
has_not "$out" 'Reclaimable'
[ ! -s "$err" ] || fail "sys says: $(cat "$err")"
[ "$(wc -l <"$out")" -gt 60 ] || fail 'sys: a log of 181 readings without plots'
for width in 76 100 160 250; do
    COLUMNS=$width "$poolhound" sys "$work/pool.log" >"$out" || fail "sys at $width columns"
    [ "$(wc -L <"$out")" -le $width ] || fail "sys at $width: a line of $(wc -L <"$out") columns"
done
LC_ALL=C "$poolhound" sys "$work/pool.log" >"$out"
[ "$windows" ] || ! grep -q '[^ -~]' "$out" || fail 'sys: bytes beyond ASCII in the C locale'

# JSON; a recording of the log says the same
run 0 sys --json "$work/pool.log"
json
cp "$out" "$work/log.json"
run 0 record --from "$work/pool.log" "$work/rec.poolhound"
run 0 sys --json "$work/rec.poolhound"
json
if command -v python3 >/dev/null; then
    python3 - "$work/log.json" "$out" <<'P' || fail 'sys --json: the log and its recording differ'
import json, sys
log, recording = (json.load(open(name)) for name in sys.argv[1:])
assert log["kind"] == "system" and log["readings"] == 181, log["readings"]
rows = {row["id"]: row for row in log["rows"]}
assert rows["nonpaged"]["bytes"] == (710920 + 180 * 33) * 1024
assert rows["nonpaged"]["change_bytes"] == 33 * 1024
assert rows["nonpaged"]["limit_bytes"] is None and rows["nonpaged"]["limit_missing"]
# LeaK 66 and Flat 1; the counter of `Io  ` fell: it is left out
assert rows["nonpaged"]["allocs_change"] == 67, rows["nonpaged"]["allocs_change"]
assert rows["commit"]["peak_bytes"] == 11685564 * 1024 and not rows["commit"]["peak_observed"]
assert rows["driver-locked"]["bytes"] is None and rows["driver-locked"]["missing"]
assert len(rows["nonpaged"]["history_low_bytes"]) == len(log["history"]["at_s"])
again = {row["id"]: row for row in recording["rows"]}
for name in ("nonpaged", "paged", "commit", "physical-used"):
    for key in ("bytes", "change_bytes", "peak_bytes", "limit_bytes"):
        assert rows[name][key] == again[name][key], (name, key, rows[name][key], again[name][key])
P
fi

# files with plots
run 0 sys "$work/pool.log" --png "$work/a.png" --svg "$work/a.svg"
has "$out" "Plots: $work/a.png"
has "$out" "Plots: $work/a.svg"
if command -v python3 >/dev/null; then
    python3 - "$work/a.png" "$work/a.svg" <<'P' || fail 'the plots cannot be read'
import struct, sys, xml.etree.ElementTree, zlib
data = open(sys.argv[1], "rb").read()
assert data[:8] == b"\x89PNG\r\n\x1a\n"
at, image, kinds = 8, b"", []
while at < len(data):
    size, kind = struct.unpack(">I4s", data[at:at + 8])
    body = data[at + 8:at + 8 + size]
    assert zlib.crc32(kind + body) == struct.unpack(">I", data[at + 8 + size:at + 12 + size])[0]
    if kind == b"IHDR":
        width, height, depth, colour = struct.unpack(">IIBB", body[:10])
    if kind == b"IDAT":
        image += body
    kinds.append(kind)
    at += 12 + size
assert kinds[-1] == b"IEND" and width >= 600 and height >= 400, (kinds, width, height)
channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
assert len(zlib.decompress(image)) == height * (1 + (width * channels * depth + 7) // 8)
svg = xml.etree.ElementTree.parse(sys.argv[2]).getroot()
assert svg.tag.endswith("svg")
words = "".join(svg.itertext())
assert "Nonpaged pool" in words and "Committed" in words, words[:300]
P
fi
run 0 sys --json -q "$work/rec.poolhound" --svg "$work/b.svg"
json
[ -s "$work/b.svg" ] || fail 'no plot beside JSON'

# a saved tree is one reading: a panel, but nothing to draw
mkdir -p "$work/tree/proc"
cat >"$work/tree/proc/meminfo" <<'T'
MemTotal:       24684084 kB
MemFree:        20892384 kB
MemAvailable:   21349172 kB
Buffers:            5332 kB
Cached:           656808 kB
AnonPages:        100000 kB
Slab:             235600 kB
SReclaimable:     216128 kB
SUnreclaim:        19472 kB
KernelStack:        1268 kB
PageTables:         1404 kB
CommitLimit:    12342040 kB
Committed_AS:     500000 kB
T
cat >"$work/tree/proc/slabinfo" <<'T'
slabinfo - version: 2.1
# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>
kmalloc-64          7107   7296     64   64    1 : tunables    0    0    0 : slabdata    114    114      0
T
for how in "--root $work/tree" "$work/tree"; do
    # shellcheck disable=SC2086
    run 0 sys $how
    fits
    has "$out" '^ Unreclaimable slab *19.0 MB .*20.4 GB [a-z]'
    has "$out" '^ Page tables *1.37 MB'
    has "$out" '^ Secondary page tables *?  not in this input'
    has "$out" 'Linux sets no limit'
    has_not "$out" 'Changes'
done
run 2 sys "$work/tree" --png "$work/tree.png"
one_line_error 'one reading is not enough for a plot'
[ ! -e "$work/tree.png" ] || fail 'a plot of nothing was written'

# what cannot be is one line, before anything is read
run 2 sys "$work/none.log"
one_line_error 'none.log'
run 2 sys "$work/pool.log" --png "$work"
one_line_error 'is a folder'
run 2 sys -d 1h --svg "$work/no/such/a.svg"
one_line_error 'no folder'
run 2 sys "$work/pool.log" --svg "$work/pool.log"
one_line_error 'is the input'
run 2 sys "$work/pool.log" --png ''
one_line_error 'name of a file'
run 2 sys "$work/pool.log" more
one_line_error 'one operand too many'
: >"$work/empty.log"
run 2 sys "$work/empty.log"
one_line_error 'empty.log'

[ -z "$windows" ] || done_testing
[ -z "$windows" ] || exit 0
[ -r /proc/meminfo ] || skip 'this system has no /proc/meminfo; logs, trees and recordings were tested'
run 0 sys -t 200ms
fits
has "$out" '^ Unreclaimable slab'
has "$out" '^ Unaccounted  *~'
has "$out" 'Changes are over'
[ ! -s "$err" ] || fail "sys says: $(cat "$err")"
run 0 sys -q -d 1s -t 100ms --png "$work/live.png"
fits
[ -s "$work/live.png" ] || fail 'no plot of the live system'
run 0 sys -t 100ms --json
json
done_testing
