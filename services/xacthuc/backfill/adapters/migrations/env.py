"""What Alembic runs to reach the database; the work is done in `xacthuc.sql.migrations`."""

import asyncio

from alembic import context

from xacthuc.sql.migrations import run_environment

asyncio.run(run_environment(context.config.attributes))
