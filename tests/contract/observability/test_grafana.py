"""The dashboards are what Grafana takes: every field is one that its own kinds have, read by the types that are made from them.

Whatever a kind does not have is lost on the way through the types, as it would be ignored by Grafana.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
from manifests import ROOT

DASHBOARDS = sorted((ROOT / "deploy" / "observability" / "dashboards").glob("*.json"))
FREE = {("targets", "datasource")}
"""Where any field may stand: which source a query goes to is for the plugin that asks it."""

Path = tuple[str | int, ...]


@pytest.fixture(scope="module", autouse=True)
def kinds() -> None:
    """Has panels and queries read by the kind of their plugin."""
    register_default_plugins()


def through(dashboard: dict[str, Any]) -> Any:
    """A dashboard as Grafana's types read and write it."""
    return json.loads(JSONEncoder(sort_keys=True).encode(Dashboard.from_json(dashboard)))


def lost(ours: Any, theirs: Any, path: Path = ()) -> Iterator[Path]:
    """Yields where one says what the other does not."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name, value in ours.items():
            yield from lost(value, theirs.get(name), (*path, name))
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from lost(one, other, (*path, index))
    elif ours != theirs:
        yield path


def fields(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yields the path of each field, once for all items of a list that have it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name)
            yield from fields(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from fields(inner, (*path, index))


def is_found(dashboard: dict[str, Any], path: Path) -> bool:
    """Whether a letter too many in a field is seen."""
    wrong = copy.deepcopy(dashboard)
    owner: Any = wrong
    for step in path[:-1]:
        owner = owner[step]
    owner[f"{path[-1]}x"] = owner.pop(path[-1])
    try:
        return bool(list(lost(wrong, through(wrong))))
    except KeyError:  # the kind of a panel, without which nothing of it can be read
        return True


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_grafana_knows_every_field_of_a_dashboard(file):
    dashboard = json.loads(file.read_text("utf-8"))

    assert list(lost(dashboard, through(dashboard))) == []


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_a_field_that_grafana_does_not_know_would_be_seen(file):
    dashboard = json.loads(file.read_text("utf-8"))
    shapes = {tuple(step for step in path if isinstance(step, str)): path for path in fields(dashboard)}

    missed = {shape for shape, path in shapes.items() if not is_found(dashboard, path)}

    assert {shape for shape in missed if shape[1:3] not in FREE} == set()


def test_there_are_dashboards():
    assert len(DASHBOARDS) == 5
