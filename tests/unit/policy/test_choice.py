"""The terms of choosing a provider, and what a file of one's own may make of them."""

from pathlib import Path

import pytest

from xacthuc.datafile import DataFileError
from xacthuc.policy import Policy
from xacthuc.policy.vocabulary import ChoiceMethod


def own(tmp_path: Path, line: str) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(f'version = "own-1"\n[choice]\n{line}\n')
    return path


@pytest.mark.rule("R38")
def test_choices_are_sampled_unless_switched_off(tmp_path: Path) -> None:
    assert Policy.load().choice.method is ChoiceMethod.SAMPLED
    assert Policy.load(own(tmp_path, 'method = "weighted"')).choice.method is ChoiceMethod.WEIGHTED


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('method = "luck"', "choice.method: write one of sampled, weighted"),
        ("verified_worth_vnd = 0", "choice.verified_worth_vnd: write a number of dong above 0"),
        ("half_life_hours = 0", "choice.half_life_hours: write a number above 0"),
        ("exploration_percent = 51", "choice.exploration_percent: write 0 to 50"),
        ("exploration_percent = -1", "choice.exploration_percent: write 0 to 50"),
    ],
)
def test_terms_that_no_choice_could_be_made_with_are_refused(tmp_path: Path, line: str, complaint: str) -> None:
    with pytest.raises(DataFileError, match=complaint):
        Policy.load(own(tmp_path, line))
