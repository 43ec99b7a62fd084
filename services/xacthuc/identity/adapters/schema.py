"""Every table of schema `identity`, wherever it is defined: for whoever compares them with what they should be."""

from __future__ import annotations

from xacthuc.identity.adapters.approvals import tables as _approvals
from xacthuc.identity.adapters.locks import tables as _locks
from xacthuc.identity.adapters.number_lists import tables as _number_lists
from xacthuc.identity.adapters.reconciliation import tables as _reconciliation
from xacthuc.identity.adapters.releases import tables as _releases
from xacthuc.identity.adapters.retention import tables as _retention
from xacthuc.identity.adapters.sessions import tables as _sessions
from xacthuc.identity.adapters.staff import tables as _staff
from xacthuc.identity.adapters.tables import SCHEMA, metadata
from xacthuc.identity.adapters.webhooks import tables as _webhooks

__all__ = ["SCHEMA", "metadata"]

_DEFINED = (_approvals, _locks, _number_lists, _reconciliation, _releases, _retention, _sessions, _staff, _webhooks)
"""A module that defines tables adds them to `metadata` when it is imported. Add yours."""
