"""What became of an export as a whole, from the journals of its shards."""

from __future__ import annotations

import csv
import shutil
from typing import TYPE_CHECKING, Final

from xacthuc.backfill.adapters import journal
from xacthuc.backfill.adapters.persons import listed
from xacthuc.backfill.adapters.places import Places

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from xacthuc.backfill.adapters.work import Work
    from xacthuc.backfill.domain.importing import RefusedRow, Totals

HEADINGS: Final = ("file", "row", "field", "reason")


def merged(work: Work, platform: str) -> Totals:
    """Returns what became of all rows; writes down all that are rejected or repeated, and why, and who is one person."""
    totals, refused = work.totals, Places()
    rejects = work.rejects(platform)
    half = rejects.with_suffix(".new")
    with half.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADINGS)
        if work.unread.exists():
            with work.unread.open(encoding="utf-8-sig", newline="") as unread:
                unread.readline()
                shutil.copyfileobj(unread, file)
        for shard in range(work.manifest.shards):
            for answer in journal.answers(work.journal(shard, platform)):
                totals.add(answer)
                rows.writerows(_told(work, answer.refused))
                for each in answer.refused:
                    refused.add(each.file, each.place)
    half.replace(rejects)
    if not totals.rejected + totals.repeated:
        rejects.unlink()
    totals.persons = listed(work, platform, refused)
    return totals


def _told(work: Work, refused: Iterable[RefusedRow]) -> Iterator[tuple[object, ...]]:
    files = work.manifest.files
    return ((files[each.file], each.place, each.field, each.reason) for each in refused)
