"""`xacthuc reconcile import`: what is sent of a list, and what is told when it stops half-way."""

from __future__ import annotations

import json

import pytest

from xacthuc.api.identity.v1 import reconciliation_admin_pb2 as pb2
from xacthuc.grpckit import errors
from xacthuc.grpckit.reasons import Reason

OF = ("--kind", "deactivated", "--source", "viettel", "--observed", "2026-11-01")


@pytest.fixture
def a_list(tmp_path):
    """A list of 2 500 rows, of which one in a hundred cannot be used."""
    path = tmp_path / "list.csv"
    rows = ("x" if row % 100 == 7 else f"09{row:08d}" for row in range(2500))
    path.write_text("phone\n" + "".join(f"{row}\n" for row in rows))
    return path


def requests(command):
    return [call.request for call in command.admin.received]


def test_rows_go_in_thousands_and_those_that_cannot_be_used_as_a_number_of_rows_only(command, a_list):
    taken = [pb2.NumberList(row_count=count) for count in (1000, 2000, 2500, 2500)]
    command.admin.answer("ImportFindings", *taken)

    ran = command("reconcile", "import", str(a_list), *OF, "--json")

    sent = requests(command)
    assert ran.status == 0
    assert [(of.first_row, of.row_count, len(of.numbers), of.complete) for of in sent] == [
        (0, 1000, 990, False),
        (1000, 1000, 990, False),
        (2000, 500, 495, False),
        (2500, 0, 0, True),
    ]
    assert {(of.kind, of.source, of.dry_run) for of in sent} == {(pb2.Finding.DEACTIVATED, "viettel", False)}
    assert [each.offset for each in sent[0].numbers][5:9] == [5, 6, 8, 9]


def test_rows_that_were_taken_are_not_sent_again_and_their_rejects_written_down_all_the_same(command, a_list):
    command.admin.answer("ImportFindings", pb2.NumberList(row_count=2000), pb2.NumberList(row_count=2500))

    ran = command("reconcile", "import", str(a_list), *OF, "--json")

    assert [of.first_row for of in requests(command)] == [0, 2000, 2500]
    rejects = a_list.with_name("list.csv.rejects.csv").read_text("utf-8-sig").splitlines()
    assert (len(rejects), rejects[:2]) == (26, ["row,field,reason", "9,number,NOT_A_NUMBER"])
    assert ran.json["rejects"].endswith("list.csv.rejects.csv")


def test_an_import_that_stops_says_how_many_rows_were_taken_and_that_it_goes_on(command, a_list):
    away = errors.Unavailable(Reason.STORE_UNAVAILABLE, "the store is away")
    command.admin.answer("ImportFindings", pb2.NumberList(row_count=1000), away)

    ran = command("reconcile", "import", str(a_list), *OF, "--json")

    error = json.loads(ran.err)["error"]
    assert (ran.status, error["rows_taken"]) == (3, 1000)


def test_a_list_has_one_name_for_as_long_as_it_is_read_in_one_way(command, a_list, tmp_path):
    command.admin.answer("ImportFindings", pb2.NumberList(row_count=2500))
    (tmp_path / "map.toml").write_text('number = "phone"\n')
    ways = ((), (), ("--dry-run",), ("--map", str(tmp_path / "map.toml")))

    for way in ways:
        command("reconcile", "import", str(a_list), *OF, *way, "--json")

    names = [of.name for of in requests(command) if of.complete]
    assert names[0] == names[1]
    assert len(set(names)) == len(ways) - 1


def test_how_far_it_is_goes_to_a_log_now_and_then(command, a_list):
    command.admin.answer("ImportFindings", pb2.NumberList(row_count=1000), pb2.NumberList(row_count=2500))

    ran = command("reconcile", "import", str(a_list), *OF)

    assert "1000 of 2500 rows" in ran.err
    assert "rows that cannot be used: 25; see" in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--rejects", "{list}"), "is what is read"),
        (("--map", "absent.toml"), "absent.toml: cannot be read"),
        (("--observed", "tomorrow"), "--observed"),
        (("--numbering-plan", "absent.toml"), "absent.toml"),
    ],
    ids=["rejects", "map", "observed", "plan"],
)
def test_what_cannot_be_used_is_told_before_anything_is_sent(command, a_list, arguments, said):
    given = [argument.format(list=a_list) for argument in arguments]

    ran = command("reconcile", "import", str(a_list), *OF, *given)

    assert (ran.status, said in ran.err) == (2, True)
    assert requests(command) == []
    assert a_list.read_text().startswith("phone\n")


def test_rejects_that_cannot_be_written_are_told(command, a_list, tmp_path):
    ran = command("reconcile", "import", str(a_list), *OF, "--rejects", str(tmp_path / "absent" / "rejects.csv"))

    assert (ran.status, "cannot be written: No such file or directory" in ran.err) == (2, True)


def test_lists_are_shown_with_how_far_they_are(command):
    listed = pb2.NumberList(name="numberLists/1", kind=pb2.Finding.RECYCLED, source="viettel", row_count=12)
    command.admin.answer("ListNumberLists", pb2.ListNumberListsResponse(number_lists=[listed]))

    ran = command("reconcile", "lists")

    assert "RECYCLED" in ran.out
    assert "12" in ran.out
