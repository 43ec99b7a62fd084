"""Seals what the law orders kept of an erased account under a key of its own, so that the account's can be destroyed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select, update

from xacthuc.identity.adapters.retention.tables import is_held
from xacthuc.identity.adapters.tables import accounts, evidence, requests

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.identity.adapters.account_cipher import AccountCipher

_ERASING: Final = "EraseAccount"
"""Whose answer stays, so that its repetition is answered; it tells of nothing but id, state and times."""


def hold_of(account_id: str) -> str:
    """Returns what the key is called that keeps what the law ordered kept of an erased account; no account has that id."""
    return f"{account_id}:hold"


async def is_account_held(connection: AsyncConnection, platform: str, account_id: str) -> bool:
    """Whether a hold stands on an account."""
    of_account = (accounts.c.platform == platform, accounts.c.account == account_id)
    return bool(await connection.scalar(select(is_held(accounts)).where(*of_account)))


async def put_away(connection: AsyncConnection, cipher: AccountCipher, kept: AccountCipher) -> None:
    """Seals person and numbers anew, and removes what they were found by and what was answered about them.

    The account is locked, and no hold stands on it.
    """
    of_account = (accounts.c.platform == cipher.platform, accounts.c.account == cipher.account_id)
    person = await connection.scalar(select(accounts.c.person).where(*of_account))
    if person is None:
        raise LookupError("an account vanished under its lock")
    await connection.execute(
        update(accounts)
        .where(*of_account)
        .values(person=kept.seal("person", cipher.open("person", person)), person_index=None)
    )
    await _reseal_numbers(connection, cipher, kept)
    of = requests.c
    await connection.execute(
        delete(requests).where(of.platform == cipher.platform, of.account == cipher.account_id, of.method != _ERASING)
    )


async def _reseal_numbers(connection: AsyncConnection, cipher: AccountCipher, kept: AccountCipher) -> None:
    of_account = (evidence.c.platform == cipher.platform, evidence.c.account == cipher.account_id)
    rows = await connection.execute(select(evidence.c.id, evidence.c.number).where(*of_account))
    for row in rows.all():
        number = None if row.number is None else kept.seal("number", cipher.open("number", row.number))
        await connection.execute(
            update(evidence)
            .where(*of_account, evidence.c.id == row.id)
            .values(number=number, number_index=None, device_index=None)
        )
