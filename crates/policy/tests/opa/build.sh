#!/bin/sh
# Builds the Open Policy Agent that the differential tests and benchmarks run against, once, and prints where it is.
#
# The version stands in go.mod beside this file, its checksums in go.sum. Needs Go and its module proxy the first time;
# later calls find the finished program in the cache ($BAILIWICK_TEST_CACHE, or ~/.cache/bailiwick).
set -eu
cd "$(dirname "$0")"

version=$(sed -n 's|.*github.com/open-policy-agent/opa v\([0-9.]*\).*|\1|p' go.mod)
folder=${BAILIWICK_TEST_CACHE:-$HOME/.cache/bailiwick}/opa-$version
if [ ! -x "$folder/opa" ]; then
	command -v go >/dev/null || {
		echo "Go is needed to build OPA $version once: install Go 1.26 or newer" >&2
		exit 1
	}
	mkdir -p "$folder"
	# One compiler at a time: a build of some minutes in the background rather than a stalled machine. The name is
	# given at the end, so that a build cut short leaves no half a program.
	GOFLAGS="${GOFLAGS:-} -p=1" CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$folder/opa.$$" \
		github.com/open-policy-agent/opa >&2
	mv "$folder/opa.$$" "$folder/opa"
fi
if [ ! -d "$folder/cases" ]; then
	# OPA's own conformance cases, as they lie in the source of the module.
	module=$(go list -m -f '{{.Dir}}' github.com/open-policy-agent/opa)
	cp -R "$module/v1/test/cases/testdata" "$folder/cases.$$"
	chmod -R u+w "$folder/cases.$$"
	mv "$folder/cases.$$" "$folder/cases"
fi
echo "$folder"
