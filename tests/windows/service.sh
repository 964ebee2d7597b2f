#!/bin/sh
# The recorder as a service: Wine's service manager starts, stops and removes it, as Windows' would.
. ../cli/cli.inc
prefix=${WINEPREFIX:-$(dirname "$poolhound")/wine}
home="$prefix/drive_c/Program Files/poolhound test"
data="$prefix/drive_c/ProgramData/poolhound/service"
rm -rf "$home"
mkdir -p "$home"
cp "$poolhound.exe" "$home/poolhound.exe" || skip 'the program cannot be copied into the prefix'
cat >"$work/installed" <<END
#!/bin/sh
exec '$(cd ../.. && pwd)/tools/run-wine' '$home/poolhound.exe' "\$@"
END
chmod +x "$work/installed"
everywhere=$poolhound
trap '"$work/installed" service remove >/dev/null 2>&1; rm -rf "$work" "$home" "$data/test.poolhound"*' EXIT
rm -f "$data"/test.poolhound*

# only from where others cannot replace the program, and only with the whole path of a recording
run 2 service install
one_line_error 'copy poolhound.exe to a folder of its own below C:.Program Files first'
poolhound=$work/installed
run 2 service install week.poolhound
one_line_error 'a service needs the whole path'
run 2 service dance
one_line_error 'install, remove, start, stop or status'
run 2 service start
one_line_error "'poolhound service install' does that"
run 0 service status
has "$out" '^not installed$'
run 2 service run 'C:\ProgramData\poolhound\service\test.poolhound'
one_line_error "is for Windows' service manager"

file='C:\ProgramData\poolhound\service\test.poolhound'
run 0 service install "$file" -t 200ms
has "$err" 'installed; it records into'
has "$err" 'it runs'
run 0 service status
has "$out" '^running, process [0-9]'
has "$out" 'service run C:.ProgramData.poolhound.service.test.poolhound --interval 200ms$'
# it records: readings come while it runs, and others may read beside it
for _ in 1 2 3 4 5 6 7 8 9 10; do
    "$poolhound" sys --json "$file" >"$work/beside" 2>/dev/null &&
        readings=$(grep -o '"readings":[0-9]*' "$work/beside" | cut -d: -f2) && [ "${readings:-0}" -ge 3 ] && break
    sleep 0.5
done
[ "${readings:-0}" -ge 3 ] || fail "only ${readings:-no} readings after five seconds"
# a stop ends it as Ctrl-C would: the log of the database is folded in
run 0 service stop
run 0 service status
has "$out" '^stopped$'
[ ! -e "$data/test.poolhound-wal" ] || fail 'the stop left the write-ahead log behind'
[ "$(tail -1 "$data/test.poolhound.log")" = 'poolhound: ended' ] || fail "log: $(tail -2 "$data/test.poolhound.log")"
before=$readings
run 0 sys --json "$file"
after=$(grep -o '"readings":[0-9]*' "$out" | cut -d: -f2)
[ "${after:-0}" -ge "$before" ] || fail "$after readings after the stop, $before before"

# install again: other words; remove: the recording stays
run 0 service install "$file" -t 1s
has "$err" 'the service was there'
run 0 service status
has "$out" 'interval 1000ms$'
run 0 service remove
has "$err" 'its recording stays'
run 0 service status
has "$out" '^not installed$'
[ -s "$data/test.poolhound" ] || fail 'the recording is gone'
run 0 service remove
has "$err" 'there was no service'
poolhound=$everywhere
done_testing
