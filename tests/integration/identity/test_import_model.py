"""Imports by chance, in one order of batches after another: the tables and the verdicts are those of a plain model."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from import_world import ACCEPTED, batch, phone, row, run, verdicts
from sqlalchemy import text

from xacthuc.identity.domain.claims import Bounds
from xacthuc.identity.domain.import_rows import ImportedTransition, microseconds
from xacthuc.identity.domain.importing import Outcome, PhoneOutcome, Proven, share
from xacthuc.sql.engine import transaction

ACCOUNTS = [f"u{number}" for number in range(6)]
NUMBERS = ["+84912345670", "+84912345671"]
CHILD = (2015, 6, 1)
UNPRINTABLE = "\x07"
PLATFORMS = (f"p{number}" for number in count())


class Given(NamedTuple):
    """A row, in the words of the model."""

    account: str
    name: str
    born: tuple[int, int, int] | None
    number: str | None
    day: int
    """When the number was proven."""
    consents: bool
    grace: int | None
    """How many days it lasts."""


rows = st.builds(
    Given,
    st.sampled_from(ACCOUNTS),
    st.sampled_from(["Nguyễn Văn A", "nguyễn  văn a", "Trần Thị B", "", UNPRINTABLE]),
    st.sampled_from([(1990, 1, 2), (1991, 2, 3), CHILD, None]),
    st.sampled_from([*NUMBERS, None]),
    st.integers(0, 4),
    st.booleans(),
    st.none() | st.integers(1, 3),
)
batches = st.lists(st.lists(rows, min_size=1, max_size=7), min_size=1, max_size=4)
some = st.sets(st.sampled_from(ACCOUNTS), max_size=2)


def person_of(one):
    """Who that is to whoever compares: the spelling of a name means nothing, and one of both alone is nobody."""
    return f"{one.born} {' '.join(one.name.casefold().split())}".encode() if one.name and one.born else None


def kept_of(one):
    """Person, consent and grace, as they are kept."""
    name = "" if one.born == CHILD else " ".join(one.name.split())
    return (name, None if one.born is None else date(*one.born)), one.consents, one.grace


@dataclass
class Model:
    """What a platform's tables hold, as plain values."""

    bounds: Bounds
    erased: set[str]
    people: dict[str, tuple[str, date | None]] = field(default_factory=dict)
    consents: dict[str, bool] = field(default_factory=dict)
    graces: dict[str, int | None] = field(default_factory=dict)
    standing: dict[str, dict[str, Proven]] = field(default_factory=lambda: {number: {} for number in NUMBERS})
    moves: dict[str, list] = field(default_factory=lambda: {number: [] for number in NUMBERS})

    def merge(self, given, now):
        """Returns outcome, what became of the number, and whether the grace was extended, for each row."""
        told, taken, made = [], set(), {}
        newcomers = {number: [] for number in NUMBERS}
        for place, one in enumerate(given):
            if one.name == UNPRINTABLE or one.account in taken or one.account in self.erased:
                told.append((Outcome.REFUSED, PhoneOutcome.NONE, False))
            elif one.account in self.people:
                told.append(self._known(one))
            else:
                made[one.account] = place
                told.append((Outcome.IMPORTED, self._new(one, newcomers), False))
            taken |= {one.account} if one.name != UNPRINTABLE else set()
        for one in made:
            self.people[one], self.consents[one], self.graces[one] = kept_of(given[made[one]])
        for number, arrived in newcomers.items():
            for account, why in self._share(number, arrived, now).items():
                told[made[account]] = (Outcome.IMPORTED, why, False)
        return told

    def _known(self, one):
        person, _, grace = kept_of(one)
        extended = grace is not None and grace > (self.graces[one.account] or 0)
        if extended:
            self.graces[one.account] = grace
        return (
            Outcome.UNCHANGED if self.people[one.account] == person else Outcome.EXISTS,
            PhoneOutcome.NONE,
            extended,
        )

    def _new(self, one, newcomers):
        if one.number is None:
            return PhoneOutcome.NONE
        if one.born == CHILD:
            return PhoneOutcome.CHILD
        newcomers[one.number].append(Proven(ACCEPTED + timedelta(one.day), one.account, person_of(one)))
        return PhoneOutcome.ACCEPTED

    def _share(self, number, arrived, now):
        held = self.standing[number]
        if not arrived:
            return {}
        shares = share(list(held.values()), arrived, tuple(self.moves[number]), self.bounds, now)
        for account in shares.displaced:
            del held[account]
        held |= {one.account_id: one for one in arrived if one.account_id not in shares.refused}
        self.moves[number] += [now] if shares.displaced else []
        return shares.refused


