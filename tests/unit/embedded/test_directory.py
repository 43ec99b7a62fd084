from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from xacthuc.embedded import DirectoryInUseError, EngineError
from xacthuc.embedded.directory import Claim, socket_directory


def test_a_directory_has_one_owner_at_a_time(tmp_path: Path) -> None:
    claim = Claim(tmp_path)

    with pytest.raises(DirectoryInUseError):
        Claim(tmp_path)
    claim.release()


def test_a_released_directory_can_be_claimed_again(tmp_path: Path) -> None:
    Claim(tmp_path).release()
    Claim(tmp_path).release()


def test_sockets_live_where_only_their_owner_can_enter_and_are_removed(tmp_path: Path) -> None:
    claim = Claim(tmp_path)
    directory = claim.socket_directory
    mode = stat.S_IMODE(directory.stat().st_mode)
    claim.release()

    assert mode == 0o700
    assert not directory.exists()


def test_a_socket_path_stays_within_what_the_kernel_allows() -> None:
    """sockaddr_un.sun_path holds 108 bytes with the final NUL (unix(7))."""
    longest = socket_directory(Path("/" + "d" * 4000), 4294967295) / ".s.PGSQL.5432"

    assert len(os.fsencode(longest)) <= 107


def test_a_planted_link_in_the_place_of_the_sockets_is_refused(tmp_path: Path) -> None:
    planted = socket_directory(tmp_path / "data", os.geteuid())
    planted.symlink_to(tmp_path)

    with pytest.raises(EngineError, match="belongs to somebody else"):
        Claim(tmp_path / "data")
    planted.unlink()
