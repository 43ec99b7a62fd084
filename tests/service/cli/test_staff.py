"""`xacthuc staff` and `xacthuc approvals`: the way through a browser, the file between commands, and who is called as whom."""

from __future__ import annotations

import io
import json
import stat
import threading
import time
from contextlib import contextmanager

import httpx
import pytest
from client_messages import stamp

from xacthuc.api.identity.v1 import admin_pb2, approval_admin_pb2, staff_admin_pb2
from xacthuc.api.otp.v1 import admin_pb2 as otp
from xacthuc.cli.commands import approvals, staff
from xacthuc.credentials.break_glass import BreakGlass
from xacthuc.grpckit import errors
from xacthuc.grpckit.reasons import Reason

SESSION = staff_admin_pb2.Session(
    name="sessions/s1", operator="operators/an", roles=[staff_admin_pb2.Operator.ADMIN], expire_time=stamp()
)
SIGNED_IN = staff_admin_pb2.SignInResponse(session=SESSION, secret="xs_secret")
APPROVAL = approval_admin_pb2.Approval(
    name="approvals/AAAAAAAAAAAA",
    kind=approval_admin_pb2.Approval.KEY_DESTRUCTION,
    state=approval_admin_pb2.Approval.PROPOSED,
    act=approval_admin_pb2.Act(
        key_destruction=approval_admin_pb2.KeyDestruction(account="accounts/u1", basis="order 12/2026")
    ),
)


@pytest.fixture
def signed_in(command):
    command.admin.answer("SignInBreakGlass", SIGNED_IN)
    (command.data / "staff-session.json").write_text(json.dumps({"secret": "xs_secret", "session": "sessions/s1"}))
    return command


@contextmanager
def browser(command, **redirect):
    """Comes back from the identity provider as soon as the command has asked where to send it; yields how it was answered."""
    answers = []

    def come_back():
        give_up = time.monotonic() + 60
        while not command.admin.received:
            assert time.monotonic() < give_up
            time.sleep(0.01)  # a browser of its own, which nobody can wake
        home = f"http://127.0.0.1:{command.admin.received[0].request.port}"
        paths = ("/favicon.ico", "/xacthuc?state=another&code=c", f"/xacthuc?{_query(redirect)}")
        answers.extend(httpx.get(home + path, timeout=5, trust_env=False).status_code for path in paths)

    thread = threading.Thread(target=come_back)
    thread.start()
    yield answers
    thread.join()


def _query(redirect):
    return "&".join(f"{name}={value}" for name, value in redirect.items())


def begun(command):
    command.admin.answer(
        "BeginSignIn",
        staff_admin_pb2.BeginSignInResponse(
            authorization_uri="https://login.example/authorize?x=y", redirect_uri="http://127.0.0.1/xacthuc", state="st"
        ),
    )


def test_signing_in_waits_for_the_browser_and_keeps_the_secret_where_only_this_user_reads_it(command):
    begun(command)
    command.admin.answer("CompleteSignIn", SIGNED_IN)

    with browser(command, state="st", code="c0de", iss="https%3A%2F%2Flogin.example") as pages:
        ran = command("staff", "sign-in", "--json")

    kept = command.data / "staff-session.json"
    completed = command.admin.received[1].request
    assert (ran.status, ran.json["name"]) == (0, "sessions/s1")
    assert "https://login.example/authorize?x=y" in ran.err
    assert "xs_secret" not in ran.out + ran.err
    assert (completed.state, completed.code, completed.iss) == ("st", "c0de", "https://login.example")
    assert pages == [404, 404, 200]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text())["secret"] == "xs_secret"


def test_a_refusal_of_the_provider_is_handed_on_and_nothing_is_kept(command):
    begun(command)
    command.admin.answer(
        "CompleteSignIn",
        errors.FailedPrecondition(Reason.SIGN_IN_REFUSED, "it came to nothing", metadata={"cause": "DENIED"}),
    )

    with browser(command, state="st", error="access_denied"):
        ran = command("staff", "sign-in")

    assert command.admin.received[1].request.error == "access_denied"
    assert (ran.status, "xacthuc staff sign-in" in ran.err) == (1, True)
    assert not (command.data / "staff-session.json").exists()


def test_nobody_who_comes_back_is_told_after_the_wait(command):
    begun(command)

    ran = command("staff", "sign-in", "--wait", "1")

    assert (ran.status, "nobody came back" in ran.err) == (1, True)
    assert [call.method for call in command.admin.received] == ["BeginSignIn"]


