"""Draws what happens in three years, by visits: moments at which some of it is done at once, so that its clocks run together."""

from __future__ import annotations

import random
from datetime import timedelta

Plan = list[tuple[int, str, str]]
"""Visit, act, and whose; of one account in this order."""

YEARS = timedelta(days=3 * 365)
LEAST = timedelta(days=10)
"""Between two visits: longer than a lock of some days."""


def gaps(chance: random.Random, visits: int) -> list[timedelta]:
    """Returns the times between visits, of three years together: some near each other, some far."""
    drawn = [chance.choice((chance.uniform(0.1, 0.4), chance.uniform(0.6, 2))) for _ in range(visits)]
    spare = (YEARS - visits * LEAST) / sum(drawn)
    return [LEAST + timedelta(seconds=round((spare * each).total_seconds())) for each in drawn]


def drawn(chance: random.Random, lives: int, rounds: int, visits: int) -> list[Plan]:
    """Returns what becomes of each account, and of each round of everything that an operator does."""
    plans = [_everything(chance, f"k{number}", number, visits) for number in range(rounds)]
    plans += [_life(chance, f"u{number}", visits) for number in range(lives)]
    plans += [_child(chance, f"c{number}", visits) for number in range(max(2, lives // 4))]
    return plans


def _everything(chance: random.Random, name: str, number: int, visits: int) -> Plan:
    """An account that goes through every act there is, is held over the end of its months, and ends meanwhile."""
    half, last = visits // 2, visits - 1
    early = sorted(chance.sample(range(1, half), 4)) if half > 4 else [1, 2, 3, 4]
    once = [("bring",), ("released",), ("refuse",), ("sign_in",), ("violate",), ("log_in",)]
    pairs = [
        ("demand", "answer"),
        ("breach", "notify"),
        ("case", "dealt_with"),
        ("reconcile", "cancel"),
        ("made", "withdrawn"),
    ]
    plan: Plan = [(0, act, name) for act in ("register", "verify", "log_in")]
    for (act,) in once:
        plan.append((chance.choice((0, *early)), act, name))
    for first, second in pairs:
        begins = chance.choice(early)
        plan += [(begins, first, name), (chance.randrange(begins, last), second, name)]
    plan += [(early[0], "list_begins", name), (early[0] + 1, "list_ends", name)]
    # What changes the number comes when the list is over, and what locks when nothing else is asked of the account.
    plan += [(early[1], "take_over", name), (early[2], "verify", name), (early[2], "lock", name)]
    plan += [(early[3], "unlock", name), (early[3], "lock_for_days", name)]
    plan += [(half, "hold", name), (half + 1, ("close", "erase")[number % 2], name), (last, "release", name)]
    plan += _holds(chance, name, visits, chance.randrange(2))
    return _in_order(plan)


def _life(chance: random.Random, name: str, visits: int) -> Plan:
    """An account that is verified, moved, locked, held, and ended one way or the other."""
    born = chance.randrange(visits // 3)
    ended = chance.randrange(born + 2, max(born + 3, visits - 1))
    plan: Plan = [(born, "register", name), (born, "verify", name)]
    locked = -1
    for visit in range(born + 1, ended):
        if locked == visit - 1:
            plan.append((visit, "unlock", name))
            continue
        for act, likely in (("verify", 0.2), ("take_over", 0.2), ("sign_in", 0.2), ("log_in", 0.5), ("violate", 0.3)):
            if chance.random() < likely:
                plan.append((visit, act, name))
        kind = chance.random()
        if kind < 0.2 and visit + 1 < ended:
            plan.append((visit, "lock", name))
            locked = visit
        elif kind < 0.4:
            plan.append((visit, "lock_for_days", name))
    plan.append((ended, chance.choice(("close", "erase")), name))
    return _in_order(plan + _holds(chance, name, visits, chance.randrange(4)))


def _child(chance: random.Random, name: str, visits: int) -> Plan:
    """A child whom no guardian takes up, held or not, and sometimes registered once more."""
    first = chance.randrange(visits // 2)
    plan: Plan = [(first, "child", name)]
    if chance.random() < 0.5:
        plan += [(first, "hold", name), (chance.randrange(first, visits), "release", name)]
    else:
        plan += [(chance.randrange(first + 1, visits), "child", name)]
        plan += _holds(chance, name, visits, 1)
    return _in_order(plan)


def _holds(chance: random.Random, name: str, visits: int, how_many: int) -> Plan:
    """Holds of any length, one beside the other or one after it; some come when nothing is left to be held."""
    plan: Plan = []
    for _ in range(how_many):
        begins = chance.randrange(visits - 1)
        plan += [(begins, "hold", name), (chance.randrange(begins + 1, visits), "release", name)]
    return plan


def _in_order(plan: Plan) -> Plan:
    return sorted(plan, key=lambda each: each[0])
