"""What a revision does to code that does not know it: read from the catalog before and after, however it was done.

A table that is copied into another shape and has the same name afterwards is the same table to a statement.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import asyncpg

WIDER = {
    ("smallint", "integer"),
    ("smallint", "bigint"),
    ("integer", "bigint"),
    ("character varying", "text"),
}
PRECISION = re.compile(r"\(\d+\)$")

_TABLES = "c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
_COLUMNS = f"""
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull,
           a.atthasdef OR a.attidentity <> '' AS filled
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE {_TABLES} AND a.attnum > 0 AND NOT a.attisdropped
"""
_UNIQUE = f"""
    SELECT c.relname, i.indpred IS NOT NULL OR i.indexprs IS NOT NULL AS of_some,
           array(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey)) AS key
    FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid
    WHERE {_TABLES} AND i.indisunique
"""
_CONSTRAINTS = f"""
    SELECT c.relname, k.conname, pg_get_constraintdef(k.oid) AS definition
    FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid
    WHERE {_TABLES} AND k.contype IN ('c', 'f', 'x')
"""
# Heaps and indexes by the table they are of, partitions and theirs included.
_FILES = f"""
    WITH heaps AS (
        SELECT c.relname, c.oid AS heap FROM pg_class c WHERE {_TABLES}
        UNION ALL
        SELECT c.relname, i.inhrelid FROM pg_class c JOIN pg_inherits i ON i.inhparent = c.oid WHERE {_TABLES}
    )
    SELECT relname, false AS of_index, pg_relation_filenode(heap)::bigint AS file FROM heaps
    UNION ALL
    SELECT relname, true, pg_relation_filenode(indexrelid)::bigint FROM heaps JOIN pg_index ON indrelid = heap
"""
"""A partitioned table, and an index on it, have no file of their own."""


@dataclass(frozen=True)
class Column:
    type: str
    required: bool
    filled: bool
    """By a default, when a statement does not name it."""


@dataclass(frozen=True)
class Schema:
    columns: dict[str, dict[str, Column]]
    unique: dict[str, set[tuple[frozenset[str], bool]]]
    constraints: dict[str, set[str]]
    heaps: dict[str, set[int]]
    indexes: dict[str, set[int]]


async def snapshot(connection: asyncpg.Connection, schema: str = "identity") -> Schema:
    columns: dict[str, dict[str, Column]] = {}
    for row in await connection.fetch(_COLUMNS, schema):
        column = Column(row["type"], row["attnotnull"], row["filled"])
        columns.setdefault(row["relname"], {})[row["attname"]] = column
    unique: dict[str, set[tuple[frozenset[str], bool]]] = {}
    for row in await connection.fetch(_UNIQUE, schema):
        unique.setdefault(row["relname"], set()).add((frozenset(row["key"]), row["of_some"]))
    constraints: dict[str, set[str]] = {}
    for row in await connection.fetch(_CONSTRAINTS, schema):
        constraints.setdefault(row["relname"], set()).add(row["definition"])
    heaps: dict[str, set[int]] = {table: set() for table in columns}
    indexes: dict[str, set[int]] = {table: set() for table in columns}
    for row in await connection.fetch(_FILES, schema):
        if row["file"] is not None:
            (indexes if row["of_index"] else heaps)[row["relname"]].add(row["file"])
    return Schema(columns, unique, constraints, heaps, indexes)


def breaks(before: Schema, after: Schema) -> list[str]:
    """What code that knows `before` can run into: it would name something, or leave it out, or write it, in vain."""
    found = []
    for table, columns in before.columns.items():
        if table not in after.columns:
            found.append(f"{table}: is gone")
            continue
        now = after.columns[table]
        found += [f"{table}.{name}: {what}" for name, old in columns.items() for what in _change(old, now.get(name))]
        found += [
            f"{table}.{name}: is new, required and without a default"
            for name in now.keys() - columns.keys()
            if now[name].required and not now[name].filled
        ]
        old_keys = [key for key, of_some in before.unique.get(table, ()) if not of_some]
        found += [
            f"{table}: has a new unique key ({', '.join(sorted(key))})"
            for key, of_some in after.unique.get(table, set()) - before.unique.get(table, set())
            if of_some or not any(key >= old for old in old_keys)
        ]
        added = after.constraints.get(table, set()) - before.constraints.get(table, set())
        found += [f"{table}: has a new rule, {definition}" for definition in added]
    return sorted(found)


def held(before: Schema, after: Schema) -> set[str]:
    """Tables that were copied, or indexed while nobody could write to them."""
    return {
        table
        for table in before.columns.keys() & after.columns.keys()
        if before.heaps[table] - after.heaps[table] or after.indexes[table] - before.indexes[table]
    }


def _change(old: Column, new: Column | None) -> list[str]:
    if new is None:
        return ["is gone"]
    found = []
    if new.type != old.type and (PRECISION.sub("", old.type), new.type) not in WIDER:
        found.append(f"was {old.type} and is {new.type}")
    if new.required and not old.required:
        found.append("is required now")
    if old.filled and not new.filled and new.required:
        found.append("lost its default")
    return found
