# To be sourced: a `bailiwick up` in a home of its own, for tests that talk to its /mcp.
#
#   BAILIWICK_TEST_BIN    where cargo put its programs (`target/debug`)
#   BAILIWICK_TEST_CACHE  where test tools are installed once

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
: "${BAILIWICK_TEST_BIN:?names the folder of the built programs}"
: "${BAILIWICK_TEST_CACHE:?names the folder in which test tools are kept}"

scratch=$(mktemp -d)
children=()
finish() {
    # The newest first: a server outlives what asks it. `bailiwick up` ends its own children.
    for ((at = ${#children[@]} - 1; at >= 0; at--)); do
        kill "${children[at]}" 2>/dev/null || true
        wait "${children[at]}" 2>/dev/null || true
    done
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 1' INT TERM

built() {
    [ -x "$BAILIWICK_TEST_BIN/$1" ] || { echo "there is no $BAILIWICK_TEST_BIN/$1: $2 makes it" >&2; exit 1; }
}
built bailiwick "cargo build -p bailiwick"

# Nothing of this machine's person in its environment. No function: killing one in the background leaves its child.
bailiwick=(env -i PATH="$PATH" HOME="$scratch/home" "$BAILIWICK_TEST_BIN/bailiwick"
    --data-dir "$scratch/data" --config "$scratch/config.toml")

# serve TRUSTED: serves with the shipped rules; TRUSTED is a Rego set of servers whose tools need no person.
serve() {
    mkdir -p "$scratch/home" "$scratch/work" "$scratch/policy"
    cp "$repository"/policies/*.rego "$scratch/policy/"
    # The tests of the pack are about the pack as it is shipped.
    rm "$scratch"/policy/*_test.rego
    # Nothing private in the folder of the test: else what servers say and what files say may not meet.
    sed -i -e "s|^trusted_servers := .*|trusted_servers := $1|" -e 's|^private_paths := .*|private_paths := set()|' \
        "$scratch/policy/private.rego"
    # The suite asks for a method that nobody knows, and wants to hear that from the server.
    sed -i 's|^harmless_methods := {|&"unknown/method", |' "$scratch/policy/requests.rego"
    printf '[policy]\ndir = "%s"\n' "$scratch/policy" >"$scratch/config.toml"
    "${bailiwick[@]}" up --no-open --port 0 --workspace "$scratch/work" >"$scratch/up.log" 2>&1 &
    children+=("$!")
    waits_for "$scratch/data/instance.json" "$scratch/up.log"
    address=$(said address)
    token=$(said token)
}

# said NAME: a text of instance.json.
said() {
    sed -n "s/^ *\"$1\": \"\([^\"]*\)\",\{0,1\}\$/\1/p" "$scratch/data/instance.json"
}

# waits_for FILE LOG: until the file says something.
waits_for() {
    for _ in $(seq 300); do
        if [ -s "$1" ]; then return; fi
        sleep 0.1
    done
    echo "waited in vain for $1:" >&2
    cat "$2" >&2
    exit 1
}

# add NAME ARGUMENTS…: puts a server behind the gateway and approves its tools as they are.
add() {
    "${bailiwick[@]}" gateway add "$@" </dev/null >"$scratch/$1.log" 2>&1 || { cat "$scratch/$1.log" >&2; exit 1; }
    "${bailiwick[@]}" gateway approve "$1" --yes >>"$scratch/$1.log" 2>&1 || { cat "$scratch/$1.log" >&2; exit 1; }
}
