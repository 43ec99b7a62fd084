"""The rules the contract states beside its fields, enforced by protovalidate's native engine (about 4 µs a request).

An open enum's unknown value, a pattern, a length: whatever is annotated is checked here and nowhere else. Every faulty
field is named. Descriptions come from the contract and never hold the value that was sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import protovalidate

from xacthuc.grpckit.errors import FieldFault, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from google.protobuf.message import Message

    Shortcuts: TypeAlias = Mapping[type[Message], Callable[[Any], object | None]]
    """By the type of a request: reads one that certainly keeps its rules, at a glance, into what its servicer takes; None
    where it is not certain. Then the rules are asked and tell why. Each needs a test that it never reads what they refuse."""


class Rules(Protocol):
    """Checks requests."""

    def warm(self, message: Message) -> None:
        """Prepares for requests of a type."""
        ...

    def check(self, message: Message) -> Any:
        """Returns what the servicer gets. Raises InvalidRequest, naming every faulty field."""
        ...


class RequestValidator:
    """Checks requests. One per process: it compiles a message's rules when it first sees one."""

    def __init__(self, shortcuts: Shortcuts | None = None) -> None:
        """`shortcuts` are for large requests, where asking the rules takes longer than all else, and for the hottest."""
        self._collect = protovalidate.Validator().collect_violations
        self._shortcuts = shortcuts or {}

    def warm(self, message: Message) -> None:
        """Compiles the rules of a message type, so that no first caller waits; CompilationError when they are wrong."""
        self._collect(message)

    def check(self, message: Message) -> Any:
        """Returns what the servicer gets: `message`, or what its shortcut read of it.

        Raises InvalidRequest, naming every faulty field, unless it keeps its contract's rules.
        """
        shortcut = self._shortcuts.get(message.__class__)
        if shortcut is not None and (read := shortcut(message)) is not None:
            return read
        violations = self._collect(message)
        if violations:
            raise InvalidRequest(*(_fault(violation.proto) for violation in violations))
        return message


def _fault(violation: Any) -> FieldFault:
    """`violation` is a `buf.validate.Violation` of protovalidate's own runtime, which ships no usable types."""
    return FieldFault(
        field=_path(violation.field),
        description=violation.message,
        reason=violation.rule_id.replace(".", "_").upper() or "INVALID",
    )


def _path(field: Any) -> str:
    if field is None:
        return ""
    return ".".join(_step(element) for element in field.elements)


def _step(element: Any) -> str:
    subscript = element.subscript
    if subscript is None:
        return str(element.field_name)
    # A key is what the caller sent and may be personal; an index is not.
    return f"{element.field_name}[{subscript.value if subscript.field == 'index' else '*'}]"
