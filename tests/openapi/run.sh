#!/usr/bin/env bash
# The description against the standard, and the gateway against the description: openapi-spec-validator, then schemathesis, which
# makes up calls from the description and looks at what is answered. Needs a gateway with demo data, DEV_OTP and
# RATE_LIMITS=off: GATEWAY_URL=http://127.0.0.1:8080 tests/openapi/run.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${GATEWAY_URL:?the address of the gateway}"
: "${DEV_OTP:=123456}"
api=$GATEWAY_URL/api/v1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
# What schemathesis remembers from run to run stays out of the sources.
cd "$work"

curl -fs "$api/openapi.json" >openapi.json
python/bin/openapi-spec-validator openapi.json

json=(-H 'content-type: application/json')
sign_in() {
    curl -fs "$api/send-otp" "${json[@]}" -d "{\"phone\":\"$1\"}" >/dev/null
    curl -fs "$api/verify-otp" "${json[@]}" -d "{\"phone\":\"$1\",\"otp\":\"$DEV_OTP\"}" |
        sed 's/.*"access_token":"\([^"]*\)".*/\1/'
}

# Those who call: a consumer, a vendor, and somebody who signs out, which ends a token.
# Older paths answer as their targets do (tests/it/contract/everywhere.rs), so they are not asked again.
try() {
    local phone=$1
    shift
    echo "-- as $phone: $*"
    python/bin/schemathesis --config-file "$here/schemathesis.toml" run openapi.json --url "$api" \
        --exclude-deprecated -H "Authorization: Bearer $(sign_in "$phone")" "$@"
}
try +919000000001 --exclude-tag Selling --exclude-tag 'Signing out'
try +919000000101 --include-tag Selling
try +919000000002 --include-tag 'Signing out'
