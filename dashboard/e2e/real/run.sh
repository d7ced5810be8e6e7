#!/usr/bin/env bash
# Starts a Bailiwick of its own and takes the tour through its dashboard in the browser.
# BAILIWICK_TEST_BIN is the folder of the binary, which must hold the built dashboard (target/debug by default).
set -euo pipefail
cd "$(dirname "$0")/../.."

bin="${BAILIWICK_TEST_BIN:-../target/debug}/bailiwick"
if [ ! -x "$bin" ]; then
  echo "there is no $bin: build it with \`cargo build --package bailiwick\`, or name its folder in BAILIWICK_TEST_BIN" >&2
  exit 1
fi

home="$(mktemp -d)"
mkdir "$home/workspace"
"$bin" up --no-open --port 7979 --workspace "$home/workspace" --data-dir "$home/data" --config "$home/config.toml" \
  >"$home/out" 2>"$home/log" &
server=$!
finish() {
  status=$?
  kill "$server" 2>/dev/null && wait "$server" 2>/dev/null || true
  if [ "$status" -ne 0 ]; then
    echo "--- what bailiwick said" >&2
    cat "$home/out" >&2
    tail -n 60 "$home/log" >&2
  fi
  rm -rf "$home"
  exit "$status"
}
trap finish EXIT

# The first line with a link is the address with the one-time token.
for _ in $(seq 300); do
  link="$(grep -o 'http://[^ ]*/sign-in?token=[^ ]*' "$home/out" | head -n 1 || true)"
  [ -n "$link" ] && break
  kill -0 "$server" 2>/dev/null || { echo "bailiwick ended before it served anything" >&2; exit 1; }
  sleep 0.1
done
[ -n "$link" ] || { echo "bailiwick printed no sign-in link within 30 s" >&2; exit 1; }

BAILIWICK_SIGN_IN_URL="$link" npx --no-install playwright test --project=real
