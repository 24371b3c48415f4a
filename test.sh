#!/usr/bin/env bash
# Every check and test: ./test.sh
#
# Installs the Debian packages that the tests need where they are missing, then checks, builds and tests. The last
# line is "N passed, N failed"; the exit code is 0 only when nothing failed.
set -euo pipefail
cd "$(dirname "$0")"

# one set of flags and features for every step, so that nothing is built twice
unset RUSTFLAGS
features=(--features crash-points)
target=${CARGO_TARGET_DIR:-target}
passed=0
failed=0

# announce NAME: the beginning of a step
announce() {
    step_name=$1
    step_start=$SECONDS
    printf '\n== %s\n' "$step_name"
}

# finish NOTE: its end and how long it took
finish() {
    printf -- '-- %s: %s, %d s\n' "$step_name" "$1" $((SECONDS - step_start))
}

# check NAME COMMAND...: a step that fails on its own account; the later ones still run
check() {
    announce "$1"
    shift
    if "$@"; then
        finish ok
    else
        finish FAILED
        failed=$((failed + 1))
    fi
}

# oracle NAME COMMAND...: a step that counts as one test
oracle() {
    local failed_before=$failed
    check "$@"
    if [ "$failed" -eq "$failed_before" ]; then
        passed=$((passed + 1))
    fi
}

stop() {
    printf '%s\n\n%d passed, %d failed\n' "$1" "$passed" $((failed + 1))
    exit 1
}

has() {
    command -v "$1" >/dev/null 2>&1
}

# prints the Debian packages that are missing
missing_packages() {
    has cc || echo build-essential
    has git || echo git
    has chromium || echo chromium
    has chromedriver || echo chromium-driver
    has xmllint || echo libxml2-utils
    has openssl || echo openssl
    has curl || echo curl
    has certutil || echo libnss3-tools
    has oathtool || echo oathtool
    has initdb || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || echo postgresql
    has fc-list || echo fontconfig
    { has fc-list && [ -n "$(fc-list :lang=ja 2>/dev/null)" ]; } || echo fonts-noto-cjk
    has python3 && python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || echo python3-venv
    has node || echo nodejs
    has npm || echo npm
    has go || echo golang-go
    [ -d /usr/share/gocode/src/gopkg.in/square/go-jose.v2 ] || echo golang-gopkg-square-go-jose.v2-dev
}

