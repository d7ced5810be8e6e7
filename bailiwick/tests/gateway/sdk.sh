#!/usr/bin/env bash
# Official clients in front of the gateway, and servers of others behind it: the Python and TypeScript SDKs in both
# protocol eras and the Inspector, over /mcp and through `bailiwick mcp`; server-everything, server-filesystem,
# mcp-server-git and mcp-server-time as children in the fence, and a FastMCP server over HTTP.
#
#   PATH                  holds Node 22 or newer, Python 3.10 or newer with venv, git
#   BAILIWICK_TEST_CACHE  where clients and servers are installed once
#   BAILIWICK_TEST_BIN    where cargo put its programs (`target/debug`)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/serving.sh"
. "$here/sdk/install.sh"

serve '{"everything", "files", "history", "clock", "sums"}'

# Interpreters and packages are all that the children may read, besides what they are for.
node=$(readlink -f "$(command -v node)")
packages=$servers/npm/node_modules/@modelcontextprotocol
node_reads=(--read "$node" --read "$servers/npm")
python=$servers/python/bin/python
base=$(dirname "$(dirname "$(readlink -f "$python")")")
python_reads=(--read "$servers/python" --read "$base")

files=$scratch/work/files
history=$scratch/work/history
mkdir -p "$files"
git init --quiet "$history"
echo one >"$history/new.txt"
"$tools/python/bin/python" "$here/sdk/fastmcp_server.py" >"$scratch/sums.address" 2>"$scratch/sums.log" &
children+=("$!")
waits_for "$scratch/sums.address" "$scratch/sums.log"

add everything "${node_reads[@]}" -- "$node" "$packages/server-everything/dist/index.js" stdio
add files "${node_reads[@]}" --write "$files" -- "$node" "$packages/server-filesystem/dist/index.js" "$files"
add history "${python_reads[@]}" --write "$history" -- "$python" -m mcp_server_git --repository "$history"
add clock "${python_reads[@]}" -- "$python" -m mcp_server_time
add sums --allow-private --url "$(cat "$scratch/sums.address")"

# One call to each; `write_file` is a tool of the toolbox as well.
cat >"$scratch/calls.json" <<CALLS
[
  {"tool": "echo", "arguments": {"message": "through the gateway"}, "says": "through the gateway"},
  {"tool": "files__write_file", "arguments": {"path": "$files/a.txt", "content": "one"}, "says": "a.txt"},
  {"tool": "git_status", "arguments": {"repo_path": "$history"}, "says": "new.txt"},
  {"tool": "get_current_time", "arguments": {"timezone": "Europe/Zurich"}, "says": "Zurich"},
  {"tool": "add", "arguments": {"a": 2, "b": 40}, "says": "42"}
]
CALLS
url=http://$address/mcp
command=("$BAILIWICK_TEST_BIN/bailiwick" --data-dir "$scratch/data" --config "$scratch/config.toml" mcp)

TOKEN=$token "$sdk/python/bin/python" "$here/sdk/client.py" "$url" "$scratch/calls.json" "${command[@]}"
# Node looks for packages beside the script that imports them.
cp "$here/sdk/client.mjs" "$sdk/npm/gateway.mjs"
TOKEN=$token node "$sdk/npm/gateway.mjs" "$url" "$scratch/calls.json" "${command[@]}"

# inspect WANTED METHOD…: over both transports; the answer must hold WANTED.
inspect() {
    local wanted=$1 transport said
    shift
    for transport in http stdio; do
        local target=("$url" --header "Authorization: Bearer $token")
        if [ "$transport" = stdio ]; then target=("$scratch/bailiwick-mcp"); fi
        said=$(HOME=$scratch/home "$tools/npm/node_modules/.bin/mcp-inspector" --cli "${target[@]}" "$@" 2>&1) ||
            { echo "the Inspector over $transport failed at $*: $said" >&2; exit 1; }
        case $said in
        *"$wanted"*) ;;
        *) echo "the Inspector over $transport at $*: no $wanted in $said" >&2; exit 1 ;;
        esac
    done
    echo "inspector $2: ok"
}
# The Inspector would take our options for its own.
printf '#!/bin/sh\nexec' >"$scratch/bailiwick-mcp"
printf ' "%s"' "${command[@]}" >>"$scratch/bailiwick-mcp"
chmod +x "$scratch/bailiwick-mcp"
inspect git_status --method tools/list
inspect '42' --method tools/call --tool-name add --tool-arg a=2 b=40
inspect simple-prompt --method prompts/list
inspect contents --method resources/read --uri "$(
    HOME=$scratch/home "$tools/npm/node_modules/.bin/mcp-inspector" --cli "$url" \
        --header "Authorization: Bearer $token" --method resources/list 2>/dev/null |
        sed -n 's/.*"uri": *"\([^"]*\)".*/\1/p' | head -n 1
)"
echo "gateway SDK tests: all passed"
