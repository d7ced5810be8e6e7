#!/usr/bin/env bash
# Checks the scripted model server with the vendors' own Python clients. Fails loudly; skips nothing.
# Set-up lies in $BAILIWICK_TEST_CACHE, else in target/test-tools. $BAILIWICK_TEST_BIN: where cargo puts binaries.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../../.." && pwd)
cache=${BAILIWICK_TEST_CACHE:-$root/target/test-tools}
stamp=$(sha256sum "$here/requirements.txt" | cut -c1-16)
venv=$cache/vendor-clients-$stamp

command -v python3 >/dev/null || { echo "python3 is missing: install python3 and python3-venv" >&2; exit 1; }
if [ ! -e "$venv/ready" ]; then
    rm -rf "$venv"
    mkdir -p "$cache"
    python3 -m venv "$venv" || { echo "python3 -m venv failed: install python3-venv" >&2; exit 1; }
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
    touch "$venv/ready"
fi

if [ -n "${BAILIWICK_TEST_BIN:-}" ]; then
    server=$BAILIWICK_TEST_BIN/examples/model_server
else
    (cd "$root" && cargo build --quiet --locked --package testkit --example model_server)
    server=${CARGO_TARGET_DIR:-$root/target}/debug/examples/model_server
fi
[ -x "$server" ] || { echo "$server is missing: cargo build --package testkit --example model_server" >&2; exit 1; }

MODEL_SERVER=$server exec "$venv/bin/python" "$here/check.py"
