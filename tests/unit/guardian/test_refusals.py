"""Whoever is refused is told why and what to do next, whatever the cause."""

from __future__ import annotations

from datetime import timedelta

import pytest

from xacthuc.grpckit.errors import FailedPrecondition, InvalidRequest, LimitExceeded, XacthucError
from xacthuc.grpckit.reasons import Reason
from xacthuc.guardian.domain.family import Objection
from xacthuc.guardian.domain.life import AgeBand, Holder
from xacthuc.guardian.domain.links import State
from xacthuc.guardian.ports.links import Disputed, Limited, NotAnswering, WrongState
from xacthuc.guardian.ports.people import Unfit
from xacthuc.guardian.usecases.refusals import linked, unfit, ward_band, wrong_state
from xacthuc.policy import NextStep

STEPS = {step.value for step in NextStep}


def refusal(done: object) -> XacthucError:
    with pytest.raises(XacthucError) as refused:
        linked(done, "l1", by="approving_link")  # type: ignore[arg-type]  # whatever a port may answer
    return refused.value


@pytest.mark.rule("R17")
@pytest.mark.parametrize("cause", Unfit)
def test_who_cannot_answer_for_a_child_is_told_why_and_what_is_next(cause: Unfit) -> None:
    said = unfit(cause, "l1")

    assert (said.reason, said.metadata["cause"], said.metadata["link"]) == (Reason.GUARDIAN_UNFIT, cause.value, "l1")
    assert said.metadata["next_step"] in STEPS


@pytest.mark.rule("R18")
@pytest.mark.parametrize("objection", Objection)
def test_who_does_not_fit_beside_others_is_told_so(objection: Objection) -> None:
    said = refusal(objection)

    assert (said.reason, said.metadata["cause"]) == (Reason.GUARDIAN_LIMIT, objection.value)
    assert said.metadata["next_step"] in STEPS


@pytest.mark.parametrize("state", State)
def test_a_link_that_stands_elsewhere_says_where_and_what_is_next(state: State) -> None:
    said = wrong_state(state)

    assert (type(said), said.reason) == (FailedPrecondition, Reason.LINK_STATE)
    assert said.metadata["state"] == state.value
    assert said.metadata["next_step"] in STEPS
    assert refusal(WrongState(state)).metadata == said.metadata


def test_a_link_that_there_is_not_is_not_found() -> None:
    assert refusal(WrongState(None)).reason is Reason.LINK_NOT_FOUND


@pytest.mark.parametrize(
    ("done", "kind", "reason"),
    [
        (Disputed("l2", State.ACTIVE), FailedPrecondition, Reason.LINK_STATE),
        (NotAnswering(), InvalidRequest, Reason.INVALID_FIELDS),
        (Limited("link_repeats", timedelta(days=1)), LimitExceeded, Reason.LIMIT_EXCEEDED),
        (Limited("link_confirmations"), LimitExceeded, Reason.LIMIT_EXCEEDED),
    ],
    ids=["disputed", "not-answering", "repeats", "confirmations"],
)
def test_what_else_speaks_against_it_is_of_its_kind(done: object, kind: type[XacthucError], reason: Reason) -> None:
    said = refusal(done)

    assert (type(said), said.reason) == (kind, reason)


@pytest.mark.rule("R15")
@pytest.mark.parametrize(
    ("holder", "step"),
    [
        (Holder(in_use=True, band=None), NextStep.COMPLETE_DETAILS),
        (Holder(in_use=True, band=AgeBand.BELOW_CAPACITY), NextStep.VERIFY_PHONE),
        (Holder(in_use=True, band=AgeBand.ADULT), NextStep.VERIFY_PHONE),
    ],
    ids=["unknown", "sixteen", "adult"],
)
def test_nobody_comes_to_answer_for_who_is_no_child(holder: Holder, step: NextStep) -> None:
    with pytest.raises(FailedPrecondition) as refused:
        ward_band(holder)

    assert (refused.value.reason, refused.value.metadata["next_step"]) == (Reason.ACCOUNT_STATE, step.value)
