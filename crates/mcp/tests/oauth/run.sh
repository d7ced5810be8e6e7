#!/bin/sh
# Signs in to an MCP server through a real authorization server, and fails when a step is not right.
#
#   PATH                  holds Node 22 or newer
#   BAILIWICK_TEST_CACHE  where the authorization server is installed once
#   BAILIWICK_TEST_BIN    where cargo put its programs (`target/debug`)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${BAILIWICK_TEST_CACHE:?names the folder in which test tools are kept}"
journey=${BAILIWICK_TEST_BIN:?names the folder of the built programs}/examples/oauth_journey
if [ ! -x "$journey" ]; then
    echo "there is no $journey; cargo build -p mcp --example oauth_journey makes it" >&2
    exit 1
fi

provider=$BAILIWICK_TEST_CACHE/oidc-provider-9.13.3
if ! cmp -s "$here/package-lock.json" "$provider/package-lock.json" || [ ! -d "$provider/node_modules/oidc-provider" ]; then
    mkdir -p "$provider"
    cp "$here/package.json" "$here/package-lock.json" "$provider/"
    (cd "$provider" && npm ci --no-audit --no-fund --loglevel=error)
fi
# Node looks for packages beside the program.
cp "$here/provider.mjs" "$provider/"
"$journey" "$provider/provider.mjs"
