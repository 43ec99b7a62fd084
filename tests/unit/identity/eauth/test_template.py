"""Templates and paths of a provider's file: what would be sent or read wrongly is refused."""

import pytest

from xacthuc.datafile import DataFileError
from xacthuc.identity.adapters.eauth import template


@pytest.mark.parametrize("misspelt", ["{Personal_id}", "{personal-id}", "{personal_id2}"])
def test_a_misspelt_placeholder_is_refused_and_not_sent_as_it_stands(misspelt):
    with pytest.raises(DataFileError, match="is not filled in"):
        template.check({"id": misspelt}, template.PERSONAL, "body")


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_json_cannot_write_is_refused(number):
    with pytest.raises(DataFileError, match=r"body\.n"):
        template.check({"n": number}, template.PERSONAL, "body")


def test_an_id_that_was_read_as_a_float_of_many_numbers_is_none():
    assert template.at({"id": 2.0**53}, "id") is None
    assert template.at({"id": 2**53 + 1}, "id") == str(2**53 + 1)
