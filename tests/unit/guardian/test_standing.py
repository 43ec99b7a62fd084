"""What a guardian may have lost since, as the policy asks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from xacthuc.guardian.domain.life import AgeBand, Assurance, Holder
from xacthuc.guardian.ports.people import Unfit
from xacthuc.guardian.usecases.standing import lapse
from xacthuc.policy import Policy

POLICY = Policy.load()
FIT = Holder(in_use=True, band=AgeBand.ADULT, assurance=Assurance.PHONE)


@pytest.mark.rule("R21")
@pytest.mark.parametrize(
    ("holder", "lost"),
    [
        (FIT, None),
        (FIT._replace(assurance=Assurance.PERSONAL_ID), None),
        (FIT._replace(assurance=None), Unfit.NOT_VERIFIED),
        (FIT._replace(in_use=False), Unfit.CLOSED),
        (FIT._replace(locked=True), Unfit.LOCKED),
    ],
    ids=["phone", "personal-id", "nothing-proven", "closed", "locked"],
)
def test_what_was_lost_is_named(holder: Holder, lost: Unfit | None) -> None:
    assert lapse(holder, POLICY) is lost


def test_a_policy_that_lets_the_locked_answer_is_followed() -> None:
    rules = replace(POLICY.guardianship, locked_answers=True)

    assert lapse(FIT._replace(locked=True), replace(POLICY, guardianship=rules)) is None


def test_a_policy_that_asks_for_a_personal_id_is_followed() -> None:
    policy = replace(POLICY, guardianship=replace(POLICY.guardianship, min_assurance="PERSONAL_ID"))

    assert lapse(FIT, policy) is Unfit.NOT_ASSURED
    assert lapse(FIT._replace(assurance=Assurance.PERSONAL_ID), policy) is None
