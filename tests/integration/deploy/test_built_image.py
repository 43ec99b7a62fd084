"""The image that `make image` built: it lists what is in it, and the same commit makes the same one: `make test-pods`."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
IMAGE = "localhost/xacthuc"
SHIPPED = {
    re.sub(r"[-_.]+", "-", name): version
    for name, version in re.findall(
        r"^([\w.-]+)==([^ \\]+)", (ROOT / "deploy" / "requirements.lock").read_text("utf-8"), re.MULTILINE
    )
}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3_600)]


def said(*command: str, at: Path = ROOT, **environment: str) -> str:
    """What a command prints; AssertionError when it fails."""
    ran = subprocess.run(
        command, cwd=at, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-4_000:]
    return ran.stdout.strip()


def digest() -> str:
    return said("buildah", "images", "--no-trunc", "--format", "{{.Digest}}", IMAGE)


def base() -> str:
    """What the base was made by: where there is one of debootstrap, `make image` was told so."""
    made_here = ["buildah", "images", "--quiet", "localhost/xacthuc-base"]
    return "" if subprocess.run(made_here, capture_output=True, check=False).returncode else "debootstrap"


@pytest.fixture(scope="module", autouse=True)
def able() -> None:
    """Skips where there is no image."""
    if shutil.which("buildah") is None:
        pytest.skip("needs Debian's buildah")
    if subprocess.run(["buildah", "inspect", "--type", "image", IMAGE], capture_output=True, check=False).returncode:
        pytest.skip("needs the image: IMAGE_BASE=debootstrap make image")


def test_the_list_of_parts_names_every_package_and_no_other_version() -> None:
    container = said("buildah", "from", "--pull-never", IMAGE)
    try:
        told = said("buildah", "run", "--isolation", "chroot", container, "cat", "/usr/share/xacthuc/sbom.cdx.json")
    finally:
        said("buildah", "rm", container)

    parts = json.loads(told)
    assert parts["bomFormat"] == "CycloneDX"
    named = {part["purl"].partition("?")[0] for part in parts["components"]}
    assert {f"pkg:pypi/{name}@{version}" for name, version in SHIPPED.items()} - named == set()
    packages = {re.split(r"[/@]", purl)[-2] for purl in named if purl.startswith("pkg:pypi/")}
    assert packages == {*SHIPPED, "xacthuc"}
    assert any(purl.startswith("pkg:deb/debian/libc6@") for purl in named)


def test_the_same_commit_makes_the_same_image_elsewhere(tmp_path: Path) -> None:
    (image,) = json.loads(said("buildah", "images", "--json", IMAGE))
    committed = datetime.fromtimestamp(int(said("git", "log", "-1", "--format=%ct")), UTC)
    if datetime.fromisoformat(image["createdatraw"]) != committed:
        pytest.skip("the image is not of this commit: make image")
    before, clone = digest(), tmp_path / "clone"
    said("git", "clone", "--quiet", str(ROOT), str(clone))

    said(sys.executable, "hatch_build.py", at=clone)
    said("bash", "deploy/image.sh", at=clone, PY=sys.executable, IMAGE_BASE=base())

    assert digest() == before
