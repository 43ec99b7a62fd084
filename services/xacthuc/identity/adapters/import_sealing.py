"""What a batch of an import looks like once nothing in it can be read: records to be copied, and the numbers' indexes."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from xacthuc.identity.adapters.account_cipher import AccountCipher
from xacthuc.identity.domain.importing import Candidate, Proven

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from xacthuc.identity.adapters.account_keys import AccountKey, AccountKeys
    from xacthuc.identity.adapters.personal import PersonalData
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.importing import Verdict
    from xacthuc.identity.ports.imports import JudgedBatch

Record: TypeAlias = "tuple[int | str | bytes | bool | datetime | None, ...]"
"""The columns of `import_statements.COLUMNS`."""

_ROWS_A_TURN: Final = 32
"""Rows sealed before other calls of the process have theirs: about a millisecond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A batch ready to be copied."""

    order: Order
    now: datetime
    rows: Sequence[Candidate | Verdict] = field(repr=False)
    records: Sequence[Record] = field(repr=False)
    keys: Mapping[str, AccountKey] = field(repr=False)
    arrivals: Mapping[bytes, Sequence[Proven]] = field(repr=False)
    """Who brings which number, by the index that its new rows get."""
    indexes: Mapping[bytes, bytes] = field(repr=False)
    """From everything a number may be found by to that index."""
    people: Mapping[bytes, bytes] = field(repr=False)
    """The same of people, where older rows may have another one."""

    candidates: Mapping[int, Candidate] = field(repr=False)
    """The rows without faults, by their places."""
    unkept: frozenset[int]
    """The places of those that are not copied: their accounts were erased."""


class BatchSealer:
    """Seals batches under the accounts' own keys."""

    def __init__(self, keys: AccountKeys, personal: PersonalData) -> None:
        """Takes what makes keys, and what indexes."""
        self._keys = keys
        self._personal = personal

    async def seal(self, batch: JudgedBatch) -> Staged:
        """Returns the batch as it may be written down."""
        platform = batch.order.platform
        candidates = {row.place: row for row in batch.rows if isinstance(row, Candidate)}
        names = [one.account_id for one in candidates.values()]
        keys = await self._keys.make_many(platform, names, batch.now) if names else {}
        records: list[Record] = []
        unkept: list[int] = []
        arrivals: defaultdict[bytes, list[Proven]] = defaultdict(list)
        indexes: dict[bytes, bytes] = {}
        people: dict[bytes, bytes] = {}
        for done, candidate in enumerate(candidates.values()):
            if done % _ROWS_A_TURN == 0:
                await asyncio.sleep(0)
            cipher = keys[candidate.account_id]
            if not isinstance(cipher, AccountCipher):  # erased: nothing is ever kept under that id again
                unkept.append(candidate.place)
                continue
            person = self._person_index(platform, candidate, people)
            number = number_index = None
            if candidate.phone is not None:
                every = self._number_indexes(platform, candidate.phone.number)
                number_index = every[0]
                number = cipher.seal_number(candidate.phone.number)
                for index in every:
                    indexes[index] = number_index
                arrivals[number_index].append(Proven(candidate.phone.verify_time, candidate.account_id, person))
            sealed = cipher.seal_person(candidate.person, candidate.child_until)
            records.append(_record(candidate, sealed, (person, number_index), number))
        return Staged(
            order=batch.order,
            now=batch.now,
            rows=batch.rows,
            records=records,
            keys=keys,
            arrivals=arrivals,
            indexes=indexes,
            people=people,
            candidates=candidates,
            unkept=frozenset(unkept),
        )

    def _person_index(self, platform: str, candidate: Candidate, people: dict[bytes, bytes]) -> bytes | None:
        name, born = candidate.person.full_name, candidate.person.birth_date
        if not name or born is None:
            return None
        current = self._personal.person_index(platform, name, born)
        if current is not None and self._personal.is_rotating:
            people.update(dict.fromkeys(self._personal.person_indexes(platform, name, born), current))
        return current

    def _number_indexes(self, platform: str, number: str) -> tuple[bytes, ...]:
        """Returns the index that new rows get, then all others under which the number may be found."""
        current = self._personal.number_index(platform, number)
        if not self._personal.is_rotating:
            return (current,)
        return (current, *(index for index in self._personal.number_indexes(platform, number) if index != current))


def _record(
    candidate: Candidate, person: bytes, indexes: tuple[bytes | None, bytes | None], number: bytes | None
) -> Record:
    """Returns the columns of one row."""
    consent, phone, transition = candidate.consent, candidate.phone, candidate.transition
    person_index, number_index = indexes
    return (
        candidate.place,
        candidate.account_id,
        person,
        person_index,
        candidate.complete,
        candidate.purge_time,
        None if transition is None else transition.end_time,
        None if transition is None else transition.legal_basis,
        None if consent is None else consent.text_version,
        None if consent is None else consent.accept_time,
        number,
        number_index,
        None if phone is None else phone.verify_time,
        None if phone is None else f"import/{phone.source}",
    )
