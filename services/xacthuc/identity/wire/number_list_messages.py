"""Lists of numbers, as operators tell of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.api.identity.v1 import reconciliation_admin_pb2 as pb2
from xacthuc.grpckit.errors import FieldFault, InvalidRequest
from xacthuc.identity.domain.number_lists import Batch, ListedNumber, NumberList, RowOutcome
from xacthuc.identity.domain.reconciliation import Verdicts
from xacthuc.identity.wire.common import instant, optional_timestamp, timestamp
from xacthuc.identity.wire.reconciliation_messages import KIND_VALUES, KINDS, MATCHES
from xacthuc.identity.wire.retention_messages import last_of

if TYPE_CHECKING:
    from datetime import datetime

    from xacthuc.identity.commands import Order


def begun(request: pb2.ImportFindingsRequest, order: Order, now: datetime) -> NumberList:
    """Reads which list a request is of, as it is when it begins."""
    return NumberList(
        list_id=last_of(request.name),
        digest=request.digest,
        kind=KINDS[request.kind],
        source=request.source,
        dry_run=request.dry_run,
        actor=order.actor,
        create_time=now,
        update_time=now,
    )


def batch(request: pb2.ImportFindingsRequest, now: datetime) -> Batch:
    """Reads the rows; InvalidRequest naming those that are none of the batch, come twice, or were seen in the future."""
    faults: list[FieldFault] = []
    expected = 0
    rows = []
    for place, row in enumerate(request.numbers):
        offset, seen = f"numbers[{place}].offset", f"numbers[{place}].observe_time"
        if not expected <= row.offset < request.row_count:
            faults.append(
                FieldFault(offset, "must be below row_count, and above that of the row before", "OUT_OF_ORDER")
            )
        observed = instant(row.observe_time, seen)
        if observed > now:
            faults.append(FieldFault(seen, "must not be in the future", "IN_THE_FUTURE"))
        expected = row.offset + 1
        rows.append((request.first_row + row.offset, _listed(row, observed)))
    if faults:
        raise InvalidRequest(*faults)
    return Batch(
        first_row=request.first_row, row_count=request.row_count, numbers=tuple(rows), complete=request.complete
    )


def number_list(of: NumberList) -> pb2.NumberList:
    """Renders a list."""
    return pb2.NumberList(
        name=f"numberLists/{of.list_id}",
        digest=of.digest,
        kind=KIND_VALUES[of.kind],
        source=of.source,
        dry_run=of.dry_run,
        actor=of.actor,
        row_count=of.row_count,
        rejected_count=of.outcome_count(RowOutcome.REJECTED),
        unknown_count=of.outcome_count(RowOutcome.UNKNOWN),
        nothing_count=of.outcome_count(RowOutcome.NOTHING),
        note_count=of.outcome_count(RowOutcome.NOTE),
        reverify_count=of.outcome_count(RowOutcome.REVERIFY),
        restrict_count=of.outcome_count(RowOutcome.RESTRICT),
        changed_count=of.tally.of("CHANGED"),
        create_time=timestamp(of.create_time),
        update_time=timestamp(of.update_time),
        complete_time=optional_timestamp(of.complete_time),
    )


def _listed(row: pb2.ListedNumber, observed: datetime) -> ListedNumber:
    return ListedNumber(
        number=row.phone_number,
        observe_time=observed,
        verdicts=Verdicts(
            full_name=MATCHES[row.full_name],
            birth_date=MATCHES[row.birth_date],
            personal_id=MATCHES[row.personal_id],
        ),
        sim_count=row.sim_count,
    )
