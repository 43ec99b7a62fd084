"""What guardian tells of one account: all that is about its holder, and of the other side what the holder may know."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import grpc.aio
import pytest
from guardian_process import GuardianProcess
from guardian_service import Household
from identity_service import reason_of, refusal
from shares import Told, share
from sqlalchemy import insert, update

from xacthuc.api.guardian.v1 import admin_pb2
from xacthuc.grpckit.reasons import Reason
from xacthuc.guardian.adapters.tables import activities, child_assents, child_devices, links
from xacthuc.guardian.domain.links import State
from xacthuc.guardian.domain.relations import Relation
from xacthuc.masked import Digest
from xacthuc.sql.engine import transaction

pytestmark = pytest.mark.rule("R51")

NOW = datetime(2026, 11, 29, 3, tzinfo=UTC)


@pytest.fixture
async def internal(service: GuardianProcess) -> AsyncIterator[grpc.aio.Channel]:
    async with service.administered() as channel:
        yield channel


async def write(home: Household, *statements: object) -> None:
    async with transaction(home.kept.engine) as connection:
        for statement in statements:
            await connection.execute(statement)


@pytest.fixture
async def family(home: Household) -> str:
    """A child with everything that is kept of one, and a mother; returns the link."""
    link = await home.answered("be", "me")
    of = {"platform": home.name, "child": "be"}
    declared = update(links).where(links.c.platform == home.name, links.c.link == link)
    await write(
        home,
        declared.values(text_version="parent-2026-11", accept_time=NOW, confirm_time=NOW),
        insert(activities).values(**of, kind="POST", content_id="post-17", occur_time=NOW),
        insert(child_devices).values(**of, device="device-digest", create_time=NOW),
        insert(child_assents).values(
            **of,
            feature="public-profile",
            child_text="assent-1",
            child_accept_time=NOW,
            guardian_text="assent-2",
            guardian_accept_time=NOW,
            guardian_link=link,
            update_time=NOW,
        ),
    )
    request = admin_pb2.OpenDisputeRequest(
        link=f"platforms/{home.name}/links/{link}",
        cause=admin_pb2.Dispute.CONTESTED,
        basis="letter of a neighbour",
        request_id=str(uuid4()),
    )
    await home.officer.OpenDispute(request, timeout=10)
    return link


async def test_a_child_is_told_who_answers_what_it_did_and_how_it_ended(home: Household, internal, family: str):
    told = await share(internal, home.name, "be")

    (guardian,) = told.rows("guardians")
    assert (guardian["link"], guardian["guardian"], guardian["relation"]) == (family, "me", "MOTHER")
    assert (guardian["text_version"], guardian["invited"]) == ("parent-2026-11", "BY_ACCOUNT")
    assert told.rows("activities") == [{"kind": "POST", "content_id": "post-17", "occur_time": "2026-11-29T03:00:00Z"}]
    (assent,) = told.rows("assents")
    assert (assent["child_text"], assent["guardian_text"]) == ("assent-1", "assent-2")
    assert [len(told.rows(name)) for name in ("supervision", "devices", "disputes", "link_changes")] == [1] * 4
    assert "guardian:dispute:opened" in {row["tag"] for row in told.rows("audit")}
    assert told.rows("wards") == told.rows("given_assents") == told.rows("contested") == []
    assert {"post-17", "public-profile"} <= set(told.page.replace("<", ">").split(">"))


async def test_a_guardian_is_told_of_the_child_what_it_is_to_them_and_not_what_the_child_did(
    home: Household, internal, family: str
):
    told = await share(internal, home.name, "me")

    (ward,) = told.rows("wards")
    assert (ward["link"], ward["child"], ward["relation"]) == (family, "be", "MOTHER")
    (given,) = told.rows("given_assents")
    assert given == {
        "feature": "public-profile",
        "guardian_text": "assent-2",
        "guardian_accept_time": "2026-11-29T03:00:00Z",
        "link": family,
    }
    assert [row["cause"] for row in told.rows("contested")] == ["CONTESTED"]
    for name in ("guardians", "activities", "assents", "supervision", "devices", "disputes"):
        assert told.rows(name) == [], name
    assert "post-17" not in told.page


async def test_neither_hears_who_brought_something_against_a_link(home: Household, internal, family: str):
    for account in ("be", "me"):
        told = await share(internal, home.name, account)
        assert "neighbour" not in told.page + str(told.document["sections"])
    (dispute,) = (await share(internal, home.name, "be")).rows("disputes")
    assert set(dispute) == {"link", "state", "create_time", "resolve_time"}


@pytest.mark.parametrize("state", [State.INVITED, State.DECLINED, State.EXPIRED])
async def test_before_a_guardian_declared_neither_is_named_to_the_other(home: Household, internal, state: State):
    await home.kept.child("kid-of-somebody")
    link = await home.kept.link("kid-of-somebody", "stranger", Relation.FATHER, state)
    await write(
        home,
        update(links)
        .where(links.c.platform == home.name, links.c.link == link)
        .values(guardian=None, link="link-1", invited_account="stranger"),
    )

    child, invited = [await share(internal, home.name, account) for account in ("kid-of-somebody", "stranger")]

    (asked,) = child.rows("guardians")
    assert (asked["guardian"], asked["invited"], asked["state"]) == (None, "BY_ACCOUNT", state.value)
    (invitation,) = invited.rows("invitations")
    assert (invitation["link"], invitation["state"], "child" in invitation) == ("link-1", state.value, False)
    assert "stranger" not in child.page
    assert "kid-of-somebody" not in invited.page
    assert invited.rows("wards") == []


async def test_whom_a_number_was_invited_by_is_told_without_the_number(home: Household, internal):
    await home.kept.child("be")
    link = await home.kept.link("be", "me", Relation.MOTHER, State.INVITED)
    values = {"guardian": None, "invited_account": None, "invited_number": Digest(b"hash-of-a-number")}
    await write(home, update(links).where(links.c.platform == home.name, links.c.link == link).values(values))

    (asked,) = (await share(internal, home.name, "be")).rows("guardians")

    assert asked["invited"] == "BY_NUMBER"
    assert not {"invited_number", "invited_account"} & set(asked)


async def test_of_whom_nothing_is_held_the_share_is_empty_and_audited(home: Household, internal):
    told: Told = await share(internal, home.name, "nobody")

    assert told.empty
    assert await home.kept.tags("nobody") == ["identity:share:exported"]
    again = await share(internal, home.name, "nobody")
    assert [row["tag"] for row in again.rows("audit")] == ["identity:share:exported"]


async def test_a_repetition_is_audited_again_and_an_id_of_another_call_is_refused(home: Household, internal):
    request = str(uuid4())
    for _ in range(2):
        await share(internal, home.name, "an", request)

    assert await home.kept.tags("an") == ["identity:share:exported"] * 2
    refused = await refusal(share(internal, home.name, "binh", request))
    assert reason_of(refused) == Reason.REQUEST_ID_REUSED
    assert await home.kept.tags("binh") == []


async def test_another_platforms_rows_are_nobodys(home: Household, internal, family: str):
    assert (await share(internal, "another-forum", "be")).empty


async def test_the_newest_are_told_and_the_rest_is_counted(home: Household, internal):
    rows = [
        {
            "platform": home.name,
            "child": "be",
            "kind": "POST",
            "content_id": f"p{at:04d}",
            "occur_time": NOW.replace(year=2026, minute=at % 60, hour=at // 60),
        }
        for at in range(1_200)
    ]
    await write(home, insert(activities).values(rows))

    section = (await share(internal, home.name, "be")).document["sections"]["activities"]

    assert (section["total"], len(section["rows"])) == (1_200, 1_000)
    assert section["rows"][0]["content_id"] == "p1199"
