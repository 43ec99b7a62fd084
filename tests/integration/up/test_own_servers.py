"""`xacthuc up` on a store and databases of the user's own, in place of the bundled ones."""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import asyncpg
import pytest
from running_stack import running_stack

from xacthuc.cli.main import run
from xacthuc.client import AccountState, Action, Consent, Xacthuc
from xacthuc.sql.migrations import dsn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from running_stack import RunningStack

    from xacthuc.embedded import Postgres, Valkey


@pytest.fixture
def key_database_url(postgres_server: Postgres, sql: Callable[[str], None]) -> Iterator[str]:
    """A second empty database, dropped afterwards."""
    name = f"t_{uuid.uuid4().hex}"
    sql(f"CREATE DATABASE {name}")
    yield postgres_server.database_url(name)
    sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def stack(tmp_path: Path, own_valkey: Valkey, database_url: str, key_database_url: str) -> Iterator[RunningStack]:
    own = {
        "XACTHUC_STATE_URL": own_valkey.url,
        "XACTHUC_DATABASE_URL": database_url,
        "XACTHUC_KEY_DATABASE_URL": key_database_url,
    }
    with running_stack(tmp_path, **own) as stack:
        yield stack


def schemas(url: str) -> set[str]:
    """The schemas with tables in the database at `url`."""

    async def ask() -> set[str]:
        connection = await asyncpg.connect(dsn(url))
        try:
            rows = await connection.fetch("SELECT DISTINCT table_schema FROM information_schema.tables")
        finally:
            await connection.close()
        return {row["table_schema"] for row in rows} - {"information_schema", "pg_catalog"}

    return asyncio.run(ask())


@pytest.mark.engine
def test_a_person_is_verified_on_servers_of_the_users_own(
    stack: RunningStack, database_url: str, key_database_url: str
) -> None:
    consent = Consent(text_version="2026-01", accept_time=datetime.now(UTC), affirmed=True)

    with Xacthuc(key=stack.key, otp=stack.otp, identity=stack.identity) as client:
        account = client.identity.register_account(
            "an", full_name="Nguyễn Văn An", birth_date=date(1990, 5, 17), consent=consent
        )
        challenge = client.otp.start_challenge("0992 000 010", subject=account, device_id="phone-1")
        checked = client.otp.check_code(challenge, stack.code(challenge.name))
        account = client.identity.verify_phone(account, checked.proof_token)
        decision = client.identity.check_action(account, Action.POST)

    assert account.state is AccountState.VERIFIED
    assert decision.allowed
    assert schemas(database_url) == {"identity", "guardian", "livestream", "backfill"}
    assert schemas(key_database_url) == {"identity_keys"}
    assert not {"valkey", "postgres"} & {path.name for path in (stack.root / "var").iterdir()}


@pytest.mark.engine
def test_the_accounts_keys_are_migrated_where_they_are_kept(
    database_url: str, key_database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XACTHUC_DATABASE_URL", database_url)
    monkeypatch.setenv("XACTHUC_KEY_DATABASE_URL", key_database_url)

    assert [run(["db", "upgrade", "--json"]), run(["db", "upgrade", "--json"])] == [0, 0]

    assert [json.loads(line)["changed"] for line in capsys.readouterr().out.splitlines()] == [True, False]
    assert "identity_keys" not in schemas(database_url)
    assert schemas(key_database_url) == {"identity_keys"}
