"""The catalogue of metrics: labels from closed sets, nothing personal, nothing that nobody writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy.ext.asyncio import create_async_engine

from xacthuc.api.otp.v1 import resources_pb2
from xacthuc.otp.domain.challenge import Verdict
from xacthuc.sql.measured import measure
from xacthuc.telemetry.cells import OTHER, Distribution, Level, Tally
from xacthuc.telemetry.metrics import LIMITS, SLOTS, START_CHANNELS, VERDICTS, Metrics

ROOT = Path(__file__).resolve().parents[3]
SOURCES = {
    path: path.read_text("utf-8")
    for folder in ("libs/xacthuc", "services/xacthuc")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path.name != "metrics.py" and "api" not in path.parts
}
METRICS = {
    name: metric
    for name, metric in vars(Metrics(CollectorRegistry(), providers={"vendor"}, operators={"viettel"})).items()
    if isinstance(metric, (Tally, Distribution, Gauge))
}

CLOSED = {
    "service": "names of the contracts",
    "method": "names of the contracts",
    "code": "statuses of gRPC",
    "reason": "docs/errors.md, or the policy's vocabulary",
    "limit": "docs/limits.md",
    "of": "SLOTS",
    "port": "PORTS",
    "lane": "codes or notices",
    "provider": "files of the operator",
    "operator": "the numbering plan, or files of the operator",
    "channel": "channels of the contract",
    "platform": "files of texts",
    "column": "columns that are sealed",
    "data": "the plan of retention",
    "state": "where an account, or one of a campaign, stands",
    "duty": "duties of people",
    "action": "actions of the policy",
    **dict.fromkeys(("cause", "kind", "means", "outcome", "verdict"), "a set of the catalogue or an enumeration"),
}
"""Every label there is, and what bounds it. None of them names a person, an account or a number."""


def labels_of(metric: Tally | Distribution | Gauge) -> tuple[str, ...]:
    return tuple(metric._labelnames if isinstance(metric, Gauge) else metric._labels)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_every_label_draws_from_a_closed_set(name):
    assert set(labels_of(METRICS[name])) <= set(CLOSED)


@pytest.mark.parametrize("name", sorted(name for name, metric in METRICS.items() if isinstance(metric, Tally)))
def test_no_counter_grows_by_what_a_caller_says(name):
    counter, width = METRICS[name], len(labels_of(METRICS[name]))
    for each in range(50):
        counter.add(*(f"091234{each:04d}" for _ in range(width)))

    [family] = counter.collect()
    strange = [sample for sample in family.samples if any("0912" in value for value in sample.labels.values())]
    assert strange == []
    assert counter.value(*[OTHER] * width) == 50


MOST = 2_001
"""What is refused a series of its own has one together."""


def values_of(metric: Distribution | Gauge) -> set[tuple[str, ...]]:
    """The label values that a scrape shows, without those of buckets."""
    [family] = metric.collect()
    names = labels_of(metric)
    return {tuple(sample.labels[name] for name in names) for sample in family.samples}


@pytest.mark.parametrize(
    "name",
    sorted(name for name, metric in METRICS.items() if isinstance(metric, (Distribution, Gauge)) and labels_of(metric)),
)
def test_a_histogram_or_gauge_that_is_given_ever_new_values_stops_growing(name):
    metric = getattr(Metrics(CollectorRegistry()), name)
    width = len(labels_of(metric))
    for each in range(MOST + 99):
        values = (f"091234{each:04d}",) * width
        if isinstance(metric, Gauge):
            metric.labels(*values).set(1)
        else:
            metric.cell(*values).observe(0.5)

    shown = values_of(metric)
    assert len(shown) == MOST
    assert (OTHER,) * width in shown


@pytest.mark.parametrize("name", sorted(name for name, metric in METRICS.items() if isinstance(metric, Gauge)))
def test_no_gauge_of_the_catalogue_is_without_that_bound(name):
    assert isinstance(METRICS[name], Level)


def test_every_metric_is_written_by_somebody():
    written = {name for source in SOURCES.values() for name in re.findall(r"metrics\.(\w+)", source)}

    assert [name for name in METRICS if not name.startswith("_") and name not in written] == []
    assert {"slots", "certificate"} <= written


def test_every_limit_that_refuses_is_known():
    named = {
        name
        for source in SOURCES.values()
        for name in re.findall(r'(?:\blimit=|Limited\(|_limit_error\()"([a-z_]+)"', source)
    }

    assert named <= LIMITS
    assert "guard" in named


def test_the_closed_sets_are_those_of_the_contract():
    channels = set(resources_pb2.Challenge.Channel.keys()) - {"CHANNEL_UNSPECIFIED"}

    assert channels == START_CHANNELS
    assert {verdict.name for verdict in Verdict} == VERDICTS


@pytest.mark.parametrize("service", ["identity", "guardian", "livestream", "backfill"])
def test_every_pool_of_connections_is_among_what_is_shown(service):
    source = (ROOT / "services" / "xacthuc" / service / "adapters" / "pools.py").read_text("utf-8")

    assert {f"database_{name}" for name in re.findall(r"self\.(\w+) = (?:_pool|make_engine)\(", source)} <= SLOTS


async def test_a_pool_shows_its_size_and_what_is_taken():
    class Pools:
        def __init__(self) -> None:
            self.writes = create_async_engine("postgresql+asyncpg://nobody@localhost/none", pool_size=7)

    registry, pools = CollectorRegistry(), Pools()
    measure(pools, Metrics(registry))

    assert registry.get_sample_value("xacthuc_slots", {"of": "database_writes"}) == 7
    assert registry.get_sample_value("xacthuc_slots_taken", {"of": "database_writes"}) == 0
    await pools.writes.dispose()


def test_what_is_not_in_the_catalogue_has_no_certificate():
    with pytest.raises(KeyError):
        Metrics(CollectorRegistry()).certificate("0912345678", lambda: (0.0, 0.0))


def test_what_is_not_in_the_catalogue_has_no_slots():
    with pytest.raises(KeyError):
        Metrics(CollectorRegistry()).slots("0912345678", 1, lambda: 0)
