"""Operators by invitation: who may invite, change and disable whom, and what that does to sessions."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from identity_service import reason_of, refusal

from xacthuc.api.identity.v1 import staff_admin_pb2
from xacthuc.audit.tags import Tag
from xacthuc.grpckit.reasons import Reason
from xacthuc.grpckit.rejection import details_of

Operator = staff_admin_pb2.Operator


def address():
    return f"{uuid4().hex[:10]}@company.example"


@pytest.fixture
async def boss(invited, by_invitation):
    """An admin, whom the break-glass account invited, as the first one of a deployment is."""
    await by_invitation.rows("DELETE FROM identity.break_glass_tries")
    email = address()
    emergency = await invited.emergency()
    await emergency.staff("CreateOperator", display_name="Boss", roles=[Operator.ADMIN], email=email)
    return await invited.sign_in(email, email=email, email_verified=True)


async def invite(boss, email, *roles, **fields):
    return await boss.staff("CreateOperator", display_name="An", roles=roles or [Operator.OPS], email=email, **fields)


async def test_the_invited_sign_in_with_the_roles_of_the_invitation_and_their_address_is_forgotten(invited, boss):
    email = address()
    made = await invite(boss, email.upper(), Operator.OFFICER)

    desk = await invited.sign_in("an-" + email, email=email, email_verified=True)
    me = await desk.staff("GetMe")

    assert (made.state, made.email) == (Operator.INVITED, email)
    assert (me.operator.name, me.operator.state, me.operator.email) == (made.name, Operator.ACTIVE, "")
    assert list(me.session.roles) == [Operator.OFFICER]


async def test_an_address_that_the_provider_did_not_verify_lets_nobody_in(invited, boss):
    email = address()
    await invite(boss, email)

    for claims in ({"email_verified": False}, {}, {"email_verified": "true"}):
        refused = await refusal(invited.sign_in("an-" + email, email=email, **claims))
        assert details_of(refused).metadata["cause"] == "NOT_INVITED"


async def test_an_invitation_by_subject_needs_no_address(invited, boss):
    who = uuid4().hex
    made = await boss.staff("CreateOperator", display_name="An", roles=[Operator.OPS], subject=who)

    assert (await (await invited.sign_in(who)).staff("GetMe")).operator.name == made.name


async def test_an_invitation_by_subject_is_nobody_else_s(invited, boss):
    await boss.staff("CreateOperator", display_name="An", roles=[Operator.ADMIN], subject=uuid4().hex)

    for claims in ({}, {"email": "", "email_verified": True}):
        refused = await refusal(invited.sign_in(uuid4().hex, **claims))
        assert details_of(refused).metadata["cause"] == "NOT_INVITED"


async def test_an_invitation_is_taken_up_once(invited, boss):
    email = address()
    await invite(boss, email)
    await invited.sign_in("first-" + email, email=email, email_verified=True)

    refused = await refusal(invited.sign_in("second-" + email, email=email, email_verified=True))

    assert reason_of(refused) is Reason.STAFF_NOT_ADMITTED


async def test_nobody_is_invited_twice_and_a_repeated_request_is_answered_alike(boss):
    email, request_id = address(), str(uuid4())
    first = await invite(boss, email, request_id=request_id)

    assert await invite(boss, email, request_id=request_id) == first
    assert reason_of(await refusal(invite(boss, email))) is Reason.OPERATOR_ALREADY_EXISTS


async def test_a_disabled_operator_is_out_within_a_second_and_stays_out(invited, boss, eventually):
    email = address()
    made = await invite(boss, email)
    desk = await invited.sign_in("an-" + email, email=email, email_verified=True)
    await desk.staff("GetMe")

    disabled = await boss.staff("DisableOperator", name=made.name)

    async def is_out():
        return reason_of(await refusal(desk.staff("GetMe"))) is Reason.STAFF_SESSION_REVOKED

    await eventually(is_out)
    refused = await refusal(invited.sign_in("an-" + email, email=email, email_verified=True))
    assert disabled.state == Operator.DISABLED
    assert details_of(refused).metadata["cause"] == "DISABLED"
    assert reason_of(await refusal(boss.staff("UpdateOperator", name=made.name, roles=[Operator.ADMIN]))) is (
        Reason.OPERATOR_STATE
    )
    assert await boss.staff("DisableOperator", name=made.name) == disabled


async def test_who_was_disabled_can_be_invited_anew(invited, boss):
    email = address()
    made = await invite(boss, email)
    await invited.sign_in("an-" + email, email=email, email_verified=True)
    await boss.staff("DisableOperator", name=made.name)
    again = await invite(boss, email, Operator.OFFICER)

    desk = await invited.sign_in("an-" + email, email=email, email_verified=True)

    assert (await desk.staff("GetMe")).operator.name == again.name


async def test_roles_change_for_sessions_that_are_open(invited, boss, eventually):
    email = address()
    made = await invite(boss, email, Operator.OPS)
    desk = await invited.sign_in("an-" + email, email=email, email_verified=True)
    assert reason_of(await refusal(desk.staff("ListSessions"))) is Reason.ROLE_MISSING

    await boss.staff("UpdateOperator", name=made.name, roles=[Operator.ADMIN])

    async def may():
        return Operator.ADMIN in (await desk.staff("GetMe")).session.roles and await desk.staff("ListOperators")

    await eventually(may)


@pytest.mark.rule("R50")
async def test_the_log_says_whom_a_role_was_missing_for_and_the_trail_keeps_nothing_of_it(
    invited, boss, by_invitation, eventually
):
    email = address()
    made = await invite(boss, email, Operator.OPS)
    desk = await invited.sign_in("an-" + email, email=email, email_verified=True)
    await refusal(desk.staff("ListSessions", operator=made.name))
    known = made.name.removeprefix("operators/")

    def refused():
        lines = by_invitation.process.log.read_text().splitlines()
        told = [json.loads(line) for line in lines if "ROLE_MISSING" in line]
        return [line["method"].rpartition(".")[2] for line in told if line.get("operator") == known]

    await eventually(lambda: refused() == ["StaffAdmin/ListSessions"])
    assert (
        await by_invitation.rows("SELECT FROM identity.audit WHERE subject = $1 AND tag = $2", known, Tag.ADMIN_READ)
        == []
    )


async def test_nobody_changes_their_own_roles_or_disables_themselves(boss):
    me = (await boss.staff("GetMe")).operator.name
    roles = [Operator.ADMIN, Operator.OFFICER]

    for call in (boss.staff("UpdateOperator", name=me, roles=roles), boss.staff("DisableOperator", name=me)):
        assert reason_of(await refusal(call)) is Reason.SECOND_PERSON_NEEDED
    assert (await boss.staff("UpdateOperator", name=me, display_name="The Boss")).display_name == "The Boss"


async def test_a_session_can_be_ended_by_an_admin_and_what_is_not_there_is_not_found(invited, boss, eventually):
    email = address()
    made = await invite(boss, email)
    desk = await invited.sign_in("an-" + email, email=email, email_verified=True)

    (listed,) = (await boss.staff("ListSessions", operator=made.name)).sessions
    await boss.staff("RevokeSession", name=listed.name)

    async def is_out():
        return reason_of(await refusal(desk.staff("GetMe"))) is Reason.STAFF_SESSION_REVOKED

    await eventually(is_out)
    assert listed.name == desk.session
    assert reason_of(await refusal(boss.staff("RevokeSession", name="sessions/none"))) is Reason.SESSION_NOT_FOUND
    assert reason_of(await refusal(boss.staff("DisableOperator", name="operators/none"))) is Reason.OPERATOR_NOT_FOUND


async def test_pages_of_operators_and_sessions_hold_each_once(boss):
    made = {(await invite(boss, address())).name for _ in range(3)}
    for method, field in (("ListOperators", "operators"), ("ListSessions", "sessions")):
        found, token = [], ""
        while True:
            page = await boss.staff(method, page_size=2, page_token=token)
            found += [each.name for each in getattr(page, field)]
            token = page.next_page_token
            if not token:
                break
        assert len(found) == len(set(found))
        assert method == "ListSessions" or made <= set(found)
