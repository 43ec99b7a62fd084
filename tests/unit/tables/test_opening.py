"""Which kind of table a file is, and what is read of it."""

from __future__ import annotations

import io
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from xacthuc.tables import Rejected, Row, UnusableTableError, rows_of
from xacthuc.tables.encodings import Encoding, encoded
from xacthuc.tables.opening import count_lines, open_table
from xacthuc.tables.sources import FileSource, PipeSource, Source


def is_heading(cells: object) -> bool:
    return isinstance(cells, list | tuple) and "id" in cells


def piped(data: bytes) -> PipeSource:
    return PipeSource("standard input", io.BytesIO(data))


def told(source: Source, *headings: str) -> list[tuple[object, ...]]:
    table = open_table(source, is_heading)
    rows = rows_of(table, [list(table.headings).index(each) for each in headings])
    return [(each.place, *each.cells) if isinstance(each, Row) else (each.place, each.reason) for each in rows]


def test_an_object_a_line_is_a_row() -> None:
    data = b'{"id": "a", "n": 1}\n\n{"n": 2, "id": "b"}\n{"id": null}\n{"id": "c", "n": [1, {"x": 2}]}\n'

    assert told(piped(data), "id", "n") == [(1, "a", 1), (3, "b", 2), (4, None, None), (5, "c", '[1, {"x": 2}]')]


def test_a_broken_object_costs_no_other() -> None:
    lines = [b'{"id": 1}', b"{", b"[1]", b"7", b'{"id": "\xff"}', b"[" * 60_000, b'{"id": 2}']

    assert told(piped(b"\n".join(lines)), "id") == [
        (1, 1),
        (2, "NOT_JSON"),
        (3, "NOT_AN_OBJECT"),
        (4, "NOT_AN_OBJECT"),
        (5, "NOT_DECODABLE"),
        (6, "NOT_JSON"),
        (7, 2),
    ]


def test_keys_that_come_late_are_headings_too() -> None:
    assert open_table(piped(b'{"id": 1}\n{"id": 2, "name": "x"}\n'), is_heading).headings == ["id", "name"]


@pytest.mark.parametrize("encoding", Encoding)
def test_text_of_any_encoding_is_read_line_by_line(tmp_path: Path, encoding: Encoding) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(encoded("id;họ tên\n1;nguyễn văn đức\n2;trần thị hồ\n", encoding))

    # In Windows-1258 a tone is a character of its own, so only the plain heading is looked up.
    assert [(place, each) for place, each, *_ in told(FileSource(path), "id")] == [(2, "1"), (3, "2")]


def test_a_pipe_is_read_once() -> None:
    table = open_table(piped(b"id\n1\n"), is_heading)

    assert [each.place for each in rows_of(table, (0,))] == [2]
    with pytest.raises(UnusableTableError, match="once only"):
        list(rows_of(table, (0,)))


def test_a_pipe_longer_than_its_head_is_read_whole() -> None:
    data = b"id,x\n" + b"".join(b"%d,%s\n" % (each, b"y" * 100) for each in range(12_000))

    assert [each[1] for each in told(piped(data), "id")] == [str(each) for each in range(12_000)]


def test_parquet_is_read_from_a_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "table"
    parquet.write_table(pa.table({"id": ["a", "b"], "n": [1, None]}), path)

    assert told(FileSource(path), "n", "id") == [(1, 1, "a"), (2, None, "b")]
    with pytest.raises(UnusableTableError, match="pipe"):
        open_table(piped(path.read_bytes()), is_heading)


def test_a_long_cell_of_many_rows_is_in_memory_once(tmp_path: Path) -> None:
    path, rows, cell = tmp_path / "table", 9_000, "a" * (1 << 20)
    repeated = pa.DictionaryArray.from_arrays(pa.array([*[0] * (rows - 2), None, 1], pa.int32()), pa.array([cell, "b"]))
    parquet.write_table(pa.table({"id": list(map(str, range(rows))), "n": repeated}), path, compression="zstd")
    table = open_table(FileSource(path), is_heading)

    batches = list(table.batches([1]))

    cells = [each for batch in batches for each in batch.columns[0]]
    assert len(set(map(id, cells))) <= len(batches) + 2
    assert (len(cells), cells[0] == cell, cells[-2:]) == (rows, True, [None, "b"])


def test_a_group_of_rows_that_may_not_fit_into_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "table"
    parquet.write_table(pa.table({"id": ["a", "b"], "long": ["x" * 9_000] * 2}), path, use_dictionary=False)
    monkeypatch.setattr("xacthuc.tables.parquet_file._MOST_IN_A_GROUP", 1_000)
    table = open_table(FileSource(path), is_heading)

    assert [list(batch.columns[0]) for batch in table.batches([0])] == [["a", "b"]]
    with pytest.raises(UnusableTableError, match="groups of rows"):
        list(table.batches([0, 1]))


def test_an_encoding_that_cannot_be_told_is_asked_for() -> None:
    with pytest.raises(UnusableTableError, match="can be told") as refused:
        open_table(piped(b"id,name\n" + b"1,caf\xe9\n" * 9), is_heading)

    assert "windows-1258" in refused.value.advice


def test_rejected_rows_stand_where_they_were() -> None:
    table = open_table(piped(b'id\n"\n1\n"\n'), is_heading)

    assert [type(each) for each in rows_of(table, (0,))] == [Rejected, Row, Rejected]


def test_lines_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"id\n1\n2")

    assert count_lines(FileSource(path)) == 3
    assert count_lines(piped(b"id\n1\n")) == 0
