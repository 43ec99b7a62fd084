"""Checking exports by the command: messy files as they are in real life, and what becomes of every row of them."""

from __future__ import annotations

import io
import json
import os
import sys
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from threading import Thread

import pyarrow as pa
import pytest
from exports import checked, checked_anew
from pyarrow import parquet

from xacthuc.cli.main import run
from xacthuc.tables.encodings import Encoding, encoded

HEADING = "Mã tài khoản,Họ và tên,Ngày sinh,SĐT,Ngày xác thực,Hình thức xác thực,Bán hàng,Không có số\n"
Capture = pytest.CaptureFixture[str]


def written(tmp_path: Path, rows: str, encoding: Encoding = Encoding.UTF_8) -> Path:
    path = tmp_path / "export.csv"
    path.write_bytes(encoded(HEADING + rows, encoding))
    return path


MESSY = """\
u1,Nguyễn Văn An,02/01/1990,0912345678,2024-05-06 07:08:09,sms_code,,
u2,  Trần   Thị Bình ,1991-02-28,0162 123 4567,,,,
u3,LÊ VĂN C,20000229,+84 (0)91-234-5679,,,,
u4,Phạm D,3/4/2015,0912345670,,,,
u5,Phạm E,03.04.2016,,,,Có,
u6,Hoàng G,04/05/1985,0243 123 4567,,,không,
u7,Hoàng H,04/05/1985,0912345671,,,x,
u8,Kim Min-jun,04/05/1985,+82 10 1234 5678,,,,có
u9,,,0912345672,,,,
u10,Võ I,NULL,0912345672,,,,
u1,Nguyễn Văn An,02/01/1990,0912345678,,,,
,Ai Đó,02/01/1990,0912345673,,,,
0912345674,Ai Đó,02/01/1990,0912345674,,,,
u11,Ai Đó,31/02/1990,0912345675,,,,
u12,Ai Đó,01/01/2090,0912345675,,,,
u13,Ai Đó,01/01/1850,0912345675,,,,
u14,Ai\x07Đó,01/01/1990,0912345675,,,,
u15,Ai Đó,01/01/1990,0912345675,hôm qua,,,
u16,Ai Đó,01/01/1990,0912345675,,,có lẽ,
u17,Ai Đó,01/01/1990,0912345675,,,,,thừa
u18,"Ai Đó,01/01/1990
u19
"""

LACKS = {
    "u1": "NEEDS_PHONE",
    "u2": "NEEDS_PHONE",
    "u3": "NEEDS_PHONE",
    "u4": "NEEDS_GUARDIAN",
    "u5": "MUST_NOT_SELL",
    "u6": "UNREACHABLE",
    "u7": "NEEDS_PERSONAL_ID",
    "u8": "NEEDS_PERSONAL_ID",
    "u9": "NEEDS_PHONE",
    "u10": "NEEDS_PHONE",
    "u19": "UNREACHABLE",
}
REJECTED = [
    ("13", "account_id", "MISSING"),
    ("14", "account_id", "NOT_AN_ACCOUNT_ID"),
    ("15", "birth_date", "NOT_A_DATE"),
    ("16", "birth_date", "IN_FUTURE"),
    ("17", "birth_date", "TOO_OLD"),
    ("18", "full_name", "CONTROL_CHARACTERS"),
    ("19", "verify_time", "NOT_A_DATE"),
    ("20", "sells", "NOT_YES_OR_NO"),
    ("21", "", "TOO_MANY_CELLS"),
    ("22", "", "OPEN_QUOTES"),
    ("12", "account_id", "DUPLICATE"),
]


@pytest.mark.rule("R27")
@pytest.mark.parametrize("encoding", Encoding)
def test_a_messy_export_is_read_the_same_in(tmp_path: Path, capsys: Capture, encoding: Encoding) -> None:
    found = checked(capsys, written(tmp_path, MESSY, encoding))

    assert found.status == 4
    assert {each["account_id"]: each["class"] for each in found.rows if "account_id" in each} == LACKS
    assert found.rejects == REJECTED
    assert found.counts("without_number", "reason") == {"MISSING": 2, "FIXED_LINE": 1, "FOREIGN": 1}
    counts = ("rows", "accounts", "duplicate_rows", "rejected_rows", "nameless", "ageless", "converted_numbers")
    assert [found.told[each] for each in counts] == [22, 11, 1, 10, 2, 3, 1]
    assert [found.told[each] for each in ("shared_numbers", "sharing_accounts", "most_on_a_number")] == [1, 2, 2]


def test_the_first_rows_are_shown_as_they_are_read(tmp_path: Path, capsys: Capture) -> None:
    rows = checked(capsys, written(tmp_path, MESSY), show=3).rows

    assert [list(each.values()) for each in rows] == [
        [2, "u1", "Nguyễn Văn An", "1990-01-02", "+84 91 *** **78", "NEEDS_PHONE"],
        [3, "u2", "Trần Thị Bình", "1991-02-28", "+84 32 *** **67", "NEEDS_PHONE"],
        [4, "u3", "LÊ VĂN C", "2000-02-29", "+84 91 *** **79", "NEEDS_PHONE"],
    ]


