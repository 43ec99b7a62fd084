"""Whatever is done to a sealed trail is found, and an untouched one is never accused."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trails import START, Made, kinds, line, made, signer

from xacthuc.audit.chain import DIGEST_BYTES, GONE, Line, canonical, instant_of, micros, packed
from xacthuc.audit.checkpoints import Checkpoint, CheckpointError, Kind, read_keys, written_keys
from xacthuc.audit.verification import Break

pytestmark = pytest.mark.rule("R50")

SIZES = st.lists(st.integers(1, 4), min_size=2, max_size=6)
TEXTS = st.text(max_size=12)


def chosen(data, trail, *, last=True):
    """Draws a seal and one of its entries."""
    seal = data.draw(st.sampled_from(trail.seals if last else trail.seals[:-1]))
    return seal, data.draw(st.sampled_from(list(seal.ids)))


@given(SIZES, st.integers(0, 3))
def test_what_nobody_touched_is_intact(sizes, waiting):
    trail = made(sizes)
    trail.waiting = [1000 + each for each in range(waiting)]
    trail.lines |= {each: line(each) for each in trail.waiting}

    report = trail.verify()

    assert report.is_intact
    assert report.findings == []
    assert (report.seals, report.entries, report.waiting) == (len(sizes), sum(sizes), waiting)
    assert report.checkpoints == report.confirmed == len(sizes)


@given(st.permutations(range(1, 10)), st.lists(st.integers(1, 8), max_size=3, unique=True))
def test_entries_may_commit_in_another_order_than_they_began(order, cuts):
    trail, at = Made(), 0
    for cut in [*sorted(cuts), 9]:
        trail.seal(sorted(order[at:cut]))
        at = cut

    assert trail.verify().findings == []


@given(SIZES, st.data(), TEXTS)
def test_an_edited_entry_is_named(sizes, data, text):
    trail = made(sizes)
    seal, entry = chosen(data, trail)
    name = data.draw(st.sampled_from([each.name for each in fields(Line) if each.name != "id"]))
    before = getattr(trail.lines[entry], name)
    trail.edit(entry, **{name: before - timedelta(microseconds=1) if name == "time" else before + text + "x"})

    [found] = trail.verify().findings

    assert (found.kind, found.seal, found.entry) == (Break.ENTRY_EDITED, seal.number, entry)


@given(SIZES, st.data())
def test_a_removed_entry_is_named(sizes, data):
    trail = made(sizes)
    seal, entry = chosen(data, trail)
    del trail.lines[entry]

    [found] = trail.verify().findings

    assert (found.kind, found.seal, found.entry) == (Break.ENTRY_REMOVED, seal.number, entry)


@given(SIZES, st.data())
def test_an_inserted_entry_is_named(sizes, data):
    trail = made(sizes)
    entry = data.draw(st.integers(-5, 0) | st.integers(100, 105))
    trail.lines[entry] = line(entry)

    found = trail.verify()

    assert (kinds(found), found.findings[0].entry) == ({Break.ENTRY_INSERTED: 1}, entry)


@given(SIZES, st.data())
def test_swapped_entries_are_both_named(sizes, data):
    trail = made([*sizes, 2])
    one, other = data.draw(st.permutations(list(trail.lines)))[:2]
    trail.lines[one], trail.lines[other] = (
        replace(trail.lines[other], id=one),
        replace(trail.lines[one], id=other),
    )

    report = trail.verify()

    assert {each.entry for each in report.findings} == {one, other}


@given(SIZES, st.data())
def test_an_edited_seal_is_named_and_no_other(sizes, data):
    trail = made([*sizes, 2])
    at = data.draw(st.integers(0, len(trail.seals) - 1))
    seal = trail.seals[at]
    spoilt = data.draw(
        st.sampled_from(
            [
                replace(seal, time=seal.time + timedelta(microseconds=1)),
                replace(seal, chain=hashlib.sha256(seal.chain).digest()),
                replace(seal, digests=[*seal.digests[:-1], hashlib.sha256(b"").digest()]),
                replace(seal, digests=seal.digests[:-1]),
                replace(seal, ids=[*seal.ids[:-1], 1 + seal.ids[-1]]),
            ]
        )
    )
    trail.seals[at] = spoilt

    report = trail.verify()

    assert not report.is_intact
    assert {each.seal for each in report.findings if each.kind is Break.SEAL_EDITED} == {seal.number}


@given(SIZES, st.data())
def test_seals_that_changed_places_are_found(sizes, data):
    trail = made(sizes)
    one, other = sorted(data.draw(st.permutations(range(len(sizes))))[:2])
    first, second = trail.seals[one], trail.seals[other]
    trail.seals[one] = replace(second, number=first.number)
    trail.seals[other] = replace(first, number=second.number)

    report = trail.verify()

    assert {first.number, second.number} <= {each.seal for each in report.findings}


@given(SIZES, st.data())
def test_a_removed_seal_is_named(sizes, data):
    trail = made([*sizes, 1])
    at = data.draw(st.integers(0, len(trail.seals) - 2))
    gone = trail.seals.pop(at)

    report = trail.verify()
    missing = [each for each in report.findings if each.kind is not Break.ENTRY_INSERTED]

    assert [(each.kind, each.seal) for each in missing] == [
        (Break.SEAL_REMOVED if at else Break.BEGINNING_MISSING, gone.number)
    ]
    assert {each.entry for each in report.findings if each.entry} == set(gone.ids)


@given(SIZES, st.integers(1, 5), st.booleans())
def test_a_cut_tail_is_found_with_the_first_seal_that_is_missing(sizes, cut, entries):
    trail = made([*sizes, *[1] * 5])
    for seal in trail.seals[-cut:]:
        if entries:
            for each in seal.ids:
                del trail.lines[each]
    del trail.seals[-cut:]

    report = trail.verify()

    assert report.findings[-1].kind is Break.TAIL_CUT
    assert report.findings[-1].seal == trail.seals[-1].number + 1
    assert kinds(report).get(Break.ENTRY_INSERTED, 0) == (0 if entries else cut)


@given(SIZES, st.data())
def test_a_trail_that_was_sealed_anew_contradicts_the_checkpoints(sizes, data):
    trail = made([*sizes, 2])
    seal, entry = chosen(data, trail)
    if len(seal.ids) > 1 and data.draw(st.booleans()):
        del trail.lines[entry]
    else:
        trail.edit(entry, subject="somebody else")
    trail.rechain()

    assert trail.verify(outside=False).is_intact, "nothing within the trail can tell"
    report = trail.verify()

    assert set(kinds(report)) == {Break.HISTORY_REWRITTEN}
    assert report.findings[0].seal == seal.number


@given(SIZES, st.data())
def test_a_checkpoint_signed_by_another_key_or_changed_is_named(sizes, data):
    trail = made(sizes)
    at = data.draw(st.integers(0, len(sizes) - 1))
    told = trail.outside[at]
    forged = signer(8).sign(Kind.REACHED, told.head, told.time)
    spoilt, kind = data.draw(
        st.sampled_from(
            [
                (forged, Break.KEY_UNKNOWN),
                (replace(forged, public_key=told.public_key), Break.CHECKPOINT_FORGED),
                (replace(told, entries=told.entries + 1), Break.CHECKPOINT_FORGED),
                (replace(told, time=told.time + timedelta(seconds=1)), Break.CHECKPOINT_FORGED),
                (replace(told, kind=Kind.PRUNED), Break.CHECKPOINT_FORGED),
            ]
        )
    )
    trail.outside[at] = spoilt

    [found] = trail.verify().findings

    assert (found.kind, found.place) == (kind, f"checkpoints.jsonl:{at + 1}")


@given(SIZES, st.data())
def test_checkpoints_of_a_file_that_changed_places_are_found(sizes, data):
    trail = made(sizes)
    one, other = data.draw(st.permutations(range(len(sizes))))[:2]
    trail.outside[one], trail.outside[other] = trail.outside[other], trail.outside[one]

    assert Break.CHECKPOINT_MISPLACED in kinds(trail.verify())


@given(SIZES, st.data())
def test_what_was_pruned_is_not_missed_and_what_only_looks_so_is(sizes, data):
    trail = made([*sizes, 1])
    cut = data.draw(st.integers(1, len(sizes)))
    last = trail.seals[cut - 1]
    head = trail.outside[cut - 1].head
    for seal in trail.seals[:cut]:
        for each in seal.ids:
            del trail.lines[each]
    del trail.seals[:cut]
    trail.pruned = signer().sign(Kind.PRUNED, head, last.time)
    assert trail.verify().findings == []

    trail.pruned = data.draw(
        st.sampled_from([signer(8).sign(Kind.PRUNED, head, last.time), signer().sign(Kind.REACHED, head, last.time)])
    )

    assert Break.BEGINNING_MISSING in kinds(trail.verify())


def test_an_entry_that_was_gone_before_it_was_sealed_stays_on_record():
    trail = made([2])
    seal = trail.head.sealed({3: line(3)}, [3, 4], START + timedelta(seconds=5))
    trail.lines[3] = line(3)
    trail.seals.append(seal)

    [found] = trail.verify().findings

    assert seal.digests[1] == GONE
    assert (found.kind, found.entry) == (Break.ENTRY_REMOVED, 4)
    assert "before it was sealed" in found.what


def test_an_entry_written_into_the_past_is_noted_and_proves_nothing():
    trail = made([1])
    trail.lines[2] = line(2, time=START - timedelta(days=30))
    trail.seals.append(trail.head.sealed(trail.lines, [2], START))

    report = trail.verify()

    assert report.is_intact
    assert kinds(report) == {Break.ENTRY_LATE: 1}


def test_many_breaks_are_counted_and_not_all_kept():
    trail = made([4] * 400)
    for entry in list(trail.lines):
        trail.edit(entry, actor="x")

    report = trail.verify()

    assert (report.breaks, len(report.findings)) == (1600, 1000)


@given(st.lists(st.binary(max_size=4), max_size=4), st.lists(st.binary(max_size=4), max_size=4))
def test_different_parts_are_never_packed_alike(one, other):
    assert (packed(*one) == packed(*other)) == (one == other)


@given(
    st.datetimes().map(lambda naive: naive.replace(tzinfo=START.tzinfo)),
    st.dictionaries(TEXTS, TEXTS | st.integers() | st.booleans() | st.none(), max_size=4),
)
def test_instants_and_details_have_one_spelling(instant, detail):
    assert instant_of(micros(instant)) == instant
    assert json.loads(canonical(detail)) == detail
    assert canonical(json.loads(canonical(detail))) == canonical(detail)


@given(st.integers(0, 2**62), st.integers(0, 2**62), st.binary(min_size=32, max_size=32), st.sampled_from(Kind))
def test_a_checkpoint_reads_back_as_it_was_written(number, entries, chain, kind):
    told = signer().sign(kind, replace(made([1]).head, number=number, entries=entries, chain=chain), START)

    assert Checkpoint.read(told.line()) == told
    assert told.is_signed()


@given(st.data())
def test_any_other_line_is_refused_as_such(data):
    whole = made([1]).outside[0].line()
    fields_ = json.loads(whole)
    name = data.draw(st.sampled_from(sorted(set(fields_) - {"key_id"})))
    odd = data.draw(st.none() | st.booleans() | st.text(max_size=4) | st.lists(st.integers(), max_size=2))
    torn = whole[: data.draw(st.integers(0, len(whole) - 1))]

    for text in (torn, json.dumps({**fields_, name: odd}), data.draw(st.text(max_size=40))):
        try:
            assert len(Checkpoint.read(text).chain) == DIGEST_BYTES
        except CheckpointError:
            continue


def test_keys_are_read_back_and_other_files_are_refused():
    keys = (*signer().public_keys, *signer(8).public_keys)

    assert read_keys(written_keys(keys)) == set(keys)
    for text in (
        "",
        "nothing",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "-----END PUBLIC KEY-----",
    ):
        with pytest.raises(CheckpointError):
            read_keys(text)
