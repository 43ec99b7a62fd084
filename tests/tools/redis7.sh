#!/usr/bin/env bash
# Fetches Debian 12's Redis 7.0, the oldest store the product supports, into .tools/redis7 and prints its path.
#
# Nothing is installed and no service is started: packages are downloaded and unpacked beside the sources, with an apt
# state of their own, so an ordinary user can do it. The wrapper points the loader at the libraries that came along.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
target=$root/.tools/redis7
wrapper=$target/redis-server
if [[ -x $wrapper ]]; then
  echo "$wrapper"
  exit 0
fi
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
  echo "redis7.sh: needs apt-get and dpkg-deb (Debian 12). Put a redis-server 7.0 at $wrapper yourself." >&2
  exit 1
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/redis7.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{lists/partial,cache/archives/partial,packages,tree}

# The `_apt` sandbox user cannot enter a private directory; the files are public, so the caller downloads them itself.
apt_options=(
  -qq
  -o "Dir::State::lists=$work/lists"
  -o "Dir::Cache=$work/cache"
  -o "APT::Sandbox::User=$(id -un)"
  -o "Debug::NoLocking=true"
)
apt-get "${apt_options[@]}" update >&2

# Debian ships one binary in redis-tools, which acts by the name it is called; the rest is what it links to beyond the C library.
packages=(redis-tools libatomic1 libjemalloc2 liblzf1 libsystemd0 libssl3
  libcap2 libgcrypt20 libgpg-error0 liblz4-1 liblzma5 libzstd1)
(cd "$work/packages" && apt-get "${apt_options[@]}" download "${packages[@]}" >&2)
for package in "$work"/packages/*.deb; do
  dpkg-deb -x "$package" "$work/tree"
done

rm -rf "$target"
mkdir -p "$target"
mv "$work/tree" "$target/tree"
multiarch=$(dpkg --print-architecture)
case $multiarch in
  amd64) multiarch=x86_64-linux-gnu ;;
  arm64) multiarch=aarch64-linux-gnu ;;
esac
# exec keeps the process id, which the tests send signals to.
cat >"$wrapper.new" <<WRAPPER
#!/bin/sh
here='$target/tree'
export LD_LIBRARY_PATH="\$here/lib/$multiarch:\$here/usr/lib/$multiarch"
exec "\$here/usr/bin/redis-server" "\$@"
WRAPPER
ln -sf redis-check-rdb "$target/tree/usr/bin/redis-server"
chmod 755 "$wrapper.new"
"$wrapper.new" --version >&2
mv "$wrapper.new" "$wrapper"
echo "$wrapper"
