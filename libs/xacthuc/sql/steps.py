"""The statements of a traced transaction, as spans (OpenTelemetry's conventions for databases, 1.33).

A span says what a statement does to which table. Its text stays out, and so do its parameters: they are people's data.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import event

from xacthuc.telemetry.tracing import Kind, Span, child_of

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from xacthuc.telemetry.tracing import TraceContext

_TABLE: Final = re.compile(r"\b(?:FROM|INTO|UPDATE)\s+(?:ONLY\s+)?([a-z_]+\.)?([a-z_]+)", re.IGNORECASE)


def summary(statement: str) -> str:
    """Returns what a statement does, such as `SELECT identity.accounts`; the first table stands for all."""
    verb = statement.split(None, 1)[0].upper()
    table = _TABLE.search(statement)
    return f"{verb} {table[1] or ''}{table[2]}" if table else verb


class Statements:
    """Listens on one connection for one transaction. Statements of a connection come one after the other."""

    def __init__(self, parent: TraceContext) -> None:
        """`parent` is the transaction's own span."""
        self._parent = parent
        self._step: Span | None = None

    def listen(self, connection: AsyncConnection) -> None:
        """Begins; call `leave` before the connection is given back."""
        event.listen(connection.sync_connection, "before_cursor_execute", self._begin)
        event.listen(connection.sync_connection, "after_cursor_execute", self._end)

    def leave(self, connection: AsyncConnection) -> None:
        """Ends; a statement that is still open has failed."""
        event.remove(connection.sync_connection, "before_cursor_execute", self._begin)
        event.remove(connection.sync_connection, "after_cursor_execute", self._end)
        if self._step is not None:
            self._step.failure = "failed"
            self._end()

    def _begin(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said = summary(statement)
        attributes = {"db.system.name": "postgresql", "db.query.summary": said}
        self._step = Span(said, child_of(self._parent), Kind.CLIENT, attributes)

    def _end(self, *_arguments: Any) -> None:
        if self._step is not None:
            self._step.end()
            self._step = None
