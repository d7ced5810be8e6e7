#!/bin/sh
# Installs the gateways that `cargo bench -p bailiwick --bench gateway` compares with, from their registries.
# Each in a folder of its own, at the versions that docs/BENCHMARKS.md has figures of.
set -eu

folder="$HOME/.cache/bailiwick/bench-peers"
mkdir -p "$folder"
cd "$folder"

python() {
    [ -x "$1/bin/python" ] || python3 -m venv "$1"
    "$1/bin/pip" install --quiet "$2"
}

python fastmcp fastmcp==4.1.2
python pyproxy mcp-proxy==0.13.0
npm install --silent --prefix npm mcp-proxy@6.7.19
cargo install --quiet --locked --root cargo --no-default-features --features protocol-2026-07-28 mcp-proxy@0.6.0
