"""Who asks for a code, as keyed hashes: enough to count by, useless to whoever reads the store."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from hashlib import blake2b

from xacthuc.ids import encode

DIGEST_BYTES = 12
"""96 bits: two of a billion accounts share a digest once in 10^11."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """The starter's side of a challenge. A digest is empty where the platform did not say."""

    platform: str
    account: str
    device: str
    address: str
    """Of the IPv4 address, or of the block a line gets in IPv6 (RFC 6177)."""
    prefix: str
    """Of the number without its last four digits."""
    captcha_solved: bool = False

    def limited(self, digest: str) -> str:
        """Returns what a limit counts a digest under: a solved CAPTCHA opens a second allowance of the same size."""
        return f"{digest}~captcha" if digest and self.captcha_solved else digest

    @property
    def charged(self) -> str:
        """The digests whose limits the outcomes of the challenge are folded into, by kind."""
        kinds = (("a", self.account), ("d", self.device), ("i", self.address), ("p", self.prefix))
        return ",".join(f"{kind}:{self.limited(digest)}" for kind, digest in kinds if digest)


class Digests:
    """Makes digests under one key, apart by kind and platform, so that platforms cannot be joined."""

    def __init__(self, key: bytes) -> None:
        """Takes the 32-byte key that also places numbers; it is never rotated."""
        self._key = key

    def of(self, kind: str, platform: str, value: str) -> str:
        """Returns 16 URL-safe characters for `value`, or nothing for nothing."""
        if not value:
            return ""
        message = f"{platform}\0{value}".encode()
        return encode(blake2b(message, digest_size=DIGEST_BYTES, key=self._key, person=kind.encode()).digest())


def network_of(address: str, ipv6_block_bits: int) -> str:
    """Returns what one subscriber holds of an address: itself in IPv4, its block in IPv6. ValueError when it is none."""
    if not address:
        return ""
    ip = ipaddress.ip_address(address.partition("%")[0])  # a zone (RFC 4007) is the platform's own business
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, ipv6_block_bits), strict=False))
    return str(ip)
