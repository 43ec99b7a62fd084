# Sourced by the scripts beside it, which fetch what the tests run on from Debian and install nothing.
#
# Packages are downloaded and unpacked beside the sources, with an apt state of their own, so an ordinary user can do it
# on a machine of any Debian release: its own mirrors are asked for the release that is wanted.
set -euo pipefail

tools=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/.tools

# unpack NAME RELEASE PACKAGE...: leaves the packages' files in $fetched/tree, until `keep` puts them into .tools/NAME.
unpack() {
  local name=$1 release=$2
  shift 2
  if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
    echo "$name: needs Debian's apt-get and dpkg-deb. Put it into $tools/$name yourself." >&2
    exit 1
  fi
  mkdir -p "$tools"
  work=$(mktemp -d "$tools/.$name.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  fetched=$work/$name
  mkdir -p "$work"/{lists/partial,cache/archives/partial,sources.list.d,packages} "$fetched/tree"

  local own_release source
  own_release=$(. /etc/os-release && echo "$VERSION_CODENAME")
  for source in /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources}; do
    [[ ! -f $source ]] || sed "s/\b$own_release\b/$release/g" "$source" >"$work/sources.list.d/${source##*/}"
  done

  # The `_apt` sandbox user cannot enter a private directory; the files are public, so the caller downloads them itself.
  local apt_options=(
    -qq
    -o "Dir::Etc::sourcelist=-"
    -o "Dir::Etc::sourceparts=$work/sources.list.d"
    -o "Dir::State::lists=$work/lists"
    -o "Dir::Cache=$work/cache"
    -o "APT::Sandbox::User=$(id -un)"
    -o "Debug::NoLocking=true"
  )
  apt-get "${apt_options[@]}" update >&2
  (cd "$work/packages" && apt-get "${apt_options[@]}" download "$@" >&2)
  local package
  for package in "$work"/packages/*.deb; do
    dpkg-deb -x "$package" "$fetched/tree"
  done
}

# wrap PROGRAM: makes a script in bin that runs a program of the tree with the libraries which came along. exec keeps the
# process id, which the tests send signals to.
wrap() {
  local wrapper=$fetched/bin/${1##*/} triplet
  case $(dpkg --print-architecture) in
    amd64) triplet=x86_64-linux-gnu ;;
    arm64) triplet=aarch64-linux-gnu ;;
  esac
  mkdir -p "$fetched/bin"
  cat >"$wrapper" <<WRAPPER
#!/bin/sh
tree=\${0%/bin/*}/tree
export LD_LIBRARY_PATH="\$tree/lib/$triplet:\$tree/usr/lib/$triplet"
exec "\$tree/$1" "\$@"
WRAPPER
  chmod 755 "$wrapper"
  "$wrapper" --version >&2
}

# keep: puts what was fetched into its place, now that it is complete.
keep() {
  rm -rf "${tools:?}/${fetched##*/}"
  mv "$fetched" "$tools"
}
