"""What all provider files have in common. `kind` says which adapter reads the rest of the file.

    kind = "http"                  # http, smpp or zns
    name = "vendor"                # [a-z0-9_]{1,32}: in metrics, receipts and outcomes
    channels = ["SMS"]
    weight = 100                   # in relation to the others
    per_second = 50                # over all workers; left out: no pace
    operators = ["viettel"]        # left out: all
    [cost_vnd]                     # dong a message
    viettel = 320
    other = 450

Owns shape and checks of these keys and of what several kinds have: addresses, senders by operator, secrets.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from xacthuc import datafile
from xacthuc.datafile import DataFileError
from xacthuc.otp.delivery.domain.offer import Offer
from xacthuc.otp.delivery.ports import Channel
from xacthuc.policy import sender_name_fault

_NAME = re.compile(r"[a-z0-9_]{1,32}", re.ASCII)
_RESERVED_NAMES = frozenset({"console", "sandbox"})
MOST_WEIGHT = 1_000_000
_MOST_COST_VND = 1_000_000
_MOST_PER_SECOND = 100_000


class Kind(StrEnum):
    """Which protocol a provider speaks."""

    HTTP = "http"
    SMPP = "smpp"
    ZNS = "zns"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderFile:
    """The keys that every kind of provider has."""

    name: str
    channels: tuple[str, ...]
    kind: Kind = Kind.HTTP
    weight: int = 100
    concurrency: int = 32
    """Requests in flight in one worker."""
    per_second: float = 0.0
    operators: tuple[str, ...] = ()
    cost_vnd: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuses what no provider can be described by; each kind calls it and then checks its own keys."""
        if not _NAME.fullmatch(self.name) or self.name in _RESERVED_NAMES:
            raise ValueError("name: write 1 to 32 of a-z, 0-9 and _; console and sandbox are taken")
        for channel in self.channels:
            if channel not in Channel.__members__:
                raise ValueError(f"channels: {channel!r} is none of {', '.join(Channel.__members__)}")
        if not self.channels:
            raise ValueError("channels: name one at least")
        for key, operators in (("operators", self.operators), ("cost_vnd", self.cost_vnd)):
            for operator in operators:
                check_operator(key, operator)
        self._check_figures()

    def _check_figures(self) -> None:
        if not 1 <= self.weight <= MOST_WEIGHT:
            raise ValueError(f"weight: write 1 to {MOST_WEIGHT}")
        if self.concurrency < 1:
            raise ValueError("concurrency: write 1 or more")
        if not 0 <= self.per_second <= _MOST_PER_SECOND:  # not-a-number is neither
            raise ValueError(f"per_second: write more than 0 and at most {_MOST_PER_SECOND}, or leave it out")
        if any(not 0 <= cost <= _MOST_COST_VND for cost in self.cost_vnd.values()):
            raise ValueError(f"cost_vnd: write 0 to {_MOST_COST_VND} dong a message")

    @property
    def offer(self) -> Offer:
        """The terms that choosing a provider goes by."""
        return Offer(
            weight=self.weight,
            concurrency=self.concurrency,
            per_second=self.per_second,
            operators=frozenset(self.operators),
            cost_vnd=dict(self.cost_vnd),  # plain: workers report their offers as JSON
        )


def kind_of(path: Path) -> Kind:
    """Returns which adapter reads a provider's file; DataFileError when none does."""
    written = datafile.read(path).get("kind", Kind.HTTP)
    if written not in list(Kind):
        raise DataFileError(f"{path}: kind: write one of {', '.join(Kind)}")
    return Kind(written)


def check_operator(key: str, operator: str) -> None:
    """Refuses what names no operator range; ValueError names the key."""
    if not _NAME.fullmatch(operator):
        raise ValueError(f"{key}: {operator!r} is not an operator range such as viettel or unknown")


def check_senders(senders: Mapping[str, str]) -> None:
    """Refuses sender names that no operator may register (R35); ValueError names the key."""
    for operator, sender in senders.items():
        check_operator(f"senders.{operator}", operator)
        if fault := sender_name_fault(sender):
            raise ValueError(f"senders.{operator}: {fault}")


def check_url(key: str, url: str) -> None:
    """Refuses an address by which a number or a code would leave in clear, or none; ValueError names the key."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port  # reading the port checks it
    except ValueError:
        raise ValueError(f"{key}: is not an address") from None
    if " " in url or not (url.isascii() and url.isprintable()):
        raise ValueError(f"{key}: write printable ASCII without spaces")
    if not host or (parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host))):
        raise ValueError(f"{key}: begin with https://; http:// is for this machine alone")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def secret(name: str, file: str) -> str:
    """Reads one secret; DataFileError names the secret, never its content."""
    try:
        value = Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DataFileError(f"secrets.{name}: cannot be read ({type(error).__name__})") from None
    if not value:
        raise DataFileError(f"secrets.{name}: the file is empty")
    return value
