"""What the service's durable jobs do: the closed set of their kinds, which are labels of metrics."""

from __future__ import annotations

from enum import StrEnum


class JobKind(StrEnum):
    """One kind of work; the module that does it says how."""

    PUSH = "PUSH"
    """Tells identity who answers for a child and what is allowed (`pushes`)."""
    EXPIRE = "EXPIRE"
    """Ends an invitation that nobody answered (`expiry`)."""
    LOOK = "LOOK"
    """Looks daily whether those still may who answer for a child (`lives`)."""
    ERASE = "ERASE"
    """Erases what is kept of an account that identity erased (`erasures`)."""
