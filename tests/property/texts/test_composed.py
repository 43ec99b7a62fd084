"""Whatever is asked for, one message with a code is one lawful text message, and a call can be written along to."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xacthuc.otp.texts import Autofill, Occasion, Texts
from xacthuc.otp.texts.platform_file import PlatformFile, Reading
from xacthuc.otp.texts.speech import ENGLISH, PAUSE, VIETNAMESE, digits_aloud
from xacthuc.policy import Policy, Purpose, gsm7_length, message_fault, sender_name_fault
from xacthuc.policy.messages import has_link

POLICY = Policy.load()
LABEL = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=30)

codes = st.text(string.digits, min_size=POLICY.otp.code_digits, max_size=POLICY.otp.code_digits)
brands = st.text(string.ascii_letters + string.digits + " ._-", min_size=1, max_size=11).filter(
    lambda name: sender_name_fault(name) is None and not has_link(name + ":")
)
domains = st.tuples(LABEL, st.sampled_from(["vn", "com.vn", "example"])).map(".".join)
hashes = st.text(string.ascii_letters + string.digits + "+/", min_size=11, max_size=11)
readings = st.builds(Reading, domain=domains | st.just(""), android_hash=hashes | st.just(""))
files = st.builds(PlatformFile, sender=brands, autofill=readings) | st.none()
occasions = st.builds(
    Occasion,
    platform=st.just("forum"),
    brand=brands,
    locale=st.sampled_from(["vi", "vi-VN", "en", "en-US", "fr", ""]),
    operator=st.sampled_from(["viettel", "unknown"]),
)


def texts_of(own: PlatformFile | None) -> Texts:
    return Texts(policy=POLICY, platforms={"forum": own} if own else {})


@pytest.mark.rule("R34")
@given(own=files, occasion=occasions, purpose=st.sampled_from(Purpose), code=codes, kind=st.sampled_from(Autofill))
def test_a_message_is_one_segment_with_the_brand_first_and_no_address_but_the_line_asked_for(
    own, occasion, purpose, code, kind
):
    texts = texts_of(own)

    made = texts.code(occasion, purpose, code, autofill=kind)

    body, _, line = made.text.partition("\n")
    assert (gsm7_length(made.text) or 999) <= 160
    assert body.startswith(f"{texts.sender(occasion)}: ")
    assert message_fault(body, POLICY.sms.promotional_words) is None
    assert body.removeprefix(texts.sender(occasion)).count(code) == 1
    assert line in expected_lines(own, made.line, code)
    assert made.line in {kind, Autofill.NONE}
    assert made.line is not Autofill.ANDROID or len(made.text.encode()) <= 140


def expected_lines(own: PlatformFile | None, kind: Autofill, code: str) -> list[str]:
    if own is None or kind is Autofill.NONE:
        return [""]
    return [f"@{own.autofill.domain} #{code}"] if kind is Autofill.WEB else [own.autofill.android_hash]


@given(own=files, occasion=occasions, purpose=st.sampled_from(Purpose), code=codes, kind=st.sampled_from(Autofill))
def test_a_line_is_left_out_only_without_a_reader_or_without_room(own, occasion, purpose, code, kind):
    made = texts_of(own).code(occasion, purpose, code, autofill=kind)

    wished = expected_lines(own, kind, code)[0]
    if made.line is not kind:
        read_by = own and (own.autofill.domain if kind is Autofill.WEB else own.autofill.android_hash)
        room = 140 if kind is Autofill.ANDROID else 160
        assert not read_by or len(made.text) + 1 + len(wished) > room


@given(code=codes, language=st.sampled_from(["vi", "en"]))
def test_a_code_that_is_written_along_is_the_code(code, language):
    words = ENGLISH if language == "en" else VIETNAMESE

    heard = "".join(str(words.index(word)) for word in digits_aloud(code, language).split(PAUSE))

    assert heard == code


@given(occasion=occasions, purpose=st.sampled_from(Purpose), code=codes)
def test_a_call_says_who_calls_and_the_whole_code_twice_and_never_as_a_number(occasion, purpose, code):
    made = texts_of(None).spoken(occasion, purpose, code)

    said = made.text.replace(occasion.brand, "", 1)
    assert occasion.brand in made.text
    assert said.count(digits_aloud(code, made.language)) == 2
    assert code not in said
