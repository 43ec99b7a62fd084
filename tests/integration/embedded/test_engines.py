"""The engines answer the clients the services use, as the services expect them to be set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import redis.asyncio
from redis.asyncio.cluster import ClusterNode, RedisCluster
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

from xacthuc.embedded import Postgres

if TYPE_CHECKING:
    from pathlib import Path

    from xacthuc.embedded import ValkeyCluster


async def test_sqlalchemy_reaches_a_new_empty_database(database_url: str) -> None:
    engine = create_async_engine(database_url)
    async with engine.connect() as connection:
        tables = await connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
    await engine.dispose()

    assert tables == 0


async def test_the_database_is_the_one_that_was_asked_for(database_url: str, postgres_binaries: Path | None) -> None:
    """A suite that says it ran on the oldest supported version must not have run on the bundled one."""
    engine = create_async_engine(database_url)
    async with engine.connect() as connection:
        version = int(str(await connection.scalar(text("SHOW server_version_num"))))
    await engine.dispose()

    assert version // 10_000 == (15 if postgres_binaries else 18)


async def test_the_database_log_never_holds_the_values_of_a_statement(tmp_path: Path) -> None:
    with Postgres(tmp_path) as server:
        engine = create_async_engine(server.url)
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE t (number text UNIQUE)"))
        insert = text("INSERT INTO t VALUES (:number), (:number)")
        async with engine.connect() as connection:
            with pytest.raises(IntegrityError):
                await connection.execute(insert, {"number": "0912345678"})
        await engine.dispose()

    log = (tmp_path / "postgres.log").read_text()
    assert "duplicate key value" in log
    assert "0912345678" not in log


async def test_the_store_is_new_durable_and_never_evicts(valkey_url: str) -> None:
    async with redis.asyncio.Redis.from_url(valkey_url, decode_responses=True) as client:
        found = {
            name: (await client.config_get(name))[name] for name in ("appendonly", "appendfsync", "maxmemory-policy")
        }
        keys = await client.dbsize()

    assert found == {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"}
    assert keys == 0


async def test_a_cluster_serves_every_slot_and_each_master_has_its_replica(valkey_cluster: ValkeyCluster) -> None:
    nodes = [ClusterNode("127.0.0.1", node.port) for node in valkey_cluster.nodes]
    async with RedisCluster(startup_nodes=nodes) as client:
        for partition in range(16):
            await client.set(f"{{p:{partition:03}}}", b"kept")
        roles = sorted(node.server_type for node in client.get_nodes())

    assert roles == ["primary"] * 3 + ["replica"] * 3
