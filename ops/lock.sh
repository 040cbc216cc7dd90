#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Compiles requirements/*.in to *.txt with uv: exact versions, hashes for every platform, no index addresses.
set -eu
cd "$(dirname "$0")/.."
uv=$(command -v uv || true)
if [ -z "$uv" ]; then
    .venv/bin/python -m pip install --quiet --disable-pip-version-check uv
    uv=.venv/bin/uv
fi
for name in run test node; do
    # test.txt holds the versions of run.txt: both are installed into one environment.
    constraint=
    [ "$name" = test ] && constraint="--constraint requirements/run.txt"
    # shellcheck disable=SC2086  # two words or none are meant
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links $constraint -o "requirements/$name.txt" "requirements/$name.in"
    printf '  requirements/%s.txt: %s packages\n' "$name" "$(grep -c '==' "requirements/$name.txt")"
done
