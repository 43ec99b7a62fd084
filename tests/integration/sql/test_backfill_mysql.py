"""An export that is a query against a MySQL: read row by row from a MariaDB, and nothing of it told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from exports import checked
from mariadb import ask, mariadb

from xacthuc.backfill.adapters.queries import QueryTable
from xacthuc.cli.main import run

PASSWORD = "cá voi/xanh@biển"
ROWS = 9_000
TABLES = (
    "CREATE DATABASE forum CHARACTER SET utf8mb4",
    f"CREATE USER reader@'%' IDENTIFIED BY '{PASSWORD}'",
    "GRANT SELECT, INSERT, DELETE, DROP ON forum.* TO reader@'%'",
    """CREATE TABLE forum.users (
        id BIGINT UNSIGNED PRIMARY KEY, name VARCHAR(200), dob DATE, phone VARCHAR(20), phone_int BIGINT,
        verified TIMESTAMP NULL, seen DATETIME NULL, seller BIT(1), tags JSON, picture BLOB, old VARCHAR(90) CHARACTER SET latin1
    )""",
    "SET time_zone = '+00:00'",
    "SET sql_mode = ''",
    f"""INSERT INTO forum.users SELECT seq, 'Nguyễn Văn 𠀀 An', DATE '1990-01-02' + INTERVAL seq % 3000 DAY,
        CONCAT('0168', 4000000 + seq), 84911000000 + seq, '2024-05-06 00:08:09', '2024-05-06 07:08:09', seq % 100 = 0,
        '["a"]', x'fffe00', 'Zoe' FROM forum.seq_1_to_{ROWS}""",
    "UPDATE forum.users SET name = NULL, dob = NULL, phone = NULL, phone_int = NULL WHERE id = 2",
    "UPDATE forum.users SET dob = '0000-00-00' WHERE id = 3",
)
QUERY = "SELECT id AS user_id, name, dob, phone, verified AS verified_at, seller, tags FROM users ORDER BY id"
READ = """
import json, resource, sys
from pathlib import Path
from xacthuc.backfill.adapters.queries import QueryTable

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

table = QueryTable(Path(sys.argv[1]))
rows, before = 0, 0
for batch in table.batches(range(2)):
    before, rows = before or peak(), rows + len(batch.places)
print(json.dumps([rows, peak() - before]))
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    with mariadb(tmp_path_factory.mktemp("mariadb")) as port:
        ask(port, *TABLES)
        yield port


@pytest.fixture
def query(port, tmp_path):
    path = tmp_path / "users.query.toml"

    def write(text: str, *, user: str = "reader", password: str = PASSWORD, rest: str = "forum") -> Path:
        (tmp_path / "url").write_text(f"mysql://{user}:{quote(password, safe='')}@127.0.0.1:{port}/{rest}\n")
        path.write_text(f'url_file = "url"\nquery = {json.dumps(text, ensure_ascii=False)}\n')
        return path

    return write


def test_the_rows_of_a_query_are_accounts_whatever_their_types(query, capsys):
    found = checked(capsys, query(QUERY), show=3)

    assert (found.status, found.told["rows"], found.told["accounts"]) == (0, ROWS, ROWS)
    assert found.counts("classes", "class") == {"NEEDS_PHONE": 8_909, "NEEDS_PERSONAL_ID": 90, "UNREACHABLE": 1}
    first, without, undated = found.rows
    assert first == {
        "row": 1,
        "account_id": "1",
        "full_name": "Nguyễn Văn 𠀀 An",
        "birth_date": "1990-01-03",
        "number": "+84 38 *** **01",
        "class": "NEEDS_PHONE",
    }
    assert (without["full_name"], without["birth_date"], without["number"]) == ("", "", "MISSING")
    assert (undated["full_name"], undated["birth_date"]) == (first["full_name"], "")


def test_a_number_is_the_same_as_words_and_as_an_integer(query, capsys):
    """Eleven digits of before 2018, and eleven that begin with the country."""
    for column, told in (
        ("phone", "+84 38 *** **01"),
        ("phone_int", "+84 91 *** **01"),
        ("phone * 1", "+84 38 *** **01"),
    ):
        found = checked(capsys, query(f"SELECT id AS user_id, {column} AS phone FROM users WHERE id <> 2"), show=1)

        assert (found.status, found.rows[0]["number"], found.told["accounts"]) == (0, told, ROWS - 1)


