"""Which addresses something may be sent to because somebody else asked for it: those of the public Internet. Pure.

Whoever may name an address could otherwise have a server inside the deployment call its own neighbours (SSRF): the
database, the store, or what a cloud tells its machines under 169.254.169.254.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

# IANA's registries of special-purpose addresses for IPv4 and IPv6 (RFC 6890 and its updates), as of 2026. Written down,
# since what Python's `is_global` says has changed with its versions.
_NOT_PUBLIC_4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "168.63.129.16/32",  # what one cloud tells its machines
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
_PUBLIC_6: Final = IPv6Network("2000::/3")
"""Everything else is link-local, unique local, multicast, embeds an address of version 4, or is not given out yet."""
_NOT_PUBLIC_6: Final = tuple(
    map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"))
)


@dataclass(frozen=True, slots=True)
class Reach:
    """What may be connected to."""

    networks: Collection[IPv4Network | IPv6Network] = ()
    """Of the operator's own: what lies in them may be connected to although it is not public."""
    loopback: bool = False
    """In development: this machine itself."""

    def allows(self, address: str) -> bool:
        """Whether something may be sent to an address, as a resolver gives it."""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        # ::ffff:10.0.0.1 leads where 10.0.0.1 does (RFC 4291 section 2.5.5.2).
        if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        if isinstance(found, IPv6Address) and found.scope_id is not None:
            return False
        if any(found.version == network.version and found in network for network in self.networks):
            return True
        return _is_public(found) or (self.loopback and found.is_loopback)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    return address in _PUBLIC_6 and not any(address in network for network in _NOT_PUBLIC_6)
