"""What an operator knows of the past of a number: CAMARA Number Recycling 0.2.0 and SIM Swap 2.1.0."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc.identity.adapters.kyc.answers import OK, UNCLEAR, Judged, refused
from xacthuc.identity.adapters.remote.spelling import DateFormat, dated
from xacthuc.policy import local_date

if TYPE_CHECKING:
    from xacthuc.clock import Clock
    from xacthuc.identity.adapters.kyc.asking import Api
    from xacthuc.identity.adapters.remote.exchange import Reply


class Told(NamedTuple):
    """What an answer says."""

    changed: bool | None
    """None: the number is none of the operator's, or it does not tell as far back."""


_NOT_THEIRS: Final = Told(None)


class Recycling:
    """Implements `ports.eid.NumberHistory` of subscribers."""

    def __init__(self, api: Api[Told]) -> None:
        """Asks through `api`."""
        self.name = api.operator
        self.at_once = api.at_once
        self._api = api

    async def changed_since(self, number: str, since: datetime, correlator: str) -> bool | None:
        """Asks by the day in Vietnam: who got the number on that very day is taken for who proved it then."""
        body = {"phoneNumber": number, "specifiedDate": dated(local_date(since), DateFormat.ISO)}
        return (await self._api.ask(body, correlator, judge_recycling)).changed


class SimSwaps:
    """Implements `ports.eid.NumberHistory` of SIMs."""

    def __init__(self, api: Api[Told], clock: Clock) -> None:
        """Asks through `api`."""
        self.name = api.operator
        self.at_once = api.at_once
        self._api = api
        self._clock = clock

    async def changed_since(self, number: str, since: datetime, correlator: str) -> bool | None:
        """Asks for the date: `check` looks back 100 days at the most, and asked with an age it learns when we verified."""
        now = self._clock.now()
        told = await self._api.ask({"phoneNumber": number}, correlator, lambda reply: judge_sim_swap(reply, since, now))
        return told.changed


def judge_recycling(reply: Reply) -> Judged[Told]:
    """Reads a reply about subscribers."""
    if reply.status != OK:
        return refused(reply, _NOT_THEIRS)
    told = reply.document.get("phoneNumberRecycled") if isinstance(reply.document, dict) else None
    return Judged(Told(told), "told") if isinstance(told, bool) else UNCLEAR


def judge_sim_swap(reply: Reply, since: datetime, now: datetime) -> Judged[Told]:
    """Reads a reply about the last change of a SIM. A new subscription is one, as the definition has it."""
    if reply.status != OK:
        return refused(reply, _NOT_THEIRS)
    document = reply.document
    if not isinstance(document, dict) or "latestSimChange" not in document:
        return UNCLEAR
    latest, days = document["latestSimChange"], document.get("monitoredPeriod")
    if latest is None:
        # "There were no SIM swap events during monitoredPeriod": of what was before nothing is known.
        covered = _covered(days)
        return Judged(Told(False if covered is not None and now - covered <= since else None), "told")
    moment = _moment(latest)
    return UNCLEAR if moment is None else Judged(Told(moment > since), "told")


_MOST_DAYS: Final = 36_500


def _covered(days: object) -> timedelta | None:
    if not isinstance(days, int) or isinstance(days, bool) or not 0 < days <= _MOST_DAYS:
        return None
    return timedelta(days=days)


def _moment(text: object) -> datetime | None:
    """Returns the instant of RFC 3339 with its zone; None for anything else."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
