"""One running stack for all examples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from running_stack import RunningStack, running_stack


@pytest.fixture(scope="package")
def stack() -> Iterator[RunningStack]:
    with TemporaryDirectory(prefix="xacthuc-test-") as place, running_stack(Path(place)) as running:
        yield running
