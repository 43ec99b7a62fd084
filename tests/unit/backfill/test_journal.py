"""The journal of an import: what outlives a process that is killed in the middle of a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from xacthuc.backfill.adapters.journal import Journal, JournalInUseError, answers
from xacthuc.backfill.domain.importing import Answer, RefusedRow


def answer(number: int) -> Answer:
    refused = [RefusedRow(0, 7, "account_id", "ERASED")]
    return Answer(
        number=number,
        rows=3,
        outcomes={"IMPORTED": 2, "REFUSED": 1},
        phones={"ACCEPTED": 1},
        states={"ACTIVE": 2},
        extended=0,
        displaced=1,
        refused=refused,
    )


def test_a_line_that_was_cut_short_anywhere_costs_its_own_batch_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    with Journal(path) as journal:
        journal.add(answer(0))
        whole = path.stat().st_size
        journal.add(answer(1))
    kept = path.read_bytes()

    for cut in range(0, len(kept), 11):
        path.write_bytes(kept[:cut])
        with Journal(path) as journal:
            assert journal.done == ({0: 3} if cut >= whole else {})
            journal.add(answer(2))
        assert [each.number for each in answers(path)] == ([0, 2] if cut >= whole else [2])
    path.write_bytes(kept)
    assert list(answers(path)) == [answer(0), answer(1)]


def test_one_process_at_a_time_has_it(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal"), pytest.raises(JournalInUseError):
        Journal(tmp_path / "journal")
    Journal(tmp_path / "journal").__exit__()
