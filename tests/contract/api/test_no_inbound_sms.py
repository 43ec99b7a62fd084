"""Nothing depends on a person sending a message (R37).

Circular 08/2026/TT-BKHCN Art. 8 lets an operator stop the outgoing side of a number before the incoming one, so whoever
has to send a text to be verified may be unable to, while a code would still reach them.
"""

import pytest
from contracts import elements, words

from xacthuc.policy import Policy

INBOUND = {"inbound", "incoming", "inbox", "keyword", "mo", "receive", "received", "reply", "shortcode", "ussd"}
CALLS_TO_SEND = ("soan tin", "nhan tin", "gui tin", "gui den", "tra loi tin", "reply", "text us", "send a text")


@pytest.mark.rule("R37")
def test_no_method_or_message_takes_a_message_from_a_person():
    found = [
        element.name
        for element in elements()
        if element.kind in {"service", "method", "message", "field"}
        and words(element.name.rpartition(".")[2]) & INBOUND
    ]

    assert found == []


@pytest.mark.rule("R37")
def test_no_text_asks_the_person_to_send_anything():
    policy = Policy.load()
    texts = [
        text.lower()
        for message in (*policy.messages.values(), *policy.notices.values())
        for text in (message.vi, message.en)
    ]

    assert [text for text in texts if any(call in text for call in CALLS_TO_SEND)] == []
