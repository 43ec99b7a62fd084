"""`xacthuc locks` and `xacthuc sessions`: what is asked of the service, and what people are told."""

from __future__ import annotations

from client_messages import stamp

from xacthuc.api.identity.v1 import lock_admin_pb2, locks_pb2, resources_pb2, session_admin_pb2, sessions_pb2
from xacthuc.grpckit import errors
from xacthuc.grpckit.reasons import Reason

AN = ("forum", "--account", "an")
NAMED = "platforms/forum/accounts/an"
VIOLATION = f"{NAMED}/violations/7"
LOCKED = resources_pb2.Account(
    name="accounts/an", state=resources_pb2.Account.LOCKED, lock=resources_pb2.Lock(basis="order 7")
)


def test_locks_are_listed_page_after_page_with_whom_they_bind(command):
    lock = locks_pb2.LockRecord(name="platforms/forum/locks/1", bound_accounts=["accounts/an", "accounts/an2"])
    pages = [lock_admin_pb2.ListLocksResponse(locks=[lock], next_page_token=token) for token in ("7", "")]
    command.admin.answer("ListLocks", *pages)

    ran = command("locks", "list", *AN, "--all")

    asked = [call.request for call in command.admin.received]
    assert [(one.parent, one.show_ended, one.page_token) for one in asked] == [(NAMED, True, ""), (NAMED, True, "7")]
    assert ran.out.count("accounts/an, accounts/an2") == 2


def test_who_is_not_locked_is_told_how_to_see_earlier_locks(command):
    command.admin.answer("ListLocks", lock_admin_pb2.ListLocksResponse(), lock_admin_pb2.ListLocksResponse())

    assert "--all" in command("locks", "list", *AN).err
    assert command("locks", "list", *AN, "--json").json == []


def test_violations_are_shown_with_their_orders_and_as_the_contract_has_them(command):
    violation = locks_pb2.Violation(
        name=VIOLATION,
        state=locks_pb2.Violation.SPENT,
        removal_order=locks_pb2.RemovalOrder(order_number="12/PTTH", national_security=True),
    )
    page = lock_admin_pb2.ListViolationsResponse(violations=[violation])
    command.admin.answer("ListViolations", page, page)

    shown, ran = command("locks", "violations", *AN), command("locks", "violations", *AN, "--json")

    assert "SPENT  12/PTTH" in shown.out
    assert ran.json[0]["removal_order"]["order_number"] == "12/PTTH"


def test_a_violation_is_withdrawn_on_a_basis_or_the_operator_is_told_where_to_look(command):
    open_account = resources_pb2.Account(name="accounts/an", state=resources_pb2.Account.VERIFIED)
    gone = errors.NotFound(Reason.VIOLATION_NOT_FOUND, "no such violation stands")
    command.admin.answer("WithdrawViolation", open_account, gone)

    ran, again = (command("locks", "withdraw", VIOLATION, "--basis", "letter 3") for _ in range(2))

    request = command.admin.received[0].request
    assert (request.name, request.basis, bool(request.request_id)) == (VIOLATION, "letter 3", True)
    assert (ran.status, "VERIFIED" in ran.out, ran.err) == (0, True, "")
    assert (again.status, "xacthuc locks violations" in again.err) == (1, True)
    assert command("locks", "withdraw", VIOLATION).status == 2


def test_an_account_is_locked_until_the_beginning_of_a_day_in_vietnam_and_unlocked(command):
    command.admin.answer("PlaceLock", LOCKED)
    command.admin.answer("LiftLocks", LOCKED)

    locked = command("locks", "lock", *AN, "--basis", "order 7", "--until", "2027-01-01")
    unlocked = command("locks", "unlock", *AN, "--basis", "order 8", "--json")

    place, lift = [call.request for call in command.admin.received]
    assert (place.name, place.basis, place.expire_time.ToJsonString()) == (NAMED, "order 7", "2026-12-31T17:00:00Z")
    assert (lift.name, lift.basis, unlocked.json["state"]) == (NAMED, "order 8", "LOCKED")
    assert "order 7" in locked.out
    assert "xacthuc locks list" in locked.err


def test_the_session_log_is_read_between_two_instants_and_for_a_purpose(command):
    entry = sessions_pb2.SessionEntry(
        account_id="an", kind=sessions_pb2.SessionEntry.LOG_IN, occur_time=stamp(), ip_address="203.0.113.7"
    )
    page = session_admin_pb2.ListSessionEntriesResponse(entries=[entry])
    command.admin.answer("ListSessionEntries", page, page)
    asked = ("sessions", "list", *AN, "--from", "2026-11-01", "--to", "2026-12-01T00:00Z", "--basis", "request 12")

    shown, ran = command(*asked), command(*asked, "--json")

    request = command.admin.received[0].request
    assert (request.parent, request.basis) == (NAMED, "request 12")
    assert (request.start_time.ToJsonString(), request.end_time.ToJsonString()) == (
        "2026-10-31T17:00:00Z",
        "2026-12-01T00:00:00Z",
    )
    assert ("LOG_IN" in shown.out, ran.json[0]["ip_address"]) == (True, "203.0.113.7")
    assert command(*asked[:-2]).status == 2
