"""What these tests make current is so in the whole thread."""

from __future__ import annotations

import pytest

from xacthuc.telemetry.tracing import deactivate


@pytest.fixture(autouse=True)
def _left():
    """Leaves the trace of a test at its end, so that none of another module continues it."""
    yield
    deactivate()
