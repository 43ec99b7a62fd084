"""An export that is a query against a PostgreSQL: read through a cursor, and nothing of it told."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest
from exports import checked

from xacthuc.cli.main import run
from xacthuc.sql.migrations import dsn

TABLE = """
CREATE TABLE users (uid uuid, name text, dob date, phone bigint, verified timestamptz, seller boolean, tags text[]);
INSERT INTO users SELECT
    ('00000000-0000-4000-a000-' || lpad(n::text, 12, '0'))::uuid, 'Nguyễn Văn An', date '1990-01-02' + n % 3000,
    84912000000 + n, timestamptz '2024-05-06 07:08:09+07', n % 100 = 0, ARRAY['a']
FROM generate_series(1, 9000) n
"""
QUERY = "SELECT uid AS user_id, name, dob, phone, verified AS verified_at, seller, tags FROM users ORDER BY uid"


@pytest.fixture
def query(database_url, tmp_path):
    async def fill():
        connection = await asyncpg.connect(dsn(database_url))
        await connection.execute(TABLE)
        await connection.close()

    asyncio.run(fill())
    (tmp_path / "url").write_text(dsn(database_url) + "\n")
    path = tmp_path / "users.query.toml"

    def write(text: str) -> Path:
        path.write_text(f'url_file = "url"\nquery = {json.dumps(text, ensure_ascii=False)}\n')
        return path

    return write


def test_the_rows_of_a_query_are_accounts_whatever_their_types(query, capsys):
    found = checked(capsys, query(QUERY), show=1)

    assert (found.status, found.told["rows"], found.told["accounts"]) == (0, 9_000, 9_000)
    assert found.counts("classes", "class") == {"NEEDS_PHONE": 8_910, "NEEDS_PERSONAL_ID": 90}
    assert found.rows == [
        {
            "row": 1,
            "account_id": "00000000-0000-4000-a000-000000000001",
            "full_name": "Nguyễn Văn An",
            "birth_date": "1990-01-03",
            "number": "+84 91 *** **01",
            "class": "NEEDS_PHONE",
        }
    ]


def test_a_query_is_parted_for_an_import_once_and_kept(query, capsys, tmp_path):
    parts = tmp_path / "parts"
    path, told = query(QUERY), []
    for _ in range(2):
        capsys.readouterr()
        assert run(["backfill", "split", str(path), "--into", str(parts), "--json"]) == 0
        told.append(json.loads(capsys.readouterr().out))

    assert told[0] == told[1]
    assert sum(told[0]["part_rows"]) == 9_000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT nothing FROM users", "does not exist"),
        ("SELECT dob FROM users", "no column looks like the ids"),
        ("SELECT name::int AS uid FROM users", "22P02"),
        ("DELETE FROM users RETURNING uid", "25006"),
        ("SELECT uid AS uid, (phone / (phone - 84912008000))::text AS phone FROM users ORDER BY uid", "22012"),
    ],
    ids=["column", "ids", "cast", "writing", "late"],
)
def test_what_a_database_refuses_is_told_without_data(query, capsys, text, said):
    assert run(["backfill", "check", str(query(text)), "--json"]) == 2

    err = capsys.readouterr().err
    assert said in err
    assert "Nguyễn" not in err


def test_nothing_of_a_password_is_told(query, capsys, tmp_path):
    path = query(QUERY)
    secret = "cá voi/xanh"
    for url in (
        f"postgresql://somebody:{quote(secret, safe='')}@127.0.0.1:1/x",
        "oracle://a:secret-word@b/c",
        "secret-word",
    ):
        (tmp_path / "url").write_text(url)
        assert run(["backfill", "check", str(path), "--json"]) == 2
        said = capsys.readouterr()
        assert not [each for each in (secret, quote(secret), "secret-word", "somebody") if each in said.out + said.err]
