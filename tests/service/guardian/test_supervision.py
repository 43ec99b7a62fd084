"""A guardian and a child over real sockets: what one says, what the other may do, and what the years change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from guardian_service import Household
from identity_service import NUMBER, Api, faults_of, reason_of, refusal

from xacthuc.api.guardian.v1 import resources_pb2, service_pb2
from xacthuc.api.identity.v1 import resources_pb2 as identity_pb2
from xacthuc.api.identity.v1 import retention_admin_pb2 as retention_pb2
from xacthuc.api.identity.v1 import service_pb2 as accounts_pb2
from xacthuc.audit.tags import Tag
from xacthuc.grpckit.reasons import Reason
from xacthuc.guardian.adapters.jobs import Extent
from xacthuc.guardian.domain.links import State
from xacthuc.guardian.domain.relations import Relation
from xacthuc.policy.dates import local_date

Decision = identity_pb2.Decision
Link = resources_pb2.Link
THIS_YEAR = local_date(datetime.now(UTC)).year


def now() -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(datetime.now(UTC))
    return stamp


class Family:
    """A child of ten and its mother, who answers for it."""

    def __init__(self, home: Household, link: str) -> None:
        self.home, self.link = home, link

    async def put(self, **change: object) -> resources_pb2.Supervision:
        request = service_pb2.UpdateSupervisionRequest(
            name=f"links/{self.link}",
            supervision=service_pb2.UpdateSupervisionRequest.Change(**change),
            update_mask=FieldMask(paths=sorted(change)),
            request_id=str(uuid4()),
        )
        return await self.home.ask("UpdateSupervision", request)

    async def reason(self, action: identity_pb2.Action.ValueType = identity_pb2.POST) -> Decision.Reason.ValueType:
        return (await self.home.accounts.check("be", action)).reason

    async def kept_until_said(self, api: Api) -> list[bool]:
        """Returns of each word that the child is erased whether it says until when something is kept."""
        name = f"platforms/{self.home.name}/accounts/be"
        evidence = await api.call("RetentionAdmin/GetErasureEvidence", name=name, request_id=str(uuid4()))
        given = [each for erasure in evidence.erasures for each in erasure.acknowledgements]
        assert {each.service for each in given} <= {"guardian"}
        return [each.HasField("keep_until_time") for each in given]

    async def correct(self, account: str, years: int) -> None:
        """Corrects a birth date so that the holder is `years` old today."""
        born = Date(year=THIS_YEAR - years, month=1, day=1)
        request = accounts_pb2.CorrectAccountRequest(
            name=f"accounts/{account}", birth_date=born, request_id=str(uuid4())
        )
        await self.home.accounts.ask("CorrectAccount", request)

    async def post(self, *content: str) -> int:
        request = service_pb2.RecordActivityRequest(
            parent="accounts/be",
            activities=[
                resources_pb2.Activity(kind=resources_pb2.Activity.POST, content_id=each, occur_time=now())
                for each in content
            ],
            request_id=str(uuid4()),
        )
        return (await self.home.ask("RecordActivity", request)).recorded_count

    async def shown(self) -> list[str]:
        request = service_pb2.ListActivityRequest(parent=f"links/{self.link}")
        return [each.content_id for each in (await self.home.ask("ListActivity", request)).activities]

    async def agree(self, link: str = "", *, withdrawn: bool = False) -> resources_pb2.ChildAssent:
        request = service_pb2.RecordChildAssentRequest(
            parent="accounts/be",
            feature="map",
            guardian_link=link and f"links/{link}",
            text_version="1",
            accept_time=now(),
            withdrawn=withdrawn,
            request_id=str(uuid4()),
        )
        return await self.home.ask("RecordChildAssent", request)


@pytest.fixture
async def family(api: Api, home: Household, eventually) -> Family:
    await home.accounts.register("be", born=(THIS_YEAR - 10, 1, 1))
    await home.accounts.register("me")
    await home.accounts.verify("me", api.otp.prove(NUMBER, "me"))
    made = Family(home, await home.answered("be", "me"))

    async def answered_for() -> bool:
        return await made.reason(identity_pb2.SHARE) != Decision.GUARDIAN_REQUIRED

    await eventually(answered_for)
    return made


@pytest.mark.rule("R19")
async def test_a_child_does_what_its_guardian_allows(family: Family, eventually):
    await family.put(allowed_actions=[identity_pb2.SHARE], quiet_hours=None)

    async def shares() -> bool:
        return await family.reason(identity_pb2.SHARE) == Decision.VERIFIED

    await eventually(shares)
    assert await family.reason(identity_pb2.POST) == Decision.SUPERVISED


@pytest.mark.rule("R19")
async def test_a_child_is_suspended_and_resumed(family: Family, eventually):
    await family.put(allowed_actions=[identity_pb2.POST], quiet_hours=None)
    for suspended, reason in ((True, Decision.SUSPENDED), (False, Decision.VERIFIED)):
        kept = await family.put(suspended=suspended)

        async def heard(reason: Decision.Reason.ValueType = reason) -> bool:
            return await family.reason() == reason

        await eventually(heard)
        assert kept.suspended is suspended
    assert (await family.home.ask("GetSupervision", service_pb2.GetSupervisionRequest(name="accounts/be"))) == kept


async def test_what_a_guardian_may_not_allow_is_refused_by_its_field(family: Family):
    error = await refusal(family.put(allowed_actions=[identity_pb2.LIVESTREAM_COMMERCE]))

    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason_of(error) is Reason.INVALID_FIELDS


@pytest.mark.rule("R19")
async def test_a_guardian_sees_what_the_child_published_and_nobody_else_does(family: Family):
    assert await family.post("p1", "p2") == 2
    assert await family.post("p2") == 0

    assert sorted(await family.shown()) == ["p1", "p2"]
    stranger = await refusal(family.home.ask("ListActivity", service_pb2.ListActivityRequest(parent="links/other")))
    assert reason_of(stranger) is Reason.LINK_NOT_FOUND
    assert (await family.home.kept.tags("be")).count(Tag.ACTIVITY_SHOWN) == 1


@pytest.mark.parametrize("token", ["abc", "5_", "_5", "1_2_3", "-1_2", "9" * 17 + "_1", "1_" + "9" * 19])
async def test_a_page_token_that_was_not_made_here_is_refused_by_its_field(family: Family, token: str):
    request = service_pb2.ListActivityRequest(parent=f"links/{family.link}", page_token=token)

    error = await refusal(family.home.ask("ListActivity", request))
    assert (error.code(), list(faults_of(error))) == (grpc.StatusCode.INVALID_ARGUMENT, ["page_token"])


async def test_the_longest_page_token_is_a_moment_of_this_calendar(family: Family):
    await family.post("p1")
    request = service_pb2.ListActivityRequest(parent=f"links/{family.link}", page_token=f"{'9' * 16}_{'9' * 18}")

    assert len((await family.home.ask("ListActivity", request)).activities) == 1


@pytest.mark.rule("R21")
async def test_whose_number_passed_on_suspends_the_child_and_opens_nothing(family: Family, api: Api):
    await family.post("p1")
    father = await family.home.kept.link("be", "bo", Relation.FATHER, State.PENDING_APPROVAL)
    await family.home.accounts.register("kela")
    await family.home.accounts.verify("kela", api.otp.prove(NUMBER, "kela"))

    approval = service_pb2.ApproveLinkRequest(
        name=f"links/{father}", approving_link=f"links/{family.link}", request_id=str(uuid4())
    )
    assert (await family.put(suspended=True)).suspended
    assert not (await family.agree(family.link, withdrawn=True)).complete
    for attempt in (
        family.shown(),
        family.agree(family.link),
        family.put(suspended=False),
        family.home.ask("ApproveLink", approval),
    ):
        # Within a second an officer is asked as well: then the link is contested, which may be said first.
        assert reason_of(await refusal(attempt)) in {Reason.GUARDIAN_UNFIT, Reason.LINK_STATE}
    assert (await family.home.link(father)).state == Link.PENDING_APPROVAL


@pytest.mark.rule("R20")
async def test_publishing_takes_the_childs_consent_and_its_guardians(family: Family):
    assert not (await family.agree()).complete
    assert (await family.agree(family.link)).complete
    assert not (await family.agree(withdrawn=True)).complete

    listed = await family.home.ask("ListChildAssents", service_pb2.ListChildAssentsRequest(parent="accounts/be"))
    assert [(each.feature, each.complete) for each in listed.child_assents] == [("map", False)]


@pytest.mark.rule("R20")
async def test_who_is_too_young_is_not_asked_and_the_guardian_consents_alone(family: Family):
    await family.correct("be", years=5)

    error = await refusal(family.agree())
    assert reason_of(error) is Reason.ACCOUNT_STATE
    assert (await family.agree(family.link)).complete


@pytest.mark.rule("R22")
async def test_with_the_sixteenth_birthday_the_link_ends_and_nothing_is_shown_any_more(family: Family, eventually):
    await family.post("p1")
    await family.correct("be", years=16)

    assert reason_of(await refusal(family.shown())) is Reason.LINK_STATE
    link = await family.home.link(family.link)
    assert (link.state, link.end_cause) == (Link.ENDED, Link.CAME_OF_AGE)


@pytest.mark.rule("R22")
async def test_what_is_corrected_back_needs_a_guardian_anew(family: Family, eventually):
    await family.correct("be", years=17)

    async def ended() -> bool:
        return (await family.home.link(family.link)).state == Link.ENDED

    await eventually(ended)
    await family.correct("be", years=10)

    async def shut() -> bool:
        return await family.reason() == Decision.GUARDIAN_REQUIRED

    await eventually(shut)
    assert (await family.home.link(family.link)).state == Link.ENDED


@pytest.mark.rule("R22")
async def test_what_an_officer_has_to_decide_is_over_once_the_child_is_of_age(family: Family, eventually):
    await family.home.accounts.register("cha")
    held = await family.home.kept.link("be", "cha", Relation.FATHER, State.HELD)
    await family.correct("be", years=16)

    async def over() -> bool:
        return (await family.home.link(held)).state == Link.EXPIRED

    await eventually(over)


@pytest.mark.rule("R17")
async def test_who_was_never_an_adult_answers_no_more(family: Family, eventually):
    await family.correct("me", years=17)

    async def shut() -> bool:
        link = await family.home.link(family.link)
        return link.end_cause == Link.GUARDIAN_STANDING and await family.reason() == Decision.GUARDIAN_REQUIRED

    await eventually(shut)


@pytest.mark.rule("R21")
@pytest.mark.parametrize(("who", "cause"), [("me", Link.GUARDIAN_STANDING), ("be", Link.CHILD_CLOSED)])
async def test_whoever_closes_their_account_ends_the_link(
    family: Family, eventually, who: str, cause: Link.EndCause.ValueType
):
    request = accounts_pb2.CloseAccountRequest(name=f"accounts/{who}", request_id=str(uuid4()))
    await family.home.accounts.ask("CloseAccount", request)

    async def ended() -> bool:
        return (await family.home.link(family.link)).end_cause == cause

    await eventually(ended)


@pytest.mark.rule("R49")
async def test_what_no_law_keeps_is_erased_here_and_identity_is_told(family: Family, api: Api, eventually):
    await family.post("p1")
    await family.home.accounts.ask(
        "EraseAccount", accounts_pb2.EraseAccountRequest(name="accounts/be", request_id=str(uuid4()))
    )

    async def told() -> bool:
        return await family.kept_until_said(api) == [True]

    await eventually(told)


@pytest.mark.rule("R51")
async def test_releasing_a_hold_erases_no_more_than_was_asked_for(family: Family, api: Api, eventually):
    review = Timestamp()
    review.FromDatetime(datetime.now(UTC) + timedelta(days=90))
    placed = await api.retention.PlaceHold(
        retention_pb2.PlaceHoldRequest(
            parent=f"platforms/{family.home.name}",
            authority="A05",
            legal_basis="Law 116/2025/QH15 Art. 25",
            reference="12/CV-A05",
            review_time=review,
            accounts=["accounts/be"],
            request_id=str(uuid4()),
        )
    )
    await family.home.accounts.ask(
        "EraseAccount", accounts_pb2.EraseAccountRequest(name="accounts/be", request_id=str(uuid4()))
    )

    released = retention_pb2.ReleaseHoldRequest(name=placed.hold.name, basis="13/CV-A05", request_id=str(uuid4()))
    await api.retention.ReleaseHold(released)

    async def told() -> bool:
        return await family.kept_until_said(api) == [True]

    await eventually(told)
    assert (await family.home.link(family.link)).end_cause == Link.CHILD_CLOSED


@pytest.mark.rule("R49")
async def test_an_event_that_says_no_time_erases_no_more_for_that(family: Family, eventually):
    await family.post("p1")
    await family.home.kept.erase("be", Extent.UNKEPT)

    async def done() -> bool:
        return not await family.home.kept.waiting("ERASE")

    await eventually(done)
    assert (await family.home.link(family.link)).end_cause == Link.CHILD_CLOSED


@pytest.mark.rule("R49")
async def test_nothing_is_left_of_whom_identity_has_erased(family: Family, eventually):
    await family.post("p1")
    await family.agree()
    await family.home.kept.erase("be")

    async def gone() -> bool:
        return not await family.home.kept.rows_of("be")

    await eventually(gone)
    assert reason_of(await refusal(family.home.link(family.link))) is Reason.LINK_NOT_FOUND
