"""Sealed data and hashes cannot be printed by accident, wherever they come from."""

from __future__ import annotations

import logging
import timeit
import traceback

import pytest
from sqlalchemy import LargeBinary, MetaData, Table, insert
from sqlalchemy.dialects import postgresql

from xacthuc.masked import Digest, Masked, Sealed
from xacthuc.sealing import BlindIndex, KeyRing, Sealer
from xacthuc.sql.columns import MaskedBytes, digest, sealed, word

SECRET = b"Nguyen Van A, 1990-01-02"
RING = KeyRing(keys={0: bytes(32)}, current=0)


@pytest.mark.parametrize(
    "rendered",
    [
        repr,
        str,
        ascii,
        "{}".format,
        "{:>40}".format,
        "{!r}".format,
        lambda value: f"{value}",
        lambda value: "%s %r" % (value, value),  # noqa: UP031 - the old way is to be safe too
        lambda value: str([{"row": (value,)}]),
    ],
)
def test_no_way_of_rendering_shows_what_the_bytes_are(rendered):
    shown = rendered(Sealed(SECRET))

    assert "<sealed 24 bytes>" in shown
    assert "Nguyen" not in shown


def test_they_are_the_same_bytes_in_every_other_respect():
    value = Digest(SECRET)

    assert (value, len(value), value[0], b"".join([value])) == (SECRET, 24, ord("N"), SECRET)
    assert {SECRET: 1}[value] == 1


def test_what_is_sealed_or_indexed_is_masked_before_any_column_sees_it():
    made = Sealer(RING).seal(SECRET, b"place"), BlindIndex(RING, "phone").of("forum", "+84912345678")

    assert [repr(value) for value in made] == ["<sealed 53 bytes>", "<digest 17 bytes>"]


@pytest.mark.parametrize(("column", "kind"), [(sealed("value"), Sealed), (digest("value"), Digest)])
def test_columns_mask_what_they_read_and_what_is_bound(column, kind):
    dialect = postgresql.dialect()
    for processor in (column.type.bind_processor(dialect), column.type.result_processor(dialect, None)):
        assert (type(processor(SECRET)), processor(SECRET), processor(None)) == (kind, SECRET, None)


def test_a_logged_parameter_and_a_raised_row_show_nothing(caplog):
    table = Table("people", MetaData(), word("name"), sealed("person"))
    statement = insert(table).values(name="x", person=Sealed(SECRET)).compile(dialect=postgresql.dialect())

    logging.getLogger("test").warning("parameters %s", statement.params)
    trace = "".join(traceback.format_exception(LookupError("no such row", Sealed(SECRET))))

    assert "<sealed 24 bytes>" in caplog.text
    assert "Nguyen" not in caplog.text + trace


def test_masking_a_value_costs_less_than_a_microsecond_more_than_leaving_it():
    """The fastest of many, since other work on the machine only ever adds."""
    process = MaskedBytes(Sealed).result_processor(postgresql.dialect(), None)

    assert min(timeit.repeat(lambda: process(SECRET), number=1000, repeat=50)) < 0.001


def test_alembic_sees_plain_bytea():
    assert isinstance(MaskedBytes(Masked).impl, LargeBinary)
