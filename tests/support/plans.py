"""What PostgreSQL does for a statement: which tables it reads how, and how many partitions of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

FEW = {"platforms", "platform_keys", "outbox_head", "cursors", "holds", "held_accounts", "approvals", "breaches"}
FEW |= {"reconciliations", "release_documents", "number_lists", "campaigns", "waves", "spends", "restrictions"}
"""What stays small, and is best read whole."""

ORDERED = {"outbox_unplaced", "subject_requests_open"}
"""Partial indexes that hold what is asked for, and little else."""

PARTITION = re.compile(r"_\d+$")
Said = tuple[str, tuple[Any, ...]]


@contextmanager
def said(engine: AsyncEngine) -> Iterator[list[Said]]:
    """Collects what is said to the database within the block, with its first parameters, once each."""
    statements: dict[str, tuple[Any, ...]] = {}

    def note(_connection, _cursor, statement, parameters, _context, executemany):
        statements.setdefault(statement, tuple(parameters[0] if executemany else parameters))

    found: list[Said] = []
    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)
        found += statements.items()


async def scans(connection: AsyncConnection, statement: str, parameters: tuple[Any, ...], mode: str) -> list[dict]:
    """Carries a statement out, undoes it, and returns the nodes of its plan that read a table, those never run left out.

    What inserts values reads nothing, and cannot be carried out a second time.
    """
    return [node for node in await nodes(connection, statement, parameters, mode) if _reads(node)]


async def nodes(connection: AsyncConnection, statement: str, parameters: tuple[Any, ...], mode: str) -> list[dict]:
    """Does the same, and returns all nodes of its plan that were run."""
    if statement.startswith("INSERT"):
        return []
    savepoint = await connection.begin_nested()
    await connection.exec_driver_sql(f"SET LOCAL plan_cache_mode = {mode}")
    await connection.exec_driver_sql(f"PREPARE explained AS {statement}")
    values = ", ".join(map(_literal, parameters))
    explain = f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE explained{f' ({values})' if values else ''}"
    (plan,) = (await connection.exec_driver_sql(explain.replace("%", "%%"))).scalar_one()
    await savepoint.rollback()
    await connection.exec_driver_sql("DEALLOCATE explained")
    return [node for node in _nodes(plan["Plan"]) if node["Actual Loops"]]


def table_of(node: dict) -> str:
    return PARTITION.sub("", node["Relation Name"])


def wrong(node: dict) -> bool:
    """Whether a node reads more of a table that grows than it is asked for."""
    if table_of(node) in FEW:
        return False
    searched = {"Index Cond", "Recheck Cond", "TID Cond"} & node.keys()
    return not searched and node.get("Index Name") not in ORDERED


def _reads(node: dict) -> bool:
    return "Relation Name" in node and "Scan" in node["Node Type"]


def _nodes(plan: dict) -> Iterator[dict]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _literal(value: Any) -> str:
    return "NULL" if value is None else "'" + _spelled(value).replace("'", "''") + "'"


def _spelled(value: Any) -> str:
    """Returns a value as PostgreSQL reads it from text, of whichever type it is taken for."""
    if isinstance(value, list | tuple):
        return "{" + ",".join(map(_element, value)) + "}"
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    return '"' + _spelled(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
