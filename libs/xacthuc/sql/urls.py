"""The URL of a database, as a setting names it."""

from __future__ import annotations

from typing import Final

SCHEME: Final = "postgresql+asyncpg://"
"""How SQLAlchemy is told to reach PostgreSQL through asyncpg."""

EXAMPLE: Final = f"{SCHEME}user:password@host/database"


def check_url(url: str) -> None:
    """Raises ValueError unless SQLAlchemy can read `url`; without echoing it, since there may be a password in it."""
    if not url.startswith(SCHEME):
        raise ValueError(f"a database's URL begins with {SCHEME}, such as {EXAMPLE}")
