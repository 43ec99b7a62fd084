"""What speaks against a link, over mutual TLS: an officer opens and decides it, and the child's gate follows."""

from __future__ import annotations

from uuid import uuid4

import pytest
from google.type.date_pb2 import Date
from guardian_process import GuardianProcess
from guardian_service import Household
from identity_service import NUMBER, Api, reason_of, refusal
from trails import verified

from xacthuc.api.guardian.v1 import admin_pb2, resources_pb2
from xacthuc.api.identity.v1 import resources_pb2 as identity_pb2
from xacthuc.api.identity.v1 import service_pb2 as accounts_pb2
from xacthuc.grpckit.reasons import Reason

Dispute = admin_pb2.Dispute


class Case:
    """A link that answers for a child, and what an officer does about it."""

    def __init__(self, home: Household, link: str) -> None:
        self.home, self.link = home, link

    async def open(self) -> Dispute:
        request = admin_pb2.OpenDisputeRequest(
            link=f"platforms/{self.home.name}/links/{self.link}",
            cause=Dispute.CONTESTED,
            basis="letter 3",
            request_id=str(uuid4()),
        )
        return await self.home.officer.OpenDispute(request, timeout=10)

    async def resolve(self, name: str, decision: admin_pb2.ResolveDisputeRequest.Decision.ValueType) -> Dispute:
        request = admin_pb2.ResolveDisputeRequest(
            name=name, decision=decision, basis="court 7/2026", request_id=str(uuid4())
        )
        return await self.home.officer.ResolveDispute(request, timeout=10)

    async def listed(self, *, resolved: bool) -> list[str]:
        request = admin_pb2.ListDisputesRequest(parent=f"platforms/{self.home.name}", show_resolved=resolved)
        return [each.name for each in (await self.home.officer.ListDisputes(request, timeout=10)).disputes]

    async def causes(self) -> list[Dispute.Cause.ValueType]:
        request = admin_pb2.ListDisputesRequest(parent=f"platforms/{self.home.name}")
        return [each.cause for each in (await self.home.officer.ListDisputes(request, timeout=10)).disputes]

    async def reason(self) -> identity_pb2.Decision.Reason.ValueType:
        return (await self.home.accounts.check("be", identity_pb2.SHARE)).reason


@pytest.fixture
async def case(api: Api, home: Household, eventually) -> Case:
    await home.accounts.register("be", born=(2015, 1, 2))
    await home.accounts.register("me")
    await home.accounts.verify("me", api.otp.prove(NUMBER, "me"))
    made = Case(home, await home.answered("be", "me"))

    async def answered_for() -> bool:
        return await made.reason() != identity_pb2.Decision.GUARDIAN_REQUIRED

    await eventually(answered_for)
    return made


@pytest.mark.rule("R21")
async def test_a_refused_link_ends_and_the_childs_gate_shuts(case: Case, eventually):
    opened = await case.open()
    assert (await case.home.link(case.link)).dispute == f"disputes/{opened.name.rpartition('/')[2]}"

    decided = await case.resolve(opened.name, admin_pb2.ResolveDisputeRequest.REFUSE)

    assert (decided.state, decided.basis, decided.resolve_basis) == (Dispute.REFUSED, "letter 3", "court 7/2026")
    assert (await case.home.link(case.link)).end_cause == resources_pb2.Link.DISPUTE

    async def shut() -> bool:
        return await case.reason() == identity_pb2.Decision.GUARDIAN_REQUIRED

    await eventually(shut)


@pytest.mark.rule("R30")
async def test_a_guardians_number_that_passed_on_is_a_question_for_an_officer(case: Case, api: Api, eventually):
    await case.home.accounts.register("stranger")
    await case.home.accounts.verify("stranger", api.otp.prove(NUMBER, "stranger"))

    async def asked() -> bool:
        return await case.causes() == [Dispute.NUMBER_RECYCLED]

    await eventually(asked)
    link = await case.home.link(case.link)
    assert (link.state, bool(link.dispute)) == (resources_pb2.Link.ACTIVE, True)


@pytest.mark.rule("R22")
@pytest.mark.parametrize(("who", "year", "stands"), [("be", 2016, True), ("be", 2001, False), ("me", 1989, True)])
async def test_a_birth_date_that_was_corrected_is_a_question_for_an_officer(
    case: Case, eventually, who: str, year: int, *, stands: bool
):
    born = Date(year=year, month=1, day=2)
    request = accounts_pb2.CorrectAccountRequest(name=f"accounts/{who}", birth_date=born, request_id=str(uuid4()))
    await case.home.accounts.ask("CorrectAccount", request)

    async def asked() -> bool:
        link = await case.home.link(case.link)
        return (await case.causes(), link.state) == (
            [Dispute.BIRTH_DATE_CORRECTED],
            resources_pb2.Link.ACTIVE if stands else resources_pb2.Link.ENDED,
        )

    await eventually(asked)


@pytest.mark.rule("R50")
async def test_the_trail_of_families_is_verified_as_identitys_is(case: Case, service: GuardianProcess):
    await case.open()

    async with service.administered() as channel:
        report = await verified(channel)

    assert report.is_intact
    assert report.entries + report.waiting > 0


async def test_what_was_decided_stays_decided(case: Case):
    opened = await case.open()
    await case.resolve(opened.name, admin_pb2.ResolveDisputeRequest.ALLOW)

    error = await refusal(case.resolve(opened.name, admin_pb2.ResolveDisputeRequest.REFUSE))

    assert reason_of(error) is Reason.DISPUTE_STATE
    assert (await case.home.link(case.link)).state == resources_pb2.Link.ACTIVE
    shown = await case.home.officer.GetDispute(admin_pb2.GetDisputeRequest(name=opened.name), timeout=10)
    assert shown.state == Dispute.ALLOWED


async def test_open_disputes_are_listed_and_decided_ones_on_demand(case: Case):
    first, second = await case.open(), await case.open()
    await case.resolve(first.name, admin_pb2.ResolveDisputeRequest.ALLOW)

    assert await case.listed(resolved=False) == [second.name]
    assert await case.listed(resolved=True) == [second.name, first.name]


async def test_a_history_is_shown_and_that_it_was_is_on_record(case: Case):
    request = admin_pb2.ListLinkHistoriesRequest(parent=f"platforms/{case.home.name}/accounts/be")
    shown = await case.home.officer.ListLinkHistories(request, timeout=10)

    assert [[change.state for change in each.changes] for each in shown.histories] == [[resources_pb2.Link.ACTIVE]]
    assert "guardian:admin:read" in await case.home.kept.tags("be")


async def test_a_dispute_of_another_platform_does_not_exist(case: Case):
    error = await refusal(case.resolve(f"platforms/other/disputes/{uuid4()}", admin_pb2.ResolveDisputeRequest.ALLOW))

    assert reason_of(error) is Reason.DISPUTE_NOT_FOUND
