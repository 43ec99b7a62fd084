"""What the identity service reads at its start, beside what all services share."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import Field, SecretStr

from xacthuc.settings import Settings


class IdentitySettings(Settings):
    """Settings of `xacthuc.identity`. Key files lie in `keys_directory`, see `xacthuc.settings`."""

    database_url: SecretStr = SecretStr("postgresql+asyncpg://xacthuc@127.0.0.1/xacthuc")
    """PostgreSQL >= 15, `postgresql+asyncpg://user:password@host/database`."""

    otp_address: str = "otp:7412"
    """Internal port of the one-time-code service."""

    policy_file: Path | None = None
    """A policy of the operator's own, merged over the bundled one."""

    write_connections: int = Field(default=10, ge=1)
    """Transactions at once in this process; others wait up to 2 s."""

    read_connections: int = Field(default=4, ge=1)
    """Reads of facts at once, apart from writes: small, because it matters only while the cache is cold or down."""

    read_backlog: int = Field(default=256, ge=1)
    """Accounts whose facts are being read at once; beyond it calls are shed with OVERLOADED instead of queueing."""

    standing_hard_limit: timedelta = Field(default=timedelta(minutes=10), gt=timedelta(seconds=30))
    """How old facts may be while PostgreSQL is down. A longer outage refuses rather than trust what may have changed."""

    @property
    def seal_keys(self) -> Path:
        """The ring that seals names, birth dates and numbers."""
        return self.keys_directory / "seal.keys"

    @property
    def blind_index_key(self) -> Path:
        """The master of the keys by which equal numbers are found; apart from the key of the partitions."""
        return self.keys_directory / "blind-index.key"

    @property
    def signing_key(self) -> Path:
        """What platform keys are signed with; this service alone holds it."""
        return self.keys_directory / "identity-sign.key"
