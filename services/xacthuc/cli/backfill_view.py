"""What `xacthuc backfill` tells of an export: how it is read, its first rows, and its counts."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from xacthuc.cli.output import note, print_json, print_record, print_records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from xacthuc.backfill.adapters.exports import Export
    from xacthuc.backfill.domain.accounts import Accounts, Number
    from xacthuc.backfill.domain.classes import AccountClass
    from xacthuc.backfill.domain.deadline import Deadline
    from xacthuc.backfill.usecases.check import Report

_ROW: Final = {
    "row": "row",
    "account_id": "account",
    "full_name": "name",
    "birth_date": "born",
    "number": "number",
    "class": "lacks",
}
COUNTS: Final = {
    "rows": "rows",
    "accounts": "accounts",
    "duplicate_rows": "about the same account again",
    "rejected_rows": "rejected",
    "nameless": "without a name",
    "ageless": "without a birth date",
    "converted_numbers": "with a number of eleven digits",
    "shared_numbers": "numbers on several accounts",
    "sharing_accounts": "accounts on them",
    "most_on_a_number": "most on one number",
    "start": "law in force since",
    "cautious_last_day": "last day, cautiously",
    "last_day": "last day, by the Civil Code",
    "days_left": "days left",
}


class Shown:
    """The first rows of the exports as they are read. A number is shown as its owner would recognise it."""

    def __init__(self, most: int) -> None:
        """Keeps `most` rows."""
        self._most = most
        self.rows: list[dict[str, Any]] = []

    def rows_of(self, accounts: Accounts, classes: Sequence[AccountClass]) -> list[dict[str, Any]]:
        """Returns the first rows of a batch, as many as there is room for."""
        room = self._most - len(self.rows)
        if room <= 0:
            return []
        columns = (accounts.places, accounts.ids, accounts.names, accounts.born, accounts.numbers, classes)
        read = [
            {
                "row": place,
                "account_id": account_id,
                "full_name": name,
                "birth_date": "" if born is None else born.isoformat(),
                "number": _number(number),
                "class": found,
            }
            for place, account_id, name, born, number, found in islice(zip(*columns, strict=True), room)
        ]
        rejected = [
            {"row": each.place, "class": f"rejected: {each.field or 'row'} {each.reason}"}
            for each in accounts.rejected[:room]
        ]
        return sorted([*read, *rejected], key=lambda row: int(str(row["row"])))[:room]

    def add(self, rows: Sequence[dict[str, Any]]) -> None:
        """Takes rows while there is room."""
        self.rows += rows[: self._most - len(self.rows)]


def tell_columns(export: Export) -> None:
    """Tells which column is read as what, and which are not looked at."""
    note(f"{export.name} is read so:")
    for field, place in export.places.items():
        note(f"  {field:14} {export.table.headings[place]}")
    if export.unread:
        note(f"  not read: {', '.join(export.unread)}")


def tell(
    report: Report, rows: Sequence[dict[str, Any]], deadline: Deadline, rejects: str, now: datetime, *, as_json: bool
) -> None:
    """Tells what was found."""
    found = {
        **counts_of(report),
        **{name: getattr(deadline, name).isoformat() for name in ("start", "cautious_last_day", "last_day")},
        "days_left": deadline.days_left(now),
    }
    if as_json:
        shown = {"first_rows": list(rows)} if rows else {}
        print_json({**found, "rejects": rejects, **shown})
        return
    tell_tables(found, rows, COUNTS)
    if rejects:
        note(f"rows that are rejected or about the same account again: see {rejects}")


def counts_of(report: Report) -> dict[str, Any]:
    """Returns what an export holds, as programs get it."""
    return {
        **{name: getattr(report, name) for name in ("rows", "accounts", "nameless", "ageless")},
        "duplicate_rows": report.duplicates,
        "rejected_rows": report.rejected.total(),
        "converted_numbers": report.converted,
        **{name: getattr(report, name) for name in ("shared_numbers", "sharing_accounts", "most_on_a_number")},
        "classes": [{"class": each, "accounts": count} for each, count in report.classes.most_common() if count],
        "without_number": [{"reason": each, "accounts": count} for each, count in report.no_number.most_common()],
        "rejected": [
            {"field": field, "reason": reason, "rows": count}
            for (field, reason), count in report.rejected.most_common()
        ],
    }


def tell_tables(found: Mapping[str, Any], rows: Sequence[dict[str, Any]], counts: Mapping[str, str]) -> None:
    """Tells people what an export holds: rows of it, `counts` by their labels, and the lists behind these."""
    for records, labels in (
        (rows, _ROW),
        ([found], None),
        (found["classes"], {"class": "what they lack", "accounts": "accounts"}),
        (found["without_number"], {"reason": "no number to send to, because", "accounts": "accounts"}),
        (found["rejected"], {"field": "rejected for", "reason": "because", "rows": "rows"}),
    ):
        if labels is None:
            print_record(found, counts, as_json=False)
        elif records:
            print_records(records, labels, empty="", as_json=False)
        print()  # noqa: T201 - a line between tables


def _number(number: Number) -> str:
    """Returns a number masked, or why it is none."""
    e164 = number.e164
    return f"+84 {e164[3:5]} *** **{e164[-2:]}" if e164 else number.reason
