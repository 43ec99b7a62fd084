"""Facts in Valkey: 18 bytes an account, under a keyed hash, so that no id and nothing personal can be read there.

    s:{<hash>}   version (1 byte), flags (1), when read (8), child until (8); kept as the filler says
    l:{<hash>}   the lease: random bytes of whoever may fill, kept for seconds

The braces put both into one slot of a Cluster. Expiry only tidies up; how old facts may be is decided by whoever reads.
"""

from __future__ import annotations

import struct
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.identity.domain.account import EvidenceKind, Facts
from xacthuc.identity.ports import Standing, StandingUnavailable
from xacthuc.ids import random_bytes
from xacthuc.valkey import Script
from xacthuc.valkey.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Collection

    from xacthuc.identity.adapters.personal import PersonalData
    from xacthuc.valkey import Store

LEASE: Final = timedelta(seconds=5)
"""Beyond the slowest read of the database, so that a reader that died stands in nobody's way for long."""

_FORMAT: Final = struct.Struct(">BBqq")
_VERSION: Final = 1
_REGISTERED: Final = 1
_LAPSED: Final = 2
_BITS: Final = {
    EvidenceKind.PHONE: 4,
    EvidenceKind.PERSONAL_ID_DECLARED: 8,
    EvidenceKind.PERSONAL_ID: 16,
    EvidenceKind.GUARDIAN: 32,
}
_EVIDENCE: Final = tuple(frozenset(kind for kind, bit in _BITS.items() if flags & bit) for flags in range(64))
"""Every set of evidence by the flags that spell it: looked up, since building one costs as much as the whole decision."""

_FILL: Final = Script(
    "fill",
    """
    if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
    redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
    redis.call('DEL', KEYS[1])
    return 1
    """,
)


class ValkeyStanding:
    """The port `StandingStore`."""

    def __init__(self, store: Store, personal: PersonalData) -> None:
        """Takes the cache, and what names accounts in it."""
        self._store = store
        self._name = personal.standing_name
        self._lease_ms = LEASE // timedelta(milliseconds=1)

    async def read(self, platform: str, account_id: str) -> Standing | None:
        """Reads in one trip that is shared with every other read of this tick."""
        try:
            kept = await self._store.execute(b"GET", f"s:{{{self._name(platform, account_id).hex()}}}")
        except StoreError:
            raise StandingUnavailable from None
        return None if kept is None else decode(kept)

    async def lease(self, platform: str, account_id: str) -> bytes | None:
        """Takes the lease if it is free."""
        token, key = random_bytes(16), f"l:{{{self._name(platform, account_id).hex()}}}"
        try:
            taken = await self._store.execute(b"SET", key, token, b"NX", b"PX", self._lease_ms)
        except StoreError:
            raise StandingUnavailable from None
        return None if taken is None else token

    async def fill(self, platform: str, account_id: str, lease: bytes, standing: Standing, kept_ms: int) -> None:
        """Compares the lease and keeps the facts in one step."""
        name = self._name(platform, account_id).hex()
        try:
            await self._store.run(_FILL, [f"l:{{{name}}}", f"s:{{{name}}}"], [lease, encode(standing), kept_ms])
        except StoreError:
            raise StandingUnavailable from None

    async def drop(self, platform: str, account_ids: Collection[str]) -> None:
        """Drops all, even when some of it fails."""
        names = [self._name(platform, account_id).hex() for account_id in account_ids]
        waiting = [self._store.execute(b"DEL", f"l:{{{name}}}", f"s:{{{name}}}") for name in names]
        failed = False
        for reply in waiting:
            try:
                await reply
            except StoreError:
                failed = True
        if failed:
            raise StandingUnavailable


def encode(standing: Standing) -> bytes:
    """Returns facts as they are kept."""
    facts = standing.facts
    flags = (_REGISTERED if facts.registered else 0) | (_LAPSED if facts.lapsed else 0)
    for kind in facts.evidence:
        flags |= _BITS[kind]
    return _FORMAT.pack(_VERSION, flags, standing.read_ms, facts.child_until_ms)


def decode(kept: bytes) -> Standing | None:
    """Returns kept facts; None for what another version of this service spelled, which is then read anew."""
    if len(kept) != _FORMAT.size or kept[0] != _VERSION:
        return None
    _, flags, read_ms, child_until_ms = _FORMAT.unpack(kept)
    facts = Facts(bool(flags & _REGISTERED), _EVIDENCE[flags & 63], bool(flags & _LAPSED), child_until_ms)
    return Standing(facts, read_ms)
