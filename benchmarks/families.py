"""How long a child goes on after a guardian suspended it: from UpdateSupervision to the first refusal of CheckAction."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from benchmarks import flows
from benchmarks.report import Figure, percentile
from xacthuc.client import Action, Consent, Declaration, Link, Purpose, Relation, Xacthuc
from xacthuc.up.adapters.identity_client import PLATFORM

if TYPE_CHECKING:
    from benchmarks.rig import Rig

_MOST_SECONDS: Final = 10.0
_FIRST: Final = 20_000_000
"""Far from the people of the other studies."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is measured."""

    families: int = 100


QUICK: Final = Amount(families=1)


async def study(rig: Rig, key: str, amount: Amount) -> dict[str, list[Figure]]:
    """Leads families through the whole way, then suspends each child once."""
    rig.start("guardian")  # on the thread that forks
    figures = await asyncio.to_thread(_suspensions, rig, key, amount)
    rig.stop("guardian")
    return figures


def _suspensions(rig: Rig, key: str, amount: Amount) -> dict[str, list[Figure]]:
    ports, reader = rig.ports, flows.Reader(rig.layout.keys / "otp.keys", PLATFORM)
    took_ms = []
    with Xacthuc(
        key=key, otp=ports.otp_public, identity=ports.identity_public, guardian=ports.guardian_public
    ) as platform:
        for family in range(amount.families):
            child, link = _family(platform, reader, _FIRST + family)
            took_ms.append(_suspended_after_ms(platform, child, link))
    return {
        "From a guardian's suspension to the child's refusal": [
            Figure("p50", percentile(took_ms, 50), "ms"),
            Figure("p99", percentile(took_ms, 99), "ms", at_most=1000),
            Figure("longest", max(took_ms), "ms"),
        ]
    }


def _family(platform: Xacthuc, reader: flows.Reader, person: int) -> tuple[str, Link]:
    """Returns a child of twelve that may post at any hour, and the link of its mother."""
    child, number, now = f"child-{person}", flows.number(person), datetime.now(UTC)
    consent = Consent(text_version="2026-11", accept_time=now, affirmed=True)
    born = date(now.year - 12, 1, 1)
    platform.identity.register_account(child, full_name="Nguyễn Văn Con", birth_date=born, consent=consent)
    link = platform.guardian.request_link(child, phone_number=number, relation=Relation.MOTHER)
    challenge = platform.otp.start_challenge(number, subject=link.name, purpose=Purpose.GUARDIAN_LINK)
    proof = platform.otp.check_code(challenge, reader.code(challenge.name)).proof_token
    link = platform.guardian.confirm_link(
        link,
        proof,
        full_name="Nguyễn Thị Mẹ",
        birth_date=date(now.year - 40, 1, 1),
        declaration=Declaration(text_version="parent-2026-11", accept_time=now, affirmed=True),
    )
    platform.guardian.update_supervision(link, allowed_actions=[Action.POST], no_quiet_hours=True)
    _until(platform, child, allowed=True)
    return child, link


def _suspended_after_ms(platform: Xacthuc, child: str, link: Link) -> float:
    started = time.perf_counter()
    platform.guardian.update_supervision(link, suspended=True)
    _until(platform, child, allowed=False)
    return (time.perf_counter() - started) * 1e3


def _until(platform: Xacthuc, child: str, *, allowed: bool) -> None:
    """Asks again and again; UnexpectedAnswerError when the decision stays what it was."""
    give_up = time.perf_counter() + _MOST_SECONDS
    while platform.identity.check_action(child, Action.POST).allowed is not allowed:
        if time.perf_counter() > give_up:
            raise flows.UnexpectedAnswerError("identity was never told what a guardian allows")
