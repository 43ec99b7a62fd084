"""What is said of each row once it is known which accounts were there before, and who has which number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.identity.adapters.account_cipher import AccountCipher
from xacthuc.identity.adapters.account_keys import DamagedKey
from xacthuc.identity.adapters.account_rows import Found
from xacthuc.identity.domain.account import state_of
from xacthuc.identity.domain.import_rows import Candidate
from xacthuc.identity.domain.importing import Outcome, Registrar, Verdict
from xacthuc.identity.domain.registration import Fault
from xacthuc.sql.errors import DatabaseBusy

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from xacthuc.identity.adapters.account_rows import AccountRows
    from xacthuc.identity.adapters.import_sealing import Staged
    from xacthuc.identity.domain.importing import PhoneOutcome

NOTHING_FOUND: Final = Found({}, {})

_ERASED: Final = Verdict(
    Outcome.REFUSED, faults=(Fault("account_id", "must not be that of an erased account; use another id", "ERASED"),)
)
_UNREADABLE: Final = Verdict(
    Outcome.REFUSED,
    faults=(Fault("account_id", "must not be that of an account whose key is damaged; restore the key", "UNREADABLE"),),
)


class Verdicts:
    """Gives the verdicts on one batch."""

    def __init__(
        self,
        batch: Staged,
        rows: AccountRows,
        found: Found,
        refused: Mapping[str, PhoneOutcome],
        extended: Collection[str],
    ) -> None:
        """Takes what was found of accounts that existed, why numbers were not taken, and whose grace ends later now."""
        self._batch = batch
        self._rows = rows
        self._found = found
        self._refused = refused
        self._extended = extended
        self._registrar = Registrar(batch.now)
        self._now_ms = int(batch.now.timestamp() * 1000)

    def all(self, existing: Collection[str]) -> list[Verdict]:
        """Returns one a row. `existing` are the accounts that were there before."""
        inserted = {one.account_id for one in self._batch.kept}.difference(existing)
        verdicts: list[Verdict] = []
        for row in self._batch.rows:
            if not isinstance(row, Candidate):
                verdicts.append(row)
            elif row.account_id in inserted:
                phone = self._refused.get(row.account_id, row.phone_outcome)
                verdicts.append(self._registrar.imported(row, phone))
            else:
                verdicts.append(self._known(row))
        return verdicts

    def _known(self, row: Candidate) -> Verdict:
        key = self._batch.keys[row.account_id]
        rows = self._found.rows.get(row.account_id)
        if rows is None:
            if isinstance(key, DamagedKey):
                return _UNREADABLE
            if isinstance(key, AccountCipher):  # it was there a moment ago: the next try inserts it
                raise DatabaseBusy("an account was removed while it was looked at")
            return _ERASED
        facts = self._rows.told_facts(self._found, row.account_id, key)
        same = facts.readable and isinstance(key, AccountCipher) and key.person(rows[0].person) == row.person
        return Verdict(
            Outcome.UNCHANGED if same else Outcome.EXISTS,
            state_of(facts, self._now_ms),
            transition_extended=row.account_id in self._extended,
        )
