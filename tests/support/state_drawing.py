"""The states of an account and the ways between them, explored from the transitions and drawn for the docs."""

from __future__ import annotations

from collections import defaultdict

from xacthuc.identity.domain.account import State, state_of
from xacthuc.identity.domain.facts import FOREVER_MS, NOT_REGISTERED, Facts, Supervision
from xacthuc.identity.domain.transitions import Given, Impossible, Transition, happen
from xacthuc.policy import Action

NOW_MS = 1_800_000_000_000
_LATER_MS = NOW_MS + 1_000_000
_GUARDED = Supervision(FOREVER_MS, suspended=False, actions=frozenset(Action), quiet_from=0, quiet_to=0)

GIVEN = (
    Given(supervision=_GUARDED),
    Given(child_until_ms=_LATER_MS, supervision=_GUARDED),
    Given(complete=False, supervision=_GUARDED),
)
"""A grown-up, a child, and somebody of whom name or birth date is missing."""

_FIRST = (State.UNVERIFIED, State.PENDING_GUARDIAN)
_IN_USE = set(State) - {State.LOCKED, State.CLOSED, State.ERASURE_SCHEDULED, State.ERASED, State.UNREADABLE}
_LEADS_ANYWHERE = {Transition.ACCOUNT_CORRECTED, Transition.ACCOUNT_UNLOCKED}
"""Back to whatever the facts then say: drawn, they would hide the rest."""

Edge = tuple[State, Transition, State]


def explored() -> tuple[set[Facts], set[Edge]]:
    """Returns everything that can be known of an account at one instant, and every change of state on the way there."""
    known: set[Facts] = set()
    edges: set[Edge] = set()
    waiting = [NOT_REGISTERED]
    while waiting:
        facts = waiting.pop()
        for transition in Transition:
            for given in GIVEN:
                after = happen(transition, facts, given, NOW_MS)
                if isinstance(after, Impossible):
                    continue
                if facts.registered:
                    edges.add((state_of(facts, NOW_MS), transition, state_of(after, NOW_MS)))
                if after not in known:
                    known.add(after)
                    waiting.append(after)
    return known, edges


def drawing() -> str:
    """Returns the drawing in mermaid. What can happen in every state of an account in use is drawn once, from all of them."""
    states, transitions = list(State), list(Transition)
    sources: dict[tuple[Transition, State], set[State]] = defaultdict(set)
    for before, transition, after in explored()[1]:
        if before is not after and transition not in _LEADS_ANYWHERE:
            sources[transition, after].add(before)
    inner: dict[tuple[State, State], list[Transition]] = defaultdict(list)
    outer: dict[tuple[str, State], list[Transition]] = defaultdict(list)
    for (transition, after), befores in sources.items():
        rest = set(befores)
        if rest >= _IN_USE - {after}:
            outer["IN_USE", after].append(transition)
            rest -= _IN_USE
        for before in rest:
            (inner if {before, after} <= _IN_USE else outer)[before, after].append(transition)

    def lines(
        edges: dict[tuple[State, State], list[Transition]] | dict[tuple[str, State], list[Transition]],
    ) -> list[str]:
        ordered = sorted(
            edges.items(), key=lambda edge: ([*states, "IN_USE"].index(edge[0][0]), states.index(edge[0][1]))
        )
        return [
            f"{before} --> {after}: {', '.join(sorted(told, key=transitions.index))}"
            for (before, after), told in ordered
        ]

    registered = [f"[*] --> {state}: {Transition.ACCOUNT_REGISTERED}" for state in _FIRST]
    return "\n".join(
        [
            "stateDiagram-v2",
            "    state IN_USE {",
            *(f"        {line}" for line in [*registered, *lines(inner)]),
            "    }",
            *(f"    {line}" for line in lines(outer)),
            "    ERASED --> [*]",
        ]
    )
