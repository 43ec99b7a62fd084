"""Counts and histograms as Prometheus reads them."""

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from xacthuc.telemetry.cells import Distribution, Tally
from xacthuc.telemetry.metrics import Metrics


@pytest.fixture
def registry():
    return CollectorRegistry()


def exposed(registry):
    return generate_latest(registry).decode().splitlines()


def test_a_tally_counts_per_label_value(registry):
    tally = Tally(registry, "things", "Things", {"kind": {"a", "b"}})
    tally.add("a")
    tally.add("a", by=2)

    assert 'things_total{kind="a"} 3.0' in exposed(registry)


def test_a_value_outside_the_closed_set_is_counted_as_other(registry):
    tally = Tally(registry, "things", "Things", {"kind": {"a"}})
    tally.add("0912345678")
    tally.add("0987654321")

    assert 'things_total{kind="other"} 2.0' in exposed(registry)
    assert not any("09" in line for line in exposed(registry))


def test_buckets_are_cumulative_and_closed_above(registry):
    cell = Distribution(registry, "took_seconds", "Time", ("method",), (0.1, 1.0)).cell("m")
    for value in (0.1, 0.1001, 1.0, 5.0):
        cell.observe(value)

    lines = exposed(registry)

    assert 'took_seconds_bucket{le="0.1",method="m"} 1.0' in lines
    assert 'took_seconds_bucket{le="1.0",method="m"} 3.0' in lines
    assert 'took_seconds_bucket{le="+Inf",method="m"} 4.0' in lines
    assert 'took_seconds_count{method="m"} 4.0' in lines
    assert 'took_seconds_sum{method="m"} 6.2001' in lines


def test_a_series_is_bound_once(registry):
    distribution = Distribution(registry, "took_seconds", "Time", ("method",), (0.1,))

    assert distribution.cell("m") is distribution.cell("m")


def test_a_series_needs_a_value_for_every_label(registry):
    with pytest.raises(ValueError, match="2 labels"):
        Distribution(registry, "took_seconds", "Time", ("a", "b"), (0.1,)).cell("x")


def test_every_metric_is_named_after_the_product_and_explained(registry):
    Metrics(registry)

    families = list(registry.collect())

    assert families
    assert all(family.name.startswith("xacthuc_") and family.documentation for family in families)
