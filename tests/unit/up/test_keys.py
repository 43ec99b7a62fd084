from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from xacthuc.sealing import KeyRing, read_key
from xacthuc.up.keys import RINGS, SIGNING, SINGLE, make_missing

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    make_missing(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", RINGS)
def test_a_ring_starts_with_version_zero(directory: Path, name: str) -> None:
    assert KeyRing.read(directory / name).current == 0


@pytest.mark.parametrize("name", RINGS)
def test_a_key_that_is_appended_to_a_ring_makes_nothing_before_the_mark_is_moved(directory: Path, name: str) -> None:
    with (directory / name).open("a") as ring:
        ring.write(f"1 {'A' * 43}\n")

    assert KeyRing.read(directory / name).current == 0


@pytest.mark.parametrize("name", SINGLE)
def test_a_single_key_holds_256_bits(directory: Path, name: str) -> None:
    assert len(read_key(directory / name)) == 32


def test_the_public_half_belongs_to_the_private_one(directory: Path) -> None:
    private = load_pem_private_key((directory / SIGNING[0]).read_bytes(), password=None)

    assert private.public_key() == load_pem_public_key((directory / SIGNING[1]).read_bytes())


def test_no_key_file_is_readable_by_anybody_else(directory: Path) -> None:
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()} == {0o600}


def test_a_key_that_exists_is_never_replaced(directory: Path) -> None:
    before = {path.name: path.read_bytes() for path in directory.iterdir()}

    make_missing(directory)

    assert before == {path.name: path.read_bytes() for path in directory.iterdir()}
