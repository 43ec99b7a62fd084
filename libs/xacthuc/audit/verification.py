"""Verifies a trail as it streams by, with bounded memory, and says where it is broken and what to do. Pure.

It believes nothing but the public keys and the checkpoints from outside it is given. Behind a break it goes on from what
the trail says, so that each break is told once and for itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from xacthuc.audit.chain import GONE, Head
from xacthuc.audit.checkpoints import Checkpoint, CheckpointError, Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

    from xacthuc.audit.chain import Line, Seal
    from xacthuc.audit.outside import Placed

LATE: Final = timedelta(hours=1)
"""An entry is sealed within a second. One that is this much older than its seal waited for the database or the sealer, or
was written into the past. A checkpoint about a seal, or a later one, is made within minutes."""


class Break(StrEnum):
    """What is wrong."""

    ENTRY_EDITED = "ENTRY_EDITED"
    ENTRY_REMOVED = "ENTRY_REMOVED"
    ENTRY_INSERTED = "ENTRY_INSERTED"
    SEAL_EDITED = "SEAL_EDITED"
    SEAL_REMOVED = "SEAL_REMOVED"
    SEAL_REPEATED = "SEAL_REPEATED"
    BEGINNING_MISSING = "BEGINNING_MISSING"
    TAIL_CUT = "TAIL_CUT"
    HISTORY_REWRITTEN = "HISTORY_REWRITTEN"
    CHECKPOINT_FORGED = "CHECKPOINT_FORGED"
    CHECKPOINT_UNREADABLE = "CHECKPOINT_UNREADABLE"
    CHECKPOINT_MISPLACED = "CHECKPOINT_MISPLACED"
    CHECKPOINTS_MISSING = "CHECKPOINTS_MISSING"
    KEY_UNKNOWN = "KEY_UNKNOWN"
    ENTRY_LATE = "ENTRY_LATE"


NOTES: Final = frozenset({Break.ENTRY_LATE, Break.CHECKPOINT_UNREADABLE, Break.CHECKPOINTS_MISSING})
"""Worth a look, and no proof of anything: a crash or an outage leaves the same."""

ADVICE: Final = {
    Break.ENTRY_EDITED: "Compare the entry with one of a backup from before; the seal tells that of two versions the old one"
    " is true.",
    Break.ENTRY_REMOVED: "Take the entry from a backup, and find out who could delete from the table.",
    Break.ENTRY_INSERTED: "No service wrote it this way: find out who could write to the table.",
    Break.SEAL_EDITED: "Compare the seal and its entries with those of a backup from before.",
    Break.SEAL_REMOVED: "Take the seals and their entries from a backup.",
    Break.SEAL_REPEATED: "Compare the seals with those of a backup from before.",
    Break.BEGINNING_MISSING: "Only `xacthuc` deletes what is old, and signs that: take the beginning from a backup.",
    Break.TAIL_CUT: "If the database was restored from a backup, this is what was lost; say so in writing and begin a new"
    " file of checkpoints. If not, take the end from a backup.",
    Break.HISTORY_REWRITTEN: "Everything between was replaced and sealed anew: compare it with a backup from before.",
    Break.CHECKPOINT_FORGED: "Compare the file with another copy of it, or with the log lines `audit_checkpoint`.",
    Break.CHECKPOINT_UNREADABLE: "Half a line is what a crash leaves; it was written again. Anything else was done to it.",
    Break.CHECKPOINT_MISPLACED: "Checkpoints of a file only rise: compare it with another copy of it.",
    Break.CHECKPOINTS_MISSING: "Was the service or the volume of the checkpoints away then? If not, lines were taken from the"
    " file: compare it with another copy, or with the log lines `audit_checkpoint`.",
    Break.KEY_UNKNOWN: "If the key was rotated, add the new one of `xacthuc audit key` to the file. If not, somebody else"
    " signed.",
    Break.ENTRY_LATE: "Was the database or the sealer down then? If not, the entry was written into the past.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One break, and where."""

    kind: Break
    seal: int | None = None
    entry: int | None = None
    place: str = ""
    """The line of a file of checkpoints."""
    what: str = ""


