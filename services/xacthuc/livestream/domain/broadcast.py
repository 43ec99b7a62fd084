"""A broadcast from when it is asked for to its end. Pure: each step takes what is, and returns what follows.

    (none) ──▶ REFUSED ◀─┐ asked for again
       │          └──────┤
       └────────▶ LIVE ◀─┘    renewed, declared, reviewed: NONE, CLEARED or HIDDEN goods
                   │ └──▶ REVOKED   the account may not be on air, or must not sell and sells
                   └────▶ ENDED     the platform ended it, or left it behind

Nothing leads out of REVOKED and ENDED. Goods are CLEARED by a decision that allows selling and by nothing else; what is
HIDDEN comes back with a declaration alone, so that no renewal brings goods on air that nobody declared.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from xacthuc.livestream.domain.broadcaster import Judgement, judge
from xacthuc.policy import Ruling

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from xacthuc.livestream.domain.broadcaster import Broadcaster
    from xacthuc.policy import DeclarationKind, Policy

SHORTEST_GRANT: Final = timedelta(seconds=5)
"""A grant that ended before it arrived would cut a lawful broadcast; whoever reviews it at that instant ends it in time."""


class State(StrEnum):
    """Where a broadcast stands. The contract carries the same names."""

    REFUSED = "REFUSED"
    LIVE = "LIVE"
    REVOKED = "REVOKED"
    ENDED = "ENDED"


class Commerce(StrEnum):
    """Whether anything may be for sale in it."""

    NONE = "NONE"
    CLEARED = "CLEARED"
    HIDDEN = "HIDDEN"


class EndReason(StrEnum):
    """Why a broadcast ended."""

    FINISHED = "FINISHED"
    UNRENEWED = "UNRENEWED"


class Bar(StrEnum):
    """Why a step is not taken."""

    OTHER_ACCOUNT = "OTHER_ACCOUNT"
    """The broadcast is another account's."""
    OVER = "OVER"
    """It was cut or has ended."""
    NOT_LIVE = "NOT_LIVE"
    """It was never cleared."""
    DECLARE = "DECLARE"
    """It runs and sells, or does not, unlike what is asked for: that is for a declaration to say."""
    TOO_MANY = "TOO_MANY"
    """The account is on air often enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """A broadcast at one instant."""

    account_id: str = field(repr=False)
    state: State
    commerce: Commerce
    create_time: datetime
    authorize_time: datetime | None = None
    grant_time: datetime | None = None
    """Until when its last grant lasts."""
    close_time: datetime | None = None
    """When it is closed unless somebody renews it; None unless it is LIVE."""
    review_time: datetime | None = None
    """When it has to be decided anew although nothing happened; None for not within a day, and unless it is LIVE."""
    revoke_time: datetime | None = None
    end_time: datetime | None = None
    end_reason: EndReason | None = None

    @property
    def sells(self) -> bool:
        """Whether anything may be for sale in it now."""
        return self.state is State.LIVE and self.commerce is Commerce.CLEARED


class Outcome(NamedTuple):
    """What a decision makes of a broadcast."""

    broadcast: Broadcast
    judgement: Judgement


def authorize(
    known: Broadcast | None,
    account_id: str,
    who: Broadcaster,
    now: datetime,
    policy: Policy,
    *,
    selling: bool,
    on_air: int,
) -> Outcome | Bar:
    """Decides whether a broadcast may begin; `on_air` is how many others of the account are LIVE.

    A running one is renewed. One that cannot sell does not begin without its goods: its seller meant to sell (R3).
    """
    if known is not None and (bar := _bar_to_beginning(known, account_id, selling=selling)):
        return bar
    if known is not None and known.state is State.LIVE:
        return renew(known, who, now, policy)
    judgement = judge(who, policy, selling=selling)
    since = now if known is None else known.create_time
    if judgement.ruling is not Ruling.CONTINUE:
        refused = Broadcast(account_id=account_id, state=State.REFUSED, commerce=Commerce.NONE, create_time=since)
        return Outcome(refused, judgement._replace(ruling=Ruling.CUT))
    if on_air >= policy.livestream.parallel_broadcasts:
        return Bar.TOO_MANY
    live = Broadcast(
        account_id=account_id,
        state=State.LIVE,
        commerce=Commerce.CLEARED if selling else Commerce.NONE,
        create_time=since,
        authorize_time=now,
    )
    return Outcome(_granted(live, who, now, policy), judgement)


def renew(known: Broadcast, who: Broadcaster, now: datetime, policy: Policy) -> Outcome | Bar:
    """Decides anew about a running broadcast as it is, and lets it be on air for longer."""
    if bar := bar_to_running(known):
        return bar
    reviewed = review(known, who, now, policy)
    return reviewed._replace(broadcast=_granted(reviewed.broadcast, who, now, policy))


def declare(
    known: Broadcast, kinds: Iterable[DeclarationKind], who: Broadcaster, now: datetime, policy: Policy
) -> Outcome | Bar:
    """Decides about a running broadcast in which `kinds` are shown now."""
    if bar := bar_to_running(known):
        return bar
    if not any(policy.livestream.declarations[kind] for kind in kinds):
        return renew(known, who, now, policy)
    judgement = judge(who, policy, selling=True)
    return Outcome(_granted(_ruled(known, judgement.ruling, who, now), who, now, policy), judgement)


def review(known: Broadcast, who: Broadcaster, now: datetime, policy: Policy) -> Outcome:
    """Decides anew about a LIVE broadcast without letting it be on air for any longer: something happened to its account.

    Hidden goods stay hidden whatever was proven meanwhile.
    """
    judgement = judge(who, policy, selling=known.sells)
    if judgement.ruling is Ruling.CONTINUE:
        if known.commerce is Commerce.HIDDEN:
            judgement = judgement._replace(ruling=Ruling.HIDE_GOODS)
        return Outcome(replace(known, review_time=who.change_time), judgement)
    return Outcome(_ruled(known, judgement.ruling, who, now), judgement)


def repeated(answered: Broadcast, known: Broadcast) -> tuple[Broadcast, Ruling] | None:
    """Returns how a LIVE broadcast that was answered before is answered again now that less is allowed; None while it is not.

    A grant outlives what it was given for: one that was cut, has ended or hides its goods since gets it no more.
    """
    if answered.state is not State.LIVE or known.sells or (known.state is State.LIVE and not answered.sells):
        return None
    ruling = Ruling.HIDE_GOODS if known.state is State.LIVE else Ruling.CUT
    # What goes on without its goods goes on until the time that was answered.
    return replace(known, grant_time=answered.grant_time), ruling


def close(known: Broadcast, now: datetime) -> Broadcast:
    """Returns a broadcast as it is once nobody renewed it in time; itself while there is time, or when it is over."""
    if known.state is not State.LIVE or known.close_time is None or known.close_time > now:
        return known
    return _over(known, State.ENDED, end_time=now, end_reason=EndReason.UNRENEWED)


def end(known: Broadcast, end_time: datetime) -> Broadcast | Bar:
    """Ends a broadcast. One that was cut is told when it went off air; one that ended stays as it is."""
    if known.state is State.REFUSED:
        return Bar.NOT_LIVE
    if known.end_time is not None:
        return known
    if known.state is State.REVOKED:
        return replace(known, end_time=end_time)
    return _over(known, State.ENDED, end_time=end_time, end_reason=EndReason.FINISHED)


def bar_to_running(known: Broadcast) -> Bar | None:
    """Returns why nothing can be decided about a broadcast as a running one; None when it is LIVE."""
    if known.state is State.LIVE:
        return None
    return Bar.NOT_LIVE if known.state is State.REFUSED else Bar.OVER


def _bar_to_beginning(known: Broadcast, account_id: str, *, selling: bool) -> Bar | None:
    if known.account_id != account_id:
        return Bar.OTHER_ACCOUNT
    if known.state in {State.REVOKED, State.ENDED}:
        return Bar.OVER
    if known.state is State.LIVE and selling is (known.commerce is Commerce.NONE):
        return Bar.DECLARE
    return None


def _ruled(known: Broadcast, ruling: Ruling, who: Broadcaster, now: datetime) -> Broadcast:
    """Returns a LIVE broadcast in which something is for sale as a ruling on that leaves it."""
    if ruling is Ruling.CUT:
        return _over(known, State.REVOKED, revoke_time=now)
    commerce = Commerce.CLEARED if ruling is Ruling.CONTINUE else Commerce.HIDDEN
    return replace(known, commerce=commerce, review_time=who.change_time)


def _granted(known: Broadcast, who: Broadcaster, now: datetime, policy: Policy) -> Broadcast:
    """Returns a LIVE broadcast with a new grant, which ends before the answer changes by itself."""
    if known.state is not State.LIVE:
        return known
    until = now + timedelta(seconds=policy.livestream.grant_seconds)
    if who.change_time is not None:
        until = max(min(until, who.change_time), now + SHORTEST_GRANT)
    close_time = until + timedelta(seconds=policy.livestream.vanished_seconds)
    return replace(known, grant_time=until, close_time=close_time, review_time=who.change_time)


def _over(
    known: Broadcast,
    state: State,
    *,
    revoke_time: datetime | None = None,
    end_time: datetime | None = None,
    end_reason: EndReason | None = None,
) -> Broadcast:
    return replace(
        known,
        state=state,
        close_time=None,
        review_time=None,
        revoke_time=revoke_time,
        end_time=end_time,
        end_reason=end_reason,
    )
