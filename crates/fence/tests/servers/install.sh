#!/usr/bin/env bash
# Installs the MCP servers that the fence's tests start, at pinned versions, into $BAILIWICK_TEST_CACHE (default:
# target/test-tools) and prints the folder. Does nothing when they are there.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../../../.." && pwd)

need() {
    command -v "$1" >/dev/null || { echo "MCP servers for the fence's tests: $1 is missing: $2" >&2; exit 1; }
}
need python3 "install Python 3.10 or newer with venv (Debian: python3-venv)"
need npm "install Node 20 or newer with npm"
need git "install git"

servers=${BAILIWICK_TEST_CACHE:-$repository/target/test-tools}/fence-servers
mkdir -p "$servers"
# One at a time: tests of several crates may ask at once.
exec 9>"$servers/lock"
flock 9

# Installs anew only when the pinned versions changed.
installed() { cmp --silent "$1" "$2"; }

if ! installed "$here/requirements.txt" "$servers/python/installed.txt"; then
    rm -rf "$servers/python"
    python3 -m venv "$servers/python" >&2
    "$servers/python/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt" >&2
    cp "$here/requirements.txt" "$servers/python/installed.txt"
fi
if ! installed "$here/package-lock.json" "$servers/npm/installed.json"; then
    rm -rf "$servers/npm"
    mkdir -p "$servers/npm"
    cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$servers/npm/"
    (cd "$servers/npm" && npm ci --silent --no-audit --no-fund >&2)
    cp "$here/package-lock.json" "$servers/npm/installed.json"
fi
echo "$servers"
