"""What the delivery worker reads at its start, beside what all processes share."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final

from pydantic import Field, ValidationInfo, field_validator

from xacthuc.sealing import KeyRing, ring_of
from xacthuc.settings import Environment, Settings

DEVELOPMENT_INBOX: Final = Path("var/inbox.jsonl")


class DeliverySettings(Settings):
    """Settings of `xacthuc.otp.delivery`. Key files lie in `keys_directory`, see `xacthuc.settings`."""

    policy_file: Path | None = None
    """A policy of the operator's own, merged over the bundled one; the same as the service's."""

    texts_directory: Path = Path("/etc/xacthuc/texts")
    """Every `<platform>.toml` in it holds a platform's own texts, the same as the service's. It may be missing."""

    refuse_ended_senders: bool = False
    """Whether to refuse to start when the registration of a sender name is over, instead of saying so every day."""

    numbering_plan_file: Path | None = None
    """A numbering plan in place of the bundled one, the same as the service's: its operator ranges are told apart."""

    providers_directory: Path = Path("/etc/xacthuc/providers")
    """Every `*.toml` in it describes one message provider. Production needs one at least."""

    inbox_file: Path | None = None
    """Where the console provider writes instead of sending. Only in development, where it is `var/inbox.jsonl`."""

    receipts_address: str = ""
    """Where providers deliver receipts, `host:port`, behind the TLS of the edge. Empty: no receipts are taken."""

    lease_seconds: float = Field(default=6.0, gt=0, le=60)
    """How long a dead worker's partitions wait for another; renewed three times in that time."""

    poll_seconds: float = Field(default=1.0, gt=0, le=60)
    """How often every partition is looked at, in case a wake-up was lost, and outcomes are folded."""

    concurrency: int = Field(default=256, ge=1)
    """Codes on their way to providers at the same time, in this process."""

    notices_per_second: float = Field(default=10.0, gt=0)
    """How fast notices leave this process."""

    notice_concurrency: int = Field(default=8, ge=1)
    """Notices on their way at the same time; codes never wait for them."""

    notice_life: timedelta = Field(default=timedelta(hours=72), gt=timedelta(0))
    """How long a notice may wait in its lane before it is not worth sending."""

    outcomes_kept: timedelta = Field(default=timedelta(days=3), gt=timedelta(0))
    """How long outcomes can be watched; the same as the service's."""

    @field_validator("inbox_file")
    @classmethod
    def _only_in_development(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is not None and info.data.get("environment") is not Environment.DEVELOPMENT:
            raise ValueError("codes are written to a file in development only; unset it, and configure a provider")
        return value

    @property
    def inbox(self) -> Path | None:
        """The inbox of development; None in production."""
        return (self.inbox_file or DEVELOPMENT_INBOX) if self.development else None

    @property
    def code_ring(self) -> KeyRing:
        """Reads the ring that codes are derived from."""
        return ring_of(self.key_source, "otp.keys")

    @property
    def seal_ring(self) -> KeyRing:
        """Reads the ring that seals numbers in the store."""
        return ring_of(self.key_source, "seal.keys")
