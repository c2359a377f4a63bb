#!/usr/bin/env bash
# Runs schemathesis against the office's listener of our own centre with docs/openapi-office.json, as a program with a
# certificate that has every role that writes or reads: no answer may be a server error, or one that the document does
# not have.
#
# usage: Scripts/schemathesis-office.sh [EXAMPLES]
#
# Takes the tool that Scripts/schemathesis.sh installed, or SCHEMATHESIS=PROGRAM. Needs a finished build. What it tried
# and found is in .build/schemathesis/office.
set -euo pipefail
cd "$(dirname "$0")/.."

examples=${1:-8}
place=$PWD/.build/schemathesis/office
tool=${SCHEMATHESIS:-$PWD/.build/schemathesis/venv/bin/schemathesis}
settlement=$PWD/.build/debug/canteen-settlement
repository=$PWD

if [[ ! -x $tool ]]; then
  echo "schemathesis-office: run Scripts/schemathesis.sh first, it installs the tool" >&2
  exit 69
fi
rm -rf "$place"
mkdir -p "$place/report"

free_port() {
  /usr/bin/python3 -c \
    'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
port=$(free_port)
socket=$(mktemp -d)  # a socket's path must stay short
export CANTEEN_SETTLEMENT_STATE_DIRECTORY=$place/state CANTEEN_SETTLEMENT_SOCKET=$socket/admin.sock
export SCHEMATHESIS_HOOKS=schemathesis_office_hooks PYTHONPATH=$PWD/Scripts PYTHONDONTWRITEBYTECODE=1
export CANTEEN_SETTLEMENT_LISTEN=127.0.0.1:0 CANTEEN_SETTLEMENT_OFFICE_HOSTS=127.0.0.1
"$settlement" serve --office-listen "127.0.0.1:$port" >"$place/centre.log" 2>&1 &
centre=$!
trap 'kill "$centre" 2>/dev/null || true; rm -rf "$socket"' EXIT
for _ in {1..100}; do
  ! grep -qs "the office listens" "$place/centre.log" || break
  sleep 0.1
done

person() { "$settlement" person "$@" >>"$place/person.log"; }
person add tester 测试
for role in systemOperator bureau bureauFinance financeBureau bank audit; do person grant tester "$role" everything; done
person add li.wei 李伟
openssl ecparam -name prime256v1 -genkey -noout -out "$place/tester.key" 2>/dev/null
openssl req -new -key "$place/tester.key" -subj /CN=tester -outform DER -out "$place/tester.csr"
"$settlement" person certificate tester "$place/tester.csr" >"$place/tester.crt"
cat "$place/tester.key" "$place/tester.crt" >"$place/tester.pem"
printf '%s\n' "account,name,unit,status,subsidy,personal,cards" \
  "1,王小明,机关,active,9000.00,0.00,04A1B2C3" >"$place/accounts.csv"
"$settlement" accounts import "$place/accounts.csv" >/dev/null
person grant tester unitAdministrator unit:1
printf '%s\n' "number,name,level,parent" "1,株洲市,city," >"$place/regions.csv"
printf '%s\n' "number,name,region" "1,机关,1" >"$place/units.csv"
for list in regions units; do
  "$settlement" registry import "$list" "$place/$list.csv" >/dev/null
done
"$settlement" terminal add 窗口 --number 1 --canteen 1 >/dev/null

# The certificate is of the centre's own authority. A session cannot be taken away by removing what the document calls
# auth, because the certificate stays: tests of our own ask every route without it.
status=0
(cd "$place" && "$tool" --config-file "$repository/Scripts/schemathesis.toml" \
  run "$repository/docs/openapi-office.json" \
  --url "https://127.0.0.1:$port" --tls-verify false --request-cert "$place/tester.pem" \
  --checks all --exclude-checks positive_data_acceptance,ignored_auth --seed 77 \
  --max-examples "$examples" --generation-with-security-parameters false --rate-limit 25/s --request-timeout 10 --warnings off \
  --report junit,ndjson --report-dir "$place/report" --output-truncate true >"$place/log" 2>&1) \
  || status=$?

if ! kill -0 "$centre" 2>/dev/null; then
  echo "schemathesis-office: the centre ended" >&2
  tail -n 20 "$place/centre.log" >&2
  exit 1
fi
if [[ $status -ne 0 ]]; then
  cut -c 1-400 "$place/log" | tail -n 80 >&2
  echo "schemathesis-office: failed (exit $status); the whole log: $place/log" >&2
  exit 1
fi
"$settlement" audit verify >"$place/audit.log"
cases=$(grep -oE '[0-9]+ generated' "$place/log" | tail -n 1)
echo "schemathesis-office: ok $cases, 0 server errors, $(cut -d, -f1 "$place/audit.log")"