def test_every_administrative_call_carries_the_session(signed_in):
    signed_in.admin.answer("ListPlatforms", admin_pb2.ListPlatformsResponse())
    signed_in.admin.answer("ListProviders", otp.ListProvidersResponse())
    signed_in("platforms", "list")
    signed_in("delivery")

    assert [call.metadata["authorization"] for call in signed_in.admin.received] == ["Bearer xs_secret"] * 2


def test_without_a_session_none_is_sent(command):
    command.admin.answer("ListPlatforms", admin_pb2.ListPlatformsResponse())
    command("platforms", "list")

    assert "authorization" not in command.admin.received[0].metadata


@pytest.mark.parametrize(
    "reason",
    [
        Reason.STAFF_SESSION_MISSING,
        Reason.STAFF_SESSION_UNKNOWN,
        Reason.STAFF_SESSION_REVOKED,
        Reason.STAFF_SESSION_EXPIRED,
    ],
)
def test_whoever_has_to_sign_in_is_told_how(signed_in, reason):
    signed_in.admin.answer("ListPlatforms", errors.Unauthenticated(reason, "no"))

    ran = signed_in("platforms", "list")

    assert ran.err.splitlines()[-1] == "Sign in: xacthuc staff sign-in"


def test_signing_out_ends_the_session_and_forgets_it(signed_in):
    signed_in.admin.answer("SignOut", SESSION)

    assert signed_in("staff", "sign-out").status == 0
    assert not (signed_in.data / "staff-session.json").exists()
    assert "Nobody is signed in" in signed_in("staff", "sign-out").err


def test_a_session_that_is_over_is_forgotten_too(signed_in):
    signed_in.admin.answer("SignOut", errors.Unauthenticated(Reason.STAFF_SESSION_EXPIRED, "over"))

    assert signed_in("staff", "sign-out").status == 0
    assert not (signed_in.data / "staff-session.json").exists()


def test_a_session_stays_when_it_could_not_be_ended(signed_in):
    signed_in.admin.answer("SignOut", errors.Unavailable(Reason.STORE_UNAVAILABLE, "the store is down"))

    assert signed_in("staff", "sign-out").status == 3
    assert (signed_in.data / "staff-session.json").exists()


