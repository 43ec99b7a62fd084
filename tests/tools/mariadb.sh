#!/usr/bin/env bash
# Fetches Debian 12's MariaDB 10.11, which stands for a platform's own database, into .tools/mariadb and prints that path.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/debian.sh"

if [[ ! -x $tools/mariadb/bin/mariadbd ]]; then
  # The server, and what it links to beyond the C library.
  unpack mariadb bookworm mariadb-server-core mariadb-common libaio1 libcap2 libcrypt1 libgcc-s1 libgcrypt20 libgpg-error0 \
    liblz4-1 liblzma5 libpcre2-8-0 libsnappy1v5 libssl3 libstdc++6 libsystemd0 liburing2 libzstd1 zlib1g
  wrap usr/sbin/mariadbd
  keep
fi
echo "$tools/mariadb"
