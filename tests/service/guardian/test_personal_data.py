"""Of a guardian who took a child on, neither name nor number can be read in anything that a service wrote down."""

from __future__ import annotations

from pathlib import Path

import pytest
from guardian_town import BORN, declaration

NAME = "Trần Thị Hoa Phượng"


def readable(root: Path, wanted: bytes) -> list[str]:
    """Returns the files below `root` in which something stands as it is."""
    return [str(path.relative_to(root)) for path in root.rglob("*") if wanted in content(path)]


def content(path: Path) -> bytes:
    """Returns what a file holds; nothing of what the engine took away meanwhile, and of its sockets."""
    try:
        return path.read_bytes() if path.is_file() else b""
    except FileNotFoundError:
        return b""


@pytest.mark.rule("R12")
def test_neither_a_guardians_name_nor_number_is_readable_in_logs_trails_and_tables(town):
    child, number = town.child(), town.number()
    link = town.invite(child, number)
    link = town.client.guardian.confirm_link(
        link,
        town.proof_for(link, number),
        full_name=NAME,
        birth_date=BORN,
        declaration=declaration(link.relation),
    )
    assert link.active

    var = town.stack.root / "var"
    places = [var / "postgres", var / "log", var / "audit", var / "audit-guardian"]
    # The engine's own files too, write-ahead log included: what is kept is kept there before it is answered.
    assert readable(var / "postgres", link.name.removeprefix("links/").encode())
    for place in places:
        assert readable(place, NAME.encode()) == []
        assert readable(place, number[1:].encode()) == []
