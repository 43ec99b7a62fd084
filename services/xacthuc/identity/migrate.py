"""Brings schema `identity` up to date. Run with `python -m xacthuc.identity.migrate`, before the new version serves.

Reads one setting, `XACTHUC_DATABASE_URL`, straight from the environment: a job that migrates needs no keys and no
certificates, and reading them would slow down what mostly finds nothing to do.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from xacthuc.sql.migrations import Migrations

MIGRATIONS = Migrations("identity", Path(__file__).parent / "adapters" / "migrations")


def main(url: str) -> bool:
    """Migrates the database at the SQLAlchemy `url`; returns whether there was anything to do."""
    return MIGRATIONS.upgrade(url)


if __name__ == "__main__":
    database_url = os.environ.get("XACTHUC_DATABASE_URL", "")
    if not database_url:
        sys.exit("Set XACTHUC_DATABASE_URL, such as postgresql+asyncpg://user:password@host/database.")
    main(database_url)