@dataclass(kw_only=True)
class Report:
    """What came of it."""

    most: int = 1_000
    """Findings that are kept; all are counted."""
    findings: list[Finding] = field(default_factory=list)
    breaks: int = 0
    notes: int = 0
    seals: int = 0
    entries: int = 0
    checkpoints: int = 0
    """Those from outside that agree."""
    confirmed: int = 0
    """Of the last seal that one of them confirms: what comes behind is only chained."""
    waiting: int = 0
    """Entries that are not sealed yet."""

    @property
    def is_intact(self) -> bool:
        """Whether nothing is wrong."""
        return not self.breaks

    def add(self, finding: Finding) -> None:
        """Takes a finding."""
        if finding.kind in NOTES:
            self.notes += 1
        else:
            self.breaks += 1
        if len(self.findings) < self.most:
            self.findings.append(finding)


class Verification:
    """Give it the beginning, every seal with its entries, and the end."""

    def __init__(self, outside: Iterable[Placed] | None, trusted: Collection[bytes] | None, report: Report) -> None:
        """Takes checkpoints by rising numbers, and the public keys that may have signed them; None takes any key.

        Without checkpoints at all, `outside` is None: then none is missed.
        """
        self._trusted = trusted
        self.report = report
        self._misses = outside is not None
        # The first and the last seal behind the last checkpoint.
        self._unstated: tuple[Seal, Seal] | None = None
        self._outside: Iterator[Checkpoint] = self._believed(outside or ())
        self._next = next(self._outside, None)
        self._head = Head()
        self._ties = {self._head.chain}
        # Entries that were met in the table and not yet in a seal: as many as commit in another order than they began.
        self._unsealed: set[int] = set()

    def begin(self, statement: str) -> None:
        """Takes the signed statement of what was deleted for its age; not called where nothing was."""
        try:
            pruned = Checkpoint.read(statement)
        except CheckpointError:
            self._found(Break.BEGINNING_MISSING, seal=1, what="the statement of what was deleted is none")
            return
        if pruned.kind is not Kind.PRUNED or not self._is_believed(pruned, "the trail"):
            self._found(Break.BEGINNING_MISSING, seal=1, what=f"seals up to {pruned.number} missing, nothing says why")
        self._pass_over(pruned.number)
        self._stand(pruned.head, {pruned.chain})

    def check(self, seal: Seal, lines: Iterable[Line], met: Iterable[int] = ()) -> None:
        """Checks one seal and what it seals. `met` are ids in the table which no seal up to here was seen to hold."""
        if seal.number <= self._head.number:
            what = f"comes where seal {self._head.number + 1} should"
            self._found(Break.SEAL_REPEATED, seal=seal.number, what=what)
            return
        self._skip_to(seal)
        if not self._is_tied(seal):
            self._found(Break.SEAL_EDITED, seal=seal.number, what="is not what was chained")
        self._check_entries(seal, lines)
        self._unsealed.update(met)
        self._unsealed.difference_update(seal.ids)
        self.report.seals += 1
        # Of a seal whose chain alone was edited, the next one knows the true one.
        also = {seal.expected(tie) for tie in self._ties}
        self._unstated = (self._unstated[0] if self._unstated else seal, seal)
        self._stand(Head(number=seal.number, entries=seal.entries, chain=seal.chain), {seal.chain, *also})

    def end(self, met: Iterable[int], waiting: Iterable[int], waiting_count: int) -> None:
        """Takes what else was met, which of all that was met wait for the next seal, and how many wait in all."""
        self._unsealed.update(met)
        self.report.waiting = waiting_count
        for entry in sorted(self._unsealed.difference(waiting)):
            self._found(Break.ENTRY_INSERTED, entry=entry, what="is in the table, in no seal, and waits for none")
        if self._unstated is not None and self._next is None:
            self._miss(self._unstated[0], self._unstated[1].time)
        furthest = self._next
        for later in self._outside:
            furthest = later
        last = self._head.number
        if furthest is not None and furthest.number > last:
            known = f"a checkpoint of {furthest.time.isoformat()} knows seal {furthest.number}"
            self._found(Break.TAIL_CUT, seal=last + 1, what=f"the trail ends with seal {last}; {known}")

    def _skip_to(self, seal: Seal) -> None:
        missing = self._head.number + 1
        if seal.number == missing:
            return
        kind = Break.SEAL_REMOVED if self._head.number else Break.BEGINNING_MISSING
        span = f"seal {missing}" if seal.number == missing + 1 else f"seals {missing} to {seal.number - 1}"
        self._found(kind, seal=missing, what=f"{span} missing")
        told = self._pass_over(seal.number - 1)
        # What the seal was tied to is unknown unless a checkpoint tells: then it is taken at its word.
        self._head = Head(number=seal.number - 1, entries=seal.entries - len(seal.ids))
        self._ties = set() if told is None else {told.chain}

    def _is_tied(self, seal: Seal) -> bool:
        if self._head.entries + len(seal.ids) != seal.entries or len(seal.ids) != len(seal.digests):
            return False
        return not self._ties or seal.chain in {seal.expected(tie) for tie in self._ties}

    def _check_entries(self, seal: Seal, lines: Iterable[Line]) -> None:
        there = {line.id: line for line in lines}
        for entry, digest in zip(seal.ids, seal.digests, strict=False):
            line = there.pop(entry, None)
            self.report.entries += 1
            if line is None:
                early = " before it was sealed" if digest == GONE else ""
                self._found(Break.ENTRY_REMOVED, seal=seal.number, entry=entry, what=f"was deleted{early}")
            elif line.digest() != digest:
                self._found(Break.ENTRY_EDITED, seal=seal.number, entry=entry, what="is not what was sealed")
            elif seal.time - line.time > LATE:
                what = f"says {line.time.isoformat()} and was sealed {seal.time.isoformat()}"
                self._found(Break.ENTRY_LATE, seal=seal.number, entry=entry, what=what)
        for entry in there:
            self._found(Break.ENTRY_INSERTED, seal=seal.number, entry=entry, what="is not in the seal it came with")

    def _stand(self, head: Head, ties: set[bytes]) -> None:
        """Stands at `head`, and holds it against every checkpoint about it."""
        self._head, self._ties = head, ties
        while self._next is not None and self._next.number <= head.number:
            told, self._next = self._next, next(self._outside, None)
            if self._unstated is not None and told.kind is Kind.REACHED:
                self._miss(self._unstated[0], told.time)
                self._unstated = None
            if told.number < head.number:
                continue
            if told.head == head:
                self.report.checkpoints += 1
                self.report.confirmed = head.number
            else:
                since = f"after seal {self.report.confirmed}" if self.report.confirmed else "at any point before"
                what = f"is not what a checkpoint of {told.time.isoformat()} knows; it was replaced {since}"
                self._found(Break.HISTORY_REWRITTEN, seal=head.number, what=what)

    def _miss(self, seal: Seal, until: datetime) -> None:
        """Tells of a seal that no checkpoint was about until then, nor any seal behind it."""
        if self._misses and until - seal.time > LATE:
            what = f"no checkpoint from {seal.time.isoformat()} to {until.isoformat()}"
            self._found(Break.CHECKPOINTS_MISSING, seal=seal.number, what=what)

    def _pass_over(self, number: int) -> Checkpoint | None:
        """Leaves out checkpoints before a seal; returns one about it, if there is any."""
        while self._next is not None and self._next.number < number:
            self._next = next(self._outside, None)
        return self._next if self._next is not None and self._next.number == number else None

    def _believed(self, outside: Iterable[Placed]) -> Iterator[Checkpoint]:
        last: dict[str, int] = {}
        for placed in outside:
            checkpoint, file = placed.checkpoint, placed.place.rpartition(":")[0]
            if checkpoint is None:
                self._found(Break.CHECKPOINT_UNREADABLE, place=placed.place, what="is no checkpoint")
            elif self._is_believed(checkpoint, placed.place):
                if checkpoint.number < last.get(file, 0):
                    what = f"is about seal {checkpoint.number}, behind one about seal {last[file]}"
                    self._found(Break.CHECKPOINT_MISPLACED, place=placed.place, seal=checkpoint.number, what=what)
                last[file] = max(checkpoint.number, last.get(file, 0))
                yield checkpoint

    def _is_believed(self, checkpoint: Checkpoint, place: str) -> bool:
        if self._trusted is not None and checkpoint.public_key not in self._trusted:
            what = f"is signed with {checkpoint.key_id}, which is none of the keys given"
            self._found(Break.KEY_UNKNOWN, place=place, seal=checkpoint.number, what=what)
            return False
        if not checkpoint.is_signed():
            self._found(Break.CHECKPOINT_FORGED, place=place, seal=checkpoint.number, what="was not signed like this")
            return False
        return True

    def _found(
        self, kind: Break, *, seal: int | None = None, entry: int | None = None, place: str = "", what: str
    ) -> None:
        self.report.add(Finding(kind=kind, seal=seal, entry=entry, place=place, what=what))
