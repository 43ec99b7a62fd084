"""What the one-time-code service reads at its start, beside what all services share."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import Field, field_validator

from xacthuc.sealing import KeyRing, key_of, ring_of
from xacthuc.settings import Settings


class OtpSettings(Settings):
    """Settings of `xacthuc.otp`. Key files lie in `keys_directory`, see `xacthuc.settings`."""

    policy_file: Path | None = None
    """A policy of the operator's own, merged over the bundled one."""

    texts_directory: Path = Path("/etc/xacthuc/texts")
    """Every `<platform>.toml` in it holds a platform's own texts, the same as the delivery worker's. It may be missing."""

    numbering_plan_file: Path | None = None
    """A numbering plan in place of the bundled one, so that new ranges need no release (R28)."""

    resend_channels: tuple[str, ...] = ("SMS",)
    """Channels a resend may use, best first: those the configured providers serve."""

    operators_directory: Path = Path("/etc/xacthuc/operators")
    """Every `*.toml` in it describes one mobile operator that confirms numbers (docs/silent-verification.md). None there:
    no challenge starts with NETWORK."""

    outcomes_kept: timedelta = Field(default=timedelta(days=3), gt=timedelta(0))
    """How long outcomes can be watched; the delivery workers' setting of the same name trims them."""

    @field_validator("resend_channels")
    @classmethod
    def _only_what_carries_a_code(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if "NETWORK" in value:
            raise ValueError("NETWORK carries no code to resend; name SMS, ZALO_ZNS or VOICE")
        return value

    @property
    def code_ring(self) -> KeyRing:
        """Reads the ring that codes and proofs are derived from."""
        return ring_of(self.key_source, "otp.keys")

    @property
    def seal_ring(self) -> KeyRing:
        """Reads the ring that seals numbers in the store."""
        return ring_of(self.key_source, "seal.keys")

    @property
    def number_index_key(self) -> bytes:
        """Reads the key that places numbers in partitions and names them; never rotated."""
        return key_of(self.key_source, "number-index.key")

    @property
    def identity_public_key(self) -> Path:
        """What identity's key records are verified with."""
        return self.keys_directory / "identity-sign.pub"
