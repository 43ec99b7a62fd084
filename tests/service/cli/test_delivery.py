"""`xacthuc delivery` beside a server that has figures."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from google.protobuf.duration_pb2 import Duration
from rich.console import Console

from xacthuc.api.otp.v1 import admin_pb2 as otp
from xacthuc.api.otp.v1.resources_pb2 import Challenge
from xacthuc.cli.commands.delivery import rows_of, watch
from xacthuc.cli.delivery_view import view
from xacthuc.cli.failure import CommandFailed
from xacthuc.grpckit import errors
from xacthuc.grpckit.reasons import Reason

FIGURES = otp.ListDeliveryFiguresResponse(
    figures=[
        otp.DeliveryFigures(
            provider="vendor_a",
            operator="viettel",
            channel=Challenge.SMS,
            sent_count=12_345,
            delivered_count=12_000,
            failed_count=45,
            verified_count=11_111,
            mean_delivery_duration=Duration(seconds=3, nanos=250_000_000),
            p95_delivery_duration=Duration(seconds=8),
            cost_vnd=3_950_400,
        ),
        otp.DeliveryFigures(
            provider="vendor_b", operator="unknown", channel=Challenge.VOICE, failed_count=3, cost_vnd=0
        ),
    ]
)
PROVIDERS = otp.ListProvidersResponse(
    providers=[otp.Provider(name="vendor_a"), otp.Provider(name="vendor_b", circuit_open=True)]
)

GOLDEN = {
    "figures": [
        {
            "provider": "vendor_a",
            "operator": "viettel",
            "channel": "SMS",
            "sent_count": "12345",
            "delivered_count": "12000",
            "failed_count": "45",
            "verified_count": "11111",
            "mean_delivery_duration": "3.250s",
            "p95_delivery_duration": "8s",
            "cost_vnd": "3950400",
        },
        {
            "provider": "vendor_b",
            "operator": "unknown",
            "channel": "VOICE",
            "sent_count": "0",
            "delivered_count": "0",
            "failed_count": "3",
            "verified_count": "0",
            "cost_vnd": "0",
        },
    ],
    "providers": [
        {"name": "vendor_a", "channels": [], "sent_count": "0", "failed_count": "0", "circuit_open": False},
        {"name": "vendor_b", "channels": [], "sent_count": "0", "failed_count": "0", "circuit_open": True},
    ],
}


@pytest.fixture
def answering(command):
    command.admin.answer("ListDeliveryFigures", FIGURES)
    command.admin.answer("ListProviders", PROVIDERS)
    return command


def test_json_is_what_the_contract_says_of_figures_and_providers(answering):
    ran = answering("delivery", "--json")

    assert ran.status == 0
    assert ran.json == GOLDEN


def test_in_a_pipe_the_figures_are_printed_once_as_columns(answering):
    heading, first, second = answering("delivery").out.splitlines()

    assert "\x1b" not in heading
    assert first.split() == (
        [
            "vendor_a",
            "viettel",
            "SMS",
            "12",
            "345",
            "12",
            "000",
            "45",
            "11",
            "111",
            "90.0",
            "%",
            "3.2",
            "s",
            "≤",
            "8.0",
            "s",
            "3",
            "950",
            "400",
            "closed",
        ]
    )
    assert second.split() == ["vendor_b", "unknown", "VOICE", "0", "0", "3", "0", "-", "-", "-", "0", "open"]


@pytest.mark.parametrize(("arguments", "window"), [((), timedelta(days=1)), (("--window", "7d"), timedelta(days=7))])
def test_the_window_is_asked_for(answering, arguments, window):
    answering("delivery", "--once", *arguments)

    asked = next(call for call in answering.admin.received if call.method == "ListDeliveryFigures")
    assert asked.request.window.ToTimedelta() == window


def test_before_the_first_code_it_says_so(command):
    command.admin.answer("ListDeliveryFigures", otp.ListDeliveryFiguresResponse())
    command.admin.answer("ListProviders", otp.ListProvidersResponse())

    ran = command("delivery", "--once", "--window", "2h")

    assert (ran.status, ran.out) == (0, "")
    assert "No code was sent in the last 2h." in ran.err


def test_a_window_that_is_none_is_a_mistake_of_use(command):
    assert command("delivery", "--window", "soon").status == 2


def test_an_outage_is_status_3(command):
    command.admin.answer("ListDeliveryFigures", errors.Unavailable(Reason.STORE_UNAVAILABLE, "the store is away"))

    assert command("delivery", "--once").status == 3


def test_a_choice_is_explained_for_one_operator_range_and_channel(command):
    command.admin.answer(
        "ExplainChoice",
        otp.ExplainChoiceResponse(
            sampled=True,
            candidates=[
                otp.ExplainChoiceResponse.Candidate(
                    provider="vendor_a",
                    share_percent=93.4,
                    expected_conversion=0.912,
                    cost_vnd=320,
                    explanation="Conversion 0.88…0.94 at 320 đ a message.",
                )
            ],
        ),
    )

    ran = command("delivery", "--explain", "viettel", "--channel", "zalo-zns")

    request = command.admin.received[0].request
    assert (request.operator, request.channel) == ("viettel", Challenge.ZALO_ZNS)
    assert ran.out.splitlines()[1].split(maxsplit=5) == [
        "vendor_a",
        "93.4",
        "%",
        "0.91",
        "320",
        "Conversion 0.88…0.94 at 320 đ a message.",
    ]


def test_an_explanation_as_json_is_the_contract_s_own(command):
    command.admin.answer("ExplainChoice", otp.ExplainChoiceResponse(sampled=True))

    assert command("delivery", "--explain", "viettel", "--json").json == {"candidates": [], "sampled": True}


def test_a_narrow_terminal_gets_the_columns_that_matter_most():
    drawn = Console(width=80, record=True, file=io.StringIO())
    drawn.print(view(rows_of(GOLDEN), "24h", ""))

    heading, first, _ = drawn.export_text().splitlines()[1:]
    assert heading.split() == ["provider", "operator", "channel", "sent", "conversion", "95", "%", "dong", "circuit"]
    assert first.split() == [
        "vendor_a",
        "viettel",
        "SMS",
        "12",
        "345",
        "90.0",
        "%",
        "≤",
        "8.0",
        "s",
        "3",
        "950",
        "400",
        "closed",
    ]


def test_the_live_view_is_drawn_until_ctrl_c_and_tells_of_an_outage_beside_the_last_figures(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "140")
    figures = {**GOLDEN, "figures": GOLDEN["figures"][:1]}
    looks = iter([figures, CommandFailed("nobody answers at 127.0.0.1:1"), KeyboardInterrupt()])

    def look():
        found = next(looks)
        if isinstance(found, BaseException):
            raise found
        return found

    watch(figures, look, "24h", pause=lambda: None)

    drawn = capsys.readouterr().out
    assert "codes of the last 24h" in drawn
    assert "vendor_a" in drawn
    assert "nobody answers at 127.0.0.1:1; trying again" in drawn
