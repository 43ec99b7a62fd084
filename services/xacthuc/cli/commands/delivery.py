"""`xacthuc delivery`: what became of codes, live, and whom the delivery workers would ask now."""

# ruff: noqa: PLC0415 - the contracts and rich are imported when called, so that `xacthuc --help` stays quick

import sys
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from xacthuc.cli.failure import CommandFailed
from xacthuc.cli.options import Json, span
from xacthuc.cli.output import print_json, print_records

_REFRESH_SECONDS: Final = 1.0
_RARE_REFRESH_SECONDS: Final = 10.0
"""For windows beyond two days, which cost the service more to add up and hardly change."""

LABELS: Final = {
    "provider": "provider",
    "operator": "operator",
    "channel": "channel",
    "sent_count": "sent",
    "delivered_count": "delivered",
    "failed_count": "failed",
    "verified_count": "verified",
    "conversion": "conversion",
    "mean": "mean",
    "p95": "95 %",
    "cost": "dong",
    "circuit": "circuit",
}
_CHOICE_LABELS: Final = {
    "provider": "provider",
    "share": "asked",
    "expected": "conversion",
    "cost_vnd": "dong a message",
    "explanation": "why",
}


class DeliveryChannel(StrEnum):
    """How codes travel."""

    SMS = "sms"
    ZALO_ZNS = "zalo-zns"
    VOICE = "voice"


def delivery(
    context: typer.Context,
    *,
    window: Annotated[str, typer.Option(metavar="SPAN", help="How far back, 1h to 14d.")] = "24h",
    once: Annotated[bool, typer.Option("--once", help="Print once instead of every second.")] = False,
    explain: Annotated[
        str,
        typer.Option(metavar="OPERATOR", help="Say whom a code to this operator range would go to now, and why."),
    ] = "",
    channel: Annotated[DeliveryChannel, typer.Option(help="With --explain.")] = DeliveryChannel.SMS,
    as_json: Json = False,
) -> None:
    """Shows what became of codes by provider, operator range and channel, every second until Ctrl-C.

    In a pipe, with --once and with --json it prints once. Notices are not counted: nobody confirms them.
    """
    if explain:
        _explain(context, explain, channel, as_json=as_json)
        return
    reach = span(window)
    from xacthuc.cli.adapters import otp_admin_client as admin

    with context.obj.otp_admin() as otp:

        def look() -> dict[str, Any]:
            figures = otp.ask(admin.list_delivery_figures(reach))["figures"]
            return {"figures": figures, "providers": otp.ask(admin.list_providers())["providers"]}

        first = look()
        if as_json:
            print_json(first)
        elif once or not sys.stdout.isatty():
            print_records(rows_of(first), LABELS, empty=f"No code was sent in the last {window}.", as_json=False)
        else:
            seconds = _REFRESH_SECONDS if reach <= timedelta(days=2) else _RARE_REFRESH_SECONDS
            watch(first, look, window, pause=lambda: time.sleep(seconds))


def watch(first: dict[str, Any], look: Callable[[], dict[str, Any]], window: str, *, pause: Callable[[], None]) -> None:
    """Draws what `look` finds, again and again until Ctrl-C; what cannot be read stands still, with the reason above."""
    from rich.live import Live

    from xacthuc.cli.delivery_view import view

    found, fault = first, ""
    with Live(view(rows_of(found), window, fault), auto_refresh=False, screen=False) as live:
        try:
            while True:
                pause()
                try:
                    found, fault = look(), ""
                except CommandFailed as failed:
                    fault = f"{failed.message}; trying again"
                live.update(view(rows_of(found), window, fault), refresh=True)
        except KeyboardInterrupt:
            return


def rows_of(found: Mapping[str, Any]) -> list[dict[str, str]]:
    """Returns the figures as people read them, in the order they came."""
    open_circuits = {provider["name"] for provider in found["providers"] if provider["circuit_open"]}
    return [_row(figures, figures["provider"] in open_circuits) for figures in found["figures"]]


def _row(figures: Mapping[str, Any], circuit_open: bool) -> dict[str, str]:  # noqa: FBT001 - named at its one call
    sent, verified = int(figures["sent_count"]), int(figures["verified_count"])
    p95 = figures.get("p95_delivery_duration")
    counts = {
        f"{name}_count": _grouped(figures[f"{name}_count"]) for name in ("sent", "delivered", "failed", "verified")
    }
    return {
        "provider": figures["provider"],
        "operator": figures["operator"],
        "channel": figures["channel"],
        **counts,
        "conversion": f"{100 * verified / sent:.1f} %" if sent else "",
        "mean": _seconds(figures.get("mean_delivery_duration")),
        "p95": f"≤ {_seconds(p95)}" if p95 else "",
        "cost": _grouped(figures["cost_vnd"]),
        "circuit": "open" if circuit_open else "closed",
    }


def _explain(context: typer.Context, operator: str, channel: DeliveryChannel, *, as_json: bool) -> None:
    from xacthuc.cli.adapters import otp_admin_client as admin

    with context.obj.otp_admin() as otp:
        explained = otp.ask(admin.explain_choice(operator, channel.name))
    if as_json:
        print_json(explained)
        return
    rows = [
        {
            **candidate,
            "share": f"{candidate['share_percent']:.1f} %",
            "expected": f"{candidate['expected_conversion']:.2f}",
        }
        for candidate in explained["candidates"]
    ]
    print_records(rows, _CHOICE_LABELS, empty=f"No provider sends by {channel}.", as_json=False)


def _seconds(duration: str | None) -> str:
    """Returns a contract's duration, `3.250s`, as people read it."""
    return f"{float(duration.removesuffix('s')):.1f} s" if duration else ""


def _grouped(number: str) -> str:
    return f"{int(number):,}".replace(",", " ")
