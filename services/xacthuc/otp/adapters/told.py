"""How operators' acts are told to those who watch outcomes: what concerns no single number is told in one partition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xacthuc.otp.adapters.layout import outcomes_key

if TYPE_CHECKING:
    from xacthuc.valkey import Store

_PARTITION: Final = 0


async def administered(store: Store, platform: str, detail: str, actor: str, now_ms: int) -> None:
    """Tells of an act for one platform, or for all when it is empty; `detail` says which, and why."""
    words: list[str | int] = ["k", "ADMINISTERED", "t", now_ms, "c", "", "p", platform, "s", "", "u", "", "lk", ""]
    await store.execute("XADD", outcomes_key(_PARTITION), "*", *words, "pv", "", "d", detail, "ac", actor)
