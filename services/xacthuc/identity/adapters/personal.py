"""Personal data that is compared or repeated: keyed indexes and kept answers. What one account keeps: `account_cipher`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xacthuc.names import NORMAL_FORM, normalised
from xacthuc.sealing import BlindIndex, FleetingNames, KeyRing, Sealer
from xacthuc.sql.requests import RequestSecrets

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from xacthuc.masked import Digest


class PersonalData(RequestSecrets):
    """What is not one account's alone: indexes that find equal values on a platform, and answers kept for repetition.

    Indexes come in pairs: the one that a new row gets, and all under which a row may be found while keys are rotated.
    """

    def __init__(self, sealer: Sealer, index_ring: KeyRing) -> None:
        """`index_ring` holds masters apart from the keys that seal and from the key that places numbers in partitions."""
        super().__init__("identity", sealer, index_ring)
        self._numbers = BlindIndex(index_ring, "phone")
        self._people = BlindIndex(index_ring, "person")
        self._personal_ids = BlindIndex(index_ring, "personal-id")
        self._searches = BlindIndex(index_ring, "search")
        self.standing = FleetingNames(index_ring, "standing")
        """What accounts are called in the cache, where their ids must not be read."""

    @property
    def is_rotating(self) -> bool:
        """Whether a row may be found by more than the index that a new one gets."""
        return self._numbers.is_rotating

    def number_index(self, platform: str, number: str) -> Digest:
        """Returns what a new row of a number (E.164) is found by on one platform."""
        return self._numbers.of(platform, number)

    def number_indexes(self, platform: str, number: str) -> tuple[Digest, ...]:
        """Returns everything a row of the number may be found by."""
        return self._numbers.every(platform, number)

    def number_index_each(self, platform: str, numbers: Iterable[str]) -> list[Digest]:
        """Does what `number_index` does for each."""
        return self._numbers.of_each(platform, numbers)

    def person_index_each(self, platform: str, people: Iterable[tuple[str, date]]) -> list[Digest]:
        """Does what `person_index` does for each of people of whom both are known."""
        return self._people.of_each(platform, [_person(full_name, birth_date) for full_name, birth_date in people])

    def person_index(self, platform: str, full_name: str, birth_date: date | None) -> Digest | None:
        """Returns what a new row of somebody is found by; None unless both are known: one alone is nobody's."""
        return self._people.of(platform, _person(full_name, birth_date)) if full_name and birth_date else None

    def person_indexes(self, platform: str, full_name: str, birth_date: date | None) -> tuple[Digest, ...]:
        """Returns everything that person may be found by; nothing unless both are known."""
        return self._people.every(platform, _person(full_name, birth_date)) if full_name and birth_date else ()

    def personal_id_index(self, platform: str, personal_id: str) -> Digest:
        """Returns what a new row of a personal identification number is found by."""
        return self._personal_ids.of(platform, personal_id)

    def personal_id_indexes(self, platform: str, personal_id: str) -> tuple[Digest, ...]:
        """Returns everything a row of the personal identification number may be found by."""
        return self._personal_ids.every(platform, personal_id)

    def search_digest(self, value: str) -> Digest:
        """Returns what the record says in place of a number or a personal ID that somebody looked for."""
        return self._searches.of("", value)


def _person(full_name: str, birth_date: date) -> str:
    # The rule of normalising goes into the hash: under a changed rule a name never meets an old hash by accident.
    return f"{NORMAL_FORM}\n{birth_date.isoformat()}\n{normalised(full_name)}"
