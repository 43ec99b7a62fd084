"""An operator of the tests' own behind a service that may ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fake_operator import FakeOperator
from otp_deployment import Deploy
from otp_service import Deployment

TOKEN = "eyJ0b2tlbi.of-the_phone~1+/=="


@pytest.fixture
async def operator() -> AsyncIterator[FakeOperator]:
    """A mobile operator, which confirms every number unless told otherwise."""
    operator = FakeOperator()
    await operator.open()
    yield operator
    await operator.close()


@pytest.fixture
async def otp(deploy: Deploy, operator: FakeOperator, tmp_path: Path) -> Deployment:
    """A service that may ask it, with the patience of a person."""
    return await deploy(operators_directory=operator.file(tmp_path / "operators", timeout_seconds=3.5))
