"""What is on record of broadcasts, page after page however much it is, and an approval that is used up once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import select

from xacthuc.audit.tags import Tag
from xacthuc.livestream.adapters.sql_records import SqlRecords
from xacthuc.livestream.adapters.tables import trail
from xacthuc.livestream.ports.records import Place, Wanted
from xacthuc.livestream.wire.record_messages import place, records
from xacthuc.order import Order
from xacthuc.sql.engine import transaction
from xacthuc.sql.migrations import dsn

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
CLIENTS_LIMIT = 4 << 20
"""What gRPC takes of a message unless told otherwise."""
SHOWS = {"busy": (3, 4_500), "calm": (1, 0), "done": (2, 10), "late": (1, 1)}
WIDEST = "x" * 64


def rows_of(show, ruled, declared, begun):
    return f"""
        INSERT INTO livestream.broadcasts (
            platform, broadcast, account, state, commerce, decisions, declarations, create_time
        ) VALUES ('forum', '{show}', 'an', 'ENDED', 'CLEARED', {ruled}, {declared}, '{begun}');
        INSERT INTO livestream.decisions
        SELECT 'forum', '{show}', n, 'an', 'DECLARE', 'CONTINUE', 'CLEARED', 'VERIFIED', repeat('Art. 23 ', 20), 'v',
            '{begun}', 'eid/vneid', '{begun}' FROM generate_series(1, {ruled}) AS n;
        INSERT INTO livestream.declarations
        SELECT 'forum', '{show}', n, 'PRICE', '{WIDEST}', '{begun}', '{begun}' FROM generate_series(1, {declared}) AS n;
    """


@pytest.fixture
async def kept(engine, migrated_url):
    connection = await asyncpg.connect(dsn(migrated_url))
    try:
        for number, (show, rows) in enumerate(SHOWS.items()):
            await connection.execute(rows_of(show, *rows, NOW + timedelta(hours=number)))
    finally:
        await connection.close()
    return SqlRecords(engine)


def wanted(token="", **fields):
    return Wanted(**{"platform": "forum", "account_id": "an", "behind": place(token), "most": 100} | fields)


async def pages_of(kept, **fields):
    pages, token = [], ""
    while not pages or token:
        page, following = await kept.page(wanted(token, **fields))
        answer = records(page, following)
        pages.append(answer)
        token = answer.next_page_token
    return pages


def read_of(pages):
    found: dict[str, list[int]] = {}
    for page in pages:
        for each in page.records:
            ruled, declared = found.get(each.broadcast.name, (0, 0))
            found[each.broadcast.name] = [ruled + len(each.rulings), declared + len(each.declarations)]
    return {name.removeprefix("broadcasts/"): tuple(read) for name, read in found.items()}


async def test_however_much_was_declared_a_page_stays_small_and_nothing_is_left_out(kept):
    pages = await pages_of(kept)

    assert read_of(pages) == SHOWS
    assert len(pages) == 3
    assert max(page.ByteSize() for page in pages) < CLIENTS_LIMIT / 4
    assert {each.ruling_count for page in pages for each in page.records if "busy" in each.broadcast.name} == {3}


@pytest.mark.parametrize("most", [1, 2, 4])
async def test_a_page_ends_after_as_many_broadcasts_as_were_asked_for(kept, most):
    pages = await pages_of(kept, most=most)

    assert read_of(pages) == SHOWS
    assert max(len(page.records) for page in pages) <= most


async def test_without_its_evidence_a_record_has_the_counts(kept):
    (page,) = await pages_of(kept, evidence=False)

    assert [(each.ruling_count, each.broadcast.declaration_count) for each in page.records] == list(SHOWS.values())
    assert not any(each.rulings or each.declarations for each in page.records)


async def test_one_broadcast_comes_in_parts_too(kept):
    parts, behind = [], None
    while not parts or behind:
        record, behind = await kept.get("forum", "busy", behind)
        parts.append((len(record.rulings), len(record.declarations)))

    assert parts == [(3, 1997), (0, 2000), (0, 503)]


async def test_a_token_from_beyond_the_record_finds_its_end(kept):
    record, following = await kept.get("forum", "busy", place("busy:999999999:0"))

    assert (len(record.rulings), len(record.declarations)) == (0, 2000)
    assert following == Place("busy", 3, 2000)


@pytest.mark.rule("R44")
async def test_what_began_after_two_people_had_agreed_is_not_exported(kept):
    assert read_of(await pages_of(kept, until=NOW + timedelta(hours=2))) == {
        name: read for name, read in SHOWS.items() if name != "late"
    }


def order(request_id, actor="operator:an"):
    return Order(platform="forum", method="", request_id=request_id, payload="", actor=actor, trace_id="")


@pytest.mark.rule("R44")
async def test_an_approval_serves_one_request_of_one_officer_for_some_hours_and_each_reading_is_on_record(engine):
    kept, mine, within = SqlRecords(engine), str(uuid4()), timedelta(hours=6)

    async def redeemed(asked, later=timedelta()):
        return await kept.redeem(asked, "a1", "an", NOW + later, again_within=within)

    taken = [await redeemed(order(mine)), await redeemed(order(mine), within)]
    refused = [
        await redeemed(order(str(uuid4()))),
        await redeemed(order(mine, "operator:binh")),
        await redeemed(order(mine), within + timedelta(seconds=1)),
    ]

    async with transaction(engine) as connection:
        noted = await connection.scalars(
            select(trail.entries.c.actor).where(trail.entries.c.tag == Tag.BROADCASTS_EXPORTED)
        )
    assert (taken, refused) == ([True, True], [False, False, False])
    assert list(noted) == ["operator:an", "operator:an"]
