"""The tables of schema `identity` about locks, beside `locks` itself."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Index, Table

from xacthuc.identity.adapters.tables import metadata
from xacthuc.sql.columns import digest, drawn, flag, instant, word

violations: Final = Table(
    "violations",
    metadata,
    word("platform", primary_key=True),
    word("account", primary_key=True),
    drawn("id"),
    # Who demanded the removal, and by which document.
    word("authority"),
    word("order_number"),
    flag("national_security"),
    instant("violate_time"),
    instant("record_time"),
    # The lock that it was counted for; each violation is counted once.
    word("lock_id", nullable=True),
    # The permanent lock that the service proposed for it.
    word("approval", nullable=True),
    instant("withdraw_time", nullable=True),
    word("withdraw_basis", nullable=True),
    Index("violations_age", "record_time"),
)

lock_identities: Final = Table(
    "lock_identities",
    metadata,
    word("platform", primary_key=True),
    word("account", primary_key=True),
    drawn("id"),
    word("lock_id"),
    word("kind"),
    # Equal for equal numbers or personal IDs, and for equal name and birth date; emptied when an erased account's index
    # cannot be made anew under a new key.
    digest("value_index", nullable=True),
    digest("person_index", nullable=True),
    # That of the lock: beyond it nothing is kept.
    instant("expire_time", nullable=True),
    Index("lock_identities_value", "platform", "value_index"),
    Index("lock_identities_lock", "platform", "lock_id"),
    Index("lock_identities_age", "expire_time"),
)
"""What was proven of accounts while a lock bound them: whoever proves the same is the same person (R47)."""
