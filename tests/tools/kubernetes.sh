#!/usr/bin/env bash
# Puts what renders and checks deploy/k8s into .tools: Debian 13's kustomize, and kubernetes-validate in a venv of its own.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=$here/../../.tools

if [[ ! -x $tools/kustomize/bin/kustomize ]]; then
  (
    source "$here/debian.sh"
    unpack kustomize trixie kustomize
    mkdir "$fetched/bin"
    ln -s ../tree/usr/bin/kustomize "$fetched/bin/kustomize"
    "$fetched/bin/kustomize" version >&2
    keep
  )
fi

venv=$tools/kubernetes
if ! cmp -s "$here/kubernetes.txt" "$venv/installed.txt"; then
  rm -rf "$venv"
  "${PYTHON:-python3}" -m venv "$venv"
  "$venv/bin/python" -m pip install --disable-pip-version-check --quiet --no-deps --require-hashes -r "$here/kubernetes.txt" >&2
  cp "$here/kubernetes.txt" "$venv/installed.txt"
fi
