"""Facts in Valkey: 54 bytes an account, under a keyed hash, so that no id and nothing personal can be read there.

    s:{<hash>}   the facts as `_FORMAT` has them, when they were read last of all; kept as the filler says
    l:{<hash>}   the lease: random bytes of whoever may fill, kept for seconds

The braces put both into one slot of a Cluster. Expiry only tidies up; how old facts may be is decided by whoever reads.
"""

from __future__ import annotations

import struct
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from xacthuc.identity.domain.facts import UNSUPERVISED, EvidenceKind, Facts, Life, Supervision
from xacthuc.identity.ports.standing import Standing, StandingUnavailable
from xacthuc.ids import random_bytes
from xacthuc.policy import Action
from xacthuc.valkey import Script
from xacthuc.valkey.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from enum import StrEnum

    from xacthuc.identity.adapters.personal import PersonalData
    from xacthuc.valkey import Store

LEASE: Final = timedelta(seconds=5)
"""Beyond the slowest read of the database, so that a reader that died stands in nobody's way for long."""

_FORMAT: Final = struct.Struct(">BHqqqqqHHHq")
"""Version, flags; child, locked, transition, reverify and guarded until or from; allowed actions; quiet hours; read."""
_VERSION: Final = 2
_REGISTERED, _LAPSED, _COMPLETE, _ASKED, _SUSPENDED = 1, 2, 4, 8, 16
_LIFE_SHIFT: Final = 5
_EVIDENCE_SHIFT: Final = 7
_LIVES: Final = tuple(Life)
_KINDS: Final = tuple(EvidenceKind)
_ACTIONS: Final = tuple(Action)
_EVIDENCE: Final = tuple(
    frozenset(kind for bit, kind in enumerate(_KINDS) if flags >> bit & 1) for flags in range(1 << len(_KINDS))
)
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
        self._names = personal.standing_names
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
        """Drops all, under every name a server may know it by, even when some of it fails."""
        names = [name.hex() for account_id in account_ids for name in self._names(platform, account_id)]
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
    facts, supervision = standing.facts, standing.facts.supervision
    flags = (
        _REGISTERED * facts.registered
        | _LAPSED * facts.lapsed
        | _COMPLETE * facts.complete
        | _ASKED * facts.asked
        | _SUSPENDED * supervision.suspended
        | _LIVES.index(facts.life) << _LIFE_SHIFT
        | _bits(_KINDS, facts.evidence) << _EVIDENCE_SHIFT
    )
    return _FORMAT.pack(
        _VERSION,
        flags,
        facts.child_until_ms,
        facts.locked_until_ms,
        facts.transition_until_ms,
        facts.reverify_from_ms,
        supervision.guarded_until_ms,
        _bits(_ACTIONS, supervision.actions),
        supervision.quiet_from,
        supervision.quiet_to,
        standing.read_ms,
    )


def decode(kept: bytes) -> Standing | None:
    """Returns kept facts; None for what another version of this service spelled, which is then read anew."""
    if len(kept) != _FORMAT.size or kept[0] != _VERSION:
        return None
    _, flags, child, locked, transition, reverify, guarded, actions, quiet_from, quiet_to, read_ms = _FORMAT.unpack(
        kept
    )
    facts = Facts(
        registered=bool(flags & _REGISTERED),
        evidence=_EVIDENCE[flags >> _EVIDENCE_SHIFT],
        lapsed=bool(flags & _LAPSED),
        child_until_ms=child,
        complete=bool(flags & _COMPLETE),
        asked=bool(flags & _ASKED),
        life=_LIVES[flags >> _LIFE_SHIFT & 3],
        locked_until_ms=locked,
        transition_until_ms=transition,
        reverify_from_ms=reverify,
        supervision=_supervision(guarded, flags & _SUSPENDED, actions, quiet_from, quiet_to),
    )
    return Standing(facts, read_ms)


def _supervision(guarded_until_ms: int, suspended: int, actions: int, quiet_from: int, quiet_to: int) -> Supervision:
    if not (guarded_until_ms or suspended or actions or quiet_from or quiet_to):
        return UNSUPERVISED  # nearly everybody: building it takes longer than all other facts
    return Supervision(
        guarded_until_ms=guarded_until_ms,
        suspended=bool(suspended),
        actions=frozenset(action for bit, action in enumerate(_ACTIONS) if actions >> bit & 1),
        quiet_from=quiet_from,
        quiet_to=quiet_to,
    )


def _bits(members: Sequence[StrEnum], present: Collection[StrEnum]) -> int:
    return sum(1 << bit for bit, member in enumerate(members) if member in present)
