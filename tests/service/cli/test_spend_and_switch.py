"""Money and kill switches from the command line."""

from __future__ import annotations

import pytest

from xacthuc.api.otp.v1 import admin_pb2 as otp
from xacthuc.cli.commands.spend import Budget

CODES = otp.Spending(
    platform="platforms/my-forum", budget=otp.INTERACTIVE, spent_today_vnd=1_234_000, daily_cap_vnd=5_000_000
)
NOTICES = otp.Spending(platform="platforms/my-forum", budget=otp.BULK, spent_today_vnd=0, daily_cap_vnd=-1)


def test_what_is_spent_is_shown_in_groups_of_three_and_a_missing_cap_by_name(command):
    command.admin.answer("ListSpending", otp.ListSpendingResponse(spendings=[CODES, NOTICES]))

    heading, codes, notices = command("spend", "show").out.splitlines()

    assert "spent today (dong)" in heading
    assert codes.split("  ")[0] == "platforms/my-forum"
    assert ("1 234 000" in codes, "5 000 000" in codes) == (True, True)
    assert notices.split() == ["platforms/my-forum", "notices", "0", "none"]


def test_programs_get_the_contract_s_own_spelling(command):
    command.admin.answer("ListSpending", otp.ListSpendingResponse(spendings=[NOTICES]))

    assert command("spend", "show", "--json").json == [
        {"platform": "platforms/my-forum", "budget": "BULK", "spent_today_vnd": "0", "daily_cap_vnd": "-1"}
    ]


@pytest.mark.parametrize(("amount", "dong"), [("5000000", 5_000_000), ("0", 0), ("none", -1)])
def test_a_cap_is_set_with_its_reason(command, amount, dong):
    command.admin.answer("SetSpendCap", CODES)

    ran = command("spend", "cap", "my-forum", "--budget", "notices", "--vnd", amount, "--reason", "ticket 7")

    request = command.admin.received[0].request
    assert ran.status == 0
    assert (request.platform, request.budget) == ("platforms/my-forum", otp.BULK)
    assert (request.daily_cap_vnd, request.reason) == (dong, "ticket 7")
    assert request.HasField("daily_cap_vnd")


@pytest.mark.parametrize("amount", ["-1", "5.000.000", "5e6", "much", "٣", "", "1000000000001", "9" * 5_000])
def test_anything_else_is_no_amount(command, amount):
    ran = command("spend", "cap", "my-forum", "--budget", "codes", f"--vnd={amount}", "--reason", "x")

    assert ran.status == 2
    assert command.admin.received == []


def test_a_cap_needs_a_reason(command):
    assert command("spend", "cap", "my-forum", "--budget", "codes", "--vnd", "1").status == 2


def test_every_budget_of_the_contract_can_be_named():
    assert {value.name for value in otp.Budget.DESCRIPTOR.values if value.number} == {
        budget.contract_name for budget in Budget
    }


@pytest.mark.parametrize(("verb", "engaged", "sending"), [("on", True, "stopped"), ("off", False, "allowed")])
def test_the_switch_of_a_platform_says_what_became_of_sending(command, verb, engaged, sending):
    command.admin.answer("SetKillSwitch", otp.KillSwitch(platform="platforms/my-forum", engaged=engaged))

    ran = command("switch", verb, "--platform", "my-forum", "--reason", "pumping")

    request = command.admin.received[0].request
    assert (request.platform, request.engaged, request.reason) == ("platforms/my-forum", engaged, "pumping")
    assert [line.split() for line in ran.out.splitlines()] == [
        ["platform", "platforms/my-forum"],
        ["sending", sending],
    ]


def test_without_a_platform_the_switch_is_that_of_all(command):
    command.admin.answer("SetKillSwitch", otp.KillSwitch(engaged=True))

    ran = command("switch", "on", "--reason", "pumping", "--json")

    assert command.admin.received[0].request.platform == ""
    assert ran.json == {"platform": "", "engaged": True}


def test_a_switch_needs_a_reason(command):
    assert command("switch", "on").status == 2
