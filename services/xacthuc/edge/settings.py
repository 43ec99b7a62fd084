"""What the JSON edge reads at its start, beside what all processes share."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from xacthuc.settings import Settings


class EdgeSettings(Settings):
    """Settings of `xacthuc.edge`. TLS is that of any public port: `edge-public.pem` and `.key` in `tls_directory`."""

    otp_public_address: str = "127.0.0.1:7411"
    """OtpService, `host:port`; every address of a name is used, in turn."""

    identity_public_address: str = "127.0.0.1:7421"
    """IdentityService."""

    guardian_public_address: str = "127.0.0.1:7431"
    """GuardianService."""

    livestream_public_address: str = "127.0.0.1:7441"
    """LivestreamService."""

    livestream_watch_public_address: str = ""
    """Where watchers of revocations are served, by processes for them alone. Empty: where LivestreamService is."""

    camara_address: str = "127.0.0.1:7415"
    """The CAMARA facade, without TLS. Nothing has to be there: its paths then answer 503."""

    upstream_ca: Path | None = None
    """What the certificates of the services' public ports were issued by. None: they are called without TLS, inside a
    cluster whose network is encrypted or trusted."""

    requests_per_second: int = Field(default=2000, ge=10)
    """Of all callers together, for each process of the edge; twice as many may come at once."""

    requests_per_second_of_key: int = Field(default=500, ge=10)
    """Of one platform key, likewise."""

    workers: int = Field(default=2, ge=1)
    """Threads of Envoy: as many as it may use processors."""

    run_directory: Path | None = None
    """Where the configuration is written before Envoy reads it. None: a directory of its own below the system's for
    temporary files."""
