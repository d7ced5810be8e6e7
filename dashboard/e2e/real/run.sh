#!/usr/bin/env bash
# The dashboard against a real `bailiwick up` in a home of its own. $BAILIWICK_TEST_BIN: where cargo puts binaries.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
bin=${BAILIWICK_TEST_BIN:-${CARGO_TARGET_DIR:-$root/target}/debug}
[ -x "$bin/bailiwick" ] || { echo "$bin/bailiwick is missing: cargo build" >&2; exit 1; }
export BAILIWICK_TEST_ARTEFACTS=${BAILIWICK_TEST_ARTEFACTS:-$root/test-artefacts}
mkdir -p "$BAILIWICK_TEST_ARTEFACTS"

home=$(mktemp -d)
log=$BAILIWICK_TEST_ARTEFACTS/bailiwick-up.log
mkdir -p "$home/work"
(cd "$home/work" && exec env -u BAILIWICK_TEST_ARTEFACTS HOME="$home" XDG_DATA_HOME="$home/share" XDG_CONFIG_HOME="$home/config" \
    "$bin/bailiwick" up --no-open --port 0) >"$log" 2>&1 &
up=$!
trap 'kill "$up" 2>/dev/null || true; wait "$up" 2>/dev/null || true; rm -rf "$home"' EXIT

for _ in $(seq 200); do
    link=$(grep -o 'http://[^ ]*/sign-in?token=[^ ]*' "$log" | head -n 1 || true)
    [ -n "$link" ] && break
    sleep 0.1
done
[ -n "${link:-}" ] || { echo "bailiwick up did not say where it serves:" >&2; cat "$log" >&2; exit 1; }

export BAILIWICK_SIGN_IN_URL=$link
cd "$root/dashboard"
npm run e2e:real
