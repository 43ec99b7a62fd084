"""The keys of the session log: one for each platform and day, beside the accounts' own in the database of keys.

By the day, so that a key seals no more than AES-GCM is good for with random nonces (`xacthuc.sealing.sealer`): four
billion rows. Destroying a month's keys makes its rows unreadable wherever they were copied to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.identity.adapters.account_cipher import AccountCipher

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, datetime

    from xacthuc.identity.adapters.account_keys import AccountKeys

_KEPT: Final = 4096
"""Ciphers in memory: two days of a thousand platforms, or a batch of old logs."""


def name_of(day: date) -> str:
    """Returns what the key of a day is called; no account has that id."""
    return f"{day.isoformat()}:sessions"


class SessionKeys:
    """Makes, finds and destroys keys. Call nothing here with a transaction open."""

    def __init__(self, keys: AccountKeys) -> None:
        """Takes where keys lie."""
        self._keys = keys
        self._ciphers: dict[tuple[str, date], AccountCipher] = {}

    async def sealing(self, platform: str, days: Collection[date], now: datetime) -> Mapping[date, AccountCipher]:
        """Returns the ciphers of these days, making those that there are none of yet.

        Days of months that are gone, whose keys are destroyed, are left out.
        """
        known = {day: self._ciphers[platform, day] for day in days if (platform, day) in self._ciphers}
        if missing := set(days) - known.keys():
            made = await self._keys.make_many(platform, [name_of(day) for day in missing], now)
            keys = ((day, made.keys[name_of(day)]) for day in missing)
            found = {day: key for day, key in keys if isinstance(key, AccountCipher)}
            if len(self._ciphers) >= _KEPT:
                self._ciphers.clear()
            self._ciphers |= {(platform, day): key for day, key in found.items()}
            known |= found
        return known

    async def opening(self, platform: str, days: Collection[date]) -> Mapping[date, AccountCipher]:
        """Returns the ciphers of those of the days that still have one."""
        found = await self._keys.get_many(platform, [name_of(day) for day in days])
        keys = ((day, found[name_of(day)]) for day in days)
        return {day: key for day, key in keys if isinstance(key, AccountCipher)}

    async def destroy(self, platform: str, days: Collection[date], now: datetime) -> None:
        """Destroys the keys of these days, as far as there are any."""
        for day in await self.opening(platform, days):
            await self._keys.destroy(platform, name_of(day), now)
