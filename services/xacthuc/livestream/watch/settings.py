"""What a process for watchers reads at its start, beside what all processes share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, SecretStr

from xacthuc.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


class WatchSettings(Settings):
    """Settings of `xacthuc.livestream.watch`. It has no internal port, and opens nothing that is sealed."""

    database_url: SecretStr = SecretStr("postgresql+asyncpg://xacthuc@127.0.0.1/xacthuc")
    """The livestream service's own database, `postgresql+asyncpg://user:password@host/database`. A role that may read the
    tables `outbox` and `outbox_head` of schema `livestream` is enough, and so is a replica that is not far behind."""

    database_connections: int = Field(default=4, ge=2)
    """Connections of this process: one reads for all watchers, the others for those who are behind."""

    @property
    def identity_public_key(self) -> Path:
        """What identity's key records are verified with."""
        return self.keys_directory / "identity-sign.pub"
