"""What operators do about runs over accounts that stand on a number (R30, R31). The work itself goes on beside the calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from xacthuc.grpckit.errors import FailedPrecondition, FieldFault, InvalidRequest, NotFound
from xacthuc.grpckit.reasons import Reason
from xacthuc.identity.domain.reconciliation import Run, RunState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.reconciliation import FindingKind, Source
    from xacthuc.identity.ports.reconciliation import Found, Key
    from xacthuc.identity.usecases.identity import Identity

T = TypeVar("T")

_INSTEAD: Final[Mapping[RunState, str]] = {
    RunState.RUNNING: "it is at work, or waits for its turn; wait for its end",
    RunState.COMPLETED: "it checked every account; start another one to ask again",
    RunState.CANCELED: "somebody ended it; start another one",
}
"""What to do about a run that did not fail, in place of taking it up again."""


async def start(identity: Identity, order: Order, sources: Sequence[Source], per_second: int, *, dry_run: bool) -> Run:
    """Keeps a run, to be taken up by whichever process is at it."""
    most = identity.policy.reconciliation.most_per_second
    if per_second > most:
        raise InvalidRequest(
            FieldFault(
                "rate_per_second", f"must be at most {most}, the policy's `reconciliation.most_per_second`", "TOO_FAST"
            )
        )
    _require_operators(identity, sources)
    now = identity.clock.now()
    run = Run(
        run_id=order.request_id,
        platform=order.platform,
        sources=tuple(sources),
        dry_run=dry_run,
        per_second=per_second or most,
        actor=order.actor,
        create_time=now,
        update_time=now,
    )
    kept = await identity.shield.finish(identity.reconciliations.start(order, run))
    if kept is None:
        raise NotFound(Reason.PLATFORM_NOT_FOUND, "no such platform; `xacthuc platforms list` shows those there are")
    return kept


async def get(identity: Identity, run_id: str) -> Run:
    """Returns a run with what it counted so far."""
    return _there(await identity.reconciliations.get(run_id))


async def list_runs(identity: Identity, after: str, limit: int) -> tuple[list[Run], str]:
    """Returns a page of runs, and what to ask the next page with; empty at the end."""
    found = await identity.reconciliations.runs(after, limit + 1)
    return found[:limit], found[limit - 1].run_id if len(found) > limit else ""


async def cancel(identity: Identity, order: Order, run_id: str) -> Run:
    """Ends a run where it is."""
    work = identity.reconciliations.cancel(order, run_id, identity.clock.now())
    return _there(await identity.shield.finish(work))


async def resume(identity: Identity, order: Order, run_id: str) -> Run:
    """Takes a run that failed up again where it was; FailedPrecondition for one that did not fail."""
    known = await get(identity, run_id)
    if known.state is RunState.FAILED:
        _require_operators(identity, known.sources)
    run, resumed = _there(
        await identity.shield.finish(identity.reconciliations.resume(order, run_id, identity.clock.now()))
    )
    if not resumed:
        raise FailedPrecondition(Reason.RECONCILIATION_STATE, _INSTEAD[run.state], metadata={"state": run.state.value})
    return run


async def list_findings(
    identity: Identity, run_id: str, kind: FindingKind | None, after: Key | None, limit: int
) -> tuple[list[Found], Key | None]:
    """Returns a page of what a run or a list found, and behind which one the next page begins; None at the end."""
    if await identity.number_lists.get(run_id) is None:
        _there(await identity.reconciliations.get(run_id))
    found = await identity.reconciliations.findings(run_id, kind, after, limit + 1)
    return found[:limit], found[limit - 1].key if len(found) > limit else None


def _require_operators(identity: Identity, sources: Iterable[Source]) -> None:
    for source in sources:
        if not identity.providers.answering(source):
            raise FailedPrecondition(
                Reason.OPERATOR_NOT_CONFIGURED,
                "no operator is configured that answers this; describe one in XACTHUC_EID_DIRECTORY",
                metadata={"source": source.value},
            )


def _there(found: T | None) -> T:
    if found is None:
        raise NotFound(Reason.RECONCILIATION_NOT_FOUND, "none by that name is on record; list those there are")
    return found
