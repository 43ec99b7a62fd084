"""`xacthuc texts`: what platforms' messages say, checked before it is put where the services read it."""

# ruff: noqa: PLC0415 - policy and texts are read when called, so that `xacthuc --help` stays quick

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from xacthuc.cli.failure import EXIT_FAILED, CommandFailed
from xacthuc.cli.options import Json
from xacthuc.cli.output import note, print_json, print_records

if TYPE_CHECKING:
    from xacthuc.otp.texts import Texts
    from xacthuc.otp.texts.catalogue import Sample

app = typer.Typer(help="Checks and shows the texts of messages.", no_args_is_help=True)

_DEFAULT: Final = Path("/etc/xacthuc/texts")
_TEXTS: Final = {"platform": "platform", "key": "text", "size": "size", "text_id": "id", "text": "as it is read"}
_PLATFORMS: Final = {
    "platform": "platform",
    "sender": "sender",
    "operator": "operator",
    "registered_until": "registered until",
    "days_left": "days left",
    "domain": "domain",
    "android_hash": "app hash",
    "own_texts": "own texts",
}

Directory = Annotated[
    Path, typer.Argument(envvar="XACTHUC_TEXTS_DIRECTORY", help="Holds one <platform>.toml for each platform.")
]
PolicyFile = Annotated[
    Path | None,
    typer.Option("--policy", envvar="XACTHUC_POLICY_FILE", help="A policy of your own, as the services read it."),
]


@app.callback()
def texts() -> None:
    """Checks and shows the texts of messages."""


@app.command("check")
def check(
    directory: Directory = _DEFAULT,
    *,
    policy: PolicyFile = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail when anything wants a second look too.")] = False,
    as_json: Json = False,
) -> None:
    """Says why the services would refuse a file, and shows every text as it will be read, with an invented code.

    Exit status 1 when a file is refused.
    """
    loaded = _load(directory, policy)
    shown = [_text(platform, sample) for platform, sample in _samples(loaded)]
    advice = list(_advice(loaded, _now()))
    if as_json:
        print_json({"texts": shown, "advice": advice})
    else:
        rows = [
            {**row, "size": f"{row['length']}/{row['room'] or '-'}", "text": row["text"].replace("\n", " ⏎ ")}
            for row in shown
        ]
        print_records(rows, _TEXTS, empty=f"No platform has a file in {directory}.", as_json=False)
        for line in advice:
            note(line)
    if strict and advice:
        raise typer.Exit(EXIT_FAILED)


@app.command("list")
def list_platforms(directory: Directory = _DEFAULT, *, policy: PolicyFile = None, as_json: Json = False) -> None:
    """Lists the platforms with texts of their own, and until when their sender names are registered."""
    rows = list(_platforms(_load(directory, policy), _now()))
    print_records(rows, _PLATFORMS, empty=f"No platform has a file in {directory}.", as_json=as_json)


def _load(directory: Path, policy: Path | None) -> "Texts":
    from xacthuc.datafile import DataFileError
    from xacthuc.otp.texts import loading
    from xacthuc.policy import Policy

    # The services may start without the directory; who asks for a check means one that is there.
    if not directory.is_dir():
        raise CommandFailed(
            f"{directory} is not a directory", advice="Name the one that holds the <platform>.toml files."
        )
    try:
        return loading.load(directory, Policy.load(policy))
    except DataFileError as error:
        faults = str(error).splitlines()
        raise CommandFailed(
            "the services would not start with these texts",
            lines=tuple(faults),
            advice="Mend what is named, and check again.",
            facts={"faults": faults},
        ) from None


def _samples(loaded: "Texts") -> Iterator[tuple[str, "Sample"]]:
    from xacthuc.otp.texts.catalogue import samples

    for platform in loaded.platforms:
        for sample in samples(loaded, platform):
            yield platform, sample


def _text(platform: str, sample: "Sample") -> dict[str, Any]:
    return {
        "platform": platform,
        "key": sample.key,
        "line": sample.line.name.lower(),
        "text": sample.text,
        "length": sample.length,
        "room": sample.room,
        "own": sample.own,
        "text_id": sample.text_id,
    }


def _advice(loaded: "Texts", now: datetime) -> Iterator[str]:
    from xacthuc.otp.texts.registration import TOLD_DAYS_BEFORE, registrations
    from xacthuc.otp.texts.review import advice

    for platform, own in loaded.platforms.items():
        yield from (f"{platform}.toml: {line}" for line in advice(own, loaded.policy))
    for each in registrations(loaded):
        days = each.days_left(now)
        if days <= max(TOLD_DAYS_BEFORE):
            end = f"ended on {each.until}" if days < 0 else f"ends on {each.until}, days left: {days}"
            yield f"{each.platform}.toml: registered_until.{each.operator}: the registration {end}"


def _platforms(loaded: "Texts", now: datetime) -> Iterator[dict[str, Any]]:
    from xacthuc.otp.texts.registration import registrations

    known = registrations(loaded)
    for platform, own in loaded.platforms.items():
        first = min((each for each in known if each.platform == platform), key=lambda each: each.until, default=None)
        yield {
            "platform": platform,
            "sender": own.sender,
            "operator": first.operator if first else "",
            "registered_until": first.until.isoformat() if first else "",
            "days_left": first.days_left(now) if first else None,
            "domain": own.autofill.domain,
            "android_hash": own.autofill.android_hash,
            "own_texts": len(own.messages) + len(own.speech) + len(own.notices),
        }


def _now() -> datetime:
    from xacthuc.clock import SystemClock

    return SystemClock().now()
