"""What property tests draw from."""

from __future__ import annotations

from hypothesis import strategies as st

from xacthuc.identity.domain.facts import FOREVER_MS, NOT_REGISTERED, EvidenceKind, Facts, Life, Supervision
from xacthuc.policy import Action

INSTANTS = st.integers(min_value=1, max_value=4_000_000_000_000)
MINUTES = st.integers(min_value=0, max_value=1_439)

_ENDS = st.one_of(st.sampled_from([0, FOREVER_MS]), INSTANTS)

supervisions = st.builds(
    Supervision,
    guarded_until_ms=_ENDS,
    suspended=st.booleans(),
    actions=st.frozensets(st.sampled_from(Action)),
    quiet_from=MINUTES,
    quiet_to=MINUTES,
)

registered_facts = st.builds(
    Facts,
    registered=st.just(value=True),
    evidence=st.frozensets(st.sampled_from(EvidenceKind)),
    lapsed=st.booleans(),
    child_until_ms=st.one_of(st.just(0), INSTANTS),
    complete=st.booleans(),
    asked=st.booleans(),
    life=st.sampled_from(Life),
    locked_until_ms=_ENDS,
    transition_until_ms=st.one_of(st.just(0), INSTANTS),
    reverify_from_ms=_ENDS,
    supervision=supervisions,
    readable=st.sampled_from((True, True, True, False)),
)

facts = st.one_of(st.just(NOT_REGISTERED), registered_facts)
