#!/usr/bin/env bash
# Runs schemathesis against our own centre with docs/openapi.json: requests that the document allows, and others,
# in both forms; no answer may be a server error, or one that the document does not have.
#
# usage: Scripts/schemathesis.sh [EXAMPLES]
#
# It is installed into .build/schemathesis, once. SCHEMATHESIS=PROGRAM takes one that is there already. Needs a
# finished build. What it tried and found is in .build/schemathesis/report.
set -euo pipefail
cd "$(dirname "$0")/.."

examples=${1:-120}
version=4.32.5
place=$PWD/.build/schemathesis
tool=${SCHEMATHESIS:-$place/venv/bin/schemathesis}

mkdir -p "$place"
if [[ -z ${SCHEMATHESIS:-} ]] && ! "$tool" --version 2>/dev/null | grep -qF "$version"; then
  echo "installing schemathesis $version"
  rm -rf "$place/venv"
  # Debian's Python, whose cryptography the guide's code needs.
  /usr/bin/python3 -m venv --system-site-packages "$place/venv"
  if ! "$place/venv/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version" \
    >"$place/pip.log" 2>&1; then
    tail -n 20 "$place/pip.log" >&2
    exit 69
  fi
fi

rm -rf "$place/state" "$place/guide" "$place/terminal" "$place/report"
mkdir -p "$place/report"
repository=$PWD
export SCHEMATHESIS_HOOKS=schemathesis_hooks PYTHONPATH=$PWD/Scripts PYTHONDONTWRITEBYTECODE=1
export CONTRACT_TERMINAL=$place/terminal

free_port() {
  /usr/bin/python3 -c \
    'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# try_centre PORT TOKEN EXAMPLES LOG: joins with the token, and makes requests.
try_centre() {
  local url=https://127.0.0.1:$1
  rm -rf "$CONTRACT_TERMINAL"
  /usr/bin/python3 -B Scripts/contract-terminal.py "$url" "$2" "$CONTRACT_TERMINAL" || return 70
  # In its own folder, because it leaves its notes where it runs. The certificate's names are URIs, which it
  # cannot check; the kit does (canteen-lab conformance).
  (cd "$place" && "$tool" --config-file "$repository/Scripts/schemathesis.toml" \
    run "$repository/docs/openapi.json" \
    --url "$url" --tls-verify false --request-cert "$CONTRACT_TERMINAL/terminal.pem" \
    --checks all --exclude-checks positive_data_acceptance --seed 77 --max-examples "$3" \
    --rate-limit 12/s --request-timeout 10 --warnings off --report junit,ndjson \
    --report-dir "$place/report" --output-truncate true >"$4" 2>&1)
}

# The guide's centre, whose refusals are no JSON: it must be found, or what follows proves nothing.
export CENTRE_STATE=$place/guide CENTRE_FAULT=refuses-in-plain-text
port=$(free_port)
/usr/bin/python3 Scripts/faulty-centre.py serve 127.0.0.1 "$port" >"$place/guide.log" 2>&1 &
centre=$!
socket=$(mktemp -d)  # a socket's path must stay short
trap 'kill "$centre" 2>/dev/null || true; rm -rf "$socket"' EXIT
for _ in {1..100}; do
  ! grep -q "the centre listens" "$place/guide.log" || break
  sleep 0.1
done
token=$(/usr/bin/python3 Scripts/faulty-centre.py token 1 窗口)
status=0
try_centre "$port" "$token" 5 "$place/planted.log" || status=$?
kill "$centre"
if [[ $status -ne 1 ]] || ! grep -q "Response violates schema\|JSON deserialization error" "$place/planted.log"; then
  tail -n 20 "$place/guide.log" "$place/planted.log" >&2
  echo "schemathesis: a centre whose refusals are no problems was not found (exit $status)" >&2
  exit 1
fi
echo "planted: $CENTRE_FAULT found by schemathesis"

port=$(free_port)
export CANTEEN_SETTLEMENT_STATE_DIRECTORY=$place/state CANTEEN_SETTLEMENT_SOCKET=$socket/admin.sock
export CANTEEN_SETTLEMENT_LISTEN=127.0.0.1:$port
settlement=.build/debug/canteen-settlement
printf '%s\n' "account,name,unit,status,subsidy,personal,cards" \
  "1,王小明,机关,active,9000.00,0.00,04A1B2C3" >"$place/accounts.csv"
"$settlement" accounts import "$place/accounts.csv" >/dev/null
"$settlement" serve >"$place/centre.log" 2>&1 &
centre=$!
token=
for _ in {1..100}; do
  if [[ -S $socket/admin.sock ]]; then
    token=$("$settlement" terminal add 窗口 --number 1 --canteen 1 --json \
      | sed -n 's/.*"token" *: *"\([^"]*\)".*/\1/p')
    break
  fi
  sleep 0.1
done
if [[ -z $token ]]; then
  tail -n 20 "$place/centre.log" >&2
  echo "schemathesis: the centre did not start" >&2
  exit 1
fi
status=0
try_centre "$port" "$token" "$examples" "$place/log" || status=$?

if ! kill -0 "$centre" 2>/dev/null; then
  echo "schemathesis: the centre ended" >&2
  tail -n 20 "$place/centre.log" >&2
  exit 1
fi
if [[ $status -ne 0 ]]; then
  cut -c 1-400 "$place/log" | tail -n 80 >&2
  echo "schemathesis: failed (exit $status); the whole log: $place/log" >&2
  exit 1
fi
cases=$(grep -oE '[0-9]+ generated' "$place/log" | tail -n 1)
echo "schemathesis: ok $cases, 0 server errors"
