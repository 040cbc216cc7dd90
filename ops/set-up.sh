#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Sets up what Serment needs, step by step: `sh ops/set-up.sh run bundle`. Steps: run, test, node, packages, bundle, chromium.
# Each finished step leaves a stamp that names everything it was made from; a step whose stamp still holds is passed over.
# It writes to .venv, browser/node_modules and src/serment/server/pages/static only, and works with any HOME.
set -eu
cd "$(dirname "$0")/.."

STAMPS=.venv/stamps
NODE_WANTED="20.19 or newer (of 21 and 22: 22.12)"

say() { printf '%s\n' "$*"; }
fail() { printf '\nSet-up stopped: %s\n' "$*" >&2; exit 1; }
# The folder is part of every stamp: a virtual environment does not survive being moved.
digest() { { pwd; cat "$@"; } | sha256sum | cut -c1-32; }
holds() { [ -f "$STAMPS/$1" ] && [ "$(cat "$STAMPS/$1")" = "$2" ]; }
stamp() { mkdir -p "$STAMPS"; printf '%s\n' "$2" > "$STAMPS/$1"; }
began() { say "  $*"; step_began=$(date +%s); }
ended() { say "    done in $(($(date +%s) - step_began)) s"; }

new_enough_python() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

step_venv() {
    if [ -x .venv/bin/python ] && [ "$(cat "$STAMPS/place" 2>/dev/null)" = "$(pwd)" ] && new_enough_python .venv/bin/python
    then return; fi
    python=
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null && new_enough_python "$candidate"; then python=$candidate; break; fi
    done
    [ -n "$python" ] || fail "Python 3.11 or newer is needed and was not found. On Debian: apt-get install python3 python3-venv"
    began "A virtual environment in .venv ($("$python" --version))"
    rm -rf .venv
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "this Python cannot make virtual environments. On Debian, as root: apt-get install python3-venv. Then start again."
    "$python" -m venv .venv || { rm -rf .venv; fail "the virtual environment could not be made; the lines above say why."; }
    mkdir -p "$STAMPS"
    pwd > "$STAMPS/place"
    ended
}

pip_install() {
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --progress-bar off "$@" ||
        fail "Python packages could not be installed; the lines above say why. What was there before is kept."
}

requirements() { # name
    step_venv
    file=requirements/$1.txt
    key=$(digest "$file")
    holds "$1" "$key" && return
    began "Python packages of $file, each checked against its hash"
    pip_install --require-hashes -r "$file"
    stamp "$1" "$key"
    ended
}

step_run() {
    requirements run
    key=$(digest pyproject.toml)
    holds package "$key" && return
    began "Serment itself, as an editable package"
    pip_install --no-index --no-deps --no-build-isolation --editable .
    stamp package "$key"
    ended
}

step_tests() { step_run; requirements test; }

node_suits() { # command
    command -v "$1" >/dev/null 2>&1 && "$1" -e '
        const [major, minor] = process.versions.node.split(".").map(Number);
        process.exit((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22 ? 0 : 1)' 2>/dev/null
}

step_node() {
    if node_suits node && command -v npm >/dev/null 2>&1; then return; fi
    PATH=$(pwd)/.venv/bin:$PATH
    export PATH
    if node_suits node && command -v npm >/dev/null 2>&1; then return; fi
    say "  This machine has no Node.js $NODE_WANTED with npm; taking the one of PyPI, into .venv."
    requirements node
    node_suits node || fail "Node.js $NODE_WANTED is needed to build the pages, and the one of PyPI does not start here."
}

step_packages() {
    step_venv
    step_node
    # npm keeps a cache in HOME; where there is none to write to, it goes into .venv.
    if [ -z "${HOME:-}" ] || [ ! -w "${HOME:-/}" ]; then
        npm_config_cache=$(pwd)/.venv/npm-cache
        export npm_config_cache
    fi
    key=$(node --version | digest - browser/package-lock.json)
    holds packages "$key" && [ -d browser/node_modules ] && return
    began "Browser packages of browser/package-lock.json (Node $(node --version))"
    (cd browser && npm ci --no-audit --no-fund --loglevel=error) ||
        fail "browser packages could not be installed; the lines above say why."
    stamp packages "$key"
    ended
}

bundle_sources() {
    find browser -name node_modules -prune -o -path browser/test -prune -o -type f -print | LC_ALL=C sort |
        while IFS= read -r file; do printf '%s\n' "$file"; cat "$file"; done
}

step_bundle() {
    step_packages
    static=src/serment/server/pages/static
    key=$(bundle_sources | digest -)
    holds bundle "$key" && [ -f "$static/manifest.json" ] && return
    began "The browser bundle, into $static"
    (cd browser && npm run --silent build -- --logLevel warn) || fail "the bundle could not be built; the lines above say why."
    stamp bundle "$key"
    ended
}

step_chromium() {
    command -v "${SERMENT_TEST_CHROMIUM:-chromium-headless-shell}" >/dev/null 2>&1 && return
    step_tests
    playwrights=$(.venv/bin/python -c 'from playwright.sync_api import sync_playwright
with sync_playwright() as p: print(p.chromium.executable_path)')
    [ -x "$playwrights" ] && return
    # Without the windows of a desktop browser, a fresh profile costs a third of the time.
    began "Chromium's headless shell, for the tests that use a browser"
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 &&
        { apt-get update -qq >/dev/null 2>&1 || true; apt-get install -y -qq chromium-headless-shell >/dev/null 2>&1; }
    then ended; return; fi
    for candidate in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$candidate" >/dev/null 2>&1 && { ended; return; }
    done
    .venv/bin/python -m playwright install chromium ||
        fail "the tests need a Chromium. On Debian, as root: apt-get install chromium-headless-shell. Then start again."
    ended
}

say "Setting up (what is ready is passed over)"
for step in "$@"; do
    case $step in
        test) step_tests ;;
        run | node | packages | bundle | chromium) "step_$step" ;;
        *) fail "there is no step called $step." ;;
    esac
done
