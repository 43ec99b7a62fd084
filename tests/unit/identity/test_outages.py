"""What a caller hears when what was sealed into the database does not open."""

from xacthuc.grpckit.reasons import Reason
from xacthuc.grpckit.status import translate
from xacthuc.identity.outages import TRANSLATIONS
from xacthuc.sealing import UnknownSealKeyError, UnsealError


def test_a_key_that_only_other_servers_have_is_an_outage_of_this_one():
    assert translate(UnknownSealKeyError(), TRANSLATIONS).reason is Reason.KEYS_UNAVAILABLE


def test_damaged_data_is_not_worth_a_retry():
    assert translate(UnsealError(), TRANSLATIONS).reason is Reason.ACCOUNT_UNREADABLE
