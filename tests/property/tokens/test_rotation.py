"""Keys are rotated while tokens are issued and verified: whatever the order of events, no valid token is refused as
long as the rounds are kept to, and no key is believed for longer than promised once its line is gone.

The deployment is two servers that read the ring at different moments; the edge asks either of them for keys.
"""

from __future__ import annotations

from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from token_issuer import ISSUER, NOW, PLATFORM, Issuer

from xacthuc.client.standing import Expired, Freshness, KeysUnavailable, StandingVerifier, TokenError, UnknownKey
from xacthuc.clock import FixedClock

LIMITS, SECOND = Freshness(), timedelta(seconds=1)
LIFE = timedelta(seconds=60)


class Rotation(RuleBasedStateMachine):
    """Waits between the rounds as docs/decisions/0019-standing-tokens.md tells an operator to."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FixedClock(NOW)
        self.servers = [Issuer(), Issuer()]
        self.asked = 0
        self.verifier = StandingVerifier(self._source, platform=PLATFORM, issuer=ISSUER, clock=self.clock)
        self.tokens: list[str] = []
        """Those that have not expired."""
        self.removed: dict[int, timedelta] = {}
        """Versions whose lines are gone from every server, and when."""
        self.changed = timedelta(0)
        """When the last server was restarted."""

    @property
    def elapsed(self) -> timedelta:
        return self.clock.now() - NOW

    def _source(self) -> object:
        """The load balancer sends requests to the servers in turn."""
        self.asked += 1
        return self.servers[self.asked % 2].source()

    def _settled(self, wait: timedelta) -> bool:
        """Whether both servers have the same ring since a time that is long enough for the next round."""
        return self.servers[0] == self.servers[1] and self.elapsed - self.changed >= wait

    def _versions(self) -> list[int]:
        return self.servers[0].versions

    @rule()
    def issue(self) -> None:
        """Also happens before every restart, so that the last tokens of each ring are among those verified."""
        self.tokens += [issuer.token(self.clock.now()) for issuer in self.servers]

    @rule(seconds=st.sampled_from([1, 7, 30, 61, 200, 400]))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds * SECOND)

    @invariant()
    def nothing_issued_is_refused_before_it_expires(self) -> None:
        kept = []
        for token in self.tokens:
            try:
                self.verifier.verify(token)
            except Expired:
                continue
            kept.append(token)
        self.tokens = kept

    @invariant()
    def nothing_issued_just_now_is_refused(self) -> None:
        for issuer in self.servers:
            assert self.verifier.verify(issuer.token(self.clock.now())).account

    @precondition(lambda self: self._settled(timedelta(0)) and len(self._versions()) == 1)
    @rule()
    def append_a_line_on_one_server(self) -> None:
        self._restart(0, [*self._versions(), max(self._versions()) + 1], self.servers[0].current)

    @precondition(lambda self: self._settled(LIMITS.refresh) and self._old_signs())
    @rule()
    def move_the_mark_on_one_server(self) -> None:
        self._restart(0, self._versions(), max(self._versions()))

    @precondition(lambda self: self._settled(LIFE) and self._new_signs())
    @rule()
    def remove_the_line_on_one_server(self) -> None:
        self._restart(0, [max(self._versions())], max(self._versions()))

    @precondition(lambda self: self.servers[0] != self.servers[1])
    @rule()
    def restart_the_other_server(self) -> None:
        gone = set(self.servers[1].versions) - set(self._versions())
        self._restart(1, self._versions(), self.servers[0].current)
        self.removed |= dict.fromkeys(gone, self.elapsed)

    @invariant()
    def a_thief_of_a_removed_key_is_believed_no_longer_than_promised(self) -> None:
        for version, removed in self.removed.items():
            try:
                self.verifier.verify(Issuer([version], version).token(self.clock.now()))
            except UnknownKey:
                continue
            assert self.elapsed - removed < LIMITS.refresh

    def _old_signs(self) -> bool:
        return len(self._versions()) == 2 and self.servers[0].current == min(self._versions())

    def _new_signs(self) -> bool:
        return len(self._versions()) == 2 and self.servers[0].current == max(self._versions())

    def _restart(self, server: int, versions: list[int], current: int) -> None:
        self.issue()
        self.servers[server].versions, self.servers[server].current = list(versions), current
        self.changed = self.elapsed


class SilentIssuer(RuleBasedStateMachine):
    """An issuer that comes and goes: keys serve for a quarter of an hour after they were fetched, and no longer."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FixedClock(NOW)
        self.issuer = Issuer()
        self.verifier = StandingVerifier(self.issuer.source, platform=PLATFORM, issuer=ISSUER, clock=self.clock)

    @rule(seconds=st.integers(1, 600))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds * SECOND)

    @rule(up=st.booleans())
    def reach(self, *, up: bool) -> None:
        self.issuer.down = None if up else OSError("no route")

    @rule()
    def verify(self) -> None:
        now = self.clock.now()
        try:
            self.verifier.verify(self.issuer.token(now))
        except TokenError as error:
            assert isinstance(error, KeysUnavailable)
            assert self.issuer.down or self.issuer.fetched
            assert self.verifier.fetch_time is None or now - self.verifier.fetch_time >= LIMITS.stale
        else:
            assert self.verifier.fetch_time is not None
            assert now - self.verifier.fetch_time < LIMITS.stale

    @invariant()
    def it_is_not_asked_more_often_than_allowed(self) -> None:
        assert self.issuer.fetched <= 1 + (self.clock.now() - NOW) // LIMITS.pause


TestRotation = Rotation.TestCase
TestRotation.settings = settings(stateful_step_count=40)
TestSilentIssuer = SilentIssuer.TestCase
TestSilentIssuer.settings = settings(stateful_step_count=30)
