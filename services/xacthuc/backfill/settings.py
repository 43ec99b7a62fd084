"""What the backfill service reads at its start, beside what all services share."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import Field, SecretStr

from xacthuc.sealing import KeyRing, ring_of
from xacthuc.settings import DatabaseUrl, Settings


class BackfillSettings(Settings):
    """Settings of `xacthuc.backfill`. Key files lie in `keys_directory`, see `xacthuc.settings`."""

    database_url: DatabaseUrl = SecretStr("postgresql+asyncpg://xacthuc@127.0.0.1/xacthuc")
    """PostgreSQL >= 15, `postgresql+asyncpg://user:password@host/database`."""

    identity_address: str = "identity:7422"
    """Internal port of the identity service."""

    otp_address: str = "otp:7412"
    """Internal port of the one-time-code service, which sends the notices."""

    policy_file: Path | None = None
    """A policy of the operator's own, merged over the bundled one: the same file that identity and otp read."""

    write_connections: int = Field(default=10, ge=1)
    """Transactions at once in this process; others wait up to 2 s."""

    sends_at_once: int = Field(default=16, ge=1, le=256)
    """Accounts that one process asks about and has told at the same time."""

    send_lease: timedelta = Field(default=timedelta(minutes=1), gt=timedelta(0))
    """After how long a process that is asking an account is taken for dead, and another one does it again under the same id:
    far longer than the two calls that it takes."""

    count_interval: timedelta = Field(default=timedelta(minutes=1), ge=timedelta(0))
    """How often the accounts of a campaign that runs are counted, by which its waves are opened and held: of millions that
    takes a second or two each time."""

    audit_checkpoints_directory: Path | None = None
    """Where signed checkpoints of this service's trail are appended: a directory that no other service writes to, as for
    identity (docs/record.md). Empty: they are log lines alone."""

    audit_checkpoint_interval: timedelta = Field(default=timedelta(minutes=1), gt=timedelta(0))
    """How often."""

    @property
    def seal_ring(self) -> KeyRing:
        """Reads the ring that seals numbers and kept answers."""
        return ring_of(self.key_source, "seal.keys")

    @property
    def blind_index_ring(self) -> KeyRing:
        """Reads the masters of the keys by which a repeated request is recognised."""
        return ring_of(self.key_source, "blind-index.keys")

    @property
    def audit_ring(self) -> KeyRing:
        """Reads the ring that checkpoints of this service's trail are signed with."""
        return ring_of(self.key_source, "audit-sign.keys")

    @property
    def identity_public_key(self) -> Path:
        """What identity's records of the staff's sessions are verified with."""
        return self.keys_directory / "identity-sign.pub"
