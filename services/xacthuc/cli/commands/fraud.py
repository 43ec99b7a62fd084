"""`xacthuc fraud`: what the guard watches, exemptions, and trying rules on recorded traffic."""

# ruff: noqa: PLC0415 - contracts, rules and plots are imported when called, so that `xacthuc --help` stays quick

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from xacthuc.cli.failure import EXIT_USAGE, CommandFailed
from xacthuc.cli.options import Json, Reason, span
from xacthuc.cli.output import note, print_file, print_json, print_record, print_records

if TYPE_CHECKING:
    from xacthuc.otp.simulate.replay import Report
    from xacthuc.otp.simulate.traffic import Event

app = typer.Typer(help="Shows and tries out the fraud guard.", no_args_is_help=True)

_SUBJECT: Final = {
    "subject": "subject",
    "verdict": "says",
    "hour": "unverified/limit in an hour",
    "day": "in 24 hours",
    "first_seen_time": "first seen",
    "exempt_until_time": "exempt until",
}
_REPORT: Final = {
    "messages": "messages",
    "refused": "refused",
    "cost_vnd": "cost (dong)",
    "saved_vnd": "saved (dong)",
    "people_asked": "people asked for a CAPTCHA",
}


@app.command("status")
def status(
    context: typer.Context,
    *,
    exceeding: Annotated[bool, typer.Option("--exceeding", help="Only those over a limit.")] = False,
    as_json: Json = False,
) -> None:
    """Shows what the guard watches, the most suspicious first: ranges, providers, and blocks that were ever over."""
    from xacthuc.cli.adapters import otp_admin_client as admin

    with context.obj.otp_admin() as otp:
        subjects = otp.ask(admin.list_guard_subjects(only_exceeding=exceeding))["subjects"]
    rows = subjects if as_json else [_for_people(each) for each in subjects]
    empty = "Nothing is over a limit." if exceeding else "The guard has seen no message yet."
    print_records(rows, _SUBJECT, empty=empty, as_json=as_json)


@app.command("exempt")
def exempt(
    context: typer.Context,
    subject: Annotated[str, typer.Argument(help="As `xacthuc fraud status` spells it.")],
    *,
    lasting: Annotated[str, typer.Option("--for", metavar="SPAN", help="Such as 2d, 30d at most; 0s ends it.")],
    reason: Reason,
    as_json: Json = False,
) -> None:
    """Lets a subject pass the guard for a while, or no longer."""
    from xacthuc.cli.adapters import otp_admin_client as admin

    with context.obj.otp_admin() as otp:
        standing = otp.ask(admin.exempt_guard_subject(subject, span(lasting), reason))
    print_record(standing if as_json else _for_people(standing), _SUBJECT, as_json=as_json)


@app.command("record")
def record(
    context: typer.Context,
    *,
    out: Annotated[Path, typer.Option(help="A new file, one JSON object a line.")],
    follow: Annotated[bool, typer.Option("--follow", help="Go on until interrupted.")] = False,
    as_json: Json = False,
) -> None:
    """Records the traffic that is kept, days of it, for `simulate`. Holds digests only, nothing of a person."""
    from xacthuc.otp.simulate import traffic

    try:
        count = traffic.write(out, _recorded(context, follow=follow))
    except FileExistsError:
        raise CommandFailed(
            f"{out} is there already", advice="Name a new file with --out.", exit_status=EXIT_USAGE
        ) from None
    print_file(out, f"{count} events in {out}", as_json=as_json)


@app.command("simulate")
def simulate(
    file: Annotated[Path, typer.Argument(help="Recorded traffic.")],
    *,
    rules: Annotated[
        Path | None, typer.Option(help="A policy file whose [guard] to try; the bundled one unless given.")
    ] = None,
    learn: Annotated[str, typer.Option(metavar="SPAN", help="Record only for so long, as the guard does.")] = "0s",
    plot: Annotated[Path | None, typer.Option(help="Draw it: .png or .svg.")] = None,
    as_json: Json = False,
) -> None:
    """Says what rules would have refused of recorded traffic, what that saves, and whom it would have cost a CAPTCHA.

    The file that was tried is the file to deploy, as XACTHUC_POLICY_FILE.
    """
    from xacthuc.datafile import DataFileError
    from xacthuc.otp.simulate import traffic

    try:
        report = _replayed(traffic.read(file), rules, learn)
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}", exit_status=EXIT_USAGE) from None
    except (traffic.TrafficFileError, DataFileError) as fault:
        raise CommandFailed(f"{fault}", exit_status=EXIT_USAGE) from None
    if plot is not None:
        from xacthuc.otp.simulate.plot import plot as draw

        draw(report, plot)
        note(f"drawn to {plot}")
    _print_report(report, as_json=as_json)


def _recorded(context: typer.Context, *, follow: bool) -> Iterator["Event"]:
    """Yields events until everything has been seen that had happened when the command began."""
    from xacthuc.otp.simulate.traffic import Recorder

    recorder, began_ms = Recorder(), time.time_ns() // 1_000_000
    try:
        for response in context.obj.outcomes():
            at_ms = [outcome.occur_time.ToMilliseconds() for outcome in response.outcomes]
            for outcome, when_ms in zip(response.outcomes, at_ms, strict=True):
                event = _event(recorder, outcome, when_ms)
                if event is not None:
                    yield event
            # Every partition has a part in a batch, and its oldest: none is behind when all are new.
            if not follow and all(when_ms >= began_ms for when_ms in at_ms):
                return
    except KeyboardInterrupt:
        return


def _event(recorder: Any, outcome: Any, at_ms: int) -> "Event | None":
    from xacthuc.api.otp.v1 import internal_pb2, resources_pb2

    made: Event | None = recorder.event(
        internal_pb2.Outcome.Kind.Name(outcome.kind),
        resources_pb2.Challenge.Channel.Name(outcome.channel),
        at_ms,
        outcome.challenge,
        operator=outcome.operator,
        prefix=outcome.prefix,
        cost_vnd=outcome.cost_vnd,
    )
    return made


def _replayed(events: list["Event"], rules_file: Path | None, learn: str) -> "Report":
    from dataclasses import replace

    from xacthuc.otp.domain.guard import GuardRules
    from xacthuc.otp.domain.guard_ledger import life_slots
    from xacthuc.otp.simulate.replay import Replay
    from xacthuc.policy import Policy

    policy = Policy.load(rules_file)
    learning_ms = round(span(learn).total_seconds() * 1000)
    rules = replace(GuardRules.of(policy.guard), enforced=True, record_ms=learning_ms)
    return Replay(rules, life_slots(policy.otp.code_life_seconds * 1000)).run(events)


def _print_report(report: "Report", *, as_json: bool) -> None:
    facts = {field: getattr(report, field) for field in (*_REPORT, "challenges_refused")}
    refused = [{"subject": subject, "challenges": count} for subject, count in report.by_subject.most_common()]
    if as_json:
        print_json({**facts, "subjects": refused})
        return
    print_record(facts, _REPORT, as_json=False)
    print_records(
        refused[:20],
        {"subject": "subject", "challenges": "challenges refused"},
        empty="Nothing would have been refused.",
        as_json=False,
    )


def _for_people(subject: Mapping[str, Any]) -> dict[str, Any]:
    decision = subject["decision"]
    return {
        **subject,
        "verdict": decision["verdict"],
        "hour": f"{decision['unverified_hour_count']}/{decision['unverified_hour_limit']}",
        "day": f"{decision['unverified_day_count']}/{decision['unverified_day_limit']}",
    }
