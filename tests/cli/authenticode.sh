#!/bin/sh
# poolhound identify on signed files of every kind, made here by osslsigncode; see tools/make-signed
# for what each is. Where both can judge, osslsigncode says the same.
. ./cli.inc
tool=$(cd ../.. && pwd)/tools/make-signed
"$tool" "$work/signed" >"$work/made" 2>&1
case $? in
0) ;;
77) skip "$(sed 's/^SKIP: //' "$work/made")" ;;
*) fail "make-signed: $(tail -3 "$work/made")" ;;
esac
cat "$work/made"
signed=$work/signed
cp -r "$signed/catalogs" "$work/catalogs" # not beside the files, where they would be found anyway

value() {
    grep -o "\"$1\":\\(\"[^\"]*\"\\|[^,}]*\\)" "$out" | head -1 | sed "s/^\"$1\"://; s/\"//g"
}

oracle=yes
osslsigncode verify --help 2>&1 | grep -q ignore-crl || {
    echo 'left out: this osslsigncode asks the network when it verifies'
    oracle=no
}

files=0
while IFS='	' read -r name trust pages count what; do
    files=$((files + 1))
    case $trust in
    tampered | bad-signature | malformed | cut-short | stripped) status=1 ;;
    *) status=0 ;;
    esac
    run $status identify --roots "$signed/roots" --catalog "$work/catalogs" --json "$signed/files/$name"
    got=$(value trust)
    [ "$got" = "$trust" ] || fail "$name ($what): $got, wanted $trust: $(value sentence)"
    [ -n "$(value sentence)" ] || fail "$name ($what): no sentence"
    if [ "$count" != - ]; then
        got=$(grep -o '"nested":' "$out" | wc -l)
        [ "$got" -eq "$count" ] || fail "$name ($what): $got signatures, wanted $count"
    fi
    if [ "$pages" != - ] && [ "$count" != 0 ]; then
        got=$(value page_hashes_match)
        [ "$got" = "$pages" ] || fail "$name ($what): page hashes: $got, wanted $pages"
    fi
    # the oracle knows less: it has no names for what is wrong, catalogs are asked apart, a time
    # stamp counts for it in spite of lifetime signing, and a stranger's does not
    case $name in
    listed*.sys | life.sys) continue ;;
    esac
    [ $oracle = yes ] || continue
    if osslsigncode verify -ignore-crl -ignore-cdp -CAfile "$signed/roots/root.pem" \
        -TSA-CAfile "$signed/roots/stamps.pem" -in "$signed/files/$name" >"$work/oracle" 2>&1; then
        says=trusted
    else
        says=not
    fi
    [ "$trust" = trusted ] && want=trusted || want=not
    [ $says = $want ] || fail "$name ($what): osslsigncode says $says"
done <"$signed/manifest"
[ "$files" -ge 30 ] || fail "only $files files were made"

# without the roots nothing is trusted, nothing that is signed is called unsigned
for name in sha256 old nested listed; do
    run 0 identify --catalog "$work/catalogs" --json "$signed/files/$name.sys"
    case $(value trust) in
    trusted | unsigned) [ -s "$work/catalogs/list.cat" ] && fail "$name.sys without roots: $(value trust)" ;;
    esac
done
run 0 identify --json "$signed/files/sha256.sys"
has "$out" 'not anchored: that root is not'

# a usage that only Microsoft gives is worth nothing in a certificate of one's own
run 0 identify --roots "$signed/roots" --json "$signed/files/whql.sys"
has "$out" '"whql":false'
has "$out" 'which is not proved'

# the text of the signer, and what was appended
run 0 identify --roots "$signed/roots" -i "$signed/files/program.sys"
has "$out" 'Prögram'
has "$out" 'https://example.org/'
has "$out" 'Cert Issuer:	Root of the tests'
run 1 identify --roots "$signed/roots" --json "$signed/files/trailing.sys"
has "$out" '"trailing_bytes":14'

# roots that are none
echo nonsense >"$work/nonsense.pem"
run 2 identify --roots "$work/nonsense.pem" "$signed/files/sha256.sys"
one_line_error 'nonsense.pem: no certificate'
run 2 identify --catalog "$signed/roots/root.pem" "$signed/files/sha256.sys"
one_line_error 'root.pem: '

done_testing
