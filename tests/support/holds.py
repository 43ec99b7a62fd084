"""What services hear of legal holds where no test places one."""

from __future__ import annotations


async def nothing_held() -> frozenset[tuple[str, str]]:
    """No hold stands on anybody."""
    return frozenset()
