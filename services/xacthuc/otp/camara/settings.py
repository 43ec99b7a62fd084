"""What the CAMARA facade reads at its start, beside what all processes share."""

from __future__ import annotations

from pathlib import Path

from xacthuc.settings import Settings


class CamaraSettings(Settings):
    """Settings of `xacthuc.otp.camara`. `public_address` is where it listens, behind the TLS of the edge."""

    policy_file: Path | None = None
    """The same as the service's."""

    texts_directory: Path = Path("/etc/xacthuc/texts")
    """The same as the service's: no other text can be sent."""

    otp_public_address: str = "127.0.0.1:7411"
    """OtpService, which does what is asked for."""

    upstream_ca: Path | None = None
    """What OtpService's certificate was issued by. None: it is called without TLS."""

    @property
    def identity_public_key(self) -> Path:
        """What the records of platform keys are verified with."""
        return self.keys_directory / "identity-sign.pub"
