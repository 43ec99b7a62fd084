"""Commands, settings and log lines that the runbook names are those of the product."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from xacthuc.cli.app import app
from xacthuc.edge.settings import EdgeSettings
from xacthuc.guardian.settings import GuardianSettings
from xacthuc.identity.settings import IdentitySettings
from xacthuc.livestream.settings import LivestreamSettings
from xacthuc.otp.delivery.settings import DeliverySettings
from xacthuc.otp.settings import OtpSettings

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
SETTINGS = (OtpSettings, DeliverySettings, IdentitySettings, GuardianSettings, LivestreamSettings, EdgeSettings)
COMMANDS = sorted({*re.findall(r"^ {4,}(xacthuc .+)$", PAGE, re.MULTILINE), *re.findall(r"`(xacthuc [^`]+)`", PAGE)})


def resolved(words: list[str]) -> tuple[Any, list[str]]:
    """Returns the command that the first words name, and the words that are left."""
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands") and words and words[0] in command.commands:
        command, words = command.commands[words[0]], words[1:]
    return command, words


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_runbook_exists_with_its_options(line):
    command, words = resolved(shlex.split(line.replace("...", ""))[1:])

    assert not (hasattr(command, "commands") and words), f"there is no {words[0]} below {command.name}"
    options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert [word for word in words if word.startswith("--") and word not in options] == []


@pytest.mark.parametrize(
    "line", [line for line in COMMANDS if " --" in line and "..." not in line and "PLATFORM" not in line]
)
def test_a_whole_command_of_the_runbook_is_taken(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "numbers.csv").write_text("0912345678\n")
    command, words = resolved(shlex.split(line)[1:])

    command.make_context(command.name, words)


def test_the_settings_of_the_runbook_exist():
    known = {f"XACTHUC_{name.upper()}" for kind in SETTINGS for name in kind.model_fields}

    assert set(re.findall(r"XACTHUC_[A-Z_]+[A-Z]", PAGE)) <= known


def test_the_log_lines_of_the_runbook_are_written():
    source = "".join(path.read_text("utf-8") for part in ("libs", "services") for path in (ROOT / part).rglob("*.py"))
    lines = set(re.findall(r"[Ll]og lines?:? `([a-z_]+)`", PAGE)) | {"call_failed", "key_record_refused"}

    assert len(lines) > 4
    assert [line for line in lines if f'"{line}"' not in source] == []


def test_the_fields_of_a_call_s_line_are_those_of_the_runbook():
    observer, call = (
        (ROOT / "libs" / "xacthuc" / "grpckit" / f"{name}.py").read_text("utf-8") for name in ("observer", "call")
    )
    literal = observer.split("line: dict[str, Any] = {", 1)[1].split("}", 1)[0]
    written = {*re.findall(r'"(\w+)":', literal), *re.findall(r'line\["(\w+)"\]', observer + call)} - {"event"}
    paragraph = re.search(r'The line of a call \(`"event":"rpc"`\) has (.+?)\n\n', PAGE, re.DOTALL)

    assert paragraph is not None
    assert set(re.findall(r"`(\w+)`", paragraph[1])) - {"traceparent"} == written
