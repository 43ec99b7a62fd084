"""Four threads of an edge verify while the issuer's key file goes through the rounds of a rotation."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from token_issuer import ISSUER, MINUTE, PLATFORM

from xacthuc.client.standing import Freshness, StandingVerifier, TokenError, UnknownKey
from xacthuc.clock import SystemClock
from xacthuc.ids import encode, random_bytes
from xacthuc.sealing.keys import KeyRing
from xacthuc.tokens import standing
from xacthuc.tokens.signer import Signer

FRESHNESS = Freshness(pause=timedelta(milliseconds=10), refresh=timedelta(milliseconds=50))
EACH_ROUND = 100
"""Tokens verified by each thread before the next round."""


class Traffic:
    """Issues and verifies all the time, with the signer of the moment."""

    def __init__(self, signer: Signer) -> None:
        self.signer = signer
        self.clock = SystemClock()
        self.verifier = StandingVerifier(self.jwks, platform=PLATFORM, issuer=ISSUER, freshness=FRESHNESS)
        self.verified = [0] * 4
        self.refused: list[TokenError] = []
        self.ended = threading.Event()

    def jwks(self) -> object:
        return self.signer.jwks()

    def token(self, signer: Signer) -> str:
        token = standing.issue(
            signer,
            platform=PLATFORM,
            account="an",
            actions=["POST"],
            policy_version="1",
            now=self.clock.now(),
            ttl=MINUTE,
        )
        assert token is not None
        return token

    def run(self, thread: int) -> None:
        while not self.ended.is_set():
            try:
                self.verifier.verify(self.token(self.signer))
            except TokenError as error:
                self.refused.append(error)
            self.verified[thread] += 1


def test_a_rotation_under_traffic_refuses_nothing_and_forgets_the_old_key(
    tmp_path, eventually_blocking: Callable[..., None]
):
    old, new = encode(random_bytes(32)), encode(random_bytes(32))

    def read(lines: str) -> Signer:
        (tmp_path / "ring.keys").write_text(lines, "ascii")
        return Signer(KeyRing.read(tmp_path / "ring.keys"), ISSUER)

    traffic = Traffic(read(f"0 {old} current\n"))
    threads = [threading.Thread(target=traffic.run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        for lines in (f"0 {old} current\n1 {new}\n", f"0 {old}\n1 {new} current\n"):
            _pass(traffic, eventually_blocking)
            traffic.signer = read(lines)
        _pass(traffic, eventually_blocking)
        last_of_the_old = traffic.token(read(f"0 {old}\n"))
        traffic.signer = read(f"1 {new}\n")
        _pass(traffic, eventually_blocking)
    finally:
        traffic.ended.set()
        for thread in threads:
            thread.join(10)

    assert traffic.refused == []
    with pytest.raises(UnknownKey):
        traffic.verifier.verify(last_of_the_old)


def _pass(traffic: Traffic, eventually_blocking: Callable[..., None]) -> None:
    """Waits until every thread verified a round, and the keys were fetched anew."""
    goal, asked = min(traffic.verified) + EACH_ROUND, traffic.clock.now() + FRESHNESS.refresh

    def passed() -> bool:
        fetched = traffic.verifier.fetch_time
        return min(traffic.verified) >= goal and fetched is not None and fetched > asked

    eventually_blocking(passed)
