"""The audit trail on the operator's side: had from the service or a file, and verified here, believing neither."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xacthuc.audit.checkpoints import CheckpointError, read_keys
from xacthuc.audit.outside import read_all
from xacthuc.audit.verification import ADVICE, Report, Verification
from xacthuc.cli.adapters import audit_admin_client as admin
from xacthuc.cli.failure import EXIT_USAGE, CommandFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from xacthuc.audit.outside import Placed
    from xacthuc.cli.session import Service


def exported(service: Service, after_seal: int = 0) -> Iterator[Any]:
    """Yields all parts of the trail behind a seal; goes on where the service ends a stream, as it does each half hour."""
    after_entry: int | None = None
    while True:
        for part in service.messages(admin.export(after_seal, after_entry)):
            yield part
            if part.HasField("end"):
                return
            if part.HasField("seal"):
                after_seal = part.seal.number
                after_entry = max([*part.seal.entry_ids, *([] if after_entry is None else [after_entry])])


def filed(path: Path) -> Iterator[Any]:
    """Yields the parts of an exported file; CommandFailed when it is none, or not all of one."""
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                part = _part(line, f"{path}, line {number}")
                yield part
                if part.HasField("end"):
                    return
    except OSError as error:
        raise _unusable(f"{path} cannot be read: {error.strerror}") from None
    raise _unusable(f"{path} ends in the middle of a trail; export it again")


def verified(
    parts: Iterable[Any],
    outside: Iterable[Placed] | None,
    trusted: frozenset[bytes] | None,
    tell: Callable[[Report], None],
) -> Report:
    """Verifies what comes; `tell` hears of the state after each seal. Without `outside` only the chain is checked."""
    verification = Verification(outside, trusted, Report())
    for part in parts:
        if part.pruned:
            verification.begin(part.pruned)
        elif part.HasField("seal"):
            verification.check(admin.seal_of(part.seal), map(admin.line_of, part.entries), part.met_entry_ids)
            tell(verification.report)
        elif part.HasField("end"):
            verification.end(part.met_entry_ids, part.end.waiting_entry_ids, part.end.waiting_count)
    return verification.report


def keys_in(path: Path) -> frozenset[bytes]:
    """Reads the public keys in a file; CommandFailed when it holds none."""
    try:
        return read_keys(path.read_text("ascii"))
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(f"{path} cannot be read as a file of keys ({type(error).__name__})") from None
    except CheckpointError as error:
        raise _unusable(f"{path}: {error}") from None


def checkpoints_in(directory: Path) -> Iterator[Placed]:
    """Yields the checkpoints in a directory; CommandFailed when it cannot be read."""
    try:
        yield from read_all(directory)
    except OSError as error:
        raise _unusable(f"{directory} cannot be read: {error.strerror}") from None


def signers_in(directory: Path) -> frozenset[bytes]:
    """Returns whoever signed anything in a directory: who is believed when nobody says whom to believe."""
    told = (placed.checkpoint for placed in checkpoints_in(directory))
    return frozenset(checkpoint.public_key for checkpoint in told if checkpoint is not None)


def as_json(report: Report) -> dict[str, Any]:
    """Returns what was found, for programs."""
    return {
        "intact": report.is_intact,
        "seals": report.seals,
        "entries": report.entries,
        "waiting": report.waiting,
        "checkpoints": report.checkpoints,
        "confirmed_seal": report.confirmed,
        "breaks": report.breaks,
        "notes": report.notes,
        "findings": [
            {
                "kind": each.kind.value,
                "seal": each.seal,
                "entry": each.entry,
                "place": each.place,
                "what": each.what,
                "advice": ADVICE[each.kind],
            }
            for each in report.findings
        ],
    }


def _part(line: str, place: str) -> Any:
    try:
        return admin.read(line)
    except ValueError as error:
        raise _unusable(f"{place}: {error}") from None


def _unusable(message: str) -> CommandFailed:
    return CommandFailed(message, exit_status=EXIT_USAGE)
