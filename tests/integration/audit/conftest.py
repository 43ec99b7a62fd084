"""A trail in a database of its own, with what seals, keeps and prunes it, and an enemy who owns that database."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from xacthuc.audit.chain import Head
from xacthuc.audit.checkpoints import CheckpointSigner
from xacthuc.audit.keeper import CheckpointKeeper
from xacthuc.audit.outside import CheckpointFiles, read_all
from xacthuc.audit.pruning import TrailPruning
from xacthuc.audit.sealer import BATCH, TrailSealer
from xacthuc.audit.sql_audit import SqlAudit
from xacthuc.audit.tags import Tag
from xacthuc.audit.trail import Entry, line_of
from xacthuc.audit.verification import Report, Verification
from xacthuc.clock import FixedClock
from xacthuc.identity.adapters.tables import trail
from xacthuc.ids import random_bytes
from xacthuc.sealing import KeyRing
from xacthuc.sql.engine import transaction
from xacthuc.sql.migrations import dsn

EVERY = timedelta(minutes=1)


@dataclass
class World:
    """What tests act on."""

    engine: AsyncEngine
    clock: FixedClock
    directory: Path | None
    enemy: asyncpg.Connection
    """Owns the database; triggers do not stop him."""
    signer: CheckpointSigner = field(
        default_factory=lambda: CheckpointSigner(KeyRing(keys={0: random_bytes(32)}, current=0))
    )
    kept: timedelta | None = None
    lags: list[float] = field(default_factory=list)
    alarms: dict[str, bool] = field(default_factory=dict)
    keeper: CheckpointKeeper = field(init=False)
    sealer: TrailSealer = field(init=False)

    def __post_init__(self) -> None:
        files = None if self.directory is None else CheckpointFiles(self.directory)
        self.keeper = CheckpointKeeper(
            self.engine, trail, self.clock, self.signer, files, every=EVERY, on_alarm=self.alarms.__setitem__
        )
        self.sealer = TrailSealer(self.engine, trail, self.clock, self.keeper, on_lag=self.lags.append)
        self.pruning = TrailPruning(
            self.engine, trail, self.clock, self.signer, self.keeper, kept_since=self._kept_since
        )

    def _kept_since(self, now: datetime) -> datetime | None:
        return None if self.kept is None else now - self.kept

    def another(self) -> World:
        """Another process of the same deployment, or the same one started again."""
        return replace(self, lags=[], alarms={})

    async def write(self, *subjects: str) -> None:
        """Commits an entry about each."""
        entries = [
            Entry(
                tag=Tag.ACCOUNT_LOCKED,
                time=self.clock.now(),
                platform="forum",
                subject=subject,
                actor="key:k",
                request_id="r",
                trace_id="0" * 32,
                detail={"basis": "Điều 12"},
            )
            for subject in subjects
        ]
        async with transaction(self.engine) as connection:
            await trail.write(connection, entries)

    async def seal(self, *subjects: str) -> None:
        """Writes entries, seals them, and makes a checkpoint behind them."""
        await self.write(*subjects)
        while await self.sealer.seal() == BATCH:
            pass
        self.clock.advance(EVERY)
        await self.keeper.keep()

    async def verify(self, checkpoints: Path | None = None) -> Report:
        """Exports the trail as the service does, and verifies it with the true key."""
        directory = checkpoints or self.directory
        outside = None if directory is None else read_all(directory)
        verification = Verification(outside, frozenset(self.signer.public_keys), Report())
        audit = SqlAudit(self.engine, trail)
        async for part in audit.export(after_seal=0, after_entry=None):
            if part.pruned is not None:
                verification.begin(part.pruned)
            elif part.seal is not None:
                verification.check(part.seal, part.lines, part.met)
            else:
                verification.end(part.met, part.waiting, part.waiting_count)
        return verification.report

    async def tamper(self, *statements: str) -> None:
        """What somebody does who owns the database."""
        async with self.enemy.transaction():
            await self.enemy.execute("SET LOCAL session_replication_role = replica")
            for statement in statements:
                await self.enemy.execute(statement)

    async def seal_anew(self) -> None:
        """Seals what is there so that the chain holds, entries that are gone left out."""
        async with transaction(self.engine) as connection:
            lines = {row.id: line_of(row) for row in await connection.execute(select(trail.entries))}
        head = Head()
        seals = await self.enemy.fetch("SELECT number, time, ids FROM identity.audit_seals ORDER BY number")
        async with self.enemy.transaction():
            await self.enemy.execute("SET LOCAL session_replication_role = replica")
            for row in seals:
                seal = head.sealed(lines, [each for each in row["ids"] if each in lines], row["time"])
                head = Head(number=seal.number, entries=seal.entries, chain=seal.chain)
                await self.enemy.execute(
                    "UPDATE identity.audit_seals SET entries = $2, ids = $3, digests = $4, chain = $5 WHERE number = $1",
                    seal.number,
                    seal.entries,
                    list(seal.ids),
                    b"".join(seal.digests),
                    seal.chain,
                )


@pytest.fixture
async def enemy(migrated_url):
    connection = await asyncpg.connect(dsn(migrated_url))
    yield connection
    await connection.close()


@pytest.fixture
async def world(engine, clock, enemy, tmp_path):
    (tmp_path / "audit").mkdir()
    return World(engine, clock, tmp_path / "audit", enemy)
