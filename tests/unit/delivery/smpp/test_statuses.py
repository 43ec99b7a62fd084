"""What statuses say."""

from __future__ import annotations

from xacthuc.otp.delivery.adapters.smpp.smpp_file import Rejection
from xacthuc.otp.delivery.adapters.smpp.statuses import Code, rejected, table
from xacthuc.otp.delivery.ports import Left, Rejected


def test_a_status_that_nobody_explains_is_a_plain_no():
    assert rejected(0x4FF, table(())) == Rejected(reason="refused", left=Left.REFUSAL)


def test_a_file_has_the_last_word_on_what_a_status_means():
    said = table((Rejection(status=(0x0B, 0x401), reason="wrong_network"),))
    assert rejected(Code.RINVDSTADR, said) == rejected(0x401, said) == Rejected(reason="wrong_network")


def test_every_status_that_is_told_apart_costs_no_copy():
    assert {rejected(status, table(())).left for status in Code if status} == {Left.REFUSAL}


def test_a_status_of_its_own_by_which_a_center_throttles_leaves_it_alone_as_the_standards_does():
    said = table((Rejection(status=(0x40A,), reason="throttled"),))
    assert rejected(0x40A, said) == rejected(Code.RTHROTTLED, said)
