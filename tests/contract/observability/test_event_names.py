"""Names of log events are static, so that they can be searched for, counted and alerted on; what varies is a field."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
CLOSED = {
    "libs/xacthuc/sql/hourly.py": "the caller's literal",
    "libs/xacthuc/sql/following.py": "by the streams that a service follows",
}
"""Where a name is made of what is given, and what bounds it."""


def events() -> list[tuple[str, ast.expr | None]]:
    """The first argument of every call of a logger, by file."""
    found: list[tuple[str, ast.expr | None]] = []
    for folder in ("libs/xacthuc", "services/xacthuc"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if "/api/" in name:
                continue  # generated
            found += [(name, call.args[0] if call.args else None) for call in calls(ast.parse(path.read_text("utf-8")))]
    return found


def calls(tree: ast.Module) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LEVELS
        and re.search(r"\b_?log(ger)?(\(.*\))?$", ast.unparse(node.func.value))
    ]


def is_static(event: ast.expr | None) -> bool:
    return (
        isinstance(event, ast.Constant)
        and isinstance(event.value, str)
        and re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", event.value) is not None
    )


def test_a_log_event_has_a_static_name() -> None:
    found = events()

    assert len(found) > 50
    assert {
        name: event and ast.unparse(event) for name, event in found if not is_static(event) and name not in CLOSED
    } == {}


def test_no_exception_is_left_that_is_none() -> None:
    assert {name for name, event in events() if not is_static(event)} == set(CLOSED)
