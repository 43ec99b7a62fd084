"""Whatever an export holds, every row of it is an account, the same account again, or rejected: none is lost."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xacthuc.backfill.adapters.columns import Columns, Guesser
from xacthuc.backfill.adapters.exports import open_export
from xacthuc.backfill.adapters.reading import AccountReader
from xacthuc.backfill.adapters.repeats import DIGEST_BYTES, Digester, Repeats
from xacthuc.backfill.domain.accounts import Accounts
from xacthuc.backfill.domain.fields import Field
from xacthuc.backfill.usecases.check import PLACE_BYTES, ROW_BYTES, Check, Duplicate
from xacthuc.phone import NumberPlan
from xacthuc.policy import Policy
from xacthuc.tables import Batch, Rejected
from xacthuc.tables.encodings import Encoding
from xacthuc.tables.sources import PipeSource

NOW = datetime(2026, 11, 28, 5, tzinfo=UTC)
POLICY, PLAN = Policy.load(), NumberPlan.load()
GUESSER = Guesser(PLAN)
COLUMNS = Columns(**{field: field.value for field in Field})
HEADING = (",".join(Field) + "\n").encode()

cells = st.one_of(
    st.sampled_from(
        [
            "u1",
            "u2",
            "u3",
            "An",
            "0912345678",
            "01/02/1990",
            "31/02/1990",
            "2024-05-06",
            "x",
            "có",
            "NULL",
            "",
            '"',
            '"An"',
        ]
    ),
    st.text(max_size=8),
)
lines = st.one_of(
    st.lists(cells, max_size=9).map(",".join).map(str.encode),
    st.binary(max_size=30).map(lambda data: data.replace(b"\n", b".")),
)


def check(body: bytes) -> tuple[Check, list[Accounts], list[Duplicate]]:
    export = open_export(PipeSource("pipe", io.BytesIO(HEADING + body)), GUESSER, COLUMNS, Encoding.UTF_8)
    reader = AccountReader(export.columns, GUESSER.words, PLAN, POLICY, NOW)
    with (
        Repeats(ROW_BYTES, in_memory_bytes=1) as rows,
        Repeats(DIGEST_BYTES + PLACE_BYTES, in_memory_bytes=1) as numbers,
    ):
        done = Check(POLICY, Digester(), rows=rows, numbers=numbers)
        read = [
            reader.read(batch, tuple(export.places)) for batch in export.table.batches(tuple(export.places.values()))
        ]
        for accounts in read:
            done.add(0, accounts)
        return done, read, list(done.finish())


@settings(max_examples=200)
@given(body=st.lists(lines, max_size=15).map(b"\n".join))
def test_every_line_with_something_on_it_is_accounted_for(body: bytes) -> None:
    done, read, duplicates = check(body)

    places = [place for accounts in read for place in (*accounts.places, *(each.place for each in accounts.rejected))]
    assert sorted(places) == sorted(set(places))
    said = {at for at, line in enumerate(body.split(b"\n"), start=2) if line.strip(b' ,"\t\r\x0b\x0c')}
    blank = {at for at, line in enumerate(body.split(b"\n"), start=2) if not line.replace(b",", b" ").strip(b" \r")}
    assert said - spaces(body) <= set(places)
    assert not blank & set(places)
    assert done.report.balances
    assert done.report.rows == len(places)
    assert len(duplicates) == done.report.duplicates


def test_a_number_on_many_accounts_is_counted_by_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    body = "".join(f"u{at % 7},,,0912345678,,,,\n" for at in range(30)).encode()
    counted = []
    for many in (2, 1_000):
        monkeypatch.setattr("xacthuc.backfill.usecases.check._MANY", many)
        report = check(body)[0].report
        counted.append((report.shared_numbers, report.sharing_accounts, report.most_on_a_number))

    assert counted == [(1, 7, 7)] * 2


def spaces(body: bytes) -> set[int]:
    """The lines that hold nothing but what Unicode calls space."""
    return {
        at
        for at, line in enumerate(body.split(b"\n"), start=2)
        if not any(cell.strip() for cell in line.decode(errors="replace").split(","))
    }


@given(ids=st.lists(st.sampled_from(["u1", "u2", "u3", "u4", "", "0912345678"]), max_size=30))
def test_the_first_row_of_an_account_counts_and_every_later_one_is_told(ids: list[str]) -> None:
    body = "".join(f"{each},,,0912345678,,,,\n" for each in ids).encode()
    done, _, duplicates = check(body)

    usable = [(at, each) for at, each in enumerate(ids, start=2) if each.startswith("u")]
    first = {each: at for at, each in reversed(usable)}
    assert sorted(each.place for each in duplicates) == [at for at, each in usable if first[each] != at]
    assert done.report.accounts == len(first)
    assert done.report.sharing_accounts == (len(first) if len(first) > 1 else 0)


@given(rows=st.lists(st.tuples(*[cells] * len(Field)), max_size=10))
def test_a_row_that_is_rejected_costs_no_other_its_place(rows: list[tuple[str, ...]]) -> None:
    reader = AccountReader(COLUMNS, GUESSER.words, PLAN, POLICY, NOW)
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(Field)
    accounts = reader.read(Batch(range(1, len(rows) + 1), columns, [Rejected(99, "", "TOO_LONG")]), tuple(Field))

    by_place = dict(zip(accounts.places, accounts.ids, strict=True))
    for place, row in enumerate(rows, start=1):
        assert (place in by_place) != any(each.place == place for each in accounts.rejected)
        if place in by_place:
            assert by_place[place] == row[0].strip()
    assert accounts.rejected[-1].place == 99
