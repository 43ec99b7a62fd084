"""Brings schemas `identity` and `identity_keys` up to date, before the new version serves.

Run with `python -m xacthuc.identity.migrate`. Reads `XACTHUC_DATABASE_URL`, and `XACTHUC_KEY_DATABASE_URL` where the
accounts' keys have a database of their own, without a service's settings: a job that migrates needs no keys and no
certificates, and reading them would slow down what mostly finds nothing to do.
"""

from __future__ import annotations

from pathlib import Path

from xacthuc.secret_files import given
from xacthuc.sql.migrations import Migrations, migrate_from_environment

_DIRECTORY = Path(__file__).parent / "adapters" / "migrations"

MIGRATIONS = Migrations("identity", _DIRECTORY)
KEY_MIGRATIONS = Migrations("identity_keys", _DIRECTORY / "keys")


def main(url: str, key_url: str = "") -> bool:
    """Migrates the databases at the SQLAlchemy URLs; returns whether there was anything to do.

    Without `key_url` the keys are in the database at `url`. DatabaseBusy when a table stayed in use; no revision is half
    done then.
    """
    keys_changed = KEY_MIGRATIONS.upgrade(key_url or url)
    return MIGRATIONS.upgrade(url) or keys_changed


if __name__ == "__main__":
    migrate_from_environment(lambda url: main(url, given("XACTHUC_KEY_DATABASE_URL")))
