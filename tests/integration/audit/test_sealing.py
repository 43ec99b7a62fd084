"""Sealing on PostgreSQL: everything that commits is sealed once, in whatever order, however many seal, whoever dies."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from structlog.testing import capture_logs

from xacthuc.audit.checkpoints import Checkpoint, Kind
from xacthuc.audit.outside import CheckpointFiles, read_all
from xacthuc.audit.sealer import BATCH
from xacthuc.identity.adapters.tables import trail
from xacthuc.sql.engine import transaction
from xacthuc.telemetry.redaction import redact_event

pytestmark = pytest.mark.rule("R50")

MINUTE = timedelta(minutes=1)


async def counts(world):
    return tuple(
        [
            await world.enemy.fetchval(f"SELECT count(*) FROM identity.{table}")
            for table in ("audit", "audit_unsealed", "audit_seals")
        ]
    )


async def test_entries_are_sealed_and_verify(world):
    await world.seal("a", "b")
    await world.seal("c")

    report = await world.verify()

    assert report.findings == []
    assert (report.seals, report.entries, report.checkpoints) == (2, 3, 2)
    assert await counts(world) == (3, 0, 2)


async def test_a_full_batch_is_a_seal_and_the_rest_another(world):
    await world.write(*(f"u{each}" for each in range(BATCH + 1)))

    assert [await world.sealer.seal(), await world.sealer.seal(), await world.sealer.seal()] == [BATCH, 1, 0]
    assert (await world.verify()).findings == []


async def test_what_commits_late_is_sealed_late(world):
    """An id that was drawn earlier may become visible later."""
    async with transaction(world.engine) as connection:
        await connection.execute(trail.entries.select().limit(1))
        await connection.exec_driver_sql("SELECT nextval(pg_get_serial_sequence('identity.audit', 'id'))")
        await world.seal("early")
        await connection.exec_driver_sql(
            "INSERT INTO identity.audit OVERRIDING SYSTEM VALUE VALUES"
            " (1, 'identity:account:locked', now(), 'forum', 'late', 'key:k', '', '', '{}')"
        )
    assert (await world.verify()).waiting == 1

    await world.seal("after")
    report = await world.verify()

    assert (report.findings, report.entries, report.waiting) == ([], 3, 0)


async def test_whoever_writes_an_entry_has_it_sealed(world):
    """Code from before there were seals, and a person with a client."""
    await world.enemy.execute(
        "INSERT INTO identity.audit (tag, time, platform, subject, actor, request_id, trace_id, detail)"
        " SELECT 'identity:account:locked', now(), 'forum', 'u' || n, 'key:k', '', '', '{}' FROM generate_series(1, 3) n"
    )

    assert await world.sealer.seal() == 3


async def test_nobody_changes_the_trail_by_mistake(world):
    await world.seal("a")
    for statement in (
        "UPDATE identity.audit SET subject = 'b'",
        "DELETE FROM identity.audit",
        "TRUNCATE identity.audit",
        "UPDATE identity.audit_seals SET entries = 2",
        "DELETE FROM identity.audit_seals",
        "TRUNCATE identity.audit_pruned",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="can only grow"):
            await world.enemy.execute(statement)


async def test_many_writers_and_sealers_seal_everything_once(world):
    others = [world.another() for _ in range(3)]
    done = asyncio.Event()

    async def write(writer):
        for each in range(25):
            await world.write(*(f"w{writer}-{each}-{one}" for one in range(1 + each % 3)))

    async def seal(process):
        while not done.is_set():
            await process.sealer.seal()
            await asyncio.sleep(0)

    sealing = [asyncio.create_task(seal(process)) for process in [world, *others]]
    await asyncio.gather(*(write(writer) for writer in range(8)))
    done.set()
    await asyncio.gather(*sealing)
    await world.seal()
    report = await world.verify()

    assert report.findings == []
    assert report.entries == 8 * sum(1 + each % 3 for each in range(25))


async def test_a_sealer_that_dies_half_way_leaves_everything_to_the_next(world, monkeypatch):
    await world.write("a", "b")

    async def die(*_):
        raise asyncio.CancelledError

    with monkeypatch.context() as patched, pytest.raises(asyncio.CancelledError):
        patched.setattr(type(world.sealer), "_add", die)
        await world.sealer.seal()
    assert await counts(world) == (2, 2, 0)

    assert await world.another().sealer.seal() == 2
    assert (await world.verify()).findings == []


async def test_the_lag_is_the_age_of_the_oldest_entry_and_told_by_those_who_do_not_seal(world):
    await world.write("a")
    world.clock.advance(timedelta(seconds=9))
    async with transaction(world.engine) as connection:
        await connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtextextended('identity.audit', 0))")
        assert await world.sealer.seal() == 0
    assert world.lags == [9.0]

    await world.sealer.seal()
    await world.sealer.seal()

    assert world.lags[-1] == 0.0


async def test_a_checkpoint_is_made_when_it_is_due_and_not_before(world):
    await world.keeper.keep()
    assert not list(world.directory.glob("*")), "nothing was sealed yet"

    await world.write("a")
    await world.sealer.seal()
    await world.keeper.keep()
    await world.write("b")
    await world.sealer.seal()
    await world.keeper.keep()
    assert CheckpointFiles(world.directory).last().number == 1

    world.clock.advance(MINUTE)
    await world.keeper.keep()
    assert CheckpointFiles(world.directory).last().number == 2

    world.clock.advance(MINUTE)
    await world.keeper.keep()
    assert len(list(read_all(world.directory))) == 2, "where nothing is new there is nothing to state"


async def test_processes_that_share_a_directory_make_one_checkpoint_each_time_together(world):
    other = world.another()
    await world.seal("a")
    world.clock.advance(MINUTE / 2)
    await world.write("b")
    await world.sealer.seal()

    await other.keeper.keep()
    assert CheckpointFiles(world.directory).last().number == 1

    world.clock.advance(MINUTE / 2)
    await other.keeper.keep()
    assert CheckpointFiles(world.directory).last().number == 2


async def test_a_checkpoint_that_a_dying_process_left_out_is_made_by_the_next(world):
    await world.seal("a")
    await world.write("b")
    await world.sealer.seal()  # and dies before it keeps a checkpoint
    world.clock.advance(MINUTE)

    await world.another().keeper.keep()

    assert CheckpointFiles(world.directory).last().number == 2


async def test_half_a_line_stays_and_what_was_on_it_is_written_again(world):
    await world.seal("a")
    path = world.directory / "checkpoints.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:50])

    await world.seal("b")
    report = await world.verify()

    assert path.read_bytes().startswith(whole + whole[:50] + b"\n")
    assert report.is_intact
    assert (report.checkpoints, report.notes) == (2, 1)


async def test_processes_that_share_a_directory_write_no_checkpoint_twice(world):
    others = [world.another() for _ in range(4)]
    await world.write("a")
    await world.sealer.seal()

    await asyncio.gather(*(each.keeper.keep() for each in [world, *others]))

    assert len(list(read_all(world.directory))) == 1


async def test_a_directory_that_takes_nothing_raises_the_alarm_and_stops_nobody(world):
    world.directory.rmdir()
    world.directory.write_text("a file in its place")

    await world.seal("a")

    assert world.alarms == {"contradicted": False, "not_kept": True}
    assert await world.sealer.seal() == 0


async def test_without_a_directory_checkpoints_are_log_lines_that_nothing_is_masked_in(engine, world):
    alone = type(world)(engine, world.clock, None, world.enemy)

    with capture_logs() as logs:
        await alone.seal("a")
        await alone.seal("b")

    told = [redact_event(None, "", dict(line))["checkpoint"] for line in logs if line["event"] == "audit_checkpoint"]
    assert [Checkpoint.read(line).number for line in told] == [1, 2]
    assert all(Checkpoint.read(line).is_signed() for line in told)
    assert alone.alarms == {"contradicted": False}


async def test_what_is_old_goes_by_whole_seals_and_the_rest_still_verifies(world):
    await world.seal("old", "older")
    await world.seal("in between")
    world.clock.advance(timedelta(days=100))
    await world.seal("young")
    world.kept = timedelta(days=50)

    assert await world.pruning.prune() == 2
    assert await world.pruning.prune() == 0
    await world.seal("younger")
    report = await world.verify()

    assert report.findings == []
    subjects = [row["subject"] for row in await world.enemy.fetch("SELECT subject FROM identity.audit ORDER BY id")]
    assert subjects == ["young", "audit", "younger"]
    told = [placed.checkpoint.kind for placed in read_all(world.directory)]
    assert told.count(Kind.PRUNED) == 1
    assert not world.alarms["contradicted"]


async def test_the_last_seal_stays_however_old_it_is(world):
    await world.seal("a")
    await world.seal("b")
    world.clock.advance(timedelta(days=1000))
    world.kept = timedelta(0)

    assert await world.pruning.prune() == 1
    assert (await world.verify()).findings == []


async def test_nothing_goes_where_the_policy_keeps_it_for_ever(world):
    await world.seal("a")
    await world.seal("b")
    world.clock.advance(timedelta(days=10_000))

    assert await world.pruning.prune() == 0


async def test_a_checkpoint_that_is_made_while_somebody_verifies_is_not_missed_in_the_trail(world):
    await world.seal("a")
    outside = read_all(world.directory)
    await world.seal("b")

    assert [placed.checkpoint.number for placed in outside] == [1]
    assert [placed.checkpoint.number for placed in read_all(world.directory)] == [1, 2]