@pytest.fixture
def tables(bench, engine):
    """Reads what is kept on a platform, in the words of the model."""

    async def read(platform):
        async def ask(query):
            return (await connection.execute(text(query), {"of": platform})).all()

        async with transaction(engine) as connection:
            accounts = await ask("SELECT account, person, transition_until FROM identity.accounts WHERE platform = :of")
            consents = await ask("SELECT account FROM identity.consents WHERE platform = :of")
            claims = await ask("SELECT * FROM identity.number_claims WHERE platform = :of")
            proven = await ask("SELECT * FROM identity.evidence WHERE platform = :of AND lapse_time IS NULL")
            moves = await ask("SELECT number_index, move_time FROM identity.number_moves WHERE platform = :of")
        keys = await bench.keys.get_many(platform, ACCOUNTS)
        of = {bytes(bench.personal.number_index(platform, number)): number for number in NUMBERS}
        return {
            "people": {one.account: keys[one.account].person(one.person) for one in accounts},
            "graces": {one.account: one.transition_until for one in accounts},
            "consents": sorted(one.account for one in consents),
            "claims": {(of[bytes(one.number_index)], one.account, one.verify_time) for one in claims},
            "proven": {(keys[one.account].number(one.number), one.account, one.verify_time) for one in proven},
            "moves": sorted((of[bytes(one.number_index)], one.move_time) for one in moves),
        }

    return read


def as_row(one, day_zero):
    grace = one.grace and ImportedTransition(microseconds(day_zero + timedelta(one.grace)), "Art. 1")
    whole = row(one.account, name=" ".join(one.name.split()), born=one.born)
    return whole._replace(
        phone=one.number and phone(one.number, ACCEPTED + timedelta(one.day)),
        consent=whole.consent if one.consents else None,
        transition=grace,
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(imported=batches, left=some, erased=some)
async def test_what_batches_leave_is_what_a_model_says(accepting, bench, tables, imported, left, erased):
    """`left` accounts have a key that a crash left behind."""
    platform, policy, day_zero = next(PLATFORMS), accepting.policy, bench.clock.now()
    model = Model(Bounds(policy.accounts_per_number, policy.number_moves), erased)
    await bench.keys.make_many(platform, left | erased, day_zero)
    for account in erased:
        await bench.keys.destroy(platform, account, day_zero)

    for given_rows in imported:
        bench.clock.advance(timedelta(minutes=1))
        (answer,) = await run(accepting, batch(platform, [as_row(one, day_zero) for one in given_rows]))
        told = [(one.outcome, one.phone, one.transition_extended) for one in verdicts(answer)]
        assert told == model.merge(given_rows, bench.clock.now())

    kept = await tables(platform)
    claims = {(n, a, one.verify_time) for n, standing in model.standing.items() for a, one in standing.items()}
    assert {account: (one.full_name, one.birth_date) for account, one in kept["people"].items()} == model.people
    assert kept["graces"] == {a: None if g is None else day_zero + timedelta(g) for a, g in model.graces.items()}
    assert kept["consents"] == sorted(account for account, given_ in model.consents.items() if given_)
    assert kept["claims"] == kept["proven"] == claims
    assert kept["moves"] == sorted((number, at) for number, times in model.moves.items() for at in times)
