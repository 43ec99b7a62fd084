"""Facts as the cache holds them: 57 bytes an account, in which nothing tells whose they are.

    version, flags; child, locked, transition, reverify and guarded until or from; allowed actions; quiet hours; read

What a lock rests on is spelled before the last of these. When they were read comes last: accounts of which the same is known then begin with the same bytes, and are understood
once for all of them.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final, TypeVar

from xacthuc.identity.domain.facts import EvidenceKind, Facts, Life, Supervision
from xacthuc.identity.ports.standing import Standing, StandingColumns
from xacthuc.policy import Action

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from enum import StrEnum

Member = TypeVar("Member", bound="StrEnum")

_FACTS: Final = struct.Struct(">BHqqqqqHHH")
_READ: Final = struct.Struct(">q")
_split: Final = struct.Struct(f">{_FACTS.size}sq").unpack
_VERSION: Final = 2
_REGISTERED, _LAPSED, _COMPLETE, _ASKED, _SUSPENDED = 1, 2, 4, 8, 16
_LIFE_SHIFT: Final = 5
_EVIDENCE_SHIFT: Final = 7
_UNREADABLE: Final = 1 << 11
_LIVES: Final = tuple(Life)
_KINDS: Final = tuple(EvidenceKind)
_ACTIONS: Final = tuple(Action)

_MOST_UNDERSTOOD: Final = 4096
"""Beyond it everything is forgotten: grown-ups who verified a number are all alike, children differ by birthday."""


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
        | _UNREADABLE * (not facts.readable)
    )
    known = _FACTS.pack(
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
    )
    return known + facts.lock_basis.encode() + _READ.pack(standing.read_ms)


class Decoder:
    """Reads what `encode` made, and keeps what it understood."""

    def __init__(self) -> None:
        """Has understood nothing yet."""
        self._understood: dict[bytes, Facts] = {}

    def one(self, kept: bytes | None) -> Standing | None:
        """Returns kept facts; None for nothing, and for what another version spelled, which is then read anew."""
        if kept is None:
            return None
        if len(kept) < _FACTS.size + _READ.size:
            return None
        known, (read_ms,) = kept[: -_READ.size], _READ.unpack(kept[-_READ.size :])
        facts = self._understood.get(known) or self._understand(known)
        return None if facts is None else Standing(facts, read_ms)

    def all(self, replies: Sequence[Any]) -> StandingColumns:
        """Returns many kept facts; what is neither bytes nor None was not told."""
        try:
            known, read_ms = zip(*map(_split, replies), strict=True)
        except (struct.error, TypeError, ValueError):  # not all are there, or some are locked; none was asked for
            return self._each(replies)
        facts = [self._understood.get(each) or self._understand(each) for each in known]
        return StandingColumns(facts, read_ms, frozenset()) if all(facts) else self._each(replies)

    def _each(self, replies: Sequence[Any]) -> StandingColumns:
        untold = {at for at, kept in enumerate(replies) if kept is not None and not isinstance(kept, bytes)}
        standings = [None if at in untold else self.one(kept) for at, kept in enumerate(replies)]
        return StandingColumns(
            [None if standing is None else standing.facts for standing in standings],
            [0 if standing is None else standing.read_ms for standing in standings],
            frozenset(untold),
        )

    def _understand(self, known: bytes) -> Facts | None:
        if known[0] != _VERSION:
            return None
        if len(self._understood) >= _MOST_UNDERSTOOD:
            self._understood.clear()
        facts = self._understood[known] = _facts(known)
        return facts


def _facts(known: bytes) -> Facts:
    _, flags, child, locked, transition, reverify, guarded, actions, quiet_from, quiet_to = _FACTS.unpack_from(known)
    return Facts(
        registered=bool(flags & _REGISTERED),
        evidence=frozenset(_members(_KINDS, flags >> _EVIDENCE_SHIFT)),
        lapsed=bool(flags & _LAPSED),
        child_until_ms=child,
        complete=bool(flags & _COMPLETE),
        asked=bool(flags & _ASKED),
        life=_LIVES[flags >> _LIFE_SHIFT & 3],
        locked_until_ms=locked,
        lock_basis=known[_FACTS.size :].decode(errors="replace"),
        transition_until_ms=transition,
        reverify_from_ms=reverify,
        supervision=Supervision(
            guarded_until_ms=guarded,
            suspended=bool(flags & _SUSPENDED),
            actions=frozenset(_members(_ACTIONS, actions)),
            quiet_from=quiet_from,
            quiet_to=quiet_to,
        ),
        readable=not flags & _UNREADABLE,
    )


def _bits(members: Sequence[StrEnum], present: Collection[StrEnum]) -> int:
    return sum(1 << bit for bit, member in enumerate(members) if member in present)


def _members(members: Sequence[Member], bits: int) -> list[Member]:
    return [member for bit, member in enumerate(members) if bits >> bit & 1]
