. ./cli.inc
[ "$(id -u)" -eq 0 ] || skip 'needs root to become somebody else'
command -v setpriv >/dev/null || skip 'setpriv (util-linux) is not installed'
cp "$poolhound" "$work/poolhound" && chmod 755 "$work" "$work/poolhound"
setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/nonexistent XDG_STATE_HOME= \
    "$work/poolhound" hunt -q -d 3s -t 200ms >"$work/out" 2>"$work/err"
status=$? last='poolhound hunt as nobody' out=$work/out err=$work/err
[ $status -le 1 ] || fail "exit status $status: $(cat "$err")"
has "$out" 'unreclaimable'
[ "$(grep -c '/proc/slabinfo' "$out")" -eq 1 ] || fail "not exactly one line about /proc/slabinfo: $(grep -c /proc/slabinfo "$out")"
has "$out" 'CAP_DAC_READ_SEARCH\|root'
fits
done_testing
