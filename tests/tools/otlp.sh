#!/usr/bin/env bash
# Puts OtelTap, a receiver of OTLP over HTTP (MIT, x86-64), into .tools/oteltap; it runs beside the packages of the tests.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
receiver=$here/../../.tools/oteltap

if ! cmp -s "$here/otlp.txt" "$receiver/installed.txt"; then
  rm -rf "$receiver"
  "${PYTHON:-python3}" -m pip install --disable-pip-version-check --quiet --no-deps --require-hashes \
    --target "$receiver" -r "$here/otlp.txt" >&2
  cp "$here/otlp.txt" "$receiver/installed.txt"
fi
