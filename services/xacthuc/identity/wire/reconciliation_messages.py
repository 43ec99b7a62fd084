"""Runs over accounts that stand on a number and what they found, as operators tell of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import reconciliation_admin_pb2 as pb2
from xacthuc.grpckit.errors import FieldFault, InvalidRequest
from xacthuc.identity.domain.reconciliation import (
    NOBODY_SAYS,
    NOTHING_KNOWN,
    Checked,
    FindingKind,
    Match,
    RunState,
    Source,
    compared,
)
from xacthuc.identity.wire.common import optional_timestamp, timestamp
from xacthuc.policy import FindingAction

if TYPE_CHECKING:
    from xacthuc.identity.domain.reconciliation import Run, Tally, Verdicts
    from xacthuc.identity.ports.reconciliation import Found, Key

_SOURCES: Final = {source: pb2.Reconciliation.Source.Value(source.value) for source in Source}
SOURCES: Final = {number: source for source, number in _SOURCES.items()}
_STATES: Final = {state: pb2.Reconciliation.State.Value(state.value) for state in RunState}
KIND_VALUES: Final = {kind: pb2.Finding.Kind.Value(kind.value) for kind in FindingKind}
KINDS: Final = {number: kind for kind, number in KIND_VALUES.items()}
_ACTIONS: Final = {action: pb2.Finding.Action.Value(action.value) for action in FindingAction}
_MATCHES: Final = {match: pb2.Finding.Match.Value(match.value) for match in Match}
MATCHES: Final = {
    **{number: match for match, number in _MATCHES.items()},
    pb2.Finding.MATCH_UNSPECIFIED: Match.UNKNOWN,
}
_KEY_PARTS: Final = 4


def reconciliation(run: Run) -> pb2.Reconciliation:
    """Renders a run."""
    return pb2.Reconciliation(
        name=f"reconciliations/{run.run_id}",
        platform=f"platforms/{run.platform}" if run.platform else "",
        sources=[_SOURCES[source] for source in run.sources],
        dry_run=run.dry_run,
        rate_per_second=run.per_second,
        state=_STATES[run.state],
        actor=run.actor,
        failure=run.failure,
        account_count=run.account_count or 0,
        counts=counts(run.tally),
        create_time=timestamp(run.create_time),
        update_time=timestamp(run.update_time),
        end_time=optional_timestamp(run.end_time),
    )


def counts(tally: Tally) -> pb2.Reconciliation.Counts:
    """Renders what a run counted."""
    return pb2.Reconciliation.Counts(
        checked_count=tally.of("CHECKED"),
        matched_count=tally.of(Checked.MATCHED),
        found_count=tally.of(Checked.FOUND),
        unknown_count=tally.of(Checked.UNKNOWN),
        skipped_count=tally.of(Checked.SKIPPED),
        changed_count=tally.of("CHANGED"),
        findings=[
            pb2.Reconciliation.Counts.FindingCount(kind=KIND_VALUES[kind], action=_ACTIONS[action], count=count)
            for kind in FindingKind
            for action in FindingAction
            if (count := tally.of(f"{kind}/{action}"))
        ],
        fields=[
            pb2.Reconciliation.Counts.FieldCount(field=name, match=_MATCHES[match], count=count, side=side)
            for side in ("", *(side for side, _ in NOBODY_SAYS.each()))
            for name, _ in NOTHING_KNOWN.each()
            for match in Match
            if (count := tally.of(compared(side, name, match)))
        ],
    )


def finding(found: Found) -> pb2.Finding:
    """Renders a finding."""
    return pb2.Finding(
        account=f"platforms/{found.platform}/accounts/{found.account_id}",
        kind=KIND_VALUES[found.kind],
        source=found.source,
        observe_time=timestamp(found.observe_time),
        **_spelled(found.verdicts),
        subscriber=pb2.Finding.Comparison(**_spelled(found.sides.subscriber)),
        identity=pb2.Finding.Comparison(**_spelled(found.sides.identity)),
        action=_ACTIONS[found.action],
        applied=found.applied,
        create_time=timestamp(found.create_time),
    )


def _spelled(verdicts: Verdicts) -> dict[str, pb2.Finding.Match.ValueType]:
    return {name: _MATCHES[match] for name, match in verdicts.each()}


def page_token(key: Key | None) -> str:
    """Renders where the next page begins."""
    return "" if key is None else "/".join(key)


def key_of(token: str) -> Key | None:
    """Reads where a page begins; InvalidRequest for what is no token of ours."""
    if not token:
        return None
    parts = token.split("/", _KEY_PARTS - 1)
    if len(parts) != _KEY_PARTS:
        raise InvalidRequest(FieldFault("page_token", "must be one that this service gave, unchanged", "NOT_OURS"))
    platform, account_id, kind, source = parts
    return platform, account_id, kind, source
