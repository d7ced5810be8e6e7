# To be sourced by sdk.sh: installs clients and servers once, at pinned versions, into $BAILIWICK_TEST_CACHE.
#
#   sdk      the official SDKs, in the versions and the folder of the toolbox's tests
#   servers  the servers of the fence's tests
#   tools    Inspector and FastMCP

pins=$repository/crates/toolbox/tests/sdk
sdk=$BAILIWICK_TEST_CACHE/toolbox-sdk
tools=$BAILIWICK_TEST_CACHE/gateway-sdk

# python_from FOLDER REQUIREMENTS: anew only when the pinned versions changed.
python_from() {
    if cmp --silent "$2" "$1/python/requirements.txt"; then return; fi
    rm -rf "$1/python"
    mkdir -p "$1"
    python3 -m venv "$1/python"
    "$1/python/bin/pip" install --quiet --disable-pip-version-check -r "$2"
    cp "$2" "$1/python/requirements.txt"
}

# npm_from FOLDER PINS: the same.
npm_from() {
    if cmp --silent "$2/package-lock.json" "$1/npm/installed-lock.json"; then return; fi
    rm -rf "$1/npm"
    mkdir -p "$1/npm"
    cp "$2/package.json" "$2/package-lock.json" "$2/.npmrc" "$1/npm/"
    (cd "$1/npm" && npm ci --silent)
    cp "$2/package-lock.json" "$1/npm/installed-lock.json"
}

python_from "$sdk" "$pins/requirements.txt"
npm_from "$sdk" "$pins"
python_from "$tools" "$here/sdk/requirements.txt"
npm_from "$tools" "$here/sdk"
servers=$(bash "$repository/crates/fence/tests/servers/install.sh")
