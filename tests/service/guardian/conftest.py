"""The whole product in processes of its own, and families who go through it with real codes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from guardian_town import Town
from running_stack import running_stack

from xacthuc.client import Xacthuc


@pytest.fixture(scope="session")
def town() -> Iterator[Town]:
    """Shared: each test has accounts and numbers of its own."""
    with (
        TemporaryDirectory(prefix="xacthuc-test-") as path,
        running_stack(Path(path)) as stack,
        Xacthuc(key=stack.key, otp=stack.otp, identity=stack.identity, guardian=stack.guardian) as client,
    ):
        yield Town(stack, client)
