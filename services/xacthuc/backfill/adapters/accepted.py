"""The accounts of an import that a campaign is to ask: those that identity has, and that lack something."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from xacthuc.api.backfill.v1 import resources_pb2
from xacthuc.backfill.adapters import journal
from xacthuc.backfill.adapters.import_entries import account_of
from xacthuc.backfill.adapters.places import Places
from xacthuc.backfill.adapters.shards import batched
from xacthuc.backfill.domain.campaign import TEMPLATES
from xacthuc.backfill.domain.classes import OF_CHILDREN
from xacthuc.backfill.domain.importing import BATCH_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xacthuc.backfill.adapters.shards import Record
    from xacthuc.backfill.adapters.work import Work


def accepted(work: Work, platform: str) -> Iterator[list[resources_pb2.Target]]:
    """Yields them in batches, always the same ones; what identity refused or has not answered yet is left out."""
    for shard in range(work.manifest.shards):
        answered, refused = set[int](), Places()
        for answer in journal.answers(work.journal(shard, platform)):
            answered.add(answer.number)
            for row in answer.refused:
                refused.add(row.file, row.place)
        records = (
            record
            for number, sent in enumerate(batched(work.records(shard)))
            if number in answered
            for record in sent
            if not refused.has(record.file, record.place)
        )
        asked = (_target(record) for record in records if record.found in TEMPLATES)
        while batch := list(islice(asked, BATCH_ROWS)):
            yield batch


def counted(batches: Iterator[list[resources_pb2.Target]]) -> Counter[tuple[str, bool]]:
    """Counts accounts by what they lack, and whether a notice can go to their number."""
    return Counter(
        (resources_pb2.AccountClass.Name(target.account_class), bool(target.phone_number))
        for batch in batches
        for target in batch
    )


def _target(record: Record) -> resources_pb2.Target:
    reachable = record.number and record.found not in OF_CHILDREN
    return resources_pb2.Target(
        account=f"accounts/{account_of(record.entry)}",
        account_class=resources_pb2.AccountClass.Value(record.found.value),
        phone_number=f"+{record.number}" if reachable else "",
    )
