"""Demands of persons and breaches, as operators keep them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from grpc import StatusCode
from identity_service import reason_of, refusal

from xacthuc.api.identity.v1 import duty_admin_pb2 as pb2
from xacthuc.grpckit.reasons import Reason

_Step = pb2.AdvanceSubjectRequestRequest


def stamp(after=timedelta(0)):
    made = Timestamp()
    made.FromDatetime(datetime.now(UTC) + after)
    return made


def opening(platform, account="an", **fields):
    whole = {
        "parent": f"platforms/{platform.name}",
        "account": f"accounts/{account}",
        "demand": pb2.SubjectRequest.ERASE,
        "demand_time": stamp(-timedelta(hours=1)),
        "request_id": str(uuid4()),
    }
    return pb2.OpenSubjectRequestRequest(**{**whole, **fields})


def advancing(request, step, reason=""):
    return _Step(name=request.name, step=step, reason=reason, request_id=str(uuid4()))


@pytest.mark.rule("R51")
async def test_a_demand_is_opened_extended_once_refused_by_an_article_and_listed(api, platform):
    await platform.register("an")
    wanted = opening(platform)
    opened = await api.duties.OpenSubjectRequest(wanted)
    assert await api.duties.OpenSubjectRequest(wanted) == opened

    extended = await api.duties.AdvanceSubjectRequest(advancing(opened, _Step.EXTEND, "three systems to search"))
    again = await refusal(api.duties.AdvanceSubjectRequest(advancing(opened, _Step.EXTEND, "a fourth")))
    bare = await refusal(api.duties.AdvanceSubjectRequest(advancing(opened, _Step.REFUSE)))
    refused = await api.duties.AdvanceSubjectRequest(advancing(opened, _Step.REFUSE, "Decree 333/2026 Art. 19(1)"))
    late = await refusal(api.duties.AdvanceSubjectRequest(advancing(opened, _Step.FULFIL)))

    assert extended.due_time.seconds - opened.due_time.seconds == timedelta(days=15).total_seconds()
    assert refused.refusal_basis == "Decree 333/2026 Art. 19(1)"
    assert [reason_of(each) for each in (again, late)] == [Reason.DUTY_STATE] * 2
    assert bare.code() is StatusCode.INVALID_ARGUMENT
    parent = f"platforms/{platform.name}"
    listed = await api.duties.ListSubjectRequests(pb2.ListSubjectRequestsRequest(parent=parent))
    still_open = await api.duties.ListSubjectRequests(pb2.ListSubjectRequestsRequest(parent=parent, open_only=True))
    assert (list(listed.subject_requests), list(still_open.subject_requests)) == ([refused], [])


async def test_pages_of_demands_hold_each_once(api, platform):
    await platform.register("an")
    opened = {(await api.duties.OpenSubjectRequest(opening(platform))).name for _ in range(3)}
    request, listed = pb2.ListSubjectRequestsRequest(parent=f"platforms/{platform.name}", page_size=2), []
    while True:
        page = await api.duties.ListSubjectRequests(request)
        listed += [each.name for each in page.subject_requests]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token

    assert (len(listed), set(listed)) == (3, opened)


@pytest.mark.rule("R51")
async def test_a_demand_on_nobody_of_the_future_or_of_no_kind_is_refused(api, platform):
    await platform.register("an")
    wrong = (
        opening(platform, "nobody"),
        opening(platform, demand_time=stamp(timedelta(hours=1))),
        opening(platform, demand=pb2.SubjectRequest.DEMAND_UNSPECIFIED),
        opening(platform, demand_time=Timestamp(seconds=10**13)),
    )
    missing = pb2.SubjectRequest(name=f"platforms/{platform.name}/subjectRequests/{uuid4()}")

    codes = [(await refusal(api.duties.OpenSubjectRequest(each))).code() for each in wrong]
    unknown = await refusal(api.duties.AdvanceSubjectRequest(advancing(missing, _Step.FULFIL)))

    assert codes == [StatusCode.NOT_FOUND, *[StatusCode.INVALID_ARGUMENT] * 3]
    assert reason_of(unknown) == Reason.DUTY_NOT_FOUND


@pytest.mark.rule("R52")
async def test_a_breach_has_72_hours_a_draft_that_changes_and_one_time_of_notice(api):
    draft = pb2.Breach.Draft(nature="lộ khóa")
    opened = await api.duties.OpenBreach(
        pb2.OpenBreachRequest(detect_time=stamp(), draft=draft, request_id=str(uuid4()))
    )
    fuller = pb2.Breach.Draft(nature="lộ khóa", subject_count=120, measures="thu hồi")
    updated = await api.duties.UpdateBreach(
        pb2.UpdateBreachRequest(name=opened.name, draft=fuller, request_id=str(uuid4()))
    )
    notified = [
        await api.duties.NotifyBreach(
            pb2.NotifyBreachRequest(name=opened.name, reference=reference, request_id=str(uuid4()))
        )
        for reference in ("15/TB", "16/TB")
    ]

    listed = await api.duties.ListBreaches(pb2.ListBreachesRequest(page_size=1000))
    assert opened.due_time.seconds - opened.detect_time.seconds == timedelta(hours=72).total_seconds()
    assert ("thu hồi" in updated.notice_vi, updated.draft) == (True, fuller)
    assert notified[1] == notified[0]
    assert (notified[0].reference, notified[0] in listed.breaches) == ("15/TB", True)


async def test_a_breach_that_is_not_on_record_is_neither_updated_nor_notified(api):
    name = f"breaches/{uuid4()}"
    update = pb2.UpdateBreachRequest(name=name, draft=pb2.Breach.Draft(), request_id=str(uuid4()))
    notify = pb2.NotifyBreachRequest(name=name, reference="15/TB", request_id=str(uuid4()))
    future = pb2.OpenBreachRequest(detect_time=stamp(timedelta(hours=1)), request_id=str(uuid4()))

    refused = [await refusal(call) for call in (api.duties.UpdateBreach(update), api.duties.NotifyBreach(notify))]

    assert [reason_of(each) for each in refused] == [Reason.DUTY_NOT_FOUND] * 2
    assert (await refusal(api.duties.OpenBreach(future))).code() is StatusCode.INVALID_ARGUMENT


def opening_case(platform, **fields):
    whole = {
        "parent": f"platforms/{platform.name}",
        "kind": pb2.Case.TAKEDOWN,
        "reference": "45/CV-PTTH, 28/11/2026",
        "demand_time": stamp(-timedelta(hours=1)),
        "request_id": str(uuid4()),
    }
    return pb2.OpenCaseRequest(**{**whole, **fields})


@pytest.mark.rule("R45")
async def test_a_case_is_opened_with_its_clock_listed_and_dealt_with_once(api, platform):
    urgent = await api.duties.OpenCase(opening_case(platform, emergency=True))
    complaint = await api.duties.OpenCase(opening_case(platform, kind=pb2.Case.COMPLAINT))

    def closing():
        return pb2.CloseCaseRequest(name=urgent.name, outcome="removed at 11:20", request_id=str(uuid4()))

    closed = await api.duties.CloseCase(closing())

    hours = [(each.due_time.seconds - each.demand_time.seconds) / 3600 for each in (urgent, complaint)]
    parent = f"platforms/{platform.name}"
    still_open = await api.duties.ListCases(pb2.ListCasesRequest(parent=parent, open_only=True))
    everything = await api.duties.ListCases(pb2.ListCasesRequest(parent=parent, page_size=1))
    assert (hours, closed.outcome) == ([6, 48], "removed at 11:20")
    assert (list(still_open.cases), bool(everything.next_page_token)) == ([complaint], True)
    assert reason_of(await refusal(api.duties.CloseCase(closing()))) == Reason.DUTY_STATE


@pytest.mark.rule("R45")
async def test_a_case_that_is_not_whole_is_refused_by_its_field(api, platform):
    wrong = (
        opening_case(platform, kind=pb2.Case.KIND_UNSPECIFIED),
        opening_case(platform, reference=" "),
        opening_case(platform, demand_time=stamp(timedelta(hours=1))),
        opening_case(platform, kind=pb2.Case.COMPLAINT, emergency=True),
    )
    nowhere = opening_case(platform, parent="platforms/nowhere")
    missing = pb2.CloseCaseRequest(
        name=f"platforms/{platform.name}/cases/{uuid4()}", outcome="done", request_id=str(uuid4())
    )

    codes = [(await refusal(api.duties.OpenCase(each))).code() for each in wrong]

    assert codes == [StatusCode.INVALID_ARGUMENT] * 4
    assert reason_of(await refusal(api.duties.OpenCase(nowhere))) == Reason.PLATFORM_NOT_FOUND
    assert reason_of(await refusal(api.duties.CloseCase(missing))) == Reason.DUTY_NOT_FOUND
