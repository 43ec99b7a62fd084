"""What the livestream service reads at its start, beside what all services share."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import Field, SecretStr

from xacthuc.sealing import KeyRing, ring_of
from xacthuc.settings import DatabaseUrl, Settings


class LivestreamSettings(Settings):
    """Settings of `xacthuc.livestream`. Key files lie in `keys_directory`, see `xacthuc.settings`."""

    database_url: DatabaseUrl = SecretStr("postgresql+asyncpg://xacthuc@127.0.0.1/xacthuc")
    """PostgreSQL >= 15, `postgresql+asyncpg://user:password@host/database`."""

    identity_address: str = "identity:7422"
    """Internal port of the identity service."""

    policy_file: Path | None = None
    """A policy of the operator's own, merged over the bundled one: the same file that identity reads."""

    write_connections: int = Field(default=10, ge=1)
    """Transactions at once in this process; others wait up to 2 s."""

    grant_issuer: str = Field(default="https://livestream.xacthuc.local", min_length=1, max_length=256)
    """What grants name as their issuer; whoever verifies them expects it. Never two deployments the same."""

    audit_checkpoints_directory: Path | None = None
    """Where signed checkpoints of this service's trail are appended: a directory that no other service writes to, as for
    identity (docs/record.md). Empty: they are log lines alone."""

    audit_checkpoint_interval: timedelta = Field(default=timedelta(minutes=1), gt=timedelta(0))
    """How often."""

    @property
    def seal_ring(self) -> KeyRing:
        """Reads the ring that seals kept answers."""
        return ring_of(self.key_source, "seal.keys")

    @property
    def blind_index_ring(self) -> KeyRing:
        """Reads the masters of the keys by which a repeated request is recognised."""
        return ring_of(self.key_source, "blind-index.keys")

    @property
    def grant_ring(self) -> KeyRing:
        """Reads the ring that grants are signed with."""
        return ring_of(self.key_source, "grant-sign.keys")

    @property
    def audit_ring(self) -> KeyRing:
        """Reads the ring that checkpoints of this service's trail are signed with."""
        return ring_of(self.key_source, "audit-sign.keys")

    @property
    def identity_public_key(self) -> Path:
        """What identity's key records are verified with."""
        return self.keys_directory / "identity-sign.pub"
