"""What `xacthuc backfill import` tells: what would be sent, and what became of every row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from xacthuc.backfill.adapters import journal
from xacthuc.cli import backfill_view
from xacthuc.cli.output import note, print_json, print_record, print_records

if TYPE_CHECKING:
    from xacthuc.backfill.adapters.work import Work
    from xacthuc.backfill.domain.importing import Totals

_SPLIT: Final = {
    **{
        name: backfill_view.COUNTS[name]
        for name in (
            "rows",
            "accounts",
            "duplicate_rows",
            "rejected_rows",
            "shared_numbers",
            "sharing_accounts",
            "most_on_a_number",
        )
    },
    "personal_ids": "with the personal ID they need",
    "unusable_personal_ids": "with one that cannot be theirs",
    "missing_personal_ids": "without one",
    "persons_on_several": "persons with several of them",
    "grace_end": "may go on until",
    "grace_basis": "by",
    "parts": "parts",
}
_TOTALS: Final = {
    "rows": "rows",
    "accepted_rows": "accepted",
    "repeated_rows": "about the same account again",
    "rejected_rows": "rejected",
    "left_rows": "not sent yet",
    "extended": "accounts whose grace ends later now",
    "displaced": "accounts that lost their number to a later proof",
}
_LISTS: Final = {
    "outcomes": {"value": "accepted or refused", "rows": "rows"},
    "states": {"value": "where they stand", "rows": "accounts"},
    "phones": {"value": "numbers that were proven before", "rows": "accounts"},
    "persons": {"value": "with a personal ID that another account has too", "accounts": "accounts"},
    "refused": {"field": "refused for", "reason": "because", "rows": "rows"},
}


def tell_split(work: Work, *, as_json: bool) -> None:
    """Tells what was parted."""
    found = _split(work)
    if as_json:
        print_json(found)
        return
    backfill_view.tell_tables(found, (), _SPLIT)
    if work.unread.exists():
        note(f"rows that are rejected or about the same account again: see {work.unread}")
    note(f"It is in {work.path}, and as personal as the export: delete it when it is no longer needed.")


def tell_shard(work: Work, platform: str, shard: int, *, as_json: bool) -> None:
    """Tells what became of one part."""
    answers = list(journal.answers(work.journal(shard, platform)))
    told = {
        "part": shard,
        "rows": work.size(shard),
        "answered_rows": sum(each.rows for each in answers),
        "refused_rows": sum(len(each.refused) for each in answers),
    }
    labels = {"part": "part", "rows": "accounts", "answered_rows": "answered", "refused_rows": "refused"}
    print_record(told, labels, as_json=as_json)


def tell(work: Work, platform: str, totals: Totals, *, dry_run: bool, as_json: bool) -> None:
    """Tells what became of all rows."""
    rejects = work.rejects(platform)
    where = str(rejects) if rejects.exists() else ""
    persons = str(work.persons(platform)) if totals.persons else ""
    found: dict[str, Any] = {
        "rows": totals.rows,
        "accepted_rows": totals.accepted,
        "repeated_rows": totals.repeated,
        "rejected_rows": totals.rejected,
        "left_rows": totals.left,
        "balances": totals.balances,
        "extended": totals.extended,
        "displaced": totals.displaced,
        **{
            name: [{"value": value, "rows": count} for value, count in getattr(totals, name).most_common()]
            for name in ("outcomes", "states", "phones")
        },
        "persons": [{"value": value, "accounts": count} for value, count in sorted(totals.persons.items())],
        "refused": [
            {"field": field, "reason": reason, "rows": count} for (field, reason), count in totals.refused.most_common()
        ],
        "rejects": where,
        "persons_list": persons,
        "directory": str(work.path),
        "dry_run": dry_run,
    }
    if as_json:
        print_json({**found, "export": _split(work)})
        return
    if dry_run:
        tell_split(work, as_json=False)
    print_record(found, _TOTALS, as_json=False)
    for name, labels in _LISTS.items():
        if found[name]:
            print()  # noqa: T201 - a line between tables
            print_records(found[name], labels, empty="", as_json=False)
    if where:
        note(f"rows that are rejected or about the same account again: see {where}")
    if persons:
        note(f"accounts with the same personal ID, person by person: see {persons}")
    if dry_run:
        note("Nothing was sent; with --yes it is.")


def _split(work: Work) -> dict[str, Any]:
    grace, persons = work.manifest.grace, work.manifest.persons
    return {
        **work.manifest.report,
        "personal_ids": persons["given"],
        "unusable_personal_ids": persons["unusable"],
        "missing_personal_ids": persons["missing"],
        "persons_on_several": persons["on_several"],
        "accounts_on_several": persons["accounts_on_several"],
        "grace_end": grace and grace.end.isoformat(),
        "grace_basis": grace and grace.legal_basis,
        "parts": work.manifest.shards,
        "part_rows": list(work.manifest.sizes),
        "rejects": str(work.unread) if work.unread.exists() else "",
    }
