#!/usr/bin/env bash
# Fetches Debian 12's PostgreSQL 15, the oldest the product supports, into .tools/postgres15 and prints that path.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/debian.sh"

if [[ ! -x $tools/postgres15/bin/postgres ]]; then
  # The server, and what it links to beyond the C library. Not LLVM: short statements are not worth compiling.
  unpack postgres15 bookworm postgresql-15 libpq5 libicu72 libxml2 libssl3 libpam0g libsystemd0 zlib1g libzstd1 liblz4-1 \
    liblzma5 libstdc++6 libgcc-s1 libaudit1 libcap-ng0 libcap2 libgcrypt20 libgpg-error0 \
    libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libkeyutils1 libcom-err2 \
    libldap-2.5-0 libsasl2-2 libgnutls30 libp11-kit0 libidn2-0 libunistring2 libtasn1-6 libhogweed6 libnettle8 libgmp10 libffi8
  wrap usr/lib/postgresql/15/bin/initdb
  wrap usr/lib/postgresql/15/bin/postgres
  keep
fi
echo "$tools/postgres15"
