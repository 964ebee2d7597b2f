#!/bin/sh
# Scans the fixture drivers and holds the result against what their sources say.
. ./cli.inc
root=$(cd ../.. && pwd)
fixtures=$root/build/fixtures

"$root/tools/build-fixtures" "$fixtures" >"$work/built" 2>&1
status=$?
[ $status -ne 77 ] || skip "$(sed -n 's/^SKIP: //p' "$work/built" | head -n 1)"
[ $status -eq 0 ] || {
    cat "$work/built" >&2
    fail "tools/build-fixtures: exit status $status"
    exit 1
}
find "$fixtures/x64" "$fixtures/x86" "$fixtures/arm64" -name '*.sys' >"$work/files"
[ "$(wc -l <"$work/files")" -ge 300 ] || fail "only $(wc -l <"$work/files") fixture drivers"

run 0 scan --csv --all "$fixtures"
cp "$out" "$work/scan.csv"
awk -f ../drivers/compare.awk ../drivers/fixtures.manifest "$work/files" "$work/scan.csv" \
    >"$work/differences" || {
    fail "$(wc -l <"$work/differences") differences from tests/drivers/fixtures.manifest"
    sed 's/^/  /' "$work/differences" | head -n 60 >&2
}

# a second scan is answered from the index, with the same words
run 0 scan --csv --all "$fixtures"
cmp -s "$out" "$work/scan.csv" || fail "the second scan differs from the first"

# who: the owner first, then the file that has the bytes in code, in data, in text
mkdir "$work/decoys"
for kind in compare data text; do
    cp "$fixtures/x64/decoy_$kind-gcc-O2.sys" "$work/decoys"
done
run 1 who --csv Decy -D "$work/decoys"
for pair in compare:immediate data:data text:text; do
    has "$out" "decoy_${pair%:*}-gcc-O2.sys.*,${pair#*:},"
    ! grep "decoy_${pair%:*}" "$out" | grep -q -e ',call-site,' -e ',table,' ||
        fail "decoy_${pair%:*} is called an owner of Decy"
done
run 0 who --csv Real -D "$work/decoys"
[ "$(grep -c ',call-site,' "$out")" -eq 3 ] || fail "$last: not three owners of Real"

# packed: nothing is claimed, and it is said
run 0 scan --json "$fixtures/x64/packed-asm.sys"
json
has "$out" 'packed'
done_testing
