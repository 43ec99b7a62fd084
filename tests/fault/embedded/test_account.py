"""Root hands the server to somebody else: each way must work, not only the first one a machine offers."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from xacthuc.embedded import Postgres
from xacthuc.embedded.account import Account, candidates, works

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

NOBODY = 65534


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A directory everybody may pass through, unlike pytest's own."""
    with TemporaryDirectory(prefix="xacthuc-test-", dir="/var/tmp") as path:
        Path(path).chmod(0o711)
        yield Path(path)


def without_namespaces(binaries: Path, data: Path) -> Account:
    """What `choose` does where user namespaces are refused."""
    return next(one for one in candidates(binaries, data) if one.user != "namespace" and works(one))


def test_root_uses_a_namespace_and_keeps_owning_the_files(tmp_path: Path) -> None:
    with Postgres(tmp_path):
        assert {path.stat().st_uid for path in tmp_path.rglob("*")} == {0}


def test_root_in_the_place_of_an_ordinary_user_runs_as_that_user(open_place: Path) -> None:
    os.chown(open_place, NOBODY, NOBODY)
    open_place.chmod(0o700)

    with Postgres(open_place / "data"):
        assert (open_place / "data" / "data" / "PG_VERSION").stat().st_uid == NOBODY


def test_without_namespaces_the_server_runs_as_nobody_on_the_data_asked_for(open_place: Path) -> None:
    with Postgres(open_place / "postgres", account=without_namespaces):
        assert (open_place / "postgres" / "data" / "PG_VERSION").stat().st_uid == NOBODY


def test_without_namespaces_unreachable_data_moves_below_var_tmp(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    moved: list[Path] = []

    def relocated(binaries: Path, data: Path) -> Account:
        account = without_namespaces(binaries, data)
        moved.append(account.data)
        return account

    with Postgres(private / "postgres", account=relocated):
        assert not moved[0].is_relative_to(private)
        assert (moved[0] / "PG_VERSION").exists()
    shutil.rmtree(moved[0].parent)
