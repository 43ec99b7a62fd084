"""What a batch of an import looks like once nothing in it can be read: sheets to be copied, and the numbers' indexes."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from xacthuc.identity.adapters.account_cipher import AccountCipher, spell_person
from xacthuc.identity.adapters.account_keys import DamagedKey
from xacthuc.identity.domain.import_rows import Candidate
from xacthuc.sql import copying

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from xacthuc.identity.adapters.account_keys import AccountKey, AccountKeys
    from xacthuc.identity.adapters.personal import PersonalData
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.importing import Verdict
    from xacthuc.identity.ports.imports import JudgedBatch
    from xacthuc.sql.copying import Field

_ROWS_A_TURN: Final = 64
"""Rows sealed before other calls of the process have their turns: about a millisecond."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is copied of some accounts, column by column, spelled."""

    accounts: list[str] = field(default_factory=list, repr=False)
    """Whose each row is."""
    columns: dict[str, list[Field]] = field(default_factory=lambda: defaultdict(list), repr=False)
    """By their names in the tables, of which several may have the same."""

    def add(self, accounts: Sequence[str], **columns: Sequence[Field]) -> None:
        """Appends rows."""
        self.accounts.extend(accounts)
        self.columns["account"] += copying.words(accounts)
        for name, fields in columns.items():
            self.columns[name] += fields

    def without(self, others: Collection[str]) -> Mapping[str, Sequence[Field]]:
        """Returns the columns without the rows of `others`."""
        kept = [place for place, account in enumerate(self.accounts) if account not in others] if others else ()
        if len(kept) == len(self.accounts) or not others:
            return self.columns
        return {name: [fields[place] for place in kept] for name, fields in self.columns.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A batch ready to be copied."""

    order: Order
    now: datetime
    rows: Sequence[Candidate | Verdict] = field(repr=False)
    kept: Sequence[Candidate] = field(repr=False)
    """The rows of `accounts`."""
    aside: frozenset[str] = field(repr=False)
    """Accounts that were erased, of which nothing is ever kept again, and accounts whose key is damaged."""
    keys: Mapping[str, AccountKey] = field(repr=False)
    older: frozenset[str] = field(repr=False)
    """Accounts of `kept` that had a key before, so that they may have rows."""

    accounts: Sheet = field(default_factory=Sheet)
    consents: Sheet = field(default_factory=Sheet)
    numbers: Sheet = field(default_factory=Sheet)
    people: list[bytes] = field(default_factory=list, repr=False)
    """Of `kept`, sealed."""
    person_indexes: list[bytes | None] = field(default_factory=list, repr=False)
    number_indexes: list[bytes] = field(default_factory=list, repr=False)
    """Of `numbers`: what its rows are found by."""

    aliases: dict[bytes, bytes] = field(default_factory=dict, repr=False)
    """From everything that a number may be found by to what its new rows are found by."""
    people_aliases: dict[bytes, bytes] = field(default_factory=dict, repr=False)
    """The same of people, where older rows may be found by something else."""


class BatchSealer:
    """Seals batches under the accounts' own keys."""

    def __init__(self, keys: AccountKeys, personal: PersonalData) -> None:
        """Takes what makes keys, and what indexes."""
        self._keys = keys
        self._personal = personal

    async def seal(self, batch: JudgedBatch) -> Staged:
        """Returns the batch as it may be written down."""
        candidates = [row for row in batch.rows if isinstance(row, Candidate)]
        made = await self._keys.make_many(batch.order.platform, [one.account_id for one in candidates], batch.now)
        keyed = ((one, made.keys[one.account_id]) for one in candidates)
        sealable = [
            (one, key) for one, key in keyed if isinstance(key, AccountCipher) and not isinstance(key, DamagedKey)
        ]
        aside = frozenset(made.keys).difference(one.account_id for one, _ in sealable)
        staged = Staged(
            order=batch.order,
            now=batch.now,
            rows=batch.rows,
            kept=[one for one, _ in sealable],
            aside=aside,
            keys=made.keys,
            older=made.older - aside,
        )
        for start in range(0, len(sealable), _ROWS_A_TURN):
            await asyncio.sleep(0)
            turn = sealable[start : start + _ROWS_A_TURN]
            rows, ciphers = [one for one, _ in turn], [cipher for _, cipher in turn]
            self._add_accounts(staged, rows, ciphers)
            _add_consents(staged, rows)
            self._add_numbers(staged, rows, ciphers)
        return staged

    def _add_accounts(self, staged: Staged, rows: Sequence[Candidate], ciphers: Sequence[AccountCipher]) -> None:
        spelled = [spell_person(one.full_name, one.birth_date, one.child_until) for one in rows]
        people = AccountCipher.seal_each("person", ciphers, spelled)
        indexes = self._person_indexes(staged, rows)
        staged.people.extend(people)
        staged.person_indexes.extend(indexes)
        graces = [one.transition for one in rows]
        staged.accounts.add(
            [one.account_id for one in rows],
            person=copying.blobs(people),
            person_index=copying.blobs(indexes),
            complete=copying.few(copying.flag, [one.complete for one in rows]),
            purge_time=copying.few(copying.instant, [one.purge_time for one in rows]),
            transition_until=copying.instants([None if grace is None else grace.end_us for grace in graces]),
            transition_basis=copying.few(
                copying.word, [None if grace is None else grace.legal_basis for grace in graces]
            ),
        )

    def _add_numbers(self, staged: Staged, rows: Sequence[Candidate], ciphers: Sequence[AccountCipher]) -> None:
        standing = [(cipher, one.phone) for one, cipher in zip(rows, ciphers, strict=True) if one.phone is not None]
        numbers = [phone.number for _, phone in standing]
        own = [cipher for cipher, _ in standing]
        indexes = self._number_indexes(staged, numbers)
        staged.number_indexes.extend(indexes)
        staged.numbers.add(
            [cipher.account_id for cipher in own],
            number=copying.blobs(AccountCipher.seal_each("number", own, [number.encode() for number in numbers])),
            number_index=copying.blobs(indexes),
            verify_time=copying.instants([phone.verify_us for _, phone in standing]),
            source=copying.few(copying.word, [f"import/{phone.source}" for _, phone in standing]),
        )

    def _person_indexes(self, staged: Staged, rows: Sequence[Candidate]) -> Sequence[bytes | None]:
        """Returns what new rows of these people are found by; None unless both are known: one alone is nobody's."""
        platform = staged.order.platform
        people = [(one.full_name, one.birth_date) for one in rows if one.full_name and one.birth_date is not None]
        indexes = self._personal.person_index_each(platform, people)
        if self._personal.is_rotating:
            for (full_name, born), index in zip(people, indexes, strict=True):
                every = self._personal.person_indexes(platform, full_name, born)
                staged.people_aliases.update(dict.fromkeys(every, index))
        if len(indexes) == len(rows):
            return indexes
        known = iter(indexes)
        return [next(known) if one.full_name and one.birth_date is not None else None for one in rows]

    def _number_indexes(self, staged: Staged, numbers: Sequence[str]) -> Sequence[bytes]:
        platform = staged.order.platform
        indexes = self._personal.number_index_each(platform, numbers)
        staged.aliases.update(zip(indexes, indexes, strict=True))
        if self._personal.is_rotating:
            for number, index in zip(numbers, indexes, strict=True):
                staged.aliases.update(dict.fromkeys(self._personal.number_indexes(platform, number), index))
        return indexes


def _add_consents(staged: Staged, rows: Sequence[Candidate]) -> None:
    given = [(one.account_id, one.consent) for one in rows if one.consent is not None]
    staged.consents.add(
        [account_id for account_id, _ in given],
        text_version=copying.few(copying.word, [consent.text_version for _, consent in given]),
        accept_time=copying.instants([consent.accept_us for _, consent in given]),
    )
