"""Plays a family, and says what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xacthuc.cli.sandbox.families import FAMILIES
from xacthuc.cli.sandbox.people import People
from xacthuc.policy import Policy

if TYPE_CHECKING:
    from pathlib import Path

    from xacthuc.client import Link, Xacthuc


def play(name: str, client: Xacthuc, inbox: Path) -> dict[str, Any]:
    """Has a family of `FAMILIES` come about and returns its child, its links as they stand, and what was refused.

    Raises what the client does, and CommandFailed when no code comes.
    """
    family, people = FAMILIES[name], People(client, inbox, Policy.load().links)
    child = family.play(people)
    refused = people.refused
    return {
        "family": name,
        "shows": family.shows,
        "child": f"accounts/{child}",
        "links": [_shown(client.guardian.get_link(each)) for each in people.links],
        "refused": refused
        and {"reason": refused.reason, "message": refused.message, "metadata": dict(refused.metadata)},
    }


def _shown(link: Link) -> dict[str, Any]:
    times = {"start_time": link.start_time, "end_time": link.end_time, "expire_time": link.expire_time}
    return {
        "name": link.name,
        "state": link.state.name,
        "relation": link.relation.name,
        "child": link.child,
        "guardian": link.guardian,
        "end_cause": link.end_cause.name if link.end_cause else "",
        "dispute": link.dispute,
        **{name: at.isoformat(timespec="seconds") if at else "" for name, at in times.items()},
    }
