#!/bin/sh
# Runs the official suite's server scenarios of both revisions against the fixture, or against the address given as
# the first argument, and fails when a scenario of the pass list is lost.
#
#   PATH                  holds Node 22 or newer
#   BAILIWICK_TEST_CACHE  where the suite is installed once
#   BAILIWICK_TEST_BIN    where cargo put its programs (`target/debug`); not needed when an address is given
#   second argument       another pass list
set -eu
here=$(cd "$(dirname "$0")" && pwd)
passes=${2:-$here/server-passes.txt}
: "${BAILIWICK_TEST_CACHE:?names the folder in which test tools are kept}"

suite=$BAILIWICK_TEST_CACHE/conformance-0.2.0-alpha.12
if ! cmp -s "$here/package-lock.json" "$suite/package-lock.json" || [ ! -x "$suite/node_modules/.bin/conformance" ]; then
    mkdir -p "$suite"
    cp "$here/package.json" "$here/package-lock.json" "$suite/"
    (cd "$suite" && npm ci --no-audit --no-fund --loglevel=error)
fi

scratch=$(mktemp -d)
server=
finish() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 1' INT TERM

url=${1:-}
if [ -z "$url" ]; then
    fixture=${BAILIWICK_TEST_BIN:?names the folder of the built programs}/examples/fixture_server
    if [ ! -x "$fixture" ]; then
        echo "there is no $fixture; cargo build -p mcp --example fixture_server makes it" >&2
        exit 1
    fi
    "$fixture" --port 0 >"$scratch/address" &
    server=$!
    tries=0
    while [ ! -s "$scratch/address" ]; do
        tries=$((tries + 1))
        if [ "$tries" -gt 100 ]; then echo "the fixture does not say its address" >&2; exit 1; fi
        sleep 0.1
    done
    url=$(cat "$scratch/address")
fi

lost=0
for revision in 2026-07-28 2025-11-25; do
    # The suite fails for scenarios that no revision requires, too; what counts is the pass list.
    "$suite/node_modules/.bin/conformance" server --url "$url" --requirements "$revision" >"$scratch/$revision" 2>&1 || true
    sed -n 's/^✓ \([^:]*\): [1-9][0-9]* passed, 0 failed.*$/\1/p' "$scratch/$revision" >"$scratch/passed"
    sed -n "s/^$revision //p" "$passes" >"$scratch/wanted"
    if [ ! -s "$scratch/wanted" ]; then echo "$passes lists nothing for $revision" >&2; exit 1; fi
    while read -r scenario; do
        if ! grep -qx "$scenario" "$scratch/passed"; then
            echo "lost: $revision $scenario" >&2
            lost=$((lost + 1))
        fi
    done <"$scratch/wanted"
    echo "$revision: $(grep -cxFf "$scratch/wanted" "$scratch/passed" || true) of $(wc -l <"$scratch/wanted") scenarios of the pass list"
    if [ "$lost" -gt 0 ]; then cat "$scratch/$revision" >&2; fi
done
[ "$lost" -eq 0 ]
