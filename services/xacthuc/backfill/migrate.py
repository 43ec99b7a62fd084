"""Brings schema `backfill` up to date, before the new version serves.

Run with `python -m xacthuc.backfill.migrate`. Reads `XACTHUC_DATABASE_URL` straight from the environment, as identity's
does (`xacthuc.sql.migrations.main`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from xacthuc.sql.migrations import Migrations, migrate_from_environment

MIGRATIONS: Final = Migrations("backfill", Path(__file__).parent / "adapters" / "migrations")


def main(url: str) -> bool:
    """Migrates the database at the SQLAlchemy URL; returns whether there was anything to do. DatabaseBusy as there."""
    return MIGRATIONS.upgrade(url)


if __name__ == "__main__":
    migrate_from_environment(main)
