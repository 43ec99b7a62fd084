"""Trails that are made of nothing: seals and entries as the sealer chains them, for whoever verifies or spoils them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache

import grpc.aio

from xacthuc.api.identity.v1 import audit_admin_pb2, audit_admin_pb2_grpc
from xacthuc.audit.chain import Head, Line, Seal, canonical
from xacthuc.audit.checkpoints import Checkpoint, CheckpointSigner, Kind
from xacthuc.audit.outside import Placed
from xacthuc.audit.verification import Report, Verification
from xacthuc.cli import trail as had
from xacthuc.sealing import KeyRing

START = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)


@cache
def signer(secret: int = 7) -> CheckpointSigner:
    return CheckpointSigner(KeyRing(keys={0: bytes([secret]) * 32}, current=0))


def line(number: int, **other: object) -> Line:
    fields = {
        "id": number,
        "time": START + timedelta(seconds=number),
        "tag": "identity:account:locked",
        "platform": "forum",
        "subject": f"u{number}",
        "actor": "key:k",
        "request_id": f"r{number}",
        "trace_id": "0" * 32,
        "detail": canonical({"basis": "Điều 12", "n": number}),
    }
    return Line(**{**fields, **other})


@dataclass
class Made:
    """What a database and a directory of checkpoints hold."""

    lines: dict[int, Line] = field(default_factory=dict)
    seals: list[Seal] = field(default_factory=list)
    outside: list[Checkpoint] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    pruned: Checkpoint | None = None

    def seal(self, ids: Sequence[int], *, keep: bool = True) -> Seal:
        """Writes entries and seals them."""
        self.lines |= {each: line(each) for each in ids}
        head = self.head
        seal = head.sealed(self.lines, ids, START + timedelta(seconds=max(ids) + 1))
        self.seals.append(seal)
        if keep:
            self.outside.append(signer().sign(Kind.REACHED, self.head, seal.time))
        return seal

    @property
    def head(self) -> Head:
        if not self.seals:
            return Head()
        last = self.seals[-1]
        return Head(number=last.number, entries=last.entries, chain=last.chain)

    def rechain(self) -> None:
        """Seals everything anew, as somebody would who can do anything but sign."""
        ids = [list(seal.ids) for seal in self.seals]
        self.seals = []
        for each in ids:
            there = [one for one in each if one in self.lines]
            last = self.head
            self.seals.append(last.sealed(self.lines, there, START + timedelta(seconds=max(each) + 1)))

    def verify(self, trusted: Iterable[bytes] | None = None, *, outside: bool = True) -> Report:
        """Streams all of it by a verifier that trusts the right key unless told otherwise."""
        placed = [Placed(f"checkpoints.jsonl:{at}", each) for at, each in enumerate(self.outside, start=1)]
        keys = frozenset(signer().public_keys if trusted is None else trusted)
        verification = Verification(placed if outside else None, keys, Report())
        if self.pruned is not None:
            verification.begin(self.pruned.line())
        told = -(2**63)
        for seal in self.seals:
            furthest = max([told, *seal.ids])
            met = [each for each in self.lines if told < each <= furthest]
            told = furthest
            verification.check(seal, [self.lines[each] for each in seal.ids if each in self.lines], met)
        verification.end([each for each in self.lines if each > told], self.waiting, len(self.waiting))
        return verification.report

    def edit(self, entry: int, **other: object) -> None:
        self.lines[entry] = replace(self.lines[entry], **other)


def made(sizes: Iterable[int]) -> Made:
    """Returns a trail with a seal of each size, and a checkpoint behind each."""
    trail, first = Made(), 1
    for size in sizes:
        trail.seal(range(first, first + size))
        first += size
    return trail


def kinds(report: Report) -> Mapping[str, int]:
    """Counts what was found."""
    found: dict[str, int] = {}
    for each in report.findings:
        found[each.kind] = found.get(each.kind, 0) + 1
    return found


async def verified(channel: grpc.aio.Channel) -> Report:
    """Verifies the trail of whatever service is behind a channel, as the command does."""
    export = audit_admin_pb2_grpc.AuditAdminStub(channel).ExportTrail
    parts = [part async for part in export(audit_admin_pb2.ExportTrailRequest(), timeout=20)]
    return had.verified(parts, None, None, lambda _report: None)
