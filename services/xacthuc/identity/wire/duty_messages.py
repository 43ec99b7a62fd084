"""Demands of data subjects and breaches, as operators tell of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.api.identity.v1 import duty_admin_pb2 as pb2
from xacthuc.identity.domain.cases import CaseKind
from xacthuc.identity.domain.duties import Demand, Draft, Step, notice
from xacthuc.identity.wire.common import optional_timestamp, spaced, timestamp

if TYPE_CHECKING:
    from xacthuc.identity.domain.cases import Case
    from xacthuc.identity.domain.duties import Breach, SubjectRequest

_DEMANDS: Final = {demand: pb2.SubjectRequest.Demand.Value(demand.value) for demand in Demand}
DEMANDS: Final = {number: demand for demand, number in _DEMANDS.items()}
_KINDS: Final = {kind: pb2.Case.Kind.Value(kind.value) for kind in CaseKind}
KINDS: Final = {number: kind for kind, number in _KINDS.items()}
STEPS: Final = {pb2.AdvanceSubjectRequestRequest.Step.Value(step.value): step for step in Step}


def request(kept: SubjectRequest) -> pb2.SubjectRequest:
    """Renders a demand."""
    return pb2.SubjectRequest(
        name=f"platforms/{kept.platform}/subjectRequests/{kept.request_id}",
        account=f"accounts/{kept.account_id}",
        demand=_DEMANDS[kept.demand],
        elsewhere=kept.elsewhere,
        demand_time=timestamp(kept.receive_time),
        acknowledge_due_time=timestamp(kept.acknowledge_due_time),
        acknowledge_time=optional_timestamp(kept.acknowledge_time),
        due_time=timestamp(kept.due_time),
        extend_time=optional_timestamp(kept.extend_time),
        extend_reason=kept.extend_reason,
        end_time=optional_timestamp(kept.end_time),
        refusal_basis=kept.refusal_basis,
    )


def case(kept: Case) -> pb2.Case:
    """Renders an order or a complaint."""
    return pb2.Case(
        name=f"platforms/{kept.platform}/cases/{kept.case_id}",
        kind=_KINDS[kept.kind],
        reference=kept.reference,
        emergency=kept.emergency,
        demand_time=timestamp(kept.receive_time),
        due_time=timestamp(kept.due_time),
        close_time=optional_timestamp(kept.close_time),
        outcome=kept.outcome,
    )


def draft(given: pb2.Breach.Draft) -> Draft:
    """Reads what a notice says."""
    return Draft(
        nature=spaced(given.nature),
        data_kinds=spaced(given.data_kinds),
        subject_count=given.subject_count,
        consequences=spaced(given.consequences),
        measures=spaced(given.measures),
        contact=spaced(given.contact),
    )


def breach(kept: Breach) -> pb2.Breach:
    """Renders a breach with its notice."""
    told = kept.draft
    return pb2.Breach(
        name=f"breaches/{kept.breach_id}",
        detect_time=timestamp(kept.detect_time),
        due_time=timestamp(kept.due_time),
        draft=pb2.Breach.Draft(
            nature=told.nature,
            data_kinds=told.data_kinds,
            subject_count=told.subject_count,
            consequences=told.consequences,
            measures=told.measures,
            contact=told.contact,
        ),
        notice_vi=notice(kept),
        notify_time=optional_timestamp(kept.notify_time),
        reference=kept.reference,
    )
