"""The table of schema `identity_keys`, which may lie in a database of its own. Its migrations are in `migrations/keys`.

Apart from everything it opens, and never joined with it: backups of the accounts hold no key, and backups of the keys
need not be kept, so that a destroyed key is gone.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import CheckConstraint, MetaData, Table

from xacthuc.sql.columns import instant, sealed, word

SCHEMA: Final = "identity_keys"

metadata = MetaData(schema=SCHEMA)

account_keys = Table(
    "account_keys",
    metadata,
    word("platform", primary_key=True),
    word("account", primary_key=True),
    # Empty once it was destroyed: the row stays, so that no key is made anew for what was erased.
    sealed("wrapped", nullable=True),
    # When it was made, or given out again to seal with: from then on an account may have rows (`AccountKeys.forget`).
    instant("create_time"),
    instant("destroy_time", nullable=True),
    CheckConstraint("(wrapped IS NULL) = (destroy_time IS NOT NULL)", name="account_keys_wrapped_or_destroyed"),
    postgresql_partition_by="HASH (platform, account)",
)