def test_times_are_those_of_vietnam_with_or_without_a_zone(query, tmp_path, port):
    table = QueryTable(query("SELECT verified, seen, seller, picture, old FROM users WHERE id IN (1, 100) ORDER BY id"))
    (batch,) = table.batches(range(5))

    verified, seen, seller, picture, old = batch.columns
    assert [str(each) for each in verified] == ["2024-05-06 07:08:09"] * 2
    assert verified == seen
    assert seller == [0, 1]
    assert (picture[0], old[0]) == ("\N{REPLACEMENT CHARACTER}", "Zoe")


def test_a_query_is_parted_for_an_import_once_and_kept(query, capsys, tmp_path):
    path, told = query(QUERY), []
    for _ in range(2):
        capsys.readouterr()
        assert run(["backfill", "split", str(path), "--into", str(tmp_path / "parts"), "--json"]) == 0
        told.append(json.loads(capsys.readouterr().out))

    assert told[0] == told[1]
    assert sum(told[0]["part_rows"]) == ROWS


@pytest.mark.parametrize(
    ("text", "said", "advised"),
    [
        ("SELECT nothing FROM users", "Unknown column 'nothing'", "Correct the query"),
        ("SELECT id FROM people", "'forum.people' doesn't exist", "Correct the query"),
        ("SELECT id FROM elsewhere.users", "SELECT command denied to user", "let the user SELECT"),
        ("SELECT dob FROM users", "no column looks like the ids", "Name it in a file"),
        ("DELETE FROM users", "READ ONLY transaction", "Correct the query"),
        ("DROP TABLE users", "READ ONLY transaction", "Correct the query"),
        ("SET @a = 1", "returns no rows", "Write a SELECT"),
        (
            "SELECT id AS user_id, (SELECT name FROM users v WHERE v.id <= IF(u.id > 8000, 2, 1)) AS name FROM users u",
            "the database broke off: 1242",
            "Correct the query",
        ),
    ],
    ids=["column", "table", "role", "ids", "writing", "dropping", "rowless", "late"],
)
def test_what_a_database_refuses_is_told_without_data(query, capsys, text, said, advised):
    assert run(["backfill", "check", str(query(text)), "--json"]) == 2

    err = capsys.readouterr().err
    assert said in err
    assert advised in err
    assert "Nguyễn" not in err


@pytest.mark.parametrize(
    ("changed", "said", "advised"),
    [
        ({"password": "secret-word"}, "Access denied for user 'reader'", "Correct user and password"),
        ({"user": "secret-word"}, "Access denied", "Correct user and password"),
        ({"rest": "nowhere"}, "nowhere", "Correct"),
        ({"rest": "forum?sslmode=off"}, "cannot be reached: ValueError", "Correct the query, or the URL"),
    ],
    ids=["password", "user", "database", "parameter"],
)
def test_who_is_not_let_in_hears_why_and_no_password(query, capsys, changed, said, advised):
    assert run(["backfill", "check", str(query(QUERY, **changed)), "--json"]) == 2

    told = capsys.readouterr()
    assert said in told.err
    assert advised in told.err
    for each in (PASSWORD, quote(PASSWORD, safe=""), changed.get("password", PASSWORD)):
        assert each not in told.out + told.err


def test_a_server_that_nobody_answers_for_is_told_as_that(tmp_path, capsys):
    (tmp_path / "url").write_text("mysql://a:secret-word@127.0.0.1:1/c")
    path = tmp_path / "users.query.toml"
    path.write_text('url_file = "url"\nquery = "SELECT 1"\n')

    assert run(["backfill", "check", str(path), "--json"]) == 2
    told = capsys.readouterr()
    assert "nobody answers there" in told.err
    assert "secret-word" not in told.out + told.err


def test_rows_stay_at_the_server_until_they_are_read(query):
    """200 MB of rows in a process that grows by less than a fifth of it."""
    path = query("SELECT seq AS user_id, REPEAT('x', 2000) AS name FROM seq_1_to_100000")
    ran = subprocess.run([sys.executable, "-c", READ, path], check=True, capture_output=True, text=True, timeout=200)

    rows, grown_mib = json.loads(ran.stdout)
    assert rows == 100_000
    assert grown_mib < 40


def test_an_export_that_is_left_early_is_not_read_to_its_end(query):
    """Two billion rows, which nobody would live to see the end of."""
    table = QueryTable(query("SELECT seq AS user_id FROM seq_1_to_1000000000"))
    first = next(batches := table.batches(range(1)))
    batches.close()
    table.close()

    assert list(first.places[:2]) == [1, 2]
