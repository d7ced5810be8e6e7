#!/bin/sh
# Runs the official suite's client scenarios of both revisions against our client, and fails when a scenario of the
# pass list is lost.
#
#   PATH                  holds Node 22 or newer
#   BAILIWICK_TEST_CACHE  where the suite is installed once
#   BAILIWICK_TEST_BIN    where cargo put its programs (`target/debug`)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
passes=$here/client-passes.txt
: "${BAILIWICK_TEST_CACHE:?names the folder in which test tools are kept}"

suite=$BAILIWICK_TEST_CACHE/conformance-0.2.0-alpha.12
if ! cmp -s "$here/package-lock.json" "$suite/package-lock.json" || [ ! -x "$suite/node_modules/.bin/conformance" ]; then
    mkdir -p "$suite"
    cp "$here/package.json" "$here/package-lock.json" "$suite/"
    (cd "$suite" && npm ci --no-audit --no-fund --loglevel=error)
fi
client=${BAILIWICK_TEST_BIN:?names the folder of the built programs}/examples/conformance_client
if [ ! -x "$client" ]; then
    echo "there is no $client; cargo build -p mcp --example conformance_client makes it" >&2
    exit 1
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM

lost=0
# Each run is given with what selects its scenarios: a revision with all it requires, or one scenario by name.
check() {
    name=$1
    shift
    # The suite fails for scenarios that no revision requires, too; what counts is the pass list.
    "$suite/node_modules/.bin/conformance" client --command "$client" "$@" >"$scratch/$name" 2>&1 || true
    sed -n 's/^✓ \([^:]*\): [1-9][0-9]* passed, 0 failed.*$/\1/p' "$scratch/$name" >"$scratch/passed"
    sed -n "s/^$name //p" "$passes" >"$scratch/wanted"
    if [ ! -s "$scratch/wanted" ]; then echo "$passes lists nothing for $name" >&2; exit 1; fi
    before=$lost
    while read -r scenario; do
        if ! grep -qxF "$scenario" "$scratch/passed"; then
            echo "lost: $name $scenario" >&2
            lost=$((lost + 1))
        fi
    done <"$scratch/wanted"
    echo "$name: $(grep -cxFf "$scratch/wanted" "$scratch/passed" || true) of $(wc -l <"$scratch/wanted") scenarios of the pass list"
    if [ "$lost" -gt "$before" ]; then cat "$scratch/$name" >&2; fi
}

check 2026-07-28 --requirements 2026-07-28
check 2025-11-25 --requirements 2025-11-25
# Servers of the first revision with authorization, whose scenarios no later revision requires.
for scenario in $(sed -n 's/^2025-03-26 //p' "$passes"); do
    if "$suite/node_modules/.bin/conformance" client --command "$client" --scenario "$scenario" >"$scratch/old" 2>&1; then
        echo "2025-03-26: $scenario"
    else
        echo "lost: 2025-03-26 $scenario" >&2
        cat "$scratch/old" >&2
        lost=$((lost + 1))
    fi
done
[ "$lost" -eq 0 ]
