# What Windows says of signatures, beside what poolhound finds: on files signed here (tools/make-signed),
# with roots that Windows does not know, then with one that it was given. Wine's WinVerifyTrust leaves out
# the policy for chains where certificates have SHA-256 signatures: there the chain refutes it.
. ../cli/cli.inc
tool=$(cd ../.. && pwd)/tools/make-signed
command -v wine >/dev/null || skip 'needs wine'
"$tool" "$work/signed" >"$work/made" 2>&1
case $? in
0) ;;
77) skip "$(sed 's/^SKIP: //' "$work/made")" ;;
*) fail "make-signed: $(tail -3 "$work/made")" ;;
esac
signed=$work/signed

value() {
    grep -o "\"$1\":\\(\"[^\"]*\"\\|[^,}]*\\)" "$out" | head -1 | sed "s/^\"$1\"://; s/\"//g"
}

# judged STATUS FILE TRUST CODE CHAIN-CODE DIFFERS OPTIONS...: what identify tells of it; '-' = anything
judged() {
    want=$1 name=$2 trust=$3 code=$4 chain=$5 differs=$6
    shift 6
    run "$want" identify --json "$@" "$name"
    json
    [ "$(value trust)" = "$trust" ] || fail "$name: $(value trust), wanted $trust: $(value sentence)"
    [ "$code" = - ] || [ "$(value code)" = "$code" ] || fail "$name: Windows says $(value code), wanted $code"
    [ "$chain" = - ] || [ "$(value chain_code)" = "$chain" ] ||
        fail "$name: of its chain: $(value chain_code), wanted $chain"
    case $(value differs) in
    *"$differs"*) ;;
    *) fail "$name: differs: $(value differs), wanted $differs" ;;
    esac
}

# --- a certificate with a SHA-1 signature, for which Wine does all that Windows does
cd "$signed" || exit 1
openssl req -newkey rsa:2048 -nodes -sha256 -config keys/ca.conf -subj '/O=Test/CN=Aged Signer' \
    -keyout keys/aged.key -out keys/aged.csr 2>/dev/null
openssl ca -batch -notext -config keys/ca.conf -extensions code -md sha1 -cert keys/root.pem \
    -keyfile keys/root.key -startdate 20160101000000Z -enddate 20400101000000Z -in keys/aged.csr \
    -out keys/aged.pem 2>/dev/null || fail 'openssl made no certificate'
cat keys/aged.pem keys/root.pem >keys/aged-chain.pem
osslsigncode sign -certs keys/aged-chain.pem -key keys/aged.key -h sha256 -in keys/plain.sys \
    -out files/aged.sys >"$work/log" 2>&1 || fail "osslsigncode: $(tail -1 "$work/log")"
cat keys/good.pem keys/root.pem >keys/good-chain.pem
osslsigncode sign -certs keys/good-chain.pem -key keys/good.key -h sha256 -in keys/plain.sys \
    -out files/whole.sys >"$work/log" 2>&1 || fail "osslsigncode: $(tail -1 "$work/log")"
cd files || exit 1

# --- roots that Windows does not know
judged 0 removed.sys unsigned 0x800b0100 null null
judged 1 text.sys tampered 0x80096010 - null
judged 1 trailing.sys tampered - - null
judged 1 stripped.sys stripped 0x800b0100 null null
judged 1 value.sys bad-signature - - ''
judged 0 aged.sys unanchored 0x800b0109 0x800b0109 null
judged 0 whole.sys unanchored - 0x800b0109 ''
judged 0 sha256.sys unanchored - 0x800b010a ''
judged 0 old.sys expired - 0x800b0101 ''
judged 0 tls.sys wrong-use - 0x800b0110 ''
run 0 identify aged.sys
has "$out" '	Windows says:	the root is not trusted here (0x800B0109), signed by Aged Signer'

# --- named by the user: what he trusts counts, and it is said that Windows does not
judged 0 aged.sys trusted 0x800b0109 - 'the roots that were given count' --roots "$signed/roots"
judged 1 text.sys tampered 0x80096010 - null --roots "$signed/roots"

# --- a catalog that lies beside the file is not installed
if [ -s "$signed/catalogs/list.cat" ]; then
    judged 0 listed.sys unanchored 0x800b0100 null 'not installed here' --catalog "$signed/catalogs"
fi

# --- a saved tree is evidence from another machine: Windows is not asked
run 0 identify --json --root "$work" aged.sys
[ "$(value system_verdict)" = null ] || fail "asked about a file of another machine: $(value system_verdict)"

# --- a root that Windows trusts, by an entry in its store of certificates, as long as the test runs
thumb=$(openssl x509 -in "$signed/keys/root.pem" -noout -fingerprint -sha1 | sed 's/.*=//; s/://g')
key="HKCU\\Software\\Microsoft\\SystemCertificates\\Root\\Certificates\\$thumb"
le32() { # a number as four bytes, the lowest first, in hexadecimal
    printf '%02x%02x%02x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255))
}
# a serialized certificate: property 3 (its SHA-1), property 32 (itself), each with a 1 and its size
der=$(openssl x509 -in "$signed/keys/root.pem" -outform DER | od -An -tx1 -v | tr -d ' \n')
blob="$(le32 3)$(le32 1)$(le32 20)$thumb$(le32 32)$(le32 1)$(le32 $((${#der} / 2)))$der"
trap 'wine reg delete "$key" /f >/dev/null 2>&1; rm -rf "$work"' EXIT
if ! wine reg add "$key" /v Blob /t REG_BINARY /d "$blob" /f >/dev/null 2>"$work/reg"; then
    fail "reg add: $(head -1 "$work/reg")"
elif run 0 identify aged.sys && grep -q '0x800B0109' "$out"; then
    # in the session in which a prefix was made, Wine takes its own roots back on every start
    echo 'left out: a root that Windows trusts: Wine does not keep the one that was added'
else
    judged 0 aged.sys trusted 0x00000000 0x00000000 null
    judged 0 whole.sys trusted 0x00000000 0x00000000 null
    judged 0 below.sys trusted 0x00000000 0x00000000 null
    judged 1 text.sys tampered 0x80096010 - null
    judged 0 tls.sys wrong-use - 0x800b0110 ''
    judged 0 old.sys expired - 0x800b0101 ''
    judged 1 listed.sys unsigned 0x800b0100 null null -u
    run 0 identify whole.sys
    has "$out" '	Verified:	Signed'
    has "$out" '	Windows says:	trusted, signed by Good Signer'
fi

# --- many files at once, on all processors: the same of each
mkdir "$work/many"
i=0
while [ $i -lt 40 ]; do
    cp aged.sys "$work/many/$i.sys" && cp text.sys "$work/many/$i-text.sys"
    i=$((i + 1))
done
run 1 identify "$work/many"
[ "$(grep -c 'Windows says:	.*signed by Aged Signer$' "$out")" -eq 40 ] || fail 'not 40 intact files'
[ "$(grep -c 'Windows says:	changed after signing' "$out")" -eq 40 ] || fail 'not 40 changed files'
done_testing
