"""Platform files on disk, and the texts made of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from xacthuc.otp.texts import Texts, loading
from xacthuc.policy import Policy

SENDER = 'sender = "Forum"\n'

Load = Callable[..., Texts]


@pytest.fixture(scope="session")
def policy() -> Policy:
    return Policy.load()


@pytest.fixture
def load(tmp_path: Path, policy: Policy) -> Load:
    """Loads texts with one file, of platform `forum` unless told otherwise."""

    def made(file: str = "", *, platform: str = "forum", sender: str = SENDER) -> Texts:
        (tmp_path / f"{platform}.toml").write_text(sender + file, "utf-8")
        return loading.load(tmp_path, policy)

    return made