def test_without_a_data_directory_the_session_is_kept_with_the_user(command, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("sys.stdin", io.StringIO("xb_" + "A" * 43 + "\n"))
    command.admin.answer("SignInBreakGlass", SIGNED_IN)
    command.data = command.data / "nowhere"
    address, tls = command.admin.address, tmp_path / "tls"

    ran = command(
        "--identity-admin", address, "--tls", str(tls), "staff", "break-glass", "sign-in", "--reason", "drill"
    )

    assert ran.status == 0
    assert json.loads((tmp_path / "state" / "xacthuc" / "staff-session.json").read_text())["secret"] == "xs_secret"
    assert command.admin.received[0].request.secret == "xb_" + "A" * 43


def test_a_broken_session_file_is_told(command):
    (command.data / "staff-session.json").write_text("{")

    ran = command("platforms", "list")

    assert (ran.status, "xacthuc staff sign-in" in ran.err) == (2, True)


def test_the_secret_for_emergencies_is_printed_once_and_kept_as_a_hash(command):
    file = command.data / "staff-break-glass.key"

    made = command("staff", "break-glass", "init", "--file", str(file))
    again = command("staff", "break-glass", "init", "--file", str(file))

    secret = made.out.strip()
    assert BreakGlass.parse(file.read_text()).matches(secret)
    assert (stat.S_IMODE(file.stat().st_mode), secret in file.read_text()) == (0o600, False)
    assert (again.status, again.out) == (2, "")
    other = command("staff", "break-glass", "init", "--file", str(file), "--replace", "--json").json
    assert (other["file"], BreakGlass.parse(file.read_text()).matches(other["secret"])) == (str(file), True)


def test_an_invitation_takes_an_address_or_a_subject(command):
    command.admin.answer("CreateOperator", staff_admin_pb2.Operator(name="operators/an"))
    invite = ("staff", "operators", "invite", "--name", "An", "--role", "officer", "--role", "ops")

    assert command(*invite).status == 2
    assert command(*invite, "--email", "an@company.example").status == 0
    request = command.admin.received[0].request
    assert (request.email, list(request.roles)) == ("an@company.example", [1, 3])


def test_whoami_says_who_and_until_when(signed_in):
    me = staff_admin_pb2.Operator(name="operators/an", roles=[1])
    signed_in.admin.answer("GetMe", staff_admin_pb2.GetMeResponse(operator=me, session=SESSION))

    assert "2026-11-23T03:00:00Z" in signed_in("staff", "whoami").out
    assert signed_in("staff", "whoami", "--json").json["session"]["name"] == "sessions/s1"


def test_a_proposal_says_what_with_what_and_who_has_to_decide(signed_in):
    signed_in.admin.answer("CreateApproval", APPROVAL)

    ran = signed_in(
        "approvals", "propose", "key-destruction", "forum",
        "--account", "u1", "--basis", "order 12/2026", "--reason", "court order",
    )  # fmt: skip

    request = signed_in.admin.received[0].request
    assert request.platform == "platforms/forum"
    assert request.act.key_destruction.account == "accounts/u1"
    assert "account: accounts/u1" in ran.out
    assert "xacthuc approvals grant approvals/AAAAAAAAAAAA" in ran.err


def test_an_act_on_many_accounts_takes_them_from_a_file(signed_in, tmp_path):
    (tmp_path / "list").write_text("u1\nu2\n")
    signed_in.admin.answer("CreateApproval", APPROVAL)
    asked = ("approvals", "propose", "restrict-accounts", "forum", "--basis", "order", "--reason", "court order")

    signed_in(*asked, "--accounts-file", str(tmp_path / "list"), "--until", "2026-12-31T00:00:00Z")

    act = signed_in.admin.received[0].request.act.restrict_accounts
    assert (list(act.accounts), act.expire_time.ToJsonString()) == (
        ["accounts/u1", "accounts/u2"],
        "2026-12-31T00:00:00Z",
    )
    assert signed_in(*asked).status == 2


@pytest.mark.parametrize("more", [("--authority", "A05"), ("--account", "u2")])
def test_what_an_act_does_not_take_is_refused_before_anybody_is_asked(signed_in, more):
    ran = signed_in(
        "approvals", "propose", "key-destruction", "forum",
        "--account", "u1", "--basis", "order", "--reason", "court order", *more,
    )  # fmt: skip

    assert (ran.status, signed_in.admin.received) == (2, [])


def test_an_approval_is_adopted_granted_refused_withdrawn_shown_and_listed_by_its_id(signed_in):
    for method in ("AdoptApproval", "GrantApproval", "RefuseApproval", "WithdrawApproval", "GetApproval"):
        signed_in.admin.answer(method, APPROVAL)
    listed = approval_admin_pb2.ListApprovalsResponse(approvals=[APPROVAL])
    signed_in.admin.answer("ListApprovals", listed)

    for arguments in (("adopt",), ("grant",), ("refuse", "--reason", "no order"), ("withdraw",), ("show",)):
        assert signed_in("approvals", arguments[0], "AAAAAAAAAAAA", *arguments[1:]).status == 0
    assert signed_in("approvals", "list", "--state", "proposed", "--json").json[0]["name"] == APPROVAL.name

    *by_name, by_state = [call.request for call in signed_in.admin.received]
    assert {request.name for request in by_name} == {APPROVAL.name}
    assert by_state.state == approval_admin_pb2.Approval.PROPOSED


def test_what_the_service_proposed_is_listed_as_to_be_adopted_until_somebody_has(signed_in):
    own, adopted = approval_admin_pb2.Approval(), approval_admin_pb2.Approval(adopter="operators/binh")
    signed_in.admin.answer("ListApprovals", approval_admin_pb2.ListApprovalsResponse(approvals=[own, adopted]))
    signed_in.admin.answer("GrantApproval", errors.FailedPrecondition(Reason.APPROVAL_NOT_ADOPTED, "nobody did"))

    listed, refused = signed_in("approvals", "list"), signed_in("approvals", "grant", "AAAAAAAAAAAA")

    assert ("the service; to be adopted" in listed.out, "operators/binh" in listed.out) == (True, True)
    assert (refused.status, "xacthuc approvals adopt" in refused.err) == (1, True)


@pytest.mark.parametrize(
    ("ours", "contract"),
    [
        (staff.Role, staff_admin_pb2.Operator.Role),
        (approvals.Kind, approval_admin_pb2.Approval.Kind),
        (approvals.State, approval_admin_pb2.Approval.State),
    ],
)
def test_the_command_knows_every_word_of_the_contract_but_what_another_command_proposes(ours, contract):
    others = {"AUTHORITY_RELEASE", "TRANSITION_END"}

    assert {member.name for member in ours} == {name for name in contract.keys() if "UNSPECIFIED" not in name} - others
