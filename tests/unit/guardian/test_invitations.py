"""Which numbers nobody is invited by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
from guardian_families import families

from xacthuc.grpckit.errors import FailedPrecondition, InvalidRequest
from xacthuc.guardian.commands import RequestLink
from xacthuc.guardian.domain.relations import Relation
from xacthuc.guardian.usecases.invitations import request_link

NOBODY = cast("Any", None)
"""Neither a database nor another service is asked about them."""


@pytest.mark.parametrize(
    ("number", "reason"),
    [("0992 000 050", "SANDBOX_ONLY"), ("+84992000009", "SANDBOX_ONLY"), ("024 3825 1234", "INVALID_FIELDS")],
    ids=["sandbox", "sandbox-unanswered", "fixed-line"],
)
async def test_a_number_that_nobody_can_answer_by_is_refused_in_production(number: str, reason: str) -> None:
    made = families(NOBODY)
    production = replace(made.guardian, development=False)
    command = RequestLink(
        order=made.order("RequestLink"),
        child_id="be",
        account_id=None,
        phone_number=number,
        relation=Relation.MOTHER,
        device_id="",
    )

    with pytest.raises((FailedPrecondition, InvalidRequest)) as refused:
        await request_link(production, command, NOBODY)

    assert refused.value.reason == reason
