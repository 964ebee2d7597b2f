. ./cli.inc
[ -r /proc/slabinfo ] || skip 'reading /proc/slabinfo needs root'
for kind in eventfd socket; do
    run 0 demo -q --kind $kind -d 12s -t 500ms --rate 401
    has "$out" '^Found: '
    fits
done
run 0 demo -q --json -d 10s -t 500ms --rate 401 --kind timer
json
has "$out" '"all_found":true'
run 2 demo --kind bottle
one_line_error 'eventfd, timer or socket'
# nothing is left: the child is gone with its descriptors
# (other tests have demos of their own, at other rates)
! pgrep -f "$poolhound demo .*--rate 401" >/dev/null || fail 'a child of the demo is still there'
done_testing
