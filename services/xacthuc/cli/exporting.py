"""Asks every service what it holds on one account. Each writes down in its own record that it was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.cli.adapters import retention_admin_client, share_admin_client
from xacthuc.cli.failure import EXIT_INCOMPLETE, CommandFailed
from xacthuc.shares.whole import FIRST, OTHERS, Answer, Whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xacthuc.cli.session import Session


def gathered(session: Session, platform: str, account: str, without: Sequence[str]) -> Whole:
    """Returns everything; CommandFailed, with a status of its own, when a service that is not to be left out says nothing.

    Identity is asked first: of an account that it does not know nobody else opens anything.
    """
    with session.identity_admin() as identity:
        found = identity.ask(retention_admin_client.export_account(platform, account))
    answers = {FIRST: Answer(found["json"], found["html"])}
    ways = {
        "guardian": session.guardian_admin,
        "livestream": session.livestream_admin,
        "backfill": session.backfill_admin,
    }
    for name in OTHERS:
        if name in without:
            continue
        try:
            with ways[name]() as service:
                found = service.ask(share_admin_client.export_share(platform, account))
        except CommandFailed as failed:
            raise _silent(name, failed) from None
        answers[name] = Answer(found["json"], found["html"])
    return Whole(answers, list(without))


def _silent(name: str, failed: CommandFailed) -> CommandFailed:
    return CommandFailed(
        f"{name} did not say what it holds, and nothing was written: {failed.message}",
        lines=failed.lines,
        advice=f"{failed.advice} Or leave it out, which the document then says: --without {name}".strip(),
        exit_status=EXIT_INCOMPLETE,
        facts={**failed.facts, "service": name},
    )
