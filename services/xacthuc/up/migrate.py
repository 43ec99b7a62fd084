"""Brings the schemas of every service up to date, one after the other: `python -m xacthuc.up.migrate`.

Reads `XACTHUC_DATABASE_URL`, and `XACTHUC_KEY_DATABASE_URL` where the accounts' keys have a database of their own. Where services have databases of their own, each one's `migrate` is run by itself.
"""

from __future__ import annotations

from xacthuc.backfill import migrate as backfill
from xacthuc.guardian import migrate as guardian
from xacthuc.identity import migrate as identity
from xacthuc.livestream import migrate as livestream
from xacthuc.secret_files import given
from xacthuc.sql.migrations import migrate_from_environment


def main(url: str, key_url: str = "") -> bool:
    """Migrates the databases at the SQLAlchemy URLs; returns whether there was anything to do. DatabaseBusy as there.

    Without `key_url` the accounts' keys are in the database at `url`.
    """
    changed = [
        identity.main(url, key_url),
        *(migrate(url) for migrate in (guardian.main, livestream.main, backfill.main)),
    ]
    return any(changed)


if __name__ == "__main__":
    migrate_from_environment(lambda url: main(url, given("XACTHUC_KEY_DATABASE_URL")))
