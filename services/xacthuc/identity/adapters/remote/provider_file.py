"""What the files of all providers and operators have in common: names, addresses, figures and secrets."""

import re
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from xacthuc.datafile import DataFileError

_NAME = re.compile(r"[a-z0-9_]{1,32}", re.ASCII)
_SECRET_NAME = re.compile(r"[a-z_]{1,32}", re.ASCII)
_LONGEST_SECONDS = 10.0
"""A call of ours ends after 5 s, a durable job takes longer: nobody takes ten seconds over a comparison."""


def check_name(name: str) -> None:
    """Refuses a name that cannot stand in metrics and records; ValueError names the key."""
    if not _NAME.fullmatch(name):
        raise ValueError("name: write 1 to 32 of a-z, 0-9 and _")


def check_url(key: str, url: str, *, loopback: bool = False) -> None:
    """Refuses an address by which somebody's details would leave in clear, or stand in an address."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise ValueError(f"{key}: is not an address") from None
    if parts.scheme != "https" and not (loopback and parts.scheme == "http" and _is_loopback(host)):
        raise ValueError(f"{key}: begin with https://" + "; http:// is for this machine alone" * loopback)
    if not host or parts.username is not None or parts.query or parts.fragment or "{" in url:
        raise ValueError(f"{key}: write host and path alone, without user, query, fragment and placeholder")


def check_figures(timeout_seconds: float, concurrency: int) -> None:
    """Refuses what hangs."""
    if not 0 < timeout_seconds <= _LONGEST_SECONDS:
        raise ValueError(f"timeout_seconds: write more than 0 and at most {_LONGEST_SECONDS:g}")
    if concurrency < 1:
        raise ValueError("concurrency: write 1 or more")


def check_secret_name(name: str) -> None:
    """Refuses a name that no placeholder could call."""
    if not _SECRET_NAME.fullmatch(name):
        raise ValueError(f"secrets: {name!r} is no name; write 1 to 32 of a-z and _")


def secret(key: str, file: str) -> str:
    """Reads one secret; DataFileError names its key, never its content."""
    try:
        value = Path(file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DataFileError(f"{key}: cannot be read ({type(error).__name__})") from None
    if not value:
        raise DataFileError(f"{key}: the file is empty")
    return value


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
