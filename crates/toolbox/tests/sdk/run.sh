#!/usr/bin/env bash
# The toolbox as an MCP server, called by the official Python and TypeScript clients over stdio and streamable
# HTTP, in both protocol eras. Installs the clients into $BAILIWICK_TEST_CACHE (default: target/test-tools).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../../../.." && pwd)
cd "$repository"

need() {
    command -v "$1" >/dev/null || { echo "toolbox SDK tests: $1 is missing: $2" >&2; exit 1; }
}
need cargo "install Rust"
need python3 "install Python 3.10 or newer with venv (Debian: python3-venv)"
need npm "install Node 20 or newer with npm"

target=$(cargo metadata --no-deps --format-version 1 --locked |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
cache=${BAILIWICK_TEST_CACHE:-$target/test-tools}/toolbox-sdk
mkdir -p "$cache"

# Installs anew only when the pinned versions changed.
installed() { cmp --silent "$1" "$2"; }

if ! installed "$here/requirements.txt" "$cache/python/requirements.txt"; then
    rm -rf "$cache/python"
    python3 -m venv "$cache/python"
    "$cache/python/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$cache/python/requirements.txt"
fi
if ! installed "$here/package-lock.json" "$cache/npm/installed-lock.json"; then
    rm -rf "$cache/npm"
    mkdir -p "$cache/npm"
    cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$cache/npm/"
    (cd "$cache/npm" && npm ci --silent)
    cp "$here/package-lock.json" "$cache/npm/installed-lock.json"
fi
# Node looks for packages beside the script that imports them.
cp "$here/client.mjs" "$cache/npm/"

server=${BAILIWICK_TEST_BIN:-$target/debug}/examples/mcp_server
if [ -z "${BAILIWICK_TEST_BIN:-}" ]; then
    cargo build --locked --package toolbox --example mcp_server
fi
[ -x "$server" ] || { echo "toolbox SDK tests: $server is missing" >&2; exit 1; }

"$cache/python/bin/python" "$here/client.py" "$server"
node "$cache/npm/client.mjs" "$server"
echo "toolbox SDK tests: all passed"
