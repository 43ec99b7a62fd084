"""What is kept of one account, sealed under a key that is the account's own, and that key wrapped under the service's ring.

    sealed under the account's key     AES-256-GCM: version (0), nonce, ciphertext and tag; bound to kind and account
    the key under the service's ring   AES-256-GCM-SIV: version of the ring, nonce, ciphertext and tag; bound to account

Bound to the account means to its platform and its id.
An account's key is never replaced: destroying it is how the account is erased (`account_keys`). Rotating the ring wraps
the same key anew, so nothing that it sealed has to be touched.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from xacthuc.identity.domain.registration import Person
from xacthuc.ids import random_bytes
from xacthuc.personal_id import PersonalId
from xacthuc.phone import Mobile, NumberRange
from xacthuc.sealing import KeySealer
from xacthuc.sealing.keys import KEY_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from xacthuc.masked import Sealed
    from xacthuc.sealing import Sealer


class AccountCipher:
    """Seals and opens what is kept of one account. Get it before a transaction begins: its key lies in another database."""

    __slots__ = ("_sealer", "account_id", "platform")

    def __init__(self, platform: str, account_id: str, key: bytes) -> None:
        """Takes the account and its key of 32 bytes."""
        self.platform = platform
        self.account_id = account_id
        self._sealer = KeySealer(key)

    def seal(self, kind: str, plain: bytes) -> Sealed:
        """Seals something of a `kind` such as `number`, which opens as nothing else."""
        return self._sealer.seal(plain, self._place(kind))

    def open(self, kind: str, sealed: bytes) -> bytes:
        """Returns what was sealed; UnsealError when it is another account's, of another kind, or damaged."""
        return self._sealer.open(sealed, self._place(kind))

    @staticmethod
    def seal_each(kind: str, ciphers: Sequence[AccountCipher], plains: Sequence[bytes]) -> list[Sealed]:
        """Does what `seal` does, each thing under the key at its place."""
        places = [f"identity/{kind}/{one.platform}/{one.account_id}".encode() for one in ciphers]
        return KeySealer.seal_each([one._sealer for one in ciphers], plains, places)  # noqa: SLF001 - of this class

    @staticmethod
    def seal_at(ciphers: Sequence[AccountCipher], kinds: Iterable[str], plains: Sequence[bytes]) -> list[Sealed]:
        """Does what `seal` does, each thing of a kind of its own under the key at its place."""
        places = [one._place(kind) for one, kind in zip(ciphers, kinds, strict=True)]  # noqa: SLF001 - of this class
        return KeySealer.seal_each([one._sealer for one in ciphers], plains, places)  # noqa: SLF001 - likewise

    def seal_person(self, person: Person, child_until: datetime | None) -> Sealed:
        """Returns the account's one blob. `child_until` is a birth date as well, moved by 16 years."""
        return self.seal("person", spell_person(person.full_name, person.birth_date, child_until))

    def child_until(self, sealed_person: bytes) -> datetime | None:
        """Returns when the holder turns 16, None for who was at registration."""
        _, child_until, _ = self._spelled(sealed_person)
        return datetime.fromisoformat(child_until) if child_until else None

    def person(self, sealed_person: bytes) -> Person:
        """Returns the holder as registered, imported or corrected last."""
        born, _, full_name = self._spelled(sealed_person)
        return Person(full_name, date.fromordinal(int(born)) if born else None)

    def _spelled(self, sealed_person: bytes) -> list[str]:
        return self.open("person", sealed_person).decode().split("\n", 2)

    def seal_number(self, number: str) -> Sealed:
        """Returns a number, or a personal ID, as evidence keeps it."""
        return self.seal("number", number.encode())

    def number(self, sealed: bytes) -> str:
        """Returns a kept number, E.164 or a personal ID."""
        return self.open("number", sealed).decode()

    def masked_number(self, sealed: bytes) -> str:
        """Returns a kept number with its middle hidden."""
        return Mobile(self.number(sealed), NumberRange("", confirmed=False)).masked

    def masked_personal_id(self, sealed: bytes) -> str:
        """Returns a kept personal ID as a screen may show it."""
        return PersonalId(self.number(sealed)).masked

    def _place(self, kind: str) -> bytes:
        # None of the parts can hold a slash, so that no two places are spelled alike.
        return f"identity/{kind}/{self.platform}/{self.account_id}".encode()


def spell_person(full_name: str, birth_date: date | None, child_until: datetime | None) -> bytes:
    """Returns what an account's one blob says.

    A line for the birth date (`date.toordinal`), one for the end of being a child, and the rest is the name: it takes a
    fifth of the time that JSON does, and half the room.
    """
    born = "" if birth_date is None else birth_date.toordinal()
    until = "" if child_until is None else child_until.isoformat()
    return f"{born}\n{until}\n{full_name}".encode()


class NewKeys(NamedTuple):
    """Keys that are kept nowhere yet, in the order of their accounts."""

    ciphers: list[AccountCipher]
    wrapped: list[Sealed]

    def add(self, more: NewKeys) -> None:
        """Appends keys of other accounts."""
        self.ciphers.extend(more.ciphers)
        self.wrapped.extend(more.wrapped)


class KeyWrapper:
    """Makes and opens wrapped keys."""

    def __init__(self, sealer: Sealer) -> None:
        """Takes the service's ring."""
        self._sealer = sealer

    def make_many(self, platform: str, account_ids: Sequence[str]) -> NewKeys:
        """Returns a new key for each account, and asks for chance but twice."""
        secrets = random_bytes(KEY_BYTES * len(account_ids))
        keys = [secrets[at : at + KEY_BYTES] for at in range(0, len(secrets), KEY_BYTES)]
        wrapped = self._sealer.seal_many(keys, [_key_place(platform, account_id) for account_id in account_ids])
        ciphers = [AccountCipher(platform, account_id, key) for account_id, key in zip(account_ids, keys, strict=True)]
        return NewKeys(ciphers, wrapped)

    def open(self, platform: str, account_id: str, wrapped: bytes) -> AccountCipher:
        """Returns what the key opens; UnsealError when it is another account's or damaged."""
        return AccountCipher(platform, account_id, self._sealer.open(wrapped, _key_place(platform, account_id)))

    def rewrap(self, platform: str, account_id: str, wrapped: bytes) -> Sealed:
        """Returns the same key, wrapped under the ring's current version."""
        place = _key_place(platform, account_id)
        return self._sealer.seal(self._sealer.open(wrapped, place), place)


def _key_place(platform: str, account_id: str) -> bytes:
    return f"identity/account-key/{platform}/{account_id}".encode()
