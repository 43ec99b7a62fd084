"""Where a service is and how it may be reached: plaintext on this machine, TLS everywhere else.

A platform key is a bearer secret: whoever reads it on the wire is the platform. So a key is never sent in clear to
another machine unless the caller says `insecure=True`, as behind a service mesh that encrypts by itself.
"""

from __future__ import annotations

import importlib.metadata
import importlib.resources
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import grpc

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

C_co = TypeVar("C_co", covariant=True)

_KEEPALIVE_MS: Final = 30_000
"""Above the 10 s that servers of ours allow; a dead server behind a living address is found within 40 s."""


class ChannelFactory(Protocol[C_co]):
    """`grpc` or `grpc.aio`: both make channels, of two unrelated classes."""

    def insecure_channel(self, target: str, options: Sequence[tuple[str, Any]]) -> C_co:
        """Makes a plaintext channel."""
        ...

    def secure_channel(
        self, target: str, credentials: grpc.ChannelCredentials, options: Sequence[tuple[str, Any]]
    ) -> C_co:
        """Makes a TLS channel."""
        ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One service and how to call it."""

    address: str
    credentials: grpc.ChannelCredentials | None
    """None: plaintext."""

    service_config: str
    """The contract's retry policy as JSON. Empty: none."""

    metadata: tuple[tuple[str, str], ...] = field(repr=False)
    """Goes with every call; holds the key."""

    timeout: timedelta
    """Covers one call with its retries."""

    traceparent: Callable[[], str | None] | None = field(default=None, repr=False)
    """Says within which step of the caller's own trace a call is made (W3C Trace Context)."""

    def sent(self) -> tuple[tuple[str, str], ...]:
        """Returns what goes with a call that is made now."""
        step = self.traceparent() if self.traceparent is not None else None
        return (*self.metadata, ("traceparent", step)) if step else self.metadata

    def open(self, factory: ChannelFactory[C_co]) -> C_co:
        """Returns a channel; it connects when first used."""
        options: list[tuple[str, Any]] = [
            ("grpc.primary_user_agent", f"xacthuc-python/{version()}"),
            ("grpc.keepalive_time_ms", _KEEPALIVE_MS),
        ]
        if self.service_config:
            options.append(("grpc.service_config", self.service_config))
        if self.credentials is not None:
            return factory.secure_channel(self.address, self.credentials, options)
        # gRPC obeys http_proxy even for loopback addresses, which would carry the key to another machine in clear.
        return factory.insecure_channel(self.address, [*options, ("grpc.enable_http_proxy", 0)])


def channel_credentials(
    address: str, *, root_certificates: bytes | None, insecure: bool
) -> grpc.ChannelCredentials | None:
    """Returns the credentials with which a key may be sent to `address`; None is plaintext.

    ValueError when `insecure` contradicts `root_certificates`.
    """
    if insecure:
        if root_certificates is not None:
            raise ValueError(
                "insecure=True sends the key in clear and root_certificates asks for TLS: give one of them"
            )
        return None
    if root_certificates is None and is_loopback(address):
        return None
    return grpc.ssl_channel_credentials(root_certificates)


def is_loopback(address: str) -> bool:
    """Whether `address` surely stays on this machine. What it cannot read, such as a list, does not."""
    scheme, colon, rest = address.partition(":")
    if scheme in {"unix", "unix-abstract"} and colon:
        return True
    if scheme in {"dns", "ipv4", "ipv6"} and colon and not rest.isdecimal():
        address = rest.rpartition("/")[2]
    host, _, port = address.rpartition(":")
    if not port.isdecimal():
        return False
    host = host.removeprefix("[").removesuffix("]")
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def retry_policy(service: str) -> str:
    """Returns the retry policy that ships beside a contract, as JSON: `xacthuc.api.otp.v1.OtpService` → text."""
    package = service.rpartition(".")[0]
    name = f"{package.split('.')[2]}_grpc_service_config.json"
    return importlib.resources.files(package).joinpath(name).read_text("utf-8")


def version() -> str:
    """Returns the version of the installed distribution; `0` when the code runs from a source tree."""
    try:
        return importlib.metadata.version("xacthuc")
    except importlib.metadata.PackageNotFoundError:
        return "0"
