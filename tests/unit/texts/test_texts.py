"""Whose words a message is made of, in which language, under which id and with which last line."""

from __future__ import annotations

import pytest

from xacthuc.otp.texts import Autofill, Occasion, Texts
from xacthuc.otp.texts.texts import UnusableText
from xacthuc.policy import Purpose

PURPOSE = Purpose.ACCOUNT_VERIFICATION
BOTH = "[messages.ACCOUNT_VERIFICATION]\nvi = '{brand}: Ma {code}'\nen = '{brand}: Code {code}'\n"
AUTOFILL = '[autofill]\ndomain = "forum.example.vn"\nandroid_hash = "FA+9qCX9VSu"\n'


def occasion(platform: str = "forum", *, locale: str = "vi", brand: str = "Stand-in", operator: str = "viettel"):
    return Occasion(platform=platform, brand=brand, locale=locale, operator=operator)


def code(texts: Texts, autofill: Autofill = Autofill.NONE, **named):
    return texts.code(occasion(**named), PURPOSE, "123456", autofill=autofill)


@pytest.mark.parametrize(
    ("locale", "text"),
    [("vi", "Forum: Ma 123456"), ("en-US", "Forum: Code 123456"), ("fr", "Forum: Ma 123456"), ("", "Forum: Ma 123456")],
)
def test_a_platform_s_own_text_is_used_in_the_language_asked_for_else_in_vietnamese(load, locale, text):
    assert code(load(BOTH), locale=locale).text == text


def test_a_language_that_the_platform_did_not_write_is_the_policy_s(load, policy):
    texts = load("[messages.ACCOUNT_VERIFICATION]\nvi = '{brand}: Ma {code}'\n")

    assert code(texts, locale="en").text == policy.code_message(PURPOSE, "en", brand="Forum", code="123456")


def test_a_platform_without_a_file_speaks_the_policy_s_words_under_its_display_name(load, policy):
    made = code(load(BOTH), platform="video")

    assert made.text == policy.code_message(PURPOSE, "vi", brand="Stand-in", code="123456")
    assert made.sender == "Stand-in"


@pytest.mark.rule("R35")
def test_the_registered_sender_stands_in_front_whatever_the_platform_is_called(load):
    made = code(load())

    assert made.sender == "Forum"
    assert made.text.startswith("Forum: ")


@pytest.mark.rule("R34")
def test_a_display_name_that_makes_a_link_makes_no_message(load):
    with pytest.raises(UnusableText):
        code(load(), platform="video", brand="video.vn")


@pytest.mark.rule("R34")
@pytest.mark.parametrize("brand", ["video.vn", "Sale"])
def test_a_display_name_that_no_message_may_have_is_not_said_in_a_call_either(load, brand):
    with pytest.raises(UnusableText):
        load().spoken(occasion("video", brand=brand), PURPOSE, "123456")


def test_a_notice_in_vietnamese_for_want_of_english_goes_by_the_id_of_the_vietnamese_text(load):
    texts = load("[notices.own]\nvi = '{brand}: xin chao'\n[text_ids]\nown.vi = 'T1'\nown.en = 'T2'\n")

    made = texts.notice(occasion(locale="en"), "own")

    assert made is not None
    assert (made.text, made.language, made.text_id) == ("Forum: xin chao", "vi", "T1")


def test_pages_find_the_code_in_a_last_line_bound_to_the_registered_domain(load):
    made = code(load(AUTOFILL + BOTH), Autofill.WEB)

    assert made.text == "Forum: Ma 123456\n@forum.example.vn #123456"


def test_the_android_app_finds_its_hash_at_the_end(load):
    assert code(load(AUTOFILL + BOTH), Autofill.ANDROID).text == "Forum: Ma 123456\nFA+9qCX9VSu"


@pytest.mark.parametrize("kind", [Autofill.WEB, Autofill.ANDROID])
def test_without_a_registered_reader_no_line_is_added(load, kind):
    made = code(load(BOTH), kind)

    assert (made.text, made.line) == ("Forum: Ma 123456", Autofill.NONE)


