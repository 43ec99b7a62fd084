#!/usr/bin/env bash
# Fetches Debian 13's Go and its packages for gRPC into .tools/go and prints that path: what examples/go is built with.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/debian.sh"

if [[ ! -x $tools/go/bin/go ]]; then
  unpack go trixie golang-1.24-go golang-1.24-src protoc-gen-go protoc-gen-go-grpc \
    golang-google-grpc-dev golang-google-protobuf-dev golang-google-genproto-dev golang-github-golang-protobuf-1-5-dev \
    golang-golang-x-net-dev golang-golang-x-sys-dev golang-golang-x-text-dev golang-github-google-uuid-dev
  mkdir "$fetched/bin"
  ln -s ../tree/usr/lib/go-1.24/bin/gofmt ../tree/usr/bin/protoc-gen-go{,-grpc} "$fetched/bin"
  rm -r "$fetched/tree/usr/share/go-1.24/test"

  # Debian's packages are sources below one GOPATH, of a time before modules; a caller's own GOPATH comes first.
  cat >"$fetched/bin/go" <<'WRAPPER'
#!/bin/sh
here=${0%/bin/*}
export GO111MODULE=off GOTOOLCHAIN=local GOENV=off CGO_ENABLED=0
export GOPATH="${GOPATH:+$GOPATH:}$here/tree/usr/share/gocode" GOCACHE="$here/cache"
exec "$here/tree/usr/lib/go-1.24/bin/go" "$@"
WRAPPER
  chmod 755 "$fetched/bin/go"
  "$fetched/bin/go" version >&2
  keep
  # gRPC and the standard library compile for a minute, once: no test's time limit has to allow for it.
  "$tools/go/bin/go" build google.golang.org/grpc google.golang.org/genproto/googleapis/type/date
fi
echo "$tools/go"
