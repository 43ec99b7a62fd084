"""Signing in with an identity provider nobody here wrote, and what a session then opens."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from identity_service import reason_of, refusal
from staff_world import PORT

from xacthuc.api.identity.v1 import staff_admin_pb2
from xacthuc.grpckit.reasons import Reason
from xacthuc.grpckit.rejection import details_of

Operator, Session = staff_admin_pb2.Operator, staff_admin_pb2.Session


def person():
    """Somebody whom the provider knows and nobody here has seen yet."""
    return f"p{uuid4().hex[:10]}"


async def cause_of(call):
    return details_of(await refusal(call)).metadata["cause"]


async def test_whoever_has_a_group_with_a_role_is_let_in_and_every_step_is_audited(staff, by_groups):
    desk = await staff.sign_in(person(), groups=["compliance", "admins", "cooks"])

    me = await desk.staff("GetMe")
    operator_id = me.operator.name.partition("/")[2]

    assert set(me.operator.roles) == set(me.session.roles) == {Operator.OFFICER, Operator.ADMIN}
    assert (me.operator.state, me.session.means) == (Operator.ACTIVE, Session.IDENTITY_PROVIDER)
    assert me.session.name == desk.session
    assert await by_groups.audited(operator_id) == [
        ("admitted", "peer:cli"),
        ("signed_in", f"operator:{operator_id}"),
    ]


async def test_the_same_person_is_the_same_operator_with_the_roles_of_today(staff):
    who = person()
    first = await staff.sign_in(who, groups=["admins"])
    second = await staff.sign_in(who, groups=["operations"])

    before, after = await first.staff("GetMe"), await second.staff("GetMe")

    assert before.operator.name == after.operator.name
    assert list(after.session.roles) == [Operator.OPS]


async def test_a_session_that_is_open_has_the_new_roles_too(staff, eventually):
    who = person()
    first = await staff.sign_in(who, groups=["admins"])
    await first.staff("ListSessions")
    await staff.sign_in(who, groups=["operations"])

    async def may_not():
        return reason_of(await refusal(first.staff("ListSessions"))) is Reason.ROLE_MISSING

    await eventually(may_not)


async def test_whose_groups_have_no_role_is_not_let_in(staff, by_groups):
    for groups in (["cooks"], []):
        assert await cause_of(staff.sign_in(person(), groups=groups)) == "NO_ROLE"
    assert await cause_of(staff.sign_in(person())) == "NO_ROLE"
    refused = await by_groups.rows("SELECT detail FROM identity.audit WHERE tag LIKE '%sign_in_refused'")
    assert len(refused) >= 3


async def test_groups_that_are_no_list_are_nobodys(staff):
    assert reason_of(await refusal(staff.sign_in(person(), groups="admins"))) is Reason.PROVIDER_UNAVAILABLE


@pytest.mark.parametrize(
    "tamper",
    [{"claims": {"nonce": "another"}}, {"claims": {"aud": "another"}}, {"sign": "stranger"}, {"sign": "none"}],
    ids=["nonce", "audience", "signature", "unsigned"],
)
async def test_what_was_not_signed_for_this_sign_in_opens_nothing(staff, tamper):
    staff.provider.set(tamper=tamper)

    refused = await refusal(staff.sign_in(person(), groups=["admins"]))

    assert reason_of(refused) is Reason.SIGN_IN_REFUSED
    assert details_of(refused).metadata["cause"] == "FORGED"


async def test_another_providers_answer_opens_nothing(staff):
    redirect = await staff.redirect(person(), groups=["admins"])

    assert await cause_of(staff.complete({**redirect, "iss": "https://login.example"})) == "FORGED"


async def test_a_sign_in_is_completed_once(staff):
    redirect = await staff.redirect(person(), groups=["admins"])

    answers = await asyncio.gather(*(staff.complete(redirect) for _ in range(4)), return_exceptions=True)

    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    assert await cause_of(staff.complete(redirect)) == "EXPIRED"


async def test_whoever_says_no_at_the_provider_is_not_let_in(staff):
    staff.provider.set(deny=True)

    assert await cause_of(staff.sign_in(person(), groups=["admins"])) == "DENIED"


async def test_a_provider_that_is_down_is_told_so(staff):
    redirect = await staff.redirect(person(), groups=["admins"])
    staff.provider.fail("error", "/token")

    refused = await refusal(staff.complete(redirect))

    assert reason_of(refused) is Reason.PROVIDER_UNAVAILABLE


async def test_a_session_in_production_is_asked_for_and_only_a_real_one_opens(staff):
    forged = await staff.sign_in(person(), groups=["admins"])
    forged.secret = f"xs_{'A' * 43}"
    malformed = await staff.sign_in(person(), groups=["admins"])
    malformed.secret = "admin"

    for desk, reason in (
        (staff.nobody, Reason.STAFF_SESSION_MISSING),
        (forged, Reason.STAFF_SESSION_UNKNOWN),
        (malformed, Reason.STAFF_SESSION_UNKNOWN),
    ):
        refused = await refusal(desk.admin("ListPlatforms"))
        assert reason_of(refused) is reason
        assert "xacthuc staff sign-in" in (refused.details() or "")


async def test_signing_out_ends_the_session_everywhere_and_no_other(staff, eventually):
    who = person()
    first, second = await staff.sign_in(who, groups=["admins"]), await staff.sign_in(who, groups=["admins"])

    ended = await first.staff("SignOut")

    async def is_over():
        return reason_of(await refusal(first.staff("GetMe"))) is Reason.STAFF_SESSION_REVOKED

    await eventually(is_over)
    assert ended.state == Session.REVOKED
    assert await second.staff("GetMe")


async def test_a_session_is_known_by_a_process_that_starts_later(staff, by_groups):
    desk = await staff.sign_in(person(), groups=["admins"])
    by_groups.process.kill()
    await asyncio.to_thread(by_groups.process.start)

    assert await desk.staff("GetMe")


async def test_only_the_hash_of_a_session_is_kept(staff, by_groups):
    desk = await staff.sign_in(person(), groups=["admins"])

    rows = await by_groups.rows("SELECT staff_sessions::text AS row FROM identity.staff_sessions")

    assert rows
    assert not [row for row in rows if desk.secret[3:] in row["row"]]
    assert desk.secret not in by_groups.process.log.read_text()


async def test_the_port_of_the_browser_must_be_one(staff):
    for port in (0, 65536, -1):
        assert reason_of(await refusal(staff.nobody.staff("BeginSignIn", port=port))) is Reason.INVALID_FIELDS
    assert (await staff.nobody.staff("BeginSignIn", port=PORT)).redirect_uri.startswith("http://127.0.0.1:")
