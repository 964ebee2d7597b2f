. ./cli.inc
[ "$(id -u)" -eq 0 ] || skip 'mounting a small file system needs root'
mkdir "$work/small"
mount -t tmpfs -o size=300k none "$work/small" 2>"$work/err" || skip "cannot mount a tmpfs: $(cat "$work/err")"
trap 'umount "$work/small"; rm -rf "$work"' EXIT
timeout 60 "$poolhound" record -q -t 10ms "$work/small/r.poolhound" >"$work/out" 2>"$work/err"
status=$? last='poolhound record on a full disk' out=$work/out err=$work/err
[ $status -eq 2 ] || fail "exit status $status"
one_line_error 'stopped after .* readings, which are safe'
run 0 export "$work/small/r.poolhound" -i '(page tables)'
rows=$(($(wc -l <"$out") - 1))
[ $rows -ge 1 ] || fail 'no reading survived'
timeout 60 "$poolhound" hunt -q -d 2s -t 20ms -k "$work/small/h.poolhound" >"$work/out" 2>"$work/err"
status=$?
[ $status -le 1 ] || fail "hunt on a full disk: exit status $status: $(cat "$work/err")"
done_testing