def test_nothing_of_a_person_is_told_but_in_the_rows_that_are_shown(tmp_path: Path, capsys: Capture) -> None:
    path = written(tmp_path, MESSY)
    assert run(["backfill", "check", str(path), "--json"]) == 4

    out, err = capsys.readouterr()
    told = out + err + Path(f"{path}.rejects.csv").read_text("utf-8-sig")
    assert not [each for each in ("Nguyễn", "0912345", "91234", "1990", "u1") if each in told]


def test_an_export_without_a_fault_leaves_nothing_to_look_at(tmp_path: Path, capsys: Capture) -> None:
    path = written(tmp_path, "u1,Nguyễn Văn An,02/01/1990,0912345678,,,,\n")
    found = checked(capsys, path)

    assert (found.status, found.told["rejects"]) == (0, "")
    assert not Path(f"{path}.rejects.csv").exists()


def test_people_see_tables(tmp_path: Path, capsys: Capture) -> None:
    assert run(["backfill", "check", str(written(tmp_path, MESSY))]) == 4

    out, err = capsys.readouterr()
    assert "Trần Thị Bình" in out
    assert "rejected: birth_date NOT_A_DATE" in out
    assert "phone_number   SĐT" in err
    assert "see " in err


@pytest.mark.rule("R1")
def test_a_proof_of_the_platforms_own_counts_where_the_policy_takes_it(tmp_path: Path, capsys: Capture) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('version = "ours"\nimports.accept_phone_evidence = true\n')
    rows = "a,An Bình,02/01/1990,0912345678,2024-05-06,sms_code,,\nb,An Bình,02/01/1990,0912345679,2024-05-06,,,\nc,,,0912345670,2024-05-06T01:02:03Z,sms_code,,\n"
    path = written(tmp_path, rows)

    strict, trusting = checked(capsys, path), checked(capsys, path, "--policy", policy)

    assert [each["class"] for each in strict.rows] == ["NEEDS_PHONE"] * 3
    assert [each["class"] for each in trusting.rows] == ["VERIFIED", "NEEDS_PHONE", "NEEDS_DETAILS"]


def test_several_files_are_one_export(tmp_path: Path, capsys: Capture) -> None:
    for number, rows in enumerate(["a,0912345678\nb,0912345679\n", "b,0912345679\nc,0912345678\nd,x\n"]):
        (tmp_path / f"part-{number}.csv").write_text(f"uid,phone\n{rows}")

    found = checked(capsys, f"{tmp_path}/part-*.csv", "--rejects", tmp_path / "rejects.csv")

    assert [found.told[each] for each in ("rows", "accounts", "duplicate_rows", "shared_numbers")] == [5, 4, 1, 1]
    assert (tmp_path / "rejects.csv").read_text("utf-8-sig").splitlines()[1].startswith(f"{tmp_path}/part-1.csv,2,")


def test_a_pattern_finds_the_same_files_when_an_earlier_run_left_its_rejects_beside_them(
    tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "a.csv").write_text("uid,phone\na,0912345678\na,0912345678\n")
    (tmp_path / "b.csv").write_text("uid,phone\nb,0912345679\n")

    runs = [checked(capsys, f"{tmp_path}/*.csv") for _ in range(2)]

    assert (tmp_path / "a.csv.rejects.csv").exists()
    assert runs[0] == runs[1]
    assert runs[0].rejects == [("3", "account_id", "DUPLICATE")]


def test_a_file_that_is_none_of_rejects_is_not_written_over(tmp_path: Path, capsys: Capture) -> None:
    path, mine = written(tmp_path, MESSY), tmp_path / "mine.csv"
    mine.write_text("somebody's work\n")

    assert run(["backfill", "check", str(path), "--rejects", str(mine)]) == 2
    assert "is no file of rejects" in capsys.readouterr().err
    assert mine.read_text() == "somebody's work\n"


def test_a_repeated_row_is_counted_as_a_repetition_alone(tmp_path: Path, capsys: Capture) -> None:
    once = "u1,,,0162 123 4567,,,,\nu2,An Bình,02/01/1990,,,,,\n"
    counts = ("accounts", "nameless", "ageless", "converted_numbers", "without_number")

    single, twice = (checked(capsys, written(tmp_path, rows)).told for rows in (once, once + once))

    assert [twice[each] for each in counts] == [single[each] for each in counts]
    assert (twice["rows"], twice["duplicate_rows"], twice["nameless"]) == (4, 2, 1)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_pipe_is_read(capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, form: str) -> None:
    data = b"uid,phone\na,0912345678\n" if form == "csv" else b'{"uid": "a", "phone": 912345678}\n'
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    monkeypatch.chdir(tmp_path)

    assert [each["number"] for each in checked(capsys, "-").rows] == ["+84 91 *** **78"]


