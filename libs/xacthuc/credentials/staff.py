"""Who operates a deployment: people of its own staff, and what each may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a member of the staff does. If you add one, add it to the contract's enum and to the servers' method tables."""

    OFFICER = "OFFICER"
    """Compliance: accounts, locks, evidence, the record."""
    ADMIN = "ADMIN"
    """The deployment: platforms, keys, staff."""
    OPS = "OPS"
    """Operations: delivery, providers, limits."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A member of the staff behind a call."""

    id: str
    roles: frozenset[Role]
    session: str = ""
    """Id of the session they called with; empty without one."""


DEVELOPMENT: Final = Operator("development", frozenset(Role))
"""Whoever calls without a session on a developer's own machine."""

BREAK_GLASS: Final = Operator("break-glass", frozenset(Role))
"""Whoever has the secret for emergencies. Nobody in particular, so never one of two people."""
