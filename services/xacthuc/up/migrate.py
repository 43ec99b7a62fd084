"""Brings the schemas of every service up to date, one after the other: `python -m xacthuc.up.migrate`.

Where services have databases of their own, each one's `migrate` is run by itself.
"""

from __future__ import annotations

from xacthuc.backfill import migrate as backfill
from xacthuc.guardian import migrate as guardian
from xacthuc.identity import migrate as identity
from xacthuc.livestream import migrate as livestream
from xacthuc.sql.migrations import migrate_from_environment


def main(url: str) -> bool:
    """Migrates the database at the SQLAlchemy URL; returns whether there was anything to do. DatabaseBusy as there."""
    changed = [migrate(url) for migrate in (identity.main, guardian.main, livestream.main, backfill.main)]
    return any(changed)


if __name__ == "__main__":
    migrate_from_environment(main)
