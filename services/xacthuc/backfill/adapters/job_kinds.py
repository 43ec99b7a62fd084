"""What the service's durable jobs do: the closed set of their kinds, which are labels of metrics."""

from __future__ import annotations

from enum import StrEnum


class JobKind(StrEnum):
    """One kind of work; the module that does it says how."""

    ERASE = "ERASE"
    """Deletes what is kept of an account, and says so (`erasures`)."""
    RESTRICT = "RESTRICT"
    """Restricts accounts by an approval, or gives back what it took (`restricting`)."""
