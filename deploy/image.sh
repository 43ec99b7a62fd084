#!/usr/bin/env bash
# Builds the image with what Debian offers: buildah without a daemon, on a base of debootstrap where no registry is at hand.
#
#   image.sh                          on the base that the Dockerfile names, by its digest
#   IMAGE_BASE=debootstrap image.sh   on a Debian made here, from its own mirror; needs root
#   IMAGE_TARGET=edge image.sh        the image of the edge
#
# Leaves an OCI archive and its list of parts in build/image, and prints the image's digest. The same checkout on the same base,
# with the same versions of Debian's packages, makes the same digest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PY=${PY:-.venv/bin/python}
made=build/image
release=bookworm
name=xacthuc${IMAGE_TARGET:+-$IMAGE_TARGET}

command -v buildah >/dev/null || { echo "image: needs Debian's buildah (apt-get install buildah)." >&2; exit 1; }
mkdir -p "$made"
rm -rf "$made/wheels" "$made/wheel"

# Nothing in an archive is newer than the commit.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
"$PY" -m hatchling build --target wheel --directory "$made/wheel" >/dev/null
platforms=()
for version in 2_36 2_35 2_34 2_31 2_28 2_27 2_24 2_17 2_12 2_5; do  # what the C library of Debian 12 runs
  platforms+=(--platform "manylinux_${version}_$(uname -m)")
done
"$PY" -m pip download --disable-pip-version-check --quiet --no-deps --require-hashes --only-binary :all: \
  --python-version 3.11 "${platforms[@]}" --platform "manylinux2014_$(uname -m)" \
  --requirement deploy/requirements.lock ${IMAGE_TARGET:+--requirement deploy/edge.lock} --dest "$made/wheels" 2> >(grep -v WARNING >&2)
cp "$made"/wheel/*.whl "$made/wheels"

arguments=()
if [[ ${IMAGE_BASE:-} == debootstrap ]]; then
  if ! buildah images --quiet localhost/xacthuc-base >/dev/null 2>&1; then
    root=$(mktemp -d)
    trap 'rm -rf "$root"' EXIT
    debootstrap --variant=minbase "$release" "$root" >&2
    # As Debian's own slim images leave out, and what tells when it was made.
    rm -rf "$root"/usr/share/{doc,man,info,locale,lintian} "$root"/var/{cache,log,lib/apt/lists}/*
    base=$(buildah from scratch)
    buildah add --quiet "$base" "$root" / >/dev/null
    buildah commit --quiet --timestamp 0 "$base" localhost/xacthuc-base >/dev/null
    buildah rm "$base" >/dev/null
  fi
  arguments+=(--build-arg BASE=localhost/xacthuc-base --pull-never)
fi
buildah bud --isolation chroot --layers=false --timestamp "$SOURCE_DATE_EPOCH" --file deploy/Dockerfile \
  ${IMAGE_TARGET:+--target "$IMAGE_TARGET"} --tag "localhost/$name" "${arguments[@]}" . >&2

container=$(buildah from --pull-never "localhost/$name")
buildah run --isolation chroot "$container" cat /usr/share/xacthuc/sbom.cdx.json >"$made/$name.cdx.json"
buildah rm "$container" >/dev/null
rm -f "$made/$name.tar"
buildah push --quiet "localhost/$name" "oci-archive:$made/$name.tar:$name" >/dev/null
buildah images --no-trunc --format '{{.Digest}} {{.Size}}' "localhost/$name"
