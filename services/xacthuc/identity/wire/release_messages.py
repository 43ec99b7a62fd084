"""Requests of authorities, as operators record and see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import release_admin_pb2 as pb2
from xacthuc.identity.domain.releases import Demanded, Field, ReleaseState
from xacthuc.identity.wire.common import (
    ACCOUNT_PREFIX,
    OPERATOR_PREFIX,
    instant,
    optional_timestamp,
    spaced,
    timestamp,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from xacthuc.identity.domain.releases import Release
    from xacthuc.identity.ports.releases import Handed

_FIELDS: Final = {field: pb2.Release.Field.Value(field.value) for field in Field}
_FIELDS_READ: Final = {number: field for field, number in _FIELDS.items()}
_STATES: Final = {state: pb2.Release.State.Value(state.value) for state in ReleaseState}


def demanded(request: pb2.RecordReleaseRequest) -> Demanded:
    """Reads what an authority asks for."""
    return Demanded(
        accounts=tuple(name[ACCOUNT_PREFIX:] for name in request.accounts),
        authority=spaced(request.authority),
        legal_basis=spaced(request.legal_basis),
        reference=spaced(request.reference),
        receive_time=instant(request.demand_time, "demand_time"),
        emergency=request.emergency,
        fields=tuple(_FIELDS_READ[number] for number in request.fields),
    )


def release(kept: Release, now: datetime) -> pb2.Release:
    """Renders a request in the state it is in by now."""
    asked, made, fetched = kept.demanded, kept.made, kept.fetched
    return pb2.Release(
        name=f"platforms/{kept.platform}/releases/{kept.release_id}",
        accounts=[f"accounts/{account_id}" for account_id in asked.accounts],
        authority=asked.authority,
        legal_basis=asked.legal_basis,
        reference=asked.reference,
        demand_time=timestamp(asked.receive_time),
        emergency=asked.emergency,
        due_time=timestamp(kept.due_time),
        requested_fields=_numbers(asked.fields),
        state=_STATES[kept.state_at(now)],
        create_time=timestamp(kept.create_time),
        approval="" if made is None else f"approvals/{made.approval}",
        proposer="" if made is None else f"{OPERATOR_PREFIX}{made.proposer}",
        approver="" if made is None else f"{OPERATOR_PREFIX}{made.approver}",
        released_fields=() if made is None else _numbers(made.fields),
        make_time=None if made is None else timestamp(made.time),
        fetch_expire_time=None if made is None else timestamp(made.fetch_until),
        release_time=None if fetched is None else timestamp(fetched.time),
        releaser="" if fetched is None else f"{OPERATOR_PREFIX}{fetched.operator}",
        close_time=optional_timestamp(kept.close_time),
        close_reason=kept.close_reason,
    )


def handed(answer: Handed, now: datetime) -> pb2.FetchReleaseResponse:
    """Renders a document with its request."""
    fetched = answer.release.fetched
    return pb2.FetchReleaseResponse(
        release=release(answer.release, now),
        json=answer.document,
        repeat_expire_time=None if fetched is None else timestamp(fetched.repeat_until),
    )


def _numbers(fields: Iterable[Field]) -> list[pb2.Release.Field.ValueType]:
    return [_FIELDS[field] for field in fields]
