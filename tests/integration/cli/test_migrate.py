"""`xacthuc migrate <service>`, as a job of Kubernetes runs it: the URL is a file."""

import os
import subprocess
import sys

import asyncpg

from xacthuc.sql.migrations import dsn


async def test_one_service_is_migrated_by_an_url_in_a_file(database_url, tmp_path):
    (tmp_path / "XACTHUC_DATABASE_URL").write_text(f"{database_url}\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XACTHUC_")}

    migrated = subprocess.run(
        [sys.executable, "-m", "xacthuc.cli.main", "migrate", "livestream"],
        env={**kept, "XACTHUC_SECRETS_DIRECTORY": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (migrated.returncode, migrated.stderr) == (0, "")
    connection = await asyncpg.connect(dsn(database_url))
    try:
        schemas = await connection.fetch("SELECT nspname FROM pg_namespace WHERE nspname IN ('livestream', 'identity')")
    finally:
        await connection.close()
    assert [row["nspname"] for row in schemas] == ["livestream"]
