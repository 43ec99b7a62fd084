"""What every process reads at its start: one frozen class per process, extended from the one here.

A setting is an environment variable `XACTHUC_<NAME>`, or a file of that name in `XACTHUC_SECRETS_DIRECTORY`: keys are
files already, and an URL that holds a password should be one too, so that it reaches neither the process table nor a crash
report. A variable wins over a file. The environment defaults to production: whatever makes development
comfortable (sandbox numbers, the inbox, development keys) has to be asked for.
"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict

from xacthuc.sealing import KeyCommand, KeyFiles, KeySource
from xacthuc.secret_files import SECRETS_DIRECTORY
from xacthuc.sql.urls import check_url

_STORES: Final = ("redis://", "rediss://", "unix://", "redis+cluster://", "rediss+cluster://")
"""How the URL of a store may begin."""


def _database_url(url: SecretStr) -> SecretStr:
    if value := url.get_secret_value():
        check_url(value)
    return url


DatabaseUrl = Annotated[SecretStr, AfterValidator(_database_url)]
"""A setting that names a database: `postgresql+asyncpg://user:password@host/database`, or empty where that is allowed."""


class Environment(StrEnum):
    """Where the process runs. Production is the default and the safe answer."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"


class Settings(BaseSettings):
    """Settings all services share. Subclasses add their own; all are read once, in `main.py`."""

    model_config = SettingsConfigDict(env_prefix="XACTHUC_", frozen=True, extra="ignore")

    environment: Environment = Environment.PRODUCTION
    """Only `development` allows sandbox numbers, the console provider, its inbox and development keys."""

    state_url: str = "redis://127.0.0.1:6379/0"
    """Valkey or Redis >= 7.0 that keeps challenges and limits: AOF on, `maxmemory-policy noeviction`.
    `redis://`, `rediss://`, `unix://`, or `redis+cluster://host:port` for a Cluster."""

    cache_url: str = ""
    """Valkey that keeps standing (LRU allowed). Empty: the state URL."""

    public_address: str = "127.0.0.1:0"
    """Where platforms call, `host:port` or `unix:path`. Port 0 picks a free one, printed at the start."""

    public_plaintext: bool = False
    """Lets production serve platforms without TLS when `<service>-public.pem` is missing. Right behind a proxy that ends
    TLS, wrong anywhere else: platform keys travel in clear."""

    internal_address: str = "127.0.0.1:0"
    """Where other services and the `xacthuc` command call, always with mutual TLS."""

    health_address: str = ""
    """Where the kubelet's gRPC probes ask, `host:port`: health and nothing else, in clear, because probes know no TLS.
    Empty: nowhere."""

    metrics_address: str = ""
    """Where Prometheus scrapes, `host:port`. Empty: nowhere."""

    tls_directory: Path = Path("/etc/xacthuc/tls")
    """Holds `ca.pem`, `<service>.pem` with `<service>.key` of this process for the internal port, and
    `<service>-public.pem` with `<service>-public.key` for the public one."""

    keys_directory: Path = Path("/etc/xacthuc/keys")
    """Holds the secret key files; each service's settings name those it reads."""

    keys_command: str = ""
    """A command that prints the key file whose name is appended as its last argument, such as
    `vault kv get -field=content secret/xacthuc`; no shell reads it. Empty: rings are files in `keys_directory`."""

    drain_seconds: float = Field(default=25.0, ge=0, le=300)
    """How long calls in flight may go on after SIGTERM; below the 30 s Kubernetes grants by default."""

    maximum_concurrent_rpcs: int = Field(default=512, ge=1)
    """Calls in flight per process; beyond it the server sheds with RESOURCE_EXHAUSTED instead of queueing."""

    trace_sample_ratio: float = Field(default=0.1, ge=0, le=1)
    """Share of new traces recorded. A platform's own `sampled` bit is linked, never obeyed."""

    otlp_endpoint: str = ""
    """OTLP endpoint: gRPC such as `http://collector:4317`, or with a path HTTP, `http://collector:4318/v1/traces`. Empty:
    spans are made but not exported."""

    otlp_compression: Literal["none", "gzip"] = "none"
    """How spans are packed on their way. `gzip` for a collector that is paid for by the octet, or far; a receiver has to know
    it, which small ones do not."""

    log_level: str = "info"
    """debug, info, warning or error."""

    @field_validator("state_url", "cache_url")
    @classmethod
    def _a_store(cls, value: str) -> str:
        if value and not value.startswith(_STORES):
            raise ValueError(f"a store's URL begins with one of {', '.join(_STORES)}; such as redis://host:6379/0")
        return value

    @field_validator("keys_command")
    @classmethod
    def _a_command(cls, value: str) -> str:
        if value:
            KeyCommand.parse(value)
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - of a directory that is known when code is written
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Reads arguments, then variables, then files."""
        sources = (init_settings, env_settings, dotenv_settings)
        directory = os.environ.get(SECRETS_DIRECTORY, "")
        return (*sources, SecretsSettingsSource(settings_cls, secrets_dir=directory)) if directory else sources

    @property
    def key_source(self) -> KeySource:
        """Where the secret rings come from."""
        return KeyCommand.parse(self.keys_command) if self.keys_command else KeyFiles(self.keys_directory)

    @property
    def development(self) -> bool:
        """Whether development comforts are allowed."""
        return self.environment is Environment.DEVELOPMENT


def explain(error: ValidationError) -> str:
    """Renders a settings error as one line per faulty variable, without echoing values, which may be secrets."""
    lines = [
        f"XACTHUC_{'.'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}" for fault in error.errors()
    ]
    return "\n".join(["These settings are not usable; correct the environment and start again:", *lines])
