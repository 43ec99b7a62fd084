"""What `xacthuc up` tells: to a person with colours, to a pipe without, to a program as one JSON object."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The running stack."""

    otp: str
    """Address of OtpService."""

    identity: str
    """Address of IdentityService."""

    guardian: str
    """Address of GuardianService."""

    livestream: str
    """Address of LivestreamService."""

    edge: str
    """Where JSON over HTTP is spoken, for every service; empty where Envoy is not installed."""

    otp_internal: str
    """Address of the internal port of otp; mutual TLS."""

    identity_internal: str
    """Address of the internal port of identity; mutual TLS."""

    guardian_internal: str
    """Address of the internal port of guardian; mutual TLS."""

    livestream_internal: str
    """Address of the internal port of livestream; mutual TLS."""

    backfill_internal: str
    """Address of the internal port of backfill; mutual TLS."""

    metrics: tuple[str, ...]
    """Addresses that Prometheus scrapes, of every service."""

    platform: str
    """Resource name of the development platform."""

    key: str = field(repr=False)
    """Its key, for `authorization: Bearer`."""

    inbox: str
    """File with the messages that were "sent"."""

    tls: str
    """Directory of the development CA and of the command's certificate (`cli.pem`)."""

    logs: str
    """Directory of what the processes print."""

    ready_seconds: float
    """From start to ready."""

    def as_json(self, *, with_key: bool) -> str:
        """Returns one JSON object; the key is a secret and left out unless asked for."""
        values = asdict(self)
        if not with_key:
            del values["key"]
        return json.dumps(values, ensure_ascii=False)


def announce(running: Running, *, as_json: bool) -> None:
    """Prints the running stack to standard output."""
    if as_json:
        line = running.as_json(with_key=True)
    elif sys.stdout.isatty():
        _announce_in_colour(running)
        return
    else:
        line = "\n".join(["Xacthuc is ready.", *(f"  {label:<12} {value}" for label, value in _rows(running))])
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def tell(line: str) -> None:
    """Prints news of a process to standard error."""
    sys.stderr.write(f"xacthuc up: {line}\n")
    sys.stderr.flush()


def _rows(running: Running) -> list[tuple[str, str]]:
    return [
        ("OtpService", running.otp),
        ("Identity", running.identity),
        ("Guardian", running.guardian),
        ("Livestream", running.livestream),
        (
            "JSON",
            f"{running.edge}  ({running.edge}/docs)"
            if running.edge
            else "needs the extra: pip install 'xacthuc[edge]'",
        ),
        ("key", running.key),
        ("platform", running.platform),
        ("codes", f"{running.inbox}  (xacthuc inbox)"),
        ("logs", running.logs),
        ("metrics", ", ".join(running.metrics)),
        ("ready in", f"{running.ready_seconds:.1f} s"),
    ]


def _announce_in_colour(running: Running) -> None:
    from rich.console import Console  # noqa: PLC0415 - 60 ms that only a person at a terminal has to pay
    from rich.table import Table  # noqa: PLC0415 - as above

    table = Table(title="Xacthuc is ready", title_justify="left", show_header=False, box=None, padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(style="bold", overflow="fold")
    for label, value in _rows(running):
        table.add_row(label, value)
    console = Console()
    console.print(table)
    console.print("Ctrl-C stops everything; the data stays.", style="dim")
