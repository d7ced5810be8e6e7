#!/usr/bin/env bash
# Runs the official suite's server scenarios of both revisions through `bailiwick up`, and fails when a scenario of a
# pass list is lost. Behind the gateway: the fixture over HTTP in both eras, the fixture over stdio in the fence, and
# nothing but the built-in toolbox.
#
#   PATH                  holds Node 22 or newer
#   BAILIWICK_TEST_CACHE  where the suite is installed once
#   BAILIWICK_TEST_BIN    where cargo put its programs (`target/debug`)
#   arguments             some of: modern legacy stdio toolbox [default: all]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

if [ $# -ne 1 ]; then
    # Each in a process of its own, so that each ends what it started.
    lost=0
    if [ $# -eq 0 ]; then set -- modern legacy stdio toolbox; fi
    for upstream in "$@"; do
        bash "$0" "$upstream" || lost=1
    done
    exit "$lost"
fi

upstream=$1
. "$here/serving.sh"
built examples/fixture_server "cargo build -p mcp --example fixture_server"
fixture=$BAILIWICK_TEST_BIN/examples/fixture_server

# over_http OPTIONS…: starts the fixture and puts it behind the gateway.
over_http() {
    "$fixture" --port 0 "$@" >"$scratch/fixture.address" 2>"$scratch/fixture.log" &
    children+=("$!")
    waits_for "$scratch/fixture.address" "$scratch/fixture.log"
    add fixture --allow-private --url "$(cat "$scratch/fixture.address")"
}

serve '{"fixture"}'
case $upstream in
modern) over_http ;;
legacy) over_http --legacy ;;
stdio) add fixture --read "$fixture" -- "$fixture" --stdio ;;
toolbox) ;;
*) echo "usage: conformance.sh [modern] [legacy] [stdio] [toolbox]" >&2; exit 2 ;;
esac

# The suite sends no headers of ours.
TOKEN=$token node "$here/bearer.mjs" "$address" >"$scratch/door" 2>"$scratch/door.log" &
children+=("$!")
waits_for "$scratch/door" "$scratch/door.log"

echo "through the gateway, $upstream:"
sh "$repository/crates/mcp/tests/conformance/server.sh" "$(cat "$scratch/door")" "$here/passes/$upstream.txt"
