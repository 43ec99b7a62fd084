"""Rings of keys: how a file is read, and that a rotation server by server leaves nothing unopened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from xacthuc.sealing import KeyFileError, KeyRing, Sealer, UnknownSealKeyError, UnsealError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OLD, NEW = "A" * 43, "B" * 42 + "A"
"""32 bytes each, in URL-safe base64."""

ROUNDS = (f"0 {OLD} current\n", f"0 {OLD} current\n1 {NEW}\n", f"0 {OLD}\n1 {NEW} current\n")
"""A key file before, during and after a rotation."""


@pytest.fixture
def ring(tmp_path: Path) -> Callable[[str], KeyRing]:
    def read(content: str) -> KeyRing:
        (tmp_path / "ring.keys").write_text(content, "ascii")
        return KeyRing.read(tmp_path / "ring.keys")

    return read


def test_the_marked_line_makes_new_things_whatever_its_version(ring: Callable[[str], KeyRing]) -> None:
    assert ring(f"0 {OLD}\n3 {NEW} current  # since March\n7 {OLD}\n").current == 3


def test_without_a_mark_the_highest_version_makes_new_things(ring: Callable[[str], KeyRing]) -> None:
    assert ring(f"2 {OLD}\n10 {NEW}\n").current == 10


@pytest.mark.parametrize(("before", "after"), [(0, 1), (1, 0), (1, 2), (2, 1)])
def test_servers_one_round_of_a_rotation_apart_open_what_the_other_made(
    ring: Callable[[str], KeyRing], before: int, after: int
) -> None:
    sealed = Sealer(ring(ROUNDS[before])).seal(b"text", b"place")

    assert Sealer(ring(ROUNDS[after])).open(sealed, b"place") == b"text"


def test_a_server_that_missed_the_first_round_says_that_it_lacks_the_key(ring: Callable[[str], KeyRing]) -> None:
    sealed = Sealer(ring(ROUNDS[2])).seal(b"text", b"place")

    with pytest.raises(UnknownSealKeyError):
        Sealer(ring(ROUNDS[0])).open(sealed, b"place")


@pytest.mark.parametrize("damage", [lambda _: b"", lambda sealed: sealed[:5], lambda sealed: sealed[:-1] + b"x"])
def test_damaged_data_is_not_taken_for_a_missing_key(
    ring: Callable[[str], KeyRing], damage: Callable[[bytes], bytes]
) -> None:
    sealer = Sealer(ring(ROUNDS[0]))

    with pytest.raises(UnsealError) as caught:
        sealer.open(damage(sealer.seal(b"text", b"place")), b"place")

    assert caught.type is UnsealError


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "holds no key"),
        ("# none\n", "holds no key"),
        (f"0 {OLD} current\n1 {NEW} current\n", "stands on 2 lines"),
        (f"0 {OLD} latest\n", "line 1: only the word `current`"),
        (f"0 {OLD} current current\n", "line 1: only the word `current`"),
        ("0 current\n", "line 1: the key has 5 bytes|line 1: the key is not"),
        ("0\n", "line 1: the key has 0 bytes"),
        (f"0 {OLD}\n0 {NEW}\n", "line 2: version 0 stands twice"),
        (f"256 {OLD}\n", "line 1: begin with a version"),
        (f"{OLD}\n", "line 1: begin with a version"),
    ],
)
def test_a_file_that_is_not_a_ring_is_refused_with_the_line_and_the_fault(
    ring: Callable[[str], KeyRing], content: str, fault: str
) -> None:
    with pytest.raises(KeyFileError, match=fault) as caught:
        ring(content)

    assert OLD not in str(caught.value)
    assert NEW not in str(caught.value)
