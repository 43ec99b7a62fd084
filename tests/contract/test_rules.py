"""docs/requirements.md lists what the law requires; whatever it calls built has a test that names it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (R\d+) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
STATES = {rule: state for rule, _, _, state in ROW.findall((ROOT / "docs" / "requirements.md").read_text("utf-8"))}


def marks(tree: ast.AST) -> Iterator[str]:
    """Gives what `pytest.mark.rule` is called with, on a test, a parameter or a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.rule":
            yield from (argument.value for argument in node.args if isinstance(argument, ast.Constant))


@pytest.fixture(scope="module")
def marked() -> set[str]:
    """The rules that tests name, read without running or importing them."""
    sources = [path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    return {rule for source in sources if "mark.rule" in source for rule in marks(ast.parse(source))}


def test_the_page_lists_every_rule_once_and_in_order():
    assert list(STATES) == [f"R{number}" for number in range(1, 56)]


@pytest.mark.parametrize("rule", [rule for rule, state in STATES.items() if state == "built"])
def test_a_rule_that_is_built_has_a_test(marked, rule):
    assert rule in marked


@pytest.mark.parametrize(
    "source",
    [
        '@pytest.mark.rule("R1")\ndef test(): ...',
        '@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.rule("R1"))])\ndef test(x): ...',
        'pytestmark = [pytest.mark.slow, pytest.mark.rule("R1")]',
    ],
)
def test_a_mark_is_found_wherever_it_stands(source):
    assert list(marks(ast.parse(source))) == ["R1"]