def test_a_named_pipe_gives_its_bytes_once_and_all_of_them_are_read(tmp_path: Path, capsys: Capture) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    rows = "".join(f"u{each},0912{each:06}\n" for each in range(9_000))
    writer = Thread(target=pipe.write_text, args=(f"uid,phone\n{rows}",), daemon=True)
    writer.start()

    found = checked(capsys, pipe, show=0)
    writer.join()

    assert (found.status, found.told["accounts"]) == (0, 9_000)


def test_parquet_has_cells_of_any_type(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "export.parquet"
    columns = {
        "uid": [1, 2, 3, 4],
        "phone": pa.array([912345678, None, 84912345679, 7], pa.int64()),
        "dob": pa.array([date(1990, 1, 2), None, date(2015, 1, 2), date(1990, 1, 2)]),
        "verified at": pa.array([datetime(2024, 1, 2), None, None, None], pa.timestamp("ns")),  # noqa: DTZ001 - as files have it
        "seller": [True, False, None, False],
        "name": pa.array([["An"], None, None, None], pa.list_(pa.string())),
    }
    parquet.write_table(pa.table(columns), path)

    rows = checked(capsys, path).rows
    assert [each["class"] for each in rows] == [
        "rejected: full_name NO_LETTERS",
        "UNREACHABLE",
        "NEEDS_GUARDIAN",
        "UNREACHABLE",
    ]


@pytest.mark.rule("R9")
def test_the_deadline_stands_beside_with_both_readings(tmp_path: Path, capsys: Capture) -> None:
    path = written(tmp_path, "u1,,,0912345678,,,,\n")

    told = checked(capsys, path, "--start", "2099-08-19", "--days", "90").told
    assert (told["last_day"], told["cautious_last_day"]) == ("2099-11-17", "2099-11-16")
    assert told["days_left"] > 90
    assert checked(capsys, path).told["cautious_last_day"] == "2025-03-24"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere-*.csv"], "there is no file"),
        (["export.csv", "--encoding", "koi8"], "utf-8"),
        (["export.csv", "--start", "tomorrow"], "2026-08-19"),
        (["export.csv", "--rejects", "export.csv"], "is what is read"),
        (["export.csv", "--columns", "none.toml"], "cannot be read"),
        (["export.csv", "--columns", "wrong.toml"], "no column is headed 'Mã số'"),
        (["export.csv", "--columns", "typo.toml"], "acount_id: is not known"),
        (["export.csv", "--policy", "typo.toml"], "version"),
        (["plain.csv"], "no column looks like the ids of accounts"),
        (["twice.csv"], "several columns are headed 'uid'"),
        (["."], "Is a directory"),
    ],
    ids=["file", "encoding", "start", "rejects", "columns", "heading", "key", "policy", "ids", "twice", "folder"],
)
def test_what_cannot_be_done_is_told_before_a_row_is_read(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "u1,,,0912345678,,,,\n")
    Path("wrong.toml").write_text('account_id = "Mã số"\n')
    Path("typo.toml").write_text('acount_id = "x"\n')
    Path("twice.csv").write_text("uid,uid\na,b\n")
    Path("plain.csv").write_text("one,two\n0912345678,a b\n0912345679,c d\n")

    assert run(["backfill", "check", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_what_was_guessed_is_written_down_and_read_again(tmp_path: Path, capsys: Capture) -> None:
    path, columns = tmp_path / "export.csv", tmp_path / "columns.toml"
    path.write_text(
        "Khách,Ngày tạo,c1,c2\nx-1,2020-01-01,0912 345 678,12/31/1990\nx-2,2020-01-01,0912 345 679,01/13/1991\n"
    )

    guessed = checked(capsys, path, "--write-columns", columns)
    assert columns.read_text() == (
        'account_id = "Khách"\nbirth_date = "c2"\nphone_number = "c1"\ndates = "month-first"\n'
    )
    assert [each["birth_date"] for each in guessed.rows] == ["1990-12-31", "1991-01-13"]

    columns.write_text(columns.read_text() + 'verified_by = "sms_code"\nverify_time = "Ngày tạo"\n')
    again = checked(capsys, path, "--columns", columns)
    assert [each["number"] for each in again.rows] == [each["number"] for each in guessed.rows]
    assert run(["backfill", "check", str(path), "--write-columns", str(columns)]) == 2


def test_json_says_nothing_of_rows_unless_asked(tmp_path: Path, capsys: Capture) -> None:
    assert run(["backfill", "check", str(written(tmp_path, MESSY)), "--json"]) == 4
    assert "first_rows" not in json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_large_export_is_read_in_two_processes_as_in_one(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"export.{form}"
    assert run(["backfill", "sample", "--rows", "10000", "--seed", "3", "--out", str(path)]) == 0

    found = [checked_anew(path, worth_two_bytes=worth, show=9_000) for worth in (1, 1 << 60)]

    two, one = (replace(each, rejects=sorted(each.rejects)) for each in found)  # repeated rows come in any order
    assert two == one
    assert (two.told["rows"], len(two.rows)) == (10_000, 9_000)
