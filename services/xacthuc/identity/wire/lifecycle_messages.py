"""Corrections and the end of accounts, and lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import service_pb2
from xacthuc.identity.commands import CorrectAccount, EndAccount
from xacthuc.identity.domain.account import ConsentKind
from xacthuc.identity.wire.common import ACCOUNT_PREFIX, calendar_date, order, spaced, timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xacthuc.grpckit.call import Call
    from xacthuc.identity.ports.lifecycle import ConsentRecord

_CONSENTS: Final = {kind: service_pb2.ConsentRecord.Kind.Value(kind.value) for kind in ConsentKind}


def correct_account(request: service_pb2.CorrectAccountRequest, call: Call) -> CorrectAccount:
    """Reads a correction."""
    return CorrectAccount(
        order=order(request, call, call.platform),
        account_id=request.name[ACCOUNT_PREFIX:],
        full_name=spaced(request.full_name),
        birth_date=calendar_date(request.birth_date) if request.HasField("birth_date") else None,
    )


def end_account(request: service_pb2.CloseAccountRequest | service_pb2.EraseAccountRequest, call: Call) -> EndAccount:
    """Reads a closure or an erasure."""
    return EndAccount(order=order(request, call, call.platform), account_id=request.name[ACCOUNT_PREFIX:])


def consents(records: Sequence[ConsentRecord]) -> service_pb2.ListConsentsResponse:
    """Renders what was agreed to."""
    return service_pb2.ListConsentsResponse(
        consents=[
            service_pb2.ConsentRecord(
                kind=_CONSENTS[record.kind],
                text_version=record.text_version,
                accept_time=timestamp(record.accept_time),
                record_time=timestamp(record.record_time),
            )
            for record in records
        ]
    )
