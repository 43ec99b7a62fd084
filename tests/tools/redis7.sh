#!/usr/bin/env bash
# Fetches Debian 12's Redis 7.0, the oldest store the product supports, into .tools/redis7 and prints the server's path.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/debian.sh"

server=$tools/redis7/bin/redis-server
if [[ ! -x $server ]]; then
  # Debian ships one binary in redis-tools, which acts by the name it is called; the rest is what it links to beyond the
  # C library.
  unpack redis7 bookworm redis-tools libatomic1 libjemalloc2 liblzf1 libsystemd0 libssl3 \
    libcap2 libgcrypt20 libgpg-error0 liblz4-1 liblzma5 libzstd1
  ln -sf redis-check-rdb "$fetched/tree/usr/bin/redis-server"
  wrap usr/bin/redis-server
  keep
fi
echo "$server"
