"""Sampling, propagation and spans, without an SDK."""

import pytest

from xacthuc.telemetry import traceparent
from xacthuc.telemetry.traceparent import Remote
from xacthuc.telemetry.tracing import Kind, NoSpan, Tracer, activate, current, span

VALID = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Collected(list):
    """A recorder that keeps spans."""

    record = list.append


@pytest.mark.parametrize(
    "header",
    [
        "",
        "garbage",
        VALID.upper(),
        VALID + "-more",
        VALID[:-1],
        VALID.replace("00-", "ff-", 1),
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
        " " + VALID,
        VALID.replace("4bf9", "_bf9"),
    ],
)
def test_a_header_that_breaks_the_recommendation_is_treated_as_absent(header):
    assert traceparent.parse(header) is None


def test_a_valid_header_names_a_span():
    assert traceparent.parse(VALID) == Remote(0x4BF92F3577B34DA6A3CE929D0E0E4736, 0x00F067AA0BA902B7, sampled=True)


def test_a_header_of_a_later_version_is_read_as_far_as_it_is_known():
    assert traceparent.parse(VALID.replace("00-", "01-", 1) + "-later") is not None


@pytest.mark.parametrize(("ratio", "expected"), [(0.0, 0), (1.0, 500)])
def test_all_or_nothing_can_be_sampled(ratio, expected):
    tracer = Tracer(Collected(), ratio)

    assert sum(tracer.root().sampled for _ in range(500)) == expected


def test_about_the_given_share_is_sampled():
    tracer = Tracer(Collected(), 0.1)

    # 10 000 draws at 0.1 have a standard deviation of 30: 7 of them on either side.
    assert 790 < sum(tracer.root().sampled for _ in range(10_000)) < 1210


def test_a_trusted_callers_decision_is_obeyed_either_way():
    tracer = Tracer(Collected(), 0.0)

    assert (tracer.follow(VALID).sampled, tracer.follow(VALID[:-1] + "0").sampled) == (True, False)


def test_a_trusted_caller_without_a_usable_header_begins_a_trace():
    assert Tracer(Collected(), 1.0).follow("garbage").parent_id == 0


def test_a_strangers_header_is_linked_and_its_decision_ignored():
    root = Tracer(Collected(), 0.0).root(VALID)

    assert (root.sampled, root.parent_id, root.linked) == (False, 0, traceparent.parse(VALID))


def test_the_header_sent_on_names_the_current_span():
    root = Tracer(Collected(), 1.0).root()

    assert traceparent.parse(root.traceparent()) == Remote(root.trace_id, root.span_id, sampled=True)


def test_a_step_of_an_unsampled_trace_costs_no_object():
    activate(Tracer(Collected(), 0.0).root())

    assert isinstance(span("a"), NoSpan)
    assert span("a") is span("b")


def test_a_step_that_raised_is_recorded_with_the_class_of_the_exception_alone():
    spans = Collected()
    activate(Tracer(spans, 1.0).root())

    with pytest.raises(ValueError, match="0912345678"), span("step"):
        raise ValueError("0912345678")

    assert [(one.name, one.failure) for one in spans] == [("step", "ValueError")]


def test_the_span_before_a_step_is_current_again_after_it():
    root = Tracer(Collected(), 1.0).root()
    activate(root)

    with span("step") as step:
        assert current() is step.context

    assert current() is root


def test_a_job_is_a_root_linked_to_what_ordered_it():
    spans = Collected()

    with Tracer(spans, 1.0).job("delivery", VALID):
        pass

    ((job),) = spans
    assert (job.context.parent_id, job.context.linked) == (0, traceparent.parse(VALID))


@pytest.mark.parametrize(("header", "recorded"), [(VALID, True), (VALID[:-1] + "0", False), ("", False)])
def test_what_a_step_of_our_own_led_to_is_recorded_when_the_step_was(header, recorded):
    context = Tracer(Collected(), 0.0).linked(header)

    assert context.sampled is recorded
    assert context.linked == traceparent.parse(header)
    assert context.trace_id_hex not in VALID


def test_a_step_says_how_something_later_can_point_back_to_it():
    spans = Collected()
    activate(Tracer(spans, 1.0).root())
    with span("step") as step:
        header = step.traceparent()

    assert traceparent.parse(header) == Remote(spans[0].context.trace_id, spans[0].context.span_id, sampled=True)
    assert NoSpan().traceparent() == ""


def test_a_job_of_an_unsampled_trace_is_not_recorded():
    spans = Collected()

    with Tracer(spans, 0.0).job("delivery"):
        assert not current().sampled

    assert spans == []


def test_what_several_steps_led_to_is_a_step_of_each_trace_that_is_recorded_and_goes_on_with_the_first():
    spans, other = Collected(), VALID.replace("4bf9", "5bf9")

    with Tracer(spans, 0.0).shared("follow", [VALID, other, VALID, VALID[:-1] + "0", "garbage"]):
        within = current()

    assert current() is not within
    places = [(each.name, each.kind, each.context.trace_id_hex, each.context.parent_id) for each in spans]
    wanted = [("follow", Kind.CONSUMER, header[3:35], 0x00F067AA0BA902B7) for header in (VALID, other)]
    assert sorted(places, key=str) == sorted(wanted, key=str)
    assert within.trace_id_hex == VALID[3:35]


@pytest.mark.parametrize("headers", [(), [VALID[:-1] + "0"]])
def test_what_no_recorded_step_led_to_leaves_no_trace_and_changes_none(headers):
    spans, before = Collected(), current()

    with Tracer(spans, 1.0).shared("follow", headers):
        assert current() is before

    assert spans == []


def test_a_shared_step_that_raised_failed_in_every_trace():
    spans = Collected()

    with pytest.raises(KeyError), Tracer(spans, 0.0).shared("follow", [VALID, VALID.replace("4bf9", "5bf9")]):
        raise KeyError

    assert [each.failure for each in spans] == ["KeyError"] * 2
