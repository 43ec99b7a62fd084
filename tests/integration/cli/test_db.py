"""`xacthuc db upgrade` on a real database."""

from __future__ import annotations

import json

import pytest

from xacthuc.cli.main import run


@pytest.mark.engine
def test_the_schema_is_brought_up_to_date_once(database_url, monkeypatch, capsys):
    monkeypatch.setenv("XACTHUC_DATABASE_URL", database_url)

    statuses = [run(["db", "upgrade", "--json"]), run(["db", "upgrade", "--json"])]

    assert statuses == [0, 0]
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"changed": True},
        {"changed": False},
    ]


@pytest.mark.engine
def test_a_database_that_does_not_exist_is_refused_with_advice_and_without_its_password(
    postgres_server, monkeypatch, capsys
):
    url = postgres_server.database_url("nobody").replace("xacthuc@", "xacthuc:hidden@")
    monkeypatch.setenv("XACTHUC_DATABASE_URL", url)

    status = run(["db", "upgrade"])

    shown = capsys.readouterr().err
    assert status == 1
    assert "3D000" in shown  # invalid_catalog_name
    assert "hidden" not in shown
