"""Everything personal on its way into and out of the database: sealed, or hashed under a key, never in clear."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import orjson

from xacthuc.personal_id import PersonalId
from xacthuc.phone import Mobile, NumberRange
from xacthuc.sealing import BlindIndex, Sealer

if TYPE_CHECKING:
    from xacthuc.identity.commands import Order
    from xacthuc.identity.domain.registration import Person


class PersonalData:
    """Seals under the service's ring; indexes under keys of each platform's own."""

    def __init__(self, sealer: Sealer, index_master: bytes) -> None:
        """`index_master` is 32 bytes, apart from the keys that seal and from the key that places numbers in partitions."""
        self._sealer = sealer
        self._numbers = BlindIndex(index_master, "phone")
        self._requests = BlindIndex(index_master, "request")
        self._standing = BlindIndex(index_master, "standing")

    def seal_person(self, platform: str, account_id: str, person: Person, child_until: datetime | None) -> bytes:
        """Returns the account's one blob. `child_until` is a birth date as well, moved by 16 years."""
        plain = orjson.dumps(
            {"full_name": person.full_name, "birth_date": person.birth_date.isoformat(), "child_until": child_until}
        )
        return self._sealer.seal(plain, _place("person", platform, account_id))

    def child_until(self, platform: str, account_id: str, sealed_person: bytes) -> datetime | None:
        """Returns when the holder turns 16, None for who was at registration; UnsealError when the blob is another's."""
        plain = orjson.loads(self._sealer.open(sealed_person, _place("person", platform, account_id)))
        return None if plain["child_until"] is None else datetime.fromisoformat(plain["child_until"])

    def seal_number(self, platform: str, account_id: str, number: str) -> bytes:
        """Returns a number as evidence keeps it."""
        return self._sealer.seal(number.encode(), _place("number", platform, account_id))

    def masked_number(self, platform: str, account_id: str, sealed: bytes) -> str:
        """Returns a kept number with its middle hidden; UnsealError when it is not of that account."""
        number = self._sealer.open(sealed, _place("number", platform, account_id)).decode()
        return Mobile(number, NumberRange("", confirmed=False)).masked

    def masked_personal_id(self, platform: str, account_id: str, sealed: bytes) -> str:
        """Returns a kept personal ID as a screen may show it; UnsealError when it is not of that account."""
        return PersonalId(self._sealer.open(sealed, _place("number", platform, account_id)).decode()).masked

    def number_index(self, platform: str, number: str) -> bytes:
        """Returns what a number is found by on one platform."""
        return self._numbers.of(platform, number)

    def standing_name(self, platform: str, account_id: str) -> bytes:
        """Returns what an account is called in the cache, where its id must not be read."""
        return self._standing.of(platform, account_id)

    def fingerprint(self, order: Order) -> bytes:
        """Returns what tells whether a repeated request is the same one."""
        return self._requests.of(order.platform, f"{order.method}\n{order.payload}")

    def seal_answer(self, order: Order, answer: bytes) -> bytes:
        """Returns an answer as it is kept for repetitions."""
        return self._sealer.seal(answer, _answer_place(order))

    def open_answer(self, order: Order, sealed: bytes) -> bytes:
        """Returns the answer that was kept for this order."""
        return self._sealer.open(sealed, _answer_place(order))


def _place(kind: str, platform: str, account_id: str) -> bytes:
    # Neither part can hold a slash, so that no two places are spelled alike.
    return f"identity/{kind}/{platform}/{account_id}".encode()


def _answer_place(order: Order) -> bytes:
    return f"identity/answer/{order.platform}/{order.method}/{order.request_id}".encode()
