"""Locks and violations, as officers see and undo what platforms told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from grpc import StatusCode
from identity_service import NUMBER, reason_of, refusal

from xacthuc.api.identity.v1 import audit_admin_pb2, lock_admin_pb2, locks_pb2, resources_pb2, service_pb2
from xacthuc.grpckit.reasons import Reason

Lock, Violation = locks_pb2.LockRecord, locks_pb2.Violation


def stamp(after=timedelta(0)):
    made = Timestamp()
    made.FromDatetime(datetime.now(UTC) + after)
    return made


class Officer:
    """LockAdmin, about accounts of one platform."""

    def __init__(self, api, platform):
        self._api, self._platform = api, platform

    async def __call__(self, method, account, **fields):
        request = getattr(lock_admin_pb2, f"{method}Request")
        named = "parent" if method.startswith("List") else "name"
        if named == "name":
            fields = {"request_id": str(uuid4()), "basis": "letter 3", **fields}
        name = account if "/" in account else f"platforms/{self._platform.name}/accounts/{account}"
        return await getattr(self._api.locks, method)(request(**{named: name, **fields}))

    async def audited(self, account):
        request = audit_admin_pb2.ListEntriesRequest(platform=f"platforms/{self._platform.name}", subject=account)
        return (await self._api.audit.ListEntries(request)).entries


@pytest.fixture
def officer(api, platform):
    return Officer(api, platform)


@pytest.fixture
async def person(api, platform):
    """Two accounts of one person, by their number."""
    for account in ("an", "an2"):
        await platform.submit(platform.registration(account, full_name="Trần An"))
        await platform.verify(account, api.otp.prove(NUMBER, account))
    return "an"


async def violate(platform, account, number=1):
    for _ in range(number):
        removal = locks_pb2.RemovalOrder(authority=locks_pb2.RemovalOrder.SOCIAL_NETWORKS, order_number="12/PTTH")
        request = service_pb2.RecordViolationRequest(
            name=f"accounts/{account}", removal_order=removal, violate_time=stamp(), request_id=str(uuid4())
        )
        answer = await platform.ask("RecordViolation", request)
    return answer


@pytest.mark.rule("R47")
async def test_an_officer_locks_a_person_sees_where_it_binds_and_lifts_it(officer, platform, person):
    end = stamp(timedelta(days=9))
    locked = await officer("PlaceLock", person, basis="order 7", expire_time=end)
    beside = (await officer("ListLocks", "an2")).locks

    unlocked = await officer("LiftLocks", "an2", basis="order 8")

    now = (await officer("ListLocks", person)).locks
    (before,) = (await officer("ListLocks", person, show_ended=True)).locks
    assert (locked.state, unlocked.state) == (resources_pb2.Account.LOCKED, resources_pb2.Account.VERIFIED)
    assert [(one.state, one.basis, one.account, list(one.bound_accounts)) for one in beside] == [
        (Lock.IN_FORCE, "order 7", "accounts/an", ["accounts/an", "accounts/an2"])
    ]
    assert (beside[0].expire_time, beside[0].name) == (end, before.name)
    assert (list(now), before.state, before.lift_basis) == ([], Lock.LIFTED, "order 8")
    assert (await platform.check(person)).allowed
    done = {(one.tag.rpartition(":")[2], one.actor) for one in await officer.audited(person)}
    assert {("locked", "operator:development"), ("unlocked", "operator:development")} <= done


@pytest.mark.rule("R46")
async def test_a_violation_is_seen_to_be_spent_and_withdrawn_with_the_lock_it_carried(officer, platform, person):
    await violate(platform, person, 6)
    standing, *spent = (await officer("ListViolations", person)).violations
    (lock,) = (await officer("ListLocks", person)).locks
    assert (standing.state, standing.lock) == (Violation.STANDING, "")
    assert {(one.state, one.lock) for one in spent} == {(Violation.SPENT, lock.name)}
    assert lock.basis == "5 violations in 30 days, the last on record by 12/PTTH"

    states = [(await officer("WithdrawViolation", one.name)).state for one in (spent[0], spent[1])]

    withdrawn = (await officer("ListViolations", person)).violations[1]
    assert states == [resources_pb2.Account.LOCKED, resources_pb2.Account.VERIFIED]
    assert (withdrawn.state, withdrawn.withdraw_basis) == (Violation.WITHDRAWN, "letter 3")
    again = await refusal(officer("WithdrawViolation", spent[0].name))
    assert reason_of(again) is Reason.VIOLATION_NOT_FOUND


async def test_the_same_request_withdraws_once_and_gets_the_same_answer(officer, platform, person):
    await violate(platform, person, 5)
    violation = (await officer("ListViolations", person)).violations[0]
    request_id = str(uuid4())

    first, again = [await officer("WithdrawViolation", violation.name, request_id=request_id) for _ in range(2)]

    assert first == again
    reused = await refusal(officer("WithdrawViolation", violation.name, basis="letter 4", request_id=request_id))
    assert reason_of(reused) is Reason.REQUEST_ID_REUSED


async def test_pages_hold_each_violation_and_each_lock_once_newest_first(officer, platform, person):
    await violate(platform, person, 3)
    for basis in ("order 1", "order 2", "order 3"):
        await officer("PlaceLock", person, basis=basis)
    seen = []
    for method, field in (("ListViolations", "violations"), ("ListLocks", "locks")):
        token = ""
        while True:
            page = await officer(method, person, page_size=2, page_token=token)
            seen += getattr(page, field)
            token = page.next_page_token
            if not token:
                break

    assert len({one.name for one in seen}) == 6
    assert [one.basis for one in seen[3:]] == ["order 3", "order 2", "order 1"]


async def test_what_is_wrong_is_told_and_changes_nothing(officer, platform, person):
    violation = f"platforms/{platform.name}/accounts/an/violations/{10**17}"
    for call, reason in (
        (officer("ListLocks", "nobody"), Reason.ACCOUNT_NOT_FOUND),
        (officer("ListViolations", "nobody"), Reason.ACCOUNT_NOT_FOUND),
        (officer("PlaceLock", "nobody"), Reason.ACCOUNT_NOT_FOUND),
        (officer("LiftLocks", person), Reason.ACCOUNT_STATE),
        (officer("WithdrawViolation", violation), Reason.VIOLATION_NOT_FOUND),
    ):
        assert reason_of(await refusal(call)) is reason
    for call in (
        officer("PlaceLock", person, basis=" "),
        officer("PlaceLock", person, expire_time=stamp(-timedelta(seconds=1))),
        officer("PlaceLock", person, expire_time=Timestamp(seconds=10**12)),
        officer("LiftLocks", person, request_id="again"),
        officer("ListLocks", "platforms/forum"),
        officer("ListLocks", person, page_token="9" * 19),
        officer("ListViolations", person, page_token="-1"),
        officer("WithdrawViolation", f"{violation}00"),
    ):
        assert (await refusal(call)).code() is StatusCode.INVALID_ARGUMENT
    assert list((await officer("ListLocks", person, show_ended=True)).locks) == []
