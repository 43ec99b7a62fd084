"""`xacthuc operators check`, against prism and against operators that cannot be used."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path

import pytest
from fake_operator import FakeOperator, refuses
from prism import prism

from xacthuc.cli.main import run

__all__ = ["prism"]


def describe(directory: Path, name: str, url: str) -> None:
    (directory / f"{name}.toml").write_text(f'name = "{name}"\nbase_url = "{url}"\ntimeout_seconds = 4.0\n')


def checked(directory: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, str]]:
    status = run(["operators", "check", "--directory", str(directory), "--json"])
    return status, {each["name"]: each["finding"] for each in json.loads(capsys.readouterr().out)}


def test_an_operator_that_believes_any_token_is_not_ready(
    prism: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As prism does: it looks at the shape of a request alone."""
    describe(tmp_path, "prism", prism)
    assert checked(tmp_path, capsys) == (1, {"prism": "accepts a token that nobody issued"})


def test_an_operator_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        describe(tmp_path, "absent", f"http://127.0.0.1:{reserved.getsockname()[1]}")
        assert checked(tmp_path, capsys) == (1, {"absent": "unreachable"})


def test_no_operator_is_nothing_to_complain_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["operators", "check", "--directory", str(tmp_path)]) == 0
    assert "No operator is described" in capsys.readouterr().err


def test_a_directory_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["operators", "check", "--directory", str(tmp_path / "mistyped")]) == 2
    assert "mistyped is not a directory" in capsys.readouterr().err


def test_a_faulty_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    describe(tmp_path, "viettel", "http://api.operator.example")
    assert run(["operators", "check", "--directory", str(tmp_path)]) == 2
    assert "viettel.toml: base_url: begin with https://" in capsys.readouterr().err


async def test_an_operator_that_refuses_the_token_is_ready(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    operator = FakeOperator(otherwise=refuses(401, "UNAUTHENTICATED"))
    await operator.open()
    directory = operator.file(tmp_path / "operators")
    try:
        assert await asyncio.to_thread(checked, directory, capsys) == (0, {"viettel": "ready"})
    finally:
        await operator.close()
    assert operator.asked[0].body == {"phoneNumber": "+84992000000"}
