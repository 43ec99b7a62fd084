"""`xacthuc migrate <service>`, as a job of Kubernetes runs it: the URL is a file."""

import os
import subprocess
import sys

import asyncpg
import pytest

from xacthuc.sql.migrations import dsn


def migrate(**settings: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XACTHUC_")}
    return subprocess.run(
        [sys.executable, "-m", "xacthuc.cli.main", "migrate", "livestream"],
        env={**kept, **settings},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


async def test_one_service_is_migrated_by_an_url_in_a_file(database_url, tmp_path):
    (tmp_path / "XACTHUC_DATABASE_URL").write_text(f"{database_url}\n")

    migrated = migrate(XACTHUC_SECRETS_DIRECTORY=str(tmp_path))

    assert (migrated.returncode, migrated.stderr) == (0, "")
    connection = await asyncpg.connect(dsn(database_url))
    try:
        schemas = await connection.fetch("SELECT nspname FROM pg_namespace WHERE nspname IN ('livestream', 'identity')")
    finally:
        await connection.close()
    assert [row["nspname"] for row in schemas] == ["livestream"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgres://xacthuc:hidden@127.0.0.1/xacthuc", "begins with postgresql+asyncpg://"),
        ("postgresql+asyncpg://xacthuc:hidden@127.0.0.1:1/xacthuc", "does not answer"),
        ("", "Set XACTHUC_DATABASE_URL, such as"),
    ],
    ids=["scheme", "nobody-there", "unset"],
)
def test_an_url_that_leads_nowhere_is_said_in_one_line_without_its_password(url, said):
    migrated = migrate(XACTHUC_DATABASE_URL=url)

    assert migrated.returncode == 1
    assert said in migrated.stderr
    assert migrated.stderr.count("\n") == 1
    assert "hidden" not in migrated.stderr


def test_a_database_that_is_not_there_is_said_in_one_line(postgres_server):
    migrated = migrate(XACTHUC_DATABASE_URL=postgres_server.database_url("nobody"))

    assert migrated.returncode == 1
    assert "refuses (3D000 InvalidCatalogNameError)" in migrated.stderr
    assert migrated.stderr.count("\n") == 1
