#!/bin/sh
# Scans real drivers (fetched, never committed) and holds the result against what was read by hand
# out of their disassembly.
. ./cli.inc
root=$(cd ../.. && pwd)
drivers=$root/build/drivers
facts=$root/tests/drivers

"$root/tools/fetch-drivers" "$drivers" "$(dirname "$poolhound")/tests/extract_resources" \
    >"$work/fetched" 2>&1
status=$?
[ $status -eq 0 ] || [ $status -eq 77 ] || {
    cat "$work/fetched" >&2
    fail "tools/fetch-drivers: exit status $status"
    exit 1
}

# What is here: npm's drivers all or none, Wine's where the package is the one that was read.
: >"$work/files"
machines=
if (cd "$drivers" && sha256sum --check --status "$facts/real.sha256" 2>/dev/null); then
    machines='x64|x86|arm64'
    find "$drivers/x64" "$drivers/x86" "$drivers/arm64" -name '*.sys' >>"$work/files"
fi
if (cd "$drivers" && sha256sum --check --status "$facts/wine.sha256" 2>/dev/null); then
    machines=${machines:+$machines|}wine
    find "$drivers/wine" -name '*.sys' >>"$work/files"
else
    echo "not compared: Wine's drivers (not here, or of another version than tests/drivers/wine.sha256)"
fi
[ -s "$work/files" ] || skip "no real driver can be had: $(sed -n 's/^SKIP: //p' "$work/fetched" | head -n 1)"

awk -F, -v machines="^($machines)\$" '/^#/ || $2 ~ machines' "$facts/real.manifest" >"$work/manifest"
tr '\n' '\0' <"$work/files" | xargs -0 "$poolhound" scan --csv --all >"$work/scan.csv" 2>"$work/err" ||
    fail "poolhound scan: exit status $?: $(head -n 1 "$work/err")"
awk -f "$facts/compare.awk" "$work/manifest" "$work/files" "$work/scan.csv" >"$work/differences" || {
    fail "$(wc -l <"$work/differences") differences from tests/drivers/real.manifest"
    sed 's/^/  /' "$work/differences" | head -n 60 >&2
}

# Drivers for processors whose code is not read are named and say so; they are no error.
if [ -d "$drivers/itanium" ]; then
    run 0 scan --json "$drivers/itanium" "$drivers/arm"
    json
fi
done_testing
