"""The revisions of identity's schema, one by one; the product itself only goes to the newest."""

from __future__ import annotations

import asyncio

from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory

from xacthuc.identity.migrate import MIGRATIONS


def revisions() -> list[Script]:
    """Returns them, the oldest first."""
    return list(ScriptDirectory.from_config(_config()).walk_revisions())[::-1]


async def migrate_to(url: str, revision: str) -> None:
    config = _config()
    config.attributes.update(url=url, schema=MIGRATIONS.schema, lock_wait=MIGRATIONS.lock_wait)
    await asyncio.to_thread(command.upgrade, config, revision)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS.directory))
    return config
