"""The description of one operator's number verification: one TOML file, read strictly.

    name = "viettel"                 # [a-z0-9_]{1,32}: what CheckNetwork calls it; in metrics and outcomes
    base_url = "https://api.operator.example/number-verification/v2"   # what stands before /verify
    timeout_seconds = 2.0            # for the whole answer; a person waits
    hashed = false                   # whether the operator is sent the number's SHA-256 in place of the number
    ranges = ["viettel"]             # for people: ranges first given to it, as the numbering plan spells them
    concurrency = 64                 # requests in flight in one process

No secret stands here: the platform's app brings the token, which the operator issued to it. Owns shape and checks;
asking is number_verification.py.
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from xacthuc import datafile
from xacthuc.datafile import DataFileError

_NAME = re.compile(r"[a-z0-9_]{1,32}", re.ASCII)
_LONGEST_SECONDS = 4.0
"""A call ends after 5 s (docs/limits.md): what the operator leaves of it is for the store, and for saying so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorFile:
    """One operator."""

    name: str
    base_url: str
    timeout_seconds: float = 2.0
    hashed: bool = False
    """Hides the number from nobody who can count: there are few numbers. Set it when the operator asks for it."""
    ranges: tuple[str, ...] = ()
    """Shown by `xacthuc operators check`. Decides nothing: numbers move between operators (R29)."""
    concurrency: int = 64

    def __post_init__(self) -> None:
        """Refuses what could leak, hang or mean two things."""
        if not _NAME.fullmatch(self.name):
            raise ValueError("name: write 1 to 32 of a-z, 0-9 and _")
        parts = urlsplit(self.base_url)
        if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
            raise ValueError("base_url: begin with https://; http:// is for this machine alone")
        if not parts.hostname or parts.username is not None or parts.query or parts.fragment:
            raise ValueError("base_url: write host and path alone, without user, query and fragment")
        if not 0 < self.timeout_seconds <= _LONGEST_SECONDS:
            raise ValueError(f"timeout_seconds: write more than 0 and at most {_LONGEST_SECONDS:g}")
        for owner in self.ranges:
            if not _NAME.fullmatch(owner):
                raise ValueError(f"ranges: {owner!r} is not an operator range such as viettel or unknown")
        if self.concurrency < 1:
            raise ValueError("concurrency: write 1 or more")

    @property
    def verify_url(self) -> str:
        """Where numbers are asked about."""
        return f"{self.base_url.rstrip('/')}/verify"


def read(path: Path) -> OperatorFile:
    """Reads one file. DataFileError names the file and the key at fault."""
    table = datafile.read(path)
    try:
        return datafile.decode(OperatorFile, table)
    except DataFileError as error:
        raise DataFileError(f"{path}: {error}") from None


def read_all(directory: Path) -> tuple[OperatorFile, ...]:
    """Reads every `*.toml` of a directory, which may be missing. DataFileError also when two have the same name."""
    described = tuple(read(path) for path in sorted(directory.glob("*.toml")))
    names = [each.name for each in described]
    for name in names:
        if names.count(name) > 1:
            raise DataFileError(f"{directory}: two operators are called {name}; a token must name one")
    return described


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
