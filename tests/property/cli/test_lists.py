"""Lists of anything: no bytes stop the reading, and every row is either used or rejected."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from number_lists import opened, reports, write_parquet

from xacthuc.cli.failure import CommandFailed
from xacthuc.cli.lists.rows import Kind

HEADING = b"phone;date;full name;sim count\n"
cells = st.one_of(
    st.sampled_from(["0912345678", "+84 912 345 678", "01/11/2026", "2026-11-01T10:00", "match", "sai", "12", ""]),
    st.text(max_size=12),
)
lines = st.one_of(st.lists(cells, max_size=6).map(";".join).map(str.encode), st.binary(max_size=40))


def written(data: bytes) -> Path:
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(data)
    return Path(file.name)


def lines_with_something(body: bytes) -> int:
    found = 0
    for line in body.split(b"\n"):
        try:
            found += any(cell.strip() for cell in line.decode().split(";"))
        except UnicodeDecodeError:
            found += 1
    return found


@given(body=st.lists(lines, max_size=12).map(b"\n".join), kind=st.sampled_from(Kind))
def test_every_line_is_a_row_and_every_row_is_used_or_rejected(body: bytes, kind: Kind) -> None:
    path = written(HEADING + body)
    try:
        rows = list(opened(path, kind).rows())
    finally:
        path.unlink()
    empty = body.count(b'""')  # a cell in quotation marks may hold nothing
    assert lines_with_something(body) - empty <= len(rows) <= lines_with_something(body)
    assert [each.place for each in rows] == sorted({each.place for each in rows})


@given(data=st.one_of(st.binary(max_size=200), st.binary(max_size=200).map(b"PAR1".__add__)))
def test_no_bytes_are_more_than_refused(data: bytes) -> None:
    path = written(data)
    try:
        for _ in opened(path).rows():
            pass
    except CommandFailed:
        pass
    finally:
        path.unlink()


@settings(max_examples=60)
@given(data=st.data())
def test_a_damaged_parquet_loses_no_count_of_its_rows(data: st.DataObject) -> None:
    path = written(b"")
    try:
        numbers = [f"09{each:08d}" for each in range(40)]
        write_parquet(path, {"phone": numbers, "date": [date(2026, 11, 1)] * 40}, row_group_size=10)
        damaged = bytearray(path.read_bytes())
        at = data.draw(st.integers(4, len(damaged) - 1))
        rubbish = data.draw(st.binary(min_size=1, max_size=20))
        damaged[at : at + len(rubbish)] = rubbish
        path.write_bytes(damaged)
        found = opened(path)
        assert len(list(found.rows())) == found.total
    except CommandFailed:
        pass
    finally:
        path.unlink()


texts = st.sampled_from(["0912345678", "84987654321", "0243123456", "01/11/2026", "2026-11-01", "yesterday", " ", "12"])


@settings(max_examples=60)
@given(columns=st.integers(0, 20).flatmap(lambda size: st.tuples(*[st.lists(texts, min_size=size, max_size=size)] * 2)))
def test_text_and_parquet_of_the_same_content_say_the_same(columns: tuple[list[str], list[str]]) -> None:
    numbers, days = columns
    text = written(b"phone;date\n" + "".join(f"{a};{b}\n" for a, b in zip(numbers, days, strict=True)).encode())
    table = written(b"")
    try:
        write_parquet(table, {"phone": pa.array(numbers, pa.string()), "date": pa.array(days, pa.string())})
        assert [(each.number, each.observed) for each in reports(text)] == [
            (each.number, each.observed) for each in reports(table)
        ]
    finally:
        text.unlink()
        table.unlink()
