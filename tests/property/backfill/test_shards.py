"""However many parts an export is split into, together they hold what one part holds, and each number is in one of them."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from xacthuc.backfill.adapters.import_entries import account_of
from xacthuc.backfill.adapters.merging import merged
from xacthuc.backfill.adapters.places import Places
from xacthuc.backfill.adapters.shards import Record, batched
from xacthuc.backfill.adapters.sorting import Sorter
from xacthuc.backfill.adapters.work import Work
from xacthuc.backfill.domain.classes import AccountClass
from xacthuc.backfill.domain.importing import Treatment, treatments
from xacthuc.cli.backfill_work import Order, split

HEADING = "uid,name,dob,phone,seller,cccd\n"
IDS = ["a", "b", "c", "d", "e", "", "0912345678", '"']
NUMBERS = ["0912345678", "+84 912 345 678", "0162 123 4567", "0912345679", "", "113"]
PERSONS = ["001090123456", "001090123457", "0010901", "", "001091123456"]
rows = st.lists(
    st.tuples(
        st.sampled_from(IDS),
        st.sampled_from(["An Bình", "AN  BÌNH", "Lê Chi", "", "\x07"]),
        st.sampled_from(["02/01/1990", "02/01/2015", "", "31/02/1990"]),
        st.sampled_from(NUMBERS),
        st.sampled_from(["x", ""]),
        st.sampled_from(PERSONS),
    ),
    max_size=60,
)


def parted(directory: Path, exports: list[Path], shards: int) -> Work:
    order = Order(
        exports=[str(each) for each in exports],
        columns=None,
        encoding="utf-8",
        start="",
        days=None,
        legal_basis="",
        policy=None,
        numbering_plan=None,
        shards=shards,
        shown=False,
    )
    return split(order, directory / f"in-{shards}")


def records(work: Work) -> list[list[Record]]:
    return [list(work.records(shard)) for shard in range(work.manifest.shards)]


def unread(work: Work) -> list[list[str]]:
    if not work.unread.exists():
        return []
    with work.unread.open(encoding="utf-8-sig", newline="") as file:
        return sorted(list(csv.reader(file))[1:])


@settings(max_examples=25)
@given(first=rows, second=rows, shards=st.integers(2, 5))
def test_parts_hold_together_what_one_holds(
    first: list[tuple[str, ...]], second: list[tuple[str, ...]], shards: int
) -> None:
    with TemporaryDirectory() as name:
        directory = Path(name)
        exports = [directory / "1.csv", directory / "2.csv"]
        for path, lines in zip(exports, (first, second), strict=True):
            path.write_text(HEADING + "".join(",".join(each) + "\n" for each in lines))
        one, several = parted(directory, exports, 1), parted(directory, exports, shards)
        (whole,), parts = records(one), records(several)

        assert in_order(chain.from_iterable(parts)) == in_order(whole)
        assert several.manifest.report == one.manifest.report
        assert several.manifest.persons == one.manifest.persons
        assert unread(several) == unread(one)
        assert several.totals.left == len(whole) == one.totals.left == sum(several.manifest.sizes)

        homes = defaultdict(set)
        for number, part in enumerate(parts):
            for each in part:
                homes[each.number].add(number)
        assert {len(parts) for number, parts in homes.items() if number} <= {1}
        assert max(Counter(account_of(each.entry) for each in whole).values(), default=1) == 1
        needs = [each for each in whole if each.found is AccountClass.NEEDS_PERSONAL_ID]
        assert all(each.person is None for each in whole if each not in needs)
        assert sum(one.manifest.persons[each] for each in ("given", "unusable", "missing")) == len(needs)
        several_of = [count for person, count in Counter(each.person for each in needs).items() if person and count > 1]
        assert one.manifest.persons["on_several"] == len(several_of)
        assert one.manifest.persons["accounts_on_several"] == sum(several_of)

        assert people(several) == people(one)
        assert merged(several, "demo").persons == Counter(row[-1] for row in people(one)) == merged(one, "demo").persons
        assert merged(one, "demo").persons.total() == sum(several_of)


@given(numbers=st.lists(st.integers(0, 3), max_size=40), most=st.integers(1, 5))
def test_accounts_on_one_number_are_sent_in_the_same_batches_whatever_stands_beside_them(
    numbers: list[int], most: int
) -> None:
    rows = [record(place, number) for place, number in enumerate(sorted(numbers))]
    whole = list(batched(rows, most))

    assert list(chain.from_iterable(whole)) == rows
    assert all(0 < len(batch) <= most for batch in whole)
    for number in {1, 2, 3} & set(numbers):
        alone = list(batched([each for each in rows if each.number == number], most))
        within = [[each for each in batch if each.number == number] for batch in whole]
        assert [batch for batch in within if batch] == alone


@given(rows=st.lists(st.tuples(st.binary(max_size=9), st.binary(max_size=9)), unique_by=lambda each: each[0]))
def test_runs_on_disk_come_back_as_one_order(rows: list[tuple[bytes, bytes]]) -> None:
    with TemporaryDirectory() as directory, Sorter(Path(directory), in_memory_bytes=500) as sorter:
        for row in rows:
            sorter.add(*row)
        assert list(sorter.values()) == sorted(rows)
        assert not list(Path(directory).iterdir())


@given(marked=st.sets(st.tuples(st.integers(0, 2), st.integers(0, 99))))
def test_marked_rows_are_told_from_others_and_kept(marked: set[tuple[int, int]]) -> None:
    places = Places()
    for each in marked:
        places.add(*each)
    with TemporaryDirectory() as directory:
        places.write(Path(directory), "some")
        for known in (places, Places.read(Path(directory), "some", 3)):
            assert {(file, place) for file in range(3) for place in range(120) if known.has(file, place)} == marked
            assert bool(known) == bool(marked)


@given(holders=st.lists(st.sampled_from([None, "an", "binh"]), min_size=1), most=st.integers(1, 4))
def test_a_person_has_so_many_accounts_and_others_on_the_same_personal_id_are_not_taken_for_them(
    holders: list[str | None], most: int
) -> None:
    told = list(map(treatments(most), holders))

    same = [found for holder, found in zip(holders[1:], told[1:], strict=True) if holder and holder == holders[0]]
    assert told[0] is Treatment.FIRST
    assert same[: most - 1] == [Treatment.BESIDE] * len(same[: most - 1])
    assert set(same[most - 1 :]) <= {Treatment.TOO_MANY_ACCOUNTS}
    assert told.count(Treatment.OTHER_DETAILS) == len(holders) - 1 - len(same)


def record(place: int, number: int) -> Record:
    return Record(0, place, AccountClass.NEEDS_PHONE, number, None, b"")


def in_order(rows: Iterable[Record]) -> list[Record]:
    return [each._replace(person=None) for each in sorted(rows, key=lambda each: each[:2])]


def people(work: Work) -> list[list[str]]:
    merged(work, "demo")
    if not work.persons("demo").exists():
        return []
    with work.persons("demo").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))[1:]