@pytest.mark.parametrize(("length", "line"), [(22, Autofill.WEB), (23, Autofill.NONE)])
def test_a_line_that_does_not_fit_behind_the_policy_s_text_is_left_out(load, length, line):
    """The longest text of the policy leaves 32 characters behind the longest sender; the line takes 10 and its domain."""
    domain = "a" * (length - len(".example.vn")) + ".example.vn"
    texts = load(f'[autofill]\ndomain = "{domain}"\n', sender='sender = "Elevenchars"\n')

    made = texts.code(occasion(locale="en"), Purpose.GUARDIAN_LINK, "123456", autofill=Autofill.WEB)

    assert made.line is line
    assert len(made.text) == (160 if line else 128)


@pytest.mark.parametrize(("operator", "text_id"), [("viettel", "VT-1"), ("mobifone", "TPL-1"), ("unknown", "TPL-1")])
def test_a_text_goes_by_the_operator_s_own_id_else_by_the_one_for_all(load, operator, text_id):
    texts = load(
        "[text_ids]\nACCOUNT_VERIFICATION.vi = 'TPL-1'\n[operator_text_ids.viettel]\nACCOUNT_VERIFICATION.vi = 'VT-1'\n"
    )

    assert code(texts, operator=operator).text_id == text_id


def test_a_text_that_is_not_registered_has_no_id(load):
    assert code(load("[text_ids]\nACCOUNT_VERIFICATION.vi = 'TPL-1'\n"), locale="en").text_id == ""


def test_a_line_that_the_operator_does_not_know_is_left_out(load):
    made = code(load(AUTOFILL + "[text_ids]\nACCOUNT_VERIFICATION.vi = 'TPL-1'\n"), Autofill.WEB)

    assert (made.text_id, made.line) == ("TPL-1", Autofill.NONE)


def test_a_text_registered_with_its_line_goes_by_that_id(load):
    ids = "[text_ids]\nACCOUNT_VERIFICATION = {vi = 'TPL-1', vi_web = 'TPL-2'}\n"

    made = code(load(AUTOFILL + ids), Autofill.WEB)

    assert (made.text_id, made.line) == ("TPL-2", Autofill.WEB)


def test_a_call_uses_the_platform_s_own_words(load):
    texts = load("[speech.ACCOUNT_VERIFICATION]\nvi = '{brand}. {code}. {code}.'\n")

    assert texts.spoken(occasion(), PURPOSE, "109").text == "Forum. một, không, chín. một, không, chín."


def test_an_own_notice_may_be_sent_by_its_platform_alone(load):
    texts = load("[notices.cleaning]\nvi = '{brand}: xin chao'\n")

    assert [texts.has_notice(platform, "cleaning") for platform in ("forum", "video")] == [True, False]
    assert texts.notice(occasion("video"), "cleaning") is None


def test_every_platform_has_the_policy_s_notices(load, policy):
    texts = load()

    assert all(texts.has_notice(platform, name) for platform in ("forum", "video") for name in policy.notices)


def test_an_own_notice_without_english_is_sent_in_vietnamese(load):
    texts = load("[notices.cleaning]\nvi = '{brand}: xin chao'\n")

    made = texts.notice(occasion(locale="en"), "cleaning")

    assert made is not None
    assert made.text == "Forum: xin chao"


def test_a_notice_of_the_policy_may_be_worded_anew(load, policy):
    texts = load("[notices.verification_due]\nvi = '{brand}: xin chao'\n[text_ids]\nverification_due.vi = 'N-1'\n")

    made = {locale: texts.notice(occasion(locale=locale), "verification_due") for locale in ("vi", "en")}

    assert (made["vi"].text, made["vi"].text_id) == ("Forum: xin chao", "N-1")
    assert made["en"].text == policy.notice_message("verification_due", "en", brand="Forum")


def test_what_was_made_does_not_show_the_code(load):
    assert "123456" not in repr(code(load(AUTOFILL), Autofill.WEB))


@pytest.mark.parametrize(
    ("number", "kind"), [(0, Autofill.NONE), (1, Autofill.WEB), (2, Autofill.ANDROID), (9, Autofill.NONE)]
)
def test_a_wish_that_a_newer_version_wrote_is_none(number, kind):
    assert Autofill.of(number) is kind
