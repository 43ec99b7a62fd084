"""However many parts an export is split into, together they hold what one part holds, and each number is in one of them."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from xacthuc.backfill.adapters.import_entries import account_of
from xacthuc.backfill.adapters.shards import Record
from xacthuc.backfill.adapters.work import Work
from xacthuc.backfill.domain.classes import AccountClass
from xacthuc.cli.backfill_work import Order, split

HEADING = "uid,name,dob,phone,seller,cccd\n"
IDS = ["a", "b", "c", "d", "e", "", "0912345678", '"']
NUMBERS = ["0912345678", "+84 912 345 678", "0162 123 4567", "0912345679", "", "113"]
PERSONS = ["001090123456", "001090123457", "0010901", "", "001091123456"]
rows = st.lists(
    st.tuples(
        st.sampled_from(IDS),
        st.sampled_from(["An Bình", "", "\x07"]),
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

        assert [
            each._replace(person=None) for each in sorted(chain.from_iterable(parts), key=lambda each: each[:2])
        ] == [each._replace(person=None) for each in whole]
        assert several.manifest.report == one.manifest.report
        assert several.manifest.persons == one.manifest.persons
        assert unread(several) == unread(one)
        assert several.totals.left == len(whole) == one.totals.left == sum(several.manifest.sizes)

        homes = defaultdict(set)
        for number, part in enumerate(parts):
            assert [each[:2] for each in part] == sorted(each[:2] for each in part)
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
