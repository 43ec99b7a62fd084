"""What happens to whoever looked for an account's key just before the account was registered."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from xacthuc.identity.adapters.account_keys import AccountKeyMissingError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

P = ParamSpec("P")
T = TypeVar("T")


def second_look(step: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Takes `step` once more, from its look for the key on, when it met rows whose key it had not found.

    Keys lie in another database, so they are looked for before the transaction with the rows begins. A key is older than
    what it seals: where the rows are there now, a second look finds it. Where it does not, the database of keys is not
    the one these rows were written with.
    """

    @wraps(step)
    async def look(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await step(*args, **kwargs)
        except AccountKeyMissingError:  # which undid whatever the first one had begun
            return await step(*args, **kwargs)

    return look
