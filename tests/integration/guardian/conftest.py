"""The guardian service without its wire: the shipped adapters on a database of the test's own."""

from __future__ import annotations

import pytest
from guardian_families import families


@pytest.fixture
def family(engine):
    return families(engine)
