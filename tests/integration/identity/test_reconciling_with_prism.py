"""A run against CAMARA's own definitions, served by a program nobody here wrote that refuses what is not of them."""

from __future__ import annotations

import os
from contextlib import ExitStack

import pytest
from fake_carrier import FakeCarrier, file_of
from prism import DEFINITION, serving
from reconcile_world import accounts_of, opened_world

from xacthuc.identity.domain.reconciliation import Checked, FindingKind, Match, RunState

OF = accounts_of(int(os.environ.get("XACTHUC_RECONCILED", "200000")) if os.environ.get("XACTHUC_SOAK") else 40)


@pytest.fixture(scope="module")
def prisms():
    with ExitStack() as stack:
        files = (DEFINITION.with_name(name) for name in ("kyc-match.yaml", "number-recycling.yaml", "sim-swap.yaml"))
        yield [stack.enter_context(serving(file)) for file in files]


@pytest.fixture
async def world(bench, accepting, engine, tmp_path, prisms):
    tokens = FakeCarrier()
    await tokens.open()
    (tmp_path / "secret").write_text("s3cret\n")
    file = tmp_path / "operator.toml"
    token = f"http://127.0.0.1:{tokens.port}/token"
    file.write_text(file_of("operator", *prisms, token=token, secret=tmp_path / "secret"))
    async with opened_world(bench, accepting, engine, file, OF) as made:
        yield made
    await tokens.close()


async def test_a_run_against_the_definitions_balances_and_none_of_its_questions_is_refused(world):
    """Prism answers with the definition's examples: another name than ours, no other subscriber, a SIM changed since."""
    made = await world.run()

    tally = made.tally
    assert (made.state, tally.balanced, tally.of("CHECKED")) == (RunState.COMPLETED, True, len(OF))
    assert (tally.of(FindingKind.UNANSWERED + "/NOTHING"), tally.of(Checked.SKIPPED)) == (0, 0)
    details = ("full_name", "birth_date", "personal_id")
    assert all(sum(tally.of(f"{name}/{match}") for match in Match) == len(OF) for name in details)
    assert tally.of(Checked.UNKNOWN) == 0
