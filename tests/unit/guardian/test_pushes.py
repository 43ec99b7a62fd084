"""What a refusal of identity ends, said as identity says it."""

from __future__ import annotations

import pytest

from xacthuc.grpckit.errors import FailedPrecondition
from xacthuc.grpckit.reasons import Reason
from xacthuc.guardian.adapters.pushes import ends_by
from xacthuc.guardian.domain.links import EndCause
from xacthuc.identity.domain.guardianship import GuardianRefusal, Unfit, WardRefusal
from xacthuc.identity.usecases.guardianships import refused


@pytest.mark.rule("R22")
@pytest.mark.parametrize(
    ("refusal", "cause"),
    [(WardRefusal.CLOSED, EndCause.CHILD_CLOSED), (WardRefusal.NOT_A_CHILD, EndCause.CAME_OF_AGE)],
)
def test_a_child_that_is_none_any_more_ends_every_link(refusal: WardRefusal, cause: EndCause) -> None:
    said = refused(refusal)

    assert isinstance(said, FailedPrecondition)
    assert ends_by(said) == (cause, None)


@pytest.mark.rule("R17")
@pytest.mark.parametrize("unfit", Unfit)
def test_a_guardian_who_may_not_ends_their_own_link_alone(unfit: Unfit) -> None:
    said = refused(GuardianRefusal("links/be-me", unfit))

    assert isinstance(said, FailedPrecondition)
    assert ends_by(said) == (EndCause.GUARDIAN_STANDING, "be-me")


@pytest.mark.parametrize("reason", [Reason.GUARDIAN_UNFIT, Reason.LINK_STATE])
def test_what_names_nothing_ends_nothing(reason: Reason) -> None:
    assert ends_by(FailedPrecondition(reason, "of a newer identity")) is None
