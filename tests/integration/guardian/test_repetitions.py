"""A call that is repeated while its first run is under way gets that run's answer, whichever moment it comes at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest
from guardian_invitations import OTHER, confirm, invite, taken_on

from xacthuc.grpckit.errors import FailedPrecondition
from xacthuc.guardian.adapters.sql_links import SqlLinks
from xacthuc.guardian.commands import BirthDate, ByGuardian, ConfirmLink, Person
from xacthuc.guardian.domain.links import State
from xacthuc.guardian.domain.relations import Relation
from xacthuc.guardian.usecases.confirmations import approve_link, confirm_link

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CALL = cast("Any", None)
"""No other service is asked: the first run has done so."""


class Overtaken(SqlLinks):
    """The shipped adapter, with a first run that commits as soon as somebody has looked for its answer."""

    def __init__(self, family: Any, first_run: Callable[[], Awaitable[object]]) -> None:
        super().__init__(family.engine, family.requests)
        self._first_run: Callable[[], Awaitable[object]] | None = first_run

    async def answered(self, order: Any) -> Any:
        seen = await super().answered(order)
        if self._first_run is not None:
            run, self._first_run = self._first_run, None
            await run()
        return seen


def overtaken(family: Any, first_run: Callable[[], Awaitable[object]]) -> Any:
    return replace(family.guardian, links=Overtaken(family, first_run))


def confirmation(order: Any, link: Any) -> ConfirmLink:
    return ConfirmLink(
        order=order,
        link=link.link,
        proof_token="proof",
        person=Person(full_name="Trần Thị Mẹ", birth_date=BirthDate(year=1985, month=5, day=5)),
        declaration=cast("Any", None),
    )


@pytest.mark.rule("R16")
async def test_a_confirmation_whose_first_run_is_under_way_gets_its_answer(family):
    link = await invite(family)
    order = family.order("ConfirmLink", "the same")

    async def first_run() -> None:
        await confirm(family, link, "me", order=order)

    again = await confirm_link(overtaken(family, first_run), confirmation(order, link), CALL)

    assert (again.state, again.guardian_id) == (State.ACTIVE, "me")


async def test_another_confirmation_that_comes_too_late_is_told_so(family):
    link = await invite(family)

    async def somebody_elses() -> None:
        await confirm(family, link, "me")

    late = confirmation(family.order("ConfirmLink", "another"), link)
    with pytest.raises(FailedPrecondition) as refused:
        await confirm_link(overtaken(family, somebody_elses), late, CALL)

    assert refused.value.metadata["state"] == "ACTIVE"


@pytest.mark.rule("R18")
async def test_an_approval_whose_first_run_is_under_way_gets_its_answer(family):
    mother = await taken_on(family, "be", "me")
    father = await taken_on(family, "be", "bo", number=OTHER, relation=Relation.FATHER)
    order = family.order("ApproveLink", "the same")

    async def first_run() -> None:
        await family.guardian.invitations.approve(order, father.link, mother.link, 5, family.clock.now())

    command = ByGuardian(order=order, link=father.link, by=mother.link)
    again = await approve_link(overtaken(family, first_run), command, CALL)

    assert again.state is State.ACTIVE
