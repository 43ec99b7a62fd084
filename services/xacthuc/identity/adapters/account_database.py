"""What the adapters of accounts work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from xacthuc.identity.adapters.account_keys import AccountKeys
    from xacthuc.identity.adapters.account_rows import AccountRows
    from xacthuc.identity.adapters.locks.bindings import Bindings
    from xacthuc.identity.adapters.personal import PersonalData
    from xacthuc.identity.adapters.sql_requests import SqlRequests


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDatabase:
    """Where accounts lie, and what opens, finds and reads them there."""

    engine: AsyncEngine
    """The pool for writes, which what is rarely read is read through too."""
    keys: AccountKeys
    personal: PersonalData
    rows: AccountRows
    requests: SqlRequests
    bindings: Bindings