install_packages() {
    local packages as_root=()
    mapfile -t packages < <(missing_packages)
    if [ ${#packages[@]} -eq 0 ]; then
        echo "nothing is missing"
        return 0
    fi
    if ! has apt-get; then
        echo "this is no Debian: install the counterparts of: ${packages[*]}"
        return 0
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! has sudo; then
            echo "run as root, or install sudo: missing are ${packages[*]}"
            return 1
        fi
        as_root=(sudo)
    fi
    echo "installing ${packages[*]}"
    "${as_root[@]}" apt-get -qq update &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get -qq install -y --no-install-recommends "${packages[@]}" >/dev/null
}

# the packages of other people that ours are compared with, pinned, outside of the repository's files
install_oracles() {
    local folder=$target/oracles
    mkdir -p "$folder/node"
    if ! cmp -s tests/oracles/requirements.txt "$folder/requirements.txt"; then
        python3 -m venv --clear "$folder/venv" &&
            "$folder/venv/bin/pip" install -q --require-hashes --no-deps -r tests/oracles/requirements.txt &&
            cp tests/oracles/requirements.txt "$folder/requirements.txt" || return 1
    fi
    if ! cmp -s tests/oracles/package-lock.json "$folder/node/installed.json"; then
        cp tests/oracles/package.json tests/oracles/package-lock.json "$folder/node/" &&
            npm ci --prefix "$folder/node" --ignore-scripts --no-audit --no-fund --silent &&
            cp tests/oracles/package-lock.json "$folder/node/installed.json" || return 1
    fi
}

# an example that the build step has made
our_holidays() {
    "$target/debug/examples/holidays" 1949 2099
}

compare_holidays_with_python() {
    # isolated, or the script would import itself in place of the package
    our_holidays | "$target/oracles/venv/bin/python" -I tests/oracles/holidays.py
}

compare_holidays_with_node() {
    our_holidays | node tests/oracles/holidays.mjs "$(realpath "$target/oracles/node")"
}

# likewise; a request and its answer as we sign them
verify_signatures_with_python() {
    "$target/debug/examples/sign" | "$target/oracles/venv/bin/python" -I tests/oracles/signature.py
}

# the rules of CBPR+ for what leaves
check_remittances_with_python() {
    "$target/oracles/venv/bin/python" -I tests/oracles/cbpr.py formats/tests/golden/pacs.008*.xml
}

validate_openapi_with_node() {
    node tests/oracles/openapi.mjs "$(realpath "$target/oracles/node")" <docs/api/openapi.json
}

announce "system packages"
install_packages || stop "the packages that the tests need could not be installed"
finish ok

has cargo || stop "cargo is missing: install Rust with rustup, which reads rust-toolchain.toml"

check "format" cargo fmt --all --check

# what the end-to-end tests start, $target/debug/mpn with crash points, is among this
announce "build"
cargo build --workspace --all-targets --locked "${features[@]}" || stop "the build failed"
finish ok

# before the tests: those in the browser need axe-core
check "packages of the oracles" install_oracles

# what needs no answer before the tests runs beside them, at the lowest priority: they leave much of two cores idle
beside=$target/beside
mkdir -p "$beside"
rm -f "$beside"/*

# begin FILE COMMAND...: its output and its exit code are kept there
begin() {
    local file=$beside/$1 code=0
    shift
    nice -n 19 "$@" >"$file.log" 2>&1 || code=$?
    echo "$code" >"$file.code"
}

# ended FILE: waits for the end, and shows what was said
ended() {
    while [ ! -s "$beside/$1.code" ]; do
        kill -0 "$besides" 2>/dev/null || [ -s "$beside/$1.code" ] || return 1
        sleep 1
    done
    cat "$beside/$1.log"
    return "$(cat "$beside/$1.code")"
}

log=$target/test-output.log
rm -f "$log"
{
    # cargo keeps its folder to itself until it has found that there is nothing to build for the tests
    until grep -qs ' Running ' "$log" || [ -e "$beside/tests.over" ]; do sleep 1; done
    begin clippy cargo clippy --workspace --all-targets --locked "${features[@]}" -- -D warnings
    begin product cargo check --locked
    begin copy cargo run --quiet --locked --manifest-path tests/oracles/mt103/Cargo.toml \
        --target-dir "$target/oracles/mt103" -- formats/tests/golden/remittance.103
    begin simulation "$target/debug/mpn" simulate --seed 1 --payments 100000
} &
besides=$!
end_besides() {
    # the next would begin if the one that runs were ended first
    local running
    running=$(pgrep -P "$besides" || true)
    # shellcheck disable=SC2086  # several ids
    kill "$besides" $running 2>/dev/null || true
}
trap end_besides EXIT

announce "tests"
# they wait for each other's servers, browsers and answers more than they compute
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-$((2 * $(getconf _NPROCESSORS_ONLN)))}
cargo test --workspace --locked "${features[@]}" --no-fail-fast 2>&1 | tee "$log" || tests_failed=yes
touch "$beside/tests.over"
read -r passed_here failed_here < <(awk '/^test result:/ { p += $4; f += $6 } END { print p + 0, f + 0 }' "$log")
# a test binary that dies reports no result of its own
if [ -n "${tests_failed:-}" ] && [ "$failed_here" -eq 0 ]; then
    failed_here=1
fi
passed=$((passed + passed_here))
failed=$((failed + failed_here))
finish "$passed_here passed, $failed_here failed"

check "clippy, warnings are errors" ended clippy
check "the product as it ships, without crash points" ended product
oracle "100,000 payments in the simulation" ended simulation
oracle "holidays against holidays (Python)" compare_holidays_with_python
oracle "holidays against holiday_jp (JavaScript)" compare_holidays_with_node
oracle "signatures against http-message-signatures (Python)" verify_signatures_with_python
oracle "remittances against the rules of pacs008 (Python)" check_remittances_with_python
oracle "the copy of a remittance against swift-mt-message (Rust)" ended copy
oracle "the OpenAPI document against its specification (JavaScript)" validate_openapi_with_node

printf '\neverything took %d s\n%d passed, %d failed\n' "$SECONDS" "$passed" "$failed"
[ "$failed" -eq 0 ]
