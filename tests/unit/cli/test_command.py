"""The command as a whole: quick to answer, plain where nobody looks, clear about what is missing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from importlib.util import find_spec

import pytest
import typer
from typer.main import get_command

from xacthuc.cli import main as entry
from xacthuc.cli.app import app
from xacthuc.cli.commands.serve import MODULES, Service
from xacthuc.cli.options import span
from xacthuc.cli.output import print_record, text_of

HEAVY = {"grpc", "google", "rich", "pydantic", "sqlalchemy", "asyncpg", "redis", "opentelemetry", "cryptography"}


def test_help_loads_nothing_that_talks_to_a_service():
    program = (
        "import sys; from xacthuc.cli.main import run; run(['--help']);"
        "print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stderr

    assert not HEAVY & set(loaded.split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("24h", timedelta(hours=24)),
        ("30d", timedelta(days=30)),
    ],
)
def test_a_span_is_a_number_and_a_unit(text, expected):
    assert expected == span(text)


@pytest.mark.parametrize("text", ["", "5", "h", "-5m", "1.5h", "1w", "5 m", "9999999d", "٣d"])
def test_anything_else_is_not_a_span(text):
    with pytest.raises(typer.BadParameter, match="say 90s"):
        span(text)


@pytest.mark.parametrize(
    ("value", "expected"), [(None, "-"), ("", "-"), ([], "-"), (True, "yes"), (["A", "B"], "A, B"), (0, "0")]
)
def test_a_value_is_shown_as_people_read_it(value, expected):
    assert expected == text_of(value)


def test_vietnamese_is_not_escaped_in_json(capsys):
    print_record({"text": "Xác thực"}, {}, as_json=True)

    assert capsys.readouterr().out == '{"text": "Xác thực"}\n'


REPLACED = {("serve",), ("migrate",)}
"""These become the process of a service: what it prints is its own, log lines in JSON."""


def commands(within: typer.core.TyperGroup, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], set[str]]]:
    """Every command there is, by the words that call it, with its options."""
    for name, found in within.commands.items():
        if isinstance(found, typer.core.TyperGroup):
            yield from commands(found, (*path, name))
        else:
            yield (*path, name), {option for parameter in found.params for option in parameter.opts}


def test_every_command_can_answer_a_program():
    every = dict(commands(get_command(app)))

    assert len(every) > 100
    assert {path for path, options in every.items() if "--json" not in options} == REPLACED


def test_every_service_names_a_module_that_exists():
    assert {service: find_spec(MODULES[service]) is not None for service in Service} == dict.fromkeys(Service, True)


def test_a_missing_extra_is_named_with_the_way_to_install_it(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "asyncpg", None)

    status = entry.run(["db", "upgrade", "--database-url", "postgresql://x", "--json"])

    error = json.loads(capsys.readouterr().err)["error"]
    assert status == 1
    assert error["advice"] == "Install it with: pip install 'xacthuc[server]'"
