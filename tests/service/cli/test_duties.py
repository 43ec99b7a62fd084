"""`xacthuc retention requests` and `breaches`: what is asked of the service, and what people see of the answer."""

from __future__ import annotations

import pytest

from xacthuc.api.identity.v1 import duty_admin_pb2 as pb2

DEMAND = "platforms/forum/subjectRequests/6f9619ff-8b86-4011-b42d-00c04fc964ff"
BREACH = "breaches/6f9619ff-8b86-4011-b42d-00c04fc964ff"
_Step = pb2.AdvanceSubjectRequestRequest


def asked(command):
    return [call.request for call in command.admin.received]


@pytest.mark.rule("R51")
def test_a_demand_is_opened_as_of_the_time_it_came(command):
    command.admin.answer("OpenSubjectRequest", pb2.SubjectRequest(name=DEMAND))

    ran = command(
        *("retention", "requests", "open", "forum", "an", "restrict", "--elsewhere"),
        *("--received", "2026-11-27T09:00+07:00", "--json"),
    )

    (request,) = asked(command)
    assert (request.parent, request.account) == ("platforms/forum", "accounts/an")
    assert (request.demand, request.elsewhere) == (pb2.SubjectRequest.RESTRICT, True)
    assert request.demand_time.ToJsonString() == "2026-11-27T02:00:00Z"
    assert ran.json["name"] == DEMAND


@pytest.mark.parametrize("told", ["yesterday", "2026-11-27T09:00"])
@pytest.mark.parametrize(
    "asked",
    [
        ("retention", "requests", "open", "forum", "an", "access", "--received"),
        ("audit", "list", "--since"),
        ("locks", "lock", "forum", "--account", "an", "--basis", "order 7", "--until"),
        ("sessions", "list", "forum", "--account", "an", "--to", "2026-11-28", "--basis", "request 12", "--from"),
        ("approvals", "propose", "restrict-accounts", "--reason", "order 7", "--until"),
    ],
    ids=["received", "since", "until", "from", "restricted"],
)
def test_a_time_without_a_zone_is_the_same_mistake_everywhere(command, told, asked):
    ran = command(*asked, told)

    assert (ran.status, command.admin.received) == (2, [])
    assert "is not a time with its zone: say 2026-11-28T09:00+07:00, or 2026-11-28" in " ".join(
        ran.err.replace("│", " ").split()
    )


@pytest.mark.rule("R51")
def test_a_refusal_carries_its_article(command):
    command.admin.answer("AdvanceSubjectRequest", pb2.SubjectRequest(name=DEMAND, refusal_basis="Art. 19"))

    ran = command("retention", "requests", "advance", DEMAND, "refuse", "--reason", "Art. 19")

    (request,) = asked(command)
    assert (request.name, request.step, request.reason) == (DEMAND, _Step.REFUSE, "Art. 19")
    assert "Art. 19" in ran.out


def test_the_list_is_of_open_demands_over_all_pages(command):
    first = pb2.ListSubjectRequestsResponse(subject_requests=[pb2.SubjectRequest(name=DEMAND)], next_page_token="t")
    command.admin.answer("ListSubjectRequests", first, pb2.ListSubjectRequestsResponse())

    ran = command("retention", "requests", "list", "forum", "--json")

    assert [(each.open_only, each.page_token) for each in asked(command)] == [(True, ""), (True, "t")]
    assert [each["name"] for each in ran.json] == [DEMAND]


@pytest.mark.rule("R52")
def test_a_breach_is_opened_with_what_is_known_and_its_notice_is_shown(command):
    command.admin.answer("OpenBreach", pb2.Breach(name=BREACH, notice_vi="THÔNG BÁO"))

    ran = command("retention", "breaches", "open", "--nature", "lộ khóa", "--subjects", "120")

    (request,) = asked(command)
    assert (request.draft.nature, request.draft.subject_count, request.draft.contact) == ("lộ khóa", 120, "")
    assert "THÔNG BÁO" in ran.out


@pytest.mark.rule("R52")
def test_a_breach_is_updated_notified_and_listed(command):
    for method in ("UpdateBreach", "NotifyBreach"):
        command.admin.answer(method, pb2.Breach(name=BREACH))
    command.admin.answer("ListBreaches", pb2.ListBreachesResponse(breaches=[pb2.Breach(name=BREACH)]))

    command("retention", "breaches", "update", BREACH, "--measures", "thu hồi")
    command("retention", "breaches", "notify", BREACH, "--reference", "15/TB")
    listed = command("retention", "breaches", "list", "--json")

    update, notify, _ = asked(command)
    assert (update.name, update.draft.measures) == (BREACH, "thu hồi")
    assert (notify.name, notify.reference) == (BREACH, "15/TB")
    assert [each["name"] for each in listed.json] == [BREACH]


@pytest.mark.rule("R45")
def test_a_case_is_opened_closed_and_listed(command):
    name = "platforms/forum/cases/6f9619ff-8b86-4011-b42d-00c04fc964ff"
    for method in ("OpenCase", "CloseCase"):
        command.admin.answer(method, pb2.Case(name=name))
    command.admin.answer("ListCases", pb2.ListCasesResponse(cases=[pb2.Case(name=name)]))

    opened = command("retention", "cases", "open", "forum", "lock", "--reference", "46/CV-A05", "--emergency", "--json")
    command("retention", "cases", "close", name, "--outcome", "locked")
    listed = command("retention", "cases", "list", "forum", "--all", "--json")

    opening, closing, listing = asked(command)
    assert (opening.kind, opening.reference, opening.emergency) == (pb2.Case.LOCK, "46/CV-A05", True)
    assert (closing.name, closing.outcome, listing.open_only) == (name, "locked", False)
    assert (opened.json["name"], [each["name"] for each in listed.json]) == (name, [name])
