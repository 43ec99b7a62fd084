"""Lets posts pass: a page of them in one call, answers kept as long as they may be, and tokens that need no call at all.

python gate_posts.py [DATA]     DATA is where `make run` keeps its files: ../../var unless told otherwise
"""

from __future__ import annotations

import sys
import time

from development import Development, register, verify

from xacthuc.client import Account, Action, Decision, Xacthuc
from xacthuc.client.standing import StandingVerifier, TokenError

MOST_AT_ONCE = 500
ISSUER = "https://identity.xacthuc.local"  # XACTHUC_STANDING_ISSUER of your deployment


class Gate:
    """Who may do what, by answers that may be kept for a while."""

    def __init__(self, xacthuc: Xacthuc) -> None:
        """Asks `xacthuc`."""
        self.calls = 0
        self._xacthuc = xacthuc
        self._kept: dict[tuple[str, Action], tuple[float, Decision]] = {}

    def decide(self, checks: list[tuple[str, Action]]) -> list[Decision]:
        """Decides about each; asks only about those without a kept answer, many in a call."""
        now = time.monotonic()
        self._kept = {check: kept for check, kept in self._kept.items() if now < kept[0]}
        answers = {check: decision for check, (_, decision) in self._kept.items()}
        asked = [check for check in dict.fromkeys(checks) if check not in answers]
        for start in range(0, len(asked), MOST_AT_ONCE):
            part = asked[start : start + MOST_AT_ONCE]
            self.calls += 1
            for check, decision in zip(part, self._xacthuc.identity.check_actions(part), strict=True):
                # A refusal has no time to live: whoever has just verified must be able to post at once.
                self._kept[check] = now + decision.cache_ttl.total_seconds(), decision
                answers[check] = decision
        return [answers[check] for check in checks]


def main(data: str = "../../var") -> None:
    """Gates a page of posts, and then a post at an edge."""
    development = Development.read(data)
    with development.connect() as xacthuc:
        verified, stranger = verify(xacthuc, register(xacthuc), development), register(xacthuc)
        page = [(each.name, Action.POST) for each in (verified, stranger, verified)]

        gate = Gate(xacthuc)
        for _ in range(2):
            decided = ", ".join(each.reason.name for each in gate.decide(page))
            print("page:", decided, "| calls so far:", gate.calls)

        # Keys are fetched once, again every few minutes, and at once for a token whose key is new: so they may rotate.
        verifier = StandingVerifier(xacthuc.identity.get_jwks, platform=development.platform, issuer=ISSUER)
        token = xacthuc.identity.issue_standing_token(verified).token  # goes to the person's app, for up to a minute
        print("edge:", passes(verifier, token, verified, Action.POST))
        print("edge, a token of somebody else:", passes(verifier, token, stranger, Action.POST))
        print("edge, what no token lists:", passes(verifier, token, verified, Action.LIVESTREAM_COMMERCE))
        print("edge, a token that was touched:", passes(verifier, token[:-8] + "AAAAAAAA", verified, Action.POST))


def passes(verifier: StandingVerifier, token: str, account: Account, action: Action) -> str:
    """Says whether a request may pass without a call. A standing only says yes: everything else is asked."""
    try:
        standing = verifier.verify(token)
    except TokenError as error:
        return f"ask check_action ({type(error).__name__})"
    mine = account.name == f"accounts/{standing.account}"
    return "passes" if mine and standing.allows(action) else "ask check_action"


if __name__ == "__main__":
    main(*sys.argv[1:])
