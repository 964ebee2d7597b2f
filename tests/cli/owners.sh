# The owner section: a leaking tag of a log, a tag list, the user's own known leaks, a driver's file.
. ./cli.inc

make_log "$work/pool.log" 72
mkdir -p "$work/drivers" "$work/config/poolhound"
printf 'LeaK - leaky.sys - what Leaky allocates\nMmS? - nt!mm - memory manager\n' >"$work/pooltag.txt"
cat >"$work/rules.txt" <<'END'
[windows leaky-2021]
tag = LeaK
driver = leaky.sys
fixed = 2.0
what = Leaky keeps what it allocates.
fixed-in = Leaky 2.0
link = https://example.org/leaky
END
printf 'MZ' >"$work/drivers/Leaky.sys"

run 1 leaks "$work/pool.log" --tag-list "$work/pooltag.txt" --known-leaks "$work/rules.txt"
has "$out" '^Owners'
has "$out" '^  leaky.sys'
has "$out" 'pooltag.txt, line 1'
has "$out" 'Leaky keeps what it allocates. Fixed in Leaky 2.0.'
has "$out" 'https://example.org/leaky'
has "$out" 'next '
run 1 leaks "$work/pool.log" --tag-list "$work/pooltag.txt" --drivers "$work/drivers" --json
json
has "$out" '"driver":"leaky.sys"'
has "$out" '"kind":"hunt"'
run 1 leaks "$work/pool.log" -D "$work/drivers" --tag-list "$work/pooltag.txt"
has "$out" "$work/drivers/Leaky.sys"

# Nothing grows: nothing is looked for, no list has to be there.
make_log "$work/short.log" 1
run 0 leaks "$work/short.log" -i 'Io*'
has_not "$out" '^Owners'

# What was named and is not there is an error; the user's own files are found by themselves.
run 2 leaks "$work/pool.log" --tag-list "$work/nothing.txt"
one_line_error 'nothing.txt'
run 2 leaks "$work/pool.log" --drivers "$work/nothing"
one_line_error 'no such file or folder'
printf '[windows broken\n' >"$work/broken.txt"
run 2 who LeaK --tag-list "$work/pooltag.txt" --known-leaks "$work/broken.txt"
one_line_error 'broken.txt:1: '
cp "$work/pooltag.txt" "$work/config/poolhound/pooltag.txt"
cp "$work/rules.txt" "$work/config/poolhound/known-leaks.txt"
XDG_CONFIG_HOME=$work/config
export XDG_CONFIG_HOME
run 1 who LeaK
has "$out" 'config/poolhound/pooltag.txt, line 1'
has "$out" 'known leak'
printf '\000\001\002' >"$work/binary.txt"
run 2 who LeaK --tag-list "$work/binary.txt"
one_line_error 'binary.txt'

# Wildcards, a number as a debugger shows it, tags of the system that belong to others.
run 1 who MmSt --tag-list "$work/pooltag.txt"
has "$out" 'nt!mm: memory manager'
run 1 who 0x4b61654c --tag-list "$work/pooltag.txt"
has "$out" '^LeaK: '
run 1 who FMfn --tag-list "$work/pooltag.txt"
has "$out" 'on behalf of others'
run 1 who 'Ddk ' --tag-list "$work/pooltag.txt"
has "$out" 'on behalf of others'
fits
done_testing
