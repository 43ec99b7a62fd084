"""What the identity service reads at its start, beside what all services share."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from pydantic import Field, SecretStr

from xacthuc.credentials.break_glass import FILE
from xacthuc.identity.domain.reach import Reach
from xacthuc.sealing import KeyRing, ring_of
from xacthuc.settings import DatabaseUrl, Settings


class IdentitySettings(Settings):
    """Settings of `xacthuc.identity`. Key files lie in `keys_directory`, see `xacthuc.settings`."""

    database_url: DatabaseUrl = SecretStr("postgresql+asyncpg://xacthuc@127.0.0.1/xacthuc")
    """PostgreSQL >= 15, `postgresql+asyncpg://user:password@host/database`."""

    key_database_url: DatabaseUrl = SecretStr("")
    """PostgreSQL that holds the accounts' keys. Empty: `database_url`, which is for one machine only: a key that was
    destroyed lives on in every backup of its database, so in production it is another server with short-lived backups."""

    otp_address: str = "otp:7412"
    """Internal port of the one-time-code service."""

    eid_directory: Path = Path("/etc/xacthuc/eid")
    """One TOML file for each provider of electronic identification and each mobile operator that compares
    (docs/electronic-id.md, docs/personal-id-providers.md). Missing or empty: personal IDs are declared alone."""

    eid_reports_address: str = ""
    """Where providers report by themselves, `host:port`, over plain HTTP behind an edge that ends TLS. Empty: nowhere."""

    staff_provider_file: Path | None = None
    """The OpenID Connect provider that the deployment's own staff signs in with (docs/staff.md). None: only the
    break-glass account can, if there is one."""

    staff_session_life: timedelta = Field(default=timedelta(hours=8), gt=timedelta(minutes=1), le=timedelta(hours=24))
    """How long an operator is signed in at the most: a working day."""

    staff_session_idle: timedelta = Field(default=timedelta(hours=1), gt=timedelta(minutes=1), le=timedelta(hours=24))
    """How long a session lasts that nobody uses."""

    policy_file: Path | None = None
    """A policy of the operator's own, merged over the bundled one."""

    numbering_plan_file: Path | None = None
    """A numbering plan of the operator's own, in place of the bundled one: a newer plan is data, not a release (R28)."""

    write_connections: int = Field(default=10, ge=1)
    """Transactions at once in this process; others wait up to 2 s."""

    read_connections: int = Field(default=4, ge=1)
    """Reads of facts at once, apart from writes: small, because it matters only while the cache is cold or down."""

    key_connections: int = Field(default=8, ge=1)
    """Transactions at once with the keys of the accounts: each is one short statement."""

    import_connections: int = Field(default=4, ge=1)
    """Batches of imports looked up or merged at once in this process. A whole deployment merges four at a time."""

    read_backlog: int = Field(default=256, ge=1)
    """Questions for facts at once, each about up to 100 accounts; calls beyond are shed with OVERLOADED, not queued."""

    standing_hard_limit: timedelta = Field(
        default=timedelta(minutes=10), gt=timedelta(seconds=30), le=timedelta(hours=12)
    )
    """How old facts may be while PostgreSQL is down. A longer outage refuses rather than trust what may have changed, and
    what they foresee is a day."""

    erasure_acknowledgers: tuple[str, ...] = ()
    """Services that keep something of accounts and have to acknowledge every erasure, by the name in their certificate: a
    JSON list such as `["guardian", "livestream"]`. Read when an erasure begins (docs/retention.md)."""

    standing_issuer: str = Field(default="https://identity.xacthuc.local", min_length=1, max_length=256)
    """What standing tokens name as their issuer; whoever verifies them expects it. Never two deployments the same."""

    audit_checkpoints_directory: Path | None = None
    """Where signed checkpoints of the audit trail are appended: a volume that whoever can write to the database cannot, and
    that outlives the process. Empty: they are log lines alone (docs/record.md)."""

    audit_checkpoint_interval: timedelta = Field(default=timedelta(minutes=1), gt=timedelta(0))
    """How often. What was sealed since the last one could be sealed anew by somebody who can write to the database."""

    webhook_ports: frozenset[int] = frozenset({443})
    """Where receivers of webhooks may listen, such as `[443, 8443]`. In development anywhere."""

    webhook_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks that are not public and that webhooks may be sent to all the same, such as `["10.20.0.0/16"]`: those of
    receivers of your own, never those of databases."""

    webhook_ca_file: Path | None = None
    """The authority of receivers' certificates, when it is one of your own. None: the public ones."""

    @property
    def webhook_reach(self) -> Reach:
        """What webhooks may be sent to."""
        return Reach(self.webhook_networks, loopback=self.development)

    @property
    def seal_ring(self) -> KeyRing:
        """Reads the ring that wraps the accounts' keys and seals kept answers."""
        return ring_of(self.key_source, "seal.keys")

    @property
    def blind_index_ring(self) -> KeyRing:
        """Reads the masters of the keys by which equal values are found; apart from the key of the partitions."""
        return ring_of(self.key_source, "blind-index.keys")

    @property
    def standing_ring(self) -> KeyRing:
        """Reads the ring that standing tokens are signed with."""
        return ring_of(self.key_source, "standing-sign.keys")

    @property
    def audit_ring(self) -> KeyRing:
        """Reads the ring that checkpoints of the audit trail are signed with."""
        return ring_of(self.key_source, "audit-sign.keys")

    @property
    def keys_url(self) -> str:
        """The SQLAlchemy URL of the database that holds the accounts' keys."""
        return (
            self.key_database_url if self.key_database_url.get_secret_value() else self.database_url
        ).get_secret_value()

    @property
    def break_glass_file(self) -> Path:
        """What the secret for emergencies is compared with; it may be missing."""
        return self.keys_directory / FILE

    @property
    def signing_key(self) -> Path:
        """What platform keys are signed with; this service alone holds it."""
        return self.keys_directory / "identity-sign.key"
